"""Kernels of infinitely wide networks (NNGP): covariances of P inputs through any number of layers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from numerics.solvers.correlation import average_product
from numerics.solvers.hermite import coefficients
from numerics.solvers.moments import moments
from numerics.solvers.nonlinearity import Nonlinearity

if TYPE_CHECKING:
    import torch

NEGLIGIBLE = 1e-18  # relative size of a term of a Hermite series that is left out
CACHED = 49152  # entries of the kernel carried through all layers at a time, so that they stay in cache
APART = 264  # entries between two such arrays, so that they do not share the places of the cache
ROWS = 32  # rows of the kernel whose Hermite series are summed at a time
PIECE = 96  # rows and columns of a square piece that stays in cache


def kernel(phi: Nonlinearity, first: np.ndarray, sigma_w: float, sigma_b: float, layers: int) -> np.ndarray:
    """The covariance of preactivations `layers` layers above a covariance `first`, shape (P, P), symmetric.

    One layer maps K to sigma_b^2 + sigma_w^2 E phi(h) phi(h') with (h, h') Gaussian of covariance K. relu and erf have
    closed forms (arc-cosine and arc-sine); smooth activations go by Mehler's formula, one power of the correlation at a
    time; with kinks every pair is integrated by itself, which is slow. Raises ValueError if `first` is no covariance.
    """
    covariance = np.asarray(first, dtype=float)
    if covariance.ndim != 2 or not _symmetric(covariance):
        raise ValueError("a covariance is a symmetric matrix")
    lengths = np.diagonal(covariance).copy()
    if np.any(lengths <= 0):
        raise ValueError("a covariance has a positive diagonal: an input of length zero has no direction")
    all_lengths = [lengths]
    for _ in range(layers):
        all_lengths.append(sigma_b**2 + sigma_w**2 * moments(phi, all_lengths[-1]).square)
    if not layers:
        return covariance.copy()
    if phi.closed in CLOSED:
        return _closed(CLOSED[phi.closed], covariance, all_lengths, sigma_w**2, sigma_b**2)
    for q, after in itertools.pairwise(all_lengths):
        root = np.sqrt(q)
        correlation = np.clip(covariance / np.multiply.outer(root, root), -1, 1)
        try:
            average = _pairwise(phi, q, correlation) if phi.breakpoints else _mehler(phi, q, correlation)
        except ArithmeticError:  # too steep for Hermite's polynomials
            if phi.breakpoints:
                raise
            average = _pairwise(phi, q, correlation)
        covariance = sigma_b**2 + sigma_w**2 * average
        np.fill_diagonal(covariance, after)
    return covariance


def _symmetric(matrix: np.ndarray) -> bool:
    # equality is the common case, and is seen piece by piece: a whole transposed matrix is read through no cache
    if matrix.shape[0] != matrix.shape[1]:
        return False
    starts = range(0, len(matrix), PIECE)
    if all(
        np.array_equal(matrix[i : i + PIECE, j : j + PIECE], matrix[j : j + PIECE, i : i + PIECE].T)
        for i in starts
        for j in starts
        if j >= i
    ):
        return True
    return np.allclose(matrix, matrix.T, rtol=1e-12, atol=0)


@dataclass(frozen=True, kw_only=True)
class Angle:
    """A closed form E phi phi' = factor m(q) m(q') f(sign n(q) n(q') K) of the covariance K.

    normal, size   n and m, functions of an array of variances; m is None where it is 1
    average        f, worked out in place with two more arrays as room; nan beyond -1 and 1
    """

    normal: Callable[[np.ndarray], np.ndarray]
    size: Callable[[np.ndarray], np.ndarray] | None
    factor: float
    sign: int
    average: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], None]


def _closed(angle: Angle, first: np.ndarray, lengths: list[np.ndarray], w2: float, b2: float) -> np.ndarray:
    """All layers at once for as many rows as stay in cache; from layer to layer only the argument of f is carried.

    Arguments are cut at -1 and 1 in the first layer, and above it only where one went beyond, since that is a
    pass less in each. torch takes half of NumPy's time for square roots and for products with a column or a row.
    """
    import torch

    result, count = np.empty_like(first), len(first)
    normals = np.stack([angle.normal(q) for q in lengths[:-1]])
    after = np.concatenate([normals[1:], np.ones((1, count))])  # the last layer ends in a covariance, no argument of f
    signs = np.array([angle.sign] * (len(normals) - 1) + [1.0])[:, None]
    if angle.size is None:  # d' = n_i (n_j w2 factor f(d) + n_j b2)
        parts = np.stack([signs * after, w2 * angle.factor * after, b2 * after])
    else:
        weights = np.sqrt(angle.factor * w2) * after * np.stack([angle.size(q) for q in lengths[:-1]])
        lifts = np.sqrt(b2) * after
        parts = np.stack([signs * weights, weights, signs * lifts, lifts])
    vectors = torch.from_numpy(np.ascontiguousarray(parts.swapaxes(0, 1)))
    whole, start_by = torch.from_numpy(np.ascontiguousarray(first)), torch.from_numpy(normals[0])
    buffers = torch.empty((3, max(CACHED, 8 * count) + APART), dtype=torch.float64)
    below = np.tri(PIECE, k=-1, dtype=bool)
    start = 0
    while start < count:
        stop = min(count, start + min(PIECE, max(8, CACHED // (count - start) // 8 * 8)))
        height, width = stop - start, count - start
        d, *room = buffers[:, : height * width].view(3, height, width).unbind()
        columns, rows = vectors[:, :, start:stop, None], vectors[:, :, start:]
        for cut in (False, True):
            torch.mul(whole[start:stop, start:], angle.sign * start_by[start:stop, None], out=d).mul_(start_by[start:])
            d[:, :height].fill_diagonal_(0)  # known without it, and the one place where arguments always end at 1
            for k, (column, row) in enumerate(zip(columns.unbind(), rows.unbind(), strict=True)):
                angle.average(d.clamp_(-1, 1) if cut or k == 0 else d, *room)
                if angle.size is None:
                    torch.addcmul(row[2], d, row[1], out=d).mul_(column[0])
                else:
                    d.mul_(column[0]).mul_(row[1])
                    if b2:
                        d.addcmul_(column[2], row[3])
            if not d.sum().isnan():  # else some argument went beyond 1 by rounding, as of equal inputs
                break
        block = d.numpy()
        square, mask = block[:, :height], below[:height, :height]
        square[mask] = square.T[mask]  # the two orders of multiplication round differently
        result[start:stop, start:] = block
        result[start:, start:stop] = block.T
        start = stop
    np.fill_diagonal(result, lengths[-1])
    return result


def _arc_cosine(d: torch.Tensor, spare: torch.Tensor, other: torch.Tensor) -> None:
    """sin + cos (pi - angle), d = -cos. Source: Cho and Saul 2009, the arc-cosine kernel of degree 1.

    The sine of the angle, not the root of 1 - d^2: near both ends it must fit the angle to the last digit.
    """
    import torch

    torch.acos(d, out=other)
    torch.addcmul(torch.sin(other, out=spare), d, other, value=-1, out=d)


def _arc_sine(c: torch.Tensor, spare: torch.Tensor, other: torch.Tensor) -> None:
    """Source: Williams 1996, the kernel of error functions."""
    c.asin_()


CLOSED = {
    "relu": Angle(normal=lambda q: q**-0.5, size=np.sqrt, factor=1 / (2 * np.pi), sign=-1, average=_arc_cosine),
    "erf": Angle(normal=lambda q: (q + 0.5) ** -0.5, size=None, factor=2 / np.pi, sign=1, average=_arc_sine),
}


def _mehler(phi: Nonlinearity, q: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """sum a_k(q) a_k(q') c^k by Horner's rule, above the diagonal, which is left out; zeros by symmetry are skipped.

    Inputs go from long to short: the shorter they are, and the less they are correlated, the fewer terms they need.
    """
    order = np.argsort(-q)
    places = np.ix_(order, order)
    sorted_, c = np.empty_like(correlation), correlation[places]
    np.fill_diagonal(c, 0)
    distinct, place = np.unique(q[order], return_inverse=True)
    a = np.ascontiguousarray(coefficients(phi, distinct)[place].T)
    sizes = np.abs(a)
    for start in range(0, len(q), ROWS):
        rows = slice(start, min(start + ROWS, len(q)))
        largest = sizes[:, rows].max(axis=1) * sizes[:, start:].max(axis=1)
        largest *= np.max(np.abs(c[rows, start:])) ** np.arange(len(a))
        sorted_[rows, start:] = _series(a, rows, c[rows, start:], np.flatnonzero(largest > NEGLIGIBLE * largest.max()))
        sorted_[start:, rows] = sorted_[rows, start:].T
    result = np.empty_like(correlation)
    result[places] = sorted_
    return result


def _series(a: np.ndarray, rows: slice, c: np.ndarray, used: np.ndarray) -> np.ndarray:
    """The sum over `used` k for these rows and all columns from them on, whose correlations are c."""
    gaps = np.diff(used, prepend=0)
    powers = {gap: c**gap for gap in np.unique(gaps) if gap}
    total, term = np.zeros_like(c), np.empty_like(c)
    for k, gap in zip(used[::-1], gaps[::-1], strict=True):
        np.multiply(a[k, rows, None], a[k, rows.start :], out=term)
        total += term
        if gap:
            total *= powers[gap]
    return total


def _pairwise(phi: Nonlinearity, q: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    total = np.empty_like(correlation)
    for i in range(len(q)):
        for j in range(i + 1):
            total[i, j] = total[j, i] = average_product(phi, q[i], correlation[i, j], other=q[j])
    return total
