"""Pieces of the page that take long to make, kept between reports."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from verify.run.store import write_atomically

Task = tuple[str, Callable[..., Any], tuple]  # a key, and the function and arguments that make its value
ENOUGH = 60  # pieces from which worker processes, which take seconds to start, save time
MADE_BY = ("ziamath", "latex2mathml", "matplotlib")
SOURCES = ("formulas.py", "plots.py", "svg.py", "text.py")


class Kept:
    """Values by key, in one JSON file of `folder`; without a folder, in memory only.

    The file belongs to the libraries and the source that made it; a file that cannot be read or written is no error.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = folder / f"page-{_origin()}.json" if folder is not None else None
        self._old: dict[str, Any] = {}
        self._new: dict[str, Any] = {}
        if self._path is not None:
            with suppress(OSError, ValueError):
                self._old = dict(json.loads(self._path.read_text(encoding="utf-8")))

    def get(self, key: str, make: Callable[..., Any], arguments: tuple = ()) -> Any:
        """The value of a key, made when it is not known yet. Values are what JSON can hold."""
        name = _name(key)
        if name not in self._new:
            self._new[name] = self._old[name] if name in self._old else make(*arguments)
        return self._new[name]

    def make_ahead(self, tasks: Iterable[Task], jobs: int) -> None:
        """Make the values of many keys in `jobs` processes, where they are so many that this saves time."""
        known = self._new.keys() | self._old.keys()
        missing = {name: rest for key, *rest in tasks if (name := _name(key)) not in known}
        if jobs < 2 or len(missing) < ENOUGH:
            return
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            values = pool.map(_make, missing.values(), chunksize=8)
            self._new.update(zip(missing, values, strict=True))

    def save(self) -> None:
        """Write what is known. Entries that this report did not use stay, so that a report of a part costs nothing."""
        if self._path is None or self._new.keys() <= self._old.keys():
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(self._old | self._new))


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _make(task: tuple[Callable[..., Any], tuple]) -> Any:
    make, arguments = task
    return make(*arguments)


def _origin() -> str:
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in MADE_BY).encode())
    for name in SOURCES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()[:16]
