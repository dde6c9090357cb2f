"""Metric, curvature and lengths of a great circle.

A circle in a random plane is known by its points alone: chords, circles through three points and polygons give all five
quantities. The reference differentiates a circle in a slanted plane numerically.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import flint
import mpmath
from flint import acb, arb, arb_series

from derivations.manifold_geometry import great_circle
from numerics.manifold_geometry.great_circle import sampled_circle
from verify.checks import Certified, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.references.balls import integral, numbers


def differentiated_circle(dps: int, point: Point) -> list:
    """The five quantities of a circle in a slanted plane, differentiated and integrated numerically."""
    size, q = int(point["N"]), mpmath.mpf(point["q"])
    axis = mpmath.matrix([mpmath.mpf(1) / (k + 2) for k in range(size)])
    share = 2 / mpmath.fsum(a * a for a in axis)
    mirrored = [[mpmath.mpf(k == j) - share * axis[k] * axis[j] for k in range(size)] for j in (0, 1)]
    radius = mpmath.sqrt(size * q)

    def along(order: int, angle: Any) -> list:
        def coordinate(i: int, a: Any) -> Any:
            return radius * (mirrored[0][i] * mpmath.cos(a) + mirrored[1][i] * mpmath.sin(a))

        return [mpmath.diff(functools.partial(coordinate, i), angle, order) for i in range(size)]

    def dot(a: list, b: list) -> Any:
        return mpmath.fsum(x * y for x, y in zip(a, b, strict=True))

    def speeds(angle: Any) -> tuple[Any, Any, Any]:
        v, a = along(1, angle), along(2, angle)
        vv, va, aa = dot(v, v), dot(v, a), dot(a, a)
        straight = [(x - y * va / vv) / mpmath.sqrt(vv) for x, y in zip(a, v, strict=True)]  # derivative of v / |v|
        return mpmath.sqrt(vv), mpmath.sqrt(vv * aa - va**2) / vv ** mpmath.mpf(1.5), dot(straight, straight)

    with mpmath.workdps(2 * dps):
        places = [speeds(2 * mpmath.pi * k / 3 + mpmath.mpf("0.3")) for k in range(3)]
        lengths = [
            2 * mpmath.pi * mpmath.fsum(p) / 3 for p in ([s for s, *_ in places], [mpmath.sqrt(g) for *_, g in places])
        ]
        speed, bend, gauss = places[0]
        return [speed**2, bend, gauss, *lengths]


def certified_circle(bits: int, point: Point) -> list[Any]:
    """Metric, curvature and lengths of a circle of N neurons, differentiated as power series and integrated.

    The neurons are sqrt(q) times cosines of the angle with phases that are spread evenly, times the root of two.
    """
    count, (length,) = point["N"], numbers(point, "q")
    pi = flint.arb.pi()

    def moments(angle: Any, order: int) -> Any:
        """Squared norm of a derivative of that order over all neurons."""
        phases = [angle + pi * k / count for k in range(count)]
        series = [arb_series([phase, 1], prec=order + 1).cos() * (2 * length).sqrt() for phase in phases]
        return sum(((s[order] * math.factorial(order)) ** 2 for s in series), arb(0))

    metric, bend = (moments(arb(1) / 3, order) for order in (1, 2))
    curvature = bend.sqrt() / metric  # at constant speed
    turning = metric * curvature**2
    lengths = [integral(lambda u, size=size: acb(size), arb(0), 2 * pi) for size in (metric.sqrt(), turning.sqrt())]
    return [metric, curvature, turning, *lengths]


CLAIM = Claim(
    statement=great_circle.STATEMENT,
    checks=(
        Certified(
            name="certified circle",
            reference=certified_circle,
            against="a circle of explicit neurons, differentiated as power series",
            values=("g^E", "kappa", "g^G", "L^E", "L^G"),
            points=({"N": 5, "q": "0.37"}, {"N": 8, "q": "1.9"}),
        ),
        Precision(
            name="a slanted circle differentiated numerically",
            reference=differentiated_circle,
            against="velocity and acceleration by numerical differentiation, lengths by quadrature over the circle",
            points=({"N": 5, "q": "0.37"}, {"N": 7, "q": "1.83"}),
        ),
        Ladder(
            name="polygons on sampled circles",
            predict=lambda candidate, m: candidate.numpy(N=m.given["N"], q=m.given["q"]),
            quick=functools.partial(sampled_circle, dimensions=(3, 11, 40, 90), squared_lengths=(0.21, 1.7, 0.6, 3.3)),
            full=functools.partial(
                sampled_circle, dimensions=(3, 30, 300, 3000), squared_lengths=(0.21, 1.7, 0.6, 3.3)
            ),
            steps=tuple(2 * math.pi / n for n in (48, 96, 192, 384)),
            order=2,
            axis="dimension N",
            quantity="measured on the polygon",
            style="points",
            series=("metric", "curvature", "Gauss metric", "length", "Gauss length"),
        ),
    ),
    quantities=("g^E", "kappa", "g^G", "L^E", "L^G"),
    convention="Angles in radians; the metric is per squared radian, curvature is the inverse radius.",
    independence="Chords, circles through three points and polygons, on a circle in a random plane; no derivative.",
)
