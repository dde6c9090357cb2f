"""Literature checks: a number that others published, with its source and the precision to which they print it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from derivations.statement import Source
from verify.bibliography import NOT_LOOKED_UP
from verify.checks.base import Comparing, Comparison, Context, evaluated, evenly
from verify.compile import Candidate
from verify.evidence import Holds


@dataclass(frozen=True, kw_only=True)
class Literature(Comparing):
    """`published` is the printed number as text; half a unit of its last digit is its uncertainty, unless given.

    seen   where somebody read the number: in the work itself, or in others that quote it; empty if nobody looked it up
    """

    name: str
    published: str
    source: Source
    evaluate: Callable[[Candidate], float]
    uncertainty: float | None = None
    seen: str = ""
    kind: str = "literature"
    stochastic: bool = False

    @property
    def half_unit(self) -> float:
        mantissa, _, exponent = self.published.lower().partition("e")
        decimals = len(mantissa.partition(".")[2])
        return 0.5 * 10.0 ** (int(exponent or 0) - decimals)

    def prepare(self, context: Context) -> float:
        return float(self.published)

    @property
    def allowed(self) -> float:
        """How far the formula may lie from the printed number."""
        return self.uncertainty if self.uncertainty is not None else self.half_unit

    def compare(self, candidate: Candidate | None, prepared: float, context: Context) -> Iterator[Comparison]:
        """The one number."""
        assert candidate is not None
        value, crash = evaluated(lambda: float(self.evaluate(candidate)))
        if crash is not None:
            yield crash
            return
        verdict = Holds.HOLDS if abs(value - prepared) <= self.allowed else Holds.REFUTED
        yield Comparison(verdict=verdict if math.isfinite(prepared) else Holds.UNDECIDED, found=value)

    def describe(self, found: list[Comparison], prepared: float, context: Context) -> dict[str, Any]:
        """Both numbers, and where one of them is printed."""
        value = next((c.found for c in found if not c.crashed), None)
        size, shown = abs(prepared) or 1.0, "nothing" if value is None else f"{value:.6g}"
        return {
            "discrepancy": None if value is None else abs(value - prepared) / size,
            "uncertainty": self.allowed / size,
            **evenly(self.allowed / size),
            "detail": f"{shown} against {self.published} in {self.source.name}, {self.source.where} "
            f"({f'read {self.seen}' if self.seen else NOT_LOOKED_UP})",
        }
