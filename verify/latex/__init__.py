"""LaTeX of statements, derivations and mutants: formulas for the page and the terminal, documents for a paper."""

from __future__ import annotations

from verify.latex.beamer import LINE as SLIDE
from verify.latex.beamer import frames, presentation
from verify.latex.citations import entries
from verify.latex.document import Style, bare, document, export, mark, sources
from verify.latex.errata import errata
from verify.latex.formula import difference, formula, inline, label, statement
from verify.latex.pdf import Compiled, LatexError, LatexMissing, compile_pdf

__all__ = [
    "SLIDE",
    "Compiled",
    "LatexError",
    "LatexMissing",
    "Style",
    "bare",
    "compile_pdf",
    "difference",
    "document",
    "entries",
    "errata",
    "export",
    "formula",
    "frames",
    "inline",
    "label",
    "mark",
    "presentation",
    "sources",
    "statement",
]
