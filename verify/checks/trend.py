"""The check of an Observation: quantities that must be positive, and a control that must not show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Context, scale_of
from verify.checks.simulation import Experiment, Sample, sample_of, threshold_for
from verify.compile import Candidate
from verify.evidence import Curve, Evidence, Holds


@dataclass(frozen=True, kw_only=True)
class Trend:
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

    def judge(self, candidate: Candidate | None, prepared: tuple[Sample, Sample], context: Context) -> Evidence:
        """Holds if the trend is clear of zero and the control is not; refuted if a quantity is clearly negative."""
        margins = [threshold_for(m.values.size, m.freedom, context.false_alarms) * m.errors for m in prepared]
        shown, shown_by_control = (bool(np.all(m.values > b)) for m, b in zip(prepared, margins, strict=True))
        trend, margin = prepared[0], margins[0]
        if shown and not shown_by_control:
            verdict, note = Holds.HOLDS, "shown, and not by the control"
        elif np.any(trend.values < -margin):
            verdict, note = Holds.REFUTED, "a quantity is negative"
        else:
            verdict, note = Holds.UNDECIDED, "the control shows it too" if shown else "not clear of zero"
        scale = scale_of(trend.values)
        return Evidence(
            check=self.name,
            kind=self.kind,
            verdict=verdict,
            points=trend.values.size,
            # A trend sees no formula: for a statement it has no resolution.
            resolution=float(np.max(margin)) / scale if candidate is None else None,
            seed=context.seed,
            detail=f"{trend.measured.replicas} replicas: {note}; {_least(trend, margin)}; "
            f"in the control {_least(prepared[1], margins[1])}",
            curves=self.curves(trend.measured) if self.curves is not None else (),
        )


def _least(sample: Sample, margin: np.ndarray) -> str:
    """The value nearest to failing, with its error, against what it had to exceed."""
    worst = int(np.argmin(sample.values - margin))
    value, error, needed = (a.flat[worst] for a in (sample.values, sample.errors, margin))
    return f"least value {value:.3g} with standard error {error:.2g}, {needed:.2g} needed"
