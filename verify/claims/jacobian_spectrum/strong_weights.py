"""Critical tanh networks at large q*, where most neurons are saturated: averages by nodes, and sampled layers.

Averages of powers of tanh' over Gaussian preactivations, by a trapezoid rule, must approach the law like q*^(-1/2) from
10 to 10,000. One layer of sampled networks shows the second moment of the singular values; what its q* and
its width add to the law is taken from averages over a sphere, and over preactivations of a far larger q*.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb

from derivations.activations import TANH
from derivations.jacobian_spectrum import strong_weights
from numerics.jacobian_spectrum.products import spectral_moments
from numerics.measurement import Measurement
from verify.checks import Certified, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import (
    numbers,
    spread,
)
from verify.references.one_layer import mean_powers
from verify.references.wide_jacobians import average, balanced_network

LENGTH = 30.0
FAR = "1e8"  # a length at which what is not of leading order is a part of 1e-8


def by_nodes(dps: int, point: Point) -> list:
    """sigma_w^2 at the critical point, and the spread of one layer, by a trapezoid rule over the preactivation."""
    step, q = mpmath.mpf(1) / 10, mpmath.mpf(point["q_star"])
    places = [k * step for k in range(-int(8 * dps), int(8 * dps) + 1)]  # sech^4 has decayed by then
    weights = [step * mpmath.exp(-(h**2) / (2 * q)) / mpmath.sqrt(2 * mpmath.pi * q) for h in places]
    fourth, eighth = (mpmath.fdot(weights, [mpmath.sech(h) ** k for h in places]) for k in (4, 8))
    return [1 / fourth, eighth / fourth**2 - 1]


LAYER = balanced_network(TANH, LENGTH, 1, critical=True)


def of_a_layer(candidate: Candidate) -> np.ndarray:
    """Mean and second moment of one layer at the weights of the formula, (2,)."""
    square, spread = candidate.numpy(q_star=LENGTH)
    return np.array([square * average(TANH, LENGTH, 2, 1), 1 + spread])


def leading() -> np.ndarray:
    """The same where weights and spread grow like the root of the length, from averages at a far larger one, (2,)."""
    square, spread = (float(v) for v in by_nodes(20, {"q_star": FAR}))
    return np.sqrt(LENGTH / float(FAR)) * np.array([square * average(TANH, LENGTH, 2, 1), 1 + spread])


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The same, (1, 2), with what this length and width in the place of infinite ones add."""
    exact = mean_powers(LAYER, int(measured.resolution["width"]), 2)
    return (of_a_layer(candidate) + exact - leading())[None]


sampled = partial(spectral_moments, networks=(LAYER,), orders=2)


def certified_saturation(bits: int, point: Point) -> list[Any]:
    """Weights and spread where slopes are sech(h)^2 over a Gaussian that is flat, from integrals over all fields."""
    (q,) = numbers(point, "q_star")
    second, fourth = (_over_all_fields(power) for power in (4, 8))
    flat = (2 * flint.arb.pi() * q).sqrt()
    return [flat / second, flat * fourth / second**2 - 1]


def _over_all_fields(power: int) -> Any:
    """The integral of sech^power over the line: sech(h) < 2 exp(-|h|)."""
    return spread(
        lambda h: h.sech() ** power,
        lambda end: arb(2) ** power * (-power * abs(end)).exp() / power,
        [arb(-30), arb(-5), arb(0), arb(5), arb(30)],
    )


CLAIM = Claim(
    statement=strong_weights.STATEMENT,
    checks=(
        Certified(
            name="certified integrals over all fields",
            reference=certified_saturation,
            against="integrals of powers of sech over the line",
            values=("sigma_w^2", "v"),
            points=({"q_star": "45.62"}, {"q_star": "310"}),
        ),
        Rate(
            name="averages over nodes",
            exact=by_nodes,
            points=({},),
            values=("10", "100", "1000", "10000", "100000"),
            digits=20,
            against="averages of powers of tanh' by a trapezoid rule",
        ),
        Replicas(
            name="saturated layers",
            predict=predicted,
            quick=partial(sampled, width=100),
            full=partial(sampled, width=128),
            replicas=220,
            full_replicas=1500,
        ),
    ),
    quantities=("sigma_w^2", "v"),
    convention="v is the variance of the squared singular values of one layer over the square of their mean.",
    independence="Layers with sampled orthogonal weights and biases pass real signals; powers of their Jacobians are "
    "traced.",
)
