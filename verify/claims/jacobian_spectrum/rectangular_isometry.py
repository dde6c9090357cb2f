"""Linear networks of orthonormal rows and columns whose widths bulge: their singular values are counted.

Means over rotations (sums over pairs of pairings, Weingarten), of a projection behind a rotation behind a projection,
give both moments at any width, without freeness. Networks are sampled, with one and three bulges of unequal ratios.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
from flint import acb

from derivations.jacobian_spectrum import rectangular_isometry
from numerics.jacobian_spectrum.layers import bulges
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references import ball_spectra, matrix_moments
from verify.references.balls import (
    integral,
    numbers,
)
from verify.references.wide_jacobians import LADDER

LEVELS = tuple(np.linspace(0.1, 0.95, 8))
sampled = partial(FiniteSize, full_sizes=((48, 2000), (96, 800), (192, 300)))


def over_rotations(dps: int, point: Point) -> list:
    """Both moments of n corners of rotations; and the fraction above s of one, by integrating the arcsine density."""
    ratio = mpmath.mpf(point["r_N"])
    share = 1 / ratio
    width = int(mpmath.nint(ratio * int(point["N"]))) if "N" in point else matrix_moments.ENORMOUS
    moments = []
    for order in (1, 2):
        projection = [mpmath.mpf(1), *[share] * order]
        whole = matrix_moments.projected_power(order, int(point["n"]), projection, width=width, dps=dps)
        moments.append(whole * ratio)
    s = mpmath.mpf(point["s"])
    above = mpmath.quad(lambda t: 2 / mpmath.pi / mpmath.sqrt(2 - t * t), [0, mpmath.sqrt(1 - s)])
    return [*moments, 2 * above]


def stated(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of these."""
    return candidate.mpmath(dps, **{name: value for name, value in point.items() if name != "N"})


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Both moments, and the fraction above each level where there are levels."""
    given, levels = measured.given, np.asarray(measured.given["levels"])
    mean, second, _ = candidate.numpy(r_N=given["ratio"], n=given["bulges"], s=0.5)
    above = [candidate.numpy(r_N=2.0, n=1.0, s=level)[2] for level in levels]
    return np.array([mean, second, *above], dtype=float)


def certified_projection(bits: int, point: Point) -> list[Any]:
    """Moments of corners of rotations from their S-transform, and the arcsine law over its angle."""
    ratio, s = numbers(point, "r_N", "s")
    layers = point["n"]

    def transform(z: Any) -> Any:
        return ((ratio + z) / (1 + z)) ** layers

    spectrum = ball_spectra.moments(transform, 2)
    # of eigenvalues sin(u)^2 with density 1 / (pi sqrt(lambda (1 - lambda))): beyond s, the angle in parts of pi / 2
    angle = certify.root(lambda u: u.sin() - s, lambda u: u.cos(), point["near"], flint.ctx.prec)
    rest = integral(lambda u: acb(2) / flint.arb.pi(), angle, flint.arb.pi() / 2)
    return [*spectrum, rest]


def without_guess(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, r_N=point["r_N"], n=point["n"], s=point["s"])


CLAIM = Claim(
    statement=rectangular_isometry.STATEMENT,
    checks=(
        Certified(
            name="certified moments and arcsine law",
            reference=certified_projection,
            evaluate=without_guess,
            against="the inverse power series of the moments' equation, and the arcsine density over the angle",
            values=("m_1", "m_2", "F_2"),
            points=(
                {"r_N": "2.5", "n": 3, "s": "0.35", "near": "0.36"},
                {"r_N": "1.6", "n": 4, "s": "0.83", "near": "0.98"},
            ),
        ),
        Precision(
            name="projections and rotations",
            reference=over_rotations,
            against="means over rotations at a width of 10^60, and the arcsine density integrated",
            points=(
                {"r_N": "2.5", "n": 3, "s": "0.35"},
                {"r_N": "1.25", "n": 6, "s": "0.8"},
            ),
            evaluate=stated,
        ),
        Rate(
            name="moments at finite width",
            exact=over_rotations,
            points=({"r_N": "2.5", "n": 3, "s": "0.35"},),
            values=LADDER,
            against="means over rotations at width N",
            evaluate=stated,
        ),
        sampled(
            name="one bulge of twice the width",
            predict=predicted,
            quick=partial(bulges, ratio=2.0, count=1, levels=LEVELS),
            sizes=((24, 160), (48, 60), (96, 24)),
        ),
        sampled(
            name="three bulges",
            predict=predicted,
            quick=partial(bulges, ratio=1.5, count=3, levels=()),
            sizes=((24, 160), (48, 60), (96, 24)),
        ),
    ),
    quantities=("m_1", "m_2", "F_2(s)"),
    convention="Moments are means over the squared singular values of an N x N map; F_2 counts singular values.",
    independence="Matrices with orthonormal rows or columns are sampled and multiplied, and singular values counted.",
)
