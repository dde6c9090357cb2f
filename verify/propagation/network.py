"""Lengths, correlations and gradients of a wide random network, and where it is critical, for any activation.

One layer maps h to W phi(h) + b with weights of variance sigma_w^2 / (number of inputs) and biases of variance
sigma_b^2. Source: document 001, signal propagation; Poole et al. 2016; Schoenholz et al. 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from derivations.activations import Activation
from numerics.solvers.correlation import fixed_correlation
from numerics.solvers.length import (
    FixedPoint,
    critical_line,
    critical_points,
    curvature_at_zero,
    fixed_points,
    gradient_at_zero,
    lengths,
    scale_free,
    table,
)
from numerics.solvers.moments import moments
from numerics.solvers.nonlinearity import Nonlinearity
from verify.nonlinearity import nonlinearity

CRITICAL = 1e-10  # distance of chi1 from 1 below which a network is called critical
WIDEST, PLACES, PRECISION, FIRST_STEP = 20.0, 64, 1e-8, 0.05  # of the search for the weights that reach a depth


@dataclass(frozen=True, kw_only=True)
class CriticalPoint:
    """Weights and biases with chi1 = 1; q_star and stable are None where every length is kept, as by relu."""

    sigma_w: float
    sigma_b: float
    q_star: float | None
    chi1: float
    variance_slope: float
    stable: bool | None


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


@dataclass(frozen=True, kw_only=True)
class Propagation:
    """What a network does to signals and gradients; None where a quantity does not exist, and `notes` say why.

    q_star          squared length per neuron that is kept: the largest stable fixed point of the variance map V
    chi1, chi2      sigma_w^2 E phi'^2 and sigma_w^2 E phi''^2 there
    variance_slope  V'(q*)
    c_star          correlation that two inputs approach
    xi_q, xi_c      layers over which a wrong length and a wrong correlation decay by 1/e
    xi_grad         layers over which squared gradients decay by 1/e on the way back; negative where they grow
    gain_forward    the sigma_w that keeps E phi^2 = q at q* without biases: (E phi^2 / q*)^(-1/2)
    gain_backward   the sigma_w that keeps squared gradients at q*: (E phi'^2)^(-1/2)
    """

    activation: str
    expression: str
    sigma_w: float | None
    sigma_b: float | None
    q_star: float | None = None
    chi1: float | None = None
    chi2: float | None = None
    variance_slope: float | None = None
    stable: bool | None = None
    c_star: float | None = None
    xi_q: float | None = None
    xi_c: float | None = None
    xi_grad: float | None = None
    phase: str | None = None
    gain_forward: float | None = None
    gain_backward: float | None = None
    fixed_points: tuple[FixedPoint, ...] = ()
    critical: CriticalPoint | None = None
    critical_points: tuple[CriticalPoint, ...] = ()
    reach: Reach | None = None
    notes: tuple[str, ...] = ()


@dataclass
class _Draft:
    phi: Nonlinearity
    bias: float
    notes: list[str] = field(default_factory=list)


def propagation(
    activation: Activation, sigma_w: float | None = None, sigma_b: float | None = None, depth: int | None = None
) -> Propagation:
    """The network at sigma_w and sigma_b (no biases if sigma_b is None), and the critical points at that sigma_b.

    Without sigma_w only the critical points are worked out. Raises ArithmeticError where averages do not exist or a
    fixed length lies outside the lengths that the solvers work with.
    """
    draft = _Draft(nonlinearity(activation), sigma_b or 0.0)
    if sigma_b is None:
        draft.notes.append("No sigma_b was given: biases are zero.")
    points = _critical(draft)
    critical = next((p for p in points if p.stable), points[0] if points else None)
    found = _network(draft, sigma_w) if sigma_w is not None else {}
    reach = _reach(draft, found, critical, depth) if depth is not None else None
    return Propagation(
        activation=activation.name, expression=str(activation.expression), sigma_w=sigma_w,
        sigma_b=sigma_b if sigma_w is None else draft.bias, critical=critical, critical_points=points, reach=reach,
        notes=tuple(draft.notes), **found,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ critical points


def _critical(draft: _Draft) -> tuple[CriticalPoint, ...]:
    phi, bias, note = draft.phi, draft.bias, draft.notes.append
    if scale_free(phi):
        weight = float(1 / np.sqrt(moments(phi, 1.0).gradient))
        where = f"sigma_w = {weight:.9g}, sigma_b = 0"
        if bias == 0:
            note(
                f"{phi.name} treats all lengths alike: at {where} every length is a fixed point, neither stable nor not."
            )
            return (CriticalPoint(sigma_w=weight, sigma_b=0.0, q_star=None, chi1=1.0, variance_slope=1.0, stable=None),)
        note(
            f"{phi.name} treats all lengths alike: its one critical point is {where}. "
            f"With sigma_b = {bias:g} lengths grow there by sigma_b^2 a layer, and no length is fixed."
        )
        return ()
    points = tuple(
        CriticalPoint(
            sigma_w=float(p.sigma_w), sigma_b=bias, q_star=float(p.q), chi1=1.0, variance_slope=float(p.slope),
            stable=bool(p.stable),
        )
        for p in critical_points(phi, bias)
    )  # fmt: skip
    for p in points:
        if not p.stable:
            note(
                f"Warning: chi1 = 1 at sigma_w = {p.sigma_w:.9g}, sigma_b = {bias:g}, but the variance map is unstable "
                f"there (slope {p.variance_slope:.4g}): lengths move away from q = {p.q_star:.4g}, so this point is "
                "no initialization to use."
            )
        elif p.q_star == 0:
            note(
                f"The critical point at sigma_b = 0 lies at length zero (sigma_w = {p.sigma_w:.9g}): there lengths and "
                "gradients shrink, but more slowly than exponentially."
            )
    if not points:
        line, largest = critical_line(phi, table(phi).q), table(phi).q[-1]
        anywhere = np.any(np.isfinite(line.sigma_b))
        where = f"at sigma_b = {bias:g}" if anywhere else "for any sigma_b: it has no critical line"
        note(f"{phi.name} has no critical point {where} (lengths up to q = {largest:.5g} were searched).")
    return points


# ------------------------------------------------------------------------------------------------ one network


def _network(draft: _Draft, weight: float) -> dict:
    phi, bias, note = draft.phi, draft.bias, draft.notes.append
    w2 = weight**2
    if scale_free(phi):
        at = moments(phi, 1.0)
        gains = {"gain_forward": float(at.square) ** -0.5, "gain_backward": float(at.gradient) ** -0.5}
        chi1 = w2 * float(at.gradient)
        if bias == 0 and abs(chi1 - 1) < CRITICAL:
            note("No length is singled out: every length is kept, so q_star, c_star, xi_q and xi_c do not exist.")
            return (
                gains
                | {"chi1": chi1, "variance_slope": w2 * float(at.slope), "phase": "critical"}
                | _gradient(draft, chi1)
            )
    fixed = fixed_points(phi, weight, bias)
    stable = [p for p in fixed if p.stable]
    if not stable:
        if fixed:
            lengths_ = ", ".join(f"{p.q:.6g} (slope {p.slope:.4g})" for p in fixed)
            note(f"No fixed length is stable: {lengths_}.")
        if not fixed or fixed[-1].slope > 1:
            note("Lengths grow without bound from layer to layer: no stable q_star, no c_star, no phase.")
        if not scale_free(phi):
            return {"fixed_points": fixed}
        note(f"chi1, variance_slope and xi_grad are those of any length: {phi.name} treats all lengths alike.")
        return (
            gains
            | {"fixed_points": fixed, "chi1": chi1, "variance_slope": w2 * float(at.slope)}
            | _gradient(draft, chi1)
        )
    chosen = stable[-1]
    if len(fixed) > 1:
        which = "the largest stable one" if len(stable) > 1 else "the stable one"
        note(f"The variance map has {len(fixed)} fixed points; q_star is {which}.")
    if fixed[-1].slope > 1:
        note(f"Inputs longer than q = {fixed[-1].q:.6g} grow without bound.")
    at = moments(phi, chosen.q) if chosen.q > 0 else None
    gradient = float(at.gradient) if at else gradient_at_zero(phi)
    ratio = float(at.square) / chosen.q if at else gradient
    found = {
        "fixed_points": fixed, "q_star": chosen.q, "chi1": w2 * gradient, "variance_slope": chosen.slope,
        "stable": True, "gain_forward": ratio**-0.5 if ratio > 0 else None,
        "gain_backward": gradient**-0.5 if gradient > 0 else None,
    }  # fmt: skip
    if phi.second is None:
        note(
            f"chi2 does not exist: the derivative of {phi.name} jumps, so the average of its second derivative squared diverges."
        )
    else:
        found["chi2"] = w2 * (float(at.curvature) if at else curvature_at_zero(phi))
    found["xi_q"] = _depth(abs(chosen.slope))
    if found["xi_q"] is None:
        note("xi_q does not exist: the variance map has slope 1, and lengths settle more slowly than exponentially.")
    return found | _correlations(draft, weight, chosen.q, found["chi1"]) | _gradient(draft, found["chi1"])


def _correlations(draft: _Draft, weight: float, q: float, chi1: float) -> dict:
    critical = abs(chi1 - 1) < CRITICAL
    phase = "critical" if critical else "ordered" if chi1 < 1 else "chaotic"
    if q == 0:
        draft.notes.append(
            "Without biases these weights shrink every input to length zero, where two inputs have no correlation: "
            "c_star and xi_c do not exist."
        )
        return {"phase": phase}
    if critical:
        draft.notes.append("xi_c does not exist: at chi1 = 1 correlations approach 1 as 1 / depth (1 / xi_c is 0).")
        return {"phase": phase, "c_star": 1.0}
    found = fixed_correlation(draft.phi, q, weight)
    return {"phase": phase, "c_star": found.c, "xi_c": _depth(found.slope)}


def _gradient(draft: _Draft, chi1: float) -> dict:
    if abs(chi1 - 1) < CRITICAL:
        draft.notes.append("xi_grad does not exist: at chi1 = 1 gradients keep their size (1 / xi_grad is 0).")
        return {"xi_grad": None}
    return {"xi_grad": -1 / math.log(chi1) if chi1 > 0 else 0.0}


def _depth(slope: float) -> float | None:
    if slope <= 0:
        return 0.0
    return -1 / math.log(slope) if slope < 1 else None


# ------------------------------------------------------------------------------------------------ depth


def _reach(draft: _Draft, found: dict, critical: CriticalPoint | None, depth: int) -> Reach:
    def left(rate: float | None) -> float | None:
        if rate is None:
            return None
        try:
            return float(rate) ** depth
        except OverflowError:
            draft.notes.append(f"A factor of {rate:.4g} in each of {depth} layers is too large a number to print.")
            return None

    depth_c, chi1 = found.get("xi_c"), found.get("chi1")
    slope_c = None if depth_c is None else math.exp(-1 / depth_c) if depth_c > 0 else 0.0
    low, high = _window(draft, critical, depth)
    return Reach(
        layers=depth, length_deviation=left(found.get("variance_slope")), correlation_deviation=left(slope_c),
        squared_gradient=left(chi1), sigma_w_low=low, sigma_w_high=high,
    )  # fmt: skip


def _window(draft: _Draft, critical: CriticalPoint | None, depth: int) -> tuple[float | None, float | None]:
    """The weights around the critical ones for which xi_c >= depth; None for an end that does not exist."""
    note = draft.notes.append
    if critical is None or not critical.stable:
        note(f"No range of sigma_w is given for depth {depth}: there is no stable critical point to search around.")
        return None, None
    if critical.q_star == 0:
        low = critical.sigma_w
        note(f"Below sigma_w = {low:.6g} inputs shrink to length zero: the range for depth {depth} starts there.")
    else:
        low = _ordered_end(draft, critical.sigma_w, depth)
    return low, _chaotic_end(draft, critical.sigma_w, depth)


def _ordered_end(draft: _Draft, critical: float, depth: int) -> float:
    """The largest sigma_w below the critical one with xi_c = depth, where chi1 = exp(-1 / depth)."""
    inside, outside = critical, 0.0
    while inside - outside > PRECISION * critical:
        places = np.linspace(inside, outside, PLACES + 1)[1:]
        places = places[places > 0]
        below = np.flatnonzero(lengths(draft.phi, places, draft.bias).chi1 < math.exp(-1 / depth))
        first = int(below[0]) if len(below) else len(places) - 1
        inside, outside = float(places[first - 1]) if first else inside, float(places[first])
    return (inside + outside) / 2


def _chaotic_end(draft: _Draft, critical: float, depth: int) -> float | None:
    """The smallest sigma_w above the critical one with xi_c = depth."""
    from scipy.optimize import brentq

    def excess(weight: float) -> float:
        q = float(lengths(draft.phi, weight, draft.bias).q)
        return fixed_correlation(draft.phi, q, weight).slope - math.exp(-1 / depth)

    inside, step = critical, min(1 / depth, FIRST_STEP)
    while True:
        outside = min(critical * (1 + step), WIDEST * critical)
        if not np.isfinite(lengths(draft.phi, outside, draft.bias).q):
            edge = _last_length(draft, inside, outside)
            draft.notes.append(
                f"The range for depth {depth} has no upper end that is known: xi_c was followed up to "
                f"sigma_w = {inside:.4g}, and above {edge:.4g} lengths grow beyond q = {table(draft.phi).q[-1]:.5g}."
            )
            return None
        try:
            if excess(outside) < 0:
                return float(brentq(excess, inside, outside, xtol=PRECISION * critical)) if outside > critical else None
        except ArithmeticError as problem:
            draft.notes.append(f"The range for depth {depth} has no upper end that is known: {problem}.")
            return None
        if outside >= WIDEST * critical:
            draft.notes.append(f"At no sigma_w up to {outside:.4g} above the critical one xi_c falls below {depth}.")
            return None
        inside, step = outside, 2 * step


def _last_length(draft: _Draft, inside: float, outside: float) -> float:
    """The largest sigma_w that has a fixed length, between one that has and one that has none."""
    while outside - inside > 1e-6 * inside:
        middle = (inside + outside) / 2
        if np.isfinite(lengths(draft.phi, middle, draft.bias).q):
            inside = middle
        else:
            outside = middle
    return inside
