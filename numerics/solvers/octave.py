"""Averages at many variances of one octave: Chebyshev series in ln q, instead of a sum over nodes for each."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev

from numerics.solvers.lattice import averaged

DEGREE = 19  # an average is analytic in ln q up to an imaginary part of pi / 2 at least: digits fall by 9 a degree
TAIL, NEGLIGIBLE = 1e-15, 1e-16  # of the last coefficients, and of those left out, in units of the averages
NODES = chebyshev.chebpts1(DEGREE + 1)
TO_SERIES = np.linalg.inv(chebyshev.chebvander(NODES, DEGREE))


def series(x: np.ndarray, features: np.ndarray, k: int, reach: float) -> np.ndarray | None:
    """Coefficients, shape (m, 4), for variances in [2^k, 2^(k+1)] of E phi^2, E phi'^2, E phi''^2 and E h phi phi' / q.

    None where they do not fall to rounding, in units of the smallest average of the octave (an average that falls by
    many decades has no digits to lose there).
    """
    q = 2.0 ** (k + (NODES + 1) / 2)
    values = averaged(x, features, q)
    values[:, 3] /= q
    square, gradient, curvature, _ = values.T
    sizes = [square, gradient, curvature + gradient / reach**2, np.sqrt(square * gradient / q)]
    smallest = np.min(np.stack(sizes, axis=1), axis=0)
    coefficients = TO_SERIES @ values
    if not np.all(np.abs(coefficients[-3:]) <= TAIL * smallest):
        return None
    needed = np.flatnonzero(np.any(np.abs(coefficients) > NEGLIGIBLE * smallest, axis=1))
    return coefficients[: int(needed[-1]) + 1 if len(needed) else 1]


def evaluated(coefficients: np.ndarray, k: int, q: np.ndarray) -> np.ndarray:
    """The averages at variances q of the octave, shape (len(q), 4)."""
    twice = 4 * (np.log2(q) - k) - 2
    rows = np.empty((len(coefficients), len(q)))
    rows[0] = 1
    if len(rows) > 1:
        np.divide(twice, 2, out=rows[1])
    for j in range(2, len(rows)):
        np.multiply(twice, rows[j - 1], out=rows[j])
        rows[j] -= rows[j - 2]
    return (coefficients.T @ rows).T
