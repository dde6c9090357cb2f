"""Gaussian averages of an activation for whole fields: lengths, correlations, slopes, and their finite-width noise."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import numpy as np
import scipy.linalg

from numerics.solvers.correlation import average_product
from numerics.solvers.hermite import coefficients
from numerics.solvers.kernel import kernel
from numerics.solvers.moments import SMALLEST, mean, moments
from numerics.solvers.nonlinearity import Nonlinearity
from verify.network.fields import SAME, TANGENT, Field, shifts

FEW, DIGITS = 24, 9  # averages that are worked out one by one, significant digits up to which two are the same
CENTRED, ALIKE = 0.02, 0.1  # mean over root mean square that is taken for none, and that places may differ by
APART, LINEAR = 0.05, 1e-3  # share of a length by which features differ, length from which it matters
FEATURES, MORE = 8, 32  # nodes that stand for all features, and where they differ by more than they scatter
NOTHING = 1e-9  # of the largest number, what is left where all have a node
STEP = 1e-3  # of the correlation, in the slope of its map
SHARP = 12  # places up to which pairs of them are integrated one by one, where the activation has kinks
NODES = np.linspace(-9, 9, 4001)
SPACING = NODES[1] - NODES[0]
DENSITY = np.exp(-(NODES**2) / 2) / np.sqrt(2 * np.pi) * SPACING


def _rounded(values: np.ndarray) -> np.ndarray:
    if values.size == 1:
        return np.reshape(_short(float(values.item())), values.shape)
    size = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(values), 1e-300))) - DIGITS + 1)
    return np.round(values / size) * size


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


@functools.lru_cache(maxsize=512)
def _product(phi: Nonlinearity, q: float, p: float, c: float) -> float:
    return average_product(phi, q, c, 0, p)


def product(phi: Nonlinearity, q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
    """E phi(h) phi(h') for variances q and p and correlations c, arrays of one shape."""
    if np.size(q) == 1:
        one = (_short(float(np.asarray(v).item())) for v in (q, p, c))
        return np.reshape(_product(phi, *one), np.shape(q))
    rows = np.stack([_rounded(np.ravel(v)) for v in (q, p, c)], axis=1)
    distinct, back = np.unique(rows, axis=0, return_inverse=True)
    if len(distinct) <= FEW:
        return np.array([_product(phi, *map(float, row)) for row in distinct])[back.ravel()].reshape(np.shape(q))
    if phi.breakpoints:  # E phi(h) phi(h') is smooth in c inside; few lengths, many correlations
        return np.array([_product(phi, *map(float, row)) for row in distinct])[back.ravel()].reshape(np.shape(q))
    lengths, where = np.unique(distinct[:, :2], return_inverse=True)
    where = where.reshape(-1, 2)
    a = coefficients(phi, lengths)
    found = np.zeros(len(distinct))
    for k in range(a.shape[1] - 1, -1, -1):
        found = found * distinct[:, 2] + a[where[:, 0], k] * a[where[:, 1], k]
    return found[back.ravel()].reshape(np.shape(q))


def _all_pairs(phi: Nonlinearity, covariance: np.ndarray) -> np.ndarray:
    """E phi phi' between all places for an input and itself, its partner, another one; and E phi' phi'; (4, T, T)."""
    same = (covariance[SAME] + covariance[SAME].T) / 2
    size = len(same)
    rows = []
    for other in covariance[1:TANGENT]:
        block = np.block([[same, other], [other, same]])
        new = kernel(phi, (block + block.T) / 2, 1.0, 0.0, 1)
        rows.append((new[:size, size:] + new[size:, :size]) / 2)
    # E phi' phi' is the derivative of E phi phi' by the covariance: Price 1958
    root = np.sqrt(np.diagonal(same))
    step = STEP * np.outer(root, root) * np.where(same > 0, -1, 1) * (1 - np.eye(size))
    near = same + step
    slopes = (kernel(phi, (near + near.T) / 2, 1.0, 0.0, 1) - new[:size, :size]) / np.where(step == 0, 1, step)
    return np.array([(new[:size, :size] + new[:size, :size].T) / 2, *rows, (slopes + slopes.T) / 2])


def activated(phi: Nonlinearity, field: Field) -> tuple[Field, np.ndarray]:
    """The field behind an activation, and E phi' phi' between all places, or E phi'^2 at each.

    Raises ArithmeticError where an average does not exist. Needs a Gaussian field of positive length, up to a mean, by
    which the activation is shifted, and to offsets of the features, over which is averaged.
    """
    uneven = field.gains is not None and float(np.var(field.gains**2)) > APART
    own = biases(field) if phi.name != "linear" else None
    common = float(np.mean(field.mean))
    moved = own is not None or abs(common) > CENTRED * math.sqrt(field.length)
    if uneven and (moved or not _homogeneous(phi)):
        raise ArithmeticError("the features of its argument have scales of their own")
    if abs(common) > CENTRED * math.sqrt(field.length):
        if np.max(np.abs(field.mean - common)) > ALIKE * math.sqrt(field.length):
            raise ArithmeticError("the places of its argument have means of their own")
        around = field.covariance - shifts(field.covariance, common**2)
        return activated(shifted(phi, common), replace(field, covariance=around, mean=field.mean - common))
    if own is not None:
        return _over_offsets(phi, field, own)
    q = np.maximum(field.diagonal[SAME], 2 * SMALLEST)
    at = moments(phi, _rounded(q))
    gradient = np.asarray(at.gradient)
    distinct, back = np.unique(_rounded(q), return_inverse=True)
    means = _means(phi, distinct)[back]
    full = field.full and (field.places == 1 or not phi.breakpoints or phi.closed == "relu" or field.places <= SHARP)
    if full and field.places > 1:
        covariance = _all_pairs(phi, field.covariance)
        slopes = covariance[TANGENT].copy()
        np.fill_diagonal(slopes, gradient)
    else:
        rows = [np.asarray(at.square)]
        rows += [product(phi, q, q, np.clip(field.diagonal[k] / q, -1, 1)) for k in (1, 2)]
        covariance, slopes = np.array([*rows, gradient]), gradient
        if field.places == 1:
            covariance, slopes = covariance[:, :, None], gradient[:, None]
    covariance[TANGENT] = slopes * (field.covariance[TANGENT] if full else field.diagonal[TANGENT])
    spread, kept = _spread(phi, field, float(np.mean(q)))
    new = replace(
        field,
        covariance=covariance,
        mean=means,
        gaussian=False,
        offsets=None,
        gains=None,
        spread=spread,
        rest=field.rest * kept,
    )
    return new, slopes


def _homogeneous(phi: Nonlinearity) -> bool:
    """Whether phi(k x) = k phi(x) for positive k: then factors of the features go through it."""
    x = np.array([-1.0, 1.0])
    return all(np.allclose(phi.value(k * x), k * phi.value(x), rtol=1e-9, atol=0) for k in (1e-3, 0.7, 1e3))


def biases(field: Field) -> np.ndarray | None:
    """The offsets of the features where they matter."""
    if field.offsets is None or field.length <= LINEAR:
        return None
    return field.offsets if float(np.mean(field.offsets**2)) > APART * field.length else None


def _over_offsets(phi: Nonlinearity, field: Field, offsets: np.ndarray) -> tuple[Field, np.ndarray]:
    """The mean over the features of what the Gaussian rest of each makes of the activation, shifted by its offset."""
    square = float(np.mean(offsets**2))
    rest = replace(field, covariance=field.covariance - shifts(field.covariance, square), offsets=None)
    nodes, shares = law(offsets, FEATURES if square < rest.length else MORE)
    parts = [activated(shifted(phi, b), rest) for b in nodes]
    spread = [float(sum(s * f.spread[k] for s, (f, _) in zip(shares, parts, strict=True))) for k in range(3)]
    new = replace(
        parts[0][0],
        covariance=np.asarray(sum(s * f.covariance for s, (f, _) in zip(shares, parts, strict=True))),
        mean=np.asarray(sum(s * f.mean for s, (f, _) in zip(shares, parts, strict=True))),
        spread=(spread[0], spread[1], spread[2]),
    )
    return new, np.asarray(sum(s * g for s, (_, g) in zip(shares, parts, strict=True)))


def law(values: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss nodes of the law of some numbers, and their shares: polynomials below twice their number are exact.

    By the recursion of Lanczos, whose matrix has the nodes as eigenvalues (Golub and Welsch 1969).
    """
    size = float(np.max(np.abs(values)))
    basis = [np.full(len(values), len(values) ** -0.5)]
    diagonal, beside = [], []
    while size:
        moved = values / size * basis[-1]
        diagonal.append(float(moved @ basis[-1]))
        for _ in range(2):  # once is not orthogonal enough
            moved = moved - np.array(basis).T @ (np.array(basis) @ moved)
        norm = float(np.linalg.norm(moved))
        if len(basis) == most or norm < NOTHING:
            break
        beside.append(norm)
        basis.append(moved / norm)
    if not size:
        return np.zeros(1), np.ones(1)
    nodes, vectors = scipy.linalg.eigh_tridiagonal(np.array(diagonal), np.array(beside))
    return nodes * size, vectors[0] ** 2


def shifted(phi: Nonlinearity, by: float) -> Nonlinearity:
    """phi(x + by)."""
    second = phi.second
    return Nonlinearity(
        name=f"{phi.name} shifted by {by:.6g}",
        value=lambda x: phi.value(x + by),
        first=lambda x: phi.first(x + by),
        second=None if second is None else lambda x: second(x + by),
        breakpoints=tuple(p - by for p in phi.breakpoints),
        reach=phi.reach,
        scales=tuple((centre - by, width) for centre, width in phi.scales),
        jumps=phi.jumps,
    )


def _means(phi: Nonlinearity, q: np.ndarray) -> np.ndarray:
    smooth = not phi.breakpoints and np.sqrt(q.max()) * SPACING < phi.reach / 2  # the trapezoidal rule has all digits
    if len(q) <= FEW and not smooth:
        return np.array([mean(phi, float(v)) for v in q])
    return np.array([float(phi.value(np.sqrt(v) * NODES) @ DENSITY) for v in q])


def _spread(phi: Nonlinearity, field: Field, q: float) -> tuple[tuple[float, float, float], float]:
    """How the finite widths' noise goes on, to leading order in 1 / N; and what is left of a relative change of length.

    Over N neurons the mean of phi^2 has the relative variance (E phi^4 / (E phi^2)^2 - 1) / N, of which 2 s^2 / N is
    that of the length before, s the logarithmic slope of the map; the same for phi'^2.
    """
    h = np.sqrt(q) * NODES
    value, slope = phi.value(h) ** 2, phi.first(h) ** 2
    square, gradient = float(value @ DENSITY), float(slope @ DENSITY)
    if not square or not gradient:
        return (0.0, 0.0, 0.0), 0.0
    weight = (NODES**2 - 1) / 2 * DENSITY  # d / d ln q of a Gaussian average
    by_length, by_slope = float(value @ weight) / square, float(slope @ weight) / gradient
    fourth, other = float(value**2 @ DENSITY) / square**2, float(slope**2 @ DENSITY) / gradient**2
    length, tangent, turn = field.spread
    n = field.features
    c = _short(float(np.clip(field.correlation, -1, 1)))
    near = c - STEP if c > 0 else c + STEP
    try:
        ends = [_product(phi, _short(q), _short(q), v) for v in (c, near)]
        bend = (ends[0] - ends[1]) / (c - near) / square
    except ArithmeticError:
        ends, bend = [c * square], q * gradient / square
    new = (
        by_length**2 * length + max(fourth - 1 - 2 * by_length**2, 0.0) / n,
        tangent + by_slope**2 * length + max(other - 1 - 2 * by_slope**2, 0.0) / n,
        bend**2 * turn + max((1 - ends[0] ** 2 / square**2) ** 2 - bend**2 * (1 - c * c) ** 2, 0.0) / n,
    )
    return new, abs(by_length)
