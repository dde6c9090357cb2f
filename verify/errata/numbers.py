"""Numbers in use: what public code and papers quote of activations, judged by enclosures and fast averages.

Each function returns the right value as text and whether the number in use differs from it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numerics.solvers.moments import moments
from verify.activation.certified import certified
from verify.activation.network import propagation
from verify.activation.reading import read
from verify.activation.unit import unit
from verify.compile.nonlinearity import nonlinearity

DIGITS = 12
# Factors that standardize activations of a unit Gaussian, as they are copied from a table made by Monte Carlo.
FACTORS = {
    "elu": "1.2716004848480225",
    "gelu": "1.7015043497085571",
    "leaky_relu": "1.70590341091156",
    "relu": "1.7139588594436646",
    "relu6": "1.7131484746932983",
    "selu": "1.0008515119552612",
    "sigmoid": "4.803835391998291",
    "silu": "1.7881293296813965",
    "softplus": "1.9203323125839233",
    "softsign": "2.338853120803833",
    "tanh": "1.5939117670059204",
}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of a number in use: refuted or holds, the right value, and how it is known."""

    verdict: str
    right: str
    evidence: str


def _verdict(differs: bool) -> str:
    return "refuted" if differs else "holds"


def sigmoid_is_critical() -> Judged:
    """The logistic sigmoid has a critical point without biases."""
    activation = read("sigmoid").activation
    found = propagation(activation, None, 0.0, None)
    proven = certified(activation, found, DIGITS, None, "0").critical or {}
    weight, length = proven.get("sigma_w"), proven.get("q_star")
    proof = found.critical_points_proof
    return Judged(
        verdict=_verdict(weight is not None and found.critical is not None and bool(found.critical.stable)),
        right=f"critical at sigma_w = {weight}, q* = {length}, for sigma_b = 0",
        evidence=f"{DIGITS} digits in balls"
        + ("; there is no other critical point without biases, proved" if proof and proof.proved else ""),
    )


def tanh_weight() -> Judged:
    """What a weight that is quoted as critical does to gradients."""
    activation, weight, bias = read("tanh").activation, "1.3122499761859399", "0.2"
    found = propagation(activation, float(weight), float(bias), None)
    proven = certified(activation, found, DIGITS, weight, bias)
    critical = (proven.critical or {}).get("sigma_w")
    square = float(critical) ** 2 if critical else math.nan
    return Judged(
        verdict=_verdict(proven.chi1 is not None and abs(float(proven.chi1) - 1) > 1e-6),
        right=f"sigma_w^2 = {square:.9g} at sigma_b^2 = 0.04",
        evidence=f"chi_1 = {proven.chi1} at the number in use, in balls: squared gradients grow e-fold in "
        f"{-float(found.xi_grad or math.nan):.0f} layers",
    )


def swish_weight() -> Judged:
    """A weight at which the variance map of swish has no fixed length, and the critical point that there is."""
    activation = read("silu").activation
    found = propagation(activation, 2.952**0.5, 0.2, None)
    point = found.critical_points[0]
    proved = bool(found.fixed_points_proof and found.fixed_points_proof.proved)
    return Judged(
        verdict=_verdict(found.q_star is None and not found.fixed_points),
        right=f"sigma_w^2 = {point.sigma_w**2:.7g} at sigma_b = 0.2, where lengths are not stable (slope "
        f"{point.variance_slope:.5g})",
        evidence="at the number in use no length is kept: lengths grow like (sigma_w^2 / 2)^l"
        + (", proved" if proved else ""),
    )


def standardizing_factors() -> Judged:
    """Factors of a table against averages to rounding."""
    right = {name: unit(read(name).activation).one_over_std or math.nan for name in FACTORS}
    apart = {name: abs(float(theirs) / right[name] - 1) for name, theirs in FACTORS.items()}
    worst = max(apart, key=apart.__getitem__)
    shown = ", ".join(f"{name} {value:.10g}" for name, value in right.items())
    return Judged(
        verdict=_verdict(all(difference > 1e-5 for difference in apart.values())),
        right=shown,
        evidence=f"averages to 12 digits; the table is right to three digits, {worst} is off by {apart[worst]:.1e}; "
        "for relu the factor is (1/2 - 1/(2 pi))^(-1/2)",
    )


def relu_on_a_grid() -> Judged:
    """Second moment of relu at variance 100 from the Gaussian weights of a grid over [-10, 10]."""
    import numpy as np

    variance = 100.0
    grid = np.linspace(-10, 10, 4001)
    weights = np.exp(-(grid**2) / (2 * variance))
    found = float(np.sum(weights * np.maximum(grid, 0) ** 2) / np.sum(weights))
    right = float(moments(nonlinearity(read("relu").activation), variance).square)
    return Judged(
        verdict=_verdict(abs(found / right - 1) > 1e-3),
        right=f"E relu(h)^2 = {right:.10g} for h of variance {variance:g}, one half of it",
        evidence=f"the grid gives {found:.6g}, {100 * (1 - found / right):.0f} % less; it must grow like the standard "
        "deviation",
    )


def logarithm_of_a_derivative() -> Judged:
    """Mean and variance of log|z|, which is what a layer of a deep Gaussian process adds to the log derivative."""
    import mpmath

    with mpmath.workdps(20):
        density = functools.partial(_weighted, mpmath)
        mean, square = (mpmath.quad(functools.partial(density, k), [0, 1, 4, 12]) for k in (1, 2))
        variance, quoted = square - mean**2, -(mpmath.euler + mpmath.log(2))
        right = -(mpmath.euler + mpmath.log(2)) / 2, mpmath.pi**2 / 8
        agree = abs(mean - right[0]) < 1e-12 and abs(variance - right[1]) < 1e-12
        return Judged(
            verdict=_verdict(agree and abs(quoted - mean) > 1e-6),
            right=f"mean -(gamma + ln 2)/2 = {mpmath.nstr(mean, 10)}, variance pi^2/8 = {mpmath.nstr(variance, 10)} a "
            "layer, at any scale of the derivative",
            evidence=f"integrals to 12 digits; {mpmath.nstr(quoted, 10)} is the mean of log z^2, and a variance "
            "depends on no scale and is never negative",
        )


def _weighted(mpmath: Any, power: int, z: Any) -> Any:
    """Density of |z| times a power of its logarithm."""
    return mpmath.log(z) ** power * mpmath.sqrt(2 / mpmath.pi) * mpmath.exp(-(z**2) / 2)


NUMBERS: dict[str, Callable[[], Judged]] = {
    "U10": sigmoid_is_critical,
    "U11": tanh_weight,
    "U12": swish_weight,
    "U13": standardizing_factors,
    "U14": relu_on_a_grid,
    "U15": logarithm_of_a_derivative,
}


@functools.cache
def judge(erratum: str) -> Judged:
    """What became of a number in use; each is evaluated once."""
    return NUMBERS[erratum]()
