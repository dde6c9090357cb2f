"""High-precision checks: a formula against an independent evaluation at two working precisions.

The reference must agree with itself at both precisions first, or the check is undecided: a ruler that is not finer
than the thing measured decides nothing. The tolerance follows the working precision, 10^(-0.6 digits). Small values are
worked out with as many digits more as they have zeros behind the point: what integrates or adds up for a reference may
stop at an absolute error, at the same wrong value with either precision.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath

from derivations.statement import Parameter
from verify.checks.base import Comparing, Comparison, Context, evaluated, evenly, rule
from verify.checks.draws import Point, both, described, draw_points
from verify.compile import Candidate
from verify.evidence import Holds

TOLERANCE_SHARE = 0.6
DOUBLE = 1e-12  # relative distance from which on a number of double precision decides
FEW_ZEROS = 10  # behind the point, up to which an absolute error at the lower precision is below the tolerance
MOST_ZEROS = 300  # from which on digits cost too much


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A point, the reference's values there, whether it agrees with itself, and the digits that a formula is given."""

    point: Point
    reference: list
    agrees: bool
    digits: int


@dataclass(frozen=True, kw_only=True)
class Precision(Comparing):
    """A formula against an independent high-precision evaluation.

    reference  (dps, point) -> value or list of values at that working precision; contains no closed form
    points     points of the domain; or
    parameters and count   from which points are drawn with the run's seed
    constraint accepts or rejects a drawn point
    digits     the two working precisions, increasing
    against    what the reference is, in words
    evaluate   (candidate, dps, point) -> value, where the formula does not take the point as it stands
    same_law   the reference evaluates the same law by another integral or sum: it guards against slips in the formula,
               and not against a wrong law, so it is not counted as precision of its own
    """

    name: str
    reference: Callable[[int, Point], Any]
    against: str
    points: tuple[Point, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    count: int = 0
    constraint: Callable[[Point], bool] = lambda point: True
    digits: tuple[int, int] = (30, 50)
    evaluate: Callable[[Candidate, int, Point], Any] = lambda candidate, dps, point: candidate.mpmath(dps, **point)
    same_law: bool = False
    kind: str = "precision"
    stochastic: bool = False

    def prepare(self, context: Context) -> list[Prepared]:
        points = list(self.points)
        tries = 0
        while len(points) < len(self.points) + self.count:
            stream = context.stream(self.name).child(tries)
            points += [p for p in draw_points(self.parameters, 1, stream) if self.constraint(p)]
            tries += 1
            if tries > 100 * (self.count + 1):
                raise ValueError(f"{self.name}: the constraint rejects nearly every point of the domain")
        prepared = []
        low, high = self.digits
        tolerance = tolerance_at(low)
        for point in points:
            coarse = _at(low, self.reference, point)
            more = _zeros(coarse)
            if more:
                coarse = _at(low + more, self.reference, point)
            fine = _at(high + more, self.reference, point)
            agree = all(map(mpmath.isfinite, fine)) and all(
                _apart(*pair) <= tolerance for pair in zip(coarse, fine, strict=True)
            )
            prepared.append(Prepared(point=point, reference=fine, agrees=agree, digits=high + more))
        return prepared

    def compare(self, candidate: Candidate | None, prepared: list[Prepared], context: Context) -> Iterator[Comparison]:
        """Value by value; where the reference disagrees with itself nothing is decided."""
        assert candidate is not None
        tolerance = tolerance_at(self.digits[0])
        for given in prepared:
            point = given.point
            function = functools.partial(self.evaluate, candidate)
            values, crash = evaluated(functools.partial(_at, given.digits, function, point))
            if crash is not None:
                yield crash
                continue
            for value, expected in zip(values, given.reference, strict=True):
                apart = _apart(value, expected)
                verdict = Holds.HOLDS if apart <= tolerance else Holds.REFUTED
                found = (apart, point, value, expected)
                decides = given.agrees and not _is_rounded(apart, expected, tolerance)
                yield Comparison(verdict=verdict if decides else Holds.UNDECIDED, found=found)

    def describe(self, found: list[Comparison], prepared: list[Prepared], context: Context) -> dict[str, Any]:
        """Distances and tolerance, both relative."""
        low, high = self.digits
        tolerance = tolerance_at(low)
        none: tuple[Any, ...] = (mpmath.mpf(0), {}, None, None)
        worst, where, *values = max((c.found for c in found if c.found), key=lambda row: row[0], default=none)
        unsure = sum(not given.agrees for given in prepared)
        detail = f"against {self.against}, at {low} and {high} digits"
        if any(given.digits > high for given in prepared):
            detail += ", more of them for small values"
        if unsure:
            detail += f"; the reference disagrees with itself at {unsure} points"
        rounded = sum(_is_rounded(c.found[0], c.found[3], tolerance) for c in found if c.found)
        if rounded:
            detail += f"; the reference is a double at {rounded} points, too coarse; mpmath works at `dps` digits"
        if rule(found) is Holds.REFUTED:
            detail += f"; worst at {described(where)}: {both(*values)}"
        figures = {"discrepancy": float(worst), "uncertainty": float(tolerance), **evenly(float(tolerance))}
        if self.same_law:
            detail = f"the same law, evaluated in another way: {detail}"
        return {**figures, "seed": context.seed, "detail": detail, "same_law": self.same_law}


@functools.cache
def tolerance_at(digits: int) -> Any:
    """The relative distance that is allowed at that working precision."""
    return mpmath.mpf(10) ** (-TOLERANCE_SHARE * digits)


def _zeros(values: list) -> int:
    """Zeros behind the point of the smallest of values that is not zero; none where they are few, or too many."""
    sizes = [abs(mpmath.mpmathify(value)) for value in values]
    small = min((size for size in sizes if size and mpmath.isfinite(size)), default=mpmath.mpf(1))
    zeros = int(mpmath.floor(-mpmath.log10(small)))
    return zeros if FEW_ZEROS < zeros <= MOST_ZEROS else 0


def _is_rounded(apart: Any, expected: Any, tolerance: Any) -> bool:
    """Whether a distance that is not allowed may come from the double precision of the reference alone."""
    return isinstance(expected, float) and bool(tolerance < apart < DOUBLE)


def _at(dps: int, function: Callable[[int, Point], Any], point: Point) -> list:
    with mpmath.workdps(dps):
        value = function(dps, point)
    if value is None:
        raise TypeError(f"{getattr(function, '__name__', 'the reference')} returns nothing; it must return its value")
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _apart(value: Any, expected: Any) -> Any:
    """Relative difference; absolute where the expected value is zero, infinite where either is no finite number."""
    with mpmath.workdps(60):
        expected = mpmath.mpmathify(expected)
        difference, size = abs(mpmath.mpmathify(value) - expected), abs(expected)
        if not mpmath.isfinite(difference):
            return mpmath.inf
        return difference / size if size else difference
