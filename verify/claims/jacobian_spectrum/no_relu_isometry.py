"""Rectified networks whose weights have two different singular values, and ones whose biases keep neurons on.

Sums over pairs of pairings (Weingarten) for two rotations a layer, each with a diagonal, give both moments at any
width. Networks are sampled with real signals; with biases that leave 99 % of the neurons on the theorem must fail.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.jacobian_spectrum import no_relu_isometry
from numerics.jacobian_spectrum.rectified import rectified_moments
from numerics.measurement import Measurement
from verify.checks import Certified, FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate
from verify.references import ball_spectra, matrix_moments
from verify.references.balls import (
    numbers,
)
from verify.references.wide_jacobians import LADDER, ROOT_2, switched_moments

ON = 2.3263478740408408  # tilt at which 99 % of Gaussian neurons are positive


def by_pairings(dps: int, point: Point) -> list:
    """Both moments at width N, or at 10^60: weights with two singular values, then switches."""
    width = int(point.get("N", matrix_moments.ENORMOUS))
    weights = [mpmath.mpf(1), mpmath.mpf(1), 1 + mpmath.mpf(point["omega"])]
    stack = (weights, switched_moments(mpmath.mpf(1) / 2, 2, 2))
    return [
        matrix_moments.stacked_power(k, int(point["L"]), stack, orthogonal=True, width=width, dps=dps) for k in (1, 2)
    ]


def without_width(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of them."""
    return candidate.mpmath(dps, L=point["L"], omega=point["omega"])


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean and second moment, (2,)."""
    return np.array(candidate.numpy(L=measured.given["layers"], omega=measured.given["spread"]), dtype=float)


centred = partial(rectified_moments, layers=2, spread=0.3, scale=ROOT_2, tilt=0.0)
sampled = partial(
    FiniteSize,
    predict=predicted,
    sizes=((24, 400), (48, 150), (96, 200)),
    full_sizes=((24, 4000), (48, 1500), (96, 2000)),
)


def certified_moments(bits: int, point: Point) -> list[Any]:
    """Moments of L layers of rotations and of diagonals of the point's omega: switches and matrices of two values."""
    layers, (excess,) = point["L"], numbers(point, "omega")
    gap = excess.sqrt()  # squared singular values 1 + gap and 1 - gap of the weights, with equal shares
    weights = [((1 + gap) ** k + (1 - gap) ** k) / 2 for k in (1, 2)]
    switches = [arb(2) ** (k - 1) for k in (1, 2)]
    layer = ball_spectra.transform_of(weights) * ball_spectra.transform_of(switches)
    return ball_spectra.moments(lambda z: layer**layers, 2)


CLAIM = Claim(
    statement=no_relu_isometry.STATEMENT,
    checks=(
        Certified(
            name="moments from certified power series",
            reference=certified_moments,
            against="power series of the S-transforms of switches and of weights of two singular values",
            values=("m_1", "m_2"),
            points=({"L": 3, "omega": "0.4"}, {"L": 6, "omega": "0.7"}),
        ),
        Precision(
            name="rotations and diagonals",
            reference=by_pairings,
            against="mean traces of powers by sums over pairs of pairings, at a width of 10^60",
            points=({"L": 3, "omega": "0.4"}, {"L": 7, "omega": "0.9"}),
            evaluate=without_width,
        ),
        Rate(
            name="moments at finite width",
            exact=by_pairings,
            points=({"L": 3, "omega": "0.4"},),
            values=LADDER,
            against="the moments at width N by sums over pairs of pairings",
            evaluate=without_width,
        ),
        sampled(name="rectified networks with centred weights", quick=centred),
    ),
    quantities=("m_1", "m_2"),
    convention="Moments are means over the squared singular values of square Jacobians.",
    independence="Networks with sampled weights pass real signals, whose signs switch the neurons; their Jacobians are "
    "multiplied out, and powers of them traced.",
    printed={
        "E21": Ordeal(
            fails=sampled(
                name="biases that keep 99 % of the neurons on",
                quick=partial(rectified_moments, layers=2, spread=0.3, scale=0.99**-0.5, tilt=ON),
                sizes=((30, 200), (54, 100), (96, 60)),
                full_sizes=None,
            ),
            holds=sampled(
                name="rectified networks with centred weights",
                quick=centred,
                sizes=((30, 200), (54, 100), (96, 60)),
                full_sizes=None,
            ),
        )
    },
)
