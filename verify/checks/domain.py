"""The ends of a formula's domain, where they belong to it: the formula must have a value there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from derivations.activations import SIN
from derivations.statement import Parameter
from verify.checks.base import Comparing, Comparison, Context
from verify.checks.precision import Point, described
from verify.compile import Candidate, CandidateError, Unsupported
from verify.evidence import Holds

SHARES = (0.37, 0.0, 1.0)  # of the typical ranges: where the other parameters stand


@dataclass(frozen=True, kw_only=True)
class Domain(Comparing):
    """One comparison for each end of an interval or range that is said to belong to the domain.

    The other parameters are typical, then each at an end of its typical range: a domain may be smaller than the
    product of its parameters' domains. A formula that has no value in float64 at typical parameters, or none of
    whose parameters has an end, is not judged: there are no comparisons then.
    """

    parameters: tuple[Parameter, ...]
    name: str = "ends of the domain"
    kind: str = "property"
    stochastic: bool = False

    def prepare(self, context: Context) -> tuple[Point, tuple[tuple[Point, ...], ...]]:
        """The typical point, and for each end of a domain the points that have it."""
        inside = {p.name: _typical(p, SHARES[0]) for p in self.parameters}
        around = [inside]
        around += [{p.name: _typical(p, share) for p in self.parameters} for share in SHARES[1:]]
        around += [{**inside, p.name: _typical(p, share)} for p in self.parameters for share in SHARES[1:]]
        ends = ((p.name, int(end) if p.is_integer else float(end)) for p in self.parameters for end in _ends(p))
        return inside, tuple(tuple({**point, name: end} for point in around) for name, end in ends)

    def compare(
        self, candidate: Candidate | None, prepared: tuple[Point, tuple[tuple[Point, ...], ...]], context: Context
    ) -> Iterator[Comparison]:
        """A value at each end; refuted where there is none."""
        assert candidate is not None
        inside, ends = prepared
        if self.has_value(candidate, inside):
            for points in ends:
                found = any(self.has_value(candidate, point) for point in points)
                yield Comparison(verdict=Holds.HOLDS if found else Holds.REFUTED, found=points[0])

    def describe(self, found: list[Comparison], prepared: Any, context: Context) -> dict[str, Any]:
        """Where the formula has no value."""
        lacking = [c.found for c in found if c.verdict is Holds.REFUTED]
        detail = "the formula has a finite value at every end that belongs to its domain"
        if lacking:
            detail = f"the formula has no finite value at the end of its domain {described(lacking[0])}"
        return {"detail": detail}

    @staticmethod
    def has_value(candidate: Candidate, point: Point) -> bool:
        """Whether the formula has a finite real value there, in float64."""
        try:
            candidate.numpy(**point)
        except (CandidateError, Unsupported, TypeError):
            return False
        return True


def _typical(parameter: Parameter, share: float) -> Any:
    if parameter.is_function:
        return SIN
    low, high = parameter.typical  # type: ignore[misc]
    value = low + share * (high - low)
    return round(value) if parameter.is_integer else float(value)


def _ends(parameter: Parameter) -> list[sp.Expr]:
    """The finite ends that belong to the domain."""
    domain = parameter.domain
    if isinstance(domain, sp.Interval):
        both = ((domain.start, domain.left_open), (domain.end, domain.right_open))
        return [end for end, is_open in both if end.is_finite and not is_open]
    if isinstance(domain, sp.Range):
        return [end for end in (domain.inf, domain.sup) if end.is_finite]
    return []
