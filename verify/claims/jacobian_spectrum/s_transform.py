"""Moments of products of two matrices, one of them rotated at random: sampled, and by sums over pairings.

Means over rotations at any width are sums over pairs of pairings (Weingarten), and know no freeness; they approach the
law like 1 / N. Products are sampled, and so are layers with slopes and weights of either sign, for
which the law holds with their squares and fails with the factors that the page writes.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.jacobian_spectrum import s_transform
from derivations.statement import Source
from numerics.jacobian_spectrum.free_products import layer_moments, product_moments
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, FiniteSize, Literature, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate
from verify.references import ball_spectra, matrix_moments

FIRST, SECOND = (0.2, 1.1, 2.4), (0.5, 0.7, 3.1, 1.3)
SLOPES, WEIGHTS = (0.9, -0.4, 1.3, -1.1), (0.4, 1.6, 1.0)
LETTERS = tuple(f"{name}_{k}" for name, k in itertools.product("ab", (1, 2, 3)))
POINTS: tuple[Point, ...] = (
    dict(zip(LETTERS, ("0.7", "1.3", "2.9", "1.6", "3.4", "8.2"), strict=True)),
    dict(zip(LETTERS, ("2.1", "4.9", "13.1", "0.4", "0.5", "0.9"), strict=True)),
)


def over_rotations(dps: int, point: Point) -> list:
    """Mean powers of A^(1/2) B A^(1/2) over rotations of B, exactly at any width.

    Independent entries give terms of order 1 / N, which are left out: a power of A enters as often as in the sum over
    free neurons alone.
    """
    width = int(point.get("N", matrix_moments.ENORMOUS))
    found = []
    with mpmath.workdps(dps + 300 if "N" not in point else dps + 30):
        a, b = ([mpmath.mpf(1), *(mpmath.mpf(point[f"{name}_{k}"]) for k in (1, 2, 3))] for name in "ab")
        for order in (1, 2, 3):
            cycles = matrix_moments.powers(order)[0]
            total: Any = mpmath.mpf(0)
            for (p, q), weight in matrix_moments.weingarten(order, width).items():
                met, left = matrix_moments.rows(cycles, p), matrix_moments.columns(order, q)
                term = mpmath.mpf(int(weight.p)) / int(weight.q)
                for count in met:
                    term *= width * a[count]
                for power in left:
                    term *= width * b[power]
                total += term
            found.append(total / width)
    return found


def without_width(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of them."""
    return candidate.mpmath(dps, **{name: point[name] for name in LETTERS})


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Three moments, (3,), from those of the factors."""
    given = (np.asarray(measured.given[name]) for name in "ab")
    return np.array(candidate.numpy(**dict(zip(LETTERS, np.concatenate(list(given)), strict=True))), dtype=float)


sampled = partial(FiniteSize, predict=predicted, sizes=((24, 160), (48, 60), (96, 24)))


def certified_products(bits: int, point: Point) -> list[Any]:
    """Moments of a product of free matrices: the power series of both S-transforms are multiplied."""
    first, second = ([certify.ball(point[f"{letter}_{k}"]) for k in (1, 2, 3)] for letter in "ab")
    both = ball_spectra.transform_of(first) * ball_spectra.transform_of(second)
    return ball_spectra.moments(lambda z: both, 3)


def ternary_trees(candidate: Candidate) -> float:
    """The third moment of a product of two matrices whose moments are Catalan numbers."""
    return float(candidate.numpy(a_1=1.0, a_2=2.0, a_3=5.0, b_1=1.0, b_2=2.0, b_3=5.0)[2])


CLAIM = Claim(
    statement=s_transform.STATEMENT,
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
            name="S-transforms multiplied in certified power series",
            reference=certified_products,
            against="inverse power series of the moments, multiplied",
            values=("m_1", "m_2", "m_3"),
            points=(
                {"a_1": "0.7", "a_2": "1.3", "a_3": "2.9", "b_1": "1.6", "b_2": "3.4", "b_3": "8.2"},
                {"a_1": "1.9", "a_2": "4.3", "a_3": "12.1", "b_1": "0.6", "b_2": "0.7", "b_3": "1.1"},
            ),
        ),
        Precision(
            name="means over rotations",
            reference=over_rotations,
            against="means over rotations by sums over pairs of pairings, at a width of 10^60",
            points=POINTS,
            evaluate=without_width,
        ),
        Rate(
            name="rotations of finite size",
            exact=over_rotations,
            points=POINTS,
            values=("16", "64", "256", "1024"),
            against="means over rotations of N x N matrices by sums over pairs of pairings",
            evaluate=without_width,
        ),
        sampled(
            name="products of rotated matrices",
            quick=partial(product_moments, first=FIRST, second=SECOND),
            full_sizes=((48, 2000), (96, 800), (192, 300)),
        ),
    ),
    quantities=("m_1", "m_2", "m_3"),
    convention="Moments are means over the eigenvalues.",
    independence="Matrices of given eigenvalues are rotated by sampled orthogonal matrices and multiplied, and powers "
    "of the product traced.",
    printed={
        "E41": Ordeal(
            fails=sampled(
                name="slopes and weights themselves",
                quick=partial(layer_moments, slopes=SLOPES, weights=WEIGHTS, squares=False),
            ),
            holds=sampled(
                name="their squares",
                quick=partial(layer_moments, slopes=SLOPES, weights=WEIGHTS, squares=True),
            ),
        )
    },
)
