"""Workers work in forks that end when they have grown; nothing of a job is lost thereby, and no process is left."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from verify.run import generations
from verify.run.child import Child, start
from verify.run.generations import GROWTH, LIBRARIES, live

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are made on Linux only")
LIBRARY = LIBRARIES[-1]  # the quickest to import


def served(pipe: Connection) -> None:
    live(partial(answered, pipe))


def threaded(pipe: Connection) -> None:
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    live(partial(answered, pipe))


def answered(pipe: Connection, grown: Callable[[], bool]) -> bool:
    """To a number of MB, which it keeps, and to a module, which it imports: who it is, and what is imported."""
    kept = []
    while not grown():
        try:
            wanted = pipe.recv()
        except EOFError:
            return False
        before = LIBRARY in sys.modules
        if isinstance(wanted, str):
            importlib.import_module(wanted)
        elif wanted < 0:
            os.kill(os.getpid(), -wanted)
        else:
            kept.append(b"x" * int(wanted * 2**20))
        pipe.send((os.getpid(), os.getppid(), before))
    return True


@pytest.fixture
def child() -> Iterator[Child]:
    found = start("test of forks", served)
    yield found
    found.kill()


def asked(child: Child, *questions) -> list[tuple[int, int, bool]]:
    for question in questions:  # all at once: they wait in the pipe while one fork follows the other
        child.pipe.send(question)
    return [child.pipe.recv() for _ in questions]


def lives(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] not in "ZX"
    return False


def test_a_fork_that_has_grown_is_followed_by_one_that_has_not(child):
    answers = asked(child, 0, 0, 2 * GROWTH, 0, 0)
    forks = [fork for fork, _, _ in answers]
    assert forks[0] == forks[1] == forks[2] != forks[3] == forks[4]
    assert {stem for _, stem, _ in answers} == {child.process.pid}


def test_a_library_that_was_needed_is_there_from_the_beginning_in_the_next_fork(child):
    assert [there for _, _, there in asked(child, LIBRARY, 2 * GROWTH, 0)] == [False, True, True]


def test_a_child_ends_as_its_fork_does_and_when_its_pipe_is_closed(child):
    child.pipe.send(-signal.SIGUSR1)
    assert child.process.wait(10) == -signal.SIGUSR1
    other = start("test of forks", served)
    asked(other, 0)
    other.pipe.close()
    assert other.process.wait(10) == 0


def test_no_fork_outlives_its_child(child):
    [(fork, _, _)] = asked(child, 0)
    assert lives(fork)
    child.kill()
    end = time.monotonic() + 10  # it has closed its pipe; what is left of its end is the kernel's
    while lives(fork) and time.monotonic() < end:
        time.sleep(0.05)
    assert not lives(fork)


def test_a_process_with_threads_works_itself():
    other = start("test of forks", threaded)
    answers = asked(other, 2 * GROWTH, 0)
    other.kill()
    assert {fork for fork, _, _ in answers} == {other.process.pid}


def test_where_nothing_can_be_forked_the_work_is_done_once(monkeypatch):
    monkeypatch.setattr(generations, "_alone", lambda: False)
    grown = []
    live(lambda has_grown: grown.append(has_grown()) or True)
    assert grown == [False]
