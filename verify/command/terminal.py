"""What the commands print for people: tables, and the whole of a claim."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from derivations.proof import Step
from derivations.statement import (
    DOCUMENTS,
    Bound,
    Exact,
    LeadingOrder,
    Limit,
    Observation,
    Parameter,
    Regime,
    Source,
    Statement,
)
from verify.claim import Claim
from verify.command import console, pretty, views
from verify.evidence import Audit, Evidence, Holds, Outcome, raised
from verify.latex import places

BELOW = (
    "Below: upper limit of the miss rate at 95 % (Clopper and Pearson), mutants taken as a sample of possible errors."
)
OUTDATED = "changed since: derivation, checks or experiment, of the claim or of one that it rests on"
ROOM, CUT = 26, "..."  # columns beside a part of a formula; what stands for the rest of it


def outcome(claim: Claim, found: Outcome) -> None:
    """`rederive check`: the evidence of one claim."""
    reason = f" ({_first_line(found.reason)})"
    console.show(Text.assemble((claim.id, "bold"), f"  {claim.title}: ", console.verdict(found.verdict), reason))
    _evidence(found)
    for form in found.printed:
        print(console.prose(f"printed form {form.erratum}: {form.verdict}"))
    if found.audit:
        print(console.prose(_audit_line(found.audit)))
    print()


def _evidence(found: Outcome) -> None:
    numbers = ("points", "discrepancy", "uncertainty", "resolution", "median", "seconds")
    table = console.table("check", "kind", "verdict", *numbers, numbers=numbers)
    for e in found.evidence:
        figures = [console.figure(value) for value in (e.discrepancy, e.uncertainty, e.resolution, e.resolution_median)]
        kind = f"{e.kind}, same law" if e.same_law else e.kind
        table.add_row(e.check, kind, console.verdict(e.verdict), str(e.points), *figures, console.seconds(e.seconds))
    console.show(table)
    for e in found.evidence:
        print(console.prose(f"{e.check}: {_detail(e)}"))
        if e.coarse:
            print(console.prose(f"Coarser than the suite aims at: {e.coarse}", console.INDENT * 2))


def _detail(evidence: Evidence) -> str:
    """The detail in one paragraph; of a traceback only what was raised."""
    return raised(evidence.detail) if evidence.verdict is Holds.ERROR else evidence.detail


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""


# ------------------------------------------------------------------------------------------------ audit


def audits(found: Sequence[Mapping[str, Any]]) -> None:
    """`rederive audit`."""
    numbers = ("mutants", "rejected", "crashed", "equal", "missed", "miss rate", "below")
    table = console.table("claim", "verdict", *numbers, numbers=numbers)
    for claim in found:
        figures = [console.NONE] * len(numbers)
        if claim["audited"]:
            rates = [_percent(claim["miss_rate"]), _percent(claim["miss_rate_bound"])]
            figures = [*(str(claim[name]) for name in numbers[:5]), *rates]
        table.add_row(claim["id"], console.verdict(claim["verdict"]), *figures)
    console.show(table, BELOW)
    for claim in found:
        if not claim["audited"]:
            console.show("", Text.assemble((claim["id"], "bold"), f"  not audited: {_first_line(claim['reason'])}"))
            continue
        console.show("", console.heading(claim["id"]))
        for survivor in claim["survivors"]:
            print(console.prose(f"survivor, {survivor['reason']}: {survivor['place'] or survivor['latex']}"))
        blind = console.table(
            "all", "independent", "part of the formula, in \u00ab \u00bb", numbers=("all", "independent")
        )
        room = console.console().width - ROOM
        for node in claim["nodes"]:
            place = excerpt(node["place"] or node["latex"], room)
            blind.add_row(_noticed(node["smallest"]), _noticed(node["independent"]), place)
        console.show(
            f"{console.INDENT}smallest relative change that all checks, and the independent ones, notice:", blind
        )


def excerpt(place: str, room: int) -> str:
    """What stands around the marks in a line, in `room` columns.

    >>> excerpt("a = b*c + «d»/(e + f) - g", 17)
    '...c + «d»/(e ...'
    """
    if len(place) <= room:
        return place
    begin, end = place.find(places.OPENING), place.find(places.CLOSING) + 1
    spare = room - (end - begin) - 2 * len(CUT)
    if spare < 0:  # the part itself is longer
        return place[begin : begin + (room - len(CUT)) // 2] + CUT + place[end - (room - len(CUT)) // 2 : end]
    start = max(0, min(begin - spare // 2, len(place) - (end - begin) - spare))
    stop = min(len(place), start + (end - begin) + spare)
    return CUT * (start > 0) + place[start:stop] + CUT * (stop < len(place))


def _noticed(value: float | None) -> str:
    return "blind" if value is None else f"{value:.0e}"


def _percent(value: float | None) -> str:
    return console.NONE if value is None else f"{100 * value:.1f} %"


def _audit_line(audit: Audit) -> str:
    equal = len(audit.survivors) - audit.missed
    counts = f"{audit.crashed} crashed, {equal} equal, {audit.missed} missed"
    apart = f"; {audit.senseless} more have no value anywhere" if audit.senseless else ""
    return f"audit: {audit.rejected} of {audit.mutants} wrong formulas rejected, {counts}{apart}"


# ------------------------------------------------------------------------------------------------ show


def stated(statement: Statement | Observation) -> list[RenderableType]:
    """A formula with its definitions, or a sentence."""
    if isinstance(statement, Observation):
        return [console.prose(statement.sentence, console.INDENT * 2)]
    shown, where = statement.shown
    parts: list[RenderableType] = [formula(shown)]
    if where:
        parts += ["", f"{console.INDENT}where", *(formula(d) for d in where)]
    return parts


def claim(last: views.Last, word: str = "") -> None:
    """`rederive show`; `word` names the claim on a command line."""
    shown, found = last.claim, last.outcome
    statement, verdict = shown.statement, functools.partial(console.verdict, outdated=last.outdated)
    console.show(Text.assemble((shown.id, "bold"), "  ", verdict(found.verdict if found else None)))
    console.show(console.heading(shown.title), "", *stated(statement))
    if isinstance(statement, Statement):
        console.show("", console.heading("Parameters"), _parameters(statement.parameters))
    else:
        _section("Compared", [statement.quantity, f"negative control: {statement.negative_control}"])
    if isinstance(statement, Statement):
        _section("Regime", [_regime(statement.regime, shown.rate)])
    _section("Assumptions", statement.assumptions)
    _section("Convention", [shown.convention] if shown.convention else [])
    _section("Independence", [shown.independence] if shown.independence else [])
    _section("Rests on", statement.uses)
    _section("Sources", [cited(source) for source in statement.sources])
    _section("Covers", [", ".join(statement.covers)] if statement.covers else [])
    _derivation(shown.steps(), last)
    verdicts = {p.erratum: p.verdict for p in found.printed} if found else {}
    for form in statement.printed:
        head = (f"Printed form {form.erratum}", "bold")
        console.show("", Text.assemble(head, f", {form.kind}: ", verdict(verdicts.get(form.erratum))))
        console.show(console.prose(f"{form.note} ({cited(form.source)})"), formula(form.formula))
    console.show("", console.heading("Evidence"))
    if found:
        if last.outdated:
            print(f"{console.prose(OUTDATED)}\n{console.INDENT}rederive check {word or shown.id}")
        _evidence(found)
        if found.audit:
            print(console.prose(_audit_line(found.audit)))
        print(console.prose(f"{found.verdict} on {found.date[:10]}: {_first_line(found.reason)}"))
    else:
        print(f"{console.INDENT}not run; rederive check {word or shown.id}")
    print()


def _section(title: str, lines: Sequence[str]) -> None:
    if lines:
        console.show("", console.heading(title), *(console.prose(line) for line in lines))


def _regime(regime: Regime, judged: str) -> str:
    match regime:
        case Exact():
            return "exact on the whole domain"
        case Limit(parameter=parameter, towards=towards, rate=rate):
            return f"as {parameter} -> {towards}, with an error of order {rate} ({judged})"
        case LeadingOrder(parameter=parameter, order=order):
            return f"up to terms of order {order} in {parameter} ({judged})"
        case Bound(tight=tight):
            return "a bound, attained or approached" if tight else "a bound"


def _parameters(parameters: Sequence[Parameter]) -> Table:
    table = console.grid(4)
    for p in parameters:
        name = pretty.name(p.name, unicode=console.has_unicode())
        table.add_row(console.INDENT + name, domain_in_words(p), "" if p.unit == "1" else f"[{p.unit}]", p.meaning)
    return table


def domain_in_words(p: Parameter) -> str:
    """The domain of a parameter, as `rederive show` lists it."""
    return "any function" if p.domain is None else _set(p.domain, "integer in " if p.is_integer else "")


def _set(domain: sp.Set, kind: str) -> str:
    if isinstance(domain, sp.Union):
        return " or ".join(_set(part, kind) for part in domain.args)
    if isinstance(domain, sp.Interval):
        left, right = "(" if domain.left_open else "[", ")" if domain.right_open else "]"
        text = f"{kind}{left}{domain.start}, {domain.end}{right}"
        return text.replace("oo", "∞") if console.has_unicode() else text
    if domain in (sp.S.Naturals, sp.S.Naturals0) or (isinstance(domain, sp.Range) and domain.step in (1, 2)):
        numbers = "integer" if getattr(domain, "step", 1) == 1 else "odd" if domain.inf % 2 else "even"
        return f"{numbers}, {domain.inf} or more" if domain.sup is sp.oo else f"{numbers}, {domain.inf} to {domain.sup}"
    return str(domain)


def _derivation(given: Sequence[Step], last: views.Last) -> None:
    if not given:
        return
    console.show("", console.heading("Derivation"))
    for number, (step, known) in enumerate(zip(given, views.steps(given, last.outcome), strict=True), start=1):
        verdict = console.verdict(known["verdict"], outdated=last.outdated)
        line = Text(console.prose(f"{number}. {verdict}: {step.claim}"))
        line.highlight_words([verdict.plain], verdict.style)
        console.show(line)
        if step.shows is not None:
            console.show(formula(step.shows, console.INDENT * 3))
            if not known["judged"]:
                print(console.prose("(displayed, not judged)", console.INDENT * 3))
        taken = f" Taken from {cited(step.assumption)}." if step.assumption else ""
        print(console.prose(f"Because: {step.because}{taken}", console.INDENT * 3))


def formula(expression: Any, indent: str = console.INDENT * 2) -> Text:
    """A formula in two dimensions, in Unicode where the terminal has it."""
    width = console.console().width - len(indent)
    text = pretty.formula(expression, width, unicode=console.has_unicode())
    return Text(textwrap.indent(text, indent), no_wrap=True, overflow="ignore")


def cited(source: Source) -> str:
    """A source: slide deck or key of the bibliography, and the place in it."""
    kind = f"document {source.document}" if source.document in DOCUMENTS else source.name
    return f"{kind}, {source.where}"
