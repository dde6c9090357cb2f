"""Certified checks: the formula and an independent reference, both as balls that provably contain their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verify import certify
from verify.checks.base import Context
from verify.checks.precision import Point, described
from verify.compile import Candidate
from verify.evidence import Evidence, Holds


@dataclass(frozen=True, kw_only=True)
class Certified:
    """Enclosures must overlap, and be narrow: at least `digits` proven digits.

    reference  (bits, point) -> arb or list of arb, an enclosure obtained without the formula
    values     names of the compared values; their proven digits are then shown
    evaluate   (candidate, bits, point) -> arb or list of arb, where the formula does not take the point as it stands
    """

    name: str
    reference: Callable[[int, Point], Any]
    against: str
    points: tuple[Point, ...]
    bits: int = 140
    digits: int = 25
    values: tuple[str, ...] = ()
    evaluate: Callable[[Candidate, int, Point], Any] = lambda candidate, bits, point: candidate.arb(bits, **point)
    kind: str = "certified"
    stochastic: bool = False

    def prepare(self, context: Context) -> list[tuple[Point, list]]:
        with certify.precision(self.bits):
            return [(point, _as_list(self.reference(self.bits, point))) for point in self.points]

    def refutes(self, candidate: Candidate, prepared: list, context: Context) -> bool:
        """Whether `judge` refutes the formula; the first point that does ends it."""
        with certify.precision(self.bits):
            return any(
                value.is_finite() and expected.is_finite() and not value.overlaps(expected)
                for point, reference in prepared
                for value, expected in zip(_as_list(self.evaluate(candidate, self.bits, point)), reference, strict=True)
            )

    def judge(self, candidate: Candidate | None, prepared: list, context: Context) -> Evidence:
        assert candidate is not None
        with certify.precision(self.bits):
            return self._compare(candidate, prepared)

    def _compare(self, candidate: Candidate, prepared: list) -> Evidence:
        compared, widest, apart, verdict, notes = 0, 0.0, 0.0, Holds.HOLDS, []
        for point, reference in prepared:
            values = _as_list(self.evaluate(candidate, self.bits, point))
            named = zip(self.values, values, strict=False)
            shown = ", ".join(f"{name} = {certify.digits(value, self.digits)}" for name, value in named)
            if shown:
                notes.append(f"{shown} at {described(point)}")
            for value, expected in zip(values, reference, strict=True):
                compared += 1
                if not (value.is_finite() and expected.is_finite()):
                    verdict = Holds.UNDECIDED if verdict is Holds.HOLDS else verdict
                    notes.append(f"no finite ball at {described(point)}")
                    continue
                size = max(abs(float(expected.mid())), 1e-300)
                width = (float(value.rad()) + float(expected.rad())) / size
                widest = max(widest, width)
                apart = max(apart, abs(float(value.mid() - expected.mid())) / size)
                if not value.overlaps(expected):
                    verdict = Holds.REFUTED
                    notes.append(
                        f"{certify.digits(value, 12)} against {certify.digits(expected, 12)} at {described(point)}"
                    )
                elif width > 10.0**-self.digits and verdict is Holds.HOLDS:
                    verdict = Holds.UNDECIDED
                    notes.append(f"balls wider than {self.digits} digits at {described(point)}")
        detail = "; ".join([f"balls of {self.bits} bits against {self.against}", *notes])
        return Evidence(
            check=self.name,
            kind=self.kind,
            verdict=verdict,
            points=compared,
            discrepancy=apart,
            uncertainty=widest,
            resolution=widest,
            seed=None,
            detail=detail,
        )


def _as_list(value: Any) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]
