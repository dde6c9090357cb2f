"""Growth of length, curvature and Grassmannian length with depth."""

from __future__ import annotations

import functools
import math
from typing import Any

import flint
import numpy as np
from scipy import optimize

from derivations.activations import ERF, LINEAR, TANH, Activation
from derivations.manifold_geometry import grassmannian_growth
from numerics.manifold_geometry.image_curves import last_ratio, lengths_and_curvature, turned
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, FiniteSize, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate, numpy_function
from verify.evidence import Path, Plane
from verify.references.mean_field import fixed_point

Network = tuple[Activation, float, float]  # activation, sigma_w, sigma_b
WORDS = ("length / sqrt(width)", "width times curvature squared", "Grassmannian length")
DRAWN = 4  # layers in a picture
FAST_ORDERED, STRAIGHT = (TANH, 0.7, 0.5), (LINEAR, 0.8, 0.5)


def _image_of_the_circle(phase: str, network: Network, smallest: int) -> FiniteSize:
    run = functools.partial(lengths_and_curvature, circles=12, outline=180, **settings(network, points=4))
    return FiniteSize(
        name=f"image of a circle in {phase} networks",
        predict=functools.partial(by_layer, network),
        quick=functools.partial(run, layers=7),
        full=functools.partial(run, layers=10),
        sizes=((smallest, 44), (2 * smallest, 26), (4 * smallest, 14)),
        full_sizes=((250, 200), (500, 80), (1000, 30)),
        axis="layer",
        quantity="geometry of the curve",
        series=WORDS,
        picture=functools.partial(projected, phase),
    )


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


def at_layer(network: Network, candidate: Candidate, layer: int) -> np.ndarray:
    """Length over the root of the width, width times squared curvature and Grassmannian length, shape (3,)."""
    activation, sigma_w, _ = network
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), l=layer)


def by_layer(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The three quantities at the measured layers, (3, layers)."""
    assert measured.axis is not None
    return np.array([at_layer(network, candidate, int(layer)) for layer in measured.axis]).T


def predicted_turned(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The Grassmannian length at the measured layers."""
    return by_layer(network, candidate, measured)[2]


def predicted_last_ratio(network: Network, layers: int, candidate: Candidate, measured: Measurement) -> np.ndarray:
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


CHAOTIC, CRITICAL, ORDERED = (TANH, 2.5, 0.3), critical_tanh(0.3), (TANH, 0.9, 0.3)
ORDERED_GROWTH = _image_of_the_circle("ordered", ORDERED, 80)

CLAIM = Claim(
    statement=grassmannian_growth.STATEMENT,
    checks=(
        _image_of_the_circle("chaotic", CHAOTIC, 80),
        _image_of_the_circle("critical", CRITICAL, 80),
        ORDERED_GROWTH,
        Replicas(
            name="linear networks, which do not turn the circle further",
            predict=functools.partial(predicted_turned, STRAIGHT),
            quick=functools.partial(turned, width=60, layers=4, circles=1, **settings(STRAIGHT, points=160)),
            replicas=8,
        ),
        Certified(
            name="layers of error functions in power series",
            reference=arcsine_layers,
            against="arcsine kernels composed in power series, layer by layer",
            bits=70,
            digits=12,
            points=({"phi": ERF, "sigma_w": "1.9", "q_star": "2.4", "l": 5},),
        ),
    ),
    convention="Layer 1 is the circle, lengths are over one turn; metric over the width and curvature times its root.",
    independence="Explicit networks of unequal widths; position, velocity and acceleration, no recursion.",
    printed={
        "E18": Ordeal(
            fails=ORDERED_GROWTH,
            holds=FiniteSize(
                name="ratio of successive lengths in deep layers of ordered networks",
                predict=functools.partial(predicted_last_ratio, FAST_ORDERED, 14),
                quick=functools.partial(last_ratio, layers=14, circles=12, **settings(FAST_ORDERED, points=4)),
                sizes=((40, 30), (80, 20), (160, 12)),
            ),
        )
    },
)
