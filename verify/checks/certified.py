"""Certified checks: the formula and an independent reference, both as balls that provably contain their values."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from verify import certify
from verify.checks.base import Comparing, Comparison, Context, evaluated, worst_and_median
from verify.checks.draws import Point, described
from verify.compile import Candidate, CandidateError
from verify.evidence import Holds


@dataclass(frozen=True, kw_only=True)
class Certified(Comparing):
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

    def compare(
        self, candidate: Candidate | None, prepared: list[tuple[Point, list]], context: Context
    ) -> Iterator[Comparison]:
        """Ball by ball: refuted where two are apart, undecided where one is infinite or too wide."""
        assert candidate is not None
        for point, reference in prepared:
            with certify.precision(self.bits):
                values, crash = evaluated(functools.partial(self._values, candidate, point, reference))
                pairs = zip(values, reference, strict=True) if crash is None else ()
                found = [self._compared(point, *pair) for pair in pairs]
            yield from found if crash is None else [crash]

    def _values(self, candidate: Candidate, point: Point, reference: list) -> list:
        """What the formula gives. CandidateError where a part has no finite real value, or none that is enclosed."""
        found = _as_list(self.evaluate(candidate, self.bits, point))
        if all(value.is_finite() for value in reference) and not all(value.is_finite() for value in found):
            raise CandidateError("no finite ball")
        return found

    def _compared(self, point: Point, value: Any, expected: Any) -> Comparison:
        """Found are the point, the value, the relative distance of the middles, the relative width, and a note."""

        def comparison(verdict: Holds, note: str, apart: float = 0.0, width: float = 0.0) -> Comparison:
            return Comparison(verdict=verdict, found=(point, value, apart, width, note))

        if not expected.is_finite():
            return comparison(Holds.UNDECIDED, "no finite ball of the reference")
        size = abs(expected.mid()) if expected.mid() != 0 else arb("1e-300")  # balls: too small for a float, maybe
        width, apart = (
            float(part / size) for part in (value.rad() + expected.rad(), abs(value.mid() - expected.mid()))
        )
        if not value.overlaps(expected):
            note = f"{certify.digits(value, 12)} against {certify.digits(expected, 12)}"
            return comparison(Holds.REFUTED, note, apart, width)
        if not width <= 10.0**-self.digits:  # nor where it is nan
            return comparison(Holds.UNDECIDED, f"balls wider than {self.digits} digits", apart, width)
        return comparison(Holds.HOLDS, "", apart, width)

    def describe(self, found: list[Comparison], prepared: list, context: Context) -> dict[str, Any]:
        """The proven digits of the named values, and the widest ball."""
        notes = [f"balls of {self.bits} bits against {self.against}"]
        compared = [c.found for c in found if c.found]
        for place, group in itertools.groupby(compared, key=lambda row: row[0]):
            rows = list(group)
            named = zip(self.values, (row[1] for row in rows), strict=False)
            with certify.precision(self.bits):
                shown = ", ".join(f"{name} = {certify.digits(value, self.digits)}" for name, value in named)
            notes += [f"{text} at {described(place)}" for text in (shown, *(row[4] for row in rows)) if text]
        widths = np.array([row[3] for row in compared] or [0.0])
        apart = max((row[2] for row in compared), default=0.0)
        figures = {"discrepancy": apart, "uncertainty": float(np.max(widths)), **worst_and_median(widths)}
        return {**figures, "seed": None, "detail": "; ".join(notes)}


def _as_list(value: Any) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]
