"""A run: claims with their outcomes, taken from the store where they stand there, worked out where they do not."""

from __future__ import annotations

import platform
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numerics.backend import resolve_device
from verify import catalogue
from verify.claim import Claim
from verify.evidence import Outcome, Standing
from verify.run import interruption
from verify.run.schedule import JOBS_OF_A_CLAIM, Schedule
from verify.run.settings import Event, Settings, processors
from verify.run.store import Store, default_folder, versions
from verify.run.workers import LocalWorkers


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """Outcomes in catalogue order, and what was run. `interrupted` if Ctrl-C ended it early."""

    outcomes: dict[str, Outcome]
    settings: Settings
    started: str
    seconds: float
    environment: dict[str, str]
    interrupted: bool = False

    @property
    def run(self) -> dict[str, Any]:
        """The `run` object of report.json."""
        return {
            "profile": self.settings.profile,
            "seed": self.settings.seed,
            "started": self.started,
            "seconds": round(self.seconds, 3),
            "jobs": self.settings.jobs,
            "device": self.settings.device,
            "environment": self.environment,
        }


def environment() -> dict[str, str]:
    """Versions, processor and threads, as they stand in the report."""
    import sys

    return {
        "python": sys.version.split()[0],
        **versions(),
        "platform": platform.system(),
        "cpu": _processor(),
        "threads": "1 per worker",
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def run(
    claims: Iterable[Claim],
    settings: Settings,
    store: Store | None = None,
    progress: Callable[[Event], None] = lambda event: None,
) -> RunResult:
    """Run claims and return their outcomes. Ctrl-C keeps what was finished (also in the store) and returns."""
    selected = list(claims)
    began, started = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    where = environment()
    outcomes: dict[str, Outcome] = {}
    keys = {claim.id: store.key(claim.id, settings.parameters) for claim in selected} if store else {}
    if store and not settings.fresh:
        for claim in selected:
            found = store.load(claim.id, keys[claim.id])
            if found is not None:
                outcomes[claim.id] = found
                progress(
                    Event(what="stored", claim=claim.id, done=len(outcomes), total=len(selected), note=found.verdict)
                )
    todo = [claim for claim in selected if claim.id not in outcomes]
    interrupted = False
    if todo:

        def finished(outcome: Outcome) -> None:
            outcome = replace(outcome, date=datetime.now(UTC).isoformat(timespec="seconds"), environment=where)
            outcomes[outcome.id] = outcome
            if store and outcome.verdict is not Standing.ERROR:
                store.save(outcome.id, keys[outcome.id], outcome)
            progress(
                Event(what="finished", claim=outcome.id, done=len(outcomes), total=len(selected), note=outcome.verdict)
            )

        schedule = Schedule(_longest_first(todo, store), settings, finished, progress)
        with interruption.noted() as signals:
            workers = LocalWorkers(min(settings.jobs, JOBS_OF_A_CLAIM * len(todo)), signals)
            try:
                interrupted = not schedule.run(workers)
            finally:
                workers.stop()
    ordered = {claim.id: outcomes[claim.id] for claim in selected if claim.id in outcomes}
    return RunResult(
        outcomes=ordered,
        settings=settings,
        started=started,
        seconds=time.perf_counter() - began,
        environment=where,
        interrupted=interrupted,
    )


def _longest_first(claims: list[Claim], store: Store | None) -> list[Claim]:
    def seconds(claim: Claim) -> float:
        known = store.newest(claim.id) if store else None
        return known.seconds if known else float("inf")

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
    run in processes of their own, so a script that calls this needs `if __name__ == "__main__":` around it.
    Raises UnknownClaim, which names the nearest ids, ValueError for an option out of range, and KeyboardInterrupt.
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
    result = run(claims, settings, Store(default_folder(), warn=lambda line: warnings.warn(line, stacklevel=4)))
    if result.interrupted:
        raise KeyboardInterrupt
    found = list(result.outcomes.values())
    return found[0] if len(ids) == 1 and ids[0] == found[0].id else found
