"""What checks against experiments share: predictions, statistics with a budget, curves for the plots.

Discrepancy, uncertainty and resolution are relative: the resolution is the smallest common relative change of the
predicted values that the check would have noticed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Context, scale_of
from verify.compile import Candidate
from verify.evidence import Curve, Evidence, Holds, Plane

Experiment = Callable[..., Measurement]
Predict = Callable[[Candidate, Measurement], np.ndarray]
Picture = Callable[[Candidate, Measurement], tuple[Plane, ...]]
POWER = 3.09  # standard normal quantile 0.999: a deviation this far above the threshold is seen with that probability
CLEAR = 3  # what is off by so many times the allowed standard errors is off in any second sample too
ROUNDING = 1e-12  # relative error of long sums in float64
MAX_SERIES, MAX_POINTS = 4, 60


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What all simulation checks with a formula share.

    predict   (candidate, measurement) -> what the formula says of `measurement.values`, same shape; it turns units of
              theory into units of the simulation and sees of the experiment only what was given
    quick     experiment with the sizes of the quick profile bound (functools.partial); called with `stream`, `device`
              and the keyword of the check; `full` likewise for the full profile
    axis, quantity   labels of the plot; `series` are the names of the rows of the values; `style` as of `Curve`
    picture   what else to draw of the measurement: maps, trees
    """

    name: str
    predict: Predict
    quick: Experiment
    full: Experiment | None = None
    axis: str = ""
    quantity: str = ""
    series: tuple[str, ...] = ()
    style: str = "line"
    picture: Picture | None = None
    kind: str = "simulation"

    def experiment(self, context: Context) -> Experiment:
        """The experiment of the run's profile."""
        return self.full if context.profile == "full" and self.full is not None else self.quick

    def expected(self, candidate: Candidate | None, measured: Measurement) -> np.ndarray:
        """What the formula says of the measured values; raises ValueError if the shapes differ."""
        assert candidate is not None
        predicted = np.asarray(self.predict(candidate, measured), dtype=float)
        if predicted.shape != measured.values.shape:
            raise ValueError(f"{self.name}: predicted {predicted.shape}, measured {measured.values.shape}")
        return predicted

    def curves(
        self, measured: Measurement, values: np.ndarray, predicted: np.ndarray, error: np.ndarray
    ) -> tuple[Curve, ...]:
        """The first MAX_SERIES named rows, or those that vary most if none is named, thinned to MAX_POINTS points.

        None without an axis or a name for the quantity.
        """
        if measured.axis is None or not self.quantity:
            return ()
        length = len(measured.axis)
        rows = [np.broadcast_to(a, values.shape).reshape(-1, length) for a in (values, predicted, error)]
        named = np.arange(min(len(self.series), len(rows[0])))
        order = (named if len(named) else np.argsort(-np.ptp(rows[0], axis=1)))[:MAX_SERIES]
        keep = np.unique(np.linspace(0, length - 1, min(length, MAX_POINTS)).astype(int))

        def thinned(numbers: np.ndarray) -> tuple[float, ...]:
            return tuple(float(v) for v in np.asarray(numbers)[keep])

        return tuple(
            Curve(
                label=self.series[row] if row < len(self.series) else f"{self.quantity} {row + 1}",
                axis_label=self.axis,
                value_label=self.quantity,
                axis=thinned(measured.axis),
                theory=thinned(rows[1][row]),
                measured=thinned(rows[0][row]),
                error=thinned(rows[2][row]),
                style=self.style,
            )
            for row in sorted(order)
        )

    def planes(self, candidate: Candidate | None, measured: Measurement, context: Context) -> tuple[Plane, ...]:
        """The pictures of the measurement, where they are wanted."""
        if self.picture is None or candidate is None or not context.pictures:
            return ()
        return self.picture(candidate, measured)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Means with standard errors, their degrees of freedom, and the measurement that they belong to."""

    values: np.ndarray
    errors: np.ndarray
    freedom: int
    measured: Measurement


def two_stages(
    check: Simulation,
    candidate: Candidate | None,
    first: Sample,
    second: Callable[[], Sample],
    bias: np.ndarray,
    detail: str,
    context: Context,
) -> Evidence:
    """Compare means with the formula; a value counts against it only if it is off in both of two samples.

    `second` is called when the first sample has values that are off; `bias` is how far the exact mean may lie.
    """
    points, threshold = first.values.size, threshold_for(first.values.size, first.freedom, context.false_alarms)
    predicted = check.expected(candidate, first.measured)
    off, stages = off_in_both(check, candidate, first, second, bias, context, predicted)
    apart, scale = distance(first.values, predicted), scale_of(first.values)
    strain = np.maximum(apart - bias, 0) / np.maximum(first.errors, 1e-300)
    worst = int(np.argmax(strain))
    visible = (threshold + POWER) * first.errors + bias + ROUNDING * scale
    detail += f"; {threshold:.2f} standard errors allowed, stages run: {stages}"
    if off.any():
        detail += f"; {int(off.sum())} of {points} values are off, by up to {strain.flat[worst]:.3g} standard errors"
    return Evidence(
        check=check.name,
        kind=check.kind,
        verdict=Holds.REFUTED if off.any() else Holds.HOLDS,
        points=points,
        discrepancy=float(apart.flat[worst]) / scale,
        uncertainty=float(first.errors.flat[worst]) / scale,
        resolution=float(np.min(visible / np.maximum(np.abs(predicted), 1e-300))),
        seed=context.seed,
        detail=detail,
        curves=check.curves(first.measured, first.values, predicted, first.errors),
        planes=check.planes(candidate, first.measured, context),
    )


def off_in_both(
    check: Simulation,
    candidate: Candidate | None,
    first: Sample,
    second: Callable[[], Sample],
    bias: np.ndarray,
    context: Context,
    predicted: np.ndarray,
) -> tuple[np.ndarray, int]:
    """Which values are off in both samples, and how many samples were asked; `predicted` is for the first."""
    threshold = threshold_for(first.values.size, first.freedom, context.false_alarms)
    off = _off(first, predicted, bias, threshold)
    if not off.any():
        return off, 1
    again = second()
    return off & _off(again, check.expected(candidate, again.measured), bias, threshold), 2


def refuted(
    check: Simulation,
    candidate: Candidate,
    first: Sample,
    second: Callable[[], Sample],
    bias: np.ndarray,
    context: Context,
) -> bool:
    """Whether some value is off in both samples; the second is not drawn where the first is clear.

    With `context.first_sample_only` it is never drawn, and what is not clear counts as not refuted.
    """
    predicted = check.expected(candidate, first.measured)
    threshold = threshold_for(first.values.size, first.freedom, context.false_alarms)
    if _off(first, predicted, bias, CLEAR * threshold).any():
        return True
    if context.first_sample_only:
        return False
    return bool(off_in_both(check, candidate, first, second, bias, context, predicted)[0].any())


def _off(sample: Sample, predicted: np.ndarray, bias: np.ndarray, threshold: float) -> np.ndarray:
    allowed = bias + threshold * sample.errors + ROUNDING * scale_of(sample.values)
    return ~(distance(sample.values, predicted) <= allowed)


def distance(values: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Absolute differences; infinite where the formula predicts no finite number for a measured one."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(values - predicted)
    return np.where(np.isfinite(apart), apart, np.inf)


@functools.lru_cache(maxsize=256)
def threshold_for(points: int, freedom: int, false_alarms: float) -> float:
    """Two-sided Student-t threshold of one of two stages, so that all points together alarm with `false_alarms`."""
    from scipy import special

    return -float(special.stdtrit(freedom, np.sqrt(false_alarms / points) / 2))


def standard_errors(measured: Measurement, name: str) -> np.ndarray:
    """The standard errors of a measurement; raises ValueError, naming the check, if it has none."""
    if measured.errors is None:
        raise ValueError(f"{name}: the experiment gave no standard errors")
    return measured.errors


def sample_of(measured: Measurement, name: str) -> Sample:
    """The means of a measurement with replicas as a Sample."""
    errors = standard_errors(measured, name)
    return Sample(values=measured.values, errors=errors, freedom=measured.replicas - 1, measured=measured)
