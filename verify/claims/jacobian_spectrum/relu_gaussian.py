"""Rectified networks with Gaussian weights: their Jacobians are multiplied out, and singular values counted.

The means of powers of the law, taken along the angle, meet those of Gaussian matrices and random switches, which sums
over pairings (Wick) give at any width: they know nothing of freeness, and show how fast the limit is reached. The edge
meets the growth of 160 moments. In the networks the switches are those of real signals.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.jacobian_spectrum import relu_gaussian
from derivations.statement import Source
from numerics.jacobian_spectrum.products import singular_value_fractions
from verify.checks import Certified, FiniteSize, Literature, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references import ball_spectra
from verify.references.densities import densities
from verify.references.wide_jacobians import (
    LADDER,
    along_the_law,
    counted,
    edge_and_moments,
    fraction_of,
    limit_of_second,
    matrices,
    rectified_slopes,
    relu_networks,
    second_at_width,
    series,
)

DEPTHS = (2, 3)
LEVELS = tuple(np.arange(0.1, 2.11, 0.125))

POINTS = tuple({"L": float(layers)} for layers in DEPTHS)
NAMES = tuple(f"{layers} layers" for layers in DEPTHS)


def certified_spectrum(bits: int, point: Point) -> list[Any]:
    """Edge and moments, from the S-transform of L Gaussian matrices and switches."""
    layers = point["L"]

    def transform(z: Any) -> Any:
        return 1 / (1 + 2 * z) ** layers

    return [ball_spectra.edge(transform, point["near"]), *ball_spectra.moments(transform, 3)[1:]]


def stated_edge_and_moments(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """What the formula says of these."""
    return candidate.arb(bits, L=point["L"], varphi="0.2")[2:]


def schroeder(candidate: Candidate) -> float:
    """The third moment of one rectified layer, whose law is that of Marchenko and Pastur with ratio 2."""
    return float(candidate.numpy(L=1, varphi=0.2)[4])


CLAIM = Claim(
    statement=relu_gaussian.STATEMENT,
    checks=(
        Literature(
            name="little Schroeder number",
            published="11",
            source=Source(document="oeis", where="A001003, entry 3, and the comment on the Marchenko-Pastur law"),
            evaluate=schroeder,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Certified(
            name="certified edge and moments",
            reference=certified_spectrum,
            evaluate=stated_edge_and_moments,
            against="the stationary point and the inverse power series of the moments' equation",
            values=("lambda_max", "m_2", "m_3"),
            points=({"L": 3, "near": "0.194"}, {"L": 7, "near": "0.077"}),
        ),
        Precision(
            name="Gaussian matrices and switches",
            reference=matrices(rectified_slopes, orthogonal=False),
            against="mean traces of powers by sums over pairings, at a width of 10^60",
            points=({"L": 3}, {"L": 6}),
            digits=(14, 16),
            evaluate=along_the_law,
        ),
        Precision(
            name="growth of the moments",
            reference=series(lambda z, point: -int(point["L"]) * (1 + 2 * z).log()),
            against="160 moments from the power series that solves the functional equation, and their growth",
            points=({"L": 4}, {"L": 7}),
            digits=(20, 24),
            evaluate=edge_and_moments,
            same_law=True,
        ),
        Rate(
            name="second moment at finite width",
            exact=second_at_width(rectified_slopes, orthogonal=False),
            points=({"L": 3}, {"L": 6}),
            values=LADDER,
            against="the second moment of Gaussian matrices and switches at width N",
            evaluate=limit_of_second,
        ),
        FiniteSize(
            name="singular values of rectified networks",
            predict=partial(counted, POINTS),
            quick=partial(singular_value_fractions, networks=relu_networks(DEPTHS, orthogonal=False), levels=LEVELS),
            sizes=((80, 80), (100, 80), (220, 60)),  # where N is below 70 no power of 1 / N rules the least level
            full_sizes=((96, 1000), (140, 500), (240, 560)),
            axis="singular value s",
            quantity="fraction F of singular values above s",
            series=NAMES,
            picture=densities(NAMES, fraction_of(POINTS)),
        ),
    ),
    quantities=("s", "F(s)", "lambda_max", "m_2", "m_3"),
    convention="F counts singular values, also those that are 0; lambda_max and the moments are those of their "
    "squares.",
    independence="Networks with sampled Gaussian weights pass real signals, whose signs switch the neurons; their "
    "Jacobians are multiplied out, and no law of spectra is used.",
)
