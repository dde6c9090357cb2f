"""What is to be done next for the claims of a run, and what their jobs give together.

A claim has two jobs, its checks with the audit, and its derivation. A derivation that does not come to an end is taken
apart, step by step. A worker that dies or hangs costs its claim one retry, then an `error` verdict; a step that hangs
is UNDECIDED. Results depend neither on the number of jobs nor on their order.

Claims are finished one after the other, longest first, so that an interrupted run has lost little.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from derivations.proof import Verdict
from verify import catalogue
from verify.checks import Context
from verify.claim import Claim
from verify.evidence import Evidence, Holds, Outcome, Standing, StepOutcome, raised
from verify.run import examine
from verify.run.cost import Cost
from verify.run.jobs import Fate, Job, Kind, Result
from verify.run.settings import Event, Settings
from verify.run.workers import Workers

TRIES = 2
Costs = tuple[tuple[str, Cost], ...]
JOBS_OF_A_CLAIM = 2  # at once: its checks and its derivation


@dataclass
class _State:
    """What is known so far of one claim."""

    claim: Claim
    rank: int
    context: Context
    examination: examine.Examination | None = None
    outline: tuple[tuple[str, str], ...] | None = None  # (claim, because) of every step, once known
    steps: dict[int, StepOutcome] = field(default_factory=dict)
    failure: str = ""
    costs: list[tuple[str, Cost]] = field(default_factory=list)  # kinds of jobs that are done, with what they cost

    @property
    def complete(self) -> bool:
        proved = self.outline is not None and len(self.steps) == len(self.outline)
        return bool(self.failure) or (proved and self.examination is not None)


class Schedule:
    """Works on claims in the given order.

    `finished` gets every outcome with what its jobs cost, `progress` what happens on the way.
    """

    def __init__(
        self,
        claims: Sequence[Claim],
        settings: Settings,
        finished: Callable[[Outcome, Costs], None],
        progress: Callable[[Event], None],
    ) -> None:
        self.settings, self.finished, self.progress = settings, finished, progress
        self.waiting: list[tuple[int, int, int, Job]] = []  # sorted by rank of the claim, kind, number of the step
        self.running: set[Job] = set()
        self.tries: dict[Job, int] = {}
        self.states = {
            claim.id: _State(
                claim=claim,
                rank=rank,
                context=Context(
                    claim=claim.id,
                    seed=settings.seed,
                    profile=settings.profile,
                    device=settings.device,
                    data=settings.data,
                    false_alarms=catalogue.false_alarm_share(claim, settings.package),
                ),
            )
            for rank, claim in enumerate(claims)
        }
        for state in self.states.values():
            self._add(state, Kind.CHECKS)
            if state.claim.is_observation:
                state.outline = ()
            else:
                self._add(state, Kind.PROOF)

    def run(self, workers: Workers) -> bool:
        """Work until all claims are finished; False if an interruption ended it early. Raises WorkersError."""
        while self.waiting or self.running:
            while self.waiting and workers.free:
                self._start(workers, heapq.heappop(self.waiting)[-1])
            results = workers.wait()
            if not results:
                return False
            for result in results:
                self.running.discard(result.job)
                self._collect(result, workers)
        return True

    def _add(self, state: _State, kind: Kind, number: int = 0) -> None:
        job = Job(
            package=self.settings.package,
            claim=state.claim.id,
            kind=kind,
            context=state.context,
            limit=kind.limit(self.settings),
            number=number,
        )
        self._queue(state, job)

    def _queue(self, state: _State, job: Job) -> None:
        heapq.heappush(self.waiting, (state.rank, job.kind.order, job.number, job))

    def _start(self, workers: Workers, job: Job) -> None:
        if job.kind is Kind.CHECKS:
            self.progress(Event(what="started", claim=job.claim))
        workers.submit(job)
        self.running.add(job)
        self.tries[job] = self.tries.get(job, 0) + 1

    def _collect(self, result: Result, workers: Workers) -> None:
        job = result.job
        state = self.states[job.claim]
        if state.failure:
            return
        if result.fate is Fate.DONE:
            self._note(job, state, result.value)
            if result.cost is not None:
                state.costs.append((job.kind.value, result.cost))
        elif result.fate is Fate.RAISED:
            state.failure = f"{job} raised {raised(result.reason)}\n{result.reason}"
        elif result.fate is Fate.UNSENDABLE:
            state.failure = f"{job} gave no result: {result.reason}"
        elif result.fate is Fate.LATE and job.kind is Kind.STEP:
            assert state.outline is not None
            claim, because = state.outline[job.number]
            state.steps[job.number] = StepOutcome(
                claim=claim,
                because=because,
                verdict=Verdict.UNDECIDED.value,
                how=result.reason,
                seconds=job.limit,
            )
        else:
            self._again(job, state, result.reason)
        if state.failure:  # what else was to be done for this claim is of no use
            for other in [other for other in self.running if other.claim == job.claim]:
                workers.cancel(other)
                self.running.discard(other)
            self.waiting = [entry for entry in self.waiting if entry[-1].claim != job.claim]
            heapq.heapify(self.waiting)
        if state.complete:
            self.finished(_outcome(state), tuple(state.costs))

    def _note(self, job: Job, state: _State, value: Any) -> None:
        if job.kind is Kind.CHECKS:
            state.examination = value
        elif job.kind is Kind.PROOF:
            state.outline = tuple((step.claim, step.because) for step in value)
            state.steps = dict(enumerate(value))
        elif job.kind is Kind.OUTLINE:
            state.outline = value
            for number in range(len(value)):
                self._add(state, Kind.STEP, number)
        else:
            state.steps[job.number] = value

    def _again(self, job: Job, state: _State, reason: str) -> None:
        if job.kind is Kind.PROOF:
            self.progress(Event(what="retried", claim=job.claim, note=f"{job}: {reason}; trying its steps one by one"))
            self._add(state, Kind.OUTLINE)
        elif self.tries[job] < TRIES:
            self.progress(Event(what="retried", claim=job.claim, note=f"{job}: {reason}; trying again"))
            self._queue(state, job)
        else:
            state.failure = f"{job}: {reason}, {TRIES} times"


def _outcome(state: _State) -> Outcome:
    claim = state.claim
    if state.failure:
        failed = Evidence(check="run", kind="certificate", verdict=Holds.ERROR, points=0, detail=state.failure)
        return Outcome(
            id=claim.id,
            digest=claim.statement.digest,
            verdict=Standing.ERROR,
            reason=state.failure,
            evidence=(failed,),
            uses=claim.statement.uses,
        )
    assert state.examination is not None
    found = state.examination
    steps = tuple(state.steps[k] for k in sorted(state.steps))
    proof = () if claim.is_observation else (examine.certificate(steps),)
    evidence = (*proof, *found.evidence)
    verdict, reason = examine.conclude(claim, evidence, found.printed, found.audit)
    return Outcome(
        id=claim.id,
        digest=claim.statement.digest,
        verdict=verdict,
        reason=reason,
        steps=steps,
        evidence=evidence,
        printed=found.printed,
        audit=found.audit,
        seconds=found.seconds + sum(step.seconds for step in steps),
        uses=claim.statement.uses,
    )
