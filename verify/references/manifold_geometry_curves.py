"""Independent evaluations and predictions for the geometry of a curve, and for what a stretch does to it."""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate
from verify.evidence import Path, Plane


def three_points(dps: int, point: Point) -> list:
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


def at_places(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Curvature and Gauss metric from the products of velocity and acceleration, (2, curves, places)."""
    given = measured.given
    return candidate.numpy(**{"g^E": given["vv"], "v_dot_a": given["va"], "a_dot_a": given["aa"]})


def osculating(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """The ellipse, and circles of the predicted curvature that touch it."""
    given = measured.given
    outline, spot, tangent, normal = (np.asarray(given[name]) for name in ("outline", "spot", "tangent", "normal"))
    radii = 1 / at_places(candidate, measured)[0, 0]
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


# ------------------------------------------------------------------------------------------------ isotropic stretch


def measured_curve(dps: int, squared_stretch: Any) -> list:
    """Length, curvature at a point and length of the unit tangent's path of a stretched closed curve in space.

    The integrands are periodic and analytic, so that equal weights at equal angles converge exponentially.
    """
    with mpmath.workdps(dps + 10):
        stretch, count = mpmath.sqrt(mpmath.mpf(squared_stretch)), 12 * dps

        def at(turn: Any) -> tuple[Any, Any]:
            cosine, sine, second = mpmath.cos(turn), mpmath.sin(turn), 2 * turn + mpmath.mpf("0.4")
            v = [-2 * stretch * sine, stretch * cosine, -stretch * mpmath.sin(second) / 3]
            a = [-2 * stretch * cosine, -stretch * sine, -2 * stretch * mpmath.cos(second) / 3]
            cross = [v[1] * a[2] - v[2] * a[1], v[2] * a[0] - v[0] * a[2], v[0] * a[1] - v[1] * a[0]]
            speed = mpmath.norm(v)
            return speed, mpmath.norm(cross) / speed**3

        places = [at(2 * mpmath.pi * k / count) for k in range(count)]
        share = 2 * mpmath.pi / count
        lengths = (share * mpmath.fsum(s for s, _ in places), share * mpmath.fsum(s * bend for s, bend in places))
        return [lengths[0], at(mpmath.mpf("0.7"))[1], lengths[1]]


def stretched(dps: int, point: Point) -> list:
    """The three quantities of the stretched curve itself."""
    return measured_curve(dps, point["chi_1"])


def from_before(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula makes of the three quantities of the curve before."""
    length, bend, turning = unstretched(dps)
    return candidate.mpmath(dps, **{"chi_1": point["chi_1"], "L^E": length, "kappa": bend, "L^G": turning})


@functools.cache
def unstretched(dps: int) -> list:
    """The three quantities of the curve before."""
    return measured_curve(dps, 1)


def over_stretches(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The three quantities at the measured stretches, (3, stretches)."""
    length, bend, turning = np.asarray(measured.given["before"])
    found = candidate.numpy(**{"chi_1": measured.axis, "L^E": length, "kappa": bend, "L^G": turning})
    return np.broadcast_to(found, measured.values.shape)
