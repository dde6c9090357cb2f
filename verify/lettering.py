"""Names of letters in sentences as the letters themselves."""

from __future__ import annotations

import re

GREEK = dict(
    alpha="α",
    beta="β",
    gamma="γ",
    delta="δ",
    epsilon="ε",
    eps="ε",
    zeta="ζ",
    eta="η",
    theta="θ",
    kappa="κ",
    mu="μ",
    nu="ν",
    xi="ξ",
    pi="π",
    rho="ρ",
    sigma="σ",
    tau="τ",
    phi="φ",
    chi="χ",
    psi="ψ",
    omega="ω",
    Gamma="Γ",
    Delta="Δ",
    Theta="Θ",
    Lambda="Λ",
    Sigma="Σ",
    Phi="Φ",
    Psi="Ψ",
    Omega="Ω",
) | {
    "lambda": "λ",
    "lamda": "λ",
    "alphabar": "ᾱ",
    "gbar": "ḡ",
    "kappabar": "κ̄",
    "sbar": "s̄",
    "shat": "ŝ",
    "lambdabar": "λ̄",
}
NAME = "|".join(sorted(GREEK, key=len, reverse=True))
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def plain(text: str) -> str:
    """A sentence with its symbols set where there is no markup: only digits are raised and lowered.

    >>> plain("time t / tau"), plain("a_0 and sigma_w^2")
    ('time t / τ', 'a₀ and σ_w²')
    """
    text = re.sub(rf"\b({NAME})(?=\b|_|\d)", lambda m: GREEK[m[1]], text)
    text = re.sub(r"(?<=\w)_(\d+)\b", lambda m: m[1].translate(_LOWERED), text)
    return re.sub(r"\^(-?\d+)\b", lambda m: m[1].translate(_RAISED), text)
