"""A comparison in a process of its own, killed at its limits: SymPy can hang where nothing inside can stop it."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from multiprocessing.connection import Connection

from verify.compare.judge import Answer, answers
from verify.compare.reading import ExpressionError, Letter, conditions
from verify.run.child import start

MEMORY = 4 * 2**30  # bytes that the process may use
START = 60.0  # seconds until it has imported what it needs
READY = "ready"


def compare(left: str, right: str, where: str = "", *, digits: int = 30, seconds: float = 30.0) -> Answer:
    """Whether two expressions are equal, in at most so many seconds. Raises ExpressionError.

    `where` restricts letters, as in "s > 0, 0 < r < 1, n integer"; the others are real.
    """
    letters = conditions(where)
    child = start("rederive comparison", _work, left, right, letters, digits, seconds)
    ours = child.pipe
    last: Answer | None = None
    finished = False
    try:
        deadline = time.monotonic() + START
        while (patience := deadline - time.monotonic()) > 0 and ours.poll(patience):
            try:
                message = ours.recv()
            except EOFError:
                break
            if message == READY:
                deadline = time.monotonic() + seconds
            elif isinstance(message, ExpressionError):
                raise message
            elif message is None:
                finished = True
                break
            else:
                last = message
    finally:
        child.kill()
    if last is None:
        raise ExpressionError(f"the expressions cannot be read within {seconds:g} s; write them smaller")
    if not finished and last.verdict == "equal":
        return last  # without a proof
    if not finished and last.verdict == "undecided":
        return replace(last, how=f"{last.how} (limit {seconds:g} s; --seconds gives more)")
    return last


def _work(pipe: Connection, left: str, right: str, letters: Mapping, digits: int, seconds: float) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.setrecursionlimit(10_000)
    pipe.send(READY)
    try:
        for answer in answers(left, right, letters, digits, seconds):
            pipe.send(answer)
        pipe.send(None)
    except ExpressionError as problem:
        pipe.send(problem)
    except (RecursionError, MemoryError) as problem:
        pipe.send(Answer(verdict="undecided", how=f"the expressions are too large ({type(problem).__name__})"))
        pipe.send(None)


__all__ = ["Answer", "ExpressionError", "Letter", "compare"]
