"""Curvature at minima that were reached by training, and the learning rate at which descent fails.

The Hessian is exact and of all weights, the threshold is found by trying learning rates on a network pushed off its
minimum; the reference differentiates a chain of single weights numerically.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import stable_learning_rate
from numerics.deep_linear.stability import stability_threshold, top_curvature
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import fewest_layers
from verify.compile import Candidate
from verify.references.balls import (
    chain,
    numbers,
)

AT_REST = tuple((6, *((5, 8, 4, 7) * 4)[: depth - 1], 9) for depth in (2, 3, 5, 8, 16))
WIDE_AT_REST = tuple(tuple(5 * width for width in widths) for widths in AT_REST)
curvature = partial(top_curvature, singular_values=(1.7, 1.1, 0.8), initial=(1.2, 0.9, 0.7), courant=0.5)
threshold = partial(stability_threshold, singular_values=(1.7, 0.8), initial=(1.2, 0.7), courant=0.5)


def chain_at_rest(dps: int, point: Point) -> list:
    """Largest Hessian eigenvalue of (s - w_1 ... w_d)^2 / 2 at equal weights with product s, and the learning rate at
    which an update reverses a common change of the weights; both by numerical differentiation.
    """
    s, count = mpmath.mpf(point["s"]), point["N_l"] - 1
    weight = mpmath.root(s, count)

    def loss(*shifts: Any) -> Any:
        return (s - mpmath.fprod(weight + e for e in shifts) * weight ** (count - len(shifts))) ** 2 / 2

    # by symmetry of equal weights the Hessian has one diagonal entry and one off the diagonal
    diagonal = mpmath.diff(loss, 0, 2)
    mixed = mpmath.diff(loss, (0, 0), (1, 1)) if count > 1 else mpmath.mpf(0)
    hessian = mpmath.matrix(count, count)
    for i in range(count):
        for j in range(count):
            hessian[i, j] = diagonal if i == j else mixed

    def slope(rate: Any) -> Any:
        def update(w: Any) -> Any:
            return w + rate * (s - w**count) * w ** (count - 1)

        return mpmath.diff(update, weight)

    start = mpmath.mpf(1) / 10
    return [max(mpmath.eigsy(hessian, eigvals_only=True)), mpmath.findroot(lambda x: slope(x) + 1, (start, 2 * start))]


def predicted_top_curvature(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Largest eigenvalue of the Hessian, (networks,)."""
    return formula.numpy(N_l=measured.given["layers"], s=measured.given["singular_value"])[0]


def predicted_stability_threshold(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Largest stable learning rate, (networks,)."""
    return formula.numpy(N_l=measured.given["layers"], s=measured.given["singular_value"])[1]


def certified_curvature(bits: int, point: Point) -> list[Any]:
    """The trace of the Hessian of a chain at its minimum, where it has rank one, and the rate that it allows."""
    (s,) = numbers(point, "s")
    depth = point["N_l"] - 1
    largest = depth * chain(s, s, depth)[1]
    return [largest, 2 / largest]


CLAIM = Claim(
    statement=stable_learning_rate.STATEMENT,
    checks=(
        Certified(
            name="chain at rest in certified power series",
            reference=certified_curvature,
            against="the loss of a chain of equal weights at its minimum, differentiated twice as a power series",
            values=("h_max", "lambda_max"),
            points=({"s": "1.9", "N_l": 2}, {"s": "0.7", "N_l": 6}),
        ),
        Precision(
            name="chain at rest",
            reference=chain_at_rest,
            parameters=stable_learning_rate.STATEMENT.parameters,
            count=6,
            points=({"s": "1.9", "N_l": fewest_layers(stable_learning_rate.STATEMENT)},),
            against="Hessian and update of a chain of equal weights, differentiated numerically",
        ),
        Replicas(
            name="Hessian of trained networks",
            predict=predicted_top_curvature,
            replicas=3,
            full_replicas=5,
            quick=partial(curvature, networks=AT_REST, examples=24),
            full=partial(curvature, networks=WIDE_AT_REST, examples=100),
            axis="number of matrices N_l - 1",
            quantity="largest eigenvalue lambda_max",
            series=("Hessian",),
        ),
        Ladder(
            name="descent pushed off its minimum",
            predict=predicted_stability_threshold,
            order=2,
            steps=(0.004, 0.002, 0.001),
            quick=partial(threshold, networks=AT_REST[:3], examples=24),
            full=partial(threshold, networks=WIDE_AT_REST[:3], examples=100),
            axis="number of matrices N_l - 1",
            quantity="largest stable learning rate lambda",
            series=("threshold",),
        ),
    ),
    quantities=(r"h_{\max}", r"\lambda_{\max}"),
    convention="The learning rate multiplies the gradient of half the squared error summed over all examples; the "
    "step is the size of the push relative to the weights.",
    independence="The minimum is reached by training, the Hessian is exact and of all weights, and the threshold "
    "is found by trying learning rates.",
)
