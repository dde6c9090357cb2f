"""Activations shifted and scaled until the maps of a layer are what deep kernel shaping asks for.

gamma (phi(alpha x + beta) + delta) is to have given values of Q(1), Q'(1), C(0), C'(1), C''(1), where Q is the map of
squared lengths and C that of correlations at length 1, with weights of variance 1 / fan-in and no biases.
Sources: Martens et al. 2021, Rapid training of deep neural networks without skip connections or normalization layers
using deep kernel shaping (DKS); Zhang et al. 2022, Deep learning without shortcuts (TAT).
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from numerics.solvers.lattice import SPAN, panels
from numerics.solvers.nonlinearity import Nonlinearity

STEP, STRIP = 0.25, 0.17  # of the trapezoid rule: in standard deviations, and in distances to the nearest singularity
TOLERANCE, ROUNDING, HALVINGS = 1e-14, 4e-16, 8
SCALES, SHIFTS = (1.0, 0.1), (0.0, 1.0, -1.0)  # where the search starts, in this order: those of the papers' own code
PLACES = (0.3, -0.3, 0.7, -0.7, 1.5, -1.5, 3.0, -3.0)  # further starts, in units of the reach
STEEPEST = 2.0  # alpha gamma max |phi'| beyond which a solution of TAT comes last: its length map is hardly stable
CENTRE = np.linspace(-3, 3, 121)  # where the maximum is taken, in units of the reach
NEAR, SETTLED, FAR = 1e-4, 1e-11, 1e3  # residuals: of a root worth polishing, of a solution, of no averages
POLISHING, STEP_SIZE, EVALUATIONS = 4, 1e-5, 120
MOST = 1e5  # places of a rule on either side of zero


@dataclass(frozen=True, kw_only=True)
class Shape:
    """gamma (phi(alpha x + beta) + delta), and the maps of one layer at length 1; curvature is None where infinite.

    below      the slope under zero of a leaky relu phi, where phi is one that was chosen, too
    stretch    Q'(1); Q(1) is 1
    apart      C(0)
    slope      C'(1)
    curvature  C''(1)
    """

    alpha: float
    beta: float
    gamma: float
    delta: float
    below: float | None
    stretch: float
    apart: float
    slope: float
    curvature: float | None


Average = Callable[[Nonlinearity, float, float], "Averages"]


class NoShape(ArithmeticError):
    """No shift and scale meets the conditions."""


@dataclass(frozen=True, kw_only=True)
class Averages:
    """Over a unit Gaussian z, with f(z) = phi(alpha z + beta) - centre: E f, E f^2, E z f', E z f f', E f'^2, E f''^2.

    centre is phi(beta): about it no digits are lost where phi is almost constant over the Gaussian.
    """

    centre: float
    mean: float
    square: float
    drift: float
    stretch: float
    gradient: float
    curvature: float | None


def averages(phi: Nonlinearity, alpha: float = 1.0, beta: float = 0.0) -> Averages:
    """Raises ArithmeticError where no rule settles, as for an activation that grows too fast."""
    before = _averaged(phi, alpha, beta, 1.0)
    for halving in range(1, HALVINGS):
        found = _averaged(phi, alpha, beta, 2.0**-halving)
        sizes = np.array(
            [
                np.sqrt(found.square),
                found.square,
                np.sqrt(found.gradient),
                np.sqrt(found.square * found.gradient),
                found.gradient,
                (found.curvature or 0.0) + found.gradient,
            ]
        )
        rounded = ROUNDING * abs(found.centre)  # of phi - centre, in units of which the first two and the fourth lose
        lost = rounded * np.array([1, 2 * np.sqrt(found.square), 0, np.sqrt(found.gradient), 0, 0])
        if np.all(np.abs(_numbers(found) - _numbers(before)) <= TOLERANCE * sizes + lost):
            return found
        before = found
    raise ArithmeticError(f"averages of {phi.name} at {alpha:g} z + {beta:g} do not settle")


def _numbers(at: Averages) -> np.ndarray:
    return np.array([at.mean, at.square, at.drift, at.stretch, at.gradient, at.curvature or 0.0])


def _averaged(phi: Nonlinearity, alpha: float, beta: float, spacing: float) -> Averages:
    """The averages by one rule; raises ArithmeticError where they are infinite."""
    width = abs(alpha)
    z, weight = _rule(phi, width, beta, spacing)
    x = width * z + beta
    with np.errstate(all="ignore"):
        value = phi.value(np.append(x, beta))
        centre, value, first = float(value[-1]), value[:-1] - value[-1], width * phi.first(x)
        weighted = weight * first
        found = [
            weight @ value,
            (weight * value) @ value,
            weighted @ z,
            (weighted * z) @ value,
            weighted @ first,
            np.nan if phi.second is None else weight @ np.square(width**2 * phi.second(x)),
        ]
    if not np.all(np.isfinite(found[:5])):
        raise ArithmeticError(f"{phi.name} grows too fast for a Gaussian of variance {alpha**2:g}")
    mean, square, drift, stretch, gradient, curvature = (float(v) for v in found)
    return Averages(
        centre=centre,
        mean=mean,
        square=square,
        drift=drift,
        stretch=stretch,
        gradient=gradient,
        curvature=None if phi.second is None else curvature,
    )


def _rule(phi: Nonlinearity, width: float, beta: float, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Places z and weights of a unit Gaussian for a function of width z + beta."""
    if phi.breakpoints:
        cuts = tuple((place - beta) / width for place in phi.breakpoints)
        z, weight = panels(1.0, 1.0, phi.reach / width, cuts, spacing)
        return z, weight * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    step = spacing * min(STEP, STRIP * phi.reach / width)
    if SPAN / step > MOST:
        raise ArithmeticError(f"{phi.name} varies too fast for a Gaussian of variance {width**2:g}")
    return _trapezoid(step)


@functools.lru_cache(maxsize=16)
def _trapezoid(step: float) -> tuple[np.ndarray, np.ndarray]:
    z = np.arange(-np.ceil(SPAN / step), np.ceil(SPAN / step) + 1) * step
    return z, step * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)


def shape_of(
    phi: Nonlinearity,
    alpha: float,
    beta: float,
    delta: float | None = None,
    below: float | None = None,
    average: Average = averages,
) -> Shape:
    """The activation with Q(1) = 1 of this scale and shift; without a delta it is the one of mean zero, C(0) = 0."""
    at = average(phi, float(alpha), float(beta))
    lift = at.mean + at.centre + delta if delta is not None else 0.0
    square = at.square - at.mean**2 + lift**2
    return Shape(
        alpha=float(alpha),
        beta=float(beta),
        gamma=float(square**-0.5),
        delta=float(lift - at.mean - at.centre),
        below=below,
        stretch=float((at.stretch + (lift - at.mean) * at.drift) / square),
        apart=float(lift**2 / square),
        slope=float(at.gradient / square),
        curvature=None if at.curvature is None else float(at.curvature / square),
    )


def kernel_shaped(phi: Nonlinearity, slope: float) -> Shape:
    """Q(1) = Q'(1) = 1, C(0) = 0, C'(1) = slope > 1 (DKS). Raises NoShape where no shift and scale does it."""

    def shape(p: np.ndarray, average: Average = averages) -> Shape:
        return shape_of(phi, p[0], p[1], average=average)

    starts = [*itertools.product(SCALES, SHIFTS), *(start[:2] for start in _tangents(phi, slope - 1))]
    return _solved(phi.name, shape, lambda s: (s.stretch - 1, s.slope - slope), starts)


def kernel_shaped_line(slope: float) -> Shape:
    """The same for lines bent at zero, whose scale has no effect: the slope a under zero takes its place.

    Without a shift Q'(1) = 1 already, and C'(1) = 1 / (1 - r / pi) with r = (1 - a)^2 / (1 + a^2), at most 2.
    """
    r = math.pi * (1 - 1 / slope)
    if r > 2:
        raise NoShape(f"a slope C'(1) of {slope:g} in one layer is more than a line bent at zero can have")
    below = (1 - r) / (1 + math.sqrt(r * (2 - r)))
    return shape_of(leaky(below), 1.0, 0.0, below=below)


def tailored(phi: Nonlinearity, curvature: float) -> Shape:
    """Q(1) = Q'(1) = C'(1) = 1, C''(1) = curvature > 0 (TAT of a smooth activation).

    Raises ValueError where phi' jumps, so that C''(1) is infinite, and NoShape where no shift and scale does it.
    """
    if phi.second is None:
        raise ValueError(f"the slope of {phi.name} jumps, so that C''(1) is infinite")

    def shape(p: np.ndarray, average: Average = averages) -> Shape:
        return shape_of(phi, p[0], p[1], p[2], average=average)

    def excess(s: Shape) -> tuple[float, ...]:
        return s.stretch - 1, s.slope - 1, (s.curvature or 0.0) - curvature

    further = [
        (scale, shift, sign * scale * np.sqrt(curvature / 2) * slope - value)
        for scale, shift, value, slope in _tangents(phi, curvature)
        for sign in (1, -1)
    ]
    starts = [*itertools.product(SCALES, SHIFTS, SHIFTS), *further]
    with np.errstate(all="ignore"):
        steepest = np.max(np.abs(phi.first(phi.reach * CENTRE)))
    return _solved(phi.name, shape, excess, starts, lambda s: abs(s.alpha * s.gamma) * steepest < STEEPEST)


def tailored_line(layers: int, apart: float) -> Shape:
    """The leaky relu with Q(1) = 1 whose `layers` layers take orthogonal inputs to the correlation `apart` (TAT).

    Raises NoShape where even relu does not take them so far.
    """
    from scipy.optimize import brentq

    def excess(below: float) -> float:
        c = 0.0
        for _ in range(layers):
            c = line_map(c, below)
        return c - apart

    if excess(0.0) < 0:
        reached = excess(0.0) + apart
        raise NoShape(f"{layers} layers of relu take orthogonal inputs to correlation {reached:.6g}, not to {apart:g}")
    below = float(brentq(excess, 0.0, 1.0, xtol=1e-16, rtol=4 * np.finfo(float).eps))
    return shape_of(leaky(below), 1.0, 0.0, 0.0, below=below)


def line_map(c: float, below: float) -> float:
    """The correlation map of the line of slope 1 above zero and `below` under it."""
    bent = (math.sqrt((1 - c) * (1 + c)) + (math.pi - math.acos(c)) * c) / math.pi
    return min(1.0, ((1 - below) ** 2 * bent + 2 * below * c) / (1 + below**2))


@functools.lru_cache(maxsize=64)
def leaky(below: float) -> Nonlinearity:
    """x above zero, below x under it."""
    return Nonlinearity(
        name="leaky relu",
        value=lambda x: np.where(x < 0, below * x, x),
        first=lambda x: np.where(x < 0, below, 1.0),
        breakpoints=(0.0,),
    )


def _tangents(phi: Nonlinearity, curvature: float) -> list[tuple[float, float, float, float]]:
    """Scale, shift, phi and phi' at the shift, with the curvature asked for where phi is almost a parabola."""
    found = []
    for place in PLACES:
        shift = np.array([place * phi.reach])
        with np.errstate(all="ignore"):
            value, slope = float(phi.value(shift)[0]), float(phi.first(shift)[0])
            bend = float(phi.second(shift)[0]) if phi.second is not None else 0.0
            scale = np.sqrt(curvature) * abs(slope / bend) if bend else 1.0
        if np.isfinite([value, slope, scale]).all() and scale > 0:
            found.append((float(min(scale, 3.0 * phi.reach)), float(shift[0]), value, slope))
    return found


def _solved(
    name: str,
    shape: Callable[..., Shape],
    excess: Callable[[Shape], tuple[float, ...]],
    starts: Sequence[tuple[float, ...]],
    accepted: Callable[[Shape], bool] = lambda _: True,
) -> Shape:
    """The first root that Powell's method finds from the starts, then Newton's method on it.

    Of roots that are not accepted the one with the smallest alpha gamma is taken if there is no other.
    """
    from scipy.optimize import root

    def residual(p: np.ndarray, average: Average = averages) -> np.ndarray:
        try:
            return np.array(excess(shape(p, average)))
        except (ArithmeticError, ValueError):  # too far out for averages to exist
            return np.full(len(p), FAR)

    spare: list[Shape] = []
    for start in starts:
        with np.errstate(all="ignore"):
            found = root(residual, np.array(start), args=(_unchecked,), method="hybr", options={"maxfev": EVALUATIONS})
            if not found.success or not np.max(np.abs(found.fun)) < NEAR:
                continue
            if not accepted(rough := shape(found.x, _unchecked)):
                spare.append(rough)
                continue
            place = _polished(residual, found.x)
        if np.max(np.abs(residual(place))) < SETTLED:
            return shape(place)
    if spare:
        gentlest = min(spare, key=lambda s: abs(s.alpha * s.gamma))
        return _solved(name, shape, excess, [(gentlest.alpha, gentlest.beta, gentlest.delta)])
    raise NoShape(f"no shift and scale of {name} was found that meets the conditions")


def _unchecked(phi: Nonlinearity, alpha: float, beta: float) -> Averages:
    return _averaged(phi, alpha, beta, 1.0)


def _polished(residual: Callable[[np.ndarray], np.ndarray], place: np.ndarray) -> np.ndarray:
    """Newton's method with a Jacobian of central differences, good to nine digits, as long as the residual falls."""
    steps = np.diag(STEP_SIZE * np.maximum(1, np.abs(place)))
    jacobian = np.stack([(residual(place + s) - residual(place - s)) / (2 * s.sum()) for s in steps], axis=1)
    best, size = place, np.max(np.abs(residual(place)))
    for _ in range(POLISHING):
        try:
            place = best - np.linalg.solve(jacobian, residual(best))
        except np.linalg.LinAlgError:
            return best
        now = np.max(np.abs(residual(place)))
        if not now < size:
            return best
        best, size = place, now
    return best
