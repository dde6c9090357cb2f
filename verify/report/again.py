"""A report like the last one into the same folder: only what it says of its run is written anew.

After a report a note is kept of what it was made from (every source and every file of data of the packages, versions,
options, the stored outcomes) and of what was written. As long as nothing of this has changed, the pages of the claims
are what they would be, and neither SymPy nor a claim is imported to see that.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from verify.report import CLAIMS, DATA, JUNIT, PAGE, document, files, junit, text
from verify.report.kept import MADE_BY
from verify.run import sources
from verify.run.store import installed, with_suppressed_errors, write_atomically

OF_THE_RUN = (PAGE, JUNIT, DATA)  # files that say when and how a run was made
LIBRARIES = (*MADE_BY, "jinja2", "markupsafe")
KEPT = 20  # notes; older ones are removed


@dataclass(frozen=True, kw_only=True)
class Note:
    """What a report was made from and what was written.

    basis     hash of everything but the outcomes
    outcomes  files of the store -> their hashes, of lemmas too
    files     files of the report -> their hashes
    """

    basis: str
    outcomes: dict[str, str]
    files: dict[str, str]


@functools.cache
def basis(package: str, options: str) -> str:
    """Hash of the sources and the files of data behind a report, with its options as a text.

    It is taken once: sources that change while a report is made are not what it was made from.
    """
    versions = [f"{name} {installed(name)}" for name in LIBRARIES]
    return hashlib.sha256(repr((sources.everything(package), options, versions, os.getcwd())).encode()).hexdigest()


def hashed(texts: Iterable[tuple[str, str]], hashes: dict[str, str] | None) -> Iterator[tuple[str, str]]:
    """The texts, whose hashes are put down while they pass."""
    for name, written in texts:
        if hashes is not None:
            hashes[name] = _hash(written.encode())
        yield name, written


def keep(folder: Path, out: Path, note: Note) -> None:
    """Keep a note in a folder. One that cannot be written is no error: the next report takes longer."""

    def write() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(_place(folder, out), json.dumps(asdict(note)))
        for old in sorted(folder.glob("report-*.json"), key=lambda path: -path.stat().st_mtime_ns)[KEPT:]:
            old.unlink()

    with_suppressed_errors(write)


def noted(folder: Path, out: Path, basis: str) -> Note | None:
    """The note of the last report into `out`, if a report would now be made from the same and find what it wrote."""
    try:
        note = Note(**json.loads(_place(folder, out).read_text(encoding="utf-8")))
        present = {f"{CLAIMS}/{path.name}" for path in (out / CLAIMS).glob("*") if path.suffix in (".html", ".svg")}
        same = (
            note.basis == basis
            and present <= note.files.keys()
            and all(_hash(Path(name).read_bytes()) == found for name, found in note.outcomes.items())
            and all(_hash((out / name).read_bytes()) == found for name, found in note.files.items())
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return note if same else None


def rewrite(folder: Path, out: Path, note: Note, run: Mapping[str, Any]) -> dict[str, Any] | None:
    """Write what the report in `out` says of its run, and return its document; None where that stands elsewhere.

    Raises OSError.
    """
    old = (out / DATA).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(old)
    before, version = found["run"], found["product"]["version"]
    found["run"] = {key: run[key] for key in document.RUN_KEYS}
    changes = {
        PAGE: (text.of_run(before, version), text.of_run(run, version)),
        DATA: (document.run_as_text(before), document.run_as_text(run)),
    }
    written = {JUNIT: junit.junit(found)}
    for name, (said, says) in changes.items():
        page = (out / name).read_text(encoding="utf-8")
        if page.count(said) != 1:
            return None
        written[name] = page.replace(said, says)
    hashes: dict[str, str] = {}
    files.write_together(out, hashed(((name, written[name]) for name in OF_THE_RUN), hashes))
    keep(folder, out, Note(basis=note.basis, outcomes=note.outcomes, files={**note.files, **hashes}))
    return found


def stored(paths: Iterable[Path]) -> dict[str, str]:
    """Files of the store with their hashes. Raises OSError."""
    return {str(path): _hash(path.read_bytes()) for path in paths}


def _place(folder: Path, out: Path) -> Path:
    return folder / f"report-{_hash(os.fsencode(os.path.abspath(out)))[:16]}.json"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
