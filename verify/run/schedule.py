"""The jobs of a run on a pool of worker processes, under hard time limits.

A claim is split into two jobs, its checks with the audit, and its derivation. A derivation that does not come to an end
is taken apart: one job that builds it, one for each step. Workers are spawned (never forked: torch has threads), with
one BLAS thread each, and are killed when a job exceeds its limit, because SymPy can hang where nothing inside the
process can stop it. A worker that dies or hangs costs its claim one retry, then an `error` verdict; a step that hangs
is UNDECIDED. Results depend neither on the number of jobs nor on their order.

Claims are finished one after the other, longest first, so that an interrupted run has lost little.
"""

from __future__ import annotations

import contextlib
import heapq
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as JobTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from typing import Any, NamedTuple

from derivations.proof import Verdict
from verify import catalogue
from verify.checks import Context
from verify.claim import Claim
from verify.evidence import Evidence, Holds, Outcome, Standing, StepOutcome
from verify.run import examine
from verify.run.settings import Event, Settings

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
TRIES = 2
CHECKS, PROOF, OUTLINE, STEP = range(4)  # kinds of jobs, in the order in which those of one claim start


@contextlib.contextmanager
def _interruptions_held() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back while workers start, and raise KeyboardInterrupt afterwards if one came.

    A terminal sends Ctrl-C to every process of the group. Workers are started from here and from the pool's threads,
    and inherit the mask: without it one that is still importing would print a traceback of its own. The mask alone does
    not hold it back here, since a thread of a library may take the signal and Python then raises in the main thread,
    perhaps between starting a worker and telling it what to do.
    """
    held: list[int] = []
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            handlers[number] = signal.signal(number, lambda got, _: held.append(got))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)  # a signal that waits is delivered now
        for number, handler in handlers.items():
            if handler is not None:  # None: it was not installed from Python
                signal.signal(number, handler)
    if held:
        raise KeyboardInterrupt


# ------------------------------------------------------------------------------------------------ inside a worker


@dataclass(frozen=True)
class Raised:
    """The traceback of a job that raised. The exception stays: one that cannot be unpickled would break the pool."""

    trace: str


def _start_worker(package: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the parent


def _guarded(job: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return job(*arguments)
    except Exception:
        return Raised(traceback.format_exc())


def _examine(package: str, claim: str, context: Context) -> examine.Examination:
    return examine.examine(catalogue.load(claim, package), context)


def _prove_all(package: str, claim: str) -> tuple[StepOutcome, ...]:
    return tuple(examine.prove(step) for step in catalogue.load(claim, package).steps())


def _outline(package: str, claim: str) -> tuple[tuple[str, str], ...]:
    return tuple((step.claim, step.because) for step in catalogue.load(claim, package).steps())


def _prove(package: str, claim: str, number: int) -> StepOutcome:
    return examine.prove(catalogue.load(claim, package).steps()[number])


# ------------------------------------------------------------------------------------------------ in the parent


class Job(NamedTuple):
    """Sorts in the order in which jobs start: claims one after the other, the checks of a claim before its steps."""

    rank: int
    kind: int
    number: int
    claim: str

    def __str__(self) -> str:
        names = {CHECKS: "the checks", STEP: f"step {self.number + 1} of the derivation"}
        return names.get(self.kind, "the derivation")


@dataclass
class _State:
    """What is known so far of one claim."""

    claim: Claim
    rank: int
    examination: examine.Examination | None = None
    outline: tuple[tuple[str, str], ...] | None = None  # (claim, because) of every step, once known
    steps: dict[int, StepOutcome] = field(default_factory=dict)
    failure: str = ""

    @property
    def complete(self) -> bool:
        proved = self.outline is not None and len(self.steps) == len(self.outline)
        return bool(self.failure) or (proved and self.examination is not None)


class Schedule:
    """Works on claims in the given order. `finished` gets every outcome, `progress` what happens on the way."""

    def __init__(
        self,
        claims: Sequence[Claim],
        settings: Settings,
        finished: Callable[[Outcome], None],
        progress: Callable[[Event], None],
    ) -> None:
        self.settings, self.finished, self.progress = settings, finished, progress
        self.workers = min(settings.jobs, 2 * len(claims))  # of one claim, checks and steps run side by side
        self.states = {claim.id: _State(claim, rank) for rank, claim in enumerate(claims)}
        self.waiting: list[Job] = []
        self.running: dict[Future, Job] = {}
        self.tries: dict[Job, int] = {}
        self.pool: Any = None
        share = catalogue.false_alarm_share(settings.package)
        self.context = {
            claim.id: Context(
                claim=claim.id,
                seed=settings.seed,
                profile=settings.profile,
                device=settings.device,
                data=settings.data,
                false_alarms=share,
            )
            for claim in claims
        }
        for state in self.states.values():
            self._add(state, CHECKS)
            if state.claim.is_observation:
                state.outline = ()
            else:
                self._add(state, PROOF)

    def run(self) -> bool:
        """Work until all claims are finished; True if Ctrl-C ended it early."""
        before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
        os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
        try:
            while self.waiting or self.running:
                while self.waiting and len(self.running) < self.workers:
                    self._start(heapq.heappop(self.waiting))
                ready, _ = wait(self.running, return_when=FIRST_COMPLETED)
                for future in ready:
                    self._collect(future)
        except KeyboardInterrupt:
            return True
        finally:
            self._stop_pool()
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        return False

    def _add(self, state: _State, kind: int, number: int = 0) -> None:
        heapq.heappush(self.waiting, Job(state.rank, kind, number, state.claim.id))

    def _start(self, job: Job) -> None:
        package = self.settings.package
        work: tuple[Any, ...] = (
            (_examine, package, job.claim, self.context[job.claim]),
            (_prove_all, package, job.claim),
            (_outline, package, job.claim),
            (_prove, package, job.claim, job.number),
        )[job.kind]
        if job.kind == CHECKS:
            self.progress(Event(what="started", claim=job.claim))
        self.tries[job] = self.tries.get(job, 0) + 1
        self.running[self._working_pool().schedule(_guarded, args=work, timeout=self._limit(job))] = job

    def _limit(self, job: Job) -> float:
        return self.settings.examination_limit if job.kind == CHECKS else self.settings.step_limit

    def _working_pool(self) -> Any:
        """The pool; a new one if there is none, or if the last one broke."""
        from pebble import ProcessPool

        if self.pool is not None and not self.pool.active:
            self._stop_pool()
        if self.pool is None:
            self.pool = ProcessPool(
                max_workers=self.workers, context=multiprocessing.get_context("spawn"),
                initializer=_start_worker, initargs=(self.settings.package,),
            )  # fmt: skip
            resource_tracker.ensure_running()  # started later, it would lift the mask
            with _interruptions_held():
                assert self.pool.active  # starts the workers and the pool's threads
        return self.pool

    def _stop_pool(self) -> None:
        if self.pool is not None:
            self.pool.stop()
            self.pool.join()
            self.pool = None

    def _collect(self, future: Future) -> None:
        from pebble import ProcessExpired

        job = self.running.pop(future)
        state = self.states[job.claim]
        if state.failure:
            return
        try:
            result = future.result()
        except JobTimeout:
            reason = f"ran over the time limit of {self._limit(job):g} s"
            if job.kind == STEP:
                assert state.outline is not None
                claim, because = state.outline[job.number]
                state.steps[job.number] = StepOutcome(
                    claim=claim, because=because, verdict=Verdict.UNDECIDED.value, how=reason, seconds=self._limit(job)
                )
            else:
                self._again(job, state, reason)
        except ProcessExpired as problem:
            self._again(job, state, f"the worker process died (exit code {problem.exitcode})")
        except BrokenProcessPool as problem:
            self._again(job, state, f"the worker processes died ({problem})")
        except Exception as problem:  # a result that cannot be sent
            state.failure = f"{job} gave no result: {type(problem).__name__}: {problem}"
        else:
            self._note(job, state, result)
        if state.failure:  # what else was to be done for this claim is of no use
            for other in [f for f, j in self.running.items() if j.claim == job.claim]:
                other.cancel()
            self.waiting = [other for other in self.waiting if other.claim != job.claim]
            heapq.heapify(self.waiting)
        if state.complete:
            self.finished(_outcome(state))

    def _note(self, job: Job, state: _State, result: Any) -> None:
        if isinstance(result, Raised):
            state.failure = f"{job} raised:\n{result.trace}"
        elif job.kind == CHECKS:
            state.examination = result
        elif job.kind == PROOF:
            state.outline = tuple((step.claim, step.because) for step in result)
            state.steps = dict(enumerate(result))
        elif job.kind == OUTLINE:
            state.outline = result
            for number in range(len(result)):
                self._add(state, STEP, number)
        else:
            state.steps[job.number] = result

    def _again(self, job: Job, state: _State, reason: str) -> None:
        if job.kind == PROOF:
            self.progress(Event(what="retried", claim=job.claim, note=f"{job}: {reason}; trying its steps one by one"))
            self._add(state, OUTLINE)
        elif self.tries[job] < TRIES:
            self.progress(Event(what="retried", claim=job.claim, note=f"{job}: {reason}; trying again"))
            heapq.heappush(self.waiting, job)
        else:
            state.failure = f"{job}: {reason}, {TRIES} times"


def _outcome(state: _State) -> Outcome:
    claim = state.claim
    if state.failure:
        failed = Evidence(check="run", kind="certificate", verdict=Holds.ERROR, points=0, detail=state.failure)
        return Outcome(
            id=claim.id, digest=claim.statement.digest, verdict=Standing.ERROR, reason=state.failure, evidence=(failed,)
        )
    assert state.examination is not None
    found = state.examination
    steps = tuple(state.steps[k] for k in sorted(state.steps))
    proof = () if claim.is_observation else (examine.certificate(steps),)
    evidence = (*proof, *found.evidence)
    verdict, reason = examine.conclude(claim, evidence, found.printed, found.audit)
    return Outcome(
        id=claim.id, digest=claim.statement.digest, verdict=verdict, reason=reason, steps=steps, evidence=evidence,
        printed=found.printed, audit=found.audit, seconds=found.seconds + sum(step.seconds for step in steps),
    )  # fmt: skip
