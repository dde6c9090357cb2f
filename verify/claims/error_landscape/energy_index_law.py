"""Error level, index and mean curvature of critical points of random landscapes.

The covariance of another field is differentiated numerically, and the likeliest level sought; and critical points of
the spherical model of degree 3, and of a field made of random waves, are found by Newton's method.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.error_landscape import energy_index_law
from numerics.error_landscape.critical_points import of_waves, on_the_sphere
from numerics.measurement import Measurement
from verify.checks import Precision, Replicas
from verify.claim import Claim
from verify.compile import Candidate
from verify.compile import candidate as callable_of
from verify.references.random_landscapes import (
    FEW_WEIGHTS,
    LEVELS,
    ONE_IN_N,
    SAMPLED,
    allowed,
    both,
    covariance,
    inside,
)

QUANTITIES = ("alpha", "lambdabar", "alpha_p", "lambdabar_p")
STATED = callable_of(energy_index_law.STATEMENT, quantities=QUANTITIES)
ROWS = ("fraction of negative curvatures", "mean curvature")


def stated(formula: Candidate, measured: Measurement, first: int) -> np.ndarray:
    """Fraction and mean curvature at the levels, (2, levels); `first` of the formula's components."""
    levels = np.asarray(measured.given["levels"])
    return np.asarray(formula.numpy(u=levels, p=3.0, **covariance(measured))[first : first + 2])


def predicted(formula: Candidate, measured: Measurement, first: int) -> np.ndarray:
    """The same with what the determinant that weighs critical points adds to the mean: a part in N of it."""
    found = stated(formula, measured, first).copy()
    found[1] *= 1 + 1 / float(measured.given["weights"])
    return found


def bias(formula: Candidate, measured: Measurement, first: int) -> np.ndarray:
    """One curvature, and one part in N of their mean."""
    return allowed(stated(STATED, measured, first), measured)


CLAIM = Claim(
    statement=energy_index_law.STATEMENT,
    checks=(
        Precision(
            name="covariances differentiated",
            reference=both,
            parameters=energy_index_law.STATEMENT.parameters,
            count=3,
            constraint=inside,
            digits=(15, 25),
            against="a shift by numerical derivatives of the covariance of a field and of a sphere, and a quadrature",
        ),
        Replicas(
            name="spherical model of degree 3",
            predict=partial(predicted, first=2),
            bias=partial(bias, first=2),
            bias_note=ONE_IN_N,
            replicas=16,
            full_replicas=16,
            quick=partial(on_the_sphere, weights=48, starts=48, longest=14, levels=LEVELS),
            full=partial(on_the_sphere, weights=110, starts=100, longest=14, levels=LEVELS),
            axis="error level u per weight",
            quantity="index and mean curvature",
            series=ROWS,
        ),
        Replicas(
            name="field of random waves",
            coarse=FEW_WEIGHTS,
            predict=partial(predicted, first=0),
            bias=partial(bias, first=0),
            bias_note=ONE_IN_N,
            replicas=24,
            full_replicas=24,
            quick=partial(of_waves, weights=26, waves=520, starts=56, longest=12, levels=LEVELS, **SAMPLED),
            full=partial(of_waves, weights=40, waves=800, starts=100, longest=12, levels=LEVELS, **SAMPLED),
            axis="error level u per weight",
            quantity="index and mean curvature",
            series=ROWS,
        ),
    ),
    quantities=QUANTITIES,
    convention="The error per weight; the Hessian of the sphere is that along it. Landscapes have the variance N C(0), "
    "and N on the sphere.",
    independence="Critical points are found by Newton's method in sampled landscapes; their Hessians are those of the "
    "landscape, and nothing is conditioned or weighted.",
)
