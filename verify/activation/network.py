"""Lengths, correlations and gradients of a wide random network, and where it is critical, for any activation.

One layer maps h to W phi(h) + b with weights of variance sigma_w^2 / (number of inputs) and biases of variance
sigma_b^2. Source: document 001, signal propagation; Poole et al. 2016; Schoenholz et al. 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from derivations.activations import Activation
from numerics.solvers.fixed_correlation import fixed_correlation
from numerics.solvers.length import FixedPoint, curvature_at_zero, fixed_points, gradient_at_zero, scale_free
from numerics.solvers.moments import moments
from numerics.solvers.nonlinearity import Nonlinearity
from verify.activation import criticality
from verify.activation.criticality import CriticalPoint
from verify.activation.proof import Proof, proved_critical, proved_lengths
from verify.activation.reach import Reach, reached
from verify.compile.nonlinearity import nonlinearity

CRITICAL = 1e-10  # distance of chi1 from 1 below which a network is called critical

__all__ = ["CriticalPoint", "Propagation", "propagation"]


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
    input_square    mean squared component of an input whose first preactivations have the length q*
    stable_from     smallest sigma_b with a stable critical point; stable_to the largest, None if none is known
    fixed_points_proof, critical_points_proof   whether it is proved that there are these and no others, and how
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
    input_square: float | None = None
    critical: CriticalPoint | None = None
    critical_points: tuple[CriticalPoint, ...] = ()
    stable_from: float | None = None
    stable_to: float | None = None
    fixed_points_proof: Proof | None = None
    critical_points_proof: Proof | None = None
    reach: Reach | None = None
    notes: tuple[str, ...] = ()


@dataclass
class _Draft:
    activation: Activation
    phi: Nonlinearity
    bias: float
    notes: list[str] = field(default_factory=list)


def propagation(
    activation: Activation, sigma_w: float | None = None, sigma_b: float | None = None, depth: int | None = None
) -> Propagation:
    """The network at sigma_w and sigma_b (no biases if sigma_b is None), and the critical points at that sigma_b.

    Without sigma_w only the critical points are worked out. A number that cannot be had is None with a note; raises
    ArithmeticError only where the activation has no averages at any length.
    """
    draft = _Draft(activation, nonlinearity(activation), sigma_b or 0.0)
    note = draft.notes.append
    if sigma_b is None:
        note("No sigma_b was given: biases are zero.")
    points = criticality.found(draft.phi, draft.bias, note)
    critical = next((p for p in points if p.stable), points[0] if points else None)
    by_points = _proof_of_critical(draft, points)
    found = _network(draft, sigma_w) if sigma_w is not None else {}
    low, high = criticality.stable_range(draft.phi)
    reach = None
    if depth is not None:
        rates = [found.get(key) for key in ("variance_slope", "xi_c", "chi1")]
        start = (critical.sigma_w, critical.q_star == 0) if critical is not None and critical.stable else None
        reach = reached(draft.phi, draft.bias, depth, rates, start, note)
    return Propagation(
        activation=activation.name,
        expression=str(activation.expression),
        sigma_w=sigma_w,
        sigma_b=sigma_b if sigma_w is None else draft.bias,
        critical=critical,
        critical_points=points,
        stable_from=low,
        stable_to=high,
        critical_points_proof=by_points,
        reach=reach,
        notes=tuple(draft.notes),
        **found,
    )


def _proof_of_critical(draft: _Draft, points: tuple[CriticalPoint, ...]) -> Proof | None:
    phi, bias = draft.phi, draft.bias
    if scale_free(phi) or phi.jumps:
        return None
    proof = proved_critical(draft.activation, phi, bias, [p.q_star for p in points if p.q_star])
    if not points:
        everywhere = proof.nowhere
        where = "for any sigma_b: it has no critical line" if everywhere else f"at sigma_b = {bias:g}"
        draft.notes.append(f"{phi.name} has no critical point {where}{_extent(proof, phi)}.")
    elif not proof.proved:
        draft.notes.append(f"Not proved that there is no other critical point: {proof.how}.")
    return proof


def _extent(proof: Proof, phi: Nonlinearity) -> str:
    if proof.proved:
        return ""
    return f" among lengths up to q = {criticality.longest_length(phi):.5g} (not proved: {proof.how})"


# ------------------------------------------------------------------------------------------------ one network


def _network(draft: _Draft, weight: float) -> dict[str, Any]:
    phi, bias, note = draft.phi, draft.bias, draft.notes.append
    w2 = weight**2
    if scale_free(phi):
        at = moments(phi, 1.0)
        gains = {"gain_forward": float(at.square) ** -0.5, "gain_backward": float(at.gradient) ** -0.5}
        chi1 = w2 * float(at.gradient)
        if bias == 0 and abs(chi1 - 1) < CRITICAL:
            note("No length is singled out: every length is kept, so q_star and xi_q do not exist.")
            bent = bool(draft.activation.breakpoints)
            note(_no_rate(draft.activation) if bent else "Correlations are kept, too: c_star and xi_c do not exist.")
            return (
                gains
                | {"chi1": chi1, "variance_slope": w2 * float(at.slope), "phase": "critical"}
                | ({"c_star": 1.0} if bent else {})
                | _gradient(draft, chi1)
            )
    try:
        fixed = fixed_points(phi, weight, bias)
    except ArithmeticError as problem:
        note(f"q_star and what is counted from it are not worked out: {problem}.")
        return {}
    proof = proved_lengths(draft.activation, phi, weight, bias, fixed)
    if not proof.proved:
        note(f"Not proved that there is no other fixed length: {proof.how}.")
    for point in fixed:
        if point.half_stable:
            other = "below" if point.half_stable == "above" else "above"
            note(
                f"q = {point.q:.9g} is half-stable, as far as float64 tells: lengths {point.half_stable} it approach "
                f"it, lengths {other} it leave it."
            )
    stable = [p for p in fixed if p.stable]
    if not stable:
        if fixed:
            lengths_ = ", ".join(f"{p.q:.6g} (slope {p.slope:.4g})" for p in fixed)
            note(f"No fixed length is stable: {lengths_}.")
        if not fixed and not proof.proved:
            longest = criticality.longest_length(phi)
            note(f"No fixed length was found up to q = {longest:.5g}: no q_star, no c_star, no phase.")
        elif not fixed or fixed[-1].slope > 1:
            note("Lengths grow without bound from layer to layer: no stable q_star, no c_star, no phase.")
        if not scale_free(phi):
            return {"fixed_points": fixed, "fixed_points_proof": proof}
        note(f"chi1, variance_slope and xi_grad are those of any length: {phi.name} treats all lengths alike.")
        return (
            gains
            | {"fixed_points": fixed, "fixed_points_proof": proof, "chi1": chi1}
            | {"variance_slope": w2 * float(at.slope)}
            | _gradient(draft, chi1)
        )
    chosen = stable[-1]
    beyond = next((p.q for p in fixed if p.q > chosen.q), None)
    if len(fixed) > 1:
        which = "the largest stable one" if len(stable) > 1 else "the stable one"
        note(f"The variance map has {len(fixed)} fixed points; q_star is {which}.")
    if not fixed[-1].stable and (fixed[-1].slope > 1 + CRITICAL or fixed[-1].half_stable == "below"):
        note(f"Inputs longer than q = {fixed[-1].q:.6g} grow without bound.")
    return {"fixed_points": fixed, "fixed_points_proof": proof} | _at(draft, weight, chosen, beyond)


def _at(draft: _Draft, weight: float, chosen: FixedPoint, beyond: float | None) -> dict[str, Any]:
    """What goes with a stable length; `beyond` is the next fixed one, up to which lengths approach it."""
    phi, bias, note = draft.phi, draft.bias, draft.notes.append
    w2, averages = weight**2, moments(phi, chosen.q) if chosen.q > 0 else None
    gradient = float(averages.gradient) if averages else gradient_at_zero(phi)
    ratio = float(averages.square) / chosen.q if averages else gradient
    chi1 = w2 * gradient
    found: dict[str, Any] = {
        "q_star": chosen.q,
        "chi1": chi1 if math.isfinite(chi1) else None,
        "variance_slope": chosen.slope,
        "stable": True,
        "gain_forward": ratio**-0.5 if ratio > 0 else None,
        "gain_backward": gradient**-0.5 if 0 < gradient < math.inf else None,
        "input_square": max((chosen.q - bias**2) / w2, 0.0) if chosen.q > 0 else None,
    }
    if phi.jumps and chosen.q == 0 and math.isfinite(chi1):
        note(
            f"chi1 at length zero is that of signals which reach no jump of {phi.name}; at any other length it is "
            "infinite. chi2 does not exist."
        )
    elif phi.jumps:
        note(f"chi1 is infinite: {phi.name} jumps, so gradients explode at any sigma_w; chi2 does not exist.")
    elif phi.second is None:
        why = "the derivative of {} jumps" if draft.activation.smoothness < 1 else "phi'' of {} is too steep at a kink"
        note(f"chi2 does not exist: {why.format(phi.name)}, so the average of phi''^2 diverges.")
    else:
        bend = averages.curvature if averages else curvature_at_zero(phi)
        if bend is not None and math.isfinite(float(bend)):
            found["chi2"] = w2 * float(bend)
        else:
            note(f"chi2 is infinite: phi'' of {phi.name} is not square-integrable.")
    found["xi_q"] = _depth(abs(chosen.slope)) if abs(abs(chosen.slope) - 1) > CRITICAL else None
    if found["xi_q"] is None:
        note("xi_q does not exist: the variance map has slope 1, and lengths settle more slowly than exponentially.")
    return found | _correlations(draft, weight, chosen.q, chi1, beyond) | _gradient(draft, chi1)


def _correlations(draft: _Draft, weight: float, q: float, chi1: float, beyond: float | None) -> dict:
    critical = abs(chi1 - 1) < CRITICAL
    phase = "critical" if critical else "ordered" if chi1 < 1 else "chaotic"
    if q == 0:
        which = "every input" if beyond is None else f"inputs shorter than q = {beyond:.6g}"
        draft.notes.append(
            f"Without biases these weights shrink {which} to length zero, where two inputs have no correlation: "
            "c_star and xi_c do not exist."
        )
        return {"phase": phase}
    if critical:
        draft.notes.append(_no_rate(draft.activation))
        return {"phase": phase, "c_star": 1.0}
    try:
        found = fixed_correlation(draft.phi, q, weight)
    except ArithmeticError as problem:
        draft.notes.append(f"c_star and xi_c are not worked out: {problem}.")
        return {"phase": phase}
    if found.apart is not None:
        draft.notes.append(
            f"c_star is 1 to rounding, though chi1 is infinite: signals of length q_star hardly ever reach a jump of "
            f"{draft.phi.name}, so that correlations settle at 1 - c = {_tiny(found.apart)}."
        )
    return {"phase": phase, "c_star": found.c, "xi_c": _depth(found.slope)}


def approach(activation: Activation) -> str:
    """How correlations approach 1 at chi1 = 1: of e = 1 - c a layer takes a part like e^2, at a kink like e^(3/2)."""
    if activation.breakpoints and activation.smoothness < 1:
        return "as 1 / depth^2"
    return "as 1 / depth" if nonlinearity(activation).second is not None else "a little faster than 1 / depth"


def _no_rate(activation: Activation) -> str:
    return f"xi_c does not exist: at chi1 = 1 correlations approach 1 {approach(activation)} (1 / xi_c is 0)."


def _tiny(value: float) -> str:
    return f"{value:.3g}" if value > 0 else "a number below 1e-300"


def _gradient(draft: _Draft, chi1: float) -> dict:
    if math.isinf(chi1):
        return {"xi_grad": None}
    if abs(chi1 - 1) < CRITICAL:
        draft.notes.append("xi_grad does not exist: at chi1 = 1 gradients keep their size (1 / xi_grad is 0).")
        return {"xi_grad": None}
    return {"xi_grad": -1 / math.log(chi1) if chi1 > 0 else 0.0}


def _depth(slope: float) -> float | None:
    if slope <= 0:
        return 0.0
    return -1 / math.log(slope) if slope < 1 else None
