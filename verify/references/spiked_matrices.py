"""Teachers buried in noise: what several claims know of spiked random matrices."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import flint
import mpmath
import numpy as np
from flint import acb, arb

from numerics.measurement import Measurement
from verify import certify
from verify.checks.precision import Point
from verify.references.balls import integral, numbers


def away_from_threshold(point: Point) -> bool:
    """Whether the teacher is well above the noise, and the noise has a gap at 0, so that the quadrature converges."""
    s, ratio = float(point["sbar"]), float(point["A"])
    return s > 1.15 * ratio**0.25 and abs(ratio - 1) > 0.2


def pole_of_the_data(dps: int, point: Point) -> list:
    """Singular value and overlaps from integrals over the Marchenko-Pastur law: D(z) = 1/s^2, -2 phi / (s^2 D'(z)).

    Eigenvalues of the noise are 1 + A + 2 sqrt(A) cos(angle); the trapezoid rule over the angle converges
    geometrically, at the rate of the nearest pole. How many nodes that takes is known from the threshold; whether they
    were enough, two precisions tell.
    """
    bits = math.ceil((dps + 15) * math.log2(10))
    with certify.precision(bits):
        s, ratio = (arb(mpmath.mpf(point[name])) for name in ("sbar", "A"))
        strength, of_noise = float(s), float(ratio)
        # poles of the integrands off the real angle: that of the weights, and that of the resolvent at the root
        poles = [abs(math.log(of_noise)) / 2 or math.inf, 2 * math.log(strength) - math.log(of_noise) / 2, 1 / 5]
        count = math.ceil((dps + 5) * math.log(10) / min(poles) / 2)
        angles = [arb.pi() * k / count for k in range(1, count)]
        levels = [1 + ratio + 2 * ratio.sqrt() * angle.cos() for angle in angles]
        # density of eigenvalues per input; what is missing to 1 are zeros
        weights = [2 * ratio * angle.sin() ** 2 / level / count for angle, level in zip(angles, levels, strict=True)]
        zeros = 1 - sum(weights)

        def transform(w: Any) -> tuple[Any, Any, Any]:
            """gtilde / z at z^2 = w, D(z) = z g z gtilde there, and its derivative by w."""
            inverses = [1 / (w - level) for level in levels]
            parts = list(map(operator.mul, weights, inverses))
            each = sum(parts) + zeros / w  # gtilde / z: the resolvent per input
            slope = -sum(map(operator.mul, parts, inverses)) - zeros / w**2
            other = w * each + ratio - 1  # A z g: the resolvent per output
            return each, each * other / ratio, (slope * other + each * (each + w * slope)) / ratio

        # D falls and is convex above the noise, so that Newton's method climbs from its edge to the root
        w = (1 + ratio.sqrt()) ** 2 * (1 + arb(10) ** -3)
        for _ in range(100):
            _, value, slope = transform(w)
            step = (1 / s**2 - value) / slope
            w = (w + step).mid()
            if abs(step) < w * arb(10) ** (5 - dps):
                break
        each, _, slope = transform(w)
        z = w.sqrt()
        traces = (w * each + ratio - 1) / (z * ratio), z * each
        return [mpmath.mpf(x) for x in (z, *(-phi / (s * s * z * slope) for phi in traces))]


def certified_pole(point: Point) -> tuple[Any, Any, Any]:
    """The same as balls, near a guess `w` for the squared singular value: a Krawczyk test proves the root of D.

    Integrals over the Marchenko-Pastur law are integrals over the angle, of analytic functions.
    """
    s, ratio = numbers(point, "sbar", "A")
    end, root_ratio = arb.pi(), ratio.sqrt()

    def law(function: Callable[[Any], Any]) -> Any:
        def weighted(angle: Any) -> Any:
            level = 1 + ratio + 2 * root_ratio * angle.cos()
            return 2 * ratio * angle.sin() ** 2 / (level * end) * function(level)

        return integral(weighted, arb(0), end)

    zeros = 1 - law(lambda level: acb(1))

    def resolvents(w: Any) -> tuple[Any, Any]:
        each = law(lambda level: 1 / (w - level)) + zeros / w
        return each, w * each + ratio - 1

    def slope_of(w: Any) -> Any:
        each, other = resolvents(w)
        falls = -law(lambda level: 1 / (w - level) ** 2) - zeros / w**2
        return (falls * other + each * (each + w * falls)) / ratio

    def excess(w: Any) -> Any:
        each, other = resolvents(w)
        return each * other / ratio - 1 / s**2

    w = certify.root(excess, slope_of, point["w"], flint.ctx.prec)
    (each, other), z = resolvents(w), w.sqrt()
    scale = -1 / (s**2 * z * slope_of(w))
    return z, other / (z * ratio) * scale, z * each * scale


def times_of(measured: Measurement) -> np.ndarray:
    """The times of a measurement; they are always there in this chapter."""
    assert measured.axis is not None
    return measured.axis


def distance(strengths: list, teacher: Any, p: Any, q: Any) -> Any:
    """Squared distance of a student with these modes to a teacher with overlaps p, q with the second mode only."""
    u, v = ([mpmath.mpf(0), k, mpmath.sqrt(1 - k * k)] for k in (p, q))
    return mpmath.fsum(
        ((strengths[i] if i == j and i < len(strengths) else 0) - teacher * u[i] * v[j]) ** 2
        for i in range(3)
        for j in range(3)
    )


def held_at(given: Any, width: float) -> int:
    """Index of the last mode of the data that so many hidden neurons hold."""
    return min(round(float(width)), given["singular_values"].shape[-1]) - 1
