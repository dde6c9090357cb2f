"""Work in forks of a process that does nothing else, one after the other.

What a claim leaves behind (expressions that SymPy keeps, modules, memory in pieces that no allocator gives back) goes
with the fork that has grown by it; what all claims need (SymPy, torch) is imported once, and its memory is shared with
the next fork. That takes 0.05 s, a new interpreter two seconds.

A fork has only the thread that forked. So a process with more threads is not forked: it does the work itself. torch
starts none of its own while it is imported, nor any at all where it is told to use one.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from verify.run.child import end_with
from verify.run.cost import own_memory

GROWTH = 24.0  # MB by which a fork has grown when it ends
# Imported once, when a fork has needed them. sympy.simplify imports the units.
LIBRARIES = ("torch", "sympy.physics.units", "scipy.special", "scipy.optimize", "hypothesis")

Work = Callable[[Callable[[], bool]], bool]


def live(work: Work) -> None:
    """Do `work(grown)` in one fork after the other, until it returns False. It returns True when `grown` does.

    This process ends as the fork does that dies. Where it cannot be forked, `work` is done here, and never has `grown`.
    """
    while _alone():
        ours, theirs = Pipe()
        gc.freeze()  # a collection in the fork would write to every object, and so copy all memory
        stem, fork = os.getpid(), os.fork()
        if fork == 0:
            ours.close()
            _generation(work, theirs, stem)
        theirs.close()
        with ours:
            needed = _last_words(ours)
        _, status = os.waitpid(fork, 0)
        if status != 0:
            _end_like(status)
        if needed is None:
            return
        for name in needed:
            importlib.import_module(name)
    work(lambda: False)


def _alone() -> bool:
    """Whether this process has one thread, on a system that tells."""
    with contextlib.suppress(OSError):
        return sys.platform == "linux" and len(list(Path("/proc/self/task").iterdir())) == 1
    return False


def _generation(work: Work, told: Connection, stem: int) -> NoReturn:
    """What a fork does: the work, and at last it tells which libraries it needed, or None if no work is left."""
    code = 1
    try:
        end_with(stem)
        born = own_memory()
        more = work(lambda: own_memory() > born + GROWTH)
        told.send([name for name in LIBRARIES if name in sys.modules] if more else None)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)  # past everything that the fork has inherited: the frames of its stem, and what ends with them


def _last_words(ours: Connection) -> list[str] | None:
    """What a fork told; None if it died before."""
    with contextlib.suppress(EOFError, OSError):
        found: list[str] | None = ours.recv()
        return found
    return None


def _end_like(status: int) -> NoReturn:
    """End as a process did whose status waitpid(2) gave."""
    if os.WIFSIGNALED(status):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))
