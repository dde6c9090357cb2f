"""The rate at which a limit is reached, measured against exact values on the way to it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from derivations.statement import LeadingOrder, Limit
from verify.checks.base import Comparing, Comparison, Context, evaluated
from verify.checks.precision import Point, described
from verify.compile import Candidate
from verify.evidence import Holds

ROUNDING_SHARE = 0.8  # of the digits: what is closer than that is equal
EXPONENT_BITS = 64  # with which an exponent is worked out
LEEWAY = 0.1  # of an exponent: what it may still be off when the last two values of the ladder are compared


@dataclass(frozen=True, kw_only=True)
class Rate(Comparing):
    """The distance of the formula from the exact value must vanish as the statement's regime says, no faster or slower.

    exact      (dps, point) -> the exact quantities, in the order of the claim's `quantities`, at a point that has the
               parameter of the regime besides; contains no limit
    points     values of everything else
    values     values of the regime's parameter as text, at least four, each nearer to the limit, over decades
    against    what the exact value is, in words
    evaluate   (candidate, dps, point) -> what the formula gives; by default at the point as far as it takes its letters

    The exponent is the slope of the logarithm of the distance over that of the rate; it must come to 1 within LEEWAY.
    Where a statement has several quantities, the slowest must.
    """

    name: str
    exact: Callable[[int, Point], Any]
    against: str
    points: tuple[Point, ...]
    values: tuple[str, ...]
    digits: int = 50
    evaluate: Callable[[Candidate, int, Point], Any] = lambda candidate, dps, point: candidate.mpmath(
        dps, **{name: value for name, value in point.items() if name in candidate.takes}
    )
    kind: str = "precision"
    stochastic: bool = False
    judges_rate: bool = True

    def __post_init__(self) -> None:
        if len(self.values) < 4:
            raise ValueError(f"{self.name}: a rate needs at least four values on the way to the limit")

    def prepare(self, context: Context) -> list[tuple[Point, list[list], list]]:
        """Each point with the exact quantities at every value, and what the regime says of their distances."""
        parameter, rate = rate_of(context.regime, self.name)
        prepared = []
        for point in self.points:
            exact, sizes = [], []
            for value in self.values:
                inside = {**point, parameter.name: value}
                with mpmath.workdps(self.digits):
                    exact.append(_listed(self.exact(self.digits, inside)))
                    sizes.append(abs(_number(rate, inside, self.digits)))
            prepared.append((point, exact, sizes))
        return prepared

    def compare(
        self, candidate: Candidate | None, prepared: list[tuple[Point, list[list], list]], context: Context
    ) -> Iterator[Comparison]:
        """One comparison for each point: the exponent of the slowest quantity."""
        assert candidate is not None
        for point, exact, sizes in prepared:
            stated, crash = evaluated(functools.partial(self._along, candidate, context, point))
            if crash is not None:
                yield crash
                continue
            broken = _broken(exact, stated)
            if broken is not None:
                yield Comparison(verdict=broken, found=(None, point))
                continue
            with mpmath.workdps(self.digits):
                pairs = zip(exact, stated, strict=True)
                rungs = [[self._distance(a, b) for a, b in zip(*pair, strict=True)] for pair in pairs]
                ladders = [found for column in zip(*rungs, strict=True) if (found := _slopes(column, sizes))]
            if not ladders:
                yield Comparison(verdict=Holds.UNDECIDED, points=0, found=(None, point))  # the formula is exact here
                continue
            slowest = min(ladders, key=lambda slopes: slopes[-1])
            last, before = slowest[-1], slowest[0]
            settled = abs(last - 1) <= LEEWAY and abs(last - 1) <= abs(before - 1) + LEEWAY / 5
            verdict = Holds.HOLDS if settled else Holds.REFUTED
            yield Comparison(verdict=verdict, points=len(slowest), found=(float(last), point))

    def _distance(self, exact: Any, stated: Any) -> Any:
        """How far apart two values are; nothing, where rounding alone could part them."""
        apart = abs(exact - stated)
        return apart if not apart <= mpmath.mpf(10) ** (-ROUNDING_SHARE * self.digits) * abs(exact) else mpmath.mpf(0)

    def _along(self, candidate: Candidate, context: Context, point: Point) -> list[list]:
        """What the formula gives at every value of the regime's parameter."""
        parameter, _ = rate_of(context.regime, self.name)
        inside = [{**point, parameter.name: value} for value in self.values]
        if self.evaluate is type(self).evaluate and parameter.name not in candidate.takes:  # it is the limit itself
            return [_listed(self.evaluate(candidate, self.digits, inside[-1]))] * len(inside)
        return [_listed(self.evaluate(candidate, self.digits, place)) for place in inside]

    def describe(self, found: list[Comparison], prepared: list, context: Context) -> dict[str, Any]:
        """The exponents that were found."""
        shown = [f"{c.found[0]:.3f} at {described(c.found[1])}" for c in found if c.found and c.found[0] is not None]
        apart = [abs(c.found[0] - 1) for c in found if c.found and c.found[0] is not None]
        listed = "; ".join(shown) or "nothing shows the rate: the formula is exact here, or a value is no finite number"
        detail = f"distance from {self.against}, as a power of the rate (1 where the rate is right): {listed}"
        return {"discrepancy": max(apart, default=None), "uncertainty": LEEWAY, "detail": detail}  # of an exponent


def _broken(exact: list[list], stated: list[list]) -> Holds | None:
    """UNDECIDED where an exact value is no finite number, REFUTED where the formula alone gives none, else None."""
    finite = [all(mpmath.isfinite(v) for row in rows for v in row) for rows in (exact, stated)]
    if not finite[0]:
        return Holds.UNDECIDED
    return None if finite[1] else Holds.REFUTED


def rate_of(regime: Any, name: str) -> tuple[sp.Symbol, sp.Expr]:
    """The parameter of a regime, and the size of the error that it states. Raises ValueError for one that has none."""
    match regime:
        case Limit():
            return regime.parameter, regime.rate
        case LeadingOrder():
            return regime.parameter, regime.parameter**regime.order
    raise ValueError(f"{name}: the regime {regime!r} states no rate")


def _number(rate: sp.Expr, point: Point, digits: int) -> Any:
    values = {symbol: sp.Rational(str(point[symbol.name])) for symbol in rate.free_symbols}
    return mpmath.mpmathify(sp.N(rate.subs(values), digits))


def _slopes(distances: Sequence, sizes: Sequence) -> list:
    """Exponents between neighbours of the ladder; a distance that is no positive number ends it."""
    found = []
    for (near, far), (small, large) in zip(itertools.pairwise(distances), itertools.pairwise(sizes), strict=True):
        if not (near > 0 and far > 0 and mpmath.isfinite(near) and mpmath.isfinite(far)):
            break
        with mpmath.workprec(EXPONENT_BITS):
            found.append(mpmath.log(far / near) / _step(small, large))
    return found


@functools.lru_cache(maxsize=256)
def _step(small: Any, large: Any) -> Any:
    """The logarithm of the ratio of two sizes: every formula meets the same ones."""
    with mpmath.workprec(EXPONENT_BITS):
        return mpmath.log(large / small)


def _listed(value: Any) -> list:
    return [mpmath.mpmathify(v) for v in (value if isinstance(value, (list, tuple)) else [value])]
