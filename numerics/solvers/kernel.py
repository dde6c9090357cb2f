"""Kernels of infinitely wide networks (NNGP): covariances of P inputs through any number of layers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.solvers.correlation import average_product
from numerics.solvers.hermite import coefficients
from numerics.solvers.moments import moments
from numerics.solvers.nonlinearity import Nonlinearity

Average = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
NEGLIGIBLE = 1e-9  # relative size of a Hermite coefficient that is left out: its square enters
ROWS = 32  # rows of the kernel carried through all layers at a time, so that they stay in cache


def kernel(phi: Nonlinearity, first: np.ndarray, sigma_w: float, sigma_b: float, layers: int) -> np.ndarray:
    """The covariance of preactivations `layers` layers above a covariance `first`, shape (P, P), symmetric.

    One layer maps K to sigma_b^2 + sigma_w^2 E phi(h) phi(h') with (h, h') Gaussian of covariance K. relu and erf have
    closed forms (arc-cosine and arc-sine); smooth activations go by Mehler's formula, one power of the correlation at a
    time; with kinks every pair is integrated by itself, which is slow. Raises ValueError if `first` is no covariance.
    """
    covariance = np.array(first, dtype=float)
    if covariance.ndim != 2 or not np.allclose(covariance, covariance.T, rtol=1e-12, atol=0):
        raise ValueError("a covariance is a symmetric matrix")
    lengths = np.diagonal(covariance).copy()
    if np.any(lengths <= 0):
        raise ValueError("a covariance has a positive diagonal: an input of length zero has no direction")
    all_lengths = [lengths]
    for _ in range(layers):
        all_lengths.append(sigma_b**2 + sigma_w**2 * moments(phi, all_lengths[-1]).square)
    if phi.closed in CLOSED:
        return _closed(CLOSED[phi.closed], covariance, all_lengths, sigma_w**2, sigma_b**2)
    for q in all_lengths[:-1]:
        root = np.sqrt(q)
        correlation = np.clip(covariance / np.multiply.outer(root, root), -1, 1)
        average = _pairwise(phi, q, correlation) if phi.breakpoints else _mehler(phi, q, correlation)
        covariance = sigma_b**2 + sigma_w**2 * average
    np.fill_diagonal(covariance, all_lengths[-1])
    return covariance


def _closed(average: Average, first: np.ndarray, lengths: list[np.ndarray], w2: float, b2: float) -> np.ndarray:
    result = np.empty_like(first)
    count = len(first)
    for start in range(0, count, ROWS):
        rows = slice(start, min(start + ROWS, count))
        block = first[rows, start:]
        for q in lengths[:-1]:
            block = average(block, q[rows, None], q[start:])
            block *= w2
            block += b2
        result[rows, start:] = block
        result[start:, rows] = block.T
    np.fill_diagonal(result, lengths[-1])
    return result


def _arc_cosine(covariance: np.ndarray, q: np.ndarray, other: np.ndarray) -> np.ndarray:
    """E relu relu. Source: Cho and Saul 2009, the arc-cosine kernel of degree 1."""
    size = np.sqrt(q) * np.sqrt(other)
    c = covariance / size
    np.clip(c, -1, 1, out=c)
    away = np.arccos(c)
    np.subtract(np.pi, away, out=away)
    away *= c
    sine = 1 - c  # (1 - c)(1 + c), not 1 - c^2: it must fit the angle to the last digit where c is almost 1
    c += 1
    sine *= c
    np.sqrt(sine, out=sine)
    sine += away
    sine *= size
    sine /= 2 * np.pi
    return sine


def _arc_sine(covariance: np.ndarray, q: np.ndarray, other: np.ndarray) -> np.ndarray:
    """E erf erf. Source: Williams 1996, the kernel of error functions."""
    c = covariance / (np.sqrt(0.5 + q) * np.sqrt(0.5 + other))
    np.clip(c, -1, 1, out=c)
    np.arcsin(c, out=c)
    c *= 2 / np.pi
    return c


CLOSED = {"relu": _arc_cosine, "erf": _arc_sine}


def _mehler(phi: Nonlinearity, q: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """sum a_k(q) a_k(q') c^k by Horner's rule, on the upper triangle; what vanishes by symmetry is skipped."""
    distinct, place = np.unique(q, return_inverse=True)
    a = np.ascontiguousarray(coefficients(phi, distinct)[place].T)
    used = np.flatnonzero(np.max(np.abs(a), axis=1) > NEGLIGIBLE * np.max(np.abs(a)))
    gaps = np.diff(used, prepend=0)
    result = np.empty_like(correlation)
    for start in range(0, len(q), ROWS):
        rows = slice(start, min(start + ROWS, len(q)))
        c = correlation[rows, start:]
        powers = {gap: c**gap for gap in np.unique(gaps) if gap}
        total, term = np.zeros_like(c), np.empty_like(c)
        for k, gap in zip(used[::-1], gaps[::-1], strict=True):
            np.multiply(a[k, rows, None], a[k, start:], out=term)
            total += term
            if gap:
                total *= powers[gap]
        result[rows, start:] = total
        result[start:, rows] = total.T
    return result


def _pairwise(phi: Nonlinearity, q: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    total = np.empty_like(correlation)
    for i in range(len(q)):
        for j in range(i + 1):
            total[i, j] = total[j, i] = average_product(phi, q[i], correlation[i, j], other=q[j])
    return total
