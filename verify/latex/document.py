r"""Statements and derivations as a body of LaTeX that can be \input, and as an article that compiles.

The body needs amsmath and amssymb, and T1 fonts for names with accents; nothing else. It is written for a text width of
`line` em or more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import sympy as sp

from derivations.proof import Step
from derivations.statement import (
    DOCUMENTS,
    Bound,
    Exact,
    LeadingOrder,
    Limit,
    Observation,
    Parameter,
    Printed,
    Regime,
    Source,
    Statement,
    bibliography,
)
from verify.characters import INVISIBLE
from verify.evidence import KINDS, Holds, Outcome, Standing
from verify.latex.formula import aligned, extent, inline, label, lines
from verify.latex.notation import prose
from verify.latex.printer import LINE

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage{lmodern}
\usepackage{amsmath,amssymb}
\usepackage[margin=25mm]{geometry}
\usepackage[hidelinks]{hyperref}
\begin{document}
"""
SMALLER = ((0.9, r"\small"), (0.8, r"\footnotesize"), (0.7, r"\scriptsize"), (0.0, r"\tiny"))


class Claim(Protocol):
    """What is exported of a claim: its statement and, on demand, the steps of its derivation."""

    @property
    def id(self) -> str: ...
    @property
    def chapter(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def statement(self) -> Statement | Observation: ...
    @property
    def rate(self) -> str: ...
    def steps(self) -> tuple[Step, ...]: ...


def document(body: str) -> str:
    """An article around a body."""
    return f"{PREAMBLE}{body}\\end{{document}}\n"


def export(
    claims: Iterable[Claim], outcomes: Mapping[str, Outcome], derivations: bool = False, line: float = LINE
) -> str:
    """The claims as LaTeX: formula, status, conditions, source, printed form and, if wanted, the derivation."""
    chosen = list(claims)
    known = {claim.id for claim in chosen}
    several = len({claim.chapter for claim in chosen}) > 1
    parts = ["% Written by rederive. Needs amsmath and amssymb.", r"\begingroup\allowdisplaybreaks\sloppy"]
    chapter = None
    for claim in chosen:
        if several and claim.chapter != chapter:
            parts.append(rf"\section*{{{prose(chapter_title(claim.chapter))}}}")
        chapter = claim.chapter
        outcome = outcomes.get(claim.id)
        parts += _claim(claim, outcome, known, line)
        if derivations:
            parts += _derivation(claim.steps(), outcome, line)
    return INVISIBLE.sub("?", "\n".join([*parts, r"\par\endgroup", ""]))


def chapter_title(chapter: str) -> str:
    """A chapter's name in words."""
    title = chapter.replace("_", " ").capitalize()
    return title.replace("Sgd", "SGD")


def mark(outcome: Outcome | None) -> str:
    """What became of a claim, in words."""
    if outcome is None:
        return "not run"
    if outcome.verdict is not Standing.VERIFIED:
        return f"not verified: {outcome.verdict.value}"
    held = {e.kind for e in outcome.evidence if e.verdict is Holds.HOLDS}
    return "verified: " + ", ".join("derivation" if k == "certificate" else k for k in KINDS if k in held)


def _claim(claim: Claim, outcome: Outcome | None, known: set[str], line: float) -> list[str]:
    result = claim.statement
    heading = [
        "",
        f"% {claim.id}",
        rf"\subsection*{{{prose(claim.title)}}}",
        rf"\noindent\textsf{{[{mark(outcome)}]}} \quad {_id(claim.id)}",
        r"\par\smallskip",
    ]
    if isinstance(result, Statement):
        body = _numbered(lines(result.formula, line, result.regime), label(claim.id), line)
        if result.where:
            body += [r"\noindent where", *_display(lines(list(result.where), line), line)]
        if result.parameters:  # a list without items does not compile
            body += [r"\begin{itemize}\setlength{\itemsep}{0pt}\setlength{\parsep}{0pt}"]
            body += [*(rf"\item {_parameter(p)}" for p in result.parameters), r"\end{itemize}"]
        body.append(rf"\noindent {_regime(result.regime, claim.rate)}")
    else:
        body = [
            rf"\noindent {prose(result.sentence)}",
            r"\par\noindent",
            f"Compared: {_sentence(result.quantity)}",
            f"Negative control: {_sentence(result.negative_control)}",
        ]
    if result.assumptions:
        body.append(r"\par\noindent Assumptions: " + " ".join(_sentence(a) for a in result.assumptions))
    if result.uses:
        body.append(r"\par\noindent Rests on " + ", ".join(_reference(u, known) for u in result.uses) + ".")
    body.append(r"\par\noindent Source: " + "; ".join(_source(s) for s in result.sources) + ".")
    verdicts = {p.erratum: p.verdict for p in outcome.printed} if outcome else {}
    for form in result.printed:
        body += _printed(form, verdicts.get(form.erratum, "not run"), line)
    return [*heading, *body]


def _printed(form: Printed, verdict: str, line: float) -> list[str]:
    source = "" if form.source is None else f" ({_source(form.source)})"
    return [
        rf"\par\smallskip\noindent As printed{source}:",
        *_display(lines(form.formula, line), line),
        rf"\noindent {form.erratum}, {form.kind}: {_sentence(form.note)} {_tag(verdict)}",
    ]


def _derivation(steps: Sequence[Step], outcome: Outcome | None, line: float) -> list[str]:
    if not steps:
        return []
    found = outcome.steps if outcome is not None else ()
    same = [s.claim for s in found] == [s.claim for s in steps]
    parts = [r"\par\medskip\noindent\textit{Derivation}"]
    for number, step in enumerate(steps, start=1):
        verdict = "assumed" if step.assumption is not None else found[number - 1].verdict if same else "not run"
        if same and step.shows is not None and not found[number - 1].judged:
            verdict += ", relation not judged"
        parts.append(rf"\par\smallskip\noindent\textit{{{number}.}} {_sentence(step.claim)} {_tag(verdict)}")
        if step.shows is not None and not isinstance(step.shows, sp.logic.boolalg.BooleanAtom):
            parts += _display(lines(step.shows, line), line)
            parts.append(r"\noindent")
        taken = "" if step.assumption is None else f" Taken from {_source(step.assumption)}."
        parts.append(rf"\textit{{Because:}} {_sentence(step.because)}{taken}")
    return parts


def _numbered(found: Sequence[str], name: str, line: float) -> list[str]:
    return _sized([r"\begin{equation}", rf"\label{{{name}}}", aligned(found), r"\end{equation}"], found, line)


def _display(found: Sequence[str], line: float) -> list[str]:
    body = " \\\\\n".join(found)
    return _sized([r"\begin{align*}", body, r"\end{align*}"], found, line)


def _sized(display: list[str], found: Sequence[str], line: float) -> list[str]:
    """A display in smaller letters if no break could make it narrow enough."""
    ratio = line / max(extent(found), 1.0)
    if ratio >= 1:
        return display
    return [rf"{{{next(size for limit, size in SMALLER if ratio >= limit)}", *display, r"\par}"]


def _tag(verdict: str) -> str:
    return rf"\textsf{{[{verdict.replace(' ', '~')}]}}"


def _parameter(p: Parameter) -> str:
    unit = "" if p.unit == "1" else f" (unit: {prose(p.unit)})"
    return f"${_domain(p)}$: {prose(p.meaning)}{unit}"


def _domain(p: Parameter) -> str:
    if p.is_function or p.domain is None:
        return inline(p.symbol)
    tex, domain = inline(p.symbol), p.domain
    if isinstance(domain, sp.Interval) and domain != sp.S.Reals:
        low, high = ("<" if is_open else r"\leq" for is_open in (domain.left_open, domain.right_open))
        if domain.end is sp.oo:
            above = ">" if domain.left_open else r"\geq"
            tex = f"{tex} {above} {inline(domain.start)}"
        else:
            start = "" if domain.start is -sp.oo else f"{inline(domain.start)} {low} "
            tex = f"{start}{tex} {high} {inline(domain.end)}"
        return tex + (r" \text{ integer}" if p.is_integer else "")
    if isinstance(domain, sp.Range) and domain.sup is sp.oo and domain.step == 1:
        return rf"{tex} \geq {inline(domain.inf)} \text{{ integer}}"
    return rf"{tex} \in {inline(domain)}"


def _regime(regime: Regime, judged: str) -> str:
    match regime:
        case Exact():
            return "Exact."
        case Limit(parameter=p, towards=towards, rate=rate):
            error = rf"an error of order ${inline(rate)}$ ({judged})"
            return rf"Holds in the limit ${inline(p)} \to {inline(towards)}$, with {error}."
        case LeadingOrder(parameter=p, order=order):
            return rf"Leading order: holds up to terms of order ${inline(sp.Pow(p, order))}$ ({judged})."
        case Bound(tight=tight):
            return "A bound; equality is attained or approached." if tight else "A bound."
    raise TypeError(f"no words for the regime {regime!r}")


def _source(source: Source) -> str:
    if source.document in DOCUMENTS:
        return f"{prose(DOCUMENTS[source.document])}, ``{prose(source.where)}''"
    if source.citation:
        return f"{prose(source.citation)}, {prose(source.where)}"
    entry = bibliography()[source.document]
    names = [a.split(",")[0].strip() for a in _field(entry, "author").split(" and ")]
    if len(names) > 3:
        authors = f"{names[0]} et al."
    else:
        authors = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    return f"{authors} ({_field(entry, 'year')}), \\textit{{{_field(entry, 'title')}}}, {prose(source.where)}"


def _field(entry: str, key: str) -> str:
    """A field of a BibTeX entry, which is LaTeX already."""
    match = re.search(rf"(?m)^\s*{key}\s*=\s*\{{(.*)\}},?\s*$", entry)
    return match[1] if match else ""


def _reference(identifier: str, known: set[str]) -> str:
    return _id(identifier) + (rf" \eqref{{{label(identifier)}}}" if identifier in known else "")


def _id(identifier: str) -> str:
    """An id that may be broken after its dot."""
    escaped = identifier.replace("_", r"\_").replace(".", r".\allowbreak{}")
    return rf"\texttt{{{escaped}}}"


def _sentence(text: str) -> str:
    tex = prose(text.strip())
    return tex if tex.endswith((".", "!", "?", ":")) else f"{tex}."
