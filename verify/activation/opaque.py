"""Functions of which SymPy works nothing out.

SymPy asks whether an argument is real, zero or positive whenever it builds a function, and for functions in one another
the number of its questions grows exponentially. These answer at once that they are real; each is a subclass of SymPy's
function, so whatever evaluates one evaluates the other. `plain` turns what is small back into SymPy's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

SMALL, NESTED = 60, 3  # size of an expression and nesting of functions that SymPy may work on


def _opaque(base: Any, special: dict[sp.Expr, sp.Expr]) -> Any:
    """A subclass without assumptions of its own but that it is real; `special` has values at single numbers."""

    def evaluate(cls: type, argument: sp.Expr) -> sp.Expr | None:
        return special.get(argument)

    def fdiff(self: Any, argindex: int = 1) -> sp.Expr:
        slope = SLOPES.get(base.__name__)
        return slope(self.args[0]) if slope is not None else self  # of exp

    silent = {name: lambda self, *_: None for name in dir(base) if name.startswith("_eval_is_")}
    own = {
        "__doc__": f"{base.__name__}, not worked out.",
        "eval": classmethod(evaluate),
        "fdiff": fdiff,
        "is_real": True,
        "as_base_exp": lambda self: (self, sp.S.One),
        "_eval_power": lambda self, other: None,
        "as_real_imag": lambda self, *_, **__: (self, sp.S.Zero),
        "_eval_conjugate": lambda self: self,
    }
    return type(base)(base.__name__, (base,), silent | own)


ZERO, ONE = sp.S.Zero, sp.S.One
ODD = {ZERO: ZERO}
EVEN = {ZERO: ONE}


def _slopes() -> dict[str, Callable[[sp.Expr], sp.Expr]]:
    return {
        "log": lambda a: 1 / a,
        "sin": lambda a: cos(a),
        "cos": lambda a: -sin(a),
        "tan": lambda a: 1 + tan(a) ** 2,
        "sinh": lambda a: cosh(a),
        "cosh": lambda a: sinh(a),
        "tanh": lambda a: 1 - tanh(a) ** 2,
        "sech": lambda a: -tanh(a) * sech(a),
        "asinh": lambda a: 1 / sp.sqrt(1 + a**2),
        "atan": lambda a: 1 / (1 + a**2),
        "erf": lambda a: 2 * exp(-(a**2)) / sp.sqrt(sp.pi),
        "erfc": lambda a: -2 * exp(-(a**2)) / sp.sqrt(sp.pi),
    }


exp, log = _opaque(sp.exp, EVEN), _opaque(sp.log, {ONE: ZERO, ZERO: sp.zoo})
sin, cos, tan = _opaque(sp.sin, ODD), _opaque(sp.cos, EVEN), _opaque(sp.tan, ODD)
sinh, cosh, tanh, sech = _opaque(sp.sinh, ODD), _opaque(sp.cosh, EVEN), _opaque(sp.tanh, ODD), _opaque(sp.sech, EVEN)
asinh, atan = _opaque(sp.asinh, ODD), _opaque(sp.atan, ODD)
erf, erfc = _opaque(sp.erf, ODD), _opaque(sp.erfc, EVEN)
SLOPES = _slopes()
PLAIN = {f: f.__base__ for f in (exp, log, sin, cos, tan, sinh, cosh, tanh, sech, asinh, atan, erf, erfc)}


FUNCTIONS = {*PLAIN, *PLAIN.values()}


def small(expression: sp.Expr) -> bool:
    """Whether SymPy may work on an expression."""
    size, nesting = _extent(expression)
    return size <= SMALL and nesting <= NESTED


def plain(expression: sp.Expr) -> sp.Expr:
    """The expression in SymPy's own functions, where it is small enough for them."""
    return _plain(expression) if small(expression) else expression


def _extent(expression: sp.Expr) -> tuple[int, int]:
    parts = [_extent(a) for a in expression.args]
    deepest = max((nesting for _, nesting in parts), default=0)
    return 1 + sum(size for size, _ in parts), deepest + (type(expression) in FUNCTIONS)


def _plain(expression: sp.Expr) -> sp.Expr:
    if not expression.args:
        return expression
    return PLAIN.get(type(expression), expression.func)(*map(_plain, expression.args))
