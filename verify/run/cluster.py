"""Workers on other machines: the jobs of a run as tasks of a Dask cluster.

Dask cannot stop a task that hangs. A task therefore hands its job to a process of its own, as on one machine, which is
killed at the job's limit; the worker of the cluster goes on. Limits, retries and results are those of LocalWorkers.

A worker refuses a job unless it has the same sources of the claim and the same libraries: two machines that differ
would give outcomes of neither. Jobs that it refused go to others.
"""

from __future__ import annotations

import contextlib
import logging
import platform
import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

import distributed
from distributed import Client, Future, LocalCluster

from verify.run import interruption, sources
from verify.run.interruption import Interruption
from verify.run.jobs import Fate, Job, Result
from verify.run.settings import processor
from verify.run.store import versions
from verify.run.workers import TICK, LocalWorkers, WorkersError

CONNECTING = 20.0  # seconds until a scheduler has answered, and until it has come back after it was lost
FETCHING = 60.0  # seconds until the result of a task that has ended is here
LOCAL = "local:"
UNLIMITED = 10**9


# ------------------------------------------------------------------------------------------------ on a worker


@dataclass(frozen=True)
class Machine:
    """What must be the same on two machines for a job: versions, and the sources behind the claim."""

    versions: tuple[tuple[str, str], ...]
    source: str

    def unlike(self, other: Machine) -> str:
        """What differs, in words, seen from this one; empty if nothing does."""
        theirs = dict(other.versions)
        found = [f"{name} {value} and not {theirs[name]}" for name, value in self.versions if theirs[name] != value]
        if not found and self.source != other.source:
            found = [f"other sources of the claim ({self.source[:8]} and not {other.source[:8]})"]
        return ", ".join(found)


class OtherVersion(RuntimeError):
    """A worker that would not give the same results. `worker` is its address, `difference` says why."""

    def __init__(self, worker: str, difference: str) -> None:
        super().__init__(worker, difference)
        self.worker, self.difference = worker, difference

    def __str__(self) -> str:
        return f"the worker {self.worker} has {self.difference}; install the same there"


def machine(job: Job) -> Machine:
    """This machine, for a job."""
    own = {"python": platform.python_version(), **versions()}
    return Machine(tuple(own.items()), sources.digest(job.package, job.claim))


class _Wanted:
    """Whether the task of a thread is still wanted, as an interruption: it `came` when it was given up."""

    def __init__(self) -> None:
        self.key: Any = None
        self.awake, self._never = socket.socketpair()

    @property
    def came(self) -> bool:
        state = distributed.get_worker().state.tasks.get(self.key)
        return state is None or state.state == "cancelled"

    def drain(self) -> None:
        """There is nothing to read."""


class _Crew(threading.local):
    """One process for each thread of a worker, used again for its next job."""

    def __init__(self) -> None:
        self.wanted = _Wanted()
        self.workers = LocalWorkers(1, self.wanted)


_crew = _Crew()


def work(job: Job, wanted: Machine) -> Result | None:
    """Do a job in a process of its own. None if it is not wanted any more. Raises OtherVersion."""
    worker = distributed.get_worker()
    difference = machine(job).unlike(wanted)
    if difference:
        raise OtherVersion(worker.address, difference)
    _crew.wanted.key = worker.get_current_task()
    _crew.workers.submit(job)
    found = _crew.workers.wait()
    if found:
        return found[0]
    _crew.workers.cancel(job)
    return None


# ------------------------------------------------------------------------------------------------ of a run


class DaskWorkers:
    """The workers of a cluster: `address` is that of its scheduler, or `local:N` for N workers on this machine.

    `warn` is told of workers that refuse jobs. Raises WorkersError if there is no scheduler at the address.
    """

    def __init__(
        self, address: str, interrupted: Interruption | None = None, warn: Callable[[str], None] = lambda line: None
    ) -> None:
        self._address, self._interrupted, self._warn = address, interrupted, warn
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._awake, self._waker = socket.socketpair()
        self._futures: dict[Job, Future] = {}
        self._jobs: dict[Future, Job] = {}
        self._refused: dict[str, str] = {}
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            with interruption.held():  # or Ctrl-C in a terminal would end the workers before the run
                self._cluster = _local(address)
                self._client = Client(self._cluster or address, timeout=CONNECTING, set_as_default=False)
        except (OSError, ValueError) as problem:
            raise WorkersError(f"no scheduler answers at {address}: {problem or 'time is over'}") from problem

    @property
    def free(self) -> int:
        """No limit: the cluster, which may grow, has a queue of its own."""
        return UNLIMITED

    @property
    def processors(self) -> str:
        """The processors of the workers that are there now."""
        return ", ".join(sorted(set(self._client.run(processor).values()))) or "unknown"

    def submit(self, job: Job) -> None:
        """Hand a job to the cluster. Raises WorkersError if it is lost, or has refused to work."""
        try:
            among = self._willing() if self._refused else None
            future = self._client.submit(work, job, machine(job), pure=False, workers=among)
        except Exception as problem:
            if isinstance(problem, WorkersError):
                raise
            raise WorkersError(f"the scheduler at {self._address} is lost: {problem}") from problem
        self._futures[job], self._jobs[future] = future, job
        future.add_done_callback(self._note)

    def wait(self) -> list[Result]:
        """Results of jobs that have ended, at least one; none when interrupted, or when there is no job."""
        results: list[Result] = []
        while not results and self._futures and not (self._interrupted and self._interrupted.came):
            wait([self._awake, *([self._interrupted.awake] if self._interrupted else ())], TICK)
            if self._interrupted:
                self._interrupted.drain()
            with contextlib.suppress(queue.Empty):
                while True:
                    future = self._ended.get_nowait()
                    self._awake.recv(1)
                    results += self._collected(future)
            if self._client.status == "closed":
                raise WorkersError(f"the scheduler at {self._address} is lost and has not come back")
        return results

    def cancel(self, job: Job) -> None:
        """Give a job up; the process that has it is killed within a second."""
        future = self._futures.pop(job, None)
        if future is not None:
            self._jobs.pop(future, None)
            future.cancel()

    def stop(self) -> None:
        """Give all jobs up and leave the cluster; one that was started for this run ends."""
        for job in list(self._futures):
            self.cancel(job)
        self._client.close()
        if self._cluster:
            self._cluster.close()
        self._awake.close()
        self._waker.close()

    def _note(self, future: Future) -> None:
        self._ended.put(future)
        with contextlib.suppress(OSError):  # the run has ended
            self._waker.send(b".")

    def _willing(self) -> list[str]:
        """Addresses of the workers that have refused nothing. Raises WorkersError if there is none."""
        known = list(self._client.scheduler_info(n_workers=-1)["workers"])
        willing = [address for address in known if address not in self._refused]
        if known and not willing:
            raise WorkersError("; ".join(self._refused.values()))
        return willing

    def _collected(self, future: Future) -> list[Result]:
        job = self._jobs.pop(future, None)
        if job is None:
            return []  # it was given up
        del self._futures[job]
        try:
            found = future.result(timeout=FETCHING)
        except OtherVersion as problem:
            new = problem.worker not in self._refused
            self._refused[problem.worker] = str(problem)
            self.submit(job)  # raises if there is no other worker
            if new:
                self._warn(f"{problem}; its jobs go to others")
            return []
        except distributed.KilledWorker as problem:
            return [Result(job=job, fate=Fate.DIED, reason=f"the worker {problem.last_worker.address} died")]
        except (distributed.CancelledError, TimeoutError):  # the scheduler, or what the worker had found, is gone
            self.submit(job)
            return []
        except Exception as problem:
            raise WorkersError(f"a worker cannot do what it is given: {type(problem).__name__}: {problem}") from problem
        if found is None:  # not wanted by a scheduler that has gone
            self.submit(job)
            return []
        return [found]


def _local(address: str) -> LocalCluster | None:
    """A cluster on this machine for an address `local:N`; None for the address of a scheduler."""
    if not address.startswith(LOCAL):
        return None
    number = int(address.removeprefix(LOCAL))
    return LocalCluster(
        n_workers=number, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL, host="127.0.0.1"
    )
