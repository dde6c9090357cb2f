"""Verdicts of claims over many seeds and profiles, by one crew of workers; a grid goes on where it ended.

The verdicts of a claim lie in one file beside the store of outcomes, under the same kind of key: an edit of what the
claim rests on starts its part anew. Outcomes themselves are not stored: hundreds of them would push out all others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from verify import catalogue
from verify.claim import Claim
from verify.evidence import Standing
from verify.own.places import stored_as
from verify.run import interruption, lemmas
from verify.run.crew import crew_of
from verify.run.runner import run
from verify.run.settings import Event, Settings
from verify.run.store import Store, write_atomically

FOLDER = "grids"  # beside that of the outcomes


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one claim came to with one seed in one profile."""

    claim: str
    profile: str
    seed: int
    verdict: Standing
    reason: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The cells, in the order of profiles, seeds and claims."""

    cells: tuple[Cell, ...]
    interrupted: bool = False


def grid(
    claims: Sequence[Claim],
    settings: Settings,
    seeds: Sequence[int],
    profiles: Sequence[str],
    store: Store,
    progress: Callable[[Event], None] = lambda event: None,
) -> Grid:
    """Run claims with every seed in every profile; what is kept of earlier grids is not run again.

    Ctrl-C keeps what was finished. Raises WorkersError if no worker can be started.
    """
    cells: dict[tuple[str, str, int], Cell] = {}
    total = len(profiles) * len(seeds) * len(claims)

    def note(cell: Cell) -> None:
        cells[cell.profile, cell.claim, cell.seed] = cell
        progress(Event(what="finished", claim=cell.claim, done=len(cells), total=total, note=cell.verdict))

    interrupted = False
    with interruption.noted() as signals:
        crew = crew_of(settings, settings.jobs, signals, store.warn)
        try:
            for profile in profiles:
                here = replace(settings, profile=profile)
                files = {claim.id: _file(claim, here, store) for claim in claims}
                known = {name: {} if settings.fresh else _kept(path, store) for name, path in files.items()}
                for seed in seeds:
                    for claim in claims:
                        if seed in known[claim.id]:
                            note(known[claim.id][seed])
                    todo = [claim for claim in claims if seed not in known[claim.id]]
                    found = run(todo, replace(here, seed=seed), workers=crew)
                    for name, outcome in found.outcomes.items():
                        if found.interrupted and outcome.verdict is Standing.UNDECIDED:
                            continue  # perhaps since what it rests on was not reached: it is tried again
                        cell = Cell(
                            claim=name,
                            profile=profile,
                            seed=seed,
                            verdict=outcome.verdict,
                            reason=outcome.reason,
                            seconds=outcome.seconds,
                        )
                        note(cell)
                        if cell.verdict is not Standing.ERROR:  # it says nothing of the claim: it is tried again
                            known[name][seed] = cell
                            _keep(files[name], known[name], store)
                    if found.interrupted:
                        interrupted = True
                        break
                if interrupted:
                    break
        finally:
            crew.stop()
    order = [(profile, claim.id, seed) for profile in profiles for seed in seeds for claim in claims]
    return Grid(cells=tuple(cells[place] for place in order if place in cells), interrupted=interrupted)


def _file(claim: Claim, settings: Settings, store: Store) -> Path:
    parameters = {**settings.parameters, "seed": "any"}
    below = lemmas.below([claim], partial(catalogue.load, package=settings.package))  # they decide the verdict, too
    key = store.key(claim.id, {**parameters, "below": {lemma.id: store.key(lemma.id, parameters) for lemma in below}})
    return store.folder.parent / FOLDER / f"{stored_as(store.package, claim.id)}-{key[:32]}.json"


def _kept(path: Path, store: Store) -> dict[int, Cell]:
    """Cells by seed; none where there is no file, or one that cannot be read."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        cells = [Cell(**{**entry, "verdict": Standing(entry["verdict"])}) for entry in entries]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError) as problem:
        store.warn(f"the grid in {path} cannot be read ({type(problem).__name__}); it begins anew")
        return {}
    return {cell.seed: cell for cell in cells}


def _keep(path: Path, cells: dict[int, Cell], store: Store) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps([vars(cell) for cell in cells.values()]))
    except OSError as problem:
        store.warn(f"the grid is not kept: {path.parent} cannot be written ({problem.strerror})")
