"""Averages of an activation as Chebyshev series in t = ln q, cell by cell, and all zeros of what is made of them.

However rough phi is, E phi^2 is analytic in ln q for |Im ln q| < pi/2: a Gaussian of complex variance q is at most
1 / sqrt(cos) times one of variance |q| / cos. Twenty nodes an octave give it to 1e-15.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from numerics.solvers.moments import LARGEST, SMALLEST, longest, moments
from numerics.solvers.nonlinearity import Nonlinearity

NODES = chebyshev.chebpts1(20)
SHIFT = 0.37  # of an octave: no cell ends at a power of two, where fixed points of simple networks lie
UNEVEN = 0.4873  # part of a cell that is cut off: no cut falls on a place that is special
ACCURACY, EXACT = 1e-13, 4e-15  # relative, of averages by a rule and by a series at zero
FINEST = 1e-7  # of a cell, below which two zeros are not told apart
HALVINGS = 6  # of an octave in which a function is not resolved
RESOLVED = 1e-11  # of the last Chebyshev coefficients
TO_SERIES = np.linalg.inv(chebyshev.chebvander(NODES, len(NODES) - 1))
_POWERS = np.arange(len(NODES))


@dataclass(frozen=True, kw_only=True)
class Averages:
    """At variances q of any shape: E phi^2, E phi'^2, d/dq E phi^2, E phi^2 / (q E phi'^2), 1 less it, accuracy."""

    q: np.ndarray
    square: np.ndarray
    gradient: np.ndarray
    slope: np.ndarray
    ratio: np.ndarray
    deficit: np.ndarray
    accuracy: np.ndarray


def averages(phi: Nonlinearity, q: np.ndarray) -> Averages:
    """What fixed and critical points are made of; the deficit keeps its digits at short lengths, where it is small."""
    found = moments(phi, q)
    with np.errstate(all="ignore"):
        ratio = found.square / (q * found.gradient)
    deficit = 1 - ratio
    accuracy = np.full(np.shape(q), EXACT if phi.closed or phi.monomial else ACCURACY)
    near = phi.near_zero
    if near is not None:
        short = q <= near.largest
        accuracy = np.where(short, EXACT, accuracy)
        if near.gap:
            with np.errstate(all="ignore"):
                gap = np.polynomial.polynomial.polyval(np.sqrt(q) / near.unit, near.gap) / (q * found.gradient)
            deficit = np.where(short & np.isfinite(gap), gap, deficit)
    return Averages(
        q=q,
        square=found.square,
        gradient=found.gradient,
        slope=found.slope,
        ratio=ratio,
        deficit=deficit,
        accuracy=accuracy,
    )


@dataclass(frozen=True, kw_only=True)
class Octaves:
    """Cells in ascending order: their ends (J + 1,) in q, and the averages at NODES of each, shape (J, 20)."""

    edges: np.ndarray
    at: Averages


def nodes(low: float, high: float) -> np.ndarray:
    """Chebyshev nodes in ln q between two variances."""
    return np.sqrt(low * high) * np.exp(np.log(high / low) / 2 * NODES)


def series_at(u: np.ndarray) -> np.ndarray:
    """Weights of values at NODES that give the interpolated value at places u in [-1, 1], shape (len(u), 20)."""
    return chebyshev.chebvander(u, len(NODES) - 1) @ TO_SERIES


@functools.lru_cache(maxsize=64)
def octaves(phi: Nonlinearity) -> Octaves:
    """All cells in which the averages exist; raises ArithmeticError if they exist nowhere."""
    first, last = np.log2(SMALLEST), np.log2(min(LARGEST, longest(phi)))
    places = [first, *np.arange(np.ceil(first) + SHIFT, last, 1.0), last]
    if places[-1] - places[-2] < 0.05:
        del places[-2]
    edges = 2.0 ** np.array(places)
    edges[[0, -1]] = SMALLEST, min(LARGEST, longest(phi))
    parts: list[Averages] = []
    for low, high in itertools.pairwise(edges):
        q = np.clip(nodes(low, high), SMALLEST, edges[-1])
        try:
            part = averages(phi, q)
        except ArithmeticError:
            if not parts:
                raise
            break
        if not np.all(np.isfinite(part.square)):
            break
        parts.append(part)
    if not parts:
        raise ArithmeticError(f"{phi.name} has no finite averages")
    columns = {name: np.stack([getattr(p, name) for p in parts]) for name in Averages.__dataclass_fields__}
    return Octaves(edges=edges[: len(parts) + 1], at=Averages(**columns))


@dataclass(frozen=True, kw_only=True)
class Zero:
    """A place where a function of q vanishes, between bounds; `double` where two zeros cannot be told apart.

    sign  of the function on both sides of a double zero; else the sign of its slope
    """

    q: float
    low: float
    high: float
    double: bool
    sign: int


Values = Callable[[Averages], np.ndarray]


def zeros(phi: Nonlinearity, function: Values, doubt: Values) -> tuple[Zero, ...]:
    """All zeros of a function of the averages, in ascending order, by subdivision.

    `function` maps averages at variances to values whose zeros are sought, smooth in ln q, and `doubt` to the errors of
    these values.
    A cell has no zero where the first coefficient of its series outweighs the rest, at most one where the second
    outweighs those that follow in the derivative; other cells are cut.
    """
    whole = octaves(phi)
    with np.errstate(all="ignore"):
        values = function(whole.at)
    found: list[Zero] = []
    for i in range(len(values)):
        ends = (float(whole.edges[i]), float(whole.edges[i + 1]))
        part = Averages(**{name: getattr(whole.at, name)[i] for name in Averages.__dataclass_fields__})
        found += _in_cell(phi, function, doubt, part, values[i], ends, HALVINGS)
    return merged(found)


def _in_cell(
    phi: Nonlinearity,
    function: Values,
    doubt: Values,
    at: Averages,
    values: np.ndarray,
    ends: tuple[float, float],
    halvings: int,
) -> list[Zero]:
    if not np.all(np.isfinite(values)):
        finite = values[np.isfinite(values)]
        if halvings == 0 or not len(finite) or np.all(finite > 0.1) or np.all(finite < -0.1):
            return []  # an average has left the range of float64
        resolved = False
    else:
        series = TO_SERIES @ values
        resolved = bool(np.max(np.abs(series[-3:])) <= RESOLVED * (1e-3 + np.max(np.abs(series))))
    if resolved or (halvings == 0 and np.all(np.isfinite(values))):
        noise = float(np.max(doubt(at)))
        return isolated(series, noise, noise, ends)
    middle = float(np.sqrt(ends[0] * ends[1]))
    found = []
    for low, high in ((ends[0], middle), (middle, ends[1])):
        inner = averages(phi, np.clip(nodes(low, high), SMALLEST, LARGEST))
        with np.errstate(all="ignore"):
            found += _in_cell(phi, function, doubt, inner, function(inner), (low, high), halvings - 1)
    return found


def isolated(series: np.ndarray, noise: float, tilt: float, ends: tuple[float, float]) -> list[Zero]:
    """Zeros of a function on [-1, 1], which stands for ln q between the ends.

    The function is within `noise` of a Chebyshev series, and its derivative within `tilt` of that of the series.
    """
    found: list[Zero] = []
    work = [(-1.0, 1.0)]
    half = np.log(ends[1] / ends[0]) / 2
    centre = np.sqrt(ends[0] * ends[1])

    def variance(u: float) -> float:
        return float(centre * np.exp(half * u))

    while work:
        start, end = work.pop()
        local = TO_SERIES @ chebyshev.chebval((start + end) / 2 + (end - start) / 2 * NODES, series)
        sizes = np.abs(local)
        if sizes[0] > sizes[1:].sum() + noise:
            continue
        first, last = chebyshev.chebval(np.array([start, end]), series)
        steep = sizes[1] - (_POWERS[2:] ** 2 * sizes[2:]).sum() - tilt * (end - start) / 2
        if steep > 0:
            if (first >= 0) != (last >= 0):
                place = _crossing(series, start, end)
                off = noise / steep * (end - start) / 2 + 1e-15  # the slope is of one sign and at least that large
                found.append(
                    Zero(
                        q=variance(place),
                        low=variance(place - off),
                        high=variance(place + off),
                        double=False,
                        sign=1 if last >= 0 else -1,
                    )
                )
            continue
        if end - start < FINEST:
            place = (start + end) / 2
            sign = int(np.sign(first + last)) if abs(first + last) > 0 else 0
            found.append(Zero(q=variance(place), low=variance(start), high=variance(end), double=True, sign=sign))
            continue
        cut = start + UNEVEN * (end - start)
        if sizes.max() <= noise:  # nothing but rounding on the whole cell
            found.append(
                Zero(q=variance((start + end) / 2), low=variance(start), high=variance(end), double=True, sign=0)
            )
            continue
        work += [(cut, end), (start, cut)]
    return found


def _crossing(series: np.ndarray, start: float, end: float) -> float:
    from scipy.optimize import brentq

    first, last = chebyshev.chebval(np.array([start, end]), series)
    if first == 0 or last == 0:
        return start if first == 0 else end
    return float(brentq(lambda u: float(chebyshev.chebval(u, series)), start, end, xtol=1e-16, rtol=1e-15))


def merged(found: list[Zero]) -> tuple[Zero, ...]:
    """Unclear cells that touch are one double zero; so are an unclear cell and a zero beside it."""
    kept: list[Zero] = []
    for zero in sorted(found, key=lambda z: z.low):
        before = kept[-1] if kept else None
        if before is not None and (before.double or zero.double) and zero.low <= before.high * (1 + 1e-12):
            low, high = before.low, max(before.high, zero.high)
            kept[-1] = Zero(q=float(np.sqrt(low * high)), low=low, high=high, double=True, sign=0)
        else:
            kept.append(zero)
    return tuple(kept)
