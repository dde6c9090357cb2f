"""The lowest point of a linear loss inside the trust region of saddle-free Newton.

Its equation is solved at many digits along the boundary of the region, with |H| as the root of H H; and an
interior-point method finds it in seven dimensions, where nothing is said of directions or multipliers.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.error_landscape import saddle_free_step
from numerics.error_landscape.trust_regions import lowest_points
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

OTHER_SIGNS = (  # than those of the typical curvatures, one positive and one negative
    {"lambda_1": "-0.7", "lambda_2": "0.45", "gamma_1": "0.6", "gamma_2": "-0.37", "delta_q": "0.23"},
)
TURN = mpmath.mpf("0.83")  # of the eigenvectors, in radians


def lowest(dps: int, point: Point) -> list:
    """Components of the lowest point along both eigenvectors, and the linear loss there."""
    first, second, g_1, g_2, size = (
        mpmath.mpf(point[k]) for k in ("lambda_1", "lambda_2", "gamma_1", "gamma_2", "delta_q")
    )
    frame = mpmath.matrix([[mpmath.cos(TURN), mpmath.sin(TURN)], [-mpmath.sin(TURN), mpmath.cos(TURN)]])
    hessian = frame.T * mpmath.diag([first, second]) * frame
    form = mpmath.sqrtm(hessian * hessian)
    gradient = frame.T * mpmath.matrix([g_1, g_2])

    def boundary(angle: Any) -> Any:
        unit = mpmath.matrix([mpmath.cos(angle), mpmath.sin(angle)])
        return unit * mpmath.sqrt(2 * size / (unit.T * form * unit)[0])

    def loss(angle: Any) -> Any:
        return (gradient.T * boundary(angle))[0]

    start = min((2 * mpmath.pi * k / 60 for k in range(60)), key=loss)
    angle = mpmath.findroot(lambda a: mpmath.diff(loss, a), start)
    moved = frame * boundary(angle)
    return [moved[0], moved[1], loss(angle)]


def predicted(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Components of the lowest point and its loss, (curvatures + 1, draws)."""
    slopes, (first, second) = np.asarray(measured.given["slopes"]), np.asarray(measured.given["curvatures"])
    return formula.numpy(
        gamma_1=slopes[0], gamma_2=slopes[1], lambda_1=first, lambda_2=second, delta_q=measured.given["radius"]
    )


CLAIM = Claim(
    statement=saddle_free_step.STATEMENT,
    checks=(
        Precision(
            name="along the boundary",
            reference=lowest,
            points=OTHER_SIGNS,
            parameters=saddle_free_step.STATEMENT.parameters,
            count=3,
            against="the lowest of all points of the boundary",
            digits=(20, 30),
        ),
        Ladder(
            name="an interior-point method",
            predict=predicted,
            steps=(0.004, 0.002, 0.001, 0.0005),
            quick=partial(lowest_points, curvatures=(1.4, -0.3), multiplicities=(3, 4), radius=0.23, draws=12),
            full=partial(lowest_points, curvatures=(1.4, -0.03), multiplicities=(20, 30), radius=0.23, draws=40),
            axis="number of the draw of frame and slopes",
            quantity="component of the lowest point, and its loss",
            series=("along curvature 1", "along curvature 2", "linear loss"),
            style="stem",
        ),
    ),
    quantities=("Delta_1", "Delta_2", "Delta_L"),
    convention="Components along the part of the gradient in each eigenspace; the trust region is x^T |H| x / 2 <= "
    "delta_q.",
    independence="A barrier and a general minimizer know the region only; the root of H H is taken numerically, and "
    "frames and slopes are random.",
)
