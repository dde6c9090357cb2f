r"""The list of errata as a body of LaTeX: printed, correct, evidence, and a sentence for a slide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from derivations.statement import Observation, Printed, Statement
from verify.characters import INVISIBLE
from verify.latex.citations import written
from verify.latex.document import Style, _id, _tag, display, sentence
from verify.latex.formula import lines
from verify.latex.notation import prose
from verify.latex.printer import LINE


class Claim(Protocol):
    """What is needed of a claim."""

    @property
    def id(self) -> str: ...
    @property
    def statement(self) -> Statement | Observation: ...


class Entry(Protocol):
    """What is needed of a printed form and what became of it."""

    @property
    def form(self) -> Printed: ...
    @property
    def claim(self) -> Claim: ...
    @property
    def verdict(self) -> str | None: ...
    @property
    def evidence(self) -> str: ...
    @property
    def slide(self) -> str: ...


Section = tuple[str, Sequence[str]]  # a title and paragraphs of plain text


def errata(entries: Iterable[Entry], sections: Iterable[Section] = (), line: float = LINE) -> str:
    """Printed forms, then sections of plain text. Needs amsmath and amssymb."""
    parts = ["% Written by rederive. Needs amsmath and amssymb.", r"\begingroup\allowdisplaybreaks\sloppy"]
    for entry in entries:
        parts += _entry(entry, line)
    for title, paragraphs in sections:
        parts += ["", rf"\subsection*{{{prose(title)}}}"]
        parts += [rf"\par\smallskip\noindent {sentence(text)}" for text in paragraphs]
    return INVISIBLE.sub("?", "\n".join([*parts, r"\par\endgroup", ""]))


def _entry(entry: Entry, line: float) -> list[str]:
    form, statement = entry.form, entry.claim.statement
    parts = [
        "",
        rf"\subsection*{{{form.erratum} ({prose(form.kind)})}}",
        rf"\noindent {_tag(entry.verdict or 'not run', Style())} \quad {_id(entry.claim.id)}",
        rf"\par\smallskip\noindent {sentence(form.note)}",
        rf"\par\smallskip\noindent Printed ({written(form.source)}):",
        *display(lines(form.formula, line), line),
        r"\noindent Correct:",
    ]
    if isinstance(statement, Statement) and statement.formula == form.formula:
        parts.append(" ".join(["The same formula, where it is stated:", *map(sentence, statement.assumptions)]))
    elif isinstance(statement, Statement):
        shown, where = statement.shown
        parts += display(lines(shown, line, statement.regime), line)
        if where:
            parts += [r"\noindent where", *display(lines(list(where), line), line)]
    else:
        parts.append(sentence(statement.sentence))
    first = entry.evidence.strip().splitlines()[0] if entry.evidence.strip() else "none"
    return [
        *parts,
        rf"\par\noindent Evidence: {sentence(first)}",
        rf"\par\noindent \textit{{On a slide:}} {sentence(entry.slide)}",
    ]
