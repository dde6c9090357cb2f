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
from verify.checks import Property, Rate
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.sgd_noise import EVEN_NOISE, LADDER, UNITS, histogram
from verify.compile import Candidate
from verify.references.noisy_descent import (
    density_moments,
    loss_and_noise,
    mean_density_in_bins,
    noise_of_pairs,
    polynomial,
    settled_moments,
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

DESCENTS = (
    {"pairs": (("0.61", "0.13"), ("-0.35", "0.29")), "B": 3, "tilt": "0.3", "stiffness": "1.1"},
    {"pairs": (("0.9", "-0.2"), ("0.2", "0.31"), ("-0.5", "0.1")), "B": 4, "tilt": "-0.7", "stiffness": "1.7"},
)


def moments_of_density(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The formula's means on the bowl, with the covariance of the point's examples."""
    return density_moments(candidate, point, F=polynomial(noise_of_pairs(point)))


def loss_and_noise_coefficients(point: Point) -> tuple[tuple, tuple]:
    """Coefficients of loss and gradient covariance at a point: a tilted double well, a slanted and positive noise."""
    tilt, well, heat, slant, bulge = (sp.Rational(point[k]) for k in ("tilt", "well", "heat", "slant", "bulge"))
    gamma = heat * 2 * point["B"] / sp.Rational(point["epsilon"])
    return (sp.S.Zero, tilt, -well / 2, sp.Rational(1, 7), sp.Rational(3, 10)), (gamma, slant * gamma, bulge * gamma)


def weak_form(candidate: Candidate, point: Any, dps: int) -> list:
    """Total probability less 1, and the mean rates of change of theta, theta^2 and theta^3 over their terms' size."""
    loss, noise = loss_and_noise_coefficients(point)
    grid = np.linspace(-6.5, 6.5, 521)  # the density is under 1e-20 beyond; the trapezoid rule is exact to rounding
    known = {p.name: point[p.name] for p in KNOWN}
    density = candidate.numpy(theta=grid, L=polynomial(loss), F=polynomial(noise), **known)
    density = density * (grid[1] - grid[0])
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
    rate=0.04,
    spread={"tilt": 15.5, "bend": 15.5},
    settle=24.0,
    landscape=(0.0, 0.1, -0.45, 0.0, 0.18),
    chains=160,
    examples=40,
    batch=4,
)

CLAIM = Claim(
    statement=fokker_planck_stationary.STATEMENT,
    checks=(
        UNEVEN_NOISE,
        Rate(
            name="means of powers on a bowl",
            exact=settled_moments,
            evaluate=moments_of_density,
            points=DESCENTS,
            values=("1e-1", "1e-2", "1e-3", "1e-4"),
            digits=16,
            against="means of theta^2, theta^3 and theta^4 in which the update rule settles, over all minibatches",
        ),
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
        "U8": Ordeal(fails=UNEVEN_NOISE),
    },
)
