"""Independent evaluations and predictions for the growth of a curve's lengths with depth."""

from __future__ import annotations

import functools
import math
from typing import Any

import flint
import numpy as np
from scipy import optimize

from derivations.activations import LINEAR, TANH, Activation
from numerics.measurement import Measurement
from verify import certify
from verify.checks.precision import Point
from verify.compile import Candidate, numpy_function
from verify.evidence import Path, Plane
from verify.references.manifold_geometry import fixed_point

Network = tuple[Activation, float, float]  # activation, sigma_w, sigma_b
WORDS = ("length / sqrt(width)", "width times curvature squared", "Grassmannian length")
DRAWN = 4  # layers in a picture


@functools.cache
def critical_tanh(sigma_b: float) -> Network:
    """The tanh network with this bias that stretches by 1 at its fixed point, on a trapezoid rule."""
    z = np.arange(-12, 12, 1 / 64)
    weight = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) / 64

    def stretch(sigma_w: float) -> float:
        q = fixed_point(TANH, sigma_w, sigma_b)
        return sigma_w**2 * float(weight @ (1 - np.tanh(math.sqrt(q) * z) ** 2) ** 2) - 1

    return TANH, optimize.brentq(stretch, 1.1, 2.0, xtol=1e-13), sigma_b


def settings(network: Network, points: int) -> dict[str, Any]:
    """The settings of an experiment on networks at their fixed point."""
    activation, sigma_w, sigma_b = network
    return {
        "sigma_w": sigma_w,
        "sigma_b": sigma_b,
        "squared_length": fixed_point(*network),
        "derivatives": tuple(numpy_function(activation, k) for k in range(3)),
        "points": points,
    }


CHAOTIC, CRITICAL, ORDERED = (TANH, 2.5, 0.3), critical_tanh(0.3), (TANH, 0.9, 0.3)
FAST_ORDERED, STRAIGHT = (TANH, 0.7, 0.5), (LINEAR, 0.8, 0.5)

# ------------------------------------------------------------------------------------------------ what the formula says


def at_layer(network: Network, candidate: Candidate, layer: int) -> np.ndarray:
    """Length over the root of the width, width times squared curvature and Grassmannian length, shape (3,)."""
    activation, sigma_w, _ = network
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), l=layer)


def by_layer(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The three quantities at the measured layers, (3, layers)."""
    assert measured.axis is not None
    return np.array([at_layer(network, candidate, int(layer)) for layer in measured.axis]).T


def turned(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The Grassmannian length at the measured layers."""
    return by_layer(network, candidate, measured)[2]


def last_ratio(network: Network, layers: int, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Ratio of the Grassmannian lengths at the last two layers."""
    last, before = (at_layer(network, candidate, layer)[2] for layer in (layers, layers - 1))
    return np.array([last / before])


def projected(phase: str, candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """The curve of a few layers along two random directions."""
    curves = np.asarray(measured.given["plane"])
    paths = tuple(
        Path(label=f"layer {layer + 1}", group=group, measured=(tuple(curves[layer, 0]), tuple(curves[layer, 1])))
        for group, layer in enumerate(np.linspace(0, len(curves) - 1, DRAWN).round().astype(int))
    )
    title = f"Image of the circle in {phase} networks, random projections"
    return (Plane(title=title, x_label="first direction", y_label="second direction", paths=paths, equal=True),)


# -------------------------------------------------------------------------------------- layers composed in balls


def arcsine_layers(bits: int, point: Point) -> list:
    """The three quantities at layer l of error functions, whose kernels are arcsines (Williams 1998).

    The Taylor series of the kernel is composed with itself layer by layer; the bias keeps the length.
    """
    with certify.precision(bits):
        sigma_w, q, pi = certify.ball(point["sigma_w"]), certify.ball(point["q_star"]), flint.arb.pi()
        kernel = flint.arb_series([q, 0, -q / 2, 0, q / 24], prec=5)  # q cos(Delta)
        for _ in range(int(point["l"]) - 1):
            image = (kernel * (2 / (1 + 2 * q))).asin() * (2 * sigma_w**2 / pi)
            kernel = image - image[0] + q
        metric, fourth = -2 * kernel[2], 24 * kernel[4]
        return [2 * pi * metric.sqrt(), fourth / metric**2, 2 * pi * (fourth / metric).sqrt()]
