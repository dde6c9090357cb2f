"""Stretch of a random network: mean squared singular value of its Jacobian."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from derivations.activations import TANH, Activation
from derivations.signal_propagation import stretch_factor
from numerics.measurement import Measurement
from numerics.signal_propagation.jacobians import squared_singular_values, stretch_by_length
from verify import certify
from verify.checks import Certified, FiniteSize
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, numpy_function
from verify.references.mean_field import fixed_point, sech_chis

Network = tuple[Activation, float, float]  # activation, sigma_w, sigma_b
ORDERED: Network = (TANH, 1.1, 0.2)
CRITICAL: Network = (TANH, math.sqrt(1.760955), math.sqrt(0.05))
CHAOTIC: Network = (TANH, 2.5, 0.3)


def _jacobians(kind: str, network: Network) -> FiniteSize:
    setting = {**callables(network), "squared_length": fixed_point(*network)}
    return FiniteSize(
        name=f"Jacobians of {kind} tanh networks",
        predict=partial(by_depth, network),
        quick=partial(squared_singular_values, layers=5, siblings=5, columns=8, **setting),
        full=partial(squared_singular_values, layers=10, siblings=5, columns=20, **setting),
        sizes=((40, 160), (80, 100), (160, 50)),
        full_sizes=((100, 1000), (200, 400), (400, 100)),
        axis="layers of weights",
        quantity="mean squared singular value",
        series=("by x^0", "by h^0"),
    )


def callables(network: Network) -> dict[str, Any]:
    """The settings of a network for the experiments: activation and derivative as functions."""
    activation, sigma_w, sigma_b = network
    return {
        "phi": numpy_function(activation),
        "derivative": numpy_function(activation, 1),
        "sigma_w": sigma_w,
        "sigma_b": sigma_b,
    }


def multiplied(chi: Any, point: Point, one: Any, sigma_w: Any) -> list:
    """The stretch of a layer, of `D` layers one after the other, and of these after the slopes of layer 0."""
    first, product = chi / (sigma_w * sigma_w), one
    for _ in range(int(point["D"])):
        product = product * chi
    return [chi, product, product * first]


def fourier_stretch(bits: int, point: Point) -> list:
    """The three stretches of tanh networks, from Fourier integrals."""
    with certify.precision(bits):
        sigma_w, q = certify.ball(point["sigma_w"]), certify.ball(point["q_star"])
        return multiplied(sech_chis(sigma_w, q)[0], point, certify.ball(1), sigma_w)


def by_depth(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Stretch of the Jacobians by x^0 and by h^0, (2, layers), at the fixed point of the network."""
    activation, sigma_w, _ = network
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), D=measured.axis)[1:]


def by_length(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Stretch of one layer at other lengths than the fixed point."""
    activation, sigma_w, _ = network
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=measured.axis, D=3)[0]


CLAIM = Claim(
    statement=stretch_factor.STATEMENT,
    checks=(
        FiniteSize(
            name="one layer at lengths other than q*",
            predict=partial(by_length, CHAOTIC),
            quick=partial(stretch_by_length, squared_lengths=(0.2, 0.5, 1.3, 4.1, 9.0), **callables(CHAOTIC)),
            sizes=((40, 800), (80, 400), (160, 200)),
            full_sizes=((100, 4000), (200, 2000), (400, 1000)),
            axis="squared length per neuron",
            quantity="mean squared singular value of a layer",
        ),
        _jacobians("ordered", ORDERED),
        _jacobians("critical", CRITICAL),
        _jacobians("chaotic", CHAOTIC),
        Certified(
            name="tanh, Fourier integrals",
            reference=fourier_stretch,
            against="integrals over the Fourier transform of sech^4, multiplied layer by layer",
            bits=100,
            digits=20,
            points=({"phi": TANH, "sigma_w": "1.7", "q_star": "0.83", "D": 3},),
        ),
    ),
    convention="The trace of J^T J is divided by the width of the last layer; layers are counted by their weights.",
    independence="Columns of the Jacobians of explicit networks of unequal widths with biases, multiplied out; weights "
    "and slopes of a row depend on each other as they do.",
)
