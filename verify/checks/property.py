"""Property checks: a relation that the formula must satisfy everywhere on its domain, on examples from hypothesis.

The examples are drawn once with the run's seed and kept, so that every mutant meets the same ones; a point at which the
formula fails is shrunk to few digits.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath

from derivations.statement import Parameter
from verify.checks.base import Comparing, Comparison, Context, evaluated, evenly
from verify.checks.draws import Point, described, simpler, strategy
from verify.checks.precision import TOLERANCE_SHARE
from verify.compile import Candidate
from verify.evidence import Holds


@dataclass(frozen=True, kw_only=True)
class Property(Comparing):
    """A residual that must vanish on the whole domain.

    sentence    the property in words
    residual    (candidate, point, dps) -> a number, relative to the size of its terms, that must vanish
    parameters  whose typical ranges span the domain: by exponents where one spans decades, ends included; undefined
                functions are passed by the residual itself
    constraint  accepts or rejects a drawn point
    """

    name: str
    sentence: str
    residual: Callable[[Candidate, Point, int], Any]
    parameters: tuple[Parameter, ...]
    constraint: Callable[[Point], bool] = lambda point: True
    examples: int = 25
    dps: int = 40
    kind: str = "property"
    stochastic: bool = False

    def prepare(self, context: Context) -> list[Point]:
        from hypothesis import HealthCheck, Phase, given, seed, settings

        drawn: list[Point] = []

        @seed(context.stream(self.name).integer())
        @settings(
            max_examples=self.examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy(self.parameters, self.constraint))
        def collect(point: Point) -> None:
            drawn.append(point)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            collect()
        return [dict(p) for p in {tuple(sorted(d.items())): d for d in drawn}.values()]

    def compare(self, candidate: Candidate | None, prepared: list[Point], context: Context) -> Iterator[Comparison]:
        """Point by point; a residual that is nan decides nothing, since no formula gives nan."""
        assert candidate is not None
        tolerance = mpmath.mpf(10) ** (-TOLERANCE_SHARE * self.dps)
        for point in prepared:
            size, crash = evaluated(functools.partial(self._size, candidate, point))
            if crash is not None:
                yield crash
                continue
            verdict = Holds.UNDECIDED if mpmath.isnan(size) else Holds.HOLDS if size <= tolerance else Holds.REFUTED
            yield Comparison(verdict=verdict, found=(mpmath.inf if mpmath.isnan(size) else size, candidate))

    def describe(self, found: list[Comparison], prepared: list[Point], context: Context) -> dict[str, Any]:
        """Largest residual and tolerance."""
        tolerance = mpmath.mpf(10) ** (-TOLERANCE_SHARE * self.dps)
        residuals = [c.found for c in found if c.found]
        worst = max((size for size, _ in residuals), default=mpmath.mpf(0))
        detail = self.sentence
        if worst > tolerance:
            failing = [p for p, c in zip(prepared, found, strict=True) if c.found and c.found[0] > tolerance]
            simplest = min(failing, key=lambda point: len(described(point)))
            detail += f"; fails at {described(self.shrunk(residuals[0][1], simplest))}"
        figures = {"discrepancy": float(worst), "uncertainty": float(tolerance), **evenly(float(tolerance))}
        return {**figures, "seed": context.seed, "detail": detail}

    def _size(self, candidate: Candidate, point: Point) -> Any:
        with mpmath.workdps(self.dps):
            value = self.residual(candidate, point, self.dps)
            parts = value if isinstance(value, (list, tuple)) else [value]
            sizes = [abs(mpmath.mpmathify(v)) for v in parts]
            return mpmath.nan if any(map(mpmath.isnan, sizes)) else max(sizes)

    def shrunk(self, candidate: Candidate, point: Point) -> Point:
        """The failing point with as few digits as it takes to fail, one letter after the other."""
        for p in self.parameters:
            simple = simpler(p, point[p.name]) if p.name in point else ()
            tried = ({**point, p.name: value} for value in simple)
            point = next((q for q in tried if self.constraint(q) and self._fails(candidate, q)), point)
        return point

    def _fails(self, candidate: Candidate, point: Point) -> bool:
        size, crash = evaluated(functools.partial(self._size, candidate, point))
        return crash is None and bool(size > mpmath.mpf(10) ** (-TOLERANCE_SHARE * self.dps))
