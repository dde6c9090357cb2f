"""The page of errata: printed and correct formulas, evidence, a sentence for a slide, and the tables of the desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from derivations.statement import Statement
from verify.claim import Claim
from verify.errata import listing
from verify.evidence import Outcome
from verify.report import formulas
from verify.report.formulas import Formulas
from verify.report.kept import Task
from verify.report.sources import cite, spelled_out

Pair = tuple[Claim, Outcome]


def tasks(pairs: Sequence[Pair]) -> Iterator[Task]:
    """The formulas of the page, which take most of its time."""
    for entry in listing.entries(pairs):
        data = listing.data(entry)
        if isinstance(entry.claim.statement, Statement):
            yield from (formulas.task(data[side], block=True) for side in ("printed", "correct"))


def parts(pairs: Sequence[Pair], drawn: Formulas) -> dict[str, Any]:
    """What the template of the page takes."""
    desk = listing.of_suite([claim for claim, _ in pairs])
    verdicts: dict[str, str | None] = {claim.id: outcome.verdict.value for claim, outcome in pairs}
    titles = {claim.id: claim.title for claim, _ in pairs}
    return {
        "entries": [_entry(entry, drawn) for entry in listing.entries(pairs)],
        "desk": listing.desk_data(desk, verdicts) if desk else None,
        "titles": titles,
    }


def _entry(entry: listing.Entry, drawn: Formulas) -> SimpleNamespace:
    data: Mapping[str, Any] = listing.data(entry)
    same = listing.same_formula(entry)
    return SimpleNamespace(
        erratum=data["erratum"],
        kind=data["kind"],
        verdict=data["verdict"],
        note=data["note"],
        slide=data["slide"],
        id=data["claim"],
        title=entry.claim.title,
        source=cite(entry.form.source),
        printed=drawn.display(data["printed"]),
        correct=None if same or not isinstance(entry.claim.statement, Statement) else drawn.display(data["correct"]),
        same=same or ("" if isinstance(entry.claim.statement, Statement) else data["correct"]),
        evidence=spelled_out(data["evidence"]),
    )
