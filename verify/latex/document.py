r"""Statements and derivations as a body of LaTeX that can be \input, and as an article that compiles.

The body needs amsmath and amssymb, and T1 fonts for names with accents; nothing else. It is written for a text width of
`line` em or more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sympy as sp

from derivations.proof import Step
from derivations.statement import (
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
)
from verify.characters import INVISIBLE
from verify.evidence import KINDS, Holds, Outcome, Standing
from verify.latex.citations import NAME, written
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
BIBLIOGRAPHY = rf"\bibliographystyle{{plain}}\bibliography{{{NAME}}}"
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


def document(body: str, *, cite: bool = False) -> str:
    r"""An article around a body; with `cite`, its bibliography from the entries in rederive.bib."""
    references = f"{BIBLIOGRAPHY}\n" if cite else ""
    return f"{PREAMBLE}{body}{references}\\end{{document}}\n"


@dataclass(frozen=True, kw_only=True)
class Style:
    r"""How claims are written: with their steps, with what became of them, with \cite for sources; width in em."""

    derivations: bool = False
    status: bool = True
    cite: bool = False
    line: float = LINE


def export(claims: Iterable[Claim], outcomes: Mapping[str, Outcome], style: Style | None = None) -> str:
    """The claims as LaTeX: formula, status, conditions, source, printed form and, if wanted, the derivation."""
    chosen, style = list(claims), style or Style()
    known = {claim.id for claim in chosen}
    several = len({claim.chapter for claim in chosen}) > 1
    parts = ["% Written by rederive. Needs amsmath and amssymb.", r"\begingroup\allowdisplaybreaks\sloppy"]
    chapter = None
    for claim in chosen:
        if several and claim.chapter != chapter:
            parts.append(rf"\section*{{{prose(chapter_title(claim.chapter))}}}")
        chapter = claim.chapter
        outcome = outcomes.get(claim.id)
        parts += _claim(claim, outcome, known, style)
        if style.derivations and (given := claim.steps()):
            parts += [r"\par\medskip\noindent\textit{Derivation}", *steps(given, outcome, style)]
    return INVISIBLE.sub("?", "\n".join([*parts, r"\par\endgroup", ""]))


def bare(claims: Iterable[Claim], line: float = LINE) -> str:
    """The formulas alone, each in an equation with its label; an observation, which has none, is a comment."""
    parts = ["% Written by rederive. Needs amsmath and amssymb."]
    for claim in claims:
        result = claim.statement
        if isinstance(result, Statement):
            shown, where = result.shown
            parts += ["", f"% {claim.id}", *_numbered(lines(shown, line, result.regime), label(claim.id), line)]
            parts += display(lines(list(where), line), line) if where else []
        else:
            parts += ["", f"% {claim.id} has no formula: it is an observation"]
    return INVISIBLE.sub("?", "\n".join([*parts, ""]))


def sources(claims: Iterable[Claim], *, derivations: bool = False) -> list[Source]:
    """All sources that the LaTeX of some claims names."""
    found: list[Source] = []
    for claim in claims:
        found += claim.statement.sources
        found += [form.source for form in claim.statement.printed if form.source is not None]
        found += [step.assumption for step in claim.steps() if step.assumption is not None] if derivations else []
    return found


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


def _claim(claim: Claim, outcome: Outcome | None, known: set[str], style: Style) -> list[str]:
    result, line = claim.statement, style.line
    status = rf"\textsf{{[{mark(outcome)}]}} \quad " if style.status else ""
    heading = [
        "",
        f"% {claim.id}",
        rf"\subsection*{{{prose(claim.title)}}}",
        rf"\noindent {status}{_id(claim.id)}",
        r"\par\smallskip",
    ]
    if isinstance(result, Statement):
        shown, where = result.shown
        body = _numbered(lines(shown, line, result.regime), label(claim.id), line)
        if where:
            body += [r"\noindent where", *display(lines(list(where), line), line)]
        body += parameters(result)
        body.append(rf"\noindent {regime(result.regime, claim.rate)}")
    else:
        body = [rf"\noindent {prose(result.sentence)}", r"\par\noindent", *compared(result)]
    if result.assumptions:
        body.append(r"\par\noindent Assumptions: " + " ".join(sentence(a) for a in result.assumptions))
    if result.uses:
        body.append(r"\par\noindent Rests on " + ", ".join(_reference(u, known) for u in result.uses) + ".")
    if result.sources:
        body.append(r"\par\noindent " + named(result.sources, style))
    verdicts = {p.erratum: p.verdict for p in outcome.printed} if outcome else {}
    for form in result.printed:
        body += _printed(form, verdicts.get(form.erratum, "not run"), style)
    return [*heading, *body]


def named(found: Sequence[Source], style: Style) -> str:
    """The sources of a statement, as a sentence; nothing where there are none."""
    return f"Source: {'; '.join(written(s, cite=style.cite) for s in found)}." if found else ""


def parameters(result: Statement) -> list[str]:
    """What the letters mean, and where they range."""
    if not result.parameters:  # a list without items does not compile
        return []
    items = [rf"\item {_parameter(p)}" for p in result.parameters]
    return [r"\begin{itemize}\setlength{\itemsep}{0pt}\setlength{\parsep}{0pt}", *items, r"\end{itemize}"]


def compared(result: Observation) -> list[str]:
    """What an observation compares."""
    return [f"Compared: {sentence(result.quantity)}", f"Negative control: {sentence(result.negative_control)}"]


def _printed(form: Printed, verdict: str, style: Style) -> list[str]:
    source = "" if form.source is None else f" ({written(form.source, cite=style.cite)})"
    return [
        rf"\par\smallskip\noindent As printed{source}:",
        *display(lines(form.formula, style.line), style.line),
        rf"\noindent {form.erratum}, {form.kind}: {sentence(form.note)}{_tag(verdict, style)}",
    ]


def steps(given: Sequence[Step], outcome: Outcome | None, style: Style) -> list[str]:
    """The steps of a derivation with their reasons and what became of them."""
    found = outcome.steps if outcome is not None else ()
    same = [s.claim for s in found] == [s.claim for s in given]
    parts = []
    for number, step in enumerate(given, start=1):
        verdict = "assumed" if step.assumption is not None else found[number - 1].verdict if same else "not run"
        if same and step.shows is not None and not found[number - 1].judged:
            verdict += ", relation not judged"
        tag = _tag(verdict, style)
        parts.append(rf"\par\smallskip\noindent\textit{{{number}.}} {sentence(step.claim)}{tag}")
        if step.shows is not None and not isinstance(step.shows, sp.logic.boolalg.BooleanAtom):
            parts += display(lines(step.shows, style.line), style.line)
            parts.append(r"\noindent")
        taken = "" if step.assumption is None else f" Taken from {written(step.assumption, cite=style.cite)}."
        parts.append(rf"\textit{{Because:}} {sentence(step.because)}{taken}")
    return parts


def _numbered(found: Sequence[str], name: str, line: float) -> list[str]:
    return _sized([r"\begin{equation}", rf"\label{{{name}}}", aligned(found), r"\end{equation}"], found, line)


def display(found: Sequence[str], line: float) -> list[str]:
    """Rows as a display without a number."""
    body = " \\\\\n".join(found)
    return _sized([r"\begin{align*}", body, r"\end{align*}"], found, line)


def _sized(display: list[str], found: Sequence[str], line: float) -> list[str]:
    """A display in smaller letters if no break could make it narrow enough."""
    ratio = line / max(extent(found), 1.0)
    if ratio >= 1:
        return display
    return [rf"{{{next(size for limit, size in SMALLER if ratio >= limit)}", *display, r"\par}"]


def _tag(verdict: str, style: Style) -> str:
    return rf" \textsf{{[{verdict.replace(' ', '~')}]}}" if style.status else ""


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


def regime(stated: Regime, judged: str) -> str:
    """Where a statement holds, as a sentence."""
    match stated:
        case Exact():
            return "Exact."
        case Limit(parameter=p, towards=towards, rate=rate):
            error = rf"an error of order ${inline(rate)}$ ({judged})"
            return rf"Holds in the limit ${inline(p)} \to {inline(towards)}$, with {error}."
        case LeadingOrder(parameter=p, order=order):
            return rf"Leading order: holds up to terms of order ${inline(sp.Pow(p, order))}$ ({judged})."
        case Bound(tight=tight):
            return "A bound; equality is attained or approached." if tight else "A bound."
    raise TypeError(f"no words for the regime {stated!r}")


def _reference(identifier: str, known: set[str]) -> str:
    return _id(identifier) + (rf" \eqref{{{label(identifier)}}}" if identifier in known else "")


def _id(identifier: str) -> str:
    """An id that may be broken after its dot."""
    escaped = identifier.replace("_", r"\_").replace(".", r".\allowbreak{}")
    return rf"\texttt{{{escaped}}}"


def sentence(text: str) -> str:
    """Plain text with a full stop."""
    tex = prose(text.strip())
    return tex if tex.endswith((".", "!", "?", ":")) else f"{tex}."
