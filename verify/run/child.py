"""A function in a new interpreter, at the other end of a pipe, killed when its parent ends.

Such children are no processes of `multiprocessing`, which import the script of their parent again and cannot be started
by a daemon, as a worker of a cluster is. They are no forks of their parent, which may have threads of torch.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from verify.run import interruption
from verify.run.settings import cache_folder

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
START = (  # where to look for modules comes through the pipe, before any of them is imported
    "import sys; from multiprocessing.connection import Connection; pipe = Connection(int(sys.argv[2])); "
    "sys.path[:] = pipe.recv(); from verify.run.child import begin; begin(pipe, int(sys.argv[3]))"
)
PR_SET_PDEATHSIG = 1  # of prctl(2)
SYMPY_CACHE = "10000"  # entries of a function; with SymPy's own thousand, proofs and audits work out 3 % more
GARBAGE = (1_000_000, 50, 1000)  # thresholds of the collector: expressions live long and hold few cycles
KEPT_FREE = {-1: 32 * 2**20, -3: 4 * 2**20}  # bytes of M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of mallopt(3)
LAST = 1.0  # seconds that forks of a killed child may take to end
ORPHANED = 0.5  # seconds between two looks at the parent, where the kernel does not tell of its end


@dataclass(frozen=True)
class Child:
    """A process and our end of its pipe."""

    process: subprocess.Popen
    pipe: Connection

    def kill(self) -> None:
        """End it; it is gone when this returns, and forks of it that have its end of the pipe do nothing more."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(EOFError, OSError):
            while self.pipe.poll(LAST):
                self.pipe.recv_bytes()
        self.pipe.close()


def start(name: str, function: Callable[..., None], *arguments: Any) -> Child:
    """Start `function(pipe, *arguments)`, a function of a module. Lists of processes show it, and its forks, as `name`.

    It uses one thread for linear algebra: several would slow each other down, and change sums. Signals of a terminal
    are held back from it. Raises OSError if no process can be started.
    """
    ours, theirs = Pipe()
    interpreter = [sys.executable, *(f"-W{option}" for option in sys.warnoptions)]
    with theirs, interruption.held():
        process = subprocess.Popen(
            [*interpreter, "-c", START, name, str(theirs.fileno()), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env={**_defaults(), **os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")},
        )
    child = Child(process, ours)
    try:
        ours.send(sys.path)
        ours.send((function.__module__, function.__qualname__))
        ours.send(arguments)
    except OSError:
        child.kill()
        raise
    return child


def _defaults() -> dict[str, str]:
    """Variables that the user may set otherwise. hypothesis would keep its notes in the current folder, the user's."""
    notes = os.path.abspath(cache_folder() / "hypothesis")
    return {"SYMPY_CACHE_SIZE": SYMPY_CACHE, "HYPOTHESIS_STORAGE_DIRECTORY": notes}


def begin(pipe: Connection, parent: int) -> None:
    """What the new interpreter does."""
    end_with(parent)
    _keep_memory()
    gc.set_threshold(*GARBAGE)
    module, name = pipe.recv()
    getattr(importlib.import_module(module), name)(pipe, *pipe.recv())


def _keep_memory() -> None:
    """Let glibc keep arrays that are freed for those that follow: memory that is got anew is cleared by the kernel.

    Its own thresholds begin at 128 kB. Larger arrays are given back at once, so that a peak is hardly higher.
    """
    with contextlib.suppress(AttributeError, OSError):  # only glibc has it
        set_option = ctypes.CDLL(None).mallopt
        for option, size in KEPT_FREE.items():
            set_option(option, size)


def end_with(parent: int) -> None:
    """Kill this process, a child, when its parent ends; `parent` is the id that the parent has."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(ORPHANED)
        os.kill(os.getpid(), signal.SIGKILL)

    if sys.platform != "linux" or ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        threading.Thread(target=watch, daemon=True).start()
    elif os.getppid() != parent:  # the kernel needs no thread, which may wait long for its turn; but it ended before
        os.kill(os.getpid(), signal.SIGKILL)
