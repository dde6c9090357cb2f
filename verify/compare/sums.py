"""Sums and products as balls: finite ones term by term, infinite ones up to a bound of the rest."""

from __future__ import annotations

from typing import Any

import flint
import sympy as sp
from flint import arb
from sympy.simplify.simplify import hypersimp

from verify.certify import Unbounded
from verify.compare.balls import MOST_TERMS, Values, value
from verify.compare.growth import Bounds
from verify.compile.walker import Unsupported

STARTS = (2, 16, 1024)


def total(node: sp.Sum | sp.Product, at: Values) -> Any:
    """A ball around a sum or product over one letter. Raises Unsupported, Unbounded."""
    if len(node.limits) != 1:
        raise Unsupported("a sum over several letters")
    letter, low, high = node.limits[0]
    first = _whole(value(low, at))
    if high == sp.oo:
        if isinstance(node, sp.Product):
            raise Unsupported("an infinite product")
        rational = node.function.is_rational_function(letter)
        return _rational(node.function, letter, first, at) if rational else _ratio(node.function, letter, first, at)
    last = _whole(value(high, at))
    if last - first > MOST_TERMS:
        raise Unsupported(f"a sum of more than {MOST_TERMS} terms")
    if last < first - 1:
        raise Unsupported("a sum whose limits cross")
    found = arb(0) if isinstance(node, sp.Sum) else arb(1)
    for k in range(first, last + 1):
        term = value(node.function, {**at, letter: arb(k)})
        found = found + term if isinstance(node, sp.Sum) else found * term
    return found


def _whole(ball: Any) -> int:
    number = ball.unique_fmpz()
    if number is None or not ball.is_exact():
        raise Unsupported("the limits of a sum are no whole numbers")
    return int(number)


def _rational(term: sp.Expr, letter: sp.Symbol, first: int, at: Values) -> Any:
    """An infinite sum of a rational function, by partial fractions and Hurwitz's zeta function."""
    found, harmonic = arb(0), sp.S.Zero
    fractions = sp.apart(sp.together(term), letter)
    _same(fractions, term, letter, first, at)
    for part in sp.Add.make_args(fractions):
        constant, rest = part.as_independent(letter, as_Add=False)
        base, exponent = rest.as_base_exp()
        line = base.as_poly(letter) if base.is_polynomial(letter) else None
        if line is None or line.degree() != 1 or not (exponent.is_Integer and exponent < 0):
            raise Unsupported(f"the sum of {part}")
        slope, offset = line.all_coeffs()
        start, weight = value(first + offset / slope, at), value(constant * slope**exponent, at)
        if not start > 0:
            raise Unsupported("a sum that begins below a pole of its terms")
        if exponent == -1:
            harmonic = harmonic + constant / slope
            found = found - weight * start.digamma()
        else:
            found = found + weight * arb(-int(exponent)).zeta(start)
    if sp.simplify(harmonic) != 0:
        raise Unsupported("a sum that is not seen to converge")
    return found


def _ratio(term: sp.Expr, letter: sp.Symbol, first: int, at: Values) -> Any:
    """An infinite sum whose terms have a bounded ratio below one from some place on."""
    quotient = hypersimp(term, letter)
    if quotient is None:
        raise Unsupported(f"the rest of the sum of {term}")
    _same(quotient * term, term.subs(letter, letter + 1), letter, first, at)
    y = sp.Dummy("y", positive=True)
    turned = quotient.xreplace({letter: y})
    problem: Exception = Unsupported("the terms of a sum are not seen to fall")
    for start in STARTS:
        try:
            growth = Bounds(y, start, lambda part: value(part, at)).growth(turned)
        except Unbounded as found:
            problem = found
            continue
        if growth.algebraic and (growth.power < 0 or (growth.power == 0 and growth.size < 1)):
            return _added(term, letter, first, start, growth, at)
    raise problem


def _same(made: sp.Expr, term: sp.Expr, letter: sp.Symbol, first: int, at: Values) -> None:
    """Refuse what SymPy made of a term where it has another value."""
    for k in (first + 1, first + 4):
        here = {**at, letter: arb(k)}
        if not value(made, here).overlaps(value(term, here)):
            raise Unsupported(f"the sum of {term}, which SymPy rewrites wrongly")


def _added(term: sp.Expr, letter: sp.Symbol, first: int, start: int, growth: Any, at: Values) -> Any:
    found = arb(0)
    for k in range(first, first + MOST_TERMS):
        last = value(term, {**at, letter: arb(k)})
        found = found + last
        if k >= start:
            ratio = growth.size * arb(k) ** growth.power
            if ratio < 1:
                rest = abs(last) * ratio / (1 - ratio)
                if rest < arb(2) ** -flint.ctx.prec * (1 + abs(found)):
                    return found + arb(0, rest.abs_upper())
    raise Unsupported(f"a sum that needs more than {MOST_TERMS} terms")
