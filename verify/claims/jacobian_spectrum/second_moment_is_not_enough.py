"""Four critical networks, sampled side by side: equal means, other spreads, and a third moment that tells two apart.

Sums over pairings (Wick, Weingarten) give the moments of all four in the limit; the networks themselves are sampled at
three layers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.jacobian_spectrum import second_moment_is_not_enough
from derivations.statement import Source
from numerics.jacobian_spectrum.products import spectral_moments
from numerics.measurement import Measurement
from verify.checks import Certified, FiniteSize, Literature, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references import ball_spectra, matrix_moments
from verify.references.wide_jacobians import LADDER, linear_networks, rectified_slopes, relu_networks

LAYERS = 2
ONES, SWITCHES = [mpmath.mpf(1)] * 4, rectified_slopes({})
CASES: tuple[tuple[int, list, bool], ...] = (  # order, moments of the slopes, whether weights are orthogonal
    (2, ONES, True),
    (2, ONES, False),
    (2, SWITCHES, True),
    (2, SWITCHES, False),
    (3, ONES, False),
    (3, SWITCHES, True),
)


def by_pairings(dps: int, point: Point) -> list:
    """The six moments at width N, or at 10^60."""
    width = int(point.get("N", matrix_moments.ENORMOUS))
    return [
        matrix_moments.mean_power(order, int(point["L"]), slopes, orthogonal=orthogonal, width=width, dps=dps)
        for order, slopes, orthogonal in CASES
    ]


def without_width(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of them."""
    return candidate.mpmath(dps, L=point["L"])


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Moments 1 to 3 of two networks, (2, 3): linear and Gaussian, relu and orthogonal."""
    _, gaussian, rectified, _, third_gaussian, third_rectified = candidate.numpy(L=float(LAYERS))
    return np.array([[1.0, gaussian, third_gaussian], [1.0, rectified, third_rectified]], dtype=float)


def certified_moments(bits: int, point: Point) -> list[Any]:
    """Moments of linear and rectified networks, with orthogonal and Gaussian weights, from their S-transforms."""
    layers = point["L"]

    def of(transform: Callable[[Any], Any]) -> list[Any]:
        return ball_spectra.moments(lambda z: transform(z) ** layers, 3)

    linear, gaussian = of(lambda z: (1 + z) / (1 + z)), of(lambda z: 1 / (1 + z))
    relu, both = of(lambda z: (1 + z) / (1 + 2 * z)), of(lambda z: 1 / (1 + 2 * z))
    return [linear[1], gaussian[1], relu[1], both[1], gaussian[2], relu[2]]


def ternary_trees(candidate: Candidate) -> float:
    """The third moment of a product of two Gaussian matrices."""
    return float(candidate.numpy(L=2)[4])


CLAIM = Claim(
    statement=second_moment_is_not_enough.STATEMENT,
    checks=(
        Literature(
            name="trees of three nodes with three branches each",
            published="12",
            source=Source(document="oeis", where="A001764, entry 3"),
            evaluate=ternary_trees,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Certified(
            name="moments from certified power series",
            reference=certified_moments,
            against="the inverse power series of the moments' equation",
            points=({"L": 3}, {"L": 8}),
        ),
        Precision(
            name="sums over pairings",
            reference=by_pairings,
            against="mean traces of powers by Wick and Weingarten, at a width of 10^60",
            points=({"L": 3}, {"L": 8}),
            evaluate=without_width,
        ),
        Rate(
            name="moments at finite width",
            exact=by_pairings,
            points=({"L": 3}, {"L": 6}),
            values=LADDER,
            against="the moments at width N by Wick and Weingarten",
            evaluate=without_width,
        ),
        FiniteSize(
            name="networks side by side",
            predict=predicted,
            quick=partial(
                spectral_moments,
                networks=(
                    *linear_networks((LAYERS,)),
                    *relu_networks((LAYERS,), orthogonal=True),
                ),
                orders=3,
            ),
            sizes=((36, 150), (64, 80), (140, 90)),
            full_sizes=((52, 700), (96, 280), (220, 340)),
        ),
    ),
    quantities=(
        r"m_2^{\mathrm{linear, O}}",
        r"m_2^{\mathrm{linear, G}}",
        r"m_2^{\mathrm{relu, O}}",
        r"m_2^{\mathrm{relu, G}}",
        r"m_3^{\mathrm{linear, G}}",
        r"m_3^{\mathrm{relu, O}}",
    ),
    convention="Moments are means over the squared singular values of square Jacobians.",
    independence="Networks are sampled, their Jacobians multiplied out, and powers of them traced; no law of spectra "
    "is used.",
)
