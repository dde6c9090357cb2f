"""Importances gathered in training, against curvatures of the data.

Regressions on correlated inputs descend from starts in all directions, and gradient times change is summed; the
formula is given mean squares of the inputs, or both principal curvatures. At high precision the sums over steps are
done one by one.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.learning_and_memory import synaptic_importance
from numerics.learning_and_memory.importances import by_curvature, of_two_weights
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

PARTS = (0.05, 0.3, 0.65)  # of the largest stable learning rate
ANY: dict[str, Any] = {"c_k": 0.3, "h_a": 0.7, "h_b": 1.3, "epsilon": 0.2}


def path_of_a_weight(dps: int, point: Point) -> list:
    """Mean square of the gradient integrated over time for two directions, and summed over steps one by one.

    For the flow the weight has the share c_k in a direction of curvature h_1, and the rest in one that gives it H_kk.
    """
    sigma, own, share, h_1, h_2, rate = (
        mpmath.mpf(point[name]) for name in ("sigma_0", "H_kk", "c_k", "h_a", "h_b", "epsilon")
    )
    low = own / 2
    other = (own - share * low) / (1 - share)
    parts = ((share, low), (1 - share, other))
    flow = mpmath.quad(
        lambda t: mpmath.fsum(part * (sigma * h) ** 2 * mpmath.exp(-2 * h * t) for part, h in parts),
        [0, 1 / own, 4 / own, 16 / own, mpmath.inf],
    )
    steps = mpmath.mpf(0)
    for part, h in ((share, h_1), (1 - share, h_2)):
        square = sigma**2
        while square > mpmath.mpf(10) ** (-dps - 5):
            steps += part * rate * h**2 * square
            square *= (1 - rate * h) ** 2
    return [flow, steps]


def own_curvatures(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Importances of all weights, (weights,)."""
    given: Any = measured.given
    return np.asarray(candidate.numpy(sigma_0=given["spread"], H_kk=given["squares"], **ANY)[0])


def by_rate(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Importance of the first of two weights, (1, rates)."""
    given: Any = measured.given
    (h_1, h_2), share = given["curvatures"], given["share"]
    known = {"sigma_0": given["spread"], "H_kk": 1.0, "h_a": h_1, "h_b": h_2, "c_k": share}
    return np.asarray(candidate.numpy(epsilon=measured.axis, **known)[1])[None]


CLAIM = Claim(
    statement=synaptic_importance.STATEMENT,
    checks=(
        Precision(
            name="path of a weight",
            reference=path_of_a_weight,
            points=(
                {"sigma_0": "0.7", "H_kk": "1.3", "c_k": "0.3", "h_a": "0.6", "h_b": "2.1", "epsilon": "0.37"},
                {"sigma_0": "1.6", "H_kk": "0.8", "c_k": "0.8", "h_a": "2.3", "h_b": "1.2", "epsilon": "0.24"},
            ),
            digits=(15, 25),
            against="squares of the gradient, integrated over time, and summed over steps",
        ),
        Ladder(
            name="weights of a regression",
            predict=own_curvatures,
            steps=(0.16, 0.08, 0.04, 0.02),
            full_steps=(0.08, 0.04, 0.02, 0.01),
            quick=partial(by_curvature, scales=(1.3, 1.1, 0.9, 0.8, 0.7), examples=40, spread=0.8),
            full=partial(by_curvature, scales=tuple(np.linspace(1.4, 0.6, 30)), examples=300, spread=0.8),
            axis="number of the weight",
            quantity="importance",
            style="stem",
        ),
        Replicas(
            name="two weights from Gaussian starts",
            predict=by_rate,
            quick=partial(of_two_weights, parts=PARTS, examples=30, spread=1.4, samples=900),
            replicas=30,
            full_replicas=300,
            axis="learning rate epsilon",
            quantity="importance of the first weight",
        ),
    ),
    quantities=("omega_flow", "omega_step"),
    convention="The loss is half the mean squared error; importances are sums of minus gradient times change.",
    independence="Regressions are trained step by step and importances summed along their paths; starts are spread "
    "alike in all directions, as the claim takes them.",
)
