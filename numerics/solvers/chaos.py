"""c*, the slope there and xi_c on whole grids of networks.

The average of the slope over correlations from c to 1 is a smooth function of x = sqrt(1 - c) and ln q, tabulated once
as a Chebyshev series; a grid then costs two matrix products and a few Newton steps.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from numerics.solvers import error_functions
from numerics.solvers.fixed_correlation import mean_slopes
from numerics.solvers.hermite import coefficients
from numerics.solvers.nonlinearity import Nonlinearity

TOLERANCE = 1e-12  # of the last coefficients of the series of a smooth activation
KINKED = 5e-11  # the same with kinks: exp(-1 / (q x^2)) is smooth, but no power series at x = 0
NEGLIGIBLE = 1e-15
BLOCK = 2048  # networks worked on at a time, so that temporaries stay in cache
DEGREES = (15, 31, 47, 63, 95)  # in ln q
PLACES = np.linspace(0, 1, 33)  # where the series is looked at first
SECANTS, SETTLED = 12, 1e-9  # the tilt is right to 1e-4 or better: after so short a step the place is right to 1e-13
TELLING = 1e-8  # shorter steps tell less of the tilt than of rounding


@dataclass(frozen=True, kw_only=True)
class Correlations:
    """c*, the slope of the correlation map there and xi_c = -1 / ln slope, each of the shape of the grid."""

    c: np.ndarray
    slope: np.ndarray
    depth: np.ndarray


def fixed_correlations(
    phi: Nonlinearity, q: np.ndarray, sigma_w: np.ndarray, chi1: np.ndarray, tolerance: float | None = None
) -> Correlations:
    """The stable fixed points of the correlation maps of networks with fixed lengths q; nan where q is nan or 0.

    chi1 is sigma_w^2 E phi'^2 at q: where it is at most 1, c* is 1. To about 1e-11, with kinks 1e-9, or as far as the
    last coefficients of a series fall below `tolerance`. Raises ArithmeticError where the series is not resolved.
    """
    length, weight, stretch = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (q, sigma_w, chi1)))
    valid = np.isfinite(length) & (length > 0)
    c, slope = np.where(valid, 1.0, np.nan), np.where(valid, stretch, np.nan)
    chaotic = valid & (stretch > 1)
    if chaotic.any() and phi.closed == "erf":
        c[chaotic], slope[chaotic] = error_functions.fixed_correlations(length[chaotic], weight[chaotic] ** 2)
    elif chaotic.any():
        low, high = np.log(length[chaotic].min()), np.log(length[chaotic].max())
        series = _series(phi, float(np.floor(low - 1e-9)), float(np.ceil(high + 1e-9)), tolerance)
        for part in np.array_split(np.flatnonzero(chaotic.ravel()), 1 + chaotic.sum() // BLOCK):
            y = (2 * np.log(length.flat[part]) - series.low - series.high) / (series.high - series.low)
            c.flat[part], slope.flat[part] = _chaotic(series.coefficients, y, weight.flat[part] ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(slope > 0, -1 / np.log(slope), 0.0)
    return Correlations(c=c, slope=slope, depth=np.where(valid, depth, np.nan))


def _chaotic(series: np.ndarray, y: np.ndarray, w2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    by_length = chebyshev.chebvander(y, len(series) - 1).T
    columns = series.T @ by_length * w2  # series in 2 x - 1, one for each network
    values = chebyshev.chebvander(2 * PLACES - 1, len(columns) - 1) @ columns  # falls from chi1 as x grows
    x, tilt = _first_guess(values)
    excess = _evaluate(columns, x) - 1
    for _ in range(SECANTS):
        nearer = np.clip(x - excess / tilt, 0, 1)
        step, x, before = nearer - x, nearer, excess
        if np.all(np.abs(step) <= SETTLED):
            break
        excess = _evaluate(columns, x) - 1
        told = np.abs(step) > TELLING
        tilt[told] = (excess[told] - before[told]) / step[told]
    tilt = _evaluate(chebyshev.chebder(series, axis=1, scl=2).T @ by_length * w2, x)
    return 1 - x * x, 1 + x * tilt / 2  # the slope at c is the derivative of x^2 times the average


def _first_guess(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where falling values at PLACES, shape (places, n), pass 1, and how steeply: by the cubic through four of them.

    In the first cell they fall like x^2, and so does the guess.
    """
    index = np.arange(values.shape[1])
    cell = np.clip(np.sum(values >= 1, axis=0) - 1, 0, len(PLACES) - 2)
    start = np.clip(cell - 1, 0, len(PLACES) - 4)
    around = np.stack([values[start + k, index] for k in range(4)])
    first, second, third = (np.diff(around, k, axis=0)[0] for k in (1, 2, 3))
    before, behind = values[cell, index], values[cell + 1, index]
    t = cell - start + (before - 1) / (before - behind)
    for _ in range(3):
        value = around[0] + t * (first + (t - 1) / 2 * (second + (t - 2) / 3 * third))
        tilt = first + (t - 0.5) * second + (t * t / 2 - t + 1 / 3) * third
        t = t - (value - 1) / tilt
    near = np.sqrt(np.maximum(before - 1, np.finfo(float).tiny) / (before - behind))
    x, tilt = np.where(cell == 0, (near, -2 * near * (before - behind)), (start + t, tilt))
    return np.clip(x * PLACES[1], 0, 1), tilt / PLACES[1]


def _evaluate(columns: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Chebyshev series in 2 x - 1, one for each column, at the place of each."""
    return np.einsum("kn,kn->n", columns, chebyshev.chebvander(2 * x - 1, len(columns) - 1).T)


@dataclass(frozen=True, kw_only=True)
class Series:
    """Coefficients of the averaged slope in ln q from `low` to `high` (rows) and in 2 x - 1 (columns)."""

    low: float
    high: float
    coefficients: np.ndarray


@functools.lru_cache(maxsize=32)
def _series(phi: Nonlinearity, low: float, high: float, tolerance: float | None) -> Series:
    tolerance = tolerance or (KINKED if phi.breakpoints else TOLERANCE)
    for degree in DEGREES:
        nodes = chebyshev.chebpts1(degree + 1)
        q = np.exp((low + high) / 2 + (high - low) / 2 * nodes)
        rows = mean_slopes(phi, q, tolerance / 10) if phi.breakpoints else _by_hermite(phi, q)
        series = np.linalg.solve(chebyshev.chebvander(nodes, degree), rows)
        size = np.max(np.abs(series))
        if np.max(np.abs(series[-2:])) <= tolerance * size:
            needed = 1 + int(np.max(np.flatnonzero(np.max(np.abs(series), axis=0) > NEGLIGIBLE * size)))
            return Series(low=low, high=high, coefficients=series[:, :needed])
    lengths = f"{np.exp(low):.3g} and {np.exp(high):.3g}"
    raise ArithmeticError(f"the slopes of {phi.name} are not resolved between lengths {lengths}")


def _by_hermite(phi: Nonlinearity, q: np.ndarray) -> np.ndarray:
    """sum a_k^2 (1 - c^(k+1)) / ((k + 1) (1 - c)), as series in 2 x - 1."""
    squares = coefficients(phi, q, order=1, tolerance=TOLERANCE) ** 2
    degree = 64
    x = (chebyshev.chebpts1(degree + 1) + 1) / 2
    k = np.arange(1, squares.shape[1] + 1)
    averages = squares @ (-np.expm1(k[:, None] * np.log1p(-x * x)) / (k[:, None] * x * x))
    return np.linalg.solve(chebyshev.chebvander(2 * x - 1, degree), averages.T).T
