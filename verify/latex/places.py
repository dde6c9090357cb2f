"""A formula on one line of text with one part of it in marks: where a slip stands."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.printing.str import StrPrinter

OPENING, CLOSING = "«", "»"


class Marked(sp.Function):
    """A part of a formula that is to be shown in marks."""

    @classmethod
    def eval(cls, *_: Any) -> None:
        """Never evaluated."""


class _Printer(StrPrinter):
    """SymPy's text, with ^ for powers, E[...] for Gaussian averages and symbols as they are named on a command line."""

    def _print_Marked(self, expr: Marked) -> str:
        return f"{OPENING}{self._print(expr.args[0])}{CLOSING}"

    def _print_GaussE(self, expr: Any) -> str:
        return f"E_{self._print(expr.variable)}[{self._print(expr.integrand)}]"

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return re.sub(r"[\\{}$]", "", expr.name)

    _print_Dummy = _print_Symbol

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        below = "".join(f" d{self._print(v)}{f'^{n}' if n != 1 else ''}" for v, n in expr.variable_count)
        return f"[d/{below.strip()} {self._print(expr.expr)}]"

    def _print_Subs(self, expr: sp.Subs) -> str:
        inside, old, new = expr.args
        at = ", ".join(f"{self._print(o)} = {self._print(n)}" for o, n in zip(old, new, strict=True))
        return f"{self._print(inside)} at {at}"

    def _print_Relational(self, expr: Any) -> str:
        sign = "=" if expr.rel_op == "==" else expr.rel_op
        return f"{self._print(expr.lhs)} {sign} {self._print(expr.rhs)}"


def line(expression: sp.Basic) -> str:
    """One line of text.

    >>> from sympy.abc import x
    >>> line(sp.exp(Marked(2 * x)) / (x + 1) ** 2)
    'exp(«2*x»)/(x + 1)^2'
    """
    return str(_Printer({"order": None}).doprint(expression)).replace("**", "^")


def changed(old: sp.Basic, new: sp.Basic) -> str:
    """The new expression with the smallest part of it in marks in which the two differ.

    >>> from sympy.abc import x
    >>> changed(1 + sp.sin(2 * x), 1 + sp.sin(3 * x))
    'sin(x*«3») + 1'
    """
    return line(_marked(old, new))


def _marked(old: sp.Basic, new: sp.Basic) -> sp.Basic:
    if old == new:
        return new
    if old.func == new.func and len(old.args) == len(new.args):
        unlike = [k for k, pair in enumerate(zip(old.args, new.args, strict=True)) if pair[0] != pair[1]]
        if len(unlike) == 1 and isinstance(new.args[unlike[0]], sp.Expr):
            inside = list(new.args)
            inside[unlike[0]] = _marked(old.args[unlike[0]], inside[unlike[0]])
            try:
                return new.func(*inside)
            except (TypeError, ValueError, AttributeError):
                pass  # SymPy builds none of this kind around a mark: the whole is marked
    return Marked(new)
