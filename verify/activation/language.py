"""The language in which activations are typed: functions, operators and what they stand for."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.activations import Sinc
from verify.activation import opaque
from verify.activation.pieces import Choice, Maximum, Minimum, Modulus, Root, Sign, Step


def largest(*arguments: sp.Expr) -> sp.Expr:
    """The largest of some."""
    return functools.reduce(Maximum, arguments)


def smallest(*arguments: sp.Expr) -> sp.Expr:
    """The smallest of some."""
    return functools.reduce(Minimum, arguments)


def power(base: sp.Expr, exponent: sp.Rational) -> sp.Expr:
    """A power, inert where the exponent is no integer."""
    return base**exponent if exponent.is_Integer else Root(base, exponent)


FUNCTIONS: dict[str, tuple[int, Callable[..., sp.Expr]]] = {
    "exp": (1, opaque.exp),
    "log": (1, opaque.log),
    "ln": (1, opaque.log),
    "log1p": (1, lambda a: opaque.log(1 + a)),
    "expm1": (1, lambda a: opaque.exp(a) - 1),
    "sqrt": (1, lambda a: power(a, sp.S.Half)),
    "rsqrt": (1, lambda a: power(a, -sp.S.Half)),
    "square": (1, lambda a: a**2),
    "sin": (1, opaque.sin),
    "cos": (1, opaque.cos),
    "tan": (1, opaque.tan),
    "sinh": (1, opaque.sinh),
    "cosh": (1, opaque.cosh),
    "tanh": (1, opaque.tanh),
    "sech": (1, opaque.sech),
    "asinh": (1, opaque.asinh),
    "arcsinh": (1, opaque.asinh),
    "atan": (1, opaque.atan),
    "arctan": (1, opaque.atan),
    "erf": (1, opaque.erf),
    "erfc": (1, opaque.erfc),
    "sinc": (1, lambda a: Sinc(0, sp.pi * a)),
    "abs": (1, Modulus),
    "fabs": (1, Modulus),
    "sign": (1, Sign),
    "step": (1, Step),
    "max": (2, largest),
    "min": (2, smallest),
    "maximum": (2, largest),
    "minimum": (2, smallest),
    "clip": (3, lambda a, low, high: Minimum(Maximum(a, low), high)),
    "clamp": (3, lambda a, low, high: Minimum(Maximum(a, low), high)),
    "where": (3, lambda condition, a, b: Choice(condition - sp.S.Half, a, b)),
}
ENDS = ("clip", "clamp")  # whose ends may be missing or named
OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
