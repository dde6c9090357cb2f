"""The length that a wide random network keeps: fixed points of V(q) = sigma_b^2 + sigma_w^2 E phi(h)^2, h ~ N(0, q)."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from numerics.solvers import error_functions
from numerics.solvers.moments import Moments, moments
from numerics.solvers.nonlinearity import Nonlinearity

FINEST, WIDEST, PER_OCTAVE = -20, 14, 16  # the table of averages: variances from 2^-20 to 2^14
POLISHING = 4  # Newton steps on the averages themselves after those on the table
SETTLED = 1e-13
BLOCK = 4096  # networks worked on at a time, so that temporaries stay in cache
ROWS = 256  # different sigma_w whose tables are inverted at a time
NOISE = 1e-12  # relative size below which a difference of two averages is taken for zero


@dataclass(frozen=True, kw_only=True)
class Table:
    """Averages at variances q, shape (K,) in ascending order: E phi^2, E phi'^2 and d/dq E phi^2."""

    q: np.ndarray
    square: np.ndarray
    gradient: np.ndarray
    slope: np.ndarray


@functools.lru_cache(maxsize=64)
def table(phi: Nonlinearity) -> Table:
    """Averages on a geometric grid, as far up as they exist; raises ArithmeticError if they exist nowhere."""
    q = 2.0 ** np.arange(FINEST, WIDEST + 1 / PER_OCTAVE, 1 / PER_OCTAVE)
    parts: list[np.ndarray] = []
    for start in range(0, len(q), PER_OCTAVE):
        try:
            found = moments(phi, q[start : start + PER_OCTAVE])
        except ArithmeticError:
            if not parts:
                raise
            break
        parts.append(np.stack([q[start : start + PER_OCTAVE], found.square, found.gradient, found.slope]))
    return Table(**dict(zip(("q", "square", "gradient", "slope"), np.concatenate(parts, axis=1), strict=True)))


def vanishes(phi: Nonlinearity) -> bool:
    """Whether phi(0) = 0, so that a network without biases keeps the length zero."""
    return bool(phi.value(np.zeros(1))[0] == 0)


def gradient_at_zero(phi: Nonlinearity) -> float:
    """The limit of E phi'(h)^2 at length zero, which is also that of d/dq E phi(h)^2 where phi(0) = 0."""
    sides = phi.first(np.array([-np.finfo(float).tiny, np.finfo(float).tiny]))
    return float(np.mean(sides**2))


def curvature_at_zero(phi: Nonlinearity) -> float:
    """The limit of E phi''(h)^2 at length zero. Raises ValueError where phi' jumps."""
    if phi.second is None:
        raise ValueError(f"{phi.name} has no second derivative")
    sides = phi.second(np.array([-np.finfo(float).tiny, np.finfo(float).tiny]))
    return float(np.mean(sides**2))


@dataclass(frozen=True, kw_only=True)
class FixedPoint:
    """A length q with V(q) = q, the slope V'(q), and whether lengths nearby approach it."""

    q: float
    slope: float
    stable: bool


def fixed_points(phi: Nonlinearity, sigma_w: float, sigma_b: float) -> tuple[FixedPoint, ...]:
    """All fixed points of V in ascending order, zero included where V(0) = 0; empty where every length grows.

    Raises ArithmeticError where V(q) = q for all q, as for relu at sigma_w^2 = 2 and no bias, and where a fixed point
    lies outside the lengths of the table.
    """
    grid, w2 = table(phi), sigma_w**2
    excess = sigma_b**2 + w2 * grid.square - grid.q
    moved = np.flatnonzero(np.abs(excess) > SETTLED * grid.q)
    if not len(moved):
        raise ArithmeticError(f"every length is a fixed point of {phi.name} at sigma_w = {sigma_w:.6g}")
    start, found = int(moved[0]), []
    grows_from_zero = True
    if sigma_b == 0 and vanishes(phi):
        slope = w2 * gradient_at_zero(phi)
        grows_from_zero = excess[start] > 0 if abs(slope - 1) < NOISE else slope > 1
        found.append(FixedPoint(q=0.0, slope=slope, stable=not grows_from_zero))
    if grows_from_zero != (excess[start] > 0):
        raise ArithmeticError(
            f"a fixed length of {phi.name} at sigma_w = {sigma_w:.6g}, sigma_b = {sigma_b:.6g} lies below "
            f"q = {grid.q[0]:.2g}, the smallest that is worked with"
        )
    if excess[-1] > 0 and w2 * grid.slope[-1] < 1:
        raise ArithmeticError(
            f"the fixed length of {phi.name} at sigma_w = {sigma_w:.6g}, sigma_b = {sigma_b:.6g} lies above "
            f"q = {grid.q[-1]:.5g}, the largest that is worked with"
        )
    for i in start + np.flatnonzero(np.diff(np.sign(excess[start:]))):
        q = _between(phi, sigma_w, sigma_b, float(grid.q[i]), float(grid.q[i + 1]))
        slope = w2 * float(moments(phi, q).slope)
        found.append(FixedPoint(q=q, slope=slope, stable=abs(slope) < 1))
    return tuple(found)


def _between(phi: Nonlinearity, sigma_w: float, sigma_b: float, low: float, high: float) -> float:
    from scipy.optimize import brentq

    def excess(q: float) -> float:
        return sigma_b**2 + sigma_w**2 * float(moments(phi, q).square) - q

    return float(brentq(excess, low, high, xtol=1e-15 * low, rtol=4 * np.finfo(float).eps))


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """The largest stable length of each network, and what goes with it; nan where there is none.

    q, chi1, chi2, slope   q*, sigma_w^2 E phi'^2, sigma_w^2 E phi''^2 (None where phi' jumps), V'(q*)
    depth                  xi_q = -1 / ln |V'(q*)|: layers over which a wrong length decays by 1/e
    """

    q: np.ndarray
    chi1: np.ndarray
    chi2: np.ndarray | None
    slope: np.ndarray
    depth: np.ndarray


def lengths(phi: Nonlinearity, sigma_w: np.ndarray | float, sigma_b: np.ndarray | float) -> Lengths:
    """q*, chi1, chi2, V' and xi_q for arrays of sigma_w and sigma_b that broadcast together.

    Where the length is zero (no bias, weak weights) the averages are those at zero.
    """
    weight, bias = np.broadcast_arrays(np.asarray(sigma_w, dtype=float), np.asarray(sigma_b, dtype=float))
    shape, w2, b2 = weight.shape, weight.ravel() ** 2, bias.ravel() ** 2
    if phi.closed == "erf":
        return _gathered(shape, w2, *error_functions.fixed_lengths(w2, b2))
    cell = _cells(phi, *_rows(sigma_w, shape), b2)
    full = {name: np.full(w2.shape, np.nan) for name in ("q", "chi1", "chi2", "slope")}
    inside = np.flatnonzero((cell >= 0) & (cell < len(table(phi).q) - 1))
    if phi.closed is None:  # neighbours in length share quadrature nodes
        inside = inside[np.argsort(cell[inside].astype(np.int16), kind="stable")]
    for part in np.array_split(inside, 1 + len(inside) // BLOCK):
        q, found = _polished(phi, w2[part], b2[part], cell[part])
        full["q"][part] = q
        full["chi1"][part] = w2[part] * found.gradient
        full["slope"][part] = w2[part] * found.slope
        if found.curvature is not None:
            full["chi2"][part] = w2[part] * found.curvature
    if vanishes(phi):
        empty = np.flatnonzero((cell < 0) & (b2 == 0) & (w2 * gradient_at_zero(phi) <= 1 + NOISE))
        full["q"][empty] = 0.0
        full["chi1"][empty] = full["slope"][empty] = w2[empty] * gradient_at_zero(phi)
        if phi.second is not None:
            full["chi2"][empty] = w2[empty] * curvature_at_zero(phi)
    with np.errstate(divide="ignore"):
        depth = -1 / np.log(np.abs(full["slope"]))
    reshaped = {name: column.reshape(shape) for name, column in (full | {"depth": depth}).items()}
    return Lengths(**(reshaped if phi.second is not None else reshaped | {"chi2": None}))


def _gathered(shape: tuple[int, ...], w2: np.ndarray, q: np.ndarray, at: Moments) -> Lengths:
    """Averages at fixed lengths as what goes with them."""
    slope, chi2 = w2 * at.slope, None if at.curvature is None else (w2 * at.curvature).reshape(shape)
    with np.errstate(divide="ignore"):
        depth = -1 / np.log(np.abs(slope))
    q, chi1, slope, depth = (v.reshape(shape) for v in (q, w2 * at.gradient, slope, depth))
    return Lengths(q=q, chi1=chi1, chi2=chi2, slope=slope, depth=depth)


def _polished(phi: Nonlinearity, w2: np.ndarray, b2: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, Moments]:
    """Fixed points in cells of the table and the averages there, by Newton's method."""
    q = _on_table(phi, w2, b2, cell)
    for _ in range(POLISHING):
        found = moments(phi, q)
        step = (b2 + w2 * found.square - q) / (1 - w2 * found.slope)
        step = np.clip(step, -q / 2, q / 2)
        q = q + step
        if np.all(np.abs(step) <= SETTLED * q):
            return q, found
    return q, moments(phi, q)


def _rows(sigma_w: np.ndarray | float, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The different sigma_w^2 in ascending order, and which of them each network of a grid has."""
    values, place = np.unique(np.square(np.asarray(sigma_w, dtype=float)), return_inverse=True)
    return values, np.broadcast_to(place.reshape(np.shape(sigma_w)), shape).ravel()


def _cells(phi: Nonlinearity, values: np.ndarray, place: np.ndarray, b2: np.ndarray) -> np.ndarray:
    """The cell of the table in which q - w2 E phi^2 last rises through b2; -1 is below it, the last index nowhere.

    At given w2 the b2 that keeps a length q is explicit, so a row of equal w2 is the inversion of a tabulated function.
    """
    grid = table(phi)
    order = np.argsort(place, kind="stable")
    ends = np.cumsum(np.bincount(place, minlength=len(values)))
    sought, found = b2[order], np.empty(len(b2), dtype=np.int64)
    largest = np.maximum.reduceat(sought, np.concatenate([[0], ends[:-1]]))
    for start in range(0, len(values), ROWS):
        needed = grid.q - values[start : start + ROWS, None] * grid.square
        # beyond the largest root b2 is exceeded for good
        lowest = np.ascontiguousarray(np.minimum.accumulate(needed[:, ::-1], axis=1)[:, ::-1])
        for k, (row, smallest_from) in enumerate(zip(needed, lowest, strict=True), start):
            here = slice(ends[k - 1] if k else 0, ends[k])
            if row[-1] > largest[k]:
                found[here] = smallest_from.searchsorted(sought[here], side="right")
            else:  # the longest inputs grow for ever, but shorter ones may not
                above = row > sought[here, None]
                rises = above[:, 1:] & ~above[:, :-1]
                last = rises.shape[1] - 1 - np.argmax(rises[:, ::-1], axis=1)
                below = np.where(above[:, 0], -1, len(row) - 1)  # settles below the table, or nowhere
                found[here] = np.where(rises.any(axis=1), last, below) + 1
    cell = np.empty_like(found)
    cell[order] = found - 1
    return cell


def _on_table(phi: Nonlinearity, w2: np.ndarray, b2: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """The fixed points in their cells to a few digits, with Hermite's cubic in ln q for E phi^2."""
    grid = table(phi)
    width = np.log(grid.q[1] / grid.q[0])
    low, first, rise = grid.q[cell], grid.square[cell], grid.square[cell + 1] - grid.square[cell]
    tilt, end_tilt = (width * (grid.slope * grid.q)[i] for i in (cell, cell + 1))
    square_term, cube = 3 * rise - 2 * tilt - end_tilt, tilt + end_tilt - 2 * rise
    needed = low - w2 * first - b2
    t = needed / (needed - (grid.q[cell + 1] - w2 * (first + rise) - b2))
    for _ in range(2):
        with np.errstate(all="ignore"):
            length = low * np.exp(width * t)
            square = first + t * (tilt + t * (square_term + t * cube))
            slope = tilt + t * (2 * square_term + 3 * t * cube)
            t = t - (length - w2 * square - b2) / (width * length - w2 * slope)
        t = np.where(np.isfinite(t), np.clip(t, 0, 1), 0.5)
    return low * np.exp(width * t)


@dataclass(frozen=True, kw_only=True)
class Criticality:
    """Where chi1 = 1: weights and biases whose fixed point is q, the slope V'(q), and whether V keeps that length."""

    q: np.ndarray
    sigma_w: np.ndarray
    sigma_b: np.ndarray
    slope: np.ndarray
    stable: np.ndarray


def critical_line(phi: Nonlinearity, q: np.ndarray) -> Criticality:
    """The critical line by its length q: sigma_w^2 = 1 / E phi'^2 and sigma_b^2 = q - sigma_w^2 E phi^2.

    No root is sought. sigma_b is nan where no bias gives that length, which for some activations is everywhere.
    """
    found = moments(phi, q)
    w2 = 1 / found.gradient
    b2 = np.asarray(q) - w2 * found.square
    b2 = np.where(np.abs(b2) <= SETTLED * np.asarray(q), 0.0, b2)
    with np.errstate(invalid="ignore"):
        sigma_b = np.sqrt(b2)
    slope = w2 * found.slope
    return Criticality(
        q=np.asarray(q, dtype=float), sigma_w=np.sqrt(w2), sigma_b=sigma_b, slope=slope, stable=np.abs(slope) < 1
    )


def scale_free(phi: Nonlinearity) -> bool:
    """Whether all lengths are treated alike, as by relu: then E phi^2 is proportional to q."""
    grid = table(phi)
    ratio = grid.square / grid.q
    return bool(np.ptp(ratio) <= NOISE * ratio[0] and np.ptp(grid.gradient) <= NOISE * ratio[0])


def critical_points(phi: Nonlinearity, sigma_b: float) -> tuple[Criticality, ...]:
    """All points of the critical line at one sigma_b, in order of length; scalars in arrays of shape ().

    Empty where there is none. At sigma_b = 0 the end of the line at length zero counts, if phi(0) = 0 < |phi'(0)|.
    Raises ArithmeticError where every length is critical (relu).
    """
    if scale_free(phi):
        raise ArithmeticError(f"every length is a fixed point of {phi.name} on its critical line")
    from scipy.optimize import brentq

    grid = table(phi)
    values = grid.q - grid.square / grid.gradient - sigma_b**2
    found = []
    start = gradient_at_zero(phi)
    if sigma_b == 0 and vanishes(phi) and start > 0:
        bends = grid.square - start * grid.q  # the sign of V(q) - q for the shortest lengths that differ
        first = int(np.argmax(np.abs(bends) > SETTLED * grid.q))
        zero, stable = np.asarray(0.0), np.asarray(bool(bends[first] < 0))
        weight = np.asarray(1 / np.sqrt(start))
        found.append(Criticality(q=zero, sigma_w=weight, sigma_b=zero, slope=np.asarray(1.0), stable=stable))

    def excess(q: float) -> float:
        at = moments(phi, q)
        return float(q - at.square / at.gradient) - sigma_b**2

    sign = np.where(np.abs(values) < NOISE * grid.q, 0.0, np.sign(values))
    for i in np.flatnonzero(sign[:-1] * sign[1:] < 0):
        q = np.asarray(brentq(excess, grid.q[i], grid.q[i + 1], xtol=1e-15 * grid.q[i], rtol=4 * np.finfo(float).eps))
        at = critical_line(phi, q)
        found.append(replace(at, sigma_b=np.asarray(float(sigma_b))))
    return tuple(found)
