"""The fraction of negative curvatures of critical points around the mean error.

The semicircle is integrated below the shift that numerical derivatives of covariances give; critical points are found
from starts that have hardly moved, so that their errors are close to the mean.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.error_landscape import saddles_proliferate
from numerics.error_landscape.critical_points import of_waves, on_the_sphere
from numerics.measurement import Measurement
from verify.checks import Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.random_landscapes import FEW_WEIGHTS, SAMPLED, both, covariance

SEARCHES: dict[str, Any] = {"levels": (-0.3, -0.15, 0.15, 0.3), "starts": 48, "longest": 7, "means": False}
BIAS = "one curvature of the N that are counted, and the third order in the level"


def fractions(dps: int, point: Point) -> list:
    """Fractions of negative curvatures in a field and on the sphere."""
    found = both(dps, point)
    return [found[0], found[2]]


def predicted(formula: Candidate, measured: Measurement, component: int) -> np.ndarray:
    """Fractions at the levels, (1, levels)."""
    levels = np.asarray(measured.given["levels"])
    return np.asarray(formula.numpy(u=levels, p=3.0, **covariance(measured)))[component][None]


def bias(formula: Candidate, measured: Measurement) -> np.ndarray:
    """One curvature, and w^3 / (8 pi), where w is no more than 1.3 times the level."""
    levels = np.abs(np.asarray(measured.given["levels"]))
    return 1 / float(measured.given["weights"]) + (1.3 * levels[None]) ** 3 / (8 * np.pi)


CLAIM = Claim(
    statement=saddles_proliferate.STATEMENT,
    checks=(
        Rate(
            name="levels close to the mean",
            exact=fractions,
            points=({"C_1": "0.9", "C_2": "0.7", "p": 3}, {"C_1": "1.3", "C_2": "0.6", "p": 5}),
            values=("0.3", "0.03", "0.003", "0.0003"),
            digits=30,
            against="the mass of the semicircle, with shifts from numerical derivatives of covariances",
        ),
        Replicas(
            name="spherical model of degree 3",
            predict=partial(predicted, component=1),
            bias=bias,
            bias_note=BIAS,
            replicas=16,
            full_replicas=27,
            quick=partial(on_the_sphere, weights=48, **SEARCHES),
            full=partial(on_the_sphere, weights=120, **{**SEARCHES, "starts": 96, "longest": 14}),
            axis="error level u per weight",
            quantity="fraction of negative curvatures",
        ),
        Replicas(
            name="field of random waves",
            coarse=FEW_WEIGHTS,
            predict=partial(predicted, component=0),
            bias=bias,
            bias_note=BIAS,
            replicas=16,
            full_replicas=16,
            quick=partial(of_waves, weights=24, waves=480, **SEARCHES, **SAMPLED),
            full=partial(of_waves, weights=40, waves=800, **SEARCHES, **SAMPLED),
            axis="error level u per weight",
            quantity="fraction of negative curvatures",
        ),
    ),
    quantities=("alpha", "alpha_p"),
    convention="The error per weight; the mean error is zero.",
    independence="Critical points are found by Newton's method in sampled landscapes, and their curvatures counted.",
)
