"""The correlation that two inputs approach, and how fast, for any activation, without iterating the map."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from numerics.solvers.correlation import (
    HALVINGS,
    TOLERANCE,
    WELL_APART,
    average_product,
    jumps,
    private_places,
    shared_places,
    slope,
)
from numerics.solvers.lattice import gaussian, legendre
from numerics.solvers.moments import average, moments
from numerics.solvers.nonlinearity import Nonlinearity

NEAR = 1e-9  # 1 - c below which c* is worked out from the leading terms at c = 1
SERIES = 0.02  # sqrt(1 - c) below which c* comes from a series about c = 1, as differences of phi lose digits


@dataclass(frozen=True, kw_only=True)
class FixedCorrelation:
    """A correlation that two inputs approach, and the slope of the map there.

    apart  1 - c where it is so small that c has lost it, else None
    """

    c: float
    slope: float
    apart: float | None = None

    @property
    def depth(self) -> float:
        """xi_c = -1 / ln slope: layers over which a deviation decays by 1/e; inf at slope 1, 0 at slope 0."""
        if self.slope <= 0:
            return 0.0
        return float("inf") if self.slope == 1 else float(-1 / np.log(self.slope))


def fixed_correlation(phi: Nonlinearity, q: float, sigma_w: float) -> FixedCorrelation:
    """The stable fixed point c* in [0, 1] of the correlation map at the fixed length q, and the slope there.

    1 - c* solves sigma_w^2 <E phi' phi'> = 1, the average over correlations from c* to 1; regular at criticality. Where
    chi1 <= 1 it is 1. Raises ValueError for q = 0, where inputs have no direction.
    """
    if not q > 0:
        raise ValueError("at length zero two inputs have no correlation")
    w2 = sigma_w**2
    chi1 = w2 * slope(phi, q, 1.0)
    if chi1 <= 1:
        return FixedCorrelation(c=1.0, slope=chi1)
    from scipy.optimize import brentq

    square = float(moments(phi, q).square)

    def excess(c: float) -> float:  # convex, zero at c = 1, and negative just below
        return 1 - c + w2 * (average_product(phi, q, c) - square) / q

    near = _near_one(phi, q, w2) if phi.jumps else None
    if near is not None:
        return near
    if phi.jumps or excess(WELL_APART) < 0:
        high = next(c for c in (WELL_APART, 0.99, 0.9999, 1 - NEAR) if c == 1 - NEAR or excess(c) < 0)
        start = excess(0.0)
        c = float(brentq(excess, 0.0, high, xtol=1e-15, rtol=4 * np.finfo(float).eps)) if start > 1e-15 else 0.0
        return FixedCorrelation(c=c, slope=w2 * slope(phi, q, c))
    mean: Callable[[float], float] = functools.partial(_direct_mean_slope, phi, q)
    low, high = SERIES, float(np.sqrt(1 - WELL_APART))
    whole = bool(phi.breakpoints or phi.terms)
    if whole or w2 * mean(SERIES) <= 1:
        low, high = 0.0, 1.0 if whole else SERIES
        mean = _mean_slope(phi, q, end=high)
        if w2 * mean(0.0) <= 1:  # chi1 is 1 to rounding
            return FixedCorrelation(c=1.0, slope=min(chi1, 1.0))
    root = brentq(lambda x: w2 * mean(x) - 1, low, high, xtol=1e-15, rtol=4 * np.finfo(float).eps)
    c = float(1 - root**2)
    return FixedCorrelation(c=c, slope=w2 * slope(phi, q, c))


def _direct_mean_slope(phi: Nonlinearity, q: float, x: float) -> float:
    """The average of E phi' phi' over correlations from c = 1 - x^2 to 1, for smooth phi, without a series.

    It is E (phi(h) - phi(h'))^2 / 2 over q (1 - c), and half the square is the variance of phi over the private parts:
    no difference of nearly equal averages is formed.
    """
    c, before = 1 - x * x, None
    bound = float(moments(phi, q).gradient)
    for halving in range(HALVINGS):
        spacing = 2.0**-halving
        shared, weight = shared_places(phi, c * q, x * x * q, spacing)
        field, private = private_places(phi, shared, x * float(np.sqrt(q)), spacing)
        values = phi.value(field)
        mean = private @ values if field.ndim == 1 else values @ private
        away = np.square(values - mean[:, None])
        variance = np.einsum("ij,ij->i", private, away) if field.ndim == 1 else away @ private
        found = float((weight * gaussian(shared, np.array([c * q]))[0]) @ variance) / (x * x * q)
        if before is not None and abs(found - before) <= TOLERANCE * bound:
            return found
        before = found
    raise ArithmeticError(f"the correlation map of {phi.name} at q = {q:g}, c = {c:g} does not settle")


def _near_one(phi: Nonlinearity, q: float, w2: float) -> FixedCorrelation | None:
    """The fixed correlation where jumps lie so far out that it is 1 to rounding; None elsewhere.

    A layer takes the deviation d = 1 - c to k sqrt(d) + s d + ..., s by the slopes beside the jumps. A jump J at a lies
    between h and h' with the probability p(a) E|h - h'| = p(a) sqrt(4 q d / pi), and adds that J^2 to E (phi - phi')^2.
    """
    places, heights = np.array(jumps(phi)).T
    here = heights * gaussian(places, np.array([q]))[0]
    beside = phi.first(np.nextafter(places[:, None], np.array([-np.inf, np.inf]))).sum(axis=1)
    smooth = w2 * (average(phi, q, lambda h: np.square(phi.first(h))) + float(here @ beside))
    jump = w2 * float(here @ heights) / float(np.sqrt(np.pi * q))
    apart = (jump / (1 - smooth)) ** 2 if smooth < 1 else float("inf")
    return FixedCorrelation(c=1 - apart, slope=(1 + smooth) / 2, apart=apart) if apart < NEAR else None


@functools.lru_cache(maxsize=256)
def _mean_slope(phi: Nonlinearity, q: float, tolerance: float = TOLERANCE, end: float = 1.0) -> chebyshev.Chebyshev:
    """The average of E phi' phi' over correlations from c to 1, as a series in x = sqrt(1 - c) on [0, end].

    With c = 1 - x^2 kinks leave no singularity at c = 1: the slope of relu is arccos(1 - x^2), analytic in x.
    """

    def at(x: np.ndarray) -> np.ndarray:
        return np.array([slope(phi, q, 1 - v * v) for v in x])

    for degree in (24, 48, 96, 192):
        series = chebyshev.Chebyshev.interpolate(at, degree, domain=[0, end])
        if np.max(np.abs(series.coef[-3:])) <= tolerance * np.max(np.abs(series.coef)):
            break
    else:
        raise ArithmeticError(f"the slope of the correlation map of {phi.name} at q = {q:g} is not resolved")
    nodes, weights = legendre(
        degree // 2 + 2
    )  # the average is that of 2 t s(t x) over t from 0 to 1: no digits are lost
    t = (1 + nodes) / 2
    return chebyshev.Chebyshev.interpolate(
        lambda v: series(np.multiply.outer(v, t)) @ (weights * t), degree, domain=[0, end]
    )


def mean_slopes(phi: Nonlinearity, q: np.ndarray, tolerance: float) -> np.ndarray:
    """The coefficients of `_mean_slope` for several lengths, padded with zeros to shape (len(q), K)."""
    rows = [_mean_slope(phi, float(value), tolerance).coef for value in q]
    width = max(len(row) for row in rows)
    return np.array([np.pad(row, (0, width - len(row))) for row in rows])
