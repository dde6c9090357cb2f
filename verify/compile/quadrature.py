"""Integrals that tell whether they have settled.

Every rule judges itself against the mean size of its integrand, not against 1: an integral of 10^-60 has as many digits
as one of order one, or is refused with `Unsettled`. In float64 two rules are compared of which the second has half the
nodes; where they agree to SETTLED, the first is right to about the square of that.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from verify.compile.walker import CandidateError

Function = Callable[[np.ndarray], Any]  # of places along the last axis

SETTLED = 1e-5  # relative distance of a float64 rule from one with half the nodes
GONE = 1e-13  # share of the whole that a term at the end of a sum may have
ROUGH = 0.65  # change of a step to the next one, by its size: 1.3 of waves as short as two steps, 0.5 of longer ones
HALVINGS, STRETCHES, AT_ONCE = 9, 40, 8
MOST_PLACES = 2**21  # values of an integrand at once
TAIL = 8  # Legendre coefficients that must be small, from three quarters of the nodes on
REACH, STEP = 4.5, 1 / 16  # of the double exponential rule: its ends lie within 1e-61 of those of the panel
SHARE = 0.45  # of the working digits, which an integral by mpmath must have: singular ends cost half of them
PROBES = 32  # places in a panel that are looked at beside the nodes
MOST_PANELS, FEW_PANELS = 50, 6  # that an integral by mpmath is cut into, and one of integrals
MOST_APART = 0.99  # by which it may be less than trapezoids say, which are coarse where nodes are dense at one end only
SMALL = 1e-3  # from which on, up to its inverse, mpmath's absolute error of an integral is a relative one


class Unsettled(CandidateError):
    """An integral of which the rule does not get enough digits."""

    def __init__(self, what: str = "an integral") -> None:
        super().__init__(f"{what} has not settled: its integrand is too narrow or too rough for the nodes")


@functools.cache
def legendre(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of Gauss and Legendre between -1 and 1."""
    return np.polynomial.legendre.leggauss(count)


@functools.cache
def _tail(count: int) -> np.ndarray:
    """Takes the terms of a rule of Gauss and Legendre to late coefficients of the integrand, times half a panel."""
    first = 3 * count // 4
    orders = np.polynomial.legendre.legvander(legendre(count)[0], first + TAIL - 1)[:, first:]
    return orders * (np.arange(first, first + TAIL) + 0.5)


def by_legendre(terms: np.ndarray, count: int, enough: float = SETTLED) -> tuple[np.ndarray, np.ndarray]:
    """The sums of terms of a rule of Gauss and Legendre, and which have settled.

    terms   integrand times weight, along the last axis: panel after panel of `count` nodes
    """
    panels = terms.reshape(*terms.shape[:-1], -1, count)
    tail = np.max(np.abs(panels @ _tail(count)), axis=-1).sum(axis=-1)
    return np.sum(terms, axis=-1), ~(tail > enough * np.sum(np.abs(terms), axis=-1))  # nan is nan with any rule


def between(function: Function, edges: np.ndarray, enough: float = SETTLED) -> np.ndarray:
    """The integral over panels between edges along the last axis, by the double exponential rule of Takahasi and Mori.

    Singularities at edges do no harm. Raises Unsettled.
    """
    start, width = edges[..., :-1, None], np.diff(edges, axis=-1)[..., None]

    def term(u: np.ndarray) -> np.ndarray:
        slope = math.pi / 2 * np.cosh(u)
        place = math.pi / 2 * np.sinh(u)
        share = 1 / (1 + np.exp(-2 * place))
        places = start + width * share
        weight = width * slope / (2 * np.cosh(place) ** 2)
        flat = places.reshape(*places.shape[:-2], -1)
        values = np.asarray(function(flat))
        values = np.broadcast_to(values, np.broadcast_shapes(values.shape, flat.shape))
        terms = values.reshape(*values.shape[:-1], *places.shape[-2:]) * weight
        inside = (places != start) & (places != start + width)  # at an end that rounding reaches it may be infinite
        return np.where(inside, terms, 0.0).sum(axis=-2)

    return along(term, -REACH, REACH, STEP, enough=enough)


def along(
    term: Function,
    low: float,
    high: float,
    step: float,
    *,
    stretch: bool = False,
    halvings: int = HALVINGS,
    enough: float = SETTLED,
) -> np.ndarray:
    """The integral of an analytic function over the line, by trapezoids, whose steps are halved until they agree.

    `stretch` moves the ends outwards until what stands there is nothing. Raises Unsettled.
    """
    if stretch:
        low, high = _stretched(term, low, high)
    places = np.linspace(low, high, round((high - low) / step) + 1)
    terms = _at(term, places)
    for _ in range(halvings):
        middles = (places[1:] + places[:-1]) / 2
        places, terms = _merged(places, middles), _merged(terms, _at(term, middles))
        value, settled = _every_other(terms, np.sum(np.abs(terms), axis=-1), enough)
        if settled:
            return value * (places[1] - places[0])
    raise Unsettled


def halved(terms: np.ndarray, enough: float = SETTLED) -> tuple[np.ndarray, bool]:
    """The sums of terms along nodes that are the images of evenly spaced ones, and whether they have settled.

    Every other node must give the same, no wave may be too short for the nodes, and the terms at both ends must be
    nothing.
    """
    sizes = np.abs(terms)
    size = np.sum(sizes, axis=-1)
    value, settled = _every_other(terms, size, enough)
    return value, settled and not bool(np.any(np.maximum(sizes[..., 0], sizes[..., -1]) > GONE * size))


def _every_other(terms: np.ndarray, size: np.ndarray, enough: float) -> tuple[np.ndarray, bool]:
    """The sums of terms, and whether every other gives the same.

    Terms of a wave that is short against their distance do so by chance; they turn at every step.
    """
    value = np.sum(terms, axis=-1)
    if np.any(np.abs(value - 2 * np.sum(terms[..., ::2], axis=-1)) > enough * size):  # nan is nan with any rule
        return value, False
    return value, not bool(np.any(turning(terms)))


def turning(terms: np.ndarray) -> np.ndarray:
    """Whether terms turn at nearly every step."""
    steps = np.diff(terms, axis=-1)
    return np.abs(np.diff(steps, axis=-1)).sum(axis=-1) > ROUGH * np.abs(steps).sum(axis=-1)


def _merged(old: np.ndarray, between: np.ndarray) -> np.ndarray:
    """Values at places and at those between them, in order."""
    shape = np.broadcast_shapes(old.shape[:-1], between.shape[:-1])
    merged = np.empty((*shape, old.shape[-1] + between.shape[-1]), np.result_type(old, between))
    merged[..., ::2], merged[..., 1::2] = old, between
    return merged


def _stretched(term: Function, low: float, high: float) -> tuple[float, float]:
    whole = np.abs(_at(term, np.arange(low, high, 1 / 8))).sum(axis=-1)
    return tuple(_end(term, end, outwards, whole) for end, outwards in ((low, -1), (high, 1)))  # type: ignore[return-value]


def _end(term: Function, start: float, outwards: int, whole: np.ndarray) -> float:
    """The first place outwards from a start at which a term is nothing."""
    for stretch in range(0, STRETCHES, AT_ONCE):
        places = start + outwards * np.arange(stretch, stretch + AT_ONCE)
        sizes = np.abs(_at(term, places))
        for place, size in zip(places, np.moveaxis(sizes, -1, 0), strict=True):
            if not np.any(size > GONE * whole):
                return float(place)
            whole = whole + 8 * size
        if np.any(sizes[..., -1] > sizes[..., 0] / 2):  # an integral without end, or nearly so
            break
    raise Unsettled


def _at(term: Function, places: np.ndarray) -> np.ndarray:
    terms = np.asarray(term(places))
    if terms.size > MOST_PLACES:
        raise Unsettled
    return np.broadcast_to(terms, (*terms.shape[:-1], len(places))) if terms.ndim else np.full(len(places), terms)


def with_digits(function: Callable[[Any], Any], panels: list[Any], most: int = MOST_PANELS) -> Any:
    """An integral by mpmath, over panels that may end at infinity, to SHARE of the working digits. Raises Unsettled.

    mpmath.quad stops at an absolute error, so that it gives small integrals with few digits or none, and takes no error
    for more than 1, so that what it says of large ones means nothing. Where the first look at all panels is not enough,
    the integrand is divided by the integral of its absolute value, about, and panels are taken one by one, `most` of
    them, and cut in two until each has settled.
    """
    if panels[0] > panels[-1]:
        return -with_digits(function, panels[::-1], most)
    whole = _look(function, panels)
    scale = whole.size
    if not mpmath.isfinite(whole.value) or not scale or (whole.is_common and whole.settled(scale)):
        return whole.value
    if not mpmath.isfinite(scale):  # a value is finite by chance where a place between its nodes has none
        raise Unsettled
    todo, total = list(itertools.pairwise(panels)), mpmath.mpf(0)
    for _ in range(most + 1):
        if not todo:
            return total
        low, high = todo.pop()
        part = _look(_over(function, scale), [low, high])
        if part.size * SMALL > 1:  # a peak that the first look did not see
            scale *= part.size
            todo.append((low, high))
        elif part.settled(1):
            total += part.value * scale
        else:
            middle = _middle(low, high)
            todo += [(low, middle), (middle, high)]
    raise Unsettled


def _over(function: Callable[[Any], Any], scale: Any) -> Callable[[Any], Any]:
    return lambda place: function(place) / scale


@dataclass(frozen=True)
class _Look:
    """An integral with its error by mpmath.quad, and by trapezoids between all places that were looked at.

    The trapezoids give the integral, and that of the absolute value, about.
    """

    value: Any
    error: Any
    about: Any
    size: Any

    @property
    def is_common(self) -> bool:
        """Whether the size is near enough to 1 for what mpmath says of the error."""
        return bool(SMALL < self.size < 1 / SMALL)

    def settled(self, unit: Any) -> bool:
        """Whether the value has its digits, or all that count for an integral of size `unit`.

        Where a peak lies between the nodes, the trapezoids have all of it and the value nothing.
        """
        least = mpmath.mpf(10) ** -mpmath.mp.dps * unit
        precise = self.error <= max(mpmath.mpf(10) ** (-SHARE * mpmath.mp.dps) * abs(self.value), least)
        return bool(precise and abs(self.value - self.about) <= max(MOST_APART * self.size, least))


def _look(function: Callable[[Any], Any], panels: list[Any]) -> _Look:
    seen: dict[Any, Any] = {}

    def noted(place: Any) -> Any:
        seen[place] = value = function(place)
        return value

    for place in _probes(panels):
        noted(place)
    value, error = mpmath.quad(noted, panels, error=True)
    places = sorted(place for place in seen if mpmath.isfinite(place))
    pairs = list(itertools.pairwise(places))
    parts = [(b - a) * (seen[a] + seen[b]) / 2 for a, b in pairs]
    return _Look(value, error, mpmath.fsum(parts), mpmath.fsum(map(abs, parts)))


def _probes(panels: list[Any]) -> list[Any]:
    """Places within each panel, evenly spaced, that a rule does not choose."""
    found = []
    for low, high in itertools.pairwise(panels):
        for k in range(PROBES):
            share = (k + mpmath.sqrt(2) - 1) / PROBES  # at no singularity of a rational place, nor in step with a wave
            far = share / (1 - share)
            if mpmath.isinf(low):
                found.append((2 * share - 1) / (share * (1 - share)) if mpmath.isinf(high) else high - far)
            else:
                found.append(low + far if mpmath.isinf(high) else low + share * (high - low))
    return found


def _middle(low: Any, high: Any) -> Any:
    """Where a panel is cut; an endless one twice as far out as it begins."""
    if mpmath.isinf(low):
        return mpmath.mpf(0) if mpmath.isinf(high) else min(2 * high, high - 1)
    return max(2 * low, low + 1) if mpmath.isinf(high) else (low + high) / 2
