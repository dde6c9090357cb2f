"""The check of an Observation: quantities that must be positive, and a control that must not show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Comparing, Comparison, Context, scale_of
from verify.checks.simulation import Experiment, Sample, sample_of, threshold_for
from verify.compile import Candidate
from verify.evidence import Curve, Holds


@dataclass(frozen=True, kw_only=True)
class Trend(Comparing):
    """`quick` measures quantities that must all be above zero, by the threshold of the budget; `control` must not.

    All take `replicas`, `stream` and `device`, and the folder `data` (None: the bundled digits) if `on_data` is set.
    `curves` draws what was measured, beside a theory where there is one.
    """

    name: str
    quick: Experiment
    control: Experiment
    replicas: int
    full: Experiment | None = None
    full_control: Experiment | None = None
    on_data: bool = False
    curves: Callable[[Measurement], tuple[Curve, ...]] | None = None
    kind: str = "simulation"
    stochastic: bool = True

    def prepare(self, context: Context) -> tuple[Sample, Sample]:
        """Measure what must show the trend, and the control."""

        def measure(run: Experiment, label: str) -> Sample:
            data = {"data": context.data} if self.on_data else {}
            stream = context.stream(label)
            measured: Measurement = run(replicas=self.replicas, stream=stream, device=context.device, **data)
            return sample_of(measured, self.name)

        full = context.profile == "full"
        run = (self.full if full else None) or self.quick
        control = (self.full_control if full else None) or self.control
        return measure(run, self.name), measure(control, f"{self.name} control")

    def refutes(self, candidate: Candidate, prepared: tuple[Sample, Sample], context: Context) -> bool:
        """Never: no formula enters, so that no wrong formula can be noticed."""
        return False

    def compare(
        self, candidate: Candidate | None, prepared: tuple[Sample, Sample], context: Context
    ) -> Iterator[Comparison]:
        """Holds if the trend is clear of zero and the control is not; refuted if a quantity is clearly negative."""
        margins = self._margins(prepared, context)
        shown, shown_by_control = (bool(np.all(m.values > b)) for m, b in zip(prepared, margins, strict=True))
        if shown and not shown_by_control:
            verdict, note = Holds.HOLDS, "shown, and not by the control"
        elif np.any(prepared[0].values < -margins[0]):
            verdict, note = Holds.REFUTED, "a quantity is negative"
        else:
            verdict, note = Holds.UNDECIDED, "the control shows it too" if shown else "not clear of zero"
        yield Comparison(verdict=verdict, points=prepared[0].values.size, found=(candidate, note))

    def _margins(self, prepared: tuple[Sample, Sample], context: Context) -> list[np.ndarray]:
        return [threshold_for(m.values.size, m.freedom, context.false_alarms) * m.errors for m in prepared]

    def describe(self, found: list[Comparison], prepared: tuple[Sample, Sample], context: Context) -> dict[str, Any]:
        """What was shown, by how much, and what the control did."""
        (candidate, note), trend, margins = found[0].found, prepared[0], self._margins(prepared, context)
        # A trend sees no formula: for a statement it has no resolution.
        resolution = float(np.max(margins[0])) / scale_of(trend.values) if candidate is None else None
        return {
            "resolution": resolution,
            "seed": context.seed,
            "detail": f"{trend.measured.replicas} replicas: {note}; {_least(trend, margins[0])}; "
            f"in the control {_least(prepared[1], margins[1])}",
            "curves": self.curves(trend.measured) if self.curves is not None else (),
        }


def _least(sample: Sample, margin: np.ndarray) -> str:
    """The value nearest to failing, with its error, against what it had to exceed."""
    worst = int(np.argmin(sample.values - margin))
    value, error, needed = (a.flat[worst] for a in (sample.values, sample.errors, margin))
    return f"least value {value:.3g} with standard error {error:.2g}, {needed:.2g} needed"
