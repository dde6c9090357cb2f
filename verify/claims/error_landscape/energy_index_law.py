"""Error level, index and mean curvature of critical points of random landscapes.

The covariance of another field is differentiated numerically, and the likeliest level sought; the mean curvature on
spheres of few weights is exact, so that the rate is judged by it; and critical points of the spherical model of degree
3, and of a field made of random waves, are found by Newton's method.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flint
import numpy as np

from derivations.error_landscape import energy_index_law
from numerics.error_landscape.critical_points import of_waves, on_the_sphere
from numerics.measurement import Measurement
from verify.checks import Certified, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import integral, numbers, root
from verify.references.random_landscapes import (
    FEW_WEIGHTS,
    LEVELS,
    ONE_IN_N,
    SAMPLED,
    both,
    covariance,
    inside,
    mean_of_few,
)

ROWS = ("fraction of negative curvatures", "mean curvature")


def on_a_sphere(formula: Candidate, dps: int, point: Point) -> object:
    """The mean curvature on the sphere, whatever the field is."""
    return formula.mpmath(dps, u=point["u"], p=point["p"], C_1="1.1", C_2="0.7")[3]


def stated(formula: Candidate, measured: Measurement, first: int) -> np.ndarray:
    """Fraction and mean curvature at the levels, (2, levels); `first` of the formula's components."""
    levels = np.asarray(measured.given["levels"])
    return np.asarray(formula.numpy(u=levels, p=3.0, **covariance(measured))[first : first + 2])


def predicted(formula: Candidate, measured: Measurement, first: int) -> np.ndarray:
    """The same with what the determinant that weighs critical points adds to the mean: a part in N of it."""
    found = stated(formula, measured, first).copy()
    found[1] *= 1 + 1 / float(measured.given["weights"])
    return found


def bias(formula: Candidate, measured: Measurement) -> np.ndarray:
    """One curvature of N, and one part in N of their mean, which is N + 1 such parts at N weights, (2, levels)."""
    weights, mean = float(measured.given["weights"]), np.abs(measured.values[1])
    return np.stack([np.full(mean.shape, 1 / weights), mean / (weights + 1)])


def certified_fractions(bits: int, point: Point) -> list[Any]:
    """Fractions of negative curvatures of a field and of a sphere: the semicircle's mass over the angle."""
    level, first, second, degree = numbers(point, "u", "C_1", "C_2", "p")
    shifts = second.sqrt() * level / first, degree.sqrt() * level / (degree - 1).sqrt()

    def mass(shift: Any, near: str) -> Any:
        angle = root(lambda u: 2 * u.sin() - shift, near)
        return integral(lambda u: 2 * u.cos() ** 2 / flint.arb.pi(), -flint.arb.pi() / 2, angle)

    return [mass(shift, point[near]) for shift, near in zip(shifts, ("of_field", "of_sphere"), strict=True)]


def fractions(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """Both fractions of the formula."""
    return candidate.arb(bits, **{name: point[name] for name in ("u", "C_1", "C_2", "p")})[::2]


CLAIM = Claim(
    statement=energy_index_law.STATEMENT,
    checks=(
        Certified(
            name="certified mass of the semicircle",
            reference=certified_fractions,
            evaluate=fractions,
            against="the mass of the semicircle, integrated over the angle up to a certified root",
            values=("alpha", "alpha_p"),
            points=({"u": "0.45", "C_1": "0.9", "C_2": "0.7", "p": 3, "of_field": "0.2107", "of_sphere": "0.2792"},),
        ),
        Precision(
            name="covariances differentiated",
            reference=both,
            parameters=energy_index_law.STATEMENT.parameters,
            count=3,
            constraint=inside,
            digits=(15, 25),
            against="a shift by numerical derivatives of the covariance of a field and of a sphere, and a quadrature",
        ),
        Rate(
            name="mean curvature of few weights",
            exact=mean_of_few,
            evaluate=on_a_sphere,
            points=({"u": "0.45", "p": 3}, {"u": "-0.7", "p": 5}),
            values=("8", "32", "128", "512"),
            digits=20,
            against="the mean curvature at critical points of a level on a sphere of N weights, by Kac and Rice; the "
            "fraction has no such form, and one curvature of N is allowed for it",
        ),
        Replicas(
            name="spherical model of degree 3",
            predict=partial(predicted, first=2),
            bias=bias,
            bias_note=ONE_IN_N,
            replicas=16,
            full_replicas=44,
            quick=partial(on_the_sphere, weights=48, starts=48, longest=14, levels=LEVELS),
            full=partial(on_the_sphere, weights=120, starts=64, longest=14, levels=LEVELS),
            axis="error level u per weight",
            quantity="index and mean curvature",
            series=ROWS,
        ),
        Replicas(
            name="field of random waves",
            coarse=FEW_WEIGHTS,
            predict=partial(predicted, first=0),
            bias=bias,
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
    quantities=("alpha", "lambdabar", "alpha_p", "lambdabar_p"),
    convention="The error per weight; the Hessian of the sphere is that along it. Landscapes have the variance N C(0), "
    "and N on the sphere.",
    independence="Critical points are found by Newton's method in sampled landscapes; their Hessians are those of the "
    "landscape, and nothing is conditioned or weighted.",
)
