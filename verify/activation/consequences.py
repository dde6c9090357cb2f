"""What weights and biases do to signals and gradients, one sentence for each."""

from __future__ import annotations

from derivations.activations import Activation
from verify.activation.network import Propagation, approach


def consequences(activation: Activation, found: Propagation) -> dict[str, str]:
    """Sentences on lengths, gradients, correlations, and how far the weights are from critical ones.

    `found` has been worked out with sigma_w.
    """
    said = {"lengths": _lengths(found), "gradients": _gradients(found)}
    said["correlations"] = _correlations(activation, found)
    return {key: text for key, text in said.items() if text} | _critical(found)


def _lengths(found: Propagation) -> str:
    slope = found.variance_slope
    if found.phase is None and (slope is None or slope > 1):
        by = "" if slope is None else f", by a factor {slope:.6g} a layer"
        return f"grow without bound{by}"
    if found.q_star is None:
        return "every one is kept" if found.phase == "critical" else "no fixed one is known"
    if found.q_star == 0:
        slow = found.phase == "critical" or slope is None
        beyond = next((f" if below q = {p.q:.6g}" for p in found.fixed_points if p.q > 0), "")
        return f"shrink to zero{beyond}, " + ("like a power" if slow else f"in the end by a factor {slope:.6g} a layer")
    within = "" if found.xi_q is None else f", within 1/e in {found.xi_q:.3g} layers"
    return f"settle at q* = {found.q_star:.9g}{within}"


def _gradients(found: Propagation) -> str:
    chi1 = found.chi1
    if chi1 is None:
        return ""
    if found.phase == "critical":
        return "squared, they keep their size"
    word = "grow" if chi1 > 1 else "shrink"
    return f"squared, they {word} by a factor chi1 = {chi1:.6g} a layer on the way back"


def _correlations(activation: Activation, found: Propagation) -> str:
    if found.phase == "critical" and found.c_star is not None:
        return f"critical: they approach 1 {approach(activation)}"
    if found.phase is None or found.q_star in (None, 0):
        return ""
    if found.c_star is None:
        return found.phase
    within = "" if found.xi_c is None else f", within 1/e in {found.xi_c:.3g} layers"
    return f"{found.phase}: those of two inputs approach {found.c_star:.6g}{within}"


def _critical(found: Propagation) -> dict[str, str]:
    point = found.critical
    if point is None or point.stable is False or not found.sigma_w:
        return {"critical": f"no stable point at sigma_b = {found.sigma_b or 0:g}"}
    factor = point.sigma_w / found.sigma_w
    if abs(factor - 1) < 1e-9:
        return {"critical": "these are critical weights"}
    return {"critical": f"at sigma_w = {point.sigma_w:.9g}: multiply the weights by {factor:.6g}"}
