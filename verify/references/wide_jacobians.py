"""Networks whose Jacobians are sampled, and what the laws of their spectra say of what is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from derivations.activations import LINEAR, RELU, Activation
from numerics.jacobian_spectrum.products import Network
from numerics.measurement import Measurement
from verify.compile import Candidate, numpy_function
from verify.references.spectral_law import Law, fraction_above, mean_powers

ROOT_2 = 2**0.5
LADDER = ("32", "128", "512", "2048")  # widths at which the rate of an infinite limit is measured


def network(activation: Activation, sigma_w: float, q: float, layers: int, *, orthogonal: bool, **rest: float) -> Network:
    """A network as the experiments take it, of an activation with its derivative."""
    return Network(
        phi=numpy_function(activation),
        derivative=numpy_function(activation, 1),
        sigma_w=sigma_w,
        squared_length=q,
        layers=layers,
        orthogonal=orthogonal,
        **rest,
    )


def linear_networks(depths: tuple[int, ...], *, orthogonal: bool = False) -> tuple[Network, ...]:
    """Deep linear networks with weights of scale 1."""
    return tuple(network(LINEAR, 1.0, 1.3, layers, orthogonal=orthogonal) for layers in depths)


def relu_networks(depths: tuple[int, ...], *, orthogonal: bool) -> tuple[Network, ...]:
    """Rectified networks at their critical point, sigma_w^2 = 2."""
    return tuple(network(RELU, ROOT_2, 1.3, layers, orthogonal=orthogonal) for layers in depths)


def switched_moments(share: Any, gain: Any, orders: int) -> list:
    """Means of (gain phi'^2)^n, n from 0, where phi' is 1 for that share of the neurons and 0 for the others."""
    return [mpmath.mpf(1), *(share * gain**n for n in range(1, orders + 1))]


def fractions(laws: Callable[[Candidate, int], tuple[Law, float]], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Fraction above each level that was counted, (networks, levels); laws(candidate, k) is that of network k."""
    levels = np.asarray(measured.given["levels"])
    return np.stack([fraction_above(*laws(candidate, k), row) for k, row in enumerate(levels)])


def law_by_angle(candidate: Candidate, **values: Any) -> Law:
    """Singular value and fraction above it as functions of the angle: the first two quantities of a formula."""
    return lambda angles: candidate.numpy(varphi=angles, **values)[:2]


def along_the_angle(law: Law, end: float, orders: tuple[int, ...]) -> list[float]:
    """What lies above the continuous part, its fraction, and its means of s^(2 k) for each order."""
    return [float(law(np.array([1e-4 * end]))[1][0]), *mean_powers(law, end, (0, *orders))]
