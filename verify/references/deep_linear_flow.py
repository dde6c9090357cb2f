"""Deep linear learning over time, evaluated independently: passages, curves without a hidden layer, inflections."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate
from verify.references.deep_linear import columns, integrated


def _until(dps: int, start: tuple[Any, Any], s: Any, passed: Any) -> tuple[Any, Any]:
    """Time, and strengths of two layers, at which `passed` (of both strengths) becomes zero from below, over tau."""
    piece, time = 1 / (4 * s), mpmath.mpf(0)
    while True:
        after = integrated(dps, start, s, piece)
        if passed(*after) > 0:
            break
        start, time = after, time + piece
    ends = piece * mpmath.mpf(10) ** -dps, piece  # bracketed: a secant may leave the piece for negative times
    inside = mpmath.findroot(lambda d: passed(*integrated(dps, start, s, d)), ends, solver="anderson")
    return time + inside, integrated(dps, start, s, inside)


def time_to_strength(dps: int, point: Point) -> Any:
    """Time at which the product of two layers, integrated from sqrt(a_0), passes a_f."""
    s, a_0, a_f, tau = (mpmath.mpf(point[k]) for k in ("s", "a_0", "a_f", "tau"))
    time, _ = _until(dps, (mpmath.sqrt(a_0), mpmath.sqrt(a_0)), s, lambda w_1, w_2: w_1 * w_2 - a_f)
    return tau * time


def one_and_two_layers(dps: int, point: Point) -> list:
    """One weight that descends (s - w)^2 / 2, after time t; and the product of two weights where it bends."""
    t, s, a_0, tau = (mpmath.mpf(point[k]) for k in ("t", "s", "a_0", "tau"))
    weight, count = a_0, int(mpmath.ceil(4 * t / tau))
    for _ in range(count):
        series = [weight]
        for k in range(dps + 5):
            series.append(((s if k == 0 else 0) - series[k]) / (k + 1))
        weight = mpmath.polyval(series[::-1], t / tau / count)

    def rate(w_1: Any, w_2: Any) -> Any:
        return (w_1**2 + w_2**2) * (s - w_1 * w_2)

    def slowing(w_1: Any, w_2: Any) -> Any:
        down = w_2 * (s - w_1 * w_2), w_1 * (s - w_1 * w_2)
        return -mpmath.diff(lambda e: rate(w_1 + e * down[0], w_2 + e * down[1]), 0)

    _, (w_1, w_2) = _until(dps, (mpmath.sqrt(a_0), mpmath.sqrt(a_0)), s, slowing)
    return [weight, w_1 * w_2]


def passages(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times at which modes pass the levels, (modes, levels)."""
    s, start = columns(measured, "singular_value", "initial")
    return formula.numpy(s=s, a_0=start, a_f=s * measured.axis, tau=measured.given["tau"])


def shallow_curves(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Mode strengths of one matrix, (modes, times)."""
    s, start = columns(measured, "singular_values", "initial")
    curves = formula.numpy(t=measured.axis, s=s, a_0=start, tau=measured.given["tau"])[0]
    return np.broadcast_to(curves, measured.values.shape)


def inflections(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strength of each mode where its learning curve bends, (modes,)."""
    s, start = (np.asarray(measured.given[name]) for name in ("singular_values", "initial"))
    return np.broadcast_to(formula.numpy(t=1.3, s=s, a_0=start, tau=1.7)[1], measured.values.shape)


def pass_over_examples(dps: int, point: Point) -> list:
    """Mean change of w_11 and v_1 in one pass at fixed weights, over P examples that have the given correlations.

    Two examples carry the inputs (a Cholesky factor of their correlations); the others have outputs only.
    """
    g = {name: mpmath.mpf(value) for name, value in point.items()}
    low = mpmath.cholesky(mpmath.matrix([[g["Sigma_11"], g["Sigma_12"]], [g["Sigma_12"], g["Sigma_22"]]]))
    y = mpmath.lu_solve(low, mpmath.matrix([g["r_1"], g["r_2"]]))
    examples = [((low[0, k], low[1, k]), y[k]) for k in range(2)]
    examples += [((0, 0), mpmath.mpf(k) / 7) for k in range(int(point["P"]) - 2)]

    def loss(example: tuple, w_11: Any, v_1: Any) -> Any:
        (x_1, x_2), target = example
        output = v_1 * (w_11 * x_1 + g["w_12"] * x_2) + g["v_2"] * (g["w_21"] * x_1 + g["w_22"] * x_2)
        return (target - output) ** 2 / 2

    changes = []
    for order in ((1, 0), (0, 1)):
        slopes = [mpmath.diff(lambda w, v, e=e: loss(e, w, v), (g["w_11"], g["v_1"]), order) for e in examples]
        changes.append(-g["lambda_"] * mpmath.fsum(slopes) / len(examples))
    return changes


def changes_in_one_pass(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Change of all weights per presentation, over the learning rate, for each data set: (data sets, 6)."""
    g = {name: np.asarray(value, dtype=float) for name, value in measured.given.items()}
    first, second, inputs, cross = g["first"], g["second"], g["inputs"], g["cross"]
    rate = float(g["learning_rate"])

    def component(number: int, j: int, k: int) -> np.ndarray:
        """The statement with hidden neuron j and input k called 1."""
        i, n = 1 - j, 1 - k
        rates = formula.numpy(
            w_11=first[:, j, k], w_12=first[:, j, n], w_21=first[:, i, k], w_22=first[:, i, n], v_1=second[:, j],
            v_2=second[:, i], r_1=cross[:, k], r_2=cross[:, n], Sigma_11=inputs[:, k, k], Sigma_12=inputs[:, 0, 1],
            Sigma_22=inputs[:, n, n], P=g["examples"], lambda_=rate,
        )  # fmt: skip
        return np.broadcast_to(rates[number] / rate, len(second))

    columns = [component(0, j, k) for j in (0, 1) for k in (0, 1)] + [component(1, j, 0) for j in (0, 1)]
    return np.stack(columns, axis=1)
