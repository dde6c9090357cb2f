"""Property checks: a relation that the formula must satisfy everywhere on its domain, on examples from hypothesis.

The examples are drawn once with the run's seed and kept, so that every mutant meets the same ones; when the formula
itself fails, hypothesis searches for a small counterexample.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath

from derivations.statement import Parameter
from verify.checks.base import Comparing, Comparison, Context, evaluated
from verify.checks.precision import TOLERANCE_SHARE, Point, described
from verify.compile import Candidate
from verify.evidence import Holds

GRAIN = 10**4  # drawn values are multiples of 1 / GRAIN


@dataclass(frozen=True, kw_only=True)
class Property(Comparing):
    """A residual that must vanish on the whole domain.

    sentence    the property in words
    residual    (candidate, point, dps) -> a number, relative to the size of its terms, that must vanish
    parameters  whose typical ranges span the domain; undefined functions are passed by the residual itself
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

    def _strategy(self) -> Any:
        from hypothesis import strategies as st

        fields: dict[str, Any] = {}
        for p in self.parameters:
            if p.is_function:
                continue
            low, high = p.typical  # type: ignore[misc]
            if p.is_integer:
                fields[p.name] = st.integers(int(low), int(high))
            else:
                grains: Any = st.integers(int(-(-low * GRAIN // 1)), int(high * GRAIN // 1))
                fields[p.name] = grains.map(lambda n: f"{n / GRAIN:.4f}")
        return st.fixed_dictionaries(fields).filter(self.constraint)

    def prepare(self, context: Context) -> list[Point]:
        from hypothesis import HealthCheck, Phase, given, seed, settings

        drawn: list[Point] = []

        @seed(context.stream(self.name).integer())
        @settings(
            max_examples=self.examples, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(self._strategy())
        def collect(point: Point) -> None:
            drawn.append(point)

        with warnings.catch_warnings(), _no_borrowed_constants():
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
            yield Comparison(verdict=verdict, found=(mpmath.inf if mpmath.isnan(size) else size, point))

    def describe(self, found: list[Comparison], prepared: list[Point], context: Context) -> dict[str, Any]:
        """Largest residual and tolerance."""
        tolerance = mpmath.mpf(10) ** (-TOLERANCE_SHARE * self.dps)
        worst, where = max((c.found for c in found if c.found), key=lambda pair: pair[0], default=(mpmath.mpf(0), {}))
        detail = self.sentence if worst <= tolerance else f"{self.sentence}; fails at {described(where)}"
        figures = {"discrepancy": float(worst), "uncertainty": float(tolerance), "resolution": float(tolerance)}
        return {**figures, "seed": context.seed, "detail": detail}

    def _size(self, candidate: Candidate, point: Point) -> Any:
        with mpmath.workdps(self.dps):
            value = self.residual(candidate, point, self.dps)
            parts = value if isinstance(value, (list, tuple)) else [value]
            sizes = [abs(mpmath.mpmathify(v)) for v in parts]
            return mpmath.nan if any(map(mpmath.isnan, sizes)) else max(sizes)

    def counterexample(self, candidate: Candidate, context: Context) -> Point | None:
        """The smallest counterexample that hypothesis finds, or None."""
        from hypothesis import HealthCheck, find, settings
        from hypothesis.errors import NoSuchExample

        tolerance = mpmath.mpf(10) ** (-TOLERANCE_SHARE * self.dps)
        quiet = settings(
            max_examples=10 * self.examples, database=None, deadline=None, suppress_health_check=list(HealthCheck)
        )
        try:
            return find(self._strategy(), lambda p: self._size(candidate, p) > tolerance, settings=quiet)
        except NoSuchExample:
            return None


@contextlib.contextmanager
def _no_borrowed_constants() -> Iterator[None]:
    """Keep hypothesis from drawing numbers that stand in the source of whatever modules happen to be loaded.

    Examples would otherwise depend on what a worker process did before. Hypothesis has no setting for it; a test
    notices if this internal name changes.
    """
    from hypothesis.internal.conjecture import providers

    borrowed = providers._get_local_constants
    nothing = providers.Constants()
    providers._get_local_constants = lambda: nothing
    providers.CONSTANTS_CACHE.cache.clear()
    try:
        yield
    finally:
        providers._get_local_constants = borrowed
        providers.CONSTANTS_CACHE.cache.clear()
