"""LaTeX of statements, derivations and mutants: formulas for the page and the terminal, documents for a paper."""

from __future__ import annotations

from verify.latex.document import document, export, mark
from verify.latex.errata import errata
from verify.latex.formula import difference, formula, inline, label, statement
from verify.latex.pdf import Compiled, LatexError, LatexMissing, compile_pdf

__all__ = [
    "Compiled",
    "LatexError",
    "LatexMissing",
    "compile_pdf",
    "difference",
    "document",
    "errata",
    "export",
    "formula",
    "inline",
    "label",
    "mark",
    "statement",
]
