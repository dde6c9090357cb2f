"""Simulation checks: a formula against experiments that know nothing of it.

`Ladder` removes a discretization error of known order by extrapolation; `Replicas` compares means of independent
replicas in two stages under a budget of false alarms; `FiniteSize` extrapolates in the width. Discrepancy,
uncertainty and resolution are relative: the resolution is the smallest common relative change of the predicted values
that the check would have noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from verify.checks.base import Context, scale_of
from verify.compile import Candidate
from verify.evidence import Curve, Evidence, Holds

Experiment = Callable[..., Measurement]
Predict = Callable[[Candidate, Measurement], np.ndarray]
POWER = 3.09  # standard normal quantile 0.999: a deviation this far above the threshold is seen with that probability
MAX_SERIES, MAX_POINTS = 4, 60


@dataclass(frozen=True, kw_only=True)
class _Simulation:
    """What all simulation checks share.

    predict   (candidate, measurement) -> what the formula says of `measurement.values`, same shape; it turns units of
              theory into units of the simulation and sees of the experiment only what was given
    quick     experiment with the sizes of the quick profile bound (functools.partial); called with `stream`, `device`
              and the keyword of the check; `full` likewise for the full profile
    axis, quantity   labels of the plot; `series` are the names of the rows of the values
    """

    name: str
    predict: Predict
    quick: Experiment
    full: Experiment | None = None
    axis: str = ""
    quantity: str = ""
    series: tuple[str, ...] = ()
    kind: str = "simulation"

    def experiment(self, context: Context) -> Experiment:
        return self.full if context.profile == "full" and self.full is not None else self.quick

    def expected(self, candidate: Candidate | None, measured: Measurement) -> np.ndarray:
        assert candidate is not None
        predicted = np.asarray(self.predict(candidate, measured), dtype=float)
        if predicted.shape != measured.values.shape:
            raise ValueError(f"{self.name}: predicted {predicted.shape}, measured {measured.values.shape}")
        return predicted

    def curves(self, measured: Measurement, values: np.ndarray, predicted: np.ndarray, error: np.ndarray) -> tuple[Curve, ...]:
        """Up to MAX_SERIES rows of the comparison, those that vary most, thinned to MAX_POINTS points."""
        if measured.axis is None:
            return ()
        length = len(measured.axis)
        rows = [np.broadcast_to(a, values.shape).reshape(-1, length) for a in (values, predicted, error)]
        order = np.argsort(-np.ptp(rows[0], axis=1), kind="stable")[:MAX_SERIES]
        keep = np.unique(np.linspace(0, length - 1, min(length, MAX_POINTS)).astype(int))
        curves = []
        for row in sorted(order):
            label = self.series[row] if row < len(self.series) else f"{self.quantity} {row + 1}"
            axis, value, theory, bar = (np.asarray(a)[keep] for a in (measured.axis, rows[0][row], rows[1][row], rows[2][row]))
            curves.append(
                Curve(
                    label=label, axis_label=self.axis, value_label=self.quantity, axis=tuple(map(float, axis)),
                    theory=tuple(map(float, theory)), measured=tuple(map(float, value)), error=tuple(map(float, bar)),
                )  # fmt: skip
            )
        return tuple(curves)


@dataclass(frozen=True, kw_only=True)
class Ladder(_Simulation):
    """A deterministic experiment at decreasing steps, extrapolated to step zero.

    The experiment takes `step`; all rungs share one stream, hence one initial state. `order` is the known order of
    its error, which the rungs must show (within `order_slack`), or the check is undecided.
    """

    steps: tuple[float, ...]
    full_steps: tuple[float, ...] | None = None
    order: int = 1
    order_slack: float = 0.15
    safety: float = 3.0
    stochastic: bool = False

    def prepare(self, context: Context) -> dict[str, Any]:
        steps = self.full_steps if context.profile == "full" and self.full_steps else self.steps
        run, stream = self.experiment(context), context.stream(self.name)
        rungs = [run(step=h, stream=stream, device=context.device) for h in steps]
        ratio = steps[0] / steps[1]
        if len(steps) < 3 or not np.allclose([a / b for a, b in zip(steps, steps[1:], strict=False)], ratio):
            raise ValueError(f"{self.name}: a ladder needs at least three steps in constant ratio")
        table = [rung.values for rung in rungs]
        gaps = [float(np.max(np.abs(a - b))) for a, b in zip(table, table[1:], strict=False)]
        seen = float(np.log(gaps[-2] / gaps[-1]) / np.log(ratio)) if gaps[-1] > 0 else float("inf")
        power = self.order
        previous = table
        while len(table) > 1:  # Richardson: remove one power of the step at a time
            factor = ratio**power
            previous, table = table, [(factor * b - a) / (factor - 1) for a, b in zip(table, table[1:], strict=False)]
            power += 1
        error = float(np.max(np.abs(table[0] - previous[-1])))
        return {"measured": rungs[-1], "values": table[0], "error": error, "order": seen, "steps": steps}

    def judge(self, candidate: Candidate | None, prepared: dict[str, Any], context: Context) -> Evidence:
        measured, values = prepared["measured"], prepared["values"]
        predicted = self.expected(candidate, measured)
        scale = scale_of(values)
        apart = float(np.max(np.abs(values - predicted))) / scale
        floor = 1e-12  # rounding of a long float64 run
        uncertain = max(prepared["error"] / scale, floor)
        asymptotic = abs(prepared["order"] - self.order) <= self.order_slack
        verdict = Holds.UNDECIDED if not asymptotic else Holds.HOLDS if apart <= self.safety * uncertain else Holds.REFUTED
        detail = (
            f"steps {', '.join(f'{h:g}' for h in prepared['steps'])} extrapolated to 0; "
            f"observed order {prepared['order']:.3f}, expected {self.order}"
        )
        if verdict is Holds.REFUTED:
            detail += f"; off by {apart / uncertain:.3g} times the uncertainty"
        return Evidence(
            check=self.name, kind=self.kind, verdict=verdict, points=values.size, discrepancy=apart, uncertainty=uncertain,
            resolution=self.safety * uncertain, seed=context.seed, detail=detail,
            curves=self.curves(measured, values, predicted, np.full(values.shape, prepared["error"])),
        )  # fmt: skip


def no_bias(candidate: Candidate, measured: Measurement) -> float:
    return 0.0


@dataclass(frozen=True, kw_only=True)
class Replicas(_Simulation):
    """Means over independent replicas, judged in two stages.

    A point counts against the formula only if it is off in both of two measurements with independent streams. `bias`
    declares how far the exact mean may lie from the formula: (candidate, measurement) -> number or array; it is part of
    the claim (a finite width, a finite step), never tuned, and `bias_note` says where it comes from.
    """

    replicas: int
    full_replicas: int | None = None
    bias: Callable[[Candidate, Measurement], Any] = no_bias
    bias_note: str = ""
    stochastic: bool = True

    def prepare(self, context: Context) -> dict[int, Measurement]:
        return {1: self._measure(context, 1)}

    def _measure(self, context: Context, stage: int) -> Measurement:
        count = self.full_replicas if context.profile == "full" and self.full_replicas else self.replicas
        stream = context.stream(self.name, stage)
        measured = self.experiment(context)(replicas=count, stream=stream, device=context.device)
        if measured.errors is None:
            raise ValueError(f"{self.name}: the experiment gave no standard errors")
        return measured

    def judge(self, candidate: Candidate | None, prepared: dict[int, Measurement], context: Context) -> Evidence:
        first = prepared[1]
        predicted = self.expected(candidate, first)
        bias = np.asarray(self.bias(candidate, first))  # type: ignore[arg-type]
        off, threshold = exceeds(first.values, first.errors, predicted, bias, first.replicas - 1, context.false_alarms)
        stages = 1
        if off.any():
            if 2 not in prepared:
                prepared[2] = self._measure(context, 2)
            second = prepared[2]
            again, _ = exceeds(second.values, second.errors, self.expected(candidate, second), bias, second.replicas - 1, context.false_alarms)
            off, stages = off & again, 2
        note = f"; bias up to {float(np.max(bias)):.2g} allowed: {self.bias_note}" if np.any(bias > 0) else ""
        detail = f"{first.replicas} replicas, {threshold:.2f} standard errors allowed, stages run: {stages}{note}"
        return _judged(self, first, first.values, first.errors, predicted, bias, off, threshold, detail, context)


@dataclass(frozen=True, kw_only=True)
class FiniteSize(_Simulation):
    """Means at several widths, fitted by value + c / width (+ c' / width^2 ...) and compared at infinite width.

    sizes      pairs (width, replicas); the experiment takes `width` and `replicas`. The fit must describe the ladder
               (chi-square), or the check is undecided.
    size_name  what the width is, in words: any number that makes the formula exact as it grows
    """

    sizes: tuple[tuple[int, int], ...]
    full_sizes: tuple[tuple[int, int], ...] | None = None
    terms: int = 1
    size_name: str = "width"
    stochastic: bool = True

    def prepare(self, context: Context) -> dict[int, dict[str, Any]]:
        return {1: self._measure(context, 1)}

    def _measure(self, context: Context, stage: int) -> dict[str, Any]:
        sizes = self.full_sizes if context.profile == "full" and self.full_sizes else self.sizes
        if len(sizes) < self.terms + 2:
            raise ValueError(f"{self.name}: {self.terms} correction terms need at least {self.terms + 2} widths")
        run, stream = self.experiment(context), context.stream(self.name, stage)
        rungs = [run(width=n, replicas=r, stream=stream.child(n), device=context.device) for n, r in sizes]
        design = np.array([[float(n) ** -k for k in range(self.terms + 1)] for n, _ in sizes])
        values = np.stack([m.values for m in rungs]).reshape(len(sizes), -1)
        errors = np.stack([m.errors for m in rungs]).reshape(len(sizes), -1)
        limit, limit_error, misfit = np.empty(values.shape[1]), np.empty(values.shape[1]), np.empty(values.shape[1])
        for k in range(values.shape[1]):
            weighted = design / errors[:, k, None]
            covariance = np.linalg.inv(weighted.T @ weighted)
            fit = covariance @ weighted.T @ (values[:, k] / errors[:, k])
            limit[k], limit_error[k] = fit[0], np.sqrt(covariance[0, 0])
            misfit[k] = np.sum(((values[:, k] - design @ fit) / errors[:, k]) ** 2)
        shape = rungs[-1].values.shape
        freedom = min(r for _, r in sizes) - 1
        return {
            "measured": rungs[-1], "values": limit.reshape(shape), "errors": limit_error.reshape(shape),
            "misfit": misfit, "freedom": freedom, "sizes": sizes,
        }  # fmt: skip

    def judge(self, candidate: Candidate | None, prepared: dict[int, dict[str, Any]], context: Context) -> Evidence:
        from scipy import stats

        first = prepared[1]
        predicted = self.expected(candidate, first["measured"])
        zero = np.asarray(0.0)
        off, threshold = exceeds(first["values"], first["errors"], predicted, zero, first["freedom"], context.false_alarms)
        stages = 1
        if off.any():
            if 2 not in prepared:
                prepared[2] = self._measure(context, 2)
            second = prepared[2]
            expected = self.expected(candidate, second["measured"])
            again, _ = exceeds(second["values"], second["errors"], expected, zero, second["freedom"], context.false_alarms)
            off, stages = off & again, 2
        dof = len(first["sizes"]) - self.terms - 1
        quality = float(stats.chi2.sf(np.max(first["misfit"]), dof)) * first["misfit"].size
        widths = ", ".join(str(n) for n, _ in first["sizes"])
        powers = "the first power" if self.terms == 1 else f"{self.terms} powers"
        detail = (
            f"{self.size_name} {widths}, extrapolated to infinity with {powers} of its inverse; "
            f"{threshold:.2f} standard errors allowed, stages run: {stages}"
        )
        evidence = _judged(self, first["measured"], first["values"], first["errors"], predicted, zero, off, threshold, detail, context)
        if quality < context.false_alarms:
            from dataclasses import replace

            return replace(evidence, verdict=Holds.UNDECIDED, detail=detail + "; the ladder does not follow its declared powers")
        return evidence


@dataclass(frozen=True, kw_only=True)
class Trend:
    """An Observation: `quick` measures quantities that must all be positive, `control` must fail to show it.

    Both take `replicas`, `stream` and `device`. Positive means above zero by the threshold of the budget.
    """

    name: str
    quick: Experiment
    control: Experiment
    replicas: int
    full: Experiment | None = None
    kind: str = "simulation"
    stochastic: bool = True
    labels: tuple[str, ...] = field(default=())

    def prepare(self, context: Context) -> tuple[Measurement, Measurement]:
        run = self.full if context.profile == "full" and self.full is not None else self.quick
        shown = run(replicas=self.replicas, stream=context.stream(self.name), device=context.device)
        control = self.control(replicas=self.replicas, stream=context.stream(self.name + " control"), device=context.device)
        return shown, control

    def judge(self, candidate: Candidate | None, prepared: tuple[Measurement, Measurement], context: Context) -> Evidence:
        shown, control = prepared
        limits = [threshold_for(m.values.size, m.replicas - 1, context.false_alarms) for m in prepared]
        clear = [m.values - limit * m.errors > 0 for m, limit in zip(prepared, limits, strict=True)]
        below = np.any(shown.values + limits[0] * shown.errors < 0)
        if clear[0].all() and not clear[1].all():
            verdict, note = Holds.HOLDS, "shown, and not by the control"
        elif below:
            verdict, note = Holds.REFUTED, "a quantity is negative"
        else:
            verdict, note = Holds.UNDECIDED, "the control shows it too" if clear[0].all() else "not clear of zero"
        scale = scale_of(shown.values)
        return Evidence(
            check=self.name, kind=self.kind, verdict=verdict, points=shown.values.size,
            discrepancy=float(np.min(shown.values)) / scale, uncertainty=float(np.max(shown.errors)) / scale,
            resolution=float(np.max(limits[0] * shown.errors)) / scale, seed=context.seed, detail=f"{shown.replicas} replicas: {note}",
        )  # fmt: skip


def threshold_for(points: int, freedom: int, false_alarms: float) -> float:
    """Two-sided Student-t threshold of one of two stages, so that all points together alarm with `false_alarms`."""
    from scipy import stats

    return float(stats.t.isf(np.sqrt(false_alarms / points) / 2, freedom))


def exceeds(values, errors, predicted, bias, freedom: int, false_alarms: float) -> tuple[np.ndarray, float]:
    """Which points deviate by more than the bias and the threshold, and the threshold in standard errors."""
    threshold = threshold_for(values.size, freedom, false_alarms)
    rounding = 1e-12 * scale_of(values)
    return np.abs(values - predicted) > bias + threshold * errors + rounding, threshold


def _judged(check, measured, values, errors, predicted, bias, off, threshold, detail, context) -> Evidence:
    scale = scale_of(values)
    apart = np.abs(values - predicted)
    strain = np.maximum(apart - bias, 0) / np.maximum(errors, 1e-300)
    worst = int(np.argmax(strain))
    if off.any():
        detail += f"; {int(off.sum())} of {off.size} values are off, by up to {strain.flat[worst]:.3g} standard errors"
    visible = ((threshold + POWER) * errors + bias) / np.maximum(np.abs(predicted), 1e-300)
    return Evidence(
        check=check.name, kind=check.kind, verdict=Holds.REFUTED if off.any() else Holds.HOLDS, points=values.size,
        discrepancy=float(apart.flat[worst]) / scale, uncertainty=float(errors.flat[worst]) / scale,
        resolution=float(np.min(visible)), seed=context.seed, detail=detail,
        curves=check.curves(measured, values, predicted, errors),
    )  # fmt: skip
