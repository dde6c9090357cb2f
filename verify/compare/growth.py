"""How fast an expression can grow towards infinity, from its form alone: what bounds the rest of integrals and sums.

All bounds hold for every real y from a start on. They are what makes an integral over an infinite range, or up to a
singular end (y is then the inverse distance from it), an enclosure and no guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb

from verify.certify import Unbounded, power

SLOW = sp.Rational(1, 8)  # log y <= y^SLOW / SLOW
BOUNDED = {sp.tanh: 1, sp.erf: 1, sp.sin: 1, sp.cos: 1, sp.sech: 1, sp.erfc: 2, sp.atan: 2}


@dataclass(frozen=True)
class Growth:
    """|f(y)| <= size y^power exp(rate y + square y^2)."""

    size: Any
    power: Any
    rate: Any
    square: Any

    def __mul__(self, other: Growth) -> Growth:
        return Growth(
            self.size * other.size, self.power + other.power, self.rate + other.rate, self.square + other.square
        )

    @property
    def algebraic(self) -> bool:
        """Whether no exponential stands in it."""
        return bool(self.rate == 0 and self.square == 0)


def _upper(value: Any) -> Any:
    if not value.is_finite():
        raise Unbounded("a constant has no finite value")
    return arb(value.upper())


def _lower(value: Any) -> Any:
    return arb(value.lower())


def _larger(a: Any, b: Any) -> Any:
    return arb(a.max(b).upper())


class Bounds:
    """Bounds of expressions in y for y >= start; `fixed` gives the ball of a part without y."""

    def __init__(self, y: sp.Symbol, start: int, fixed: Callable[[sp.Expr], Any]):
        self.y, self.start, self.fixed = y, arb(start), fixed

    def constant(self, size: Any) -> Growth:
        return Growth(_upper(abs(arb(size))), arb(0), arb(0), arb(0))

    def growth(self, node: sp.Expr) -> Growth:
        """An upper bound of the size. Raises Unbounded where no rule applies."""
        if self.y not in node.free_symbols:
            return self.constant(self.fixed(node))
        if node == self.y:
            return Growth(arb(1), arb(1), arb(0), arb(0))
        if node.is_Add:
            return self._sum([self.growth(a) for a in node.args])
        if node.is_Mul:
            found = self.constant(1)
            for a in node.args:
                found = found * self.growth(a)
            return found
        if isinstance(node, sp.exp):
            return self._exponential(sp.expand(node.args[0]))
        if node.is_Pow:
            return self._power(node)
        if isinstance(node, (sp.cosh, sp.sinh)):
            inside = node.args[0]
            return self._sum([self._exponential(sp.expand(sign * inside)) for sign in (1, -1)])
        if isinstance(node, sp.log):
            return self._logarithm(node.args[0])
        if isinstance(node, sp.erfc):
            floor = self.floor(node.args[0])
            if floor is not None and floor[1] >= 1:  # erfc(h) <= exp(-h^2) for positive h
                return Growth(arb(1), arb(0), arb(0), -_lower(floor[0] ** 2))
        if isinstance(node, sp.asinh):
            return self.growth(node.args[0])
        for kind, size in BOUNDED.items():
            if isinstance(node, kind):
                return self.constant(size)
        raise Unbounded(f"no growth bound for {type(node).__name__}")

    def _sum(self, parts: list[Growth]) -> Growth:
        top = parts[0].power
        for p in parts[1:]:
            top = _larger(top, p.power)
        size = arb(0)
        for p in parts:
            size = size + p.size * self.start ** (p.power - top) if p.algebraic else size + p.size
        rate, square = parts[0].rate, parts[0].square
        for p in parts[1:]:
            rate, square = _larger(rate, p.rate), _larger(square, p.square)
        return Growth(_upper(size), top, rate, square)

    def _power(self, node: sp.Pow) -> Growth:
        base, exponent = node.base, node.exp
        if self.y in exponent.free_symbols:
            if self.y in base.free_symbols:
                raise Unbounded(f"no growth bound for {node}")
            return self._exponential(sp.expand(exponent * sp.log(base)))
        number = self.fixed(exponent)
        if base == self.y:
            return Growth(arb(1), _upper(number), arb(0), arb(0))
        if number > 0:
            inside = self.growth(base)
            size = power(inside.size, number, exponent) if inside.size > 0 else arb(0)
            return Growth(_upper(size), *(_upper(k * number) for k in (inside.power, inside.rate, inside.square)))
        floor = self.floor(base) or (self.floor(-base) if exponent.is_integer else None)
        if floor is None:
            raise Unbounded(f"no lower bound for {base}")
        return Growth(_upper(floor[0] ** number), _upper(floor[1] * number), arb(0), arb(0))

    def _exponential(self, inside: sp.Expr) -> Growth:
        """exp of a sum, term by term."""
        size, rate, square = arb(1), arb(0), arb(0)
        for term in sp.Add.make_args(inside):
            coefficient, rest = term.as_independent(self.y, as_Add=False)
            if rest == 1:
                size = size * _upper(self.fixed(term).exp())
            elif rest == self.y:
                rate = rate + _upper(self.fixed(coefficient))
            elif rest == self.y**2:
                square = square + _upper(self.fixed(coefficient))
            else:
                size, rate, square = self._other_term(term, size, rate, square)
        return Growth(_upper(size), arb(0), rate, square)

    def _other_term(self, term: sp.Expr, size: Any, rate: Any, square: Any) -> tuple[Any, Any, Any]:
        falling = self.floor(-term)
        if falling is not None:
            if falling[1] >= 2:
                return size, rate, square - _lower(falling[0] * self.start ** (falling[1] - 2))
            return size, rate - _lower(falling[0] * self.start ** (falling[1] - 1)) if falling[1] >= 1 else rate, square
        found = self.growth(term)
        if not found.algebraic or not found.power <= 2:
            raise Unbounded(f"no growth bound for exp({term})")
        if found.power <= 0:
            return size * _upper((found.size * self.start**found.power).exp()), rate, square
        if found.power <= 1:
            return size, rate + found.size, square
        return size, rate, square + found.size

    def _logarithm(self, inside: sp.Expr) -> Growth:
        above, below = self.growth(inside), self.floor(inside)
        if below is None or not above.size > 0:
            raise Unbounded(f"no lower bound for {inside}")
        size = abs(above.size.log()).upper() + abs(below[0].log()).upper()
        parts = [self.constant(size)]
        slope = abs(above.power) + abs(below[1])
        if slope != 0:
            parts.append(Growth(_upper(slope / self.fixed(SLOW)), self.fixed(SLOW), arb(0), arb(0)))
        for number, order in ((above.rate, 1), (above.square, 2)):
            if number != 0:
                parts.append(Growth(_upper(abs(number)), arb(order), arb(0), arb(0)))
        return self._sum(parts)

    # -------------------------------------------------------------------------------------------- from below

    def floor(self, node: sp.Expr) -> tuple[Any, Any] | None:
        """(L, k) with node >= L y^k and L > 0, or None where no rule gives one."""
        if self.y not in node.free_symbols:
            found = self.fixed(node)
            return (_lower(found), arb(0)) if found.is_finite() and found > 0 else None
        if node == self.y:
            return arb(1), arb(1)
        if node.is_Mul:
            size, order = arb(1), arb(0)
            negative = [a for a in node.args if self.floor(a) is None]
            if len(negative) == 2:  # two negative factors
                node = sp.Mul(*[-a if a in negative else a for a in node.args])
            for a in node.args:
                found = self.floor(a)
                if found is None:
                    return None
                size, order = size * found[0], order + found[1]
            return _lower(size), _lower(order)
        if node.is_Add:
            return self._floor_of_sum(node)
        if node.is_Pow and self.y not in node.exp.free_symbols:
            number = self.fixed(node.exp)
            if number > 0:
                found = self.floor(node.base)
                return None if found is None else (_lower(found[0] ** number), _lower(found[1] * number))
            if node.base == self.y:
                return arb(1), _lower(number)
            return self._floor_of_inverse(node, number)
        if isinstance(node, sp.cosh):
            return arb(1), arb(0)
        if isinstance(node, sp.exp):
            return (arb(1), arb(0)) if self.floor(node.args[0]) is not None else None
        if isinstance(node, (sp.tanh, sp.erf)):
            found = self.floor(node.args[0])
            if found is not None and found[1] >= 0:
                least = found[0] * self.start ** found[1]
                return _lower(least.tanh() if isinstance(node, sp.tanh) else least.erf()), arb(0)
        return None

    def _floor_of_inverse(self, node: sp.Pow, number: Any) -> tuple[Any, Any] | None:
        if self.floor(node.base) is None:
            return None
        try:
            above = self.growth(node.base)
        except Unbounded:
            return None
        if not above.algebraic:
            return None
        return _lower(above.size**number), _lower(above.power * number)

    def _floor_of_sum(self, node: sp.Expr) -> tuple[Any, Any] | None:
        floors, negative = [], []
        for a in node.args:
            found = self.floor(a)
            if found is not None:
                floors.append(found)
            elif not (isinstance(a, sp.exp) or a.is_nonnegative):
                negative.append(a)
        if not floors:
            return None
        best = floors[0]
        for found in floors[1:]:
            best = found if found[1] > best[1] or (found[1] == best[1] and found[0] > best[0]) else best
        if not negative:
            return best
        try:
            below = self._sum([self.growth(a) for a in negative])
        except Unbounded:
            return None
        if not below.algebraic or not below.power <= best[1]:
            return None
        left = best[0] - below.size * self.start ** (below.power - best[1])
        return (_lower(left), best[1]) if left > 0 else None


def rest_of_integral(growth: Growth, start: Any) -> Any:
    """An upper bound of the integral of the bound from `start` to infinity. Raises Unbounded where it diverges."""
    size, order, rate, square = growth.size, growth.power, growth.rate, growth.square
    rising = _larger(order, arb(0))
    if square < 0:
        slope = -2 * square * start - rate - rising / start
    elif square == 0 and rate < 0:
        slope = -rate - rising / start
    elif growth.algebraic and order < -1:
        return _upper(size * start ** (order + 1) / (-order - 1))
    else:
        raise Unbounded("the integrand is not seen to fall fast enough")
    if not slope > 0:
        return arb("inf")
    return _upper(size * start**order * (rate * start + square * start * start).exp() / slope)
