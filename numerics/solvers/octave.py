"""Averages at many variances of one octave: a series in ln q, instead of a sum over nodes for each.

Chebyshev coefficients fall so fast that the same series in powers of the place loses no digits: it takes one
multiplication a power.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev

from numerics.solvers.lattice import averaged

DEGREE = 19  # an average is analytic in ln q up to an imaginary part of pi / 2 at least: digits fall by 9 a degree
TAIL = 1e-15  # of the last coefficients, in units of the averages
NEGLIGIBLE = 5e-16  # of those left out, in units of the smallest value of the octave
NODES = chebyshev.chebpts1(DEGREE + 1)
TO_SERIES = np.linalg.inv(chebyshev.chebvander(NODES, DEGREE))


def series(x: np.ndarray, features: np.ndarray, k: int, reach: float) -> np.ndarray | None:
    """Coefficients of powers of u, shape (4, m), of E phi^2, E phi'^2, E phi''^2 and E h phi phi' / q.

    For variances q = 2^(k + (u + 1) / 2) in [2^k, 2^(k+1)].

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
    least = np.min(np.abs(values), axis=0)
    needed = np.flatnonzero(np.any(np.abs(coefficients) > NEGLIGIBLE * least, axis=1))
    kept = coefficients[: int(needed[-1]) + 1 if len(needed) else 1]
    return np.stack([np.pad(powers, (0, len(kept) - len(powers))) for powers in map(chebyshev.cheb2poly, kept.T)])


def evaluated(coefficients: np.ndarray, k: int, q: np.ndarray, room: np.ndarray) -> np.ndarray:
    """The averages at variances q of the octave, shape (4, len(q)); `room` has DEGREE + 1 rows as long at least."""
    powers = room[: coefficients.shape[1], : len(q)]
    powers[0] = 1
    if len(powers) > 1:
        u = np.log2(q, out=powers[1])
        u -= k + 0.5
        u *= 2
    for j in range(2, len(powers)):
        np.multiply(u, powers[j - 1], out=powers[j])
    return coefficients @ powers
