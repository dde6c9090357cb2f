"""Two layers of a mode in motion, their imbalance and the rate of their product.

The formula has the mode strength and a constant; the references move both layers as numbers of their own, by Taylor
series or by descent on examples, and form the difference of squares and the product afterwards.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.deep_linear import balancedness
from numerics.deep_linear.learning_curves import imbalance
from numerics.deep_linear.passage_times import descent_times
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import CONVENTION, FULL_STEPS, SINGULAR_VALUES, STEPS, TRAINED
from verify.compile import Candidate
from verify.references.balls import (
    numbers,
    slope,
)
from verify.references.layers_in_motion import columns, layer_strengths, passage, two_layers_by_taylor

UNBALANCED = np.array([[0.11, 0.7, 0.35, 0.9], [0.8, 0.21, 0.6, 0.17]])  # strengths of four modes in two layers

drift = partial(
    imbalance,
    singular_values=SINGULAR_VALUES,
    strengths=UNBALANCED,
    tau=1.7,
    times=tuple(np.arange(0, 5.01, 0.5)),
)

passing = partial(
    descent_times,
    singular_values=SINGULAR_VALUES,
    strengths=(UNBALANCED,),
    tau=1.7,
    levels=tuple(np.arange(0.2, 0.96, 0.05)),
)


def layers_in_motion(dps: int, point: Point) -> list:
    """Imbalance after 0.3 tau, and present rate of the mode strength, of layers that descend (s - w_1 w_2)^2 / 2."""
    s, tau = (mpmath.mpf(point[k]) for k in ("s", "tau"))
    start = layer_strengths(point)

    def loss(w_1: Any, w_2: Any) -> Any:
        return (s - w_1 * w_2) ** 2 / 2

    later = two_layers_by_taylor(dps, start, s, mpmath.mpf(3) / 10)
    down = [-mpmath.diff(loss, start, order) / tau for order in ((1, 0), (0, 1))]
    rate = mpmath.diff(lambda e: (start[0] + e * down[0]) * (start[1] + e * down[1]), 0)
    return [later[1] ** 2 - later[0] ** 2, rate]


def predicted_imbalance(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The conserved imbalance of each mode, at all times."""
    a, s, c = columns(measured, "initial", "singular_values", "imbalance")
    conserved = formula.numpy(a=a, s=s, c_0=c, tau=measured.given["tau"])[0]
    return np.broadcast_to(conserved, measured.values.shape)


def unbalanced_passages(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times at which modes of unbalanced layers pass the levels, (modes, levels)."""
    s, start, c = columns(measured, "singular_value", "initial", "imbalance")
    tau = measured.given["tau"]
    return passage(lambda a: formula.numpy(a=a, s=s, c_0=c, tau=tau)[1], start, s * measured.axis)


def certified_rates(bits: int, point: Point) -> list[Any]:
    """What two layers that descend their loss do to the difference of their squares, and to their product."""
    a, s, gap, tau = numbers(point, "a", "s", "c_0", "tau")
    second = ((gap + (gap**2 + 4 * a**2).sqrt()) / 2).sqrt()
    first = a / second

    def gradient(weight: Any, other: Any) -> Any:
        return slope(lambda w: (s - w * other) ** 2 / 2, weight)

    down = gradient(first, second), gradient(second, first)
    squares = slope(lambda h: (second - down[1] * h) ** 2 - (first - down[0] * h) ** 2, arb(0))
    product = slope(lambda h: (second - down[1] * h) * (first - down[0] * h), arb(0))
    return [second**2 - first**2 + squares, product / tau]


CLAIM = Claim(
    statement=balancedness.STATEMENT,
    checks=(
        Certified(
            name="two layers in certified power series",
            reference=certified_rates,
            against="the loss of two layer strengths, differentiated as a power series",
            values=("difference of squares", "da/dt"),
            points=(
                {"a": "0.7", "s": "1.9", "c_0": "0.37", "tau": "1.3"},
                {"a": "1.7", "s": "0.6", "c_0": "-1.3", "tau": "0.8"},
            ),
        ),
        Precision(
            name="two layers in motion",
            reference=layers_in_motion,
            parameters=balancedness.STATEMENT.parameters,
            count=5,
            against="two layer strengths that descend their loss, differentiated numerically",
        ),
        Ladder(
            name="imbalance in training",
            predict=predicted_imbalance,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(drift, widths=(7, 9, 5), examples=24),
            full=partial(drift, widths=(40, 60, 30), examples=200),
            axis="training time t (tau = 1.7)",
            quantity="imbalance c_0",
            series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
        ),
        Ladder(
            name="unbalanced training",
            predict=unbalanced_passages,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(passing, networks=((7, 9, 5),), examples=24),
            full=partial(passing, networks=((40, 60, 30),), examples=200),
            axis="mode strength a / s",
            quantity="time of passage t (tau = 1.7)",
            series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
        ),
    ),
    quantities=("-w_1(t)**2 + w_2(t)**2", "Derivative(a(t), t)"),
    convention=CONVENTION,
    independence=TRAINED,
)
