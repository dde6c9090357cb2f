"""Explicit, midpoint and implicit steps on the same examples settle in different densities.

The simulation solves for the weight after each step, its gradient taken at a part of the way; it knows no sense of a
stochastic integral. The reference takes the means of powers that the same rule leaves unchanged, over all minibatches.
"""

from __future__ import annotations

import functools

import numpy as np

from derivations.sgd_noise import senses_of_noise
from numerics.measurement import Measurement
from numerics.sgd_noise.implicit_steps import settled_after_implicit_steps
from verify.checks import FiniteSize, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.sgd_noise import LADDER, UNITS
from verify.compile import Candidate
from verify.references.noisy_descent import (
    density_moments,
    loss_and_noise,
    mean_density_in_bins,
    noise_of_pairs,
    polynomial,
    settled_moments,
)

PAIRS = (("0.61", "0.13"), ("-0.35", "0.29"))
DESCENTS = tuple(
    {"pairs": PAIRS, "B": batch, "tilt": "0.3", "stiffness": "1.1", "alpha": alpha}
    for batch, alpha in ((3, "0.5"), (3, "1"), (4, "0.3"))
)


def moments_of_density(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The formula's means on the bowl, with the covariance of the point's examples."""
    return density_moments(candidate, point, F=polynomial(noise_of_pairs(point)), alpha=float(point["alpha"]))


def densities_in_bins(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean density in each bin for each part of a step, with loss and covariance from the examples' losses."""
    losses = np.asarray(measured.given["losses"])
    functions = loss_and_noise(losses)
    return np.stack(
        [
            mean_density_in_bins(candidate, measured, N=len(losses), alpha=float(alpha), **functions)
            for alpha in np.asarray(measured.given["parts"])
        ]
    )


STEPS = functools.partial(
    settled_after_implicit_steps,
    stiffness=0.8,
    slope=0.15,
    examples=10,
    batch=3,
    parts=(0.0, 0.5, 1.0),
    settle=8.0,
    duration=14.0,
    edges=tuple(np.linspace(-1.6, 1.6, 9)),
)

CLAIM = Claim(
    statement=senses_of_noise.STATEMENT,
    checks=(
        FiniteSize(
            name="explicit, midpoint and implicit steps",
            predict=densities_in_bins,
            sizes=((1, 32), (2, 32), (4, 32)),
            full_sizes=((1, 64), (2, 64), (4, 64)),
            quick=functools.partial(STEPS, learning_rate=0.08, tilt=6.0, bend=9.0, chains=180),
            full=functools.partial(STEPS, learning_rate=0.06, tilt=6.93, bend=10.39, chains=620),
            axis="weight theta",
            quantity="stationary density p",
            series=("gradient before the step", "half-way", "after the step"),
            size_name="steps per unit of time",
        ),
        Rate(
            name="means of powers on a bowl",
            exact=settled_moments,
            evaluate=moments_of_density,
            points=DESCENTS,
            values=("1e-1", "1e-2", "1e-3", "1e-4"),
            digits=16,
            against="means of theta^2, theta^3 and theta^4 in which the update rule settles, over all minibatches",
        ),
    ),
    quantities=("u_alpha(theta)",),
    convention=UNITS + LADDER,
    independence="Steps on sampled minibatches, solved for the weight after them; no F, no g and no stochastic "
    "integral.",
)
