"""Counts of a deterministic experiment that knows no formula, compared exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Comparison, Context, evaluated, evenly, scale_of
from verify.checks.simulation import ROUNDING, Experiment, Simulation, captioned, distance, returned
from verify.compile import Candidate
from verify.evidence import Holds

LARGEST = 0.1 / ROUNDING  # up to here a formula in float64 can be told from the next whole number


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What the experiment counted, and what it counted in the control."""

    measured: Measurement
    control: Measurement | None


@dataclass(frozen=True, kw_only=True)
class Enumeration(Simulation):
    """The experiment counts: its values are whole numbers without errors, and every one must be met.

    `control` is an experiment on something of which the formula does not hold: the check is undecided if the formula
    meets all of its counts as well. Raises ValueError if the values are not whole numbers up to LARGEST.
    """

    control: Experiment | None = None
    stochastic: bool = False

    def prepare(self, context: Context) -> Counts:
        """Count, once."""
        stream, control = context.stream(self.name), None
        measured = self._whole(self.experiment(context)(stream=stream, device=context.device))
        if self.control is not None:
            control = self._whole(self.control(stream=stream.child("control"), device=context.device))
        return Counts(measured=measured, control=control)

    def _whole(self, measured: Measurement) -> Measurement:
        values = returned(measured, self.name).values
        if measured.errors is not None or not np.array_equal(values, np.rint(values)):
            raise ValueError(f"{self.name}: counts are whole numbers without errors")
        if np.max(np.abs(values)) > LARGEST:
            raise ValueError(f"{self.name}: counts above {LARGEST:g} cannot be told apart in float64")
        return measured

    def _missed(self, candidate: Candidate | None, measured: Measurement) -> tuple[np.ndarray, np.ndarray]:
        """What the formula says, and where it says another number than was counted."""
        predicted = self.expected(candidate, measured)
        allowed = ROUNDING * np.maximum(np.abs(measured.values), 1.0)
        return predicted, ~(distance(measured.values, predicted) <= allowed)

    def compare(self, candidate: Candidate | None, prepared: Counts, context: Context) -> Iterator[Comparison]:
        """All counts at once, then the control, of which the formula must miss a count."""
        pair, crash = evaluated(lambda: self._missed(candidate, prepared.measured))
        if crash is not None:
            yield crash
            return
        predicted, missed = pair
        verdict = Holds.REFUTED if missed.any() else Holds.HOLDS
        yield Comparison(verdict=verdict, points=missed.size, found=(candidate, predicted, int(missed.sum())))
        control = prepared.control
        if control is not None and verdict is Holds.HOLDS:
            pair, crash = evaluated(lambda: self._missed(candidate, control))
            different = int(pair[1].sum()) if pair is not None else 0
            decided = Holds.HOLDS if different else Holds.UNDECIDED
            yield crash or Comparison(verdict=decided, points=0, found=different)

    def describe(self, found: list[Comparison], prepared: Counts, context: Context) -> dict[str, Any]:
        """How many counts are met."""
        measured = prepared.measured
        detail = f"{measured.values.size} counts up to {int(np.max(measured.values))}"
        fields: dict[str, Any] = {"uncertainty": ROUNDING, **evenly(ROUNDING), "seed": context.seed}
        fields["setting"] = captioned(f"{measured.values.size} counts, without errors", measured)
        if found[0].crashed:
            return {**fields, "detail": detail}
        candidate, predicted, missed = found[0].found
        detail += f"; {missed} are others" if missed else ", every one met"
        if len(found) > 1 and prepared.control is not None and not found[1].crashed:
            detail += f"; {found[1].found} of {prepared.control.values.size} are others in the control"
        return {
            **fields,
            "discrepancy": float(np.max(distance(measured.values, predicted))) / scale_of(measured.values),
            "detail": detail,
            "curves": self.curves(measured, measured.values, predicted, np.zeros(measured.values.shape)),
            "planes": self.planes(candidate, measured, context),
        }
