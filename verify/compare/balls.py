"""Expressions in ball arithmetic: at exact values of its letters an expression becomes a ball that contains its value.

Outside of integrals all numbers are real balls. Inside, the variable runs over complex rectangles: there only functions
are evaluated that are analytic, or say where they are not (`certify`), and what has kinks is cut into panels first.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from flint import acb, arb

from derivations.calculus.gaussian import GaussE
from verify import certify
from verify.compile.walker import CandidateError, Unsupported

Values = Mapping[sp.Symbol, Any]
MOST_TERMS = 20_000
CONSTANTS: dict[sp.Expr, Callable[[], Any]] = {
    sp.pi: arb.pi,
    sp.E: lambda: arb(1).exp(),
    sp.EulerGamma: arb.const_euler,
    sp.Catalan: arb.const_catalan,
}


def _zeta(s: Any, a: Any = None) -> Any:
    return s.zeta() if a is None else s.zeta(a)


def _factorial(a: Any) -> Any:
    return (a + 1).gamma()


def _binomial(n: Any, k: Any) -> Any:
    return (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()


def _polygamma(order: Any, a: Any) -> Any:
    return certify._polygamma(order, a)


REAL: dict[type, Callable[..., Any]] = {  # of real balls
    **certify.FUNCTIONS,
    **{
        kind: operator.methodcaller(name)
        for kind, name in (
            *((sp.coth, "coth"), (sp.asin, "asin"), (sp.acos, "acos"), (sp.atan, "atan"), (sp.asinh, "asinh")),
            *((sp.acosh, "acosh"), (sp.atanh, "atanh"), (sp.log, "log"), (sp.erfi, "erfi"), (sp.gamma, "gamma")),
            *((sp.loggamma, "lgamma"), (sp.LambertW, "lambertw")),
        )
    },
    sp.Abs: abs,
    sp.sign: lambda a: a.sgn(),
    sp.Max: lambda *a: _extreme(a, "max"),
    sp.Min: lambda *a: _extreme(a, "min"),
    sp.zeta: _zeta,
    sp.factorial: _factorial,
    sp.binomial: _binomial,
    sp.polygamma: _polygamma,
    sp.besselj: lambda n, a: a.bessel_j(n),
    sp.besseli: lambda n, a: a.bessel_i(n),
    sp.bessely: lambda n, a: a.bessel_y(n),
    sp.besselk: lambda n, a: a.bessel_k(n),
}
COMPLEX: dict[type, Callable[..., Any]] = {  # of rectangles: analytic, or meromorphic, not finite around a pole
    **certify.FUNCTIONS,
    sp.coth: lambda a: a.coth(),
    sp.erfi: lambda a: a.erfi(),
    sp.gamma: lambda a: a.gamma(),
    sp.factorial: _factorial,
}
KINKED = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise, sp.Heaviside)


def _extreme(values: tuple, name: str) -> Any:
    found = values[0]
    for value in values[1:]:
        found = getattr(found, name)(value)
    return found


def value(node: sp.Expr, at: Values) -> Any:
    """A real ball around the value of an expression; not finite where it has none. Raises Unsupported."""
    if node in CONSTANTS:
        return CONSTANTS[node]()
    if node.is_Symbol:
        return at[node]
    if node in (sp.oo, -sp.oo):
        raise Unsupported("infinity as a number")
    if node.is_Rational or node.is_Float:
        return certify.ball(node)
    if isinstance(node, GaussE):
        from verify.compare.integrals import average

        return average(node, at)
    if isinstance(node, sp.Integral):
        from verify.compare.integrals import integral

        return integral(node, at)
    if isinstance(node, (sp.Sum, sp.Product)):
        from verify.compare.sums import total

        return total(node, at)
    if isinstance(node, sp.Piecewise):
        return _piecewise(node, at)
    if node.is_Add or node.is_Mul:
        parts = [value(a, at) for a in node.args]
        found = parts[0]
        for part in parts[1:]:
            found = found + part if node.is_Add else found * part
        return found
    if node.is_Pow:
        return _power(value(node.base, at), node.exp, at)
    function = next((REAL[c] for c in type(node).__mro__ if c in REAL), None)
    if function is None:
        raise Unsupported(f"{type(node).__name__} in ball arithmetic")
    return function(*[value(a, at) for a in node.args])


def _power(base: Any, exponent: sp.Expr, at: Values) -> Any:
    if exponent.is_Integer:
        if base.contains(0) and exponent < 0:
            return arb("nan")
        return certify.power(base, None, exponent)
    if exponent.is_integer:  # a letter
        number = value(exponent, at).unique_fmpz()
        return arb("nan") if number is None else _power(base, sp.Integer(int(number)), at)
    if exponent == sp.S.Half:
        return base.sqrt()
    if exponent.is_Rational and exponent.is_positive and base == 0:
        return arb(0)
    return (value(exponent, at) * base.log()).exp()


def _piecewise(node: sp.Piecewise, at: Values) -> Any:
    for branch, condition in node.args:
        truth = True if condition == sp.true else holds(condition, at)
        if truth is None:
            return arb("nan")
        if truth:
            return value(branch, at)
    return arb("nan")


def holds(condition: sp.Basic, at: Values) -> bool | None:
    """Whether a comparison holds; None if the balls do not tell."""
    difference = value(condition.lhs - condition.rhs, at)
    if not difference.is_finite():
        return None
    if difference == 0:
        return isinstance(condition, (sp.Le, sp.Ge))
    if difference > 0:
        return isinstance(condition, (sp.Gt, sp.Ge))
    if difference < 0:
        return isinstance(condition, (sp.Lt, sp.Le))
    return None


def analytic_value(node: sp.Expr, variable: sp.Symbol, z: Any, analytic: bool, fixed: Callable[[sp.Expr], Any]) -> Any:
    """An expression without kinks on a rectangle of its variable; `fixed` gives the ball of a part without it.

    `analytic` says that the value is wanted only if the expression is analytic on the rectangle. Raises Unsupported.
    """
    if node == variable:
        return z
    if variable not in node.free_symbols:
        return acb(fixed(node))

    def inner(part: sp.Expr) -> Any:
        return analytic_value(part, variable, z, analytic, fixed)

    if node.is_Add or node.is_Mul:
        parts = [inner(a) for a in node.args]
        found = parts[0]
        for part in parts[1:]:
            found = found + part if node.is_Add else found * part
        return found
    if node.is_Pow:
        if variable in node.exp.free_symbols:
            return (inner(node.exp) * certify.logarithm(inner(node.base), analytic=analytic)).exp()
        exponent = node.exp
        if exponent.is_integer and not exponent.is_Integer:
            number = fixed(exponent).unique_fmpz()
            if number is None:
                return acb("nan")
            exponent = sp.Integer(int(number))
        number = None if exponent.is_Integer else fixed(exponent)
        return certify.power(inner(node.base), number, exponent, analytic=analytic)
    branched = next((certify.BRANCHED[c] for c in type(node).__mro__ if c in certify.BRANCHED), None)
    if branched is not None:
        return branched(inner(node.args[0]), analytic=analytic)
    function = next((COMPLEX[c] for c in type(node).__mro__ if c in COMPLEX), None)
    if function is None:
        raise Unsupported(f"{type(node).__name__} under an integral in ball arithmetic")
    return function(*[inner(a) for a in node.args])


def digits_of(ball: Any) -> float:
    """How many digits of a ball are proven: relative, or absolute around zero; minus infinity if it is not finite."""
    if not ball.is_finite():
        return -math.inf
    if ball.is_exact():
        return math.inf
    if ball.contains(0):
        return -float(arb(ball.rad()).log()) / math.log(10)  # a radius may be too small for a float
    return ball.rel_accuracy_bits() * math.log10(2)


__all__ = ["CandidateError", "Unsupported", "Values", "analytic_value", "digits_of", "holds", "value"]
