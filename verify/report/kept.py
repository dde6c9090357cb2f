"""Pieces of the pages that take long to make, kept between reports."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from verify.run import interruption
from verify.run.child import end_with
from verify.run.store import write_atomically

ENOUGH = 60  # pieces from which worker processes, which take seconds to start, save time
CHUNK = 8  # pieces that a process is given at a time
MADE_BY = ("ziamath", "latex2mathml", "matplotlib")
SOURCES = ("formulas.py", "rows.py", "plots.py", "scales.py", "svg.py", "text.py", "../figures.py", "../lettering.py")


@dataclass(frozen=True)
class Task:
    """A piece: its key, the function and arguments that make it, and whether a value read from a file can be one."""

    key: str
    make: Callable[..., Any]
    arguments: tuple
    fits: Callable[[Any], bool]

    @property
    def name(self) -> str:
        return hashlib.sha256(self.key.encode(errors="backslashreplace")).hexdigest()[:32]


class Kept:
    """Values by key, in one JSON file of `folder`; without a folder, in memory only.

    The file belongs to the libraries and the source that made it. A file that cannot be read or written is no error,
    and what it holds is taken only where it has the shape of what is asked for.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = folder / f"page-{_origin()}.json" if folder is not None else None
        self._old: dict[str, Any] = {}
        self._new: dict[str, Any] = {}
        self._ahead: set[str] = set()  # names of what other processes make, and these values, in their order
        self._coming: Iterator[tuple[str, Any]] = iter(())
        self._spoilt = False
        if self._path is not None:
            with suppress(OSError, ValueError, RecursionError):
                found = json.loads(self._path.read_text(encoding="utf-8"))
                self._spoilt = not isinstance(found, dict)
                self._old = found if isinstance(found, dict) else {}

    def get(self, task: Task) -> Any:
        """The value of a task, made when it is not known yet. Values are what JSON can hold."""
        name = task.name
        if name in self._ahead:
            self._wait_for(name)
        if name not in self._new:
            self._new[name] = self._old[name] if self._knows(task, name) else task.make(*task.arguments)
        return self._new[name]

    @contextmanager
    def ahead(self, tasks: Iterable[Task], jobs: int) -> Iterator[None]:
        """Meanwhile, make values in `jobs` processes, in the order of the tasks, where so many lack that it saves time.

        Who asks for a value that is on its way waits for it.
        """
        named = {task.name: task for task in tasks}
        missing = {name: task for name, task in named.items() if name not in self._new and not self._knows(task, name)}
        if jobs < 2 or len(missing) < ENOUGH:
            yield
            return
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import active_children, get_context, resource_tracker

        others = set(active_children())
        pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_start, initargs=(os.getpid(),))
        try:
            resource_tracker.ensure_running()  # started by the pool, it would let signals through
            with interruption.held():
                for _ in range(jobs):  # each starts a process, as long as none of them is idle yet
                    pool.submit(os.getpid)
            values = pool.map(_make, ((task.make, task.arguments) for task in missing.values()), chunksize=CHUNK)
            self._ahead, self._coming = set(missing), zip(missing, values, strict=True)
            yield
            self._new.update(self._coming)
            pool.shutdown()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            for process in set(active_children()) - others:
                process.kill()  # an interrupted pool may leave one that waits for work, and is waited for at the end
            raise
        finally:
            self._ahead = set()

    def _wait_for(self, name: str) -> None:
        for made, value in self._coming:
            self._ahead.discard(made)
            self._new[made] = value
            if made == name:
                return

    def save(self) -> None:
        """Write what is known. Entries that this report did not use stay, so that a report of a part costs nothing."""
        merged = self._old | self._new
        if self._path is None or (merged == self._old and not self._spoilt):
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(merged))

    def _knows(self, task: Task, name: str) -> bool:
        return name in self._old and task.fits(self._old[name])


def _start(parent: int) -> None:
    """An interruption reaches every process of a terminal: it belongs to the parent, with which this one ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_with(parent)


def _make(task: tuple[Callable[..., Any], tuple]) -> Any:
    make, arguments = task
    return make(*arguments)


def _origin() -> str:
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in MADE_BY).encode())
    for name in SOURCES:
        digest.update(Path(__file__).parent.joinpath(name).read_bytes())
    return digest.hexdigest()[:16]
