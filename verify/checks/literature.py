"""Literature checks: a number that others published, with its source and the precision to which they print it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derivations.statement import Source
from verify.checks.base import Context
from verify.compile import Candidate
from verify.evidence import Evidence, Holds


@dataclass(frozen=True, kw_only=True)
class Literature:
    """`published` is the printed number as text; half a unit of its last digit is its uncertainty, unless given."""

    name: str
    published: str
    source: Source
    evaluate: Callable[[Candidate], float]
    uncertainty: float | None = None
    kind: str = "literature"
    stochastic: bool = False

    @property
    def half_unit(self) -> float:
        mantissa, _, exponent = self.published.lower().partition("e")
        decimals = len(mantissa.partition(".")[2])
        return 0.5 * 10.0 ** (int(exponent or 0) - decimals)

    def prepare(self, context: Context) -> float:
        return float(self.published)

    def refutes(self, candidate: Candidate, prepared: float, context: Context) -> bool:
        """Whether `judge` refutes the formula."""
        return self.judge(candidate, prepared, context).verdict is Holds.REFUTED

    def judge(self, candidate: Candidate | None, prepared: float, context: Context) -> Evidence:
        assert candidate is not None
        allowed = self.uncertainty if self.uncertainty is not None else self.half_unit
        value = float(self.evaluate(candidate))
        apart, size = abs(value - prepared), abs(prepared) or 1.0
        return Evidence(
            check=self.name, kind=self.kind, verdict=Holds.HOLDS if apart <= allowed else Holds.REFUTED, points=1,
            discrepancy=apart / size, uncertainty=allowed / size, resolution=allowed / size,
            detail=f"{value:.6g} against {self.published} in {self.source.document}, {self.source.where}",
        )  # fmt: skip
