"""Printed forms with what became of them, and the desk's other rows with the verdicts of the claims behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from derivations.statement import Printed, Statement
from verify import catalogue, latex
from verify.bibliography import looked_up
from verify.claim import Claim
from verify.errata.desk import Desk, Row, desk
from verify.errata.numbers import Judged, judge
from verify.evidence import Outcome

Pair = tuple[Claim, Outcome | None]
JUDGED_HERE = ("number", "citation")  # places of rows that no claim settles


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A printed form at a claim.

    verdict   refuted, conditional or holds; None where it was not judged
    evidence  what decided, or why nothing was judged
    slide     one sentence for a slide; the form's note where the desk has none
    """

    form: Printed
    claim: Claim
    verdict: str | None
    evidence: str
    slide: str


def entries(pairs: Iterable[Pair]) -> list[Entry]:
    """All printed forms of claims, E2 before E10."""
    found = []
    for claim, outcome in pairs:
        judged = {p.erratum: p for p in outcome.printed} if outcome else {}
        for form in claim.statement.printed:
            one = judged.get(form.erratum)
            row = desk().row(form.erratum) if _in_suite(claim) else None
            found.append(
                Entry(
                    form=form,
                    claim=claim,
                    verdict=one.verdict if one else None,
                    evidence=one.detail if one else outcome.reason if outcome else "not run",
                    slide=row.slide if row else form.note,
                )
            )
    return sorted(found, key=lambda entry: catalogue.natural(entry.form.erratum))


def same_formula(entry: Entry) -> str:
    """What a form lacks whose formula is the true one, used beyond its assumptions; empty for any other."""
    statement = entry.claim.statement
    if not isinstance(statement, Statement) or entry.form.formula != statement.formula:
        return ""
    return f"the same formula, where it is stated: {' '.join(statement.assumptions)}"


def of_suite(claims: Iterable[Claim]) -> Desk | None:
    """The desk where claims of the suite are among those listed; None for claims of one's own alone."""
    return desk() if any(_in_suite(claim) for claim in claims) else None


def _in_suite(claim: Claim) -> bool:
    return not claim.statement.is_own and claim.id in catalogue.ids()


def confirming(entry: str) -> tuple[str, ...]:
    """Ids of the suite's claims that cover an entry of the catalogue."""
    return tuple(claim for claim in catalogue.ids() if entry in catalogue.heading(claim).covers)


def behind(row: Row) -> tuple[str, ...]:
    """Ids of the claims that bear out a row that is no printed form."""
    if row.place == "confirmed":
        return tuple(dict.fromkeys(c for e in desk().confirmed if e.erratum == row.id for c in confirming(e.entry)))
    return row.claims


def deciding(found: Desk) -> tuple[str, ...]:
    """Ids of the claims whose verdicts are those of a desk's rows."""
    rows = [row for row in found.rows if row.place not in ("printed", *JUDGED_HERE)]
    return tuple(dict.fromkeys(claim for row in rows for claim in behind(row)))


def standing(claims: Iterable[str], verdicts: Mapping[str, str | None]) -> str | None:
    """The verdict of several claims together: the worst; None where one was not run."""
    found = [verdicts.get(claim) for claim in claims]
    if any(verdict is None for verdict in found):
        return None
    return next((v for v in ("error", "refuted", "undecided") if v in found), "verified" if found else None)


def judged(found: Desk) -> dict[str, Judged]:
    """What became of the numbers in use and of the lists of references, by erratum; this evaluates them."""
    return judged_numbers(found) | judged_citations(found)


def judged_numbers(found: Desk) -> dict[str, Judged]:
    """What became of the numbers in use, by erratum; this evaluates them."""
    return {number.erratum: judge(number.erratum) for number in found.numbers}


def judged_citations(found: Desk) -> dict[str, Judged]:
    """What became of the lists of references, by erratum: each title and name beside its entry."""
    verdicts = {}
    for erratum in dict.fromkeys(one.erratum for one in found.citations):
        listed = [one for one in found.citations if one.erratum == erratum]
        wrong = [one for one in listed if one.differences]
        unseen = sorted({one.entry for one in wrong if not looked_up(one.entry)})
        verdicts[erratum] = Judged(
            verdict="refuted" if wrong else "holds",
            right="; ".join(dict.fromkeys(said for one in wrong for said in one.differences)),
            evidence=f"{len(wrong)} of {len(listed)} references in lists differ from their entries in references.bib"
            + (f"; not looked up: {', '.join(unseen)}" if unseen else ""),
        )
    return verdicts


def data(entry: Entry) -> dict[str, Any]:
    """A printed form beside the correct one, as JSON has it."""
    form, statement = entry.form, entry.claim.statement
    return {
        "erratum": form.erratum,
        "claim": entry.claim.id,
        "kind": form.kind,
        "note": form.note,
        "source": {"document": form.source.name, "where": form.source.where},
        "printed": latex.formula(form.formula),
        "correct": latex.statement(statement) if isinstance(statement, Statement) else statement.sentence,
        "verdict": entry.verdict,
        "evidence": entry.evidence,
        "slide": entry.slide,
    }


def desk_data(found: Desk, verdicts: Mapping[str, str | None]) -> dict[str, Any]:
    """What the desk says beside the printed forms, as JSON has it; verdicts are those of the claims behind it."""
    here = judged(found)
    return {
        "rows": [
            {
                "erratum": row.id,
                "place": row.place,
                "printed": row.printed or None,
                "correct": row.correct or None,
                "where": row.where or None,
                "evidence": here[row.id].evidence if row.id in here else row.evidence or None,
                "claims": list(behind(row)),
                "verdict": here[row.id].verdict if row.id in here else standing(behind(row), verdicts),
                "slide": row.slide,
            }
            for row in found.rows
            if row.place != "printed"
        ],
        "units": [
            {
                "erratum": unit.erratum,
                "documents": list(unit.documents),
                "quantity": unit.quantity,
                "theirs": unit.theirs,
                "ours": unit.ours,
                "factor": unit.factor,
                "claims": list(unit.claims),
            }
            for unit in found.units
        ],
        "notation": [
            {
                "erratum": clash.erratum,
                "documents": list(clash.documents),
                "letter": clash.letter,
                "clash": clash.clash,
                "ours": clash.ours,
                "names": list(clash.names),
            }
            for clash in found.notation
        ],
        "confirmed": [
            {
                "entry": one.entry,
                "erratum": one.erratum,
                "printed": one.printed,
                "doubt": one.doubt,
                "claims": list(confirming(one.entry)),
                "verdict": standing(confirming(one.entry), verdicts),
            }
            for one in found.confirmed
        ],
        "numbers": [
            {
                "erratum": number.erratum,
                "topic": number.topic,
                "theirs": number.theirs,
                "right": here[number.erratum].right,
                "verdict": here[number.erratum].verdict,
                "evidence": here[number.erratum].evidence,
            }
            for number in found.numbers
        ],
        "citations": [
            {
                "erratum": title.erratum,
                "document": title.document,
                "where": title.where,
                "printed": f"{', '.join(title.authors)}: {title.title}",
                "correct": "; ".join(title.differences) or None,
                "entry": title.entry,
                "looked_up": looked_up(title.entry) or None,
            }
            for title in found.citations
        ],
    }
