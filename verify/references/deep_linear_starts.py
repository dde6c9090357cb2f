"""Independent evaluations and predictions for what the initial weights do to deep linear networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from scipy.interpolate import PchipInterpolator

from derivations.deep_linear import depth_n_mode
from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate, candidate
from verify.evidence import Curve
from verify.references import deep_linear as layers

STEADY, HALVINGS = 1e-9, 2
MIDPOINTS = (2, 4, 6, 8, 10, 12)  # substeps of the modified midpoint rule, whose error is even in the step


def _rotation(angle: Any) -> Any:
    return mpmath.matrix([[mpmath.cos(angle), -mpmath.sin(angle)], [mpmath.sin(angle), mpmath.cos(angle)]])


def _product(weights: list) -> Any:
    total = weights[0]
    for weight in weights[1:]:
        total = weight * total
    return total


def singular_value_in_motion(dps: int, point: Point) -> list:
    """Rate of the smaller singular value of a balanced 2 x 2 network, all derivatives numerical; and the smallest half
    squared distance of a singular matrix from a diagonal one, by alternating least squares.
    """
    sigma, m, s, tau = (mpmath.mpf(point[k]) for k in ("sigma", "m", "s", "tau"))
    count = point["N_l"] - 1
    size = mpmath.diag([mpmath.root(3 * sigma, count), mpmath.root(sigma, count)])
    frames = [_rotation(mpmath.mpf(3 * k + 1) / 7) for k in range(count + 1)]
    weights = [frames[k + 1] * size * frames[k].T for k in range(count)]
    target = frames[-1] * mpmath.matrix([[mpmath.mpf("0.7"), mpmath.mpf("-0.4")], [mpmath.mpf("1.1"), m]]) * frames[0].T

    def loss(layer: int, i: int, j: int, shift: Any) -> Any:
        moved = [w.copy() for w in weights]
        moved[layer][i, j] += shift
        gap = target - _product(moved)
        return sum(x**2 for x in gap) / 2

    down = []
    for layer in range(count):
        slopes = [[mpmath.diff(lambda e, k=layer, i=i, j=j: loss(k, i, j, e), 0) for j in (0, 1)] for i in (0, 1)]
        down.append(-mpmath.matrix(slopes) / tau)

    def smaller(shift: Any) -> Any:
        total = _product([w + shift * v for w, v in zip(weights, down, strict=True)])
        trace, det = sum(x**2 for x in total), total[0, 0] * total[1, 1] - total[0, 1] * total[1, 0]
        return mpmath.sqrt((trace - mpmath.sqrt(trace**2 - 4 * det**2)) / 2)

    return [mpmath.diff(smaller, 0), _distance_to_singular(3 * s, s) ** 2 / 2]


def _distance_to_singular(large: Any, small: Any) -> Any:
    """Distance of diag(large, small) from the nearest singular matrix x y^T, x and y in turn by least squares."""
    target, x = mpmath.diag([large, small]), mpmath.matrix([mpmath.mpf(3) / 5, mpmath.mpf(4) / 5])
    for _ in range(mpmath.mp.dps + 10):
        y = target.T * x / mpmath.norm(x) ** 2
        x = target * y / mpmath.norm(y) ** 2
    return mpmath.norm(mpmath.matrix(list(target - x * y.T)))


def singular_value_rates(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Rates of the singular values of the map, (networks, values)."""
    g = measured.given
    return formula.numpy(N_l=g["layers"], sigma=g["singular_value"], m=g["asked"], s=0.7, tau=g["tau"])[0]


def integrated(rate: Callable[[np.ndarray], np.ndarray], start: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Strengths (rows, times) that start at `start` (rows, 1) at time 0, moving at `rate`; Gragg's method along log."""

    def slope(value: np.ndarray) -> np.ndarray:
        strength = np.exp(value)
        return rate(strength) / strength

    with np.errstate(all="ignore"):
        return np.exp(stepped(slope, np.log(start), times))


def stepped(slope: Callable[[np.ndarray], np.ndarray], start: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Solution (rows, times) of an autonomous equation from `start` (rows, 1): extrapolated midpoint rule."""
    columns = [start]
    with np.errstate(all="ignore"):
        for step in np.diff(times):
            columns.append(_moved(slope, columns[-1], step, HALVINGS))
    return np.concatenate(columns, axis=1)


def _moved(slope: Callable[[np.ndarray], np.ndarray], start: np.ndarray, step: float, halvings: int) -> np.ndarray:
    """The solution a step later, in two halves where the last two extrapolations differ by more than STEADY."""
    counts = np.array(MIDPOINTS).reshape(-1, *[1] * start.ndim)  # all divisions of a step along a new first axis
    first, part = slope(start), step / counts
    before, after = np.broadcast_to(start, (len(counts), *start.shape)), start + part * first
    table: list[np.ndarray] = []
    for k in range(1, MIDPOINTS[-1] + 1):
        moved = slope(after)
        if k == MIDPOINTS[len(table)]:  # the coarsest of those left is through
            table.append((before[0] + after[0] + part[0] * moved[0]) / 2)
            before, after, part, moved = before[1:], after[1:], part[1:], moved[1:]
        before, after = after, before + 2 * part * moved
    for k in range(1, len(table)):
        last = table[-1]
        for j in range(len(table) - 1, k - 1, -1):
            ratio = (MIDPOINTS[j] / MIDPOINTS[j - k]) ** 2
            table[j] = table[j] + (table[j] - table[j - 1]) / (ratio - 1)
    if halvings and np.any(np.abs(table[-1] - last) > STEADY):
        return _moved(slope, _moved(slope, start, step / 2, halvings - 1), step / 2, halvings - 1)
    return table[-1]


def signed_curves(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strengths of decoupled modes over time, (networks and modes, times); a reversed mode is asked for -s."""
    assert measured.axis is not None
    number, s, start = (np.asarray(measured.given[k])[:, None] for k in ("layers", "singular_value", "initial"))
    asked, tau = s * np.sign(start), measured.given["tau"]
    return integrated(
        lambda a: formula.numpy(N_l=number, sigma=a, m=asked, s=0.7, tau=tau)[0], np.abs(start), measured.axis
    )


def remaining_loss(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Loss that cannot be learned from a start of the wrong sign, (networks,)."""
    rest = formula.numpy(N_l=4, sigma=1.3, m=0.6, s=measured.given["smallest"], tau=1.7)[1]
    return np.broadcast_to(rest, measured.values.shape)


def epochs_over_depth(label: str) -> Callable[[Measurement], tuple[Curve, ...]]:
    """Curves of epochs over the number of matrices, called `label` and as the start beside it; decoupled ones have a
    theory, the flow of their modes.
    """

    def curve(label: str, axis: np.ndarray, theory: np.ndarray, epochs: np.ndarray, errors: np.ndarray) -> Curve:
        return Curve(
            label=label, axis_label="number of matrices", value_label="epochs", axis=tuple(map(float, axis)),
            theory=tuple(map(float, theory)), measured=tuple(map(float, epochs)), error=tuple(map(float, errors)),
        )  # fmt: skip

    def curves(measured: Measurement) -> tuple[Curve, ...]:
        g: Any = measured.given
        theory = epochs_of_decoupled(g) if g["strength"] else np.full(len(g["depths"]), np.nan)
        drawn = [curve(label, g["depths"], theory, g["epochs"], g["deviation"])]
        if "beside_depths" in g:
            nothing = np.full(len(g["beside_depths"]), np.nan)
            drawn.append(curve("Glorot", g["beside_depths"], nothing, g["beside_epochs"], g["beside_deviation"]))
        return tuple(drawn)

    return curves


def epochs_of_decoupled(given: Any) -> np.ndarray:
    """Epochs that the flow of decoupled modes, all of the same initial strength, takes to the tolerance, on average."""
    rate, s = candidate(depth_n_mode.STATEMENT), np.asarray(given["singular_values"])
    depths, learning_rates = np.asarray(given["depths"]), np.asarray(given["rate"])
    asked = np.tile(s, (len(depths), 1))  # (depths and replicas, modes)
    number = np.repeat(depths + 1, s.size)[:, None]
    times = np.linspace(0, 8, 49)  # multiplied by the number of matrices, over tau

    def speed(a: np.ndarray) -> np.ndarray:
        return rate.numpy(N_l=number, a=a, s=asked.reshape(-1, 1), tau=1.0) / (number - 1)

    strengths = integrated(speed, np.full((asked.size, 1), given["strength"]), times).reshape(*asked.shape, -1)
    levels = np.log(np.sum((strengths - asked[..., None]) ** 2, axis=1) / np.sum(asked**2, axis=1)[:, None])
    passed = np.array([PchipInterpolator(-row, times)(-np.log(given["tolerance"])) for row in levels])
    return passed.reshape(len(depths), -1).mean(axis=1) / learning_rates


def pretraining_in_motion(dps: int, point: Point) -> list:
    """Strength in an autoencoder, its two equal weights integrated; and rate of the product of two layers with
    imbalance -1 that descend the error on one input of variance Lambda, differentiated numerically.
    """
    t, variance, a_0, s, tau = (mpmath.mpf(point[k]) for k in ("t", "Lambda", "a_0", "s", "tau"))
    begin = mpmath.sqrt(a_0)
    w_1, w_2 = layers.integrated(dps, (begin, begin), mpmath.mpf(1), 2 * variance * t / tau)
    start = layers.layer_strengths({**point, "c_0": -1})
    x, y = mpmath.sqrt(variance), s / mpmath.sqrt(variance)

    def loss(first: Any, last: Any) -> Any:
        return (y - last * first * x) ** 2 / 2

    down = [-mpmath.diff(loss, start, order) / tau for order in ((1, 0), (0, 1))]
    return [w_1 * w_2, mpmath.diff(lambda e: (start[0] + e * down[0]) * (start[1] + e * down[1]), 0)]


def autoencoder_curves(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strengths of the components over time, (components, times)."""
    values, start = (np.asarray(measured.given[k])[:, None] for k in ("eigenvalues", "initial"))
    time = measured.axis
    return formula.numpy(t=time, Lambda=values, a_0=start, s=1.3, a=0.6, tau=measured.given["tau"])[0]


def learning_after_pretraining(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strengths of the modes over time, from zero, (modes, times)."""
    assert measured.axis is not None
    values, s = (np.asarray(measured.given[k])[:, None] for k in ("eigenvalues", "singular_values"))
    tau = measured.given["tau"]

    def slope(a: np.ndarray) -> np.ndarray:
        return formula.numpy(t=0.4, Lambda=values, a_0=0.3, s=s, a=a, tau=tau)[1]

    return stepped(slope, np.zeros_like(s), measured.axis)
