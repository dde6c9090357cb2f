"""Independent evaluations and predictions for the stretch of random networks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from derivations.activations import TANH, Activation
from numerics.measurement import Measurement
from verify import certify
from verify.checks.precision import Point
from verify.compile import Candidate, numpy_function
from verify.references.manifold_geometry import fixed_point, sech_chis

Network = tuple[Activation, float, float]  # activation, sigma_w, sigma_b
ORDERED: Network = (TANH, 1.1, 0.2)
CRITICAL: Network = (TANH, math.sqrt(1.760955), math.sqrt(0.05))
CHAOTIC: Network = (TANH, 2.5, 0.3)


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
