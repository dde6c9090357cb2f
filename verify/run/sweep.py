"""Stochastic checks over many fresh seeds, by workers; what is done is kept, so that a sweep goes on where it ended.

A claim's draws lie in one file beside the store of outcomes, under the same kind of key: an edit of what the claim
rests on starts its sweep anew. Seeds are made from the seed of the run and their number, none of them the run's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from numerics.streams import Stream
from verify import catalogue
from verify.audit.alarms import Draw, stochastic
from verify.checks import Context
from verify.claim import Claim
from verify.own.places import stored_as
from verify.run import interruption
from verify.run.crew import crew_of
from verify.run.jobs import Fate, Job, Kind
from verify.run.settings import Event, Settings
from verify.run.store import Store, write_atomically

BATCH = 5  # seeds of one job
FOLDER = "false_alarms"  # beside that of the outcomes


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Draws by claim; `failed` says of claims why some of their seeds gave no result."""

    draws: dict[str, tuple[Draw, ...]]
    failed: dict[str, str]
    interrupted: bool = False


def seeds(run: int, count: int) -> list[int]:
    """The first `count` fresh seeds of a run."""
    return [Stream(run, ("fresh seeds", str(k))).integer() for k in range(count)]


def sweep(
    claims: Sequence[Claim],
    settings: Settings,
    count: int,
    store: Store,
    progress: Callable[[Event], None] = lambda event: None,
) -> Sweep:
    """Run the stochastic checks of the claims with `count` seeds each; what is kept of earlier sweeps is not run again.

    Ctrl-C keeps what was finished. Raises WorkersError if no worker can be started.
    """
    wanted = seeds(settings.seed, count)
    chosen = [claim for claim in claims if stochastic(claim, settings.profile)]
    files = {claim.id: _file(claim, settings, store) for claim in chosen}
    known = {name: {} if settings.fresh else _kept(path, store) for name, path in files.items()}
    waiting = iter(list(_jobs(chosen, settings, wanted, known)))
    failed: dict[str, str] = {}
    running, interrupted = 0, False
    finished = sum(seed in found for found in known.values() for seed in wanted)
    with interruption.noted() as signals:
        workers = crew_of(settings, settings.jobs, signals, store.warn)
        try:
            while True:
                while workers.free and (job := next(waiting, None)) is not None:
                    workers.submit(job)
                    running += 1
                if not running:
                    break
                results = workers.wait()
                if not results:
                    interrupted = True
                    break
                for result in results:
                    running -= 1
                    name = result.job.claim
                    if result.fate is not Fate.DONE:
                        failed[name] = result.reason
                        continue
                    for draw in result.value:
                        known[name].setdefault(draw.seed, []).append(draw)
                    _keep(files[name], known[name], store)
                    finished += len(result.job.seeds)
                    progress(Event(what="finished", claim=name, done=finished, total=count * len(chosen)))
        finally:
            workers.stop()
    draws = {name: tuple(d for seed in wanted for d in found.get(seed, ())) for name, found in known.items()}
    return Sweep(draws=draws, failed=failed, interrupted=interrupted)


def _jobs(claims: Sequence[Claim], settings: Settings, wanted: Sequence[int], known: dict) -> Iterator[Job]:
    """Batches of the seeds that are not known, those of all claims in turn."""
    lacking = {claim.id: [seed for seed in wanted if seed not in known[claim.id]] for claim in claims}
    for start in range(0, max(map(len, lacking.values()), default=0), BATCH):
        for claim in claims:
            batch = tuple(lacking[claim.id][start : start + BATCH])
            if batch:
                context = Context(
                    claim=claim.id,
                    profile=settings.profile,
                    device=settings.device,
                    data=settings.data,
                    false_alarms=catalogue.false_alarm_share(claim, settings.package),
                )
                yield Job(
                    package=settings.package,
                    claim=claim.id,
                    kind=Kind.SEEDS,
                    context=context,
                    limit=Kind.SEEDS.limit(settings) * len(batch),
                    seeds=batch,
                )


def _file(claim: Claim, settings: Settings, store: Store) -> Path:
    key = store.key(claim.id, {**settings.parameters, "seed": "fresh", "of": settings.seed})
    return store.folder.parent / FOLDER / f"{stored_as(store.package, claim.id)}-{key[:32]}.json"


def _kept(path: Path, store: Store) -> dict[int, list[Draw]]:
    """Draws by seed; none where there is no file, or one that cannot be read."""
    found: dict[int, list[Draw]] = {}
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        for draw in [Draw(**entry) for entry in entries]:
            found.setdefault(draw.seed, []).append(draw)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as problem:
        store.warn(f"the sweep in {path} cannot be read ({type(problem).__name__}); it begins anew")
        return {}
    return found


def _keep(path: Path, draws: dict[int, list[Draw]], store: Store) -> None:
    """Write the draws, with those that another sweep of the same claim has written meanwhile."""
    draws = _kept(path, store) | draws
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps([asdict(draw) for found in draws.values() for draw in found]))
    except OSError as problem:
        store.warn(f"the sweep is not kept: {path.parent} cannot be written ({problem.strerror})")
