"""Descent with even noise settles in a Boltzmann distribution.

The simulation descends on sampled minibatches and fills a histogram; it is given losses of examples, and knows neither
a temperature nor a covariance. One weight in a double well and in a bowl, and the first of two weights in a curved
valley, are compared. The formula gets loss and variance from the examples' losses.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from derivations.sgd_noise import boltzmann
from numerics.measurement import Measurement
from numerics.sgd_noise.minibatch_descent import valley_histogram
from verify.checks import Precision
from verify.claim import Claim, Ordeal
from verify.claims.sgd_noise import EVEN_NOISE, LADDER, TILTED, UNITS, WELL_POINT, histogram
from verify.compile import Candidate
from verify.references.noisy_descent import (
    batch_settings,
    loss_and_noise,
    loss_and_noise_coefficients,
    mean_density_in_bins,
    polynomial,
    zero_current,
)

EVEN = {**WELL_POINT, "heat": "0.37", "slant": "0", "bulge": "0", "epsilon": "0.083", "B": 4, "N": 35}


def even_density(candidate: Candidate, dps: int, point: Any) -> list:
    """The formula's density at the point's weights, the noise constant."""
    (loss, noise), weights = loss_and_noise_coefficients(point), np.array([float(p) for p in point["theta"]])
    return list(candidate.numpy(theta=weights, L=polynomial(loss), Gamma=float(noise[0]), **batch_settings(point)))


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
    rate=0.05,
    spread={"tilt": 11.0},
    landscape=TILTED,
    stiffness=1.7,
    curve=0.6,
    examples=60,
    batch=5,
)

ONE_WEIGHT = EVEN_NOISE("double well", predict=boltzmann_in_bins)
BOWL = EVEN_NOISE("quadratic bowl", predict=boltzmann_in_bins, landscape=(0.0, 0.0, 0.4))

CLAIM = Claim(
    statement=boltzmann.STATEMENT,
    checks=(
        Precision(
            name="zero current",
            reference=zero_current,
            evaluate=even_density,
            points=(EVEN,),
            digits=(15, 20),
            against="the equation of zero current integrated by Taylor series and normalized (the formula in float64)",
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
