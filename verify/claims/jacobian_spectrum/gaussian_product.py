"""Products of sampled Gaussian matrices: their moments at one width exactly, and in the limit.

The mean traces of powers at any width come from sums over pairings (Wick), matrix by matrix; they use neither free
probability nor the recursion of the derivation, and reach to the fourth power. The edge is extrapolated from the growth
of 160 moments. Sampled products show the second moment at a width where the limit is far off, and the limit itself.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.jacobian_spectrum import gaussian_product
from derivations.statement import Source
from numerics.jacobian_spectrum.products import spectral_moments
from numerics.measurement import Measurement
from verify.checks import Certified, FiniteSize, Literature, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references import ball_spectra, matrix_moments
from verify.references.spectral_law import TERMS, edge_by_growth, moments_by_series
from verify.references.wide_jacobians import LADDER, linear_networks

NARROW, DEPTHS = 24, (2, 3, 5)
ONES = [mpmath.mpf(1)] * 5  # moments of the slopes of a linear network


def by_pairings(dps: int, point: Point) -> list:
    """The k-th moment of very wide products, and the second one at width N."""
    wide = matrix_moments.mean_power(point["k"], point["L"], ONES, orthogonal=False, dps=dps)
    narrow = matrix_moments.mean_power(2, point["L"], ONES, orthogonal=False, width=point["N"], dps=dps)
    return [wide, narrow]


def moments_only(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of both."""
    return list(candidate.mpmath(dps, **point)[1:])


def by_series(dps: int, point: Point) -> list:
    """Edge and moment from the series that solves the functional equation."""
    found = moments_by_series(lambda z: -int(point["L"]) * (1 + z).log(), TERMS, 2400)
    return [edge_by_growth(found, dps), mpmath.mpf(str(found[point["k"]].str(dps + 10, radius=False)))]


def in_the_limit(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of both."""
    return list(candidate.mpmath(dps, N=9, **point)[:2])


def second_at_width(dps: int, point: Point) -> Any:
    """The second moment at width N, by pairings."""
    return matrix_moments.mean_power(2, point["L"], ONES, orthogonal=False, width=int(point["N"]), dps=dps)


def limit_of_second(candidate: Candidate, dps: int, point: Point) -> Any:
    """The moment of order 2 in the limit."""
    return candidate.mpmath(dps, L=point["L"], k=2, N=9)[1]


def predicted_second(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """First and second moments at the width of the matrices, (networks, 2); the first one is 1 at any width."""
    layers: Any = measured.given["layers"]
    second = candidate.numpy(L=layers, k=1, N=measured.resolution["width"])[2]
    return np.stack([np.ones_like(second), second], axis=1)


def predicted_moments(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Moments in the limit, (networks, orders)."""
    layers: Any = measured.given["layers"]
    orders = range(1, measured.values.shape[1] + 1)
    return np.stack([candidate.numpy(L=layers, k=k, N=9.0)[1] for k in orders], axis=1)


def ternary_trees(candidate: Candidate) -> float:
    """The fourth moment of a product of two matrices."""
    return float(candidate.numpy(L=2, k=4, N=3)[1])


def certified_edge(bits: int, point: Point) -> list[Any]:
    """Edge and moment of a product of L Gaussian matrices, from 1 / (1 + z)^L."""
    layers, order = point["L"], point["k"]

    def transform(z: Any) -> Any:
        return 1 / (1 + z) ** layers

    guess = str(round(1 / layers, 3))
    return [ball_spectra.edge(transform, guess), ball_spectra.moments(transform, order)[-1]]


def of_wide_matrices(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """Edge and moment that the formula gives; the last part is for finite width."""
    return candidate.arb(bits, **point, N=7)[:2]


CLAIM = Claim(
    statement=gaussian_product.STATEMENT,
    checks=(
        Certified(
            name="certified edge and moment",
            reference=certified_edge,
            evaluate=of_wide_matrices,
            against="the stationary point and the inverse power series of the moments' equation",
            values=("lambda_max", "m_k"),
            points=({"L": 3, "k": 4}, {"L": 7, "k": 5}),
        ),
        Literature(
            name="trees of four nodes with three branches each",
            published="55",
            source=Source(document="oeis", where="A001764, entry 4"),
            evaluate=ternary_trees,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Precision(
            name="sums over pairings",
            reference=by_pairings,
            against="mean traces of powers by Wick's theorem, at a width of 10^60 and at width N",
            points=({"L": 3, "k": 4, "N": 7}, {"L": 7, "k": 3, "N": 31}, {"L": 4, "k": 3, "N": 1}),
            evaluate=moments_only,
        ),
        Precision(
            name="growth of the moments",
            reference=by_series,
            against="160 moments from the power series that solves the functional equation, and their growth",
            points=({"L": 3, "k": 9}, {"L": 10, "k": 5}),
            digits=(24, 34),
            evaluate=in_the_limit,
            same_law=True,
        ),
        Rate(
            name="second moment of finite matrices",
            exact=second_at_width,
            points=({"L": 3}, {"L": 6}),
            values=LADDER,
            against="the second moment at width N by Wick's theorem",
            evaluate=limit_of_second,
        ),
        Replicas(
            name="products of narrow matrices",
            predict=predicted_second,
            quick=partial(spectral_moments, width=NARROW, networks=linear_networks(DEPTHS), orders=2),
            replicas=1500,
            full_replicas=8000,
        ),
        FiniteSize(
            name="moments of sampled products",
            predict=predicted_moments,
            quick=partial(spectral_moments, networks=linear_networks((2,)), orders=3),
            sizes=((50, 360), (75, 210), (112, 130)),
            full_sizes=((120, 2000), (180, 1000), (270, 700)),
        ),
    ),
    quantities=("lambda_max", "m_k", "m_2(N)"),
    convention="Moments are means over the squared singular values of square matrices with entries of variance 1 / N.",
    independence="Matrices are sampled and multiplied, and traces of powers of the product are averaged; no law of "
    "spectra is used.",
)
