"""A run: claims with their outcomes, taken from the store where they stand there, worked out where they do not."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from numerics.backend import resolve_device
from verify import catalogue
from verify.claim import Claim
from verify.evidence import Outcome, Standing
from verify.run import examine, interruption, lemmas
from verify.run.crew import crew_of
from verify.run.schedule import JOBS_OF_A_CLAIM, Costs, Schedule
from verify.run.settings import Event, Settings, described, now, processors
from verify.run.store import Store, default_folder, environment
from verify.run.workers import Workers


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """Outcomes of the selected claims, in their order, and what was run. `interrupted` if Ctrl-C ended it early.

    `wanted` is the number of claims that had to be known, those that the selected ones rest on included; `stored` are
    those whose outcomes stand in the store now, with the keys that they have there.
    """

    outcomes: dict[str, Outcome]
    settings: Settings
    started: str
    seconds: float
    environment: dict[str, str]
    wanted: int = 0
    stored: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def run(self) -> dict[str, Any]:
        """The `run` object of report.json."""
        return described(self.settings, self.started, self.seconds, self.environment)


def run(
    claims: Iterable[Claim],
    settings: Settings,
    store: Store | None = None,
    progress: Callable[[Event], None] = lambda event: None,
    workers: Workers | None = None,
) -> RunResult:
    """Run claims, and what they rest on, and return the outcomes of the claims.

    `workers` that are given go on after the run; without them, those of the settings are started for it. Ctrl-C keeps
    what was finished (also in the store) and returns. Raises WorkersError if no worker can be started.
    """
    selected = list(claims)
    wanted = [*selected, *lemmas.below(selected, partial(catalogue.load, package=settings.package))]
    began, started = time.perf_counter(), now()
    where = environment()
    outcomes: dict[str, Outcome] = {}
    stored: dict[str, str] = {}
    parameters = settings.parameters if store else {}
    keys = {claim.id: store.key(claim.id, parameters) for claim in wanted} if store else {}

    def tell(what: str, found: Outcome) -> None:
        progress(Event(what=what, claim=found.id, done=len(outcomes), total=len(wanted), note=found.verdict))

    if store and not settings.fresh:
        for claim in wanted:
            found = _found(claim, store, keys[claim.id])
            if found is not None:
                outcomes[claim.id] = found
                stored[claim.id] = keys[claim.id]
                tell("stored", found)
    todo = [claim for claim in wanted if claim.id not in outcomes]
    interrupted = False
    if todo:

        def finished(outcome: Outcome, costs: Costs) -> None:
            outcome = replace(outcome, date=now(), environment=where)
            outcomes[outcome.id] = outcome
            keep = store is not None and outcome.verdict is not Standing.ERROR
            if keep and store.save(outcome.id, keys[outcome.id], outcome, settings.profile, costs):  # type: ignore[union-attr]
                stored[outcome.id] = keys[outcome.id]
            tell("finished", outcome)

        schedule = Schedule(longest_first(todo, store), settings, finished, progress)
        with interruption.noted() as signals:
            warn = store.warn if store else warnings.warn
            crew = workers or crew_of(settings, JOBS_OF_A_CLAIM * len(todo), signals, warn)
            where["cpu"] = crew.processors
            try:
                interrupted = not schedule.run(crew)
            finally:
                if crew is not workers:
                    crew.stop()
    settled = lemmas.settled(outcomes)
    return RunResult(
        outcomes={claim.id: settled[claim.id] for claim in selected if claim.id in settled},
        settings=settings,
        started=started,
        seconds=time.perf_counter() - began,
        environment=where,
        wanted=len(wanted),
        stored=stored,
        interrupted=interrupted,
    )


def _found(claim: Claim, store: Store, key: str) -> Outcome | None:
    """The stored outcome of a claim, if there is one and its verdict is what its evidence says."""
    found = store.load(claim.id, key)
    if found is None or examine.judged(claim, found) == found:
        return found
    store.discard(claim.id, key, "has not the verdict that its evidence gives")
    return None


def longest_first(claims: list[Claim], store: Store | None) -> list[Claim]:
    """Claims in the order in which a run begins them: those first that took longest, or never ran."""

    def seconds(claim: Claim) -> float:
        known = store.newest(claim.id) if store else None
        return known.outcome.seconds if known else float("inf")

    return sorted(claims, key=seconds, reverse=True)


def check(
    *ids: str,
    profile: str = "quick",
    seed: int = 1,
    jobs: int | None = None,
    device: str = "auto",
    data: str | Path | None = None,
    fresh: bool = False,
) -> Outcome | list[Outcome]:
    """Run claims by id, glob or chapter, like `rederive check`; the Outcome of one id, a list for anything else.

    Outcomes are taken from the same store as on the command line, and kept there; `fresh` works them out anew. Claims
    run in processes of their own. Raises UnknownClaim, which names the nearest ids, ValueError for an option out of
    range, and KeyboardInterrupt.
    """
    if not ids:
        raise ValueError('check needs the id of a claim, a glob or a chapter; check("*") runs all')
    claims = catalogue.select(ids)
    settings = Settings(
        profile=profile,
        seed=seed,
        jobs=processors() if jobs is None else jobs,
        device=resolve_device(device),
        data=None if data is None else Path(data),
        fresh=fresh,
    )
    result = run(claims, settings, Store(default_folder(), lambda line: warnings.warn(line, stacklevel=4)))
    if result.interrupted:
        raise KeyboardInterrupt
    found = list(result.outcomes.values())
    return found[0] if len(ids) == 1 and ids[0] == found[0].id else found
