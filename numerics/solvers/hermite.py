"""Hermite coefficients of smooth activations: all correlations at once (Mehler's formula)."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

import numpy as np

from numerics.solvers.lattice import SPAN
from numerics.solvers.moments import moments
from numerics.solvers.nonlinearity import Nonlinearity

LARGEST = 4096  # coefficients; beyond that an activation is called too sharp for the series
TOLERANCE = 1e-13  # of E f^2 that the coefficients may leave out
BLOCK = 64  # coefficients that are worked out at once
STEP = 0.02  # of the nodes in units of the standard deviation; a Hermite function of degree 4096 has wavelength 0.1


def coefficients(phi: Nonlinearity, q: np.ndarray, order: int = 0, tolerance: float = TOLERANCE) -> np.ndarray:
    """a_k with f(sqrt(q) z) = sum a_k He_k(z) / sqrt(k!), f = phi or phi', shape (len(q), K).

    Then E f(h) f(h') = sum a_k(q) a_k(q') c^k for variances q, q' and correlation c. K is chosen so that sum a_k^2
    misses no more than `tolerance` of E f^2. Raises ArithmeticError where LARGEST coefficients do not suffice, as for
    kinks.
    """
    return _projected(phi, tuple(np.asarray(q, dtype=float).tolist()), order, tolerance)


@functools.lru_cache(maxsize=32)
def _projected(phi: Nonlinearity, q: tuple[float, ...], order: int, tolerance: float) -> np.ndarray:
    variance = np.asarray(q)
    at = moments(phi, variance)
    missing = whole = at.square if order == 0 else at.gradient
    z = (np.arange(int(SPAN * 1.4 / STEP)) + 0.5) * STEP
    z = np.concatenate([-z[::-1], z])
    values = (phi.value if order == 0 else phi.first)(np.sqrt(variance)[:, None] * z)
    weighted = values * (np.exp(-z * z / 4) / (2 * np.pi) ** 0.25 * STEP)
    found: list[np.ndarray] = []
    for functions in _hermite_functions(z):
        found.append(weighted @ functions.T)
        missing = missing - np.sum(found[-1] ** 2, axis=1)
        if np.all(np.abs(missing) <= tolerance * whole):
            break
        if phi.breakpoints or BLOCK * len(found) >= LARGEST:
            count = BLOCK * len(found)
            raise ArithmeticError(
                f"{phi.name} needs more than {count} Hermite coefficients at variance {max(variance):g}"
            )
    return np.concatenate(found, axis=1)


def _hermite_functions(z: np.ndarray) -> Iterator[np.ndarray]:
    """He_k(z) exp(-z^2/4) / (sqrt(k!) (2 pi)^(1/4)), BLOCK rows at a time: orthonormal, and no power overflows."""
    before, now = np.zeros_like(z), np.exp(-z * z / 4) / (2 * np.pi) ** 0.25
    for start in itertools.count(0, BLOCK):
        rows = np.empty((BLOCK, len(z)))
        for row, k in zip(rows, range(start, start + BLOCK), strict=True):
            row[:] = now
            before, now = now, (z * now - np.sqrt(k) * before) / np.sqrt(k + 1)
        yield rows
