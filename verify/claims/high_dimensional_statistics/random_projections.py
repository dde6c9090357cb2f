"""Lengths of randomly projected vectors: matrices of three kinds, and vectors at right angles.

The experiment multiplies vectors by matrices. The reference enumerates discrete entries, integrates the density of
chi-square, minimizes Chernoff's bound over a grid that is refined, and solves the union bound for the number of
projections, with the Taylor coefficients of the logarithm taken numerically.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.high_dimensional_statistics import random_projections
from derivations.statement import Source
from numerics.high_dimensional_statistics.projections import distorted, length_variances
from numerics.measurement import Measurement
from verify.checks import Certified, Literature, Precision, Property, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import integral, numbers, stationary
from verify.references.quadrature import quadrature

DISTORTIONS = (0.45, 0.6, 0.75, 0.9)
POINTS = (
    {"M_p": 6, "n": 5, "eps": "0.37", "kappa_4": "-1.3", "S_4": "0.63"},
    {"M_p": 14, "n": 3, "eps": "0.71", "kappa_4": "2.6", "S_4": "0.81"},
)


def enumerated(point: Point) -> Any:
    """Variance of the mean of M squares, for two entries of the vector and entries of the matrix of three values."""
    fourth, kurtosis = mpmath.mpf(point["S_4"]), 3 + mpmath.mpf(point["kappa_4"])
    first = (1 + mpmath.sqrt(2 * fourth - 1)) / 2
    vector = (mpmath.sqrt(first), mpmath.sqrt(1 - first))
    values = (
        (-mpmath.sqrt(kurtosis), 1 / (2 * kurtosis)),
        (0, 1 - 1 / kurtosis),
        (mpmath.sqrt(kurtosis), 1 / (2 * kurtosis)),
    )
    squares = [
        (chance * other, (a * vector[0] + b * vector[1]) ** 2)
        for (a, chance), (b, other) in itertools.product(values, repeat=2)
    ]
    mean = mpmath.fsum(p * y for p, y in squares)
    return mpmath.fsum(p * (y - mean) ** 2 for p, y in squares) / point["M_p"]


def by_integrals(dps: int, point: Point) -> list:
    """Variance, chance that one of n is off, its bound, and the number of projections."""
    with mpmath.workdps(dps + 10):
        size, points, eps = mpmath.mpf(point["M_p"]), mpmath.mpf(point["n"]), mpmath.mpf(point["eps"])
        half = size / 2
        scale = half**half / mpmath.gamma(half)

        @functools.cache  # the bound integrates it at the same places for every exponent
        def density(root: Any) -> Any:  # of the root of y, in which it is analytic
            return 2 * scale * root ** (2 * half - 1) * mpmath.exp(-half * root * root)

        def mean(function: Callable[[Any], Any], *ends: Any) -> Any:
            return quadrature(lambda root: function(root * root) * density(root), list(map(mpmath.sqrt, ends)))

        inside = mean(lambda y: 1, 1 - eps, 1, 1 + eps)

        def bound(off: Any) -> Any:
            def logarithm(s: Any) -> Any:
                return mpmath.log(mean(lambda y: mpmath.exp(s * (y - 1 - off)), 0, 1, 3, 20))

            def steep(s: Any) -> Any:
                return mean(lambda y: (y - 1 - off) * mpmath.exp(s * (y - 1 - off)), 0, 1, 3, 20)

            place = mpmath.findroot(steep, (off * half / 3, off * half / 2), tol=mpmath.mpf(10) ** (-dps))
            return mpmath.exp(logarithm(place))

        series = mpmath.taylor(lambda x: mpmath.log(1 + x) - x, 0, 3)
        cubic = mpmath.fsum(c * eps**order for order, c in enumerate(series))
        needed = mpmath.findroot(
            lambda m: mpmath.log(points * (points - 1)) + m * cubic / 2 - mpmath.log1p(-1 / points), 50
        )
        return [enumerated(point), 1 - inside**points, points * (bound(eps) + bound(-eps)), needed]


def excess(candidate: Candidate, point: Point, dps: int) -> Any:
    """By how much the chance exceeds its bound."""
    _, chance, bound, _ = candidate.mpmath(dps, **point)
    return max(chance - bound, mpmath.mpf(0))


def variances(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Variance of the squared length, (kinds, powers)."""
    fourth = np.sum(np.asarray(measured.given["vectors"]) ** 4, axis=1)
    kinds: Any = measured.given["kinds"]
    size = int(measured.given["projections"])
    return np.array(
        [
            candidate.numpy(M_p=size, n=3, eps=0.4, kappa_4=kind - 3 if kind > 0 else 0.0, S_4=fourth)[0]
            for kind in kinds
        ]
    )


def chances(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Chance that one of the vectors is off, (1, distortions)."""
    assert measured.axis is not None
    size, points = (int(measured.given[name]) for name in ("projections", "points"))
    return np.array([candidate.numpy(M_p=size, n=points, eps=measured.axis, kappa_4=0.3, S_4=0.3)[1]])


def certified_chances(bits: int, point: Point) -> list[Any]:
    """The chance that one of n is off as an integral over chi-square, and its bound minimized over the exponents."""
    size, count, (eps,) = point["M_p"], point["n"], numbers(point, "eps")
    half = size // 2
    norm = arb(2) ** half * arb(math.factorial(half - 1))
    inside = integral(lambda x: x ** (half - 1) * (-x / 2).exp() / norm, size * (1 - eps), size * (1 + eps))
    bound = arb(0)
    for end, near in ((size * (1 + eps), point["above"]), (size * (1 - eps), point["below"])):

        def exponent(u: Any, end: Any = end) -> Any:
            return -half * (1 - 2 * u).log() - u * end

        bound += count * exponent(stationary(exponent, near)).exp()
    return [1 - inside**count, bound]


def chance_and_bound(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """Both of the formula."""
    known = {name: point[name] for name in ("M_p", "n", "eps")}
    return candidate.arb(bits, **known, kappa_4="-1.3", S_4="0.63")[1:3]


def safe_dimension(candidate: Candidate) -> float:
    """Projections for a million points and distortions of a tenth."""
    return float(candidate.numpy(M_p=6, n=1e6, eps=0.1, kappa_4=0.3, S_4=0.3)[3])


CLAIM = Claim(
    statement=random_projections.STATEMENT,
    checks=(
        Literature(
            name="projections for a million points",
            published="11841.5",
            source=Source(
                document="pedregosa2011scikit",
                where="documentation of johnson_lindenstrauss_min_dim, examples: 11841, cut off at the point",
            ),
            evaluate=safe_dimension,
            uncertainty=0.5,
            seen="in the documentation",
        ),
        Certified(
            name="certified chances",
            reference=certified_chances,
            evaluate=chance_and_bound,
            against="the density of chi-square integrated, and exponents at which its bounds are stationary",
            values=("P_n", "B_n"),
            points=({"M_p": 6, "n": 5, "eps": "0.37", "above": "0.135", "below": "-0.2937"},),
        ),
        Precision(
            name="integrals over chi-square",
            reference=by_integrals,
            points=POINTS,
            digits=(12, 16),
            against="entries enumerated, the density of chi-square integrated, its bound minimized",
        ),
        Property(
            name="the bound holds",
            sentence="The chance that a length is off does not exceed the bound",
            residual=excess,
            parameters=random_projections.STATEMENT.parameters,
            constraint=lambda point: point["M_p"] % 2 == 0,
            examples=12,
            dps=20,
        ),
        Replicas(
            name="matrices of three kinds",
            predict=variances,
            quick=functools.partial(
                length_variances, kinds=(0.0, 1.0, 5.0), powers=(0.0, 0.7, 1.3), dimension=8, projections=6, samples=900
            ),
            full=functools.partial(
                length_variances,
                kinds=(0.0, 1.0, 5.0),
                powers=(0.0, 0.7, 1.3),
                dimension=8,
                projections=6,
                samples=4000,
            ),
            replicas=50,
            full_replicas=100,
            axis="entry k of the vector: power of 1/k",
            quantity="variance of the squared length",
            series=("Gaussian entries", "signs", "one in five not zero"),
        ),
        Replicas(
            name="vectors at right angles",
            predict=chances,
            quick=functools.partial(
                distorted, distortions=DISTORTIONS, points=12, dimension=16, projections=20, samples=700
            ),
            full=functools.partial(
                distorted, distortions=DISTORTIONS, points=12, dimension=16, projections=20, samples=2000
            ),
            replicas=50,
            full_replicas=200,
            axis="distortion eps of a squared length",
            quantity="chance that one of the vectors is distorted more",
            series=("12 vectors, 20 projections",),
        ),
    ),
    quantities=("v_M", "P_n", "B_n", "M_0"),
    convention="A projection is divided by the root of the number of projections, so that lengths are kept on average.",
    independence="Vectors are multiplied by drawn matrices, and lengths measured; no chi-square, and no bound.",
)
