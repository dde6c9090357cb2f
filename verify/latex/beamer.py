r"""Claims as slides: the frames of a beamer presentation, and a presentation that compiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from derivations.statement import Statement
from verify.characters import INVISIBLE
from verify.evidence import Outcome
from verify.latex.citations import NAME
from verify.latex.document import Claim, Style, compared, display, mark, named, parameters, regime, sentence, steps
from verify.latex.formula import lines
from verify.latex.notation import prose

LINE = 33.0  # em of the text of a wide slide in letters of 11 points
ROWS = 4  # of formulas, which are on a slide with their letters
PREAMBLE = r"""\documentclass[aspectratio=169,11pt]{beamer}
\usepackage[T1]{fontenc}
\usepackage{lmodern}
\usepackage{amsmath,amssymb}
\usefonttheme[onlymath]{serif}
\setbeamertemplate{navigation symbols}{}
\setbeamertemplate{itemize items}[circle]
\setbeamertemplate{frametitle continuation}[from second]
\begin{document}
"""
REFERENCES = r"""\begin{frame}[allowframebreaks]{References}
\footnotesize
\bibliographystyle{plain}
\bibliography{%s}
\end{frame}
"""


def presentation(body: str, *, cite: bool = False) -> str:
    """A presentation around frames; with `cite`, its bibliography from the entries in rederive.bib."""
    return f"{PREAMBLE}{body}{REFERENCES % NAME if cite else ''}\\end{{document}}\n"


def frames(claims: Iterable[Claim], outcomes: Mapping[str, Outcome], style: Style) -> str:
    """A slide for each claim: formula, letters, where it holds, source, status; the derivation on slides of its own."""
    parts = ["% Written by rederive: frames of a beamer presentation. Needs amsmath and amssymb."]
    for claim in claims:
        outcome = outcomes.get(claim.id)
        parts += _frame(claim, claim.title, _content(claim, outcome, style))
        given = claim.steps() if style.derivations else ()
        if given:
            parts += _frame(claim, f"{claim.title}: derivation", [r"\small\sloppy", *steps(given, outcome, style)])
    return INVISIBLE.sub("?", "\n".join([*parts, ""]))


def _frame(claim: Claim, title: str, content: list[str]) -> list[str]:
    opening = rf"\begin{{frame}}[allowframebreaks]{{{prose(title)}}}"
    return ["", f"% {claim.id}", opening, r"\setlength{\leftmargini}{1.2em}", *content, r"\end{frame}"]


def _content(claim: Claim, outcome: Outcome | None, style: Style) -> list[str]:
    result = claim.statement
    if isinstance(result, Statement):
        shown, where = result.shown
        body = _tall(lines(shown, style.line, result.regime), style.line)
        if where:
            body += ["where", *_tall(lines(list(where), style.line), style.line)]
        body += [r"{\small\sloppy", *parameters(result), rf"{regime(result.regime, claim.rate)}\par}}"]
    else:
        body = [sentence(result.sentence), r"\par\medskip", r"{\small\sloppy", *compared(result), r"\par}"]
    status = rf"\par\textsf{{[{mark(outcome)}]}}" if style.status else ""
    return [*body, r"\medskip", rf"{{\footnotesize\sloppy {named(result.sources, style)}{status}\par}}"]


def _tall(rows: Sequence[str], line: float) -> list[str]:
    """Rows as displays that each fit on a slide: a display is not broken between slides."""
    return [part for first in range(0, len(rows), ROWS) for part in display(rows[first : first + ROWS], line)]
