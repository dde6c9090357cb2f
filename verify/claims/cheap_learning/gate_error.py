"""Error of a product that gates compute.

Trees of gates with given activations are run at a ladder of scales: a product of four random factors, and products of
ones by trees that are drawn. Two gates in a row are trained to multiply three numbers, from the construction; with a
neuron of each gate removed training does not make up for it.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from derivations.activations import SIGMOID, SIN, SOFTPLUS, TANH
from derivations.cheap_learning import gate_error
from numerics.cheap_learning.gate_networks import product_trees, trained_polynomials
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision, Rate, Trend
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, mpmath_function, numpy_function

POINTS = (
    {"phi": SIGMOID, "b": "1.3", "y_1": "0.7", "y_2": "0.43", "y_3": "-0.6", "y_4": "0.9", "d": 4},
    {"phi": TANH, "b": "-0.6", "y_1": "0.37", "y_2": "-1.21", "y_3": "0.83", "y_4": "0.51", "d": 7},
    {"phi": SOFTPLUS, "b": "0.3", "y_1": "-0.47", "y_2": "0.62", "y_3": "0.29", "y_4": "1.13", "d": 5},
)
NETWORKS = ((SIGMOID, 1.3), (TANH, -0.6), (SIN, 0.9))


def _curvature(activation: Any, bias: float) -> float:
    return float(numpy_function(activation, 2)(np.asarray(bias))) / 2


_TREES = functools.partial(
    product_trees,
    activations=[numpy_function(a) for a, _ in NETWORKS],
    biases=[b for _, b in NETWORKS],
    curvatures=[_curvature(a, b) for a, b in NETWORKS],
)
_TRAINED = functools.partial(
    trained_polynomials, activation=numpy_function(SIGMOID), bias=1.0, curvature=_curvature(SIGMOID, 1.0)
)


def _gate(point: Point, scale: Any, u: Any, v: Any) -> Any:
    """Output of four neurons; the curvature is a difference of a tiny step."""
    activation, b, tiny = mpmath_function(point["phi"]), mpmath.mpf(point["b"]), mpmath.mpf(10) ** (-mpmath.mp.dps // 4)
    curvature = (activation(b + tiny) + activation(b - tiny) - 2 * activation(b)) / tiny**2
    signs = ((1, 1, 1), (-1, -1, 1), (1, -1, -1), (-1, 1, -1))
    return mpmath.fsum(s * activation(b + scale * (p * u + q * v)) for p, q, s in signs) / (4 * curvature * scale**2)


def trees_of_gates(dps: int, point: Point) -> list[Any]:
    """Three gates on four factors, and the relative error of a chain of gates on ones, at the point's scale."""
    with mpmath.workdps(4 * dps):
        scale = mpmath.mpf(point["lamda"])
        y = [mpmath.mpf(point[f"y_{j}"]) for j in (1, 2, 3, 4)]
        product = _gate(point, scale, _gate(point, scale, y[0], y[1]), _gate(point, scale, y[2], y[3]))
        chain = mpmath.mpf(1)
        for _ in range(int(point["d"]) - 1):
            chain = _gate(point, scale, chain, mpmath.mpf(1))
        return [product, chain - 1]


def leading_orders(dps: int, point: Point) -> list[Any]:
    """What the trees give up to the square of the scale, from two tiny scales."""
    with mpmath.workdps(12 * dps):
        tiny = mpmath.mpf(10) ** -dps
        near, far = (trees_of_gates(3 * dps, {**point, "lamda": scale}) for scale in (tiny, 2 * tiny))
        scale = mpmath.mpf(point["lamda"])
        slopes = [(b - a) / (3 * tiny**2) for a, b in zip(near, far, strict=True)]
        limits = [a - slope * tiny**2 for a, slope in zip(near, slopes, strict=True)]
        return [limits[0] + slopes[0] * scale**2, slopes[1] * scale**2]


def outputs_of_trees(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Limit and slope of the product of four, and slopes of the products of ones, for each of `NETWORKS`."""
    factors, degrees = np.asarray(measured.given["factors"]), np.asarray(measured.given["degrees"])
    rows = []
    for (activation, b), y in zip(NETWORKS, factors, strict=True):
        letters = {f"y_{j + 1}": row for j, row in enumerate(y)}
        whole, half = (candidate.numpy(phi=activation, b=b, lamda=s, d=3, **letters)[0] for s in (0.4, 0.2))
        slope = (whole - half) / 0.12
        at_one = {f"y_{j}": 1.0 for j in (1, 2, 3, 4)}
        ones = candidate.numpy(phi=activation, b=b, lamda=0.4, d=degrees, **at_one)[1] / 0.16
        rows.append(np.concatenate([whole - 0.16 * slope, slope, ones]))
    return np.stack(rows)


CLAIM = Claim(
    statement=gate_error.STATEMENT,
    checks=(
        Precision(
            name="trees at a tiny scale",
            reference=leading_orders,
            points=tuple({**point, "lamda": "0.37"} for point in POINTS[:2]),
            digits=(15, 25),
            against="the neurons of trees of gates, expanded in the scale from two tiny scales",
        ),
        Rate(
            name="trees at scales over decades",
            exact=trees_of_gates,
            points=(POINTS[2], POINTS[0]),
            values=("1e-1", "1e-2", "1e-3", "1e-4"),
            digits=40,
            against="the outputs of trees of gates",
        ),
        Ladder(
            name="trees of gates run",
            predict=outputs_of_trees,
            quick=_TREES,
            full=functools.partial(_TREES, count=200, degrees=(2, 3, 4, 5, 7, 9, 12)),
            order=2,
            steps=(0.1, 0.05, 0.025, 0.0125),
            full_steps=(0.08, 0.04, 0.02, 0.01),
        ),
        Trend(
            name="two gates trained to multiply three numbers",
            quick=functools.partial(_TRAINED, neurons=4),
            control=functools.partial(_TRAINED, neurons=2),
            replicas=24,
            full_replicas=60,
        ),
    ),
    quantities=("m_4(lamda)", "e(lamda, d)"),
    convention="The relative error is the output over the product, less one; sigma_k are derivatives over k!.",
    independence="Networks that sum over their neurons, in trees that are drawn; training starts at two gates and is "
    "told products only.",
)
