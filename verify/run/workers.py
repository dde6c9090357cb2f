"""Workers: what a schedule hands its jobs to. Here they are processes of this machine; a cluster can be another kind.

Processes are killed when a job exceeds its limit, because SymPy can hang where nothing inside the process can stop it.
Each has a pipe of its own: no lock is shared that a killed process could keep, and none is needed where semaphores are
missing. They end with the process that started them, however that ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Protocol

from verify.compile import forget
from verify.run import generations, jobs
from verify.run.child import Child, start
from verify.run.jobs import Fate, Job, Result
from verify.run.settings import processor

NAME = "rederive worker"
LOADING_LIMIT = 120.0  # seconds until a process has imported the claim of its job; the job's own limit starts then
TICK = 1.0  # seconds between two looks at the clock
LOADED = b""


class WorkersError(RuntimeError):
    """No worker can be started."""


class Waking(Protocol):
    """What ends waiting: `awake` is readable when it is worth looking whether it `came`."""

    awake: socket.socket

    @property
    def came(self) -> bool:
        """Whether to wait no longer."""

    def drain(self) -> None:
        """Let `awake` be readable with the next reason only."""


class Workers(Protocol):
    """Does jobs, in no particular order. A job is its own handle."""

    @property
    def processors(self) -> str:
        """The name of the processor, or of the processors, that work."""

    @property
    def free(self) -> int:
        """How many more jobs would start at once."""

    def submit(self, job: Job) -> None:
        """Start a job. Raises WorkersError."""

    def wait(self) -> list[Result]:
        """Results of jobs that have ended since the last call, at least one; none when interrupted."""

    def cancel(self, job: Job) -> None:
        """End a job; it gives no result."""

    def stop(self) -> None:
        """End all jobs."""


# ------------------------------------------------------------------------------------------------ inside a worker


def _serve(pipe: Connection) -> None:
    """Do what comes through the pipe until it is closed."""
    generations.live(partial(_perform, pipe))


def _perform(pipe: Connection, grown: Callable[[], bool]) -> bool:
    """Do what comes through the pipe until it is closed (then False), or until this process has grown (then True)."""
    while not grown():
        try:
            job = pipe.recv()
        except EOFError:
            return False
        pipe.send_bytes(jobs.perform(job, loaded=lambda: pipe.send_bytes(LOADED)))
        _release()
    return True


def _release() -> None:
    """Give back the memory of a job that is done: the next one, of another claim, needs none of it."""
    forget()
    with contextlib.suppress(AttributeError, OSError):  # only glibc keeps what is freed, and has this to give it back
        ctypes.CDLL(None).malloc_trim(0)


# ------------------------------------------------------------------------------------------------ in the parent


@dataclass
class _Worker:
    child: Child
    job: Job | None = None
    loaded: bool = False
    deadline: float = 0.0  # on the clock of LocalWorkers


class LocalWorkers:
    """At most `number` processes, started when they are needed."""

    def __init__(self, number: int, interrupted: Waking | None = None) -> None:
        self._number, self._interrupted = number, interrupted
        self._workers: list[_Worker] = []
        self._clock, self._seen = 0.0, time.monotonic()

    @property
    def processors(self) -> str:
        return processor()

    @property
    def free(self) -> int:
        return self._number - sum(worker.job is not None for worker in self._workers)

    def submit(self, job: Job) -> None:
        """Give a job to a process that has none. Raises WorkersError if one is needed and cannot be started."""
        worker = self._idle() or self._start()
        while not self._sent(worker, job):  # it died with nothing to do
            self._drop(worker)
            worker = self._start()

    def wait(self) -> list[Result]:
        """Results of jobs that have ended, at least one; none when interrupted, or when there is no job."""
        results: list[Result] = []
        while not results and not (self._interrupted and self._interrupted.came):
            busy = {worker.child.pipe: worker for worker in self._workers if worker.job}
            if not busy:
                break
            patience = min(TICK, *(worker.deadline - self._clock for worker in busy.values()))
            ready = wait([*busy, *([self._interrupted.awake] if self._interrupted else ())], max(patience, 0))
            self._advance()
            if self._interrupted:
                self._interrupted.drain()
            found = [self._collected(busy[pipe]) for pipe in ready if isinstance(pipe, Connection)]
            found += [self._late(worker) for worker in busy.values() if worker.job]
            results = [result for result in found if result]
        return results

    def cancel(self, job: Job) -> None:
        """Kill the process that has the job."""
        for worker in [worker for worker in self._workers if worker.job == job]:
            self._drop(worker)

    def stop(self) -> None:
        """Kill all processes."""
        for worker in list(self._workers):
            self._drop(worker)

    def _idle(self) -> _Worker | None:
        return next((worker for worker in self._workers if worker.job is None), None)

    def _start(self) -> _Worker:
        try:
            child = start(NAME, _serve)
        except OSError as problem:
            raise WorkersError(f"cannot start a worker process: {problem.strerror or problem}") from problem
        self._workers.append(_Worker(child))
        return self._workers[-1]

    def _sent(self, worker: _Worker, job: Job) -> bool:
        try:
            worker.child.pipe.send(job)
        except OSError:
            return False
        self._advance()
        worker.job, worker.loaded = job, False
        worker.deadline = self._clock + LOADING_LIMIT
        return True

    def _drop(self, worker: _Worker) -> None:
        worker.child.kill()
        self._workers.remove(worker)

    def _advance(self) -> None:
        """Let the clock go on. Time in which this process itself was stopped does not count: its workers were, too."""
        now = time.monotonic()
        self._clock += min(now - self._seen, 2 * TICK)
        self._seen = now

    def _collected(self, worker: _Worker) -> Result | None:
        """What a worker has to say: the result of its job, or that it has died; None if it has loaded its claim."""
        job = worker.job
        assert job is not None
        try:
            data = worker.child.pipe.recv_bytes()
        except (EOFError, OSError):
            self._drop_dead(worker)
            code = worker.child.process.returncode
            return Result(job=job, fate=Fate.DIED, reason=f"the worker process died (exit code {code})")
        if data == LOADED:
            worker.loaded, worker.deadline = True, self._clock + job.limit
            return None
        worker.job = None
        return jobs.received(job, data)

    def _drop_dead(self, worker: _Worker) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):  # the pipe is closed a moment before the process has ended
            worker.child.process.wait(TICK)
        self._drop(worker)

    def _late(self, worker: _Worker) -> Result | None:
        job = worker.job
        if job is None or self._clock < worker.deadline:
            return None
        self._drop(worker)
        limit = f"the time limit of {job.limit:g} s" if worker.loaded else f"{LOADING_LIMIT:g} s for its import"
        return Result(job=job, fate=Fate.LATE, reason=f"ran over {limit}")
