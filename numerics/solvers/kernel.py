"""Kernels of infinitely wide networks (NNGP): covariances of P inputs through any number of layers."""

from __future__ import annotations

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

NEGLIGIBLE = 1e-9  # relative size of a Hermite coefficient that is left out: its square enters
CACHED = 32768  # entries of the kernel carried through all layers at a time, so that they stay in cache
ROWS = 32  # rows of the kernel whose Hermite series are summed at a time


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
    for q in all_lengths[:-1]:
        root = np.sqrt(q)
        correlation = np.clip(covariance / np.multiply.outer(root, root), -1, 1)
        try:
            average = _pairwise(phi, q, correlation) if phi.breakpoints else _mehler(phi, q, correlation)
        except ArithmeticError:  # too steep for Hermite's polynomials
            if phi.breakpoints:
                raise
            average = _pairwise(phi, q, correlation)
        covariance = sigma_b**2 + sigma_w**2 * average
    np.fill_diagonal(covariance, all_lengths[-1])
    return covariance


def _symmetric(matrix: np.ndarray) -> bool:
    # equality is the common case, and three times as fast as a tolerance
    return np.array_equal(matrix, matrix.T) or np.allclose(matrix, matrix.T, rtol=1e-12, atol=0)


@dataclass(frozen=True, kw_only=True)
class Angle:
    """A closed form E phi phi' = factor m(q) m(q') f(sign n(q) n(q') K) of the covariance K.

    normal, size   n and m, functions of an array of variances
    average        f, worked out in place with two more arrays as room. Above the first layer (a flag) K is what
                   such a layer makes of a covariance
    """

    normal: Callable[[np.ndarray], np.ndarray]
    size: Callable[[np.ndarray], np.ndarray]
    factor: float
    sign: int
    average: Callable[[torch.Tensor, torch.Tensor, torch.Tensor, bool], None]


def _closed(angle: Angle, first: np.ndarray, lengths: list[np.ndarray], w2: float, b2: float) -> np.ndarray:
    """All layers at once for as many rows as stay in cache; from layer to layer only the argument of f is carried.

    torch takes half of NumPy's time for square roots and for products with a column or a row.
    """
    import torch

    def outer(vector: np.ndarray, sign: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(sign * vector)[:, None], torch.from_numpy(vector)

    result, count = np.empty_like(first), len(first)
    normals = [angle.normal(q) for q in lengths[:-1]]
    start_by = outer(normals[0], angle.sign)
    layers = []
    for k, q in enumerate(lengths[:-1]):
        last = k == len(normals) - 1  # it ends in a covariance, not in an argument of f
        normal, sign = (np.ones(count), 1) if last else (normals[k + 1], angle.sign)
        weights = np.sqrt(angle.factor * w2) * angle.size(q) * normal
        layers.append((outer(weights, sign), outer(np.sqrt(b2) * normal, sign)))
    whole = torch.from_numpy(np.ascontiguousarray(first))
    buffers = torch.empty((3, max(CACHED, count)), dtype=torch.float64)
    start = 0
    while start < count:
        stop = min(count, start + max(1, CACHED // (count - start)))
        height, width = stop - start, count - start
        d, *room = buffers[:, : height * width].view(3, height, width).unbind()
        torch.mul(whole[start:stop, start:], start_by[0][start:stop], out=d).mul_(start_by[1][start:])
        for k, ((column, row), (lift, along)) in enumerate(layers):
            angle.average(d, room[0], room[1], k > 0)
            d.mul_(column[start:stop]).mul_(row[start:])
            if b2:
                d.addcmul_(lift[start:stop], along[start:])
        block = d.numpy()
        square = block[:, :height]
        square[:] = np.triu(square) + np.triu(square, 1).T  # the two orders of multiplication round differently
        result[start:stop, start:] = block
        result[start:, start:stop] = block.T
        start = stop
    np.fill_diagonal(result, lengths[-1])
    return result


def _arc_cosine(d: torch.Tensor, spare: torch.Tensor, other: torch.Tensor, above: bool) -> None:
    """sin + cos (pi - angle), d = -cos. Source: Cho and Saul 2009, the arc-cosine kernel of degree 1."""
    import torch

    torch.add(d.clamp_(-1, 1), 1, out=spare)
    if above:  # d <= 0, for no average of two relu is negative; 1 + d is then exact
        spare.addcmul_(d, spare, value=-1)
    else:  # (1 - d)(1 + d), not 1 - d^2: it must fit the angle to the last digit near both ends
        spare.mul_(torch.sub(1, d, out=other))
    torch.addcmul(spare.sqrt_(), d, torch.acos(d, out=other), value=-1, out=d)


def _arc_sine(c: torch.Tensor, spare: torch.Tensor, other: torch.Tensor, above: bool) -> None:
    """Source: Williams 1996, the kernel of error functions."""
    (c if above else c.clamp_(-1, 1)).asin_()


CLOSED = {
    "relu": Angle(normal=lambda q: q**-0.5, size=np.sqrt, factor=1 / (2 * np.pi), sign=-1, average=_arc_cosine),
    "erf": Angle(normal=lambda q: (q + 0.5) ** -0.5, size=np.ones_like, factor=2 / np.pi, sign=1, average=_arc_sine),
}


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
