"""The length that a wide random network keeps: fixed points of V(q) = sigma_b^2 + sigma_w^2 E phi(h)^2, h ~ N(0, q)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from numerics.solvers import error_functions
from numerics.solvers.moments import LARGEST, Moments, moments
from numerics.solvers.nonlinearity import Nonlinearity
from numerics.solvers.octaves import Averages, Zero, averages, octaves, zeros
from numerics.solvers.table import Table, cells_of, on_table, rows, table

POLISHING = 4  # Newton steps on the averages themselves after those on the table
SETTLED = 1e-13
BLOCK = 4096  # networks worked on at a time, so that temporaries stay in cache
NOISE = 1e-12  # relative size below which a difference of two averages is taken for zero
NEAR = 1e-9  # relative distance that polishing may go
TOUCHING = 1e-10  # distance of a slope from 1 up to which it is no proof of stability


def vanishes(phi: Nonlinearity) -> bool:
    """Whether phi(0) = 0 on both sides, so that a network without biases keeps the length zero."""
    if phi.monomial is not None:
        return phi.monomial[2] > 0
    sides = phi.value(np.array([-np.finfo(float).tiny, 0.0, np.finfo(float).tiny]))
    return bool(np.all(np.abs(sides) <= np.sqrt(np.finfo(float).tiny)))


def gradient_at_zero(phi: Nonlinearity) -> float:
    """The limit of E phi'(h)^2 at length zero, which is also that of d/dq E phi(h)^2 where phi(0) = 0."""
    if phi.jumps and 0 in phi.breakpoints:
        return float("inf")
    if phi.monomial is not None:
        left, right, power = phi.monomial
        return 0.0 if power > 1 else (left**2 + right**2) / 2 if power == 1 else float("inf")
    if phi.near_zero is not None:
        return phi.near_zero.gradient[0]
    sides = phi.first(np.array([-np.finfo(float).tiny, np.finfo(float).tiny]))
    return float(np.mean(sides**2))


def curvature_at_zero(phi: Nonlinearity) -> float:
    """The limit of E phi''(h)^2 at length zero. Raises ValueError where phi' jumps."""
    if phi.second is None:
        raise ValueError(f"{phi.name} has no second derivative")
    if phi.near_zero is not None:
        return phi.near_zero.curvature[0]
    sides = phi.second(np.array([-np.finfo(float).tiny, np.finfo(float).tiny]))
    return float(np.mean(sides**2))


@dataclass(frozen=True, kw_only=True)
class FixedPoint:
    """A length q with V(q) = q, the slope V'(q), and whether lengths nearby approach it.

    half_stable  "above" or "below" where V touches the diagonal, as far as float64 tells: lengths on that side of q
                 approach it, those on the other side leave it
    """

    q: float
    slope: float
    stable: bool
    half_stable: str | None = None


def fixed_points(phi: Nonlinearity, sigma_w: float, sigma_b: float) -> tuple[FixedPoint, ...]:
    """All fixed points of V in ascending order, zero included where V(0) = 0; empty where every length grows.

    Raises ArithmeticError where V(q) = q for all q, as for relu at sigma_w^2 = 2 and no bias, and where a fixed point
    lies outside the lengths that are worked with.
    """
    w2, b2 = sigma_w**2, sigma_b**2
    where = f"at sigma_w = {sigma_w:.6g}, sigma_b = {sigma_b:.6g}"
    if scale_free(phi):
        slope = w2 * float(moments(phi, 1.0).gradient)
        if b2 == 0:
            if abs(slope - 1) < NOISE:
                raise ArithmeticError(f"every length is a fixed point of {phi.name} at sigma_w = {sigma_w:.6g}")
            return (FixedPoint(q=0.0, slope=slope, stable=slope < 1),)
        q = b2 / (1 - slope) if slope < 1 - NOISE else float("inf")
        return (FixedPoint(q=q, slope=slope, stable=True),) if q < LARGEST else ()

    def excess(at: Averages) -> np.ndarray:
        return np.log((b2 + w2 * at.square) / at.q)

    found, low = [], None
    cells = octaves(phi)
    with np.errstate(all="ignore"):
        values = excess(cells.at)
    crossings = zeros(phi, excess, lambda at: at.accuracy)
    if b2 == 0 and vanishes(phi):
        slope = w2 * gradient_at_zero(phi)
        touching = abs(slope - 1) < NOISE
        if touching and crossings and _from_zero(crossings[0], cells.at, values):
            low, crossings = crossings[0].high, crossings[1:]
        beyond = values[(cells.at.q > (low or 0.0)) & (np.abs(values) > NOISE)]
        grows = slope > 1 if not touching else bool(len(beyond) and beyond[0] > 0)
        found.append(FixedPoint(q=0.0, slope=slope, stable=not grows))
    elif b2 == 0 or values[0, 0] > 0:
        grows = True
    else:
        grows = True  # V(0) > 0
    first = values[np.isfinite(values) & (np.abs(values) > NOISE) & (cells.at.q > (low or 0.0))]
    if len(first) and grows != (first[0] > 0) and not (crossings and crossings[0].q < cells.at.q[0, -1]):
        raise ArithmeticError(
            f"a fixed length of {phi.name} {where} lies below q = {cells.edges[0]:.2g}, "
            "the smallest that is worked with"
        )
    if cells.edges[-1] == LARGEST and values[-1, -1] > 0 and w2 * cells.at.slope[-1, -1] < 1 - NOISE:
        raise ArithmeticError(
            f"a fixed length of {phi.name} {where} may lie above q = {cells.edges[-1]:.5g}, the largest that is "
            "worked with"
        )
    for zero in crossings:
        if zero.double and zero.high >= cells.edges[-1] * (1 - NOISE):
            continue  # the longest lengths are kept to rounding, as by gelu at sigma_w^2 = 2
        q = zero.q if zero.double else _polish(phi, w2, b2, zero)
        slope = w2 * float(moments(phi, q).slope)
        if zero.double:
            side = values[(cells.at.q > zero.high) & (np.abs(values) > NOISE)]
            from_above = bool(len(side) and side[0] < 0)
            before = values[(cells.at.q < zero.low) & (np.abs(values) > NOISE)]
            if (
                len(before) and len(side) and (before[-1] < 0) != (side[0] < 0)
            ):  # three zeros in one, or noise: it crosses
                stable = bool(side[0] < 0)
                found.append(FixedPoint(q=q, slope=slope, stable=stable))
                continue
            half = "above" if from_above else "below"
            found.append(FixedPoint(q=q, slope=slope, stable=False, half_stable=half))
        else:
            found.append(FixedPoint(q=q, slope=slope, stable=abs(slope) < 1))
    return tuple(found)


def _from_zero(crossing: Zero, at: Averages, excess: np.ndarray) -> bool:
    """Whether a double zero cannot be told from length zero: up to it nothing differs from zero but by rounding."""
    before = at.q < crossing.low
    return crossing.double and bool(np.all(np.abs(excess[before]) <= NOISE))


def _to_the_end(crossing: Zero, at: Averages, excess: np.ndarray) -> bool:
    """Whether from a zero on nothing differs from zero but by rounding: the longest lengths are kept, as by a line."""
    return bool(np.all(np.abs(excess[at.q > crossing.low]) <= NOISE))


def _polish(phi: Nonlinearity, w2: float, b2: float, zero: Zero) -> float:
    """Newton's method on the averages themselves, as long as it stays near."""
    q = zero.q
    for _ in range(POLISHING):
        at = moments(phi, q)
        slope = w2 * float(at.slope)
        if abs(1 - slope) < NOISE:
            break
        step = (b2 + w2 * float(at.square) - q) / (1 - slope)
        if abs(step) > NEAR * q + zero.high - zero.low:
            break
        q += step
        if abs(step) <= 4e-16 * q:
            break
    return q


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
    sigma_w, sigma_b = np.asarray(sigma_w, dtype=float), np.asarray(sigma_b, dtype=float)
    if phi.closed == "erf":
        return Lengths(**error_functions.fixed_lengths(sigma_w, sigma_b))
    weight, bias = np.broadcast_arrays(sigma_w, sigma_b)
    shape, w2, b2 = weight.shape, weight.ravel() ** 2, bias.ravel() ** 2
    full = {name: np.full(w2.shape, np.nan) for name in ("q", "chi1", "chi2", "slope")}
    values, place = rows(sigma_w, shape)
    grid = table(phi, whole=False)
    cell = cells_of(grid, values, place, b2)
    _fill(phi, grid, full, w2, b2, cell, np.arange(len(w2)))
    elsewhere = np.flatnonzero(np.isnan(full["q"]) & ((b2 > 0) | (cell >= 0)))
    if len(elsewhere):  # shorter or longer than the usual lengths, or nowhere
        grid = table(phi)
        cell_ = cells_of(grid, *np.unique(w2[elsewhere], return_inverse=True), b2[elsewhere])
        _fill(phi, grid, full, w2, b2, cell_, elsewhere)
    if vanishes(phi):
        empty = np.flatnonzero(np.isnan(full["q"]) & (cell < 0) & (b2 == 0) & (w2 * gradient_at_zero(phi) <= 1 + NOISE))
        full["q"][empty] = 0.0
        full["chi1"][empty] = full["slope"][empty] = w2[empty] * gradient_at_zero(phi)
        if phi.second is not None:
            full["chi2"][empty] = w2[empty] * curvature_at_zero(phi)
    with np.errstate(divide="ignore"):
        depth = -1 / np.log(np.abs(full["slope"]))
    reshaped = {name: column.reshape(shape) for name, column in (full | {"depth": depth}).items()}
    return Lengths(**(reshaped if phi.second is not None else reshaped | {"chi2": None}))


def _fill(
    phi: Nonlinearity,
    grid: Table,
    full: dict[str, np.ndarray],
    w2: np.ndarray,
    b2: np.ndarray,
    cell: np.ndarray,
    places: np.ndarray,
) -> None:
    """The networks at `places` whose fixed points lie in cells of a table."""
    inside = np.flatnonzero((cell >= 0) & (cell < len(grid.q) - 1))
    if phi.closed is None:  # neighbours in length share quadrature nodes
        inside = inside[np.argsort(cell[inside].astype(np.int16), kind="stable")]
    for chosen in np.array_split(inside, 1 + len(inside) // BLOCK):
        part = places[chosen]
        q, found = _polished(phi, grid, w2[part], b2[part], cell[chosen])
        full["slope"][part] = w2[part] * found.slope
        full["q"][part] = np.where(full["slope"][part] == 1, np.nan, q)
        full["chi1"][part] = w2[part] * found.gradient
        if found.curvature is not None:
            full["chi2"][part] = w2[part] * found.curvature


def _polished(
    phi: Nonlinearity, grid: Table, w2: np.ndarray, b2: np.ndarray, cell: np.ndarray
) -> tuple[np.ndarray, Moments]:
    """Fixed points in cells of the table and the averages there, by Newton's method."""
    q = on_table(grid, w2, b2, cell)
    for _ in range(POLISHING):
        found = moments(phi, q)
        tilt = 1 - w2 * found.slope  # zero where every length is kept, as by x at sigma_w = 1: then none is the one
        step = (b2 + w2 * found.square - q) / np.where(tilt == 0, np.inf, tilt)
        step = np.clip(step, np.maximum(-q / 2, grid.q[0] - q), np.minimum(q / 2, grid.q[-1] - q))
        q = q + step
        if np.all(np.abs(step) <= SETTLED * q):
            return q, found
    return q, moments(phi, q)


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

    No root is sought. sigma_b is nan where no bias gives that length, which for some activations is everywhere, and all
    is nan where E phi'^2 vanishes or is infinite.
    """
    found = moments(phi, q)
    w2 = np.where(found.gradient > 0, 1 / np.where(found.gradient > 0, found.gradient, 1.0), np.nan)
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
    if phi.monomial is not None:
        return phi.monomial[2] == 1
    grid = octaves(phi).at
    ratio = grid.square / grid.q
    size = abs(float(ratio.flat[0]))
    return bool(np.ptp(ratio) <= NOISE * size and np.ptp(grid.gradient) <= NOISE * size)


def critical_points(phi: Nonlinearity, sigma_b: float) -> tuple[Criticality, ...]:
    """All points of the critical line at one sigma_b, in order of length; scalars in arrays of shape ().

    Empty where there is none. At sigma_b = 0 the end of the line at length zero counts, if phi(0) = 0 < |phi'(0)|.
    Raises ArithmeticError where every length is critical (relu).
    """
    if scale_free(phi):
        raise ArithmeticError(f"every length is a fixed point of {phi.name} on its critical line")
    if phi.jumps:  # chi1 is infinite
        return ()
    b2, found = sigma_b**2, []

    series = phi.near_zero.largest if phi.near_zero is not None and phi.near_zero.gap else 0.0

    def doubt(at: Averages) -> np.ndarray:
        small = np.abs(at.deficit) + b2 / at.q  # a series keeps the digits of the deficit where it is small
        return at.accuracy * np.where(at.q <= series, np.minimum(small, 1.0), 1.0)

    crossings = zeros(phi, lambda at: _critical_excess(at, b2), doubt)
    if crossings and _to_the_end(crossings[-1], octaves(phi).at, _critical_excess(octaves(phi).at, b2)):
        crossings = crossings[:-1]
    start = gradient_at_zero(phi)
    if b2 == 0 and vanishes(phi) and start > 0:
        cells = octaves(phi)
        if crossings and _from_zero(crossings[0], cells.at, _critical_excess(cells.at, b2)):
            crossings = crossings[1:]
        bends = cells.at.square / (start * cells.at.q) - 1  # the sign of V(q) - q for the shortest lengths that differ
        differ = bends[np.abs(bends) > NOISE]
        zero, stable = np.asarray(0.0), np.asarray(bool(len(differ) and differ[0] < 0))
        weight = np.asarray(1 / np.sqrt(start))
        found.append(Criticality(q=zero, sigma_w=weight, sigma_b=zero, slope=np.asarray(1.0), stable=stable))
    for crossing in crossings:
        at = critical_line(phi, np.asarray(crossing.q))
        found.append(replace(at, sigma_b=np.asarray(float(sigma_b))))
    return tuple(found)


def _critical_excess(at: Averages, b2: float) -> np.ndarray:
    """ln of (E phi^2 / E phi'^2 + sigma_b^2) / q, with all digits both where it is small and where it is not."""
    near = np.abs(at.deficit) < 0.5
    return np.where(near, np.log1p(np.where(near, b2 / at.q - at.deficit, 0.0)), np.log(at.ratio + b2 / at.q))


def stable_biases(phi: Nonlinearity) -> tuple[float, float] | None:
    """The smallest and largest sigma_b at which some critical point has a stable length; None where none has.

    The largest is infinite where the line goes on to the longest lengths that are worked with.
    """
    if phi.jumps or scale_free(phi):
        return None
    cells = octaves(phi)
    at = cells.at

    def bias(of: Averages) -> np.ndarray:
        return np.sqrt(np.maximum(of.q * of.deficit, 0.0))

    with np.errstate(all="ignore"):
        stable = (np.abs(at.slope / at.gradient) < 1 - TOUCHING) & (at.deficit >= 0)
        reached = bias(at)[stable].tolist()
        differs = np.flatnonzero(np.abs(at.slope / at.gradient - 1) > TOUCHING)
        first, last = (differs[0], differs[-1]) if len(differs) else (0, -1)  # elsewhere the slope is 1 to rounding
        shortest, longest = at.q.flat[first], at.q.flat[last]
        ends = zeros(phi, lambda of: of.slope / of.gradient - 1, lambda of: 10 * of.accuracy)
        ends = tuple(end for end in ends if end.high >= shortest and end.low <= longest)
    for end in ends:
        there = averages(phi, np.array([end.q]))
        if not end.double and there.deficit[0] >= 0:
            reached.append(float(bias(there)[0]))
    for start in zeros(phi, lambda of: _critical_excess(of, 0.0), lambda of: of.accuracy):  # where sigma_b is zero
        there = averages(phi, np.array([start.q]))
        if abs(float(there.slope[0] / there.gradient[0])) < 1 - TOUCHING:
            reached.append(0.0)
    if not np.any(stable):
        return None
    from_zero = vanishes(phi) and gradient_at_zero(phi) > 0 and stable.flat[first]
    if from_zero or any(p.q == 0 and p.stable for p in critical_points(phi, 0.0)):
        reached.append(0.0)
    open_ended = bool(stable.flat[last] and bias(at).flat[last] >= max(reached) * (1 - NOISE))
    return min(reached) if min(reached) > 1e-12 else 0.0, float("inf") if open_ended else max(reached)
