"""`rederive report`: what was made and has not changed is taken as it is; for all else the claims are imported."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numerics.backend import DeviceError, resolve_device
from verify import catalogue
from verify.catalogue import UnknownClaim
from verify.command import console
from verify.command.answer import emit, stored
from verify.evidence import KINDS, Holds, Outcome, Standing
from verify.own import places as own
from verify.own.places import OwnClaimError
from verify.report import PAGE, again
from verify.report.again import Note
from verify.run import lemmas
from verify.run.settings import Settings, described, now, processors
from verify.run.store import Store, default_folder, environment

WORST_FIRST = ((Standing.REFUTED, 1), (Standing.ERROR, 3), (Standing.UNDECIDED, 4))
RESOLUTION = (
    "Resolution: the smallest relative change of a predicted value that the coarsest simulation or published number "
    "would show, at the worst of its points, and at their median."
)
REJECTED = "Rejected: wrong formulas that the checks refuted, of all that were tried."


def execute(options: argparse.Namespace, package: str | None = None) -> int:
    """Run the command; returns the exit code."""
    found = _as_it_was(options, package or catalogue.PACKAGE)
    if found is not None:
        return found
    from verify.command import commands

    return commands.execute(options, package)


def _as_it_was(options: argparse.Namespace, package: str) -> int | None:
    """The exit code, where the report that lies there is the one that was asked for; None where it is not."""
    if options.plan or options.fresh or options.data is not None or options.cluster is not None:
        return None
    began, started = time.perf_counter(), now()
    try:
        ids = catalogue.matching(options.ids, package)
        settings = Settings(
            profile=options.profile,
            seed=options.seed,
            jobs=options.jobs or processors(),
            device=resolve_device(options.device),
            package=package,
        )
        note = again.noted(_notes(), options.out, basis(ids, options, settings))
        if note is None:
            return None
        outcomes = _outcomes(note, ids, stored(package))
        run = described(settings, started, time.perf_counter() - began, environment())
        written = again.rewrite(_notes(), options.out, note, run)
    except (UnknownClaim, OwnClaimError, DeviceError, OSError):  # whoever makes the report anew says what is wrong
        return None
    if written is None:
        return None
    tell(options, written, outcomes, run)
    return code(outcomes)


def _outcomes(note: Note, ids: Sequence[str], store: Store) -> list[Outcome]:
    """The outcomes that the report was made of, in its order."""
    known = {found.outcome.id: found.outcome for found in map(store.read, map(Path, note.outcomes)) if found}
    settled = lemmas.settled(known)
    return [settled[claim] for claim in ids]


def _notes() -> Path:
    return default_folder().parent / "page"


def basis(ids: Sequence[str], options: argparse.Namespace, settings: Settings) -> str:
    """Hash of what a report is made from, but for the outcomes. Empty for one's own claims, which import anything."""
    if own.is_collection(settings.package):
        return ""
    how = (list(ids), options.single_file, settings.parameters, settings.jobs, settings.package, environment())
    return again.basis(settings.package, repr(how))


def keep(
    basis: str, options: argparse.Namespace, store: Store, keys: Mapping[str, str], hashes: Mapping[str, str]
) -> None:
    """Keep a note of a report, so that the next one is quick; none without a basis."""
    if not basis:
        return
    try:
        outcomes = again.stored(store.path(claim, key) for claim, key in keys.items())
    except OSError:  # removed meanwhile
        return
    again.keep(_notes(), options.out, Note(basis=basis, outcomes=outcomes, files=dict(hashes)))


# ------------------------------------------------------------------------------------------------ printing


def tell(
    options: argparse.Namespace, written: Mapping[str, Any], outcomes: Iterable[Outcome], run: Mapping[str, Any]
) -> None:
    """Print the table of a report, or its data, and where the page is."""
    found = list(outcomes)
    emit(options, written, lambda: results(found, run))
    errors(found)
    print(f"The page: {options.out / PAGE}", file=sys.stderr if options.json else sys.stdout)


def code(outcomes: Iterable[Outcome]) -> int:
    """The exit code for the verdicts of claims."""
    found = {outcome.verdict for outcome in outcomes}
    return next((code for verdict, code in WORST_FIRST if verdict in found), 0)


def results(outcomes: Sequence[Outcome], run: Mapping[str, Any]) -> None:
    """The table of a run, and its sums."""
    numbers = ("points", "resolution", "median", "rejected", "seconds")
    table = console.table("claim", "verdict", "evidence", *numbers, numbers=numbers, wrapped=["evidence"])
    for outcome in outcomes:
        held = {e.kind for e in outcome.evidence if e.verdict is Holds.HOLDS and not e.same_law}
        worst, median = outcome.resolution or (None, None)
        table.add_row(
            outcome.id,
            console.verdict(outcome.verdict),
            ", ".join(kind for kind in KINDS if kind in held),
            str(sum(e.points for e in outcome.evidence)),
            console.figure(worst),
            console.figure(median),
            f"{outcome.audit.rejected}/{outcome.audit.mutants}" if outcome.audit else console.NONE,
            console.seconds(outcome.seconds),
        )
    verdicts = [outcome.verdict for outcome in outcomes]
    sums = ", ".join(f"{verdicts.count(standing)} {standing}" for standing in Standing if standing in verdicts)
    how = f"{console.seconds(run['seconds'])} s, profile {run['profile']}, seed {run['seed']}"
    console.show(table, "", f"{len(verdicts)} claims: {sums}; {how}.", RESOLUTION, REJECTED)


def errors(outcomes: Iterable[Outcome]) -> None:
    """What went wrong inside, with tracebacks, on stderr."""
    for found in outcomes:
        if found.verdict is Standing.ERROR:
            details = [e.detail for e in found.evidence if e.verdict is Holds.ERROR and e.detail not in found.reason]
            console.warn("\n".join([f"{found.id}: {found.reason}", *details]))
