"""What checks against experiments share: predictions, statistics with a budget, curves for the plots.

Discrepancy and uncertainty are fractions of the largest value; the resolution is relative at every point (`resolved`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Comparing, Comparison, Context, evaluated, resolved, scale_of
from verify.checks.draws import both
from verify.compile import Candidate, CandidateError
from verify.evidence import Curve, Holds, Plane

Experiment = Callable[..., Measurement]
Predict = Callable[[Candidate, Measurement], np.ndarray]
Picture = Callable[[Candidate, Measurement], tuple[Plane, ...]]
POWER = 3.09  # standard normal quantile 0.999: a deviation this far above the threshold is seen with that probability
ROUNDING = 1e-12  # relative error of long sums in float64
MAX_SERIES, MAX_POINTS = 4, 60
AGAIN = "the second sample is the first again: the experiment does not draw from its stream"


@dataclass(frozen=True, kw_only=True)
class Simulation(Comparing):
    """What all simulation checks with a formula share.

    predict   (candidate, measurement) -> what the formula says of `measurement.values`, same shape; it turns units of
              theory into units of the simulation and sees of the experiment only what was given
    quick     experiment with the sizes of the quick profile bound (functools.partial); called with `stream`, `device`
              and the keyword of the check; `full` likewise for the full profile
    axis, quantity   labels of the plot; `series` are the names of the rows of the values; `style` as of `Curve`
    picture   what else to draw of the measurement: maps, trees
    coarse, alike   as of `Comparing`
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
    coarse: str = ""
    alike: str = ""

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

        alone = len(rows[0]) == 1
        return tuple(
            Curve(
                label=self.series[row] if row < len(self.series) else self.quantity + ("" if alone else f" {row + 1}"),
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


def scattered(*samples: Sample) -> bool:
    """Whether any value of the samples has an error."""
    return any(np.any(sample.errors > 0) for sample in samples)


def repeated(first: Sample, second: Sample) -> bool:
    """Whether a second sample of values that scatter is the first one again: recorded data, or a seed of one's own."""
    same = np.array_equal(first.values, second.values) and np.array_equal(first.errors, second.errors)
    return same and scattered(first)


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A comparison of means with a formula: which values are off, by how many samples, and how far they may lie."""

    candidate: Candidate
    predicted: np.ndarray
    off: np.ndarray
    stages: int
    bias: np.ndarray


def enough(name: str, *replicas: int | None) -> None:
    """Raise ValueError, when a check is made, for numbers of replicas without a standard error; None is no number."""
    few = [count for count in replicas if count is not None and count < 2]
    if few:
        raise ValueError(f"{name}: {few[0]} replicas have no standard error; take two at least")


class TwoStages(Simulation):
    """Compares means with the formula; a value counts against it if it is far off in one sample, or off in both of two.

    Each of the two ways may spend half of the budget of false alarms. The second sample is drawn only in doubt, and
    never with `context.first_sample_only`: then what is in doubt is undecided, as it is where the second is the first.
    """

    def samples(self, prepared: Any, context: Context) -> tuple[Sample, Callable[[], Sample]]:
        """The first sample, and a function that draws the second."""
        raise NotImplementedError

    def allowance(self, candidate: Candidate, measured: Measurement) -> np.ndarray:
        """How far the exact means may lie from the formula."""
        return np.asarray(0.0)

    def scatters(self, prepared: Any) -> bool:
        """Whether any value of the first sample has an error."""
        return scattered(prepared[1])

    def compare(self, candidate: Candidate | None, prepared: Any, context: Context) -> Iterator[Comparison]:
        """All means at once, in one sample or in two."""
        assert candidate is not None
        first, second = self.samples(prepared, context)
        staged, crash = evaluated(lambda: self._stages(candidate, first, second, context))
        if crash is not None:
            yield crash
        elif staged is None:
            yield Comparison(verdict=Holds.UNDECIDED, points=first.values.size)
        else:
            verdict = Holds.REFUTED if staged.off.any() else Holds.HOLDS
            yield Comparison(verdict=verdict, points=first.values.size, found=staged)

    def _stages(
        self, candidate: Candidate, first: Sample, second: Callable[[], Sample], context: Context
    ) -> Staged | None:
        """Which values are off; None if that is in doubt and there is no second sample."""
        clear, threshold = (limit(first, context) for limit in (alone, twice))
        predicted, bias = self.expected(candidate, first.measured), self._bias(candidate, first.measured)
        found = functools.partial(Staged, candidate=candidate, predicted=predicted, bias=bias)
        off = _off(first, predicted, bias, threshold)
        if not off.any() or _off(first, predicted, bias, clear).any():
            return found(off=off, stages=1)
        if context.first_sample_only:
            return None
        again = second()
        if repeated(first, again):
            return None
        return found(off=off & _off(again, self.expected(candidate, again.measured), bias, threshold), stages=2)

    def _bias(self, candidate: Candidate, measured: Measurement) -> np.ndarray:
        bias = np.asarray(self.allowance(candidate, measured), dtype=float)
        if not np.all(np.isfinite(bias) & (bias >= 0)):
            raise CandidateError(f"{self.name}: a bias that is negative or no number")
        return bias

    def describe(self, found: list[Comparison], prepared: Any, context: Context) -> dict[str, Any]:
        """Distance, standard error and resolution, in units of the largest mean."""
        first, staged = self.samples(prepared, context)[0], found[0].found
        if staged is None:
            about = {"seed": context.seed, "setting": self.caption(first, context)}
            return {**about, "detail": f"{self.setting(None, first, context)}; in doubt, and {AGAIN}"}
        points, threshold = first.values.size, twice(first, context)
        apart, scale = distance(first.values, staged.predicted), scale_of(first.values)
        strain = np.maximum(apart - staged.bias, 0) / np.maximum(first.errors, 1e-300)
        worst = int(np.argmax(strain))
        visible = (threshold + POWER) * first.errors + staged.bias + ROUNDING * scale
        detail = f"{self.setting(staged, first, context)}; {threshold:.2f} standard errors allowed"
        detail += f", stages run: {staged.stages}"
        if staged.off.any():
            count = int(staged.off.sum())
            far = f"{strain.flat[worst]:.3g} standard errors"
            if first.errors.flat[worst] <= ROUNDING * scale:
                far = f"{apart.flat[worst] / scale:.2g} of the largest, and the replicas do not scatter"
            detail += f"; {count} of {points} values are off, by up to {far}"
            detail += place_of(first.measured, worst, self.axis)
            detail += both(staged.predicted.flat[worst], first.values.flat[worst], "measured")
        return {
            "discrepancy": float(apart.flat[worst]) / scale,
            "uncertainty": float(first.errors.flat[worst]) / scale,
            **resolved(visible, staged.predicted, along_axis=first.measured.axis is not None),
            "seed": context.seed,
            "detail": detail,
            "setting": self.caption(first, context),
            "curves": self.curves(first.measured, first.values, staged.predicted, first.errors),
            "planes": self.planes(staged.candidate, first.measured, context),
        }

    def setting(self, staged: Staged | None, first: Sample, context: Context) -> str:
        """What was run, in words."""
        raise NotImplementedError

    def caption(self, first: Sample, context: Context) -> str:
        """What was run, for a caption."""
        return captioned(f"{first.measured.replicas} replicas", first.measured)


def _off(sample: Sample, predicted: np.ndarray, bias: np.ndarray, threshold: float) -> np.ndarray:
    allowed = bias + threshold * sample.errors + ROUNDING * scale_of(sample.values)
    return ~(distance(sample.values, predicted) <= allowed)


def captioned(text: str, measured: Measurement, *told: float) -> str:
    """A caption with what else limits the accuracy of a measurement, beside the numbers that it tells already."""
    others = {name: value for name, value in measured.resolution.items() if not np.any(np.isclose(value, told))}
    words = [f"{name.replace('_', ' ')} {float(value):.6g}" for name, value in others.items()]
    return ", ".join([text, *words])


def place_of(measured: Measurement, worst: int, axis: str) -> str:
    """Where on the axis a value was measured, between what is said of it and the value."""
    if measured.axis is None:
        return ": "
    place = measured.axis[worst % len(measured.axis)]
    return f" at {axis or 'axis'} = {place:.6g}: "


def distance(values: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Absolute differences; infinite where the formula predicts no finite number for a measured one."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(values - predicted)
    return np.where(np.isfinite(apart), apart, np.inf)


def alone(sample: Sample, context: Context) -> float:
    """The standard errors by which no value of one sample is off, but for half of the false alarms."""
    return threshold_for(sample.values.size, sample.freedom, context.false_alarms / 2, 1)


def twice(sample: Sample, context: Context) -> float:
    """The standard errors by which no value is off in both of two samples, but for half of the false alarms."""
    return threshold_for(sample.values.size, sample.freedom, context.false_alarms / 2, 2)


@functools.lru_cache(maxsize=256)
def threshold_for(points: int, freedom: int, false_alarms: float, stages: int) -> float:
    """Two-sided Student-t threshold, so that all points together are off in every stage with `false_alarms`."""
    from scipy import special

    return -float(special.stdtrit(freedom, (false_alarms / points) ** (1 / stages) / 2))


def returned(measured: Measurement, name: str) -> Measurement:
    """What an experiment returned; raises TypeError, naming the check, if that is no Measurement."""
    if not isinstance(measured, Measurement):
        kind = type(measured).__name__
        raise TypeError(f"{name}: the experiment returns {kind}, not a Measurement, such as from_replicas(samples)")
    return measured


def standard_errors(measured: Measurement, name: str) -> np.ndarray:
    """The standard errors of a measurement; raises ValueError, naming the check, if it has none."""
    measured = returned(measured, name)
    if measured.errors is None:
        raise ValueError(f"{name}: the experiment gave no standard errors")
    return measured.errors


def sample_of(measured: Measurement, name: str) -> Sample:
    """The means of a measurement with replicas as a Sample."""
    errors = standard_errors(measured, name)
    return Sample(values=measured.values, errors=errors, freedom=measured.replicas - 1, measured=measured)
