"""Curvature and Gauss metric from velocity and acceleration.

The measurement knows positions only: the circle through three neighbouring points and the angle between their chords,
on curves that are not run through at constant speed. The formula is given the products of velocity and acceleration.
"""

from __future__ import annotations

import functools

import mpmath
import numpy as np

from derivations.activations import TANH
from derivations.manifold_geometry import curve_geometry
from numerics.manifold_geometry.sampled_curves import CURVES, bends_and_turns
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, numpy_function
from verify.evidence import Path, Plane


def three_points_of_a_cubic(dps: int, point: Point) -> list:
    """Circle through three points of a cubic, and angle between its chords, so close that the limit has `dps` digits.

    Velocity and acceleration of the cubic have the given products; its third derivative is arbitrary.
    """
    with mpmath.workdps(4 * dps):
        vv, va, aa = (mpmath.mpf(point[name]) for name in ("g^E", "v_dot_a", "a_dot_a"))
        speed = mpmath.sqrt(vv)
        v, a, b = [speed, 0, 0], [va / speed, mpmath.sqrt(aa - va**2 / vv), 0], [0.3, -0.2, 0.7]
        step = mpmath.mpf(10) ** (-dps)
        ahead, behind = (
            [t * x + t**2 / 2 * y + t**3 / 6 * w for x, y, w in zip(v, a, b, strict=True)] for t in (step, -step)
        )
        sides = [mpmath.norm(side) for side in (ahead, behind, [x - y for x, y in zip(ahead, behind, strict=True)])]
        inner = mpmath.fsum(x * y for x, y in zip(ahead, behind, strict=True))
        sine = mpmath.sqrt((sides[0] * sides[1]) ** 2 - inner**2) / (sides[0] * sides[1])
        return [2 * sine / sides[2], (mpmath.asin(sine) / step) ** 2]


def curvature_and_gauss_metric(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Curvature and Gauss metric from the products of velocity and acceleration, (2, curves, places)."""
    given = measured.given
    return candidate.numpy(**{"g^E": given["vv"], "v_dot_a": given["va"], "a_dot_a": given["aa"]})


def osculating_circles(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """The ellipse, and circles of the predicted curvature that touch it."""
    given = measured.given
    outline, spot, tangent, normal = (np.asarray(given[name]) for name in ("outline", "spot", "tangent", "normal"))
    radii = 1 / curvature_and_gauss_metric(candidate, measured)[0, 0]
    turn = np.linspace(0, 2 * np.pi, 80)
    paths = [Path(label="ellipse", measured=(tuple(outline[0]), tuple(outline[1])))]
    chosen = np.argsort(radii)[[0, len(radii) // 2]]
    for group, (words, k) in enumerate(zip(("sharpest", "median"), chosen, strict=True), start=1):
        circle = spot[:, k, None] + radii[k] * (
            normal[:, k, None] * (1 - np.cos(turn)) + tangent[:, k, None] * np.sin(turn)
        )
        paths.append(
            Path(label=f"circle at the {words} bend", group=group, theory=(tuple(circle[0]), tuple(circle[1])))
        )
    return (Plane(title="Osculating circles", x_label="x", y_label="y", paths=tuple(paths), equal=True),)


CLAIM = Claim(
    statement=curve_geometry.STATEMENT,
    checks=(
        Ladder(
            name="circles through three points and angles of chords",
            predict=curvature_and_gauss_metric,
            quick=functools.partial(
                bends_and_turns,
                places=24,
                widths=(30, 50, 40),
                sigma_w=1.6,
                sigma_b=0.3,
                derivatives=(numpy_function(TANH), numpy_function(TANH, 1), numpy_function(TANH, 2)),
            ),
            full=functools.partial(
                bends_and_turns,
                places=200,
                widths=(300, 500, 400),
                sigma_w=1.6,
                sigma_b=0.3,
                derivatives=(numpy_function(TANH), numpy_function(TANH, 1), numpy_function(TANH, 2)),
            ),
            steps=(0.04, 0.02, 0.01, 0.005),
            order=2,
            axis="parameter theta of the curve (radians)",
            quantity="measured on three points",
            series=(*(f"curvature, {curve}" for curve in CURVES), "Gauss metric, ellipse"),
            picture=osculating_circles,
        ),
        Precision(
            name="three points of a cubic",
            reference=three_points_of_a_cubic,
            against="the circle through three points of a cubic, and the angle between their chords, in the limit",
            parameters=curve_geometry.STATEMENT.parameters,
            count=3,
            digits=(20, 30),
        ),
    ),
    quantities=("kappa", "g^G"),
    convention="Any parameter, in radians; curvature is the inverse radius, the Gauss metric is per squared parameter.",
    independence="Positions of three neighbouring points on an ellipse, a helix and a network's image of a circle.",
)
