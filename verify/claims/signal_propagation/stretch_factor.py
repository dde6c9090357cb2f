"""Stretch of a random network: mean squared singular value of its Jacobian.

The Jacobians of explicit networks are multiplied out layer by layer and their columns' squared lengths added up, in
all three phases and for an activation that is neither odd nor even. Weights and slopes of a row depend on each other
there as they do in a network; the formula treats them as independent, and no average of a slope enters the experiment.

For the shifted sine the mean squared singular value of a layer is known at any width, weights and slopes together:
its distance from the formula shows that what the formula leaves out is of order 1 / N.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from derivations.activations import TANH
from derivations.signal_propagation import stretch_factor
from numerics.measurement import Measurement
from numerics.signal_propagation.jacobians import squared_singular_values, stretch_by_length
from verify import certify
from verify.checks import Certified, FiniteSize, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, numpy_function
from verify.references import finite_width
from verify.references.mean_field import SHIFTED, Network, fixed_point, published_critical_point, sech_chis

ORDERED: Network = (TANH, 1.1, 0.2)
CRITICAL: Network = (TANH, math.sqrt(1.760955), math.sqrt(0.05))
CHAOTIC: Network = (SHIFTED, 1.7, 0.6)
LENGTHS = (0.4, 0.6, 0.9, 1.5, 3.1)  # squared, per neuron
FINITE = (1.5, 0.6)  # sigma_w and sigma_b of the networks of finite width


def _jacobians(kind: str, network: Network) -> FiniteSize:
    setting = {**callables(network), "squared_length": fixed_point(*network)}
    return FiniteSize(
        name=f"Jacobians of {kind} {network[0].name} networks",
        predict=partial(stretch_by_depth, network),
        quick=partial(squared_singular_values, layers=4, siblings=5, columns=8, **setting),
        full=partial(squared_singular_values, layers=6, siblings=5, columns=20, **setting),
        sizes=((40, 220), (80, 108), (160, 146)),
        full_sizes=((100, 850), (200, 280), (400, 360)),
        axis="depth D (layers of weights)",
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


def fourier_stretch(bits: int, point: Point) -> list:
    """The three stretches of tanh networks, one layer after the other, from Fourier integrals."""
    with certify.precision(bits):
        sigma_w, q = certify.ball(point["sigma_w"]), certify.ball(point["q_star"])
        chi = sech_chis(sigma_w, q)[0]
        product = certify.ball(1)
        for _ in range(int(point["D"])):
            product = product * chi
        return [chi, product, product * chi / (sigma_w * sigma_w)]


def exact_stretch(dps: int, point: Point) -> list[float]:
    """The three stretches of one layer behind N neurons, weights and slopes of a row together."""
    by_output, by_field = (
        finite_width.stretch(float(point["N"]), FINITE, from_fields) for from_fields in (False, True)
    )
    return [by_output, by_output, by_field]


def wide_stretch(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The formula for the same network."""
    q = finite_width.fixed_length(FINITE)
    return [float(v) for v in candidate.numpy(phi=SHIFTED, sigma_w=FINITE[0], q_star=q, D=1)]


def stretch_by_depth(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Stretch of the Jacobians by x^0 and by h^0, (2, layers), at the fixed point of the network."""
    activation, sigma_w, _ = network
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), D=measured.axis)[1:]


def layer_stretch(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Stretch of one layer, (lengths,), at other lengths than the fixed point."""
    activation, sigma_w, _ = network
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=measured.axis, D=3)[0]


def one_layer(candidate: Candidate, sigma_w: float, length: float) -> float:
    """Mean squared singular value of one layer."""
    return float(candidate.numpy(phi=TANH, sigma_w=sigma_w, q_star=length, D=3)[0])


CLAIM = Claim(
    statement=stretch_factor.STATEMENT,
    checks=(
        published_critical_point("critical point of tanh networks", one_layer),
        FiniteSize(
            name="one layer at lengths other than q*",
            predict=partial(layer_stretch, CHAOTIC),
            quick=partial(stretch_by_length, squared_lengths=LENGTHS, **callables(CHAOTIC)),
            sizes=((40, 800), (80, 400), (160, 200)),
            full_sizes=((100, 1100), (200, 150), (400, 450)),
            axis="squared length q per neuron",
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
        Rate(
            name="one layer of finite width",
            exact=exact_stretch,
            against="exact averages of the shifted sine at width N, weights and slopes of a row together",
            points=({},),
            values=finite_width.LADDER,
            digits=finite_width.DIGITS,
            evaluate=wide_stretch,
        ),
    ),
    quantities=(
        r"\frac{1}{N} \mathbb{E}\, \mathrm{Tr}\, (D W)^T D W",
        r"\frac{1}{N} \mathbb{E}\, \mathrm{Tr}\, J^T J,\; J = \partial x^D / \partial x^0",
        r"\frac{1}{N} \mathbb{E}\, \mathrm{Tr}\, J_0^T J_0,\; J_0 = \partial x^D / \partial h^0",
    ),
    convention="The trace of J^T J is divided by the width of the last layer; layers are counted by their weights.",
    independence="Columns of the Jacobians of explicit networks of unequal widths with biases, multiplied out; weights "
    "and slopes of a row depend on each other as they do.",
)
