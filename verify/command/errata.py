"""`rederive errata`: a table that fits a terminal, the details of some errata, JSON, and LaTeX."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from verify import catalogue
from verify.bibliography import NOT_LOOKED_UP, looked_up
from verify.command import console, terminal
from verify.errata import listing
from verify.errata.desk import Citation, Desk, Row, desk
from verify.errata.listing import Entry, same_formula
from verify.errata.numbers import Judged
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
    there = sorted(known, key=catalogue.natural)
    return f"no erratum {', '.join(missing)}; there are {', '.join(there)}" if missing else ""


def numbered() -> str:
    """The first and the last of the errata of each kind, for who names none of them.

    >>> numbered()
    'errata are E1 to E47, U1 to U32'
    """
    ids = sorted((row.id for row in desk().rows), key=catalogue.natural)
    kinds = [list(group) for _, group in itertools.groupby(ids, key=lambda name: name[0])]
    return f"errata are {', '.join(f'{kind[0]} to {kind[-1]}' for kind in kinds)}"


# ---------------------------------------------------------------------------------------------------------- terminal


def table(entries: Sequence[Entry], found: Desk | None, verdicts: Mapping[str, str | None]) -> None:
    """All errata, one row each, and the tables of the desk."""
    made = console.table(
        "no.", "printed form", "kind", "on a slide, and the claim", wrapped=["on a slide, and the claim"]
    )
    for entry in entries:
        text = Text.assemble(entry.slide, "\n", (entry.claim.id, "dim"))
        made.add_row(entry.form.erratum, console.verdict(entry.verdict or "not judged"), entry.form.kind, text)
    judged = listing.judged(found) if found else {}
    for row in found.rows if found else ():
        if row.place != "printed":
            confirmed = listing.standing(listing.behind(row), verdicts) == "verified"
            settled = {"confirmed": "holds" if confirmed else "not judged"}.get(row.place, "text")
            settled = judged[row.id].verdict if row.id in judged else settled
            made.add_row(row.id, console.verdict(settled), row.place, row.slide)
    console.show(made, "")
    if found:
        _tables(found, verdicts)
    console.show(console.prose(BELOW, ""))


def _tables(found: Desk, verdicts: Mapping[str, str | None]) -> None:
    wide = ("quantity", "documents say", "the suite says", "factor")
    units = console.table("no.", *wide, wrapped=wide)
    for unit in found.units:
        units.add_row(
            unit.erratum, unit.quantity, f"{', '.join(unit.documents)}: {unit.theirs}", unit.ours, unit.factor
        )
    clashes = console.table("no.", "letter", "means", "here", wrapped=["letter", "means", "here"])
    for clash in found.notation:
        clashes.add_row(clash.erratum, clash.letter, clash.clash, clash.ours)
    confirmed = console.table("no.", "printed", "looks doubtful", "claims", wrapped=["printed", "looks doubtful"])
    for one in found.confirmed:
        verdict = listing.standing(listing.confirming(one.entry), verdicts)
        confirmed.add_row(one.entry, one.printed, one.doubt, console.verdict(verdict))
    titles = console.table("no.", "printed", "correct", "entry", wrapped=["printed", "correct", "entry"])
    for title in _wrong(found):
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


def _wrong(found: Desk) -> list[Citation]:
    """References that differ from their entries."""
    return [title for title in found.citations if title.differences]


def details(entries: Sequence[Entry], found: Desk | None, verdicts: Mapping[str, str | None]) -> None:
    """Printed and correct form, evidence and sentence of errata, and what stands at the desk alone."""
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
    if found is None:
        return
    shown, judged = {entry.form.erratum for entry in entries}, listing.judged(found)
    for row in found.rows:
        if row.id in shown:
            continue
        console.show(Text(f"{row.id}  {row.place}", "bold"))
        behind = [f"{claim} ({verdicts[claim]})" if claim in verdicts else claim for claim in listing.behind(row)]
        for what, text in (*_said(row, found, judged), ("claims", ", ".join(behind)), ("on a slide", row.slide)):
            if text:
                print(console.prose(f"{what}: {text}"))
        print()


def _said(row: Row, found: Desk, judged: Mapping[str, Judged]) -> Iterator[tuple[str, str]]:
    """What the desk says of a row that has no formula, each piece with its name."""
    yield from (("printed", row.printed), ("correct", row.correct), ("where", row.where))
    tables = found.only([row.id])
    for unit in tables.units:
        yield unit.quantity, f"{unit.theirs} ({', '.join(unit.documents)}); here: {unit.ours} ({unit.factor})"
    for clash in tables.notation:
        yield clash.letter, f"{clash.clash} ({', '.join(clash.documents)}); here: {clash.ours}"
    for confirmed in tables.confirmed:
        yield confirmed.printed, f"looks doubtful: {confirmed.doubt}"
    for number in tables.numbers:
        yield number.topic, number.theirs
    for title in _wrong(tables):
        yield "printed", f"{title.document}, {', '.join(title.authors)}: {title.title}"
    if row.id in judged:
        yield judged[row.id].verdict, judged[row.id].right
    yield "evidence", judged[row.id].evidence if row.id in judged else row.evidence


# ------------------------------------------------------------------------------------------------------------- LaTeX


def sections(found: Desk | None) -> list[Section]:
    """What the desk says beside the printed forms, as paragraphs: the sections that have any."""
    if found is None:
        return []
    judged = listing.judged_numbers(found)
    rows = [row for row in found.rows if row.printed and row.place != "printed"]
    parts: list[Section] = [
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
                for u in found.units
            ],
        ),
        (
            "Letters that mean several things",
            [f"{n.erratum}, {', '.join(n.documents)}: {n.letter}: {n.clash}; here: {n.ours}" for n in found.notation],
        ),
        (
            "Doubtful and right",
            [
                f"{c.entry}: {c.printed}. Looks doubtful: {c.doubt}. Claims: {', '.join(listing.confirming(c.entry))}"
                for c in found.confirmed
            ],
        ),
        (
            "Numbers in use",
            [
                f"{n.erratum}: {n.topic}: {n.theirs} ({judged[n.erratum].verdict}). Right: "
                f"{judged[n.erratum].right}. Evidence: {judged[n.erratum].evidence}"
                for n in found.numbers
            ],
        ),
        (
            "Citations",
            [
                f"{t.erratum}, {t.document}: {', '.join(t.authors)}: {t.title}. Correct: {'; '.join(t.differences)} "
                f"({looked_up(t.entry) or NOT_LOOKED_UP})"
                for t in _wrong(found)
            ],
        ),
    ]
    return [(title, paragraphs) for title, paragraphs in parts if paragraphs]
