"""Averages over two correlated inputs, for any activation: what the correlation map of a layer is made of.

Two unit Gaussians of correlation c >= 0 share a part: u = sqrt(c) s + sqrt(1 - c) n, v = sqrt(c) s + sqrt(1 - c) n'.
Given s they are independent, so an average E f(u) f(v) is E_s g(s)^2 with g the average of f over n alone: two nested
averages in one dimension, each of which resolves kinks and singularities of its own.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
from scipy import special

from numerics.solvers.closed import derivative, product_expectation
from numerics.solvers.lattice import SPAN, gaussian, legendre, panels, sinh_lattice
from numerics.solvers.moments import average, moments
from numerics.solvers.nonlinearity import Function, Nonlinearity
from numerics.solvers.steep import adaptive

TOLERANCE = 1e-13
HALVINGS = 5
FINER = 0.5  # spacing of a rule that is not halved until it settles
INNER = 24  # Gauss-Legendre nodes of an inner panel
SLOWLY = 50  # what halving panels of INNER nodes takes from the error at least, where f is smooth in them
EVEN, SINGULAR = 0.0, 2.0**-40  # panels at a kink: all alike, or so short that a root or another power is resolved
WELL_APART = 0.9  # correlation below which the map minus the identity has lost few digits
STEP = 0.45  # of the shared part's nodes, in its smaller deviation: exp(-(pi / STEP)^2) = 1e-21


def average_product(phi: Nonlinearity, q: float, c: float, order: int = 0, other: float | None = None) -> float:
    """E f(h) f(h') for h, h' of correlation c, f = phi (order 0), phi' (1) or phi'' (2), to about 1e-13.

    h has variance q, h' the variance `other`, or q too. Raises ValueError for c outside [-1, 1] or an order that phi
    does not have, ArithmeticError if the rule does not settle.
    """
    function = (phi.value, phi.first, phi.second)[order]
    if function is None:
        raise ValueError(f"{phi.name} has no derivative of order {order}")
    if not -1 <= c <= 1:
        raise ValueError(f"a correlation of {c:g} is not one; it lies from -1 to 1")
    if phi.jumps and order:
        raise ValueError(f"{phi.name} jumps: its derivative of order {order} is not a function")
    variances = (q, q if other is None else other)
    exact = product_expectation(_derived(phi, order), *variances, c) if phi.terms else None
    if exact is not None:
        return exact
    if abs(c) <= WELL_APART:
        return _resolved_product(phi, order, variances, c)
    squares = [np.array([at.square, at.gradient, at.curvature][order]) for at in (moments(phi, v) for v in variances)]
    return _close_product(phi, function, variances, c, float(np.sqrt(squares[0] * squares[1])))


def _close_product(
    phi: Nonlinearity, function: Function, variances: tuple[float, float], c: float, bound: float
) -> float:
    """The same for inputs that are nearly alike, to a part TOLERANCE of `bound`."""
    for graded in (1.0, SINGULAR, EVEN) if phi.breakpoints else (EVEN,):
        before, gap = None, np.inf
        for halving in range(HALVINGS):
            found = _nested(phi, function, variances, c, 2.0**-halving, graded)
            if before is not None:
                last, gap = gap, abs(found - before)
                if gap <= TOLERANCE * bound:
                    return found
                if graded == 1 and gap > last / SLOWLY:
                    break  # as a power of the spacing only: a root or another power at a kink
            before = found
    raise ArithmeticError(f"E f(h) f(h') of {phi.name} at q = {variances[0]:g}, c = {c:g} does not settle")


def _derived(phi: Nonlinearity, order: int) -> tuple[tuple[complex, int, complex], ...]:
    terms = phi.terms
    for _ in range(order):
        terms = derivative(terms)
    return terms


def _resolved_product(phi: Nonlinearity, order: int, variances: tuple[float, float], c: float) -> float:
    """The same for inputs well apart: what is smoothed by the private parts is a product of matrices.

    Places that resolve f under a Gaussian also resolve its product with one a third as wide; the smoothed f is entire,
    and a lattice in the shared part s converges like exp(-(pi / STEP)^2).
    """
    (x, first), (y, second) = (_resolved(phi, order, v) for v in variances)
    private, shared = np.sqrt(1 - abs(c)), np.sqrt(abs(c))
    if c == 0:
        return float(first @ gaussian(x, np.ones(1))[0]) * float(second @ gaussian(y, np.ones(1))[0])
    step = STEP * min(private, shared)
    count = int(np.ceil(SPAN * shared / step))
    s = np.arange(-count, count + 1) * step
    weight = step * np.exp(-(s**2) / (2 * abs(c))) / (np.sqrt(2 * np.pi) * shared)

    def smoothed(places: np.ndarray, values: np.ndarray, sign: float) -> np.ndarray:
        density = np.exp(-(((places - sign * s[:, None]) / private) ** 2) / 2) / (np.sqrt(2 * np.pi) * private)
        return density @ values

    left = smoothed(x, first, 1.0)
    right = left if c > 0 and variances[0] == variances[1] else smoothed(y, second, np.sign(c))
    return float(weight @ (left * right))


@functools.lru_cache(maxsize=64)
def _resolved(phi: Nonlinearity, order: int, q: float) -> tuple[np.ndarray, np.ndarray]:
    """Places in units of the deviation and f there with its weight, for a Gaussian of variance q."""
    function = (phi.value, phi.first, phi.second)[order]
    assert function is not None
    x, values = adaptive(phi, q, q, lambda place: np.asarray(function(place))[:, None])
    return x / np.sqrt(q), values[:, 0] / np.sqrt(q)


def _nested(
    phi: Nonlinearity, function: Function, variances: tuple[float, float], c: float, spacing: float, graded: float
) -> float:
    """s has variance 1; the places x = sqrt(|c| q) s of the first input give those of the second by a factor."""
    q, other = variances
    shared, private = abs(c) * q, (1 - abs(c)) * q
    x, weight = shared_places(phi, shared, private, spacing)
    weight = weight * gaussian(x, np.array([shared]))[0] if shared > 0 else np.ones(1)
    first = _smoothed(phi, function, x, private, spacing, graded)
    if c >= 0 and other == q:
        return float(weight @ first**2)
    factor = np.sqrt(other / q) * (1 if c >= 0 else -1)
    return float(weight @ (first * _smoothed(phi, function, factor * x, (1 - abs(c)) * other, spacing, graded)))


def shared_places(phi: Nonlinearity, shared: float, private: float, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Places of the shared part, of variance `shared`, and the lengths that they stand for."""
    if shared == 0:
        return np.zeros(1), np.ones(1)
    if phi.breakpoints:  # smoothed kinks bend on the scale of the private part
        scale = min(phi.reach, max(2 * np.sqrt(private), 1e-9))
        return panels(shared, shared, scale, phi.breakpoints, spacing)
    x, weight = sinh_lattice(shared, shared, phi.reach, spacing)
    return np.concatenate([-x[::-1], x]), np.concatenate([weight[::-1], weight])


def _smoothed(
    phi: Nonlinearity, function: Function, x: np.ndarray, private: float, spacing: float, graded: float
) -> np.ndarray:
    """E_n f(x + sqrt(private) n) at the places x, shape of x."""
    deviation = np.sqrt(private)
    if deviation == 0:
        return function(x)
    if phi.breakpoints:
        return _pieces(phi, function, x, deviation, spacing, graded)
    return _weighted(function, *private_places(phi, x, deviation, spacing))


def private_places(phi: Nonlinearity, x: np.ndarray, deviation: float, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Fields x + deviation n and their weights, for smooth phi.

    Fields of shape (m,) are shared by all x, their weights have shape (len(x), m); or the other way round.
    """
    # Uniform nodes in n: the singularities lie at distance reach / deviation, wherever x is.
    step = spacing * min(0.42, 0.18 * phi.reach / deviation)
    farthest = float(np.max(np.abs(x)))
    # Nodes in the field itself are shared by all x; far out they must still resolve a Gaussian of this deviation.
    stretched = spacing * min(0.27, 0.42 * deviation / np.hypot(farthest, phi.reach))
    end = float(np.arcsinh((farthest + SPAN * deviation) / phi.reach))
    if end / stretched < 2 * SPAN / step:
        tau = (np.arange(int(np.ceil(end / stretched))) + 0.5) * stretched
        tau = np.concatenate([-tau[::-1], tau])
        field, length = phi.reach * np.sinh(tau), stretched * phi.reach * np.cosh(tau)
        density = np.exp(-(((field - x[:, None]) / deviation) ** 2) / 2) / (np.sqrt(2 * np.pi) * deviation)
        return field, density * length
    n = (np.arange(int(np.ceil(SPAN / step))) + 0.5) * step
    weight = step * np.exp(-n * n / 2) / np.sqrt(2 * np.pi)
    return x[:, None] + deviation * np.concatenate([-n[::-1], n]), np.concatenate([weight[::-1], weight])


def _weighted(function: Function, field: np.ndarray, weight: np.ndarray) -> np.ndarray:
    values = function(field)
    return weight @ values if field.ndim == 1 else values @ weight


def _pieces(
    phi: Nonlinearity, function: Function, x: np.ndarray, deviation: float, spacing: float, graded: float
) -> np.ndarray:
    """The same where phi has kinks: the line of n is cut at each; straight pieces have a closed form."""
    total = np.zeros_like(x)
    limits = (-np.inf, *phi.breakpoints, np.inf)
    for low, high in itertools.pairwise(limits):
        start, end = (np.clip((edge - x) / deviation, -SPAN, SPAN) for edge in (low, high))
        line = _straight(function, low, high)
        if line is None:
            total += _curved(phi, function, x, deviation, (start, end), (low, high), spacing, graded)
        else:
            height, tilt = line
            mass = special.ndtr(end) - special.ndtr(start)
            drift = (np.exp(-start * start / 2) - np.exp(-end * end / 2)) / np.sqrt(2 * np.pi)
            total += (height + tilt * x) * mass + tilt * deviation * drift
    return total


def _straight(function: Function, low: float, high: float) -> tuple[float, float] | None:
    """(height at 0, slope) of a function that is a straight line between two places, or None."""
    width = min(high - low, 4.0)
    near = low if np.isfinite(low) else high
    places = near + (1 if np.isfinite(low) else -1) * width * np.array([0.125, 0.375, 0.5, 0.875])
    values = function(places)
    tilt = (values[3] - values[0]) / (places[3] - places[0])
    height = values[0] - tilt * places[0]
    bent = np.max(np.abs(values - height - tilt * places))
    return (float(height), float(tilt)) if bent <= 1e-14 * (np.max(np.abs(values)) + abs(tilt)) else None


def _curved(
    phi: Nonlinearity,
    function: Function,
    x: np.ndarray,
    deviation: float,
    ends: tuple[np.ndarray, np.ndarray],
    limits: tuple[float, float],
    spacing: float,
    graded: float,
) -> np.ndarray:
    """Gauss-Legendre panels on one piece, all as long as `reach` for EVEN; else the first at a kink is as long as
    `graded` of that, and they double in length away from it.
    """
    widest = 2.5 * spacing
    lengths = [min(widest, 2 * spacing * phi.reach / deviation) * (graded or 1.0)]
    longest = float(np.max(ends[1] - ends[0]))
    while sum(lengths) < longest:
        lengths.append(min(2 * lengths[-1], widest) if graded else lengths[0])
    offsets = np.concatenate([[0.0], np.cumsum(lengths)])
    start, end = ends[0][:, None], ends[1][:, None]
    if np.isinf(limits[0]):
        edges = np.maximum(end - offsets, start)[:, ::-1]
    elif np.isinf(limits[1]):
        edges = np.minimum(start + offsets, end)
    else:
        middle = (start + end) / 2
        edges = np.hstack([np.minimum(start + offsets, middle), np.maximum(end - offsets, middle)[:, ::-1]])
    nodes, weights = legendre(INNER)
    half = np.diff(edges, axis=1)[..., None] / 2
    n = edges[:, :-1, None] + half * (1 + nodes)
    inside = (np.nextafter(limits[0], np.inf), np.nextafter(limits[1], -np.inf))
    field = np.clip(x[:, None, None] + deviation * n, *inside)
    return np.sum(half * weights * np.exp(-n * n / 2) * function(field), axis=(1, 2)) / np.sqrt(2 * np.pi)


def slope(phi: Nonlinearity, q: float, c: float) -> float:
    """E phi'(h) phi'(h'): the derivative of E phi(h) phi(h') by the covariance q c (Price 1958).

    Where phi jumps its derivative has delta functions; their part is infinite at c = 1.
    """
    if c == 1:
        return float(moments(phi, q).gradient)
    if not phi.jumps:
        return average_product(phi, q, c, order=1)
    if abs(c) <= WELL_APART:
        total = _resolved_product(phi, 1, (q, q), c)
    else:
        square = average(phi, q, lambda h: np.square(phi.first(h)))
        total = _close_product(phi, phi.first, (q, q), c, square) if square else 0.0
    places, heights = np.array(jumps(phi)).T
    here, rest = gaussian(places, np.array([q]))[0] * heights, (1 - c * c) * q
    total += 2 * float(here @ _smoothed(phi, phi.first, c * places, rest, FINER, EVEN))  # E phi'(h') at h = a
    between = places - c * places[:, None]
    return total + float(here @ (gaussian(between.ravel(), np.array([rest])).reshape(between.shape) @ heights))


def jumps(phi: Nonlinearity) -> list[tuple[float, float]]:
    """Places and heights of what phi jumps by; 0 at a kink."""
    sides = np.nextafter(np.array(phi.breakpoints)[:, None], np.array([-np.inf, np.inf]))
    return list(zip(phi.breakpoints, map(float, np.diff(phi.value(sides))[:, 0]), strict=True))
