"""`rederive errata`: a table that fits a terminal, the details of some errata, JSON, and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rich.text import Text

from verify import catalogue
from verify.bibliography import NOT_LOOKED_UP, looked_up
from verify.command import console, terminal
from verify.errata import listing
from verify.errata.desk import Citation, Desk
from verify.errata.listing import Entry, same_formula
from verify.errata.numbers import judge
from verify.latex.errata import Section

ERRATUM = re.compile(r"[EUeu]\d+[A-Za-z]?")
BELOW = "Details of one: rederive errata E5. Verdicts are those of the printed forms, by the checks of their claims."


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that name errata, and the others, which name claims.

    >>> split(["E5", "sgd_noise", "e19b"])
    (['E5', 'E19b'], ['sgd_noise'])
    """
    named = [word for word in words if ERRATUM.fullmatch(word)]
    return [word[0].upper() + word[1:].lower() for word in named], [word for word in words if word not in named]


def unknown(named: Sequence[str], entries: Sequence[Entry], desk: Desk | None) -> str:
    """Why some of the errata that were named cannot be shown; empty if all can."""
    known = {entry.form.erratum for entry in entries} | {row.id for row in (desk.rows if desk else ())}
    missing = [name for name in named if name not in known]
    last = sorted(known, key=catalogue.natural)
    return f"no erratum {', '.join(missing)}; there are {', '.join(last)}" if missing else ""


# ---------------------------------------------------------------------------------------------------------- terminal


def table(entries: Sequence[Entry], desk: Desk | None, verdicts: Mapping[str, str | None]) -> None:
    """All errata, one row each, and the tables of the desk."""
    made = console.table(
        "no.", "printed form", "kind", "on a slide, and the claim", wrapped=["on a slide, and the claim"]
    )
    for entry in entries:
        text = Text.assemble(entry.slide, "\n", (entry.claim.id, "dim"))
        made.add_row(entry.form.erratum, console.verdict(entry.verdict or "not judged"), entry.form.kind, text)
    judged = listing.judged_numbers(desk) | listing.judged_citations(desk) if desk else {}
    for row in desk.rows if desk else ():
        if row.place != "printed":
            found = listing.standing(listing.behind(row), verdicts)
            settled = {"confirmed": "holds" if found == "verified" else "not judged"}.get(row.place, "text")
            settled = judged[row.id].verdict if row.id in judged else settled
            made.add_row(row.id, console.verdict(settled), row.place, row.slide)
    console.show(made, "")
    if desk:
        _tables(desk, verdicts)
    console.show(console.prose(BELOW, ""))


def _tables(desk: Desk, verdicts: Mapping[str, str | None]) -> None:
    wide = ("quantity", "documents say", "the suite says", "factor")
    units = console.table("no.", *wide, wrapped=wide)
    for unit in desk.units:
        units.add_row(
            unit.erratum, unit.quantity, f"{', '.join(unit.documents)}: {unit.theirs}", unit.ours, unit.factor
        )
    clashes = console.table("no.", "letter", "means", "here", wrapped=["letter", "means", "here"])
    for clash in desk.notation:
        clashes.add_row(clash.erratum, clash.letter, clash.clash, clash.ours)
    confirmed = console.table("no.", "printed", "looks doubtful", "claims", wrapped=["printed", "looks doubtful"])
    for one in desk.confirmed:
        found = listing.standing(listing.confirming(one.entry), verdicts)
        confirmed.add_row(one.entry, one.printed, one.doubt, console.verdict(found))
    titles = console.table("no.", "printed", "correct", "entry", wrapped=["printed", "correct", "entry"])
    for title in _wrong(desk):
        printed = f"{title.document}, {title.where}: {', '.join(title.authors)}: {title.title}"
        seen = looked_up(title.entry) or NOT_LOOKED_UP
        titles.add_row(title.erratum, printed, "; ".join(title.differences), f"{title.entry}: {seen}")
    for heading, made in (
        ("Conventions", units),
        ("Letters that mean several things", clashes),
        ("Doubtful and right", confirmed),
        ("Citations", titles),
    ):
        console.show(console.heading(heading), made, "")


def _wrong(desk: Desk) -> list[Citation]:
    """References that differ from their entries."""
    return [title for title in desk.citations if title.differences]


def details(entries: Sequence[Entry], desk: Desk | None, named: Sequence[str]) -> None:
    """Printed and correct form, evidence and sentence of errata; of `named` ones also what stands at the desk alone."""
    for entry in entries:
        form = entry.form
        head = (f"{form.erratum}  {form.kind}", "bold")
        verdict = console.verdict(entry.verdict or "not judged")
        console.show(Text.assemble(head, ", printed form ", verdict, f"  {entry.claim.id}"))
        print(console.prose(form.note))
        console.show(f"{console.INDENT}printed ({terminal.cited(form.source)}):", terminal.formula(form.formula))
        same = same_formula(entry)
        console.show(f"{console.INDENT}correct:", *([] if same else terminal.stated(entry.claim.statement)))
        if same:
            print(console.prose(same, console.INDENT * 2))
        lines = entry.evidence.strip().splitlines()
        print(console.prose(f"evidence: {lines[0] if lines else 'none'}"))
        print(console.prose(f"on a slide: {entry.slide}"))
        print()
    for row in desk.rows if desk else ():
        if row.id not in named or row.id in {entry.form.erratum for entry in entries}:
            continue
        console.show(Text(f"{row.id}  {row.place}", "bold"))
        said = {"printed": row.printed, "correct": row.correct, "where": row.where, "evidence": row.evidence}
        number = next((n for n in desk.numbers if n.erratum == row.id), None) if desk else None
        if number:
            judged = judge(row.id)
            said = {
                number.topic: f"{number.theirs}: {judged.verdict}",
                "right": judged.right,
                "evidence": judged.evidence,
            }
        if desk and row.place == "citation":
            judged = listing.judged_citations(desk)[row.id]
            wrong = [f"{t.document}, {', '.join(t.authors)}: {t.title}" for t in _wrong(desk) if t.erratum == row.id]
            said = {"printed": "; ".join(wrong), judged.verdict: judged.right, "evidence": judged.evidence}
        for what, text in {**said, "claims": ", ".join(listing.behind(row)), "on a slide": row.slide}.items():
            if text:
                print(console.prose(f"{what}: {text}"))
        print()


# ------------------------------------------------------------------------------------------------------------- LaTeX


def sections(desk: Desk | None) -> list[Section]:
    """What the desk says beside the printed forms, as paragraphs."""
    if desk is None:
        return []
    judged = listing.judged_numbers(desk)
    rows = [row for row in desk.rows if row.printed and row.place != "printed"]
    return [
        (
            "Without a formula of their own",
            [
                f"{r.id}: {r.printed} ({r.where}). Correct: {r.correct}. {r.evidence} On a slide: {r.slide}"
                for r in rows
            ],
        ),
        (
            "Conventions",
            [
                f"{u.erratum}, {', '.join(u.documents)}: {u.quantity}: {u.theirs}; here: {u.ours} ({u.factor})"
                for u in desk.units
            ],
        ),
        (
            "Letters that mean several things",
            [f"{n.erratum}, {', '.join(n.documents)}: {n.letter}: {n.clash}; here: {n.ours}" for n in desk.notation],
        ),
        (
            "Doubtful and right",
            [
                f"{c.entry}: {c.printed}. Looks doubtful: {c.doubt}. Claims: {', '.join(listing.confirming(c.entry))}"
                for c in desk.confirmed
            ],
        ),
        (
            "Numbers in use",
            [
                f"{n.erratum}: {n.topic}: {n.theirs} ({judged[n.erratum].verdict}). Right: "
                f"{judged[n.erratum].right}. Evidence: {judged[n.erratum].evidence}"
                for n in desk.numbers
            ],
        ),
        (
            "Citations",
            [
                f"{t.erratum}, {t.document}: {', '.join(t.authors)}: {t.title}. Correct: {'; '.join(t.differences)} "
                f"({looked_up(t.entry) or NOT_LOOKED_UP})"
                for t in _wrong(desk)
            ],
        ),
    ]
