"""Rectified networks with orthogonal weights: their Jacobians are multiplied out, and singular values counted.

The means of powers of the law, taken along the angle, meet those of random orthogonal matrices and random switches, which
sums over pairs of pairings (Weingarten) give at any width: they know nothing of freeness, and show how fast the limit is
reached. The edge meets the growth of 160 moments. In the networks the switches are those of real signals.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.jacobian_spectrum import relu_orthogonal
from numerics.jacobian_spectrum.products import singular_value_fractions
from numerics.measurement import Measurement
from verify.checks import FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references import matrix_moments
from verify.references.spectral_law import TERMS, edge_by_growth, fraction_above, moments_by_series
from verify.references.wide_jacobians import LADDER, along_the_angle, law_by_angle, relu_networks, switched_moments

DEPTHS = (2, 4)
LEVELS = tuple(np.arange(0.1, 1.71, 0.1))
SWITCHES = switched_moments(mpmath.mpf(1) / 2, 2, 4)
ORDERS = (1, 2, 3)


def by_pairings(dps: int, point: Point) -> list:
    """Nothing above the edge, half of the neurons, mean 1, and moments 2 and 3, twice: of the law, and as stated."""
    found = [
        matrix_moments.mean_power(k, point["L"], SWITCHES, orthogonal=True, dps=dps) if k > 1 else mpmath.mpf(1)
        for k in ORDERS
    ]
    return [mpmath.mpf(0), mpmath.mpf(1) / 2, *found, *found[1:]]


def along_the_law(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these."""
    layers = point["L"]
    law = law_by_angle(candidate, L=float(layers))
    return [*along_the_angle(law, np.pi / layers, ORDERS), *candidate.numpy(L=float(layers), varphi=0.1)[3:]]


def by_series(dps: int, point: Point) -> list:
    """Edge and two moments from the series that solves the functional equation."""
    layers = int(point["L"])
    found = moments_by_series(lambda z: layers * ((1 + z).log() - (1 + 2 * z).log()), TERMS, 2400)
    return [edge_by_growth(found, dps), *(mpmath.mpf(str(m.str(dps + 10, radius=False))) for m in found[2:4])]


def edge_and_moments(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these."""
    return list(candidate.mpmath(dps, varphi="0.1", **point)[2:])


def second_at_width(dps: int, point: Point) -> Any:
    """The second moment at width N, by pairings."""
    return matrix_moments.mean_power(2, point["L"], SWITCHES, orthogonal=True, width=int(point["N"]), dps=dps)


def limit_of_second(candidate: Candidate, dps: int, point: Point) -> Any:
    """The second moment in the limit."""
    return candidate.mpmath(dps, L=point["L"], varphi="0.1")[3]


def predicted(depths: tuple[int, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Fraction of the singular values above each level, (networks, levels)."""
    levels = np.asarray(measured.axis)
    laws = (law_by_angle(candidate, L=float(layers)) for layers in depths)
    return np.stack([fraction_above(law, np.pi / n, levels) for law, n in zip(laws, depths, strict=True)])


CLAIM = Claim(
    statement=relu_orthogonal.STATEMENT,
    checks=(
        Precision(
            name="random orthogonal matrices and switches",
            reference=by_pairings,
            against="mean traces of powers by sums over pairs of pairings, at a width of 10^60",
            points=({"L": 3}, {"L": 6}),
            digits=(14, 16),
            evaluate=along_the_law,
        ),
        Precision(
            name="growth of the moments",
            reference=by_series,
            against="160 moments from the power series that solves the functional equation, and their growth",
            points=({"L": 4}, {"L": 7}),
            digits=(20, 24),
            evaluate=edge_and_moments,
            same_law=True,
        ),
        Rate(
            name="second moment at finite width",
            exact=second_at_width,
            points=({"L": 3}, {"L": 6}),
            values=LADDER,
            against="the second moment of random orthogonal matrices and switches at width N",
            evaluate=limit_of_second,
        ),
        FiniteSize(
            name="singular values of rectified networks",
            predict=partial(predicted, DEPTHS),
            quick=partial(
                singular_value_fractions, networks=relu_networks(DEPTHS, orthogonal=True), levels=LEVELS
            ),
            full=partial(
                singular_value_fractions, networks=relu_networks(DEPTHS, orthogonal=True), levels=LEVELS
            ),
            sizes=((30, 900), (54, 450), (96, 240)),
            full_sizes=((50, 6000), (100, 3000), (200, 1000)),
            axis="singular value",
            quantity="fraction above it",
            series=tuple(f"{layers} layers" for layers in DEPTHS),
        ),
    ),
    quantities=("s", "F(s)", "lambda_max", "m_2", "m_3"),
    convention="F counts singular values, also those that are 0; lambda_max and the moments are those of their squares.",
    independence="Networks with sampled orthogonal weights pass real signals, whose signs switch the neurons; their "
    "Jacobians are multiplied out, and no law of spectra is used.",
)
