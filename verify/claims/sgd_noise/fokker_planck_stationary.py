"""The density in which stochastic gradient descent on one weight settles.

The simulation descends on sampled minibatches of losses whose gradients vary differently at every weight. The formula
is also asked whether its density is normalized and stationary: the mean rates of change of powers of the weight vanish.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from derivations.sgd_noise import fokker_planck_stationary
from derivations.statement import Parameter
from numerics.measurement import Measurement
from numerics.sgd_noise.minibatch_descent import settled_histogram
from verify.checks import Precision, Property
from verify.claim import Claim, Ordeal
from verify.claims.sgd_noise import EVEN_NOISE, LADDER, UNITS, WELL_POINT, histogram
from verify.compile import Candidate
from verify.references.noisy_descent import (
    batch_settings,
    loss_and_noise,
    loss_and_noise_coefficients,
    mean_density_in_bins,
    polynomial,
    zero_current,
)

KNOWN = tuple(p for p in fokker_planck_stationary.STATEMENT.parameters if p.name in ("epsilon", "B", "N"))

FAMILY = tuple(
    Parameter(symbol=sp.Symbol(name, real=True), meaning=meaning, domain=sp.S.Reals, typical=typical)
    for name, meaning, typical in (
        ("tilt", "slope of the loss at 0", (-0.2, 0.2)),
        ("well", "depth of the double well", (0.3, 0.9)),
        ("heat", "g F at 0", (0.12, 0.4)),
        ("slant", "F'/F at 0", (-0.8, 0.8)),
        ("bulge", "F''/(2F) at 0", (0.4, 0.9)),
    )
)

UNEVEN = {**WELL_POINT, "heat": "0.21", "slant": "0.4", "bulge": "0.67", "epsilon": "0.17", "B": 3, "N": 57}


def uneven_density(candidate: Candidate, dps: int, point: Any) -> list:
    """The formula's density at the point's weights, the noise depending on the weight."""
    (loss, noise), weights = loss_and_noise_coefficients(point), np.array([float(p) for p in point["theta"]])
    return list(candidate.numpy(theta=weights, L=polynomial(loss), F=polynomial(noise), **batch_settings(point)))


def weak_form(candidate: Candidate, point: Any, dps: int) -> list:
    """Total probability less 1, and the mean rates of change of theta, theta^2 and theta^3 over their terms' size."""
    loss, noise = loss_and_noise_coefficients(point)
    grid = np.linspace(-6.5, 6.5, 521)  # the density is under 1e-20 beyond; the trapezoid rule is exact to rounding
    density = candidate.numpy(theta=grid, L=polynomial(loss), F=polynomial(noise), **batch_settings(point)) * (
        grid[1] - grid[0]
    )
    slope, spread = (np.polynomial.Polynomial([float(c) for c in side]) for side in (loss, noise))
    drift, spread = -slope.deriv()(grid), spread(grid) * float(point["epsilon"]) / (2 * point["B"])
    residuals = [np.sum(density) - 1]
    for n in (1, 2, 3):
        terms = density * (n * drift * grid ** (n - 1) + n * (n - 1) * spread * grid ** max(n - 2, 0))
        residuals.append(np.sum(terms) / (np.sum(np.abs(terms)) or 1.0))
    return [float(r) for r in residuals]


def density_in_bins(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean density in each bin, with loss and gradient covariance from the examples' losses."""
    losses = np.asarray(measured.given["losses"])
    return mean_density_in_bins(candidate, measured, N=len(losses), **loss_and_noise(losses))


UNEVEN_NOISE = histogram(
    "weight-dependent noise",
    settled_histogram,
    density_in_bins,
    rate=0.06,
    spread={"tilt": 12.7, "bend": 12.7},
    landscape=(0.0, 0.1, -0.45, 0.0, 0.18),
    examples=40,
    batch=4,
)

CLAIM = Claim(
    statement=fokker_planck_stationary.STATEMENT,
    checks=(
        Precision(
            name="zero current",
            reference=zero_current,
            evaluate=uneven_density,
            points=(UNEVEN,),
            digits=(15, 20),
            against="the equation of zero current integrated by Taylor series and normalized (the formula in float64)",
        ),
        UNEVEN_NOISE,
        Property(
            name="mean rates vanish",
            residual=weak_form,
            parameters=(*FAMILY, *KNOWN),
            examples=2,
            dps=16,
            sentence="the density integrates to one and the means of theta, theta^2 and theta^3 are stationary",
        ),
    ),
    quantities=("u_infty(theta)",),
    convention=UNITS + LADDER,
    independence="The simulation descends on sampled minibatches of losses; it knows neither F nor g nor a density.",
    printed={
        "E7": Ordeal(fails=UNEVEN_NOISE),
        "E32": Ordeal(fails=UNEVEN_NOISE, holds=EVEN_NOISE("constant noise", predict=density_in_bins)),
    },
)
