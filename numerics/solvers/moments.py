"""Gaussian averages of an activation, for arrays of variances."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from numerics.solvers import closed, octave
from numerics.solvers.lattice import averaged, gaussian, sinh_lattice
from numerics.solvers.nonlinearity import Function, Nonlinearity
from numerics.solvers.steep import adaptive

SMALLEST, LARGEST = 2.0**-100, 2.0**40  # variances for which averages are offered: 1e-30 to 1e12
TOLERANCE = 2e-14  # relative distance from the panels up to which the cheaper lattice is taken
CANCELLATION = 4e-16  # added to it, in units of sqrt(q): e^x - 1 and the like lose digits near zero
SPACINGS = (1.0, 0.5, 0.25)  # of the lattice, tried in turn
MANY, MANY_AT_ONCE = 200, 4096  # variances of one octave for which a series is worth its price; in cache
NO_OCTAVE = -1100  # below those of all numbers of float64
BLOCK = 50_000  # densities worked out at a time, so that temporaries stay in cache


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Averages over h of variance q, each of the shape of q.

    square     E phi(h)^2
    gradient   E phi'(h)^2; infinite where phi jumps
    curvature  E phi''(h)^2; None where phi' jumps, infinite where the integral diverges
    slope      d/dq E phi(h)^2
    """

    square: np.ndarray
    gradient: np.ndarray
    curvature: np.ndarray | None
    slope: np.ndarray


def longest(phi: Nonlinearity) -> float:
    """The largest variance for which float64 may hold the averages."""
    return min(LARGEST, closed.largest(phi.terms))


def moments(phi: Nonlinearity, q: np.ndarray | float) -> Moments:
    """The averages that mean-field theory needs, at variances q of any shape, to about 1e-13.

    Raises ValueError for a variance outside [SMALLEST, LARGEST], ArithmeticError where phi grows or varies too fast.
    """
    variance = np.asarray(q, dtype=float)
    if not np.all((variance >= SMALLEST) & (variance <= LARGEST)):
        raise ValueError(f"variances from {SMALLEST:g} to {LARGEST:g} are offered, not {np.min(q):g} to {np.max(q):g}")
    flat = variance.ravel()
    square, gradient, curvature, slope = (row.reshape(variance.shape) for row in _averages(phi, flat))
    bent = phi.second is None
    return Moments(square=square, gradient=gradient, curvature=None if bent else curvature, slope=slope)


def _averages(phi: Nonlinearity, q: np.ndarray) -> np.ndarray:
    """E phi^2, E phi'^2, E phi''^2 and d/dq E phi^2, shape (4, n)."""
    if phi.monomial is not None:
        return np.stack(closed.monomial(*phi.monomial, q))
    if phi.closed is not None:
        return np.stack(closed.CLOSED[phi.closed](q))
    if np.any(q > longest(phi)):
        raise ArithmeticError(f"{phi.name} grows too fast for a Gaussian of variance {np.max(q):g}")
    table, octaves = np.empty((4, len(q))), (np.frexp(q)[1] - 1).astype(np.int16)
    if phi.near_zero is not None:
        short = q <= phi.near_zero.largest
        if np.any(short):
            table[:, short] = np.stack(closed.series(phi.near_zero, q[short]))
            octaves[short] = NO_OCTAVE
    room = np.empty((octave.DEGREE + 1, MANY_AT_ONCE))
    for k, chosen in _by_octave(octaves):
        exact = closed.exponentials(phi.terms, q[chosen]) if phi.terms else None
        if exact is not None:
            table[:, chosen] = np.stack(exact)
            continue
        x, features = rule(phi, k)
        count = chosen.stop - chosen.start if isinstance(chosen, slice) else len(chosen)
        short_cut = _series(phi, k) if count > MANY else None
        for part in _parts(chosen, MANY_AT_ONCE if short_cut is not None else max(1, BLOCK // len(x))):
            if short_cut is not None:
                table[:, part] = octave.evaluated(short_cut, k, q[part], room)
            else:
                table[:, part] = averaged(x, features, q[part]).T
                table[3, part] /= q[part]
    if phi.jumps:
        table[1] = np.inf
        for place in phi.breakpoints:  # phi^2 jumps too: its derivative has a delta function there
            below, above = phi.value(np.array([np.nextafter(place, -np.inf), np.nextafter(place, np.inf)]))
            table[3] += place * (above**2 - below**2) * gaussian(np.array([place]), q)[:, 0] / (2 * q)
    return table


def _by_octave(octaves: np.ndarray) -> Iterator[tuple[int, slice | np.ndarray]]:
    """Each octave but NO_OCTAVE, and where it stands: a slice in ascending variances, else places."""
    ascending = bool(np.all(octaves[1:] >= octaves[:-1]))
    order = None if ascending else np.argsort(octaves, kind="stable")
    in_order = octaves if order is None else octaves[order]
    cuts = (np.flatnonzero(in_order[1:] != in_order[:-1]) + 1).tolist()
    for start, stop in itertools.pairwise([0, *cuts, len(octaves)] if len(octaves) else []):
        if in_order[start] != NO_OCTAVE:
            yield int(in_order[start]), slice(start, stop) if order is None else order[start:stop]


def _parts(chosen: slice | np.ndarray, length: int) -> Iterator[slice | np.ndarray]:
    """So many at a time."""
    if isinstance(chosen, slice):
        for start in range(chosen.start, chosen.stop, length):
            yield slice(start, min(start + length, chosen.stop))
    else:
        for start in range(0, len(chosen), length):
            yield chosen[start : start + length]


@functools.lru_cache(maxsize=4096)
def rule(phi: Nonlinearity, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (n,) and what is averaged at them with its weight (n, 4), for variances in [2^k, 2^(k+1)].

    Panels on which phi is resolved; or the lattice of fewer nodes, where it agrees with them. The columns are E phi^2,
    E phi'^2, E phi''^2 and E h phi phi'.
    """
    low, high = 2.0**k, 2.0 ** (k + 1)
    ends = np.array([low, np.sqrt(low * high), high])
    with np.errstate(all="ignore"):
        panels = adaptive(phi, low, high, lambda x: _averaged(phi, x))
        if phi.breakpoints:
            return panels
        exact = gaussian(panels[0], ends) @ panels[1]
        allowed = TOLERANCE + CANCELLATION / np.sqrt(low)
        for spacing in SPACINGS:
            x, weight = sinh_lattice(low, high, phi.reach, spacing)
            if len(x) >= len(panels[0]):
                break
            features = (_averaged(phi, x) + _averaged(phi, -x)) * weight[:, None]
            found = gaussian(x, ends) @ features
            if np.all(np.abs(found - exact) <= allowed * _sizes(exact, ends, phi.reach)):
                return x, features
    return panels


@functools.lru_cache(maxsize=4096)
def _series(phi: Nonlinearity, k: int) -> np.ndarray | None:
    return octave.series(*rule(phi, k), k, phi.reach)


def _sizes(found: np.ndarray, q: np.ndarray, reach: float) -> np.ndarray:
    """What each average is to be resolved against: itself; with phi'' also phi'; E h phi phi' by Cauchy and Schwarz."""
    square, gradient, curvature, _ = found.T
    return np.stack([square, gradient, curvature + gradient / reach**2, np.sqrt(q * square * gradient)], axis=1)


def _averaged(phi: Nonlinearity, x: np.ndarray) -> np.ndarray:
    value, first = phi.value(x), phi.first(x)
    second = phi.second(x) ** 2 if phi.second is not None else np.zeros_like(x)
    return np.stack(np.broadcast_arrays(value**2, first**2, second, x * value * first), axis=1)


def mean(phi: Nonlinearity, q: float) -> float:
    """E phi(h) at one variance."""
    if phi.terms:
        return float(closed.expectation(phi.terms, np.array([float(q)]))[0][0])
    return average(phi, q, phi.value)


def average(phi: Nonlinearity, q: float, function: Function) -> float:
    """E f(h) at one variance for an f that varies where phi does."""
    k = int(np.floor(np.log2(q)))
    x, weighted = adaptive(phi, 2.0**k, 2.0 ** (k + 1), lambda v: np.asarray(function(v))[:, None])
    return float((gaussian(x, np.array([float(q)])) @ weighted)[0, 0])
