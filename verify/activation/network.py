"""Lengths, correlations and gradients of a wide random network, and where it is critical, for any activation.

One layer maps h to W phi(h) + b with weights of variance sigma_w^2 / (number of inputs) and biases of variance
sigma_b^2. Source: document 001, signal propagation; Poole et al. 2016; Schoenholz et al. 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

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
    scale_free,
    table,
)
from numerics.solvers.moments import moments
from numerics.solvers.nonlinearity import Nonlinearity
from verify.activation.reach import Reach, reached
from verify.compile.nonlinearity import nonlinearity

CRITICAL = 1e-10  # distance of chi1 from 1 below which a network is called critical


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
    reach = None
    if depth is not None:
        rates = [found.get(key) for key in ("variance_slope", "xi_c", "chi1")]
        start = (critical.sigma_w, critical.q_star == 0) if critical is not None and critical.stable else None
        reach = reached(draft.phi, draft.bias, depth, rates, start, draft.notes.append)
    return Propagation(
        activation=activation.name,
        expression=str(activation.expression),
        sigma_w=sigma_w,
        sigma_b=sigma_b if sigma_w is None else draft.bias,
        critical=critical,
        critical_points=points,
        reach=reach,
        notes=tuple(draft.notes),
        **found,
    )


# ------------------------------------------------------------------------------------------------ critical points


def _critical(draft: _Draft) -> tuple[CriticalPoint, ...]:
    phi, bias, note = draft.phi, draft.bias, draft.notes.append
    if scale_free(phi):
        weight = float(1 / np.sqrt(moments(phi, 1.0).gradient))
        where = f"sigma_w = {weight:.9g}, sigma_b = 0"
        if bias == 0:
            note(f"{phi.name} treats all lengths alike: at {where} every length is a fixed point, none of them stable.")
            return (CriticalPoint(sigma_w=weight, sigma_b=0.0, q_star=None, chi1=1.0, variance_slope=1.0, stable=None),)
        note(
            f"{phi.name} treats all lengths alike: its one critical point is {where}. "
            f"With sigma_b = {bias:g} lengths grow there by sigma_b^2 a layer, and no length is fixed."
        )
        return ()
    points = tuple(
        CriticalPoint(
            sigma_w=float(p.sigma_w),
            sigma_b=bias,
            q_star=float(p.q),
            chi1=1.0,
            variance_slope=float(p.slope),
            stable=bool(p.stable),
        )
        for p in critical_points(phi, bias)
    )
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
    averages = moments(phi, chosen.q) if chosen.q > 0 else None
    gradient = float(averages.gradient) if averages else gradient_at_zero(phi)
    ratio = float(averages.square) / chosen.q if averages else gradient
    chi1 = w2 * gradient
    found: dict[str, Any] = {
        "fixed_points": fixed,
        "q_star": chosen.q,
        "chi1": chi1,
        "variance_slope": chosen.slope,
        "stable": True,
        "gain_forward": ratio**-0.5 if ratio > 0 else None,
        "gain_backward": gradient**-0.5 if gradient > 0 else None,
    }
    if phi.second is None:
        note(f"chi2 does not exist: the derivative of {phi.name} jumps, so the average of phi''^2 diverges.")
    else:
        bend = averages.curvature if averages else curvature_at_zero(phi)
        found["chi2"] = w2 * float(bend) if bend is not None else None
    found["xi_q"] = _depth(abs(chosen.slope))
    if found["xi_q"] is None:
        note("xi_q does not exist: the variance map has slope 1, and lengths settle more slowly than exponentially.")
    return found | _correlations(draft, weight, chosen.q, chi1) | _gradient(draft, chi1)


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
