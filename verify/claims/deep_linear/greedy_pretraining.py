"""An autoencoder trained to its end, and the learning of outputs that follows.

The autoencoder starts at random weights and is trained on examples before it sees any output; the formula is given the
eigenvalues of the inputs and the singular values of the task. The control shares no input modes between the two tasks,
where the modes do not decouple.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.deep_linear import greedy_pretraining
from numerics.deep_linear.pretraining import autoencoder_curves, coupling_after_pretraining, learning_after_pretraining
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Trend
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import CONVENTION, FULL_STEPS, STEPS
from verify.compile import Candidate
from verify.references.balls import (
    arrival,
    numbers,
    slope,
)
from verify.references.layers_in_motion import layer_strengths, stepped, two_layers_by_taylor

EIGENVALUES = (2.1, 1.6, 1.1, 0.5, 0.3)

components = partial(
    autoencoder_curves,
    initial=(0.02, 0.05, 0.11),
    tau=1.7,
    times=tuple(np.arange(0, 3.01, 0.12)),
)

after_pretraining = partial(
    learning_after_pretraining,
    singular_values=(2.3, 1.4, 0.8),
    tau=1.7,
    times=tuple(np.arange(0, 3.61, 0.24)),
)

coupled = partial(
    coupling_after_pretraining,
    widths=(5, 3, 4),
    eigenvalues=EIGENVALUES,
    singular_values=(2.3, 1.4, 0.8),
    allowed=1e-9,  # small, so that rounding does not make replicas equal
    updates=60,
    learning_rate=0.05,
    examples=24,
)

WIDE_EIGENVALUES = (*EIGENVALUES, *np.linspace(0.28, 0.02, 45))


def pretraining_in_motion(dps: int, point: Point) -> list:
    """Strength in an autoencoder, its two equal weights integrated; and rate of the product of two layers with
    imbalance -1 that descend the error on one input of variance Lambda, differentiated numerically.
    """
    t, variance, a_0, s, tau = (mpmath.mpf(point[k]) for k in ("t", "Lambda", "a_0", "s", "tau"))
    begin = mpmath.sqrt(a_0)
    w_1, w_2 = two_layers_by_taylor(dps, (begin, begin), mpmath.mpf(1), 2 * variance * t / tau)
    start = layer_strengths({**point, "c_0": -1})
    x, y = mpmath.sqrt(variance), s / mpmath.sqrt(variance)

    def loss(first: Any, last: Any) -> Any:
        return (y - last * first * x) ** 2 / 2

    down = [-mpmath.diff(loss, start, order) / tau for order in ((1, 0), (0, 1))]
    return [w_1 * w_2, mpmath.diff(lambda e: (start[0] + e * down[0]) * (start[1] + e * down[1]), 0)]


def predicted_autoencoder_curves(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strengths of the components over time, (components, times)."""
    values, start = (np.asarray(measured.given[k])[:, None] for k in ("eigenvalues", "initial"))
    time = measured.axis
    return formula.numpy(t=time, Lambda=values, a_0=start, s=1.3, a=0.6, tau=measured.given["tau"])[0]


def predicted_learning_after_pretraining(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strengths of the modes over time, from zero, (modes, times)."""
    assert measured.axis is not None
    values, s = (np.asarray(measured.given[k])[:, None] for k in ("eigenvalues", "singular_values"))
    tau = measured.given["tau"]

    def slope(a: np.ndarray) -> np.ndarray:
        return formula.numpy(t=0.4, Lambda=values, a_0=0.3, s=s, a=a, tau=tau)[1]

    return stepped(slope, np.zeros_like(s), measured.axis)


def certified_start(bits: int, point: Point) -> list[Any]:
    """The autoencoder's strength after a certified time, and the rate of two layers that descend their loss."""
    t, size, start, s, a, tau = numbers(point, "t", "Lambda", "a_0", "s", "a", "tau")
    reached = arrival(lambda p: 4 * size * p * (1 - p) / tau, start, t, point["near"])
    larger = ((1 + (1 + 4 * a**2).sqrt()) / 2).sqrt()  # of two weights whose squares differ by 1
    weights = larger, a / larger

    def down(weight: Any, other: Any) -> Any:
        return slope(lambda w: size * (w * other) ** 2 / 2 - s * w * other, weight)

    slopes = down(*weights), down(*weights[::-1])
    moved = slope(lambda h: (weights[0] - slopes[0] * h) * (weights[1] - slopes[1] * h), arb(0))
    return [reached, moved / tau]


def certified_curve(candidate: Candidate, bits: int, point: Point) -> Any:
    """The formula at the point."""
    return candidate.arb(bits, **{name: value for name, value in point.items() if name != "near"})


CLAIM = Claim(
    statement=greedy_pretraining.STATEMENT,
    checks=(
        Certified(
            name="certified pretraining and rate",
            reference=certified_start,
            evaluate=certified_curve,
            against="the root of the integral of one over the rate, and the loss of two layers as a power series",
            values=("p", "da/dt"),
            points=(
                {"t": "0.4", "Lambda": "0.83", "a_0": "0.13", "s": "1.9", "a": "0.7", "tau": "1.3", "near": "0.29"},
            ),
        ),
        Precision(
            name="autoencoder and layers in motion",
            reference=pretraining_in_motion,
            parameters=greedy_pretraining.STATEMENT.parameters,
            count=3,
            digits=(15, 25),
            against="two weights integrated by Taylor series, and two layers that descend their loss",
        ),
        Ladder(
            name="autoencoder trained",
            predict=predicted_autoencoder_curves,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(components, widths=(5, 3), eigenvalues=EIGENVALUES, examples=24),
            full=partial(components, widths=(50, 3), eigenvalues=WIDE_EIGENVALUES, examples=200),
            axis="training time t (tau = 1.7)",
            quantity="mode strength a",
            series=tuple(f"component of eigenvalue {value}" for value in EIGENVALUES[:3]),
        ),
        Ladder(
            name="learning after pretraining",
            predict=predicted_learning_after_pretraining,
            steps=STEPS,
            quick=partial(after_pretraining, widths=(5, 3, 4), eigenvalues=EIGENVALUES, examples=24),
            full=partial(after_pretraining, widths=(50, 3, 20), eigenvalues=WIDE_EIGENVALUES, examples=200),
            full_steps=FULL_STEPS,
            axis="training time t (tau = 1.7)",
            quantity="mode strength a",
            series=tuple(f"mode with s = {s}" for s in (2.3, 1.4, 0.8)),
        ),
        Trend(
            name="shared input modes decouple",
            replicas=4,
            quick=partial(coupled, aligned=True),
            control=partial(coupled, aligned=False),
        ),
    ),
    quantities=("p(t)", "Derivative(a(t), t)"),
    convention=CONVENTION,
    independence="The autoencoder starts at small random weights before the outputs are learned; all weights are "
    "free and trained, with unequal widths.",
)
