"""Simple constants behind numbers: 2, 1/(2 pi), sqrt(2) log 2; and powers behind slopes."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import flint
import sympy as sp

LARGEST = 12  # numerators and denominators that are tried
MATCH = 1e-9  # of the fast comparison, before balls decide
POWERS = [sp.Rational(k, 2) for k in range(-4, 5)]


@functools.cache
def _candidates() -> tuple[tuple[float, int, sp.Expr], ...]:
    """(value, complexity, expression) of the constants that are tried, the simplest first."""
    found: dict[sp.Expr, int] = {}
    rationals = {sp.Rational(p, q) for p, q in itertools.product(range(1, LARGEST + 1), repeat=2)}
    others = [(sp.pi**power, 2 * abs(power) + bool(power)) for power in POWERS]
    others += [(sp.log(2), 3), (1 / sp.log(2), 3), (sp.E, 3), (1 / sp.E, 3), (sp.sqrt(sp.E), 4), (1 / sp.sqrt(sp.E), 4)]
    for rational, (other, weight), root in itertools.product(rationals, others, (sp.S.One, sp.sqrt(2), sp.sqrt(3))):
        expression = rational * other * root
        cost = int(rational.p + rational.q + 4 * weight + (5 if root != 1 else 0))
        found[expression] = min(cost, found.get(expression, cost))
    rows = [(float(expression), cost, expression) for expression, cost in found.items()]
    return tuple(sorted(rows, key=lambda row: row[1]))


def named(ball: Any) -> sp.Expr | None:
    """The simplest constant that a ball of many digits contains, or None; zero is not one."""
    from verify.compare.balls import value

    size = abs(float(ball.mid()))
    if not ball.is_finite() or ball.contains(0) or not 1e-6 < size < 1e6:
        return None
    for near, _, expression in _candidates():
        if abs(near - size) < MATCH * size and abs(ball).overlaps(value(expression, {})):
            return expression if ball > 0 else -expression
    return None


def power(ball: Any) -> sp.Rational | None:
    """The rational number with a small denominator that a ball contains, or None."""
    for denominator in (1, 2, 3, 4, 6):
        number = sp.Rational(round(float(ball.mid()) * denominator), denominator)
        if ball.overlaps(flint.arb(flint.fmpq(int(number.p), int(number.q)))) and float(ball.rad()) < 1e-9:
            return number
    return None
