"""Descent with even noise settles in a Boltzmann distribution.

The simulation descends on sampled minibatches and fills a histogram; it is given losses of examples, and knows neither
a temperature nor a covariance. One weight in a double well and in a bowl, and the first of two weights in a curved
valley, are compared. The formula gets loss and variance from the examples' losses.
"""

from __future__ import annotations

import numpy as np

from derivations.sgd_noise import boltzmann
from numerics.measurement import Measurement
from numerics.sgd_noise.minibatch_descent import valley_histogram
from verify.checks import Rate
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.sgd_noise import EVEN_NOISE, LADDER, TILTED, UNITS, histogram
from verify.compile import Candidate
from verify.references.noisy_descent import (
    density_moments,
    loss_and_noise,
    mean_density_in_bins,
    noise_of_pairs,
    polynomial,
    settled_moments,
)

DESCENTS = (
    {"pairs": (("0.61", "0"), ("-0.35", "0")), "B": 3, "tilt": "0.3", "stiffness": "1.1"},
    {"pairs": (("0.9", "0"), ("0.2", "0"), ("-0.5", "0")), "B": 4, "tilt": "-0.7", "stiffness": "1.7"},
)


def moments_of_density(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The formula's means on the bowl, with the variance of the point's examples."""
    return density_moments(candidate, point, Gamma=float(noise_of_pairs(point)[0]))


def boltzmann_in_bins(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The same with constant noise: the variance of the examples' slopes."""
    losses = np.asarray(measured.given["losses"])
    functions = loss_and_noise(losses)
    return mean_density_in_bins(
        candidate, measured, N=len(losses), L=functions["L"], Gamma=functions["F"].coefficients[0]
    )


def valley_in_bins(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Law of the first weight in the valley: its landscape, and the variance of the examples' slopes along it."""
    tilts = np.asarray(measured.given["tilts"])
    landscape = polynomial(tuple(np.asarray(measured.given["landscape"])))
    return mean_density_in_bins(candidate, measured, N=len(tilts), L=landscape, Gamma=float(np.var(tilts[:, 0])))


VALLEY = histogram(
    "two weights in a curved valley",
    valley_histogram,
    valley_in_bins,
    rate=0.03,
    spread={"tilt": 14.2},
    settle=24.0,
    landscape=TILTED,
    stiffness=1.7,
    curve=0.6,
    examples=8,
    batch=4,
)

ONE_WEIGHT = EVEN_NOISE("double well", predict=boltzmann_in_bins)
BOWL = EVEN_NOISE("quadratic bowl", predict=boltzmann_in_bins, landscape=(0.0, 0.0, 0.4))

CLAIM = Claim(
    statement=boltzmann.STATEMENT,
    checks=(
        Rate(
            name="means of powers on a bowl",
            exact=settled_moments,
            evaluate=moments_of_density,
            points=DESCENTS,
            values=("1e-1", "1e-2", "1e-3", "1e-4"),
            digits=16,
            against="means of theta^2, theta^3 and theta^4 in which the update rule settles, over all minibatches",
        ),
        ONE_WEIGHT,
        BOWL,
        VALLEY,
    ),
    quantities=("u_infty(theta)",),
    convention=UNITS + LADDER,
    independence="The simulation descends on sampled minibatches of losses; it knows no temperature.",
    printed={"E7": Ordeal(fails=VALLEY)},
)
