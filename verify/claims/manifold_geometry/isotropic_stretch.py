"""What a linear layer of equal gain in all directions does to length, curvature and turning of a curve.

Closed polygons go through explicit Gaussian matrices and are measured by their points before and after. The reference
stretches a curve in space and integrates it anew, so that the three laws are not applied to anything.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from derivations.manifold_geometry import isotropic_stretch
from numerics.manifold_geometry.linear_layer import after_linear_layer
from numerics.measurement import Measurement
from verify.checks import FiniteSize, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate


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


def stretched_curve(dps: int, point: Point) -> list:
    """The three quantities of the stretched curve itself."""
    return measured_curve(dps, point["chi_1"])


def geometry_after_stretch(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula makes of the three quantities of the curve before."""
    length, bend, turning = unstretched_curve(dps)
    return candidate.mpmath(dps, **{"chi_1": point["chi_1"], "L^E": length, "kappa": bend, "L^G": turning})


@functools.cache
def unstretched_curve(dps: int) -> list:
    """The three quantities of the curve before."""
    return measured_curve(dps, 1)


def geometry_by_stretch(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The three quantities at the measured stretches, (3, stretches)."""
    length, bend, turning = np.asarray(measured.given["before"])
    found = candidate.numpy(**{"chi_1": measured.axis, "L^E": length, "kappa": bend, "L^G": turning})
    return np.broadcast_to(found, measured.values.shape)


CLAIM = Claim(
    statement=isotropic_stretch.STATEMENT,
    checks=(
        FiniteSize(
            name="closed curves through wide random linear layers",
            predict=geometry_by_stretch,
            quick=functools.partial(after_linear_layer, squared_stretches=(0.35, 0.7, 1.6, 3.3), points=60),
            full=functools.partial(after_linear_layer, squared_stretches=(0.2, 0.35, 0.7, 1.6, 3.3, 6.0), points=120),
            sizes=((80, 80), (160, 40), (320, 20)),
            full_sizes=((250, 800), (500, 400), (1000, 100)),
            axis="squared stretch chi_1",
            quantity="geometry of the curve",
            series=("length", "curvature", "Grassmannian length"),
        ),
        Precision(
            name="a stretched curve in space, integrated numerically",
            reference=stretched_curve,
            evaluate=geometry_after_stretch,
            against="lengths by quadrature and curvature by a cross product, before and after the stretch",
            points=({"chi_1": "0.37"}, {"chi_1": "2.9"}),
            digits=(15, 25),
        ),
    ),
    quantities=("L^E'", "kappa'", "L^G'"),
    convention="The squared stretch is the variance of a weight times the number of outputs, not of inputs.",
    independence="Polygons, circles through three corners and turns of chords, through explicit Gaussian matrices.",
)
