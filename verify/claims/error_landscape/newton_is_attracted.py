"""Steps of gradient descent, Newton's, damped and saddle-free Newton's method near critical points.

The factors are those of maps that are made of numerical derivatives of a loss with cubic and quartic terms, and those
measured on a tanh network close to its weights of zero, with the optimizer that learns digits elsewhere.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.error_landscape import newton_is_attracted
from numerics.error_landscape.network_saddles import METHODS, factors_of_steps
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.error_landscape import SADDLE
from verify.compile import Candidate

OTHER = mpmath.mpf("0.61")  # the curvature across
TURN = mpmath.mpf("0.83")  # of the eigenvectors, in radians


class Bowl:
    """A loss of two weights with a critical point at 0: a quadratic form in a turned frame, and higher powers."""

    def __init__(self, curvature: Any):
        self.frame = mpmath.matrix([[mpmath.cos(TURN), mpmath.sin(TURN)], [-mpmath.sin(TURN), mpmath.cos(TURN)]])
        self.curvature = curvature

    def loss(self, x: Any, y: Any) -> Any:
        """Its value."""
        p, q = self.frame * mpmath.matrix([x, y])
        return (self.curvature * p**2 + OTHER * q**2) / 2 + (p**3 - p * q**2) / 7 + p**2 * q**2 / 5 - p**2 * q / 3

    def slopes(self, place: Any) -> tuple[Any, Any]:
        """Gradient and Hessian by numerical differentiation."""

        def by(*orders: int) -> Any:
            return mpmath.diff(self.loss, tuple(place), orders)

        mixed = by(1, 1)
        return mpmath.matrix([by(1, 0), by(0, 1)]), mpmath.matrix([[by(2, 0), mixed], [mixed, by(0, 2)]])


def factors_at(point: Point, distance: Any) -> list:
    """What one step of each method multiplies a distance along the first eigenvector by."""
    rate, damping = mpmath.mpf(point["epsilon"]), mpmath.mpf(point["mu"])
    bowl = Bowl(mpmath.mpf(point["lambda_i"]))
    direction = bowl.frame[0, :].T
    gradient, hessian = bowl.slopes(distance * direction)
    values, vectors = mpmath.eigsy(hessian)
    absolute = vectors * mpmath.diag([abs(v) for v in values]) * vectors.T
    over = (mpmath.eye(2), hessian, hessian + damping * mpmath.eye(2), absolute + damping * mpmath.eye(2))
    moved = (distance * direction - rate * mpmath.lu_solve(matrix, gradient) for matrix in over)
    return [(direction.T * end)[0] / distance for end in moved]


def factors(dps: int, point: Point) -> list:
    """At a distance that is nothing against the digits."""
    with mpmath.workdps(3 * dps):
        return factors_at(point, mpmath.mpf(10) ** (-dps - 5))


def at_a_distance(dps: int, point: Point) -> list:
    """At the distance r."""
    with mpmath.workdps(2 * dps):
        return factors_at(point, mpmath.mpf(point["r"]))


def predicted(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Factors of several steps, (methods, curvatures)."""
    given = measured.given
    one = formula.numpy(lambda_i=np.asarray(given["curvatures"]), epsilon=given["rate"], mu=given["damping"])
    return np.asarray(one) ** int(given["steps"])


CLAIM = Claim(
    statement=newton_is_attracted.STATEMENT,
    checks=(
        Precision(
            name="maps by numerical derivatives",
            reference=factors,
            parameters=newton_is_attracted.STATEMENT.parameters,
            count=3,
            points=({"lambda_i": "-0.43", "epsilon": "0.77", "mu": "0.19"},),
            constraint=lambda point: abs(float(point["lambda_i"]) + float(point["mu"])) > 0.1,
            digits=(15, 25),
            against="steps on a loss of two weights whose gradient and Hessian are numerical derivatives",
        ),
        Rate(
            name="distance from the saddle",
            exact=at_a_distance,
            points=({"lambda_i": "-0.43", "epsilon": "0.77", "mu": "0.19"},),
            values=("0.01", "0.001", "0.0001", "0.00001"),
            digits=25,
            against="steps at a distance r on a loss with cubic terms",
        ),
        Ladder(
            name="a tanh network at weights of zero",
            predict=predicted,
            order=2,
            steps=(0.01, 0.005, 0.0025),
            quick=partial(factors_of_steps, rate=0.6, damping=0.25, steps=3, **SADDLE),
            axis="curvature lambda",
            quantity="component after three steps over before",
            series=METHODS,
        ),
    ),
    quantities=("m_GD", "m_N", "m_D", "m_SF"),
    convention="Components along eigenvectors of the Hessian at the critical point, after a step over before it; all "
    "methods have one learning rate.",
    independence="The network's loss is not quadratic, its Hessian is taken anew at every step by automatic "
    "differentiation, and steps are those of the optimizer that learns digits.",
)
