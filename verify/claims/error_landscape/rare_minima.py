"""How often random symmetric matrices are positive definite.

Pfaffians of incomplete gamma functions give the same law by other integrals; a million matrices are eliminated row by
row, and those without a negative pivot are counted.
"""

from __future__ import annotations

import functools
import itertools
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb

from derivations.error_landscape import rare_minima
from numerics.error_landscape.random_hessians import positive_fractions
from numerics.measurement import Measurement
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import integral
from verify.references.quadrature import quadrature

LARGEST = 4


@functools.lru_cache(maxsize=2**14)  # a power stands in several pairs
def _inner(power: int, low: int, y: Any, bits: int) -> Any:
    """The integral of x^power exp(-x^2 / 2) up to y, at the working precision, which is `bits`."""
    half = mpmath.mpf(power + 1) / 2
    size = mpmath.mpf(2) ** (half - 1)
    upper = size * mpmath.gammainc(half, 0, y * y / 2) * (mpmath.sign(y) if power % 2 == 0 else 1)
    if low == 0:
        return upper
    return upper + (size * mpmath.gamma(half) if power % 2 == 0 else -size * mpmath.gamma(half))


def pairs(i: int, j: int, low: Any) -> Any:
    """The integral of (x^i y^j - x^j y^i) exp(-(x^2 + y^2) / 2) over low < x < y, by quadrature over y."""

    bits = mpmath.mp.prec

    def outer(y: Any) -> Any:
        return (_inner(i, low, y, bits) * y**j - _inner(j, low, y, bits) * y**i) * mpmath.exp(-y * y / 2)

    reach = mpmath.sqrt(4 * mpmath.mp.dps) + 4
    return quadrature(outer, mpmath.linspace(low * reach, reach, 9 if low else 5))


def pfaffian(matrix: mpmath.matrix) -> Any:
    """By elimination with the first row of each pair."""
    total, work = mpmath.mpf(1), matrix.copy()
    for k in range(0, work.rows, 2):
        total *= work[k, k + 1]
        for i in range(k + 2, work.rows):
            for j in range(k + 2, work.rows):
                work[i, j] += (work[k, j] * work[k + 1, i] - work[k, i] * work[k + 1, j]) / work[k, k + 1]
    return total


def chances(dps: int, point: Point) -> list:
    """The ratio of the Pfaffians of positive and of all eigenvalues, for 1 to LARGEST of them."""
    found = []
    tables = {low: {(i, j): pairs(i, j, low) for i in range(LARGEST) for j in range(i + 1, LARGEST)} for low in (0, -1)}
    for size in range(1, LARGEST + 1):
        weights = []
        for low, table in tables.items():
            even = size + size % 2
            work = mpmath.zeros(even, even)
            for i in range(even):
                for j in range(i + 1, even):
                    half = mpmath.mpf(i + 1) / 2
                    one = mpmath.mpf(2) ** (half - 1) * mpmath.gamma(half) * (1 if low == 0 else 1 + (-1) ** i)
                    work[i, j] = table[i, j] if j < size else one
                    work[j, i] = -work[i, j]
            weights.append(pfaffian(work))
        found.append(weights[0] / weights[1])
    return found


def predicted(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Probabilities for 1 to LARGEST rows."""
    return np.asarray(formula.numpy())


def certified_chances(bits: int, point: Point) -> list[Any]:
    """The ratio of the Pfaffians of positive and of all eigenvalues, for 1 to LARGEST of them, with integrals as balls.

    Entries are integrals of (x^i y^j - x^j y^i) exp(-(x^2 + y^2) / 2) over low < x < y; that over x is closed.
    """
    end, pi = arb(18), flint.arb.pi()
    rest = arb(0, (32 * (end**2 + 2) * (-(end**2) / 2).exp()).upper())

    def entry(i: int, j: int, positive: bool) -> Any:
        def inner(power: int, y: Any) -> Any:
            decay = (-y * y / 2).exp()
            if power == 0:
                return (pi / 2).sqrt() * ((y / arb(2).sqrt()).erf() + (0 if positive else 1))
            if power == 1:
                return (1 if positive else 0) - decay
            return (power - 1) * inner(power - 2, y) - y ** (power - 1) * decay

        def outer(y: Any) -> Any:
            return (y**j * inner(i, y) - y**i * inner(j, y)) * (-y * y / 2).exp()

        ends = [arb(0), arb(3), end] if positive else [-end, arb(-3), arb(0), arb(3), end]
        return sum((integral(outer, a, b) for a, b in itertools.pairwise(ends)), rest)

    found = []
    tables = {side: {(i, j): entry(i, j, side) for i in range(4) for j in range(i + 1, 4)} for side in (True, False)}
    for size in range(1, LARGEST + 1):
        weights = []
        for side, table in tables.items():
            even = size + size % 2

            def element(i: int, j: int, side: bool = side, table: Any = table, size: int = size) -> Any:
                if j < size:
                    return table[i, j]
                half = arb(i + 1) / 2
                return arb(2) ** (half - 1) * half.gamma() * (1 if side else 1 + (-1) ** i)

            if even == 2:
                weights.append(element(0, 1))
            else:
                pairs_of = (((0, 1), (2, 3), 1), ((0, 2), (1, 3), -1), ((0, 3), (1, 2), 1))
                weights.append(sum((s * element(*a) * element(*b) for a, b, s in pairs_of), arb(0)))
        found.append(weights[0] / weights[1])
    return found


CLAIM = Claim(
    statement=rare_minima.STATEMENT,
    checks=(
        Certified(
            name="certified Pfaffians",
            reference=certified_chances,
            against="Pfaffians of integrals of incomplete Gamma functions",
            values=("P_1", "P_2", "P_3", "P_4"),
            points=({},),
        ),
        Precision(
            name="Pfaffians by quadrature",
            reference=chances,
            points=({},),
            digits=(12, 16),
            same_law=True,
            against="Pfaffians of integrals of incomplete gamma functions",
        ),
        Replicas(
            name="random matrices eliminated",
            predict=predicted,
            replicas=25,
            full_replicas=100,
            quick=partial(positive_fractions, largest=LARGEST, samples=40_000),
            full=partial(positive_fractions, largest=LARGEST, samples=120_000),
            axis="number of rows N",
            quantity="fraction that is positive definite",
        ),
    ),
    quantities=("P_1", "P_2", "P_3", "P_4"),
    convention="Elements beside the diagonal have half the variance of those on it; the probability does not depend on "
    "the scale.",
    independence="Matrices are drawn element by element and eliminated; eigenvalues, their density and their repulsion "
    "do not enter.",
)
