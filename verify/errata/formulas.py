"""Which claim covers each formula of the documents, slide by slide, or why none does.

The list is made by machine: `found` takes every formula out of the text of a document, and docs/formulas.toml says of
each what covers it. `python -m verify.errata.formulas 001 TEXT` looks a document through again and names what the list
lacks.
"""

from __future__ import annotations

import functools
import hashlib
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from verify import catalogue

FILE = Path(__file__).parents[2] / "docs" / "formulas.toml"
SHOWN = 110  # letters of a formula in the list
MARKED = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)
# A line without marks is a formula if it has a LaTeX command, a relation, a power, an index, a factorial or an order.
LOOKS = re.compile(r"\\[a-zA-Z]+|[=<>≤≥~≪±∝→⇒∼]|O\(|\^|\w_\w|\)!|\w!\w|\bexp\b|\d(\.\d+)?\s?%|sqrt|\bp\(|[²³¹₀-₉√]")


class ListError(ValueError):
    """The list of formulas is not well formed."""


@dataclass(frozen=True, kw_only=True)
class Formula:
    """One formula of a slide, as the text of the document has it, cut after SHOWN letters.

    digest   identifies the whole formula, whatever its blanks
    claims   ids of the claims that cover it
    why      why none does
    erratum  where the formula is wrong, loose or differently meant

    Raises ListError if it has neither claims nor a reason, or both.
    """

    text: str
    digest: str
    claims: tuple[str, ...] = ()
    why: str = ""
    erratum: str = ""

    def __post_init__(self) -> None:
        if bool(self.claims) == bool(self.why.strip()):
            raise ListError(f"{self.text!r} needs either claims that cover it or a reason why none does")


@dataclass(frozen=True, kw_only=True)
class Slide:
    """The formulas of one slide, in their order; `title` as printed, of 003 the first words of a bullet point."""

    document: str
    title: str
    formulas: tuple[Formula, ...]


@functools.cache
def slides() -> tuple[Slide, ...]:
    """The list, slide by slide. Raises ListError."""
    made = []
    for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["slide"]:
        found = [Formula(**{**formula, "claims": tuple(formula.get("claims", ()))}) for formula in entry["formula"]]
        made.append(Slide(document=entry["document"], title=entry["title"], formulas=tuple(found)))
    return tuple(made)


def found(text: str) -> Iterator[tuple[int, str]]:
    """Every formula in the text of a document, with the number of its line: marked by dollar signs, or a line like one.

    >>> list(found("We see $a = b$.\\nA word.\\nGradient norm O(N_l)"))
    [(1, 'a = b'), (3, 'Gradient norm O(N_l)')]
    """
    spans = [(m.start(), " ".join((m[1] or m[2]).split())) for m in MARKED.finditer(text)]
    rest = MARKED.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)  # what is marked is blank, lines keep their numbers
    start = 0
    for line in rest.splitlines(keepends=True):
        if LOOKS.search(line):
            spans.append((start + len(line) - len(line.lstrip()), " ".join(line.split())))
        start += len(line)
    for place, formula in sorted(spans):
        yield text.count("\n", 0, place) + 1, formula


def digest(formula: str) -> str:
    """Twelve hex digits that identify a formula, whatever its blanks."""
    return hashlib.sha256("".join(formula.split()).encode()).hexdigest()[:12]


def shortened(formula: str) -> str:
    """A formula as the list shows it."""
    return formula if len(formula) <= SHOWN else f"{formula[: SHOWN - 3]}..."


def lacking(document: str, text: str) -> list[tuple[int, str]]:
    """Formulas of a document's text that its list lacks, with the numbers of their lines."""
    known = {formula.digest for slide in slides() if slide.document == document for formula in slide.formulas}
    return [(line, formula) for line, formula in found(text) if digest(formula) not in known]


def page() -> str:
    """The list as Markdown: docs/formulas.md."""
    everything = [formula for slide in slides() for formula in slide.formulas]
    covered = sum(bool(formula.claims) for formula in everything)
    parts = [
        "# Every formula of the documents",
        "",
        f"{len(everything)} formulas on {len(slides())} slides, taken from the text of the four documents by "
        f"`verify/errata/formulas.py`; {covered} are covered by claims, {len(everything) - covered} by none, for the "
        "reason given. Repetitions are listed as often as they are printed. The text is that of scanned slides, with "
        "its errors. The data are in [formulas.toml](formulas.toml); this page is written by "
        "`python -m verify.errata.formulas`.",
    ]
    document = ""
    for slide in slides():
        if slide.document != document:
            parts += ["", f"## Document {slide.document}"]
            document = slide.document
        parts += ["", f"### {slide.title}", "", "| formula | claims, or why none | erratum |", "|---|---|---|"]
        for formula in slide.formulas:
            text = formula.text.replace("|", r"\|").replace("`", "'")
            said = ", ".join(f"`{claim}`" for claim in formula.claims) or formula.why
            parts.append(f"| `{text}` | {said} | {formula.erratum} |")
    return "\n".join([*parts, ""])


def main(words: Sequence[str]) -> int:
    """Without words, print the page; with a document and the file of its text, what the list lacks."""
    if not words:
        print(page(), end="")
        return 0
    document, file = words
    missing = lacking(document, Path(file).read_text(encoding="utf-8"))
    for line, formula in missing:
        print(f"{document}:{line}: {shortened(formula)}")
    return 1 if missing else 0


def claims_of_slides() -> dict[str, set[str]]:
    """For each document, the claims that its formulas name."""
    named: dict[str, set[str]] = {}
    for slide in slides():
        for formula in slide.formulas:
            named.setdefault(slide.document, set()).update(formula.claims)
    return named


def unknown_claims() -> set[str]:
    """Claims that the list names and the suite has not."""
    return set().union(*claims_of_slides().values()) - set(catalogue.ids())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
