"""Counts of a deterministic experiment that knows no formula, compared exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Context, scale_of
from verify.checks.simulation import ROUNDING, Experiment, Simulation, distance
from verify.compile import Candidate
from verify.evidence import Evidence, Holds

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
        values = measured.values
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

    def refutes(self, candidate: Candidate, prepared: Counts, context: Context) -> bool:
        """Whether `judge` refutes the formula."""
        return bool(self._missed(candidate, prepared.measured)[1].any())

    def judge(self, candidate: Candidate | None, prepared: Counts, context: Context) -> Evidence:
        """Compare the formula with every count."""
        measured = prepared.measured
        predicted, missed = self._missed(candidate, measured)
        verdict = Holds.REFUTED if missed.any() else Holds.HOLDS
        detail = f"{measured.values.size} counts up to {int(np.max(measured.values))}"
        detail += f"; {int(missed.sum())} are others" if missed.any() else ", every one met"
        if prepared.control is not None and verdict is Holds.HOLDS:
            different = int(self._missed(candidate, prepared.control)[1].sum())
            detail += f"; {different} of {prepared.control.values.size} are others in the control"
            verdict = verdict if different else Holds.UNDECIDED
        apart = distance(measured.values, predicted)
        return Evidence(
            check=self.name,
            kind=self.kind,
            verdict=verdict,
            points=measured.values.size,
            discrepancy=float(np.max(apart)) / scale_of(measured.values),
            uncertainty=ROUNDING,
            resolution=ROUNDING,
            seed=context.seed,
            detail=detail,
            curves=self.curves(measured, measured.values, predicted, np.zeros(measured.values.shape)),
            planes=self.planes(candidate, measured, context),
        )
