"""tanh networks with orthogonal weights whose gain is slightly above 1: averages by nodes, and sampled networks.

Averages over Gaussian preactivations, by a trapezoid rule, must approach the law with the third power of q*. Networks
of six layers are sampled; what their q* adds to the law is taken from the same averages, at that q* and at a far
smaller one. That learning times do not depend on depth at a fixed gain is refuted by both.
"""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb, arb_series

from derivations.activations import TANH
from derivations.jacobian_spectrum import beyond_the_edge
from numerics.jacobian_spectrum.layers import mean_and_logarithm
from numerics.measurement import Measurement
from verify.checks import Certified, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import (
    numbers,
)
from verify.references.wide_jacobians import average, balanced_network, nodes

LENGTH, LAYERS = 0.06, 6
NEAR = "1e-6"  # a length at which what is not of leading order is a part of 1e-5


def by_nodes(dps: int, point: Point) -> list:
    """The gain squared that keeps a length, the mean squared singular value and minus the mean logarithm of one
    layer."""
    q = mpmath.mpf(point["q_star"])
    places = [mpmath.sqrt(q) * z for z in nodes(dps)]
    weights = [mpmath.mpf(5) / (2 * dps) * mpmath.npdf(z) for z in nodes(dps)]
    square = mpmath.fdot(weights, [mpmath.tanh(h) ** 2 for h in places])
    slope = mpmath.fdot(weights, [mpmath.sech(h) ** 4 for h in places])
    logarithm = mpmath.fdot(weights, [mpmath.log(mpmath.sech(h)) for h in places])
    gain = q / square
    return [gain, gain * slope, -mpmath.log(gain) / 2 - 2 * logarithm]


def of_layers(candidate: Candidate) -> np.ndarray:
    """Mean squared singular value of all layers, and mean logarithm of one, (2,), by the formula."""
    _, stretch, decay = candidate.numpy(q_star=LENGTH)
    return np.array([stretch**LAYERS, -decay])


@functools.cache
def of_length() -> np.ndarray:
    """What this length has of them beyond the leading order, which is that of a far smaller length, from nodes."""
    with mpmath.workdps(40):
        _, squared, decay = by_nodes(40, {"q_star": NEAR})
        share = (LENGTH / mpmath.mpf(NEAR)) ** 2
        leading = np.array([float((1 + (squared - 1) * share) ** LAYERS), float(-decay * share)])
    gain = LENGTH / average(TANH, LENGTH, 2)
    stretch = gain * average(TANH, LENGTH, 2, 1)
    z = np.arange(-9, 9, 1 / 256)
    weights = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / 256
    logarithm = math.log(gain) / 2 - 2 * float(weights @ np.log(np.cosh(np.sqrt(LENGTH) * z)))
    return np.array([stretch**LAYERS, logarithm]) - leading


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Both, with what the length adds."""
    return of_layers(candidate) + of_length()


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What finite width changes, to the order q*^2 / N.

    Preactivations lie on a sphere, where the mean fourth power is 3 q^2 N / (N + 2): of E tanh(h)^2 = q - 2 E h^4 / 3
    each layer gains at most 4 q*^2 / N. The mean logarithm falls like the length, by 2 (L - 1) q*^2 / N for all before,
    and by q*^2 / N for its own sphere. The mean square falls twice as fast, in each layer by 14 q*^2 / N for its own
    sphere, and by at most 16 q*^2 / N since weights take the signal to the field that switches them.
    """
    share = LENGTH**2 / measured.resolution["width"]
    return np.array([4 * LAYERS * (LAYERS - 1) + 30 * LAYERS, 2 * LAYERS - 1]) * share


def certified_expansion(bits: int, point: Point) -> list[Any]:
    """Weights, slope and mean logarithm to the order stated, from the power series of tanh averaged term by term."""
    (q,) = numbers(point, "q_star")
    h = arb_series([0, 1], prec=8)
    tangent = h.sin() / h.cos()
    tanh = arb_series([0, tangent[1], 0, -tangent[3], 0, tangent[5]], prec=8)
    gaussian = [1, 1, 3, 15]  # moments of order 0, 2, 4, 6

    def averaged(series: Any) -> Any:
        return arb_series([series[2 * k] * gaussian[k] for k in range(3)], prec=3)

    square = tanh * tanh
    length = arb_series([square[2 * k + 2] * gaussian[k + 1] for k in range(3)], prec=3)  # E tanh^2 / q
    slope_squared = tanh.derivative() ** 2
    slope_squared = arb_series([slope_squared[k] for k in range(6)], prec=6)
    weights = 1 / length
    chi = weights * averaged(slope_squared)
    # ln s^-1 of a layer is -(ln chi_1) / 2 and half of the spread of the logarithm of the slope
    logarithm = slope_squared.log()
    mean = averaged(logarithm) + weights.log()

    def at_length(series: Any, terms: int) -> Any:
        return sum((series[k] * q**k for k in range(terms)), arb(0))

    return [at_length(weights, 3), at_length(chi, 3), -at_length(mean, 3) / 2]


CLAIM = Claim(
    statement=beyond_the_edge.STATEMENT,
    checks=(
        Certified(
            name="certified power series of tanh",
            reference=certified_expansion,
            against="moments of a Gaussian in the power series of tanh",
            values=("sigma_w^2", "chi_1", "E ln 1/s"),
            points=({"q_star": "0.013"}, {"q_star": "0.37"}),
        ),
        Rate(
            name="averages over nodes",
            exact=by_nodes,
            points=({},),
            values=("0.1", "0.01", "0.001", "0.0001"),
            digits=30,
            against="averages over Gaussian preactivations by a trapezoid rule",
        ),
        Replicas(
            name="networks beyond the edge",
            predict=predicted,
            quick=partial(
                mean_and_logarithm, width=180, network=balanced_network(TANH, LENGTH, LAYERS, critical=False)
            ),
            full=partial(mean_and_logarithm, width=600, network=balanced_network(TANH, LENGTH, LAYERS, critical=False)),
            replicas=90,
            full_replicas=150,
            bias=bias,
            bias_note="the sphere of preactivations at width N",
        ),
    ),
    quantities=("sigma_w^2", "chi_1", r"\mathrm{E} \ln s^{-1}"),
    convention="chi_1 is the mean of the squared singular values of one layer; the logarithm is that of singular "
    "values.",
    independence="Networks with sampled orthogonal weights pass real signals; their Jacobians are multiplied out.",
)
