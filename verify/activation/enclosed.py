"""Averages of an activation with proven errors: E phi^2 and E phi'^2 at many lengths from one set of places.

The line is cut into panels, each with an ellipse around it on which a ball encloses phi: Gauss and Legendre's rule is
then off by at most 64/15 h S rho^-38 / (1 - rho^-2) (Trefethen 2008, theorem 4.5). Where no ball is finite the panel is
cut, so a singularity close to the line is never missed. Values at the places are balls too. Taken as given: float64
sums and exponentials are right to a few units in the last place, and phi grows like no Gaussian beyond |x| = 2^62.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import acb, arb
from scipy import special

from derivations.activations import Activation
from numerics.solvers.lattice import POINTS, legendre
from verify.certify import precision
from verify.compile.enclosure import BITS, Enclosure

RHO = 4.0  # of the ellipses: semi-axes 2.125 h and 1.875 h
RULE = 64 / 15 * RHO ** (-2 * (POINTS - 1)) / (1 - RHO**-2)
GROWTH = 1e4  # of phi on an ellipse over its size on the line up to there
MOST, THINNEST = 4000, 1e-13  # panels; relative width of one that is bounded and not integrated
LOWEST, HIGHEST = -64, 62  # powers of two between which the size of phi is enclosed
SPAN = 14.0  # standard deviations that are integrated
ROUNDING = 2.0**-52
WIDER, LOOSE = 1 + 1e-15, 1.5  # of an interval; ln of a bound over a value, above which the interval is cut


class NotEnclosed(ArithmeticError):
    """No finite ball contains what is asked for; the message says where."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """Panels with places on them, for E phi^2 and E phi'^2.

    middle, half    of the panels, shape (P,)
    size            bounds of phi and phi' on the ellipses, shape (P, 2)
    x, weight       places and weights, shape (N,);  square  phi^2 and phi'^2 there, shape (N, 2)
    loose           panels that are bounded only, shape (L, 4): ends, and bounds of phi^2 and phi'^2
    """

    middle: np.ndarray
    half: np.ndarray
    size: np.ndarray
    x: np.ndarray
    weight: np.ndarray
    square: np.ndarray
    loose: np.ndarray


@functools.lru_cache(maxsize=16)
def enclosure(activation: Activation) -> Enclosure:
    """The activation in ball arithmetic, kept with what it has compiled."""
    return Enclosure(activation)


def _sup(of: Enclosure, order: int, low: float, high: float, enough: float, depth: int = 7) -> float:
    """ln of a bound of |phi| or |phi'| between two places on one side of all kinks.

    The interval is cut where the bound is far above the value in its middle and above `enough`.
    """
    middle = (low + high) / 2
    piece = of.piece(middle)
    found, inside = (
        _log_size(of.at(piece, order, place)) for place in (arb(middle, (high - low) / 2 * WIDER), arb(middle))
    )
    if depth == 0 or found <= max(inside, enough) + LOOSE:
        return found
    return max(_sup(of, order, a, b, enough, depth - 1) for a, b in ((low, middle), (middle, high)))


def _log_size(value: Any) -> float:
    """The logarithm of a ball's largest size, rounded up; inf where there is no finite ball."""
    if value is None:
        return math.inf
    top = abs(value).upper()
    return math.nextafter(float(arb(top).log().upper()), math.inf) if top > 0 else -math.inf


@functools.lru_cache(maxsize=64)
def sizes(activation: Activation, order: int) -> np.ndarray:
    """ln of bounds of |phi| (order 0) or |phi'| (1) on +-[2^j, 2^(j+1)], shape (2, 126); inf where there is none."""
    of, found = enclosure(activation), np.zeros((2, HIGHEST - LOWEST))
    enough = -math.inf
    with precision(BITS):
        for j in range(LOWEST, HIGHEST):
            for row, sign in enumerate((1, -1)):
                ends = sorted((sign * 2.0**j, sign * 2.0 ** (j + 1)))
                cuts = [ends[0], *(b for b in of.breakpoints if ends[0] < b < ends[1]), ends[1]]
                found[row, j - LOWEST] = max(_sup(of, order, a, b, enough) for a, b in itertools.pairwise(cuts))
            here = found[:, j - LOWEST].max()
            enough = max(enough, here) if here < math.inf else enough
    return found


def beyond(activation: Activation, order: int, q: np.ndarray, start: float) -> np.ndarray:
    """An upper bound of the part of E phi^2 or E phi'^2 from |x| > start, by the size of phi on each octave alone."""
    edges = 2.0 ** np.arange(LOWEST, HIGHEST + 1)
    kept = edges[1:] > start
    away = np.maximum(edges[:-1], start)[kept] / np.sqrt(np.asarray(q)[..., None])
    size = sizes(activation, order)[:, kept]
    with np.errstate(over="ignore"):
        return np.sum(
            np.exp(2 * size[0] + special.log_ndtr(-away)) + np.exp(2 * size[1] + special.log_ndtr(-away)), axis=-1
        )


def upper(activation: Activation, order: int, q: float) -> float:
    """An upper bound of E phi^2 or E phi'^2 at variance q."""
    size = sizes(activation, order)
    edges = 2.0 ** np.arange(LOWEST, HIGHEST + 1)
    near = edges[1:] <= 4 * math.sqrt(q)
    mass = special.ndtr(edges / math.sqrt(q))
    with np.errstate(over="ignore", invalid="ignore"):
        square = np.exp(2 * size).sum(axis=0)
        inner = float(square[0] + np.sum(np.where(near, square * np.diff(mass), 0.0)))
    start = float(edges[1:][near][-1]) if near.any() else 0.0
    return (inner + float(beyond(activation, order, np.array(q), start))) * (1 + 1e-12)


@functools.lru_cache(maxsize=32)
def line(activation: Activation, low: int, high: int) -> Line:
    """Panels for variances from 4^low to 4^high. Raises NotEnclosed where too many would be needed."""
    of = enclosure(activation)
    end = SPAN * 2.0**high
    steps = 2.0 ** np.arange(low - 2, math.log2(end), 0.5)
    edges = np.unique([-end, end, *steps, *-steps, 0.0, *(b for b in of.breakpoints if -end < b < end)])
    work = sorted(itertools.pairwise(edges), key=lambda p: min(abs(p[0]), abs(p[1])))[::-1]
    running, kept, bounds, loose = [0.0, 0.0], [], [], []
    with precision(BITS):
        while work:
            a, b = (float(e) for e in work.pop())
            middle, half = (a + b) / 2, (b - a) / 2
            piece = of.piece(middle)
            place = acb(arb(middle, half * (RHO + 1 / RHO) / 2), arb(0, half * (RHO - 1 / RHO) / 2))
            size = [of.largest(piece, order, place) for order in (0, 1)]
            real = [of.largest(piece, order, arb(middle)) for order in (0, 1)]
            running = [max(old, new) if math.isfinite(new) else old for old, new in zip(running, real, strict=True)]
            if all(s <= GROWTH * r or s == 0 for s, r in zip(size, running, strict=True)):
                kept.append((middle, half))
                bounds.append(size)
            elif half <= THINNEST * max(abs(a), abs(b), 2.0 ** (low - 10)):
                loose.append(
                    (a, b, *(math.exp(min(2 * _sup(of, order, a, b, math.inf, 0), 709.0)) for order in (0, 1)))
                )
            else:
                work += [(middle, b), (a, middle)] if abs(a) < abs(b) else [(a, middle), (middle, b)]
            if len(kept) + len(work) > MOST:
                raise NotEnclosed(f"{activation.name} varies too fast between x = {-end:.3g} and {end:.3g}")
    with precision(2 * BITS):
        nodes, weights = legendre(POINTS)
        centre, half_ = (np.array([k[i] for k in kept]) for i in (0, 1))
        x = (centre[:, None] + half_[:, None] * nodes).ravel()
        square = np.empty((len(x), 2))
        for i, place in enumerate(x):
            piece = of.piece(float(centre[i // POINTS]))
            for order in (0, 1):
                value = of.at(piece, order, arb(float(place)))
                if value is None or not float(value.rad()) <= 1e-14 * running[order]:
                    raise NotEnclosed(f"{activation.name} has no value at x = {place:.6g}")
                square[i, order] = float((value * value).mid())
    if loose and not np.all(np.isfinite(np.array(loose))):
        raise NotEnclosed(f"{activation.name} is not bounded near x = {loose[0][0]:.6g}")
    return Line(
        middle=centre,
        half=half_,
        size=np.array(bounds),
        x=x,
        weight=(half_[:, None] * weights).ravel(),
        square=square,
        loose=np.array(loose).reshape(-1, 4),
    )


def enclosed(activation: Activation, q: np.ndarray, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    """E phi^2 and E phi'^2 at variances q between 4^low and 4^high, and bounds of their errors, each (len(q), 2)."""
    on = line(activation, low, high)
    away = np.multiply.outer(0.5 / q, on.x**2)
    density = np.exp(-away) * on.weight / np.sqrt(2 * np.pi * q)[:, None]
    values = density @ on.square
    # |exp(-z^2 / 2 q)| on an ellipse is at most exp((B^2 - nearest^2) / 2 q)
    nearest = np.maximum(np.abs(on.middle) - on.half * (RHO + 1 / RHO) / 2, 0.0)
    exponent = np.multiply.outer(0.5 / q, (on.half * (RHO - 1 / RHO) / 2) ** 2 - nearest**2)
    largest = np.exp(np.minimum(exponent, 700.0)) * on.half / np.sqrt(2 * np.pi * q)[:, None]
    error = RULE * (largest @ on.size**2)
    error += values * (ROUNDING * (len(on.x) / 8 + 16))
    density *= away  # the exponent is rounded, and a density is off by that much: it is large only where little is
    error += density @ on.square * ROUNDING
    if len(on.loose):
        at = np.maximum(np.minimum(np.abs(on.loose[:, 0]), np.abs(on.loose[:, 1])) - 1e-300, 0.0)
        mass = np.exp(-np.multiply.outer(0.5 / q, at**2)) * (on.loose[:, 1] - on.loose[:, 0])
        error += (mass / np.sqrt(2 * np.pi * q)[:, None]) @ on.loose[:, 2:]
    for order in (0, 1):
        error[:, order] += beyond(activation, order, q, SPAN * 2.0**high)
    return values, error
