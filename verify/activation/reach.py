"""How deep signals and gradients go, and the weights with which correlations reach a depth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from numerics.solvers.fixed_correlation import fixed_correlation
from numerics.solvers.length import lengths
from numerics.solvers.nonlinearity import Nonlinearity
from numerics.solvers.table import table

WIDEST, FIRST_STEP = 20.0, 0.05  # of the search for an upper end, in units of the critical sigma_w
PLACES, PRECISION = 64, 1e-8  # of the search for a lower end, and of both


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What is left after `layers` layers, and the weights for which xi_c is at least that many (None: no such end).

    length_deviation             V'(q*)^layers: what is left of a wrong length
    correlation_deviation        what is left of a small deviation from c*
    squared_gradient             chi1^layers: of squared gradients, and the mean squared singular value of the Jacobian
    """

    layers: int
    length_deviation: float | None
    correlation_deviation: float | None
    squared_gradient: float | None
    sigma_w_low: float | None
    sigma_w_high: float | None


def reached(
    phi: Nonlinearity,
    bias: float,
    depth: int,
    rates: Sequence[float | None],
    critical: tuple[float, bool] | None,
    note: Callable[[str], None],
) -> Reach:
    """What is left after `depth` layers at V'(q*), xi_c and chi1, and the range of sigma_w around the critical one.

    `critical` is the stable critical sigma_w and whether its length is zero; `note` takes sentences on what is missing.
    """

    def left(rate: float | None) -> float | None:
        if rate is None:
            return None
        try:
            return float(rate) ** depth
        except OverflowError:
            note(f"A factor of {rate:.4g} in each of {depth} layers is too large a number to print.")
            return None

    slope, depth_c, chi1 = rates
    slope_c = None if depth_c is None else math.exp(-1 / depth_c) if depth_c > 0 else 0.0
    low, high = _window(phi, bias, critical, depth, note)
    return Reach(
        layers=depth,
        length_deviation=left(slope),
        correlation_deviation=left(slope_c),
        squared_gradient=left(chi1),
        sigma_w_low=low,
        sigma_w_high=high,
    )


def _window(
    phi: Nonlinearity, bias: float, critical: tuple[float, bool] | None, depth: int, note: Callable[[str], None]
) -> tuple[float | None, float | None]:
    """The weights around the critical ones for which xi_c >= depth; None for an end that does not exist."""
    if critical is None:
        note(f"No range of sigma_w is given for depth {depth}: there is no stable critical point to search around.")
        return None, None
    weight, from_zero = critical
    if from_zero:
        low = weight
        note(f"Below sigma_w = {low:.6g} inputs shrink to length zero: the range for depth {depth} starts there.")
    else:
        low = _ordered_end(phi, bias, weight, depth)
    return low, _chaotic_end(phi, bias, weight, depth, note)


def _ordered_end(phi: Nonlinearity, bias: float, critical: float, depth: int) -> float:
    """The largest sigma_w below the critical one with xi_c = depth, where chi1 = exp(-1 / depth)."""
    inside, outside = critical, 0.0
    while inside - outside > PRECISION * critical:
        places = np.linspace(inside, outside, PLACES + 1)[1:]
        places = places[places > 0]
        below = np.flatnonzero(lengths(phi, places, bias).chi1 < math.exp(-1 / depth))
        first = int(below[0]) if len(below) else len(places) - 1
        inside, outside = float(places[first - 1]) if first else inside, float(places[first])
    return (inside + outside) / 2


def _chaotic_end(
    phi: Nonlinearity, bias: float, critical: float, depth: int, note: Callable[[str], None]
) -> float | None:
    """The smallest sigma_w above the critical one with xi_c = depth."""
    from scipy.optimize import brentq

    def excess(weight: float) -> float:
        q = float(lengths(phi, weight, bias).q)
        return fixed_correlation(phi, q, weight).slope - math.exp(-1 / depth)

    inside, step = critical, min(1 / depth, FIRST_STEP)
    while True:
        outside = min(critical * (1 + step), WIDEST * critical)
        if not np.isfinite(lengths(phi, outside, bias).q):
            edge = _last_length(phi, bias, inside, outside)
            note(
                f"The range for depth {depth} has no upper end that is known: xi_c was followed up to "
                f"sigma_w = {inside:.4g}, and above {edge:.4g} lengths grow beyond q = {table(phi).q[-1]:.5g}."
            )
            return None
        try:
            if excess(outside) < 0:
                return float(brentq(excess, inside, outside, xtol=PRECISION * critical)) if outside > critical else None
        except ArithmeticError as problem:
            note(f"The range for depth {depth} has no upper end that is known: {problem}.")
            return None
        if outside >= WIDEST * critical:
            note(f"At no sigma_w up to {outside:.4g} above the critical one xi_c falls below {depth}.")
            return None
        inside, step = outside, 2 * step


def _last_length(phi: Nonlinearity, bias: float, inside: float, outside: float) -> float:
    """The largest sigma_w that has a fixed length, between one that has and one that has none."""
    while outside - inside > 1e-6 * inside:
        middle = (inside + outside) / 2
        if np.isfinite(lengths(phi, middle, bias).q):
            inside = middle
        else:
            outside = middle
    return inside
