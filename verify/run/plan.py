"""How long a run would take, by the scheduler that would make it, with jobs that take what they took before."""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from verify import catalogue
from verify.claim import Claim
from verify.run import examine, lemmas
from verify.run.cost import Cost
from verify.run.jobs import Fate, Job, Kind, Result
from verify.run.runner import longest_first
from verify.run.schedule import Schedule
from verify.run.settings import Settings, processor
from verify.run.store import Store

STARTING = 0.3  # seconds until a new process waits for its first job, without the imports of that job


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A job that a run would do, and what it is expected to cost; `known` unless it is the median of the others."""

    claim: str
    kind: str
    cost: Cost
    known: bool


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The jobs of a run, claims whose outcomes are stored, and seconds that so many workers would take for it."""

    jobs: tuple[Planned, ...]
    stored: int
    seconds: dict[int, float]

    @property
    def memory(self) -> float:
        """The largest of the jobs, in MB."""
        return max((job.cost.memory for job in self.jobs), default=0.0)


def plan(claims: Iterable[Claim], settings: Settings, store: Store, workers: Sequence[int]) -> Plan:
    """What a run with these settings would do and how long it would take, the writing of pages apart."""
    selected = list(claims)
    wanted = [*selected, *lemmas.below(selected, partial(catalogue.load, package=settings.package))]
    keys = {claim.id: store.key(claim.id, settings.parameters) for claim in wanted}
    todo = [claim for claim in wanted if settings.fresh or store.load(claim.id, keys[claim.id]) is None]
    known = {claim.id: dict(store.costs(claim.id, settings.profile)) for claim in todo}
    jobs = tuple(
        Planned(
            claim=claim.id,
            kind=kind,
            cost=known[claim.id].get(kind) or _typical(known.values(), kind),
            known=kind in known[claim.id],
        )
        for claim in todo
        for kind in ([Kind.CHECKS.value] if claim.is_observation else [Kind.CHECKS.value, Kind.PROOF.value])
    )
    costs = {(job.claim, job.kind): job.cost for job in jobs}
    ordered = longest_first(todo, store)
    return Plan(
        jobs=jobs,
        stored=len(wanted) - len(todo),
        seconds={n: simulated(ordered, settings, costs, n) if jobs else 0.0 for n in workers},
    )


def _typical(known: Iterable[Mapping[str, Cost]], kind: str) -> Cost:
    """The median of the costs that are known; of nothing, a guess of a second."""
    found = [costs[kind] for costs in known if kind in costs]
    if not found:
        return Cost(loading=1.0, work=1.0, memory=300.0)
    return Cost(
        loading=statistics.median(cost.loading for cost in found),
        work=statistics.median(cost.work for cost in found),
        memory=statistics.median(cost.memory for cost in found),
    )


def simulated(
    claims: Sequence[Claim], settings: Settings, costs: Mapping[tuple[str, str], Cost], workers: int
) -> float:
    """Seconds that a schedule of claims takes with so many workers."""
    crew = _Imagined(workers, costs)
    Schedule(claims, replace(settings, jobs=workers), lambda outcome, spent: None, lambda event: None).run(crew)
    return crew.now


class _Imagined:
    """Workers without processes: jobs end when the clock has gone on by what they cost."""

    def __init__(self, number: int, costs: Mapping[tuple[str, str], Cost]) -> None:
        self._number, self._costs, self.now = number, costs, 0.0
        self._running: list[tuple[float, int, Job]] = []
        self._started = 0

    @property
    def processors(self) -> str:
        return processor()

    @property
    def free(self) -> int:
        return self._number - len(self._running)

    def submit(self, job: Job) -> None:
        cost = self._costs[job.claim, job.kind.value]
        new = STARTING if self._started < self._number else 0.0
        heapq.heappush(self._running, (self.now + new + cost.loading + cost.work, self._started, job))
        self._started += 1

    def wait(self) -> list[Result]:
        if not self._running:
            return []
        self.now, _, job = heapq.heappop(self._running)
        nothing: Any = () if job.kind is Kind.PROOF else examine.Examination(evidence=(), printed=(), audit=None)
        return [Result(job=job, fate=Fate.DONE, value=nothing)]

    def cancel(self, job: Job) -> None:
        self._running = [entry for entry in self._running if entry[-1] != job]
        heapq.heapify(self._running)

    def stop(self) -> None:
        self._running.clear()
