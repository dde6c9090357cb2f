"""Whether an expression vanishes, by arithmetic of polynomials: exact, and a hundred times as fast as expanding it.

An expression is read as a quotient of polynomials, with rational coefficients, in what it is built from: letters,
functions, and powers that are no whole ones. Powers with sums as exponents are products (`b**(x + y)` of `b**x` and
`b**y`), `exp(x*log(b))` is `b**x`, and roots obey the relation that makes them roots. Denominators are kept as products
and never divided out.
"""

from __future__ import annotations

import collections
import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TypeAlias

import sympy as sp
from sympy.polys.rings import PolyElement, PolyRing

Quotient: TypeAlias = "tuple[PolyElement, Mapping[PolyElement, int]]"  # numerator, and factors of the denominator
Power: TypeAlias = "tuple[sp.Expr, sp.Expr]"  # base and exponent of a generator, but for a rational factor


class NotAQuotient(ValueError):
    """An expression that has no value, or whose denominator vanishes."""


def vanishes(expression: sp.Expr) -> str:
    """How it is seen that an expression is zero ("expansion" or "canonical form"); empty where it is not seen.

    Functions of different arguments are different letters here, and nothing is known of them: what vanishes is zero,
    and what does not may be zero as well.
    """
    if expression.is_commutative is False:
        return ""
    try:
        numerator, denominator = _Reading(expression).quotient(expression)
    except NotAQuotient:
        return ""
    if numerator:
        return ""
    return "canonical form" if any(len(factor) > 1 for factor in denominator) else "expansion"


class _Reading:
    """The generators of one expression, and the relations that its roots obey."""

    def __init__(self, expression: sp.Expr) -> None:
        self._known: dict[sp.Expr, Quotient] = {}
        self._roots: dict[Power, int] = {}  # a generator is the power over this number
        self._collect(expression, set())
        self._ring = _ring(len(self._roots))
        self._generators: dict[Power, Quotient] = {}
        self._relations: list[tuple[int, int, PolyElement]] = []  # a power of a generator, and what it is
        for index, power in enumerate(self._roots):
            self._generators[power] = self._generator(index, *power)

    def quotient(self, node: sp.Expr) -> Quotient:
        """Numerator, free of powers that relations replace, and factors of the denominator, none of them zero."""
        numerator, denominator = self._read(node)
        if not all(map(self._reduced, denominator)):
            raise NotAQuotient("a denominator vanishes")
        return self._reduced(numerator), denominator

    def _collect(self, node: sp.Expr, seen: set[sp.Expr]) -> None:
        if node in seen or node.is_Rational:
            return
        seen.add(node)
        if node.is_Add or node.is_Mul:
            for part in node.args:
                self._collect(part, seen)
            return
        for base, exponent, number in _powers(node):
            if exponent == 1 and _is_compound(base):
                self._collect(base, seen)
                if number.denominator == 1:
                    continue
            known = self._roots.get((base, exponent), 1)
            self._roots[base, exponent] = int(sp.ilcm(known, number.denominator))

    def _generator(self, index: int, base: sp.Expr, exponent: sp.Expr) -> Quotient:
        generator, root = self._ring.gens[index], self._roots[base, exponent]
        if exponent != 1 or not (base.is_Rational or _is_compound(base)):
            return generator, {}
        above, below = self._read(base)  # the generator is the root times the denominator, which it then is a root of
        denominator = self._product(below)
        self._relations.append((index, root, above * denominator ** (root - 1)))
        return generator, dict.fromkeys([denominator], 1) if below else {}

    def _read(self, node: sp.Expr) -> Quotient:
        if node not in self._known:
            self._known[node] = self._fresh(node)
        return self._known[node]

    def _fresh(self, node: sp.Expr) -> Quotient:
        if node.is_Rational:
            return self._ring.ground_new(self._ring.domain(node.p, node.q)), {}
        if node.is_Add:
            return self._sum([self._read(part) for part in node.args])
        if node.is_Mul:
            return self._times(self._read(part) for part in node.args)
        return self._times(self._power(*parts) for parts in _powers(node))

    def _power(self, base: sp.Expr, exponent: sp.Expr, number: Fraction) -> Quotient:
        if exponent == 1 and _is_compound(base) and number.denominator == 1:
            return self._raised(self._read(base), int(number))
        return self._raised(self._generators[base, exponent], int(number * self._roots[base, exponent]))

    def _raised(self, quotient: Quotient, power: int) -> Quotient:
        numerator, denominator = quotient
        if power >= 0:
            return numerator**power, {factor: power * many for factor, many in denominator.items()}
        if not numerator:
            raise NotAQuotient("a power of zero")
        above = self._product({factor: -power * many for factor, many in denominator.items()})
        return above, {numerator: -power}

    def _times(self, quotients: Iterable[Quotient]) -> Quotient:
        numerator, denominator = self._ring.one, dict[PolyElement, int]()
        for above, below in quotients:
            numerator = numerator * above
            for factor, many in below.items():
                denominator[factor] = denominator.get(factor, 0) + many
        return numerator, denominator

    def _sum(self, quotients: list[Quotient]) -> Quotient:
        common: dict[PolyElement, int] = {}
        for _, below in quotients:
            for factor, many in below.items():
                common[factor] = max(common.get(factor, 0), many)
        total = self._ring.zero
        for above, below in quotients:
            lacking = {factor: many - below.get(factor, 0) for factor, many in common.items()}
            total = total + above * self._product(lacking)
        return total, common

    def _product(self, factors: Mapping[PolyElement, int]) -> PolyElement:
        return math.prod((factor**many for factor, many in factors.items() if many), start=self._ring.one)

    def _reduced(self, polynomial: PolyElement) -> PolyElement:
        """With powers of roots replaced by what they are: the outermost roots first, as others may stand under them."""
        for index, power, value in reversed(self._relations):
            by_power: dict[int, PolyElement] = collections.defaultdict(self._ring.zero.copy)
            for monomial, coefficient in polynomial.items():
                many, rest = divmod(monomial[index], power)
                by_power[many][(*monomial[:index], rest, *monomial[index + 1 :])] = coefficient
            polynomial = sum((part * value**many for many, part in by_power.items()), self._ring.zero)
        return polynomial


def _powers(node: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Expr, Fraction]]:
    """A node as a product of powers: base, exponent but for a rational factor, and that factor."""
    if node in (sp.nan, sp.zoo, sp.oo, -sp.oo) or isinstance(node, (sp.Order, sp.AccumBounds)):
        raise NotAQuotient(f"{node} is no number")
    of_all, exponent = node.as_base_exp()
    for term in sp.Add.make_args(sp.expand(exponent)):
        number, part = term.as_coeff_Mul(rational=True)
        rational = Fraction(int(number.p), int(number.q))
        base, part = _of_logarithm(part) if of_all is sp.E else (of_all, part)
        if base == 0:
            raise NotAQuotient("a power of zero")
        if part == 1 and base.is_Rational:
            yield from ((prime, part, many * rational) for prime, many in _primes(base))
        elif part == 1 and _is_compound(base):
            yield from ((base, part, some) for some in (Fraction(rational // 1), rational % 1) if some)
        else:
            yield base, part, rational


def _of_logarithm(exponent: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Base and exponent of exp(exponent), which is a power of b where log(b) is a factor of the exponent."""
    factors = sp.Mul.make_args(exponent)
    for k, factor in enumerate(factors):
        if isinstance(factor, sp.log):
            return factor.args[0], sp.Mul(*factors[:k], *factors[k + 1 :])
    return sp.E, exponent


def _primes(number: sp.Rational) -> list[tuple[sp.Integer, int]]:
    return [(sp.Integer(prime), many) for prime, many in sp.factorrat(number).items()]


def _is_compound(base: sp.Expr) -> bool:
    return bool(base.is_Add or base.is_Mul or base.is_Pow or isinstance(base, sp.exp))


@functools.cache
def _ring(generators: int) -> PolyRing:
    return PolyRing([f"g{k}" for k in range(generators)], sp.QQ, sp.polys.orderings.lex)
