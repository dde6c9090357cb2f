"""Writing many files that belong together: a folder must not end with the new half of one report beside an old one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


class Mixed(OSError):
    """Some files of a report could be put in place and others not; the message names the first that could not."""


def write_together(folder: Path, texts: Iterable[tuple[str, str]]) -> list[Path]:
    """Write files (name below `folder`, text) so that a reader sees all old ones until all new ones are complete.

    Files stand in `folder` or in a folder of it. Everything is first written under temporary names; only when nothing
    more can run out of space are they renamed, in the given order. Returns the paths. Raises OSError before anything
    was renamed, Mixed after that.
    """
    staged: list[tuple[str, Path]] = []
    made: set[Path] = set()
    try:
        for name, text in texts:
            path = folder / name
            if not path.parent.exists():
                made.add(path.parent)
                path.parent.mkdir()
            if path.is_dir():  # the usual reason why a rename would fail
                raise IsADirectoryError(21, f"{name} is a folder")
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            staged.append((temporary, path))
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode())
            os.chmod(temporary, 0o644)
        for renamed, (temporary, path) in enumerate(staged):
            try:
                os.replace(temporary, path)
            except OSError as problem:
                if not renamed:
                    raise
                raise Mixed(problem.errno, f"{path.name} could not be replaced ({problem.strerror})") from problem
    finally:
        for temporary, _ in staged:
            with suppress(OSError):
                os.unlink(temporary)
        for below in made:
            with suppress(OSError):  # it is not empty
                below.rmdir()
    return [path for _, path in staged]


def remove_others(folder: Path, kept: Iterable[Path], mark: str) -> None:
    """Remove the files of `folder` that are not kept and bear the mark of this program at their start.

    Other files are left alone; a folder that is then empty goes too. Raises OSError.
    """
    keep = set(kept)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix in (".html", ".svg"):
            remove_other(path, keep, mark)
    with suppress(OSError):  # it is not empty, or not there
        folder.rmdir()


def remove_other(path: Path, kept: Iterable[Path], mark: str) -> None:
    """Remove one file if it is not kept and bears the mark of this program at its start. Raises OSError."""
    if path not in kept and path.is_file():
        with path.open("rb") as stream:
            ours = mark.encode() in stream.read(2000)
        if ours:
            path.unlink()
