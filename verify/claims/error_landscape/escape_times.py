"""Steps that gradient descent and saddle-free Newton take to leave a saddle point.

They are counted on a loss of one weight at many digits, and on a tanh network that starts close to weights of zero.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.error_landscape import escape_times
from numerics.error_landscape.network_saddles import steps_to_escape
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.error_landscape import SADDLE
from verify.compile import Candidate
from verify.references.balls import numbers, root


def walked(point: Point, scale: Any) -> list:
    """Steps, with the fraction of the last, on lambda (x^2 / 2 + x^3 / 6); all distances times scale."""
    rate, damping, curvature = (mpmath.mpf(point[k]) for k in ("epsilon", "mu", "lambda_i"))
    found = []
    for absolute in (False, True):
        x, end, count = scale * mpmath.mpf(point["d_0"]), scale * mpmath.mpf(point["d_f"]), 0
        while True:
            gradient, hessian = curvature * (x + x**2 / 2), curvature * (1 + x)
            after = x - rate * gradient / (abs(hessian) + damping if absolute else 1)
            if after >= end:
                break
            x, count = after, count + 1
        found.append(count + mpmath.log(end / x) / mpmath.log(after / x))
    return found


def tiny(dps: int, point: Point) -> list:
    """At distances at which the loss is quadratic to all digits."""
    return walked(point, mpmath.mpf(10) ** (-dps))


def scaled(dps: int, point: Point) -> list:
    """From a distance r d_0 to r d_f."""
    return walked(point, mpmath.mpf(point["r"]))


def predicted(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Steps, (methods, curvatures)."""
    given = measured.given
    return formula.numpy(
        lambda_i=np.asarray(given["curvatures"]),
        epsilon=given["rate"],
        mu=given["damping"],
        d_0=given["start"],
        d_f=given["end"],
    )


PLATEAU: dict[str, Any] = {"lambda_i": "-0.47", "epsilon": "0.37", "mu": "0.21", "d_0": "0.0003", "d_f": "0.7"}


def certified_steps(bits: int, point: Point) -> list[Any]:
    """The number of steps after which the distance, multiplied at every step, is the final one: certified roots."""
    start, end, rate, curvature, damping = numbers(point, "d_0", "d_f", "epsilon", "lambda_i", "mu")
    factors = 1 - rate * curvature, 1 - rate * curvature / (abs(curvature) + damping)

    def reached(factor: Any, near: str) -> Any:
        return root(lambda n: start * (n * factor.log()).exp() - end, near)

    return [reached(factor, point[near]) for factor, near in zip(factors, ("near_gd", "near_sf"), strict=True)]


def without_guesses(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: value for name, value in point.items() if not name.startswith("near")})


CLAIM = Claim(
    statement=escape_times.STATEMENT,
    checks=(
        Certified(
            name="certified numbers of steps",
            reference=certified_steps,
            evaluate=without_guesses,
            against="roots of the distance over the number of steps",
            values=("n_GD", "n_SF"),
            points=(
                {
                    "d_0": "0.0003",
                    "d_f": "0.7",
                    "epsilon": "0.37",
                    "lambda_i": "-0.47",
                    "mu": "0.21",
                    "near_gd": "48.37",
                    "near_sf": "34.06",
                },
            ),
        ),
        Precision(
            name="steps counted",
            reference=tiny,
            parameters=escape_times.STATEMENT.parameters,
            count=3,
            digits=(20, 30),
            against="steps taken one by one on a cubic",
        ),
        Rate(
            name="distances at which the loss bends",
            exact=scaled,
            points=(PLATEAU,),
            values=("0.01", "0.001", "0.0001", "0.00001"),
            digits=40,
            against="steps taken on a cubic from r d_0 to r d_f",
        ),
        Ladder(
            name="a tanh network leaves its weights of zero",
            predict=predicted,
            order=2,
            steps=(0.04, 0.02, 0.01),
            quick=partial(steps_to_escape, scales=(1.0, 0.3, 0.1), rate=0.35, damping=0.05, share=1e-3, **SADDLE),
            full=partial(steps_to_escape, scales=(1.0, 0.1, 0.01), rate=0.35, damping=0.01, share=1e-6, **SADDLE),
            axis="curvature lambda",
            quantity="number of steps n",
            series=("gradient descent", "saddle-free Newton"),
        ),
    ),
    quantities=("n_GD", "n_SF"),
    convention="Steps with their fractions, between two distances along one eigenvector.",
    independence="The network's loss is not quadratic, and its steps, with Hessians by the chain rule, are "
    "counted until it has left.",
)
