"""Hermite coefficients of smooth activations: all correlations at once (Mehler's formula)."""

from __future__ import annotations

import functools

import numpy as np

from numerics.solvers.lattice import SPAN
from numerics.solvers.moments import moments
from numerics.solvers.nonlinearity import Nonlinearity

LARGEST = 4096  # coefficients; beyond that an activation is called too sharp for the series
TOLERANCE = 1e-13  # of E f^2 that the coefficients may leave out
STEP = 0.02  # of the nodes in units of the standard deviation; a Hermite function of degree 4096 has wavelength 0.1


def coefficients(phi: Nonlinearity, q: np.ndarray, order: int = 0, tolerance: float = TOLERANCE) -> np.ndarray:
    """a_k with f(sqrt(q) z) = sum a_k He_k(z) / sqrt(k!), f = phi or phi', shape (len(q), K).

    Then E f(h) f(h') = sum a_k(q) a_k(q') c^k for variances q, q' and correlation c. K is chosen so that sum a_k^2
    misses no more than `tolerance` of E f^2. Raises ArithmeticError where LARGEST coefficients do not suffice, as for
    kinks.
    """
    variance = np.asarray(q, dtype=float)
    count = 64
    at = moments(phi, variance)
    whole = at.square if order == 0 else at.gradient
    while True:
        found = _projected(phi, tuple(variance.tolist()), order, count)
        if np.all(np.abs(whole - np.sum(found**2, axis=1)) <= tolerance * whole):
            return found
        if count >= LARGEST or phi.breakpoints:
            raise ArithmeticError(
                f"{phi.name} needs more than {count} Hermite coefficients at variance {max(variance):g}"
            )
        count *= 2


@functools.lru_cache(maxsize=32)
def _projected(phi: Nonlinearity, q: tuple[float, ...], order: int, count: int) -> np.ndarray:
    z = (np.arange(int(SPAN * 1.4 / STEP)) + 0.5) * STEP
    z = np.concatenate([-z[::-1], z])
    function = phi.value if order == 0 else phi.first
    # Hermite functions He_k exp(-z^2/4): their recurrence neither overflows nor loses digits.
    half = np.exp(-z * z / 4) / (2 * np.pi) ** 0.25
    weighted = function(np.sqrt(np.asarray(q))[:, None] * z) * half / (2 * np.pi) ** 0.25 * STEP
    found = np.empty((len(q), count))
    before, now = np.zeros_like(z), (2 * np.pi) ** 0.25 * half
    for k in range(count):
        found[:, k] = weighted @ now
        before, now = now, (z * now - np.sqrt(k) * before) / np.sqrt(k + 1)
    return found
