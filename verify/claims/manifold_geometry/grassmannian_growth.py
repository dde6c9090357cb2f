"""Length, curvature and Grassmannian length of a circle's image at every layer, in the three phases.

Position, velocity and acceleration go through explicit networks of unequal widths; lengths are means over the circle,
and no layer is predicted from the layer before. The certified references compose the kernels of the layers in power
series and read all three quantities off the last one, without the sum over layers that the formula has.
"""

from __future__ import annotations

import functools
import math

import flint
import numpy as np

from derivations.activations import ERF, LINEAR, TANH
from derivations.manifold_geometry import grassmannian_growth
from numerics.manifold_geometry.image_curves import lengths_and_curvature, tangent_path_lengths, tangent_path_ratio
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Approach, Certified, FiniteSize, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.manifold_geometry import at_fixed_point
from verify.compile import Candidate
from verify.evidence import Path, Plane
from verify.references.mean_field import (
    LOPSIDED,
    ORDERED,
    SHIFTED,
    Network,
    fixed_point,
    output_kernel,
    published_critical_point,
)

WORDS = ("length / sqrt(width)", "width times curvature squared", "Grassmannian length")
DRAWN = 4  # layers in a picture
FAST_ORDERED, STRAIGHT = (TANH, 0.7, 0.5), (LINEAR, 0.8, 0.5)


def _image_of_the_circle(phase: str, network: Network, smallest: int) -> FiniteSize:
    run = functools.partial(lengths_and_curvature, circles=7, outline=180, **at_fixed_point(*network, points=4))
    return FiniteSize(
        name=f"image of a circle in {phase} networks",
        predict=functools.partial(geometry_by_layer, network),
        quick=functools.partial(run, layers=6),
        full=functools.partial(run, layers=10),
        sizes=((smallest, 46), (2 * smallest, 28), (4 * smallest, 16)),
        full_sizes=((252, 200), (500, 80), (1000, 30)),
        axis="layer l",
        quantity="geometry of the curve",
        series=WORDS,
        picture=functools.partial(projected_curves, phase),
    )


def _narrow_networks(network: Network) -> Approach:
    run = functools.partial(lengths_and_curvature, circles=12, outline=8, **at_fixed_point(*network, points=4))
    return Approach(
        name="narrow networks",
        predict=functools.partial(geometry_by_layer, network),
        quick=functools.partial(run, layers=2),
        sizes=((24, 900), (96, 450)),
        full_sizes=((24, 4000), (96, 2000)),
    )


@functools.cache
def critical_tanh(sigma_b: float) -> Network:
    """The tanh network with this bias that stretches by 1 at its fixed point, on a trapezoid rule."""
    from scipy import optimize

    z = np.arange(-12, 12, 1 / 64)
    weight = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) / 64

    def stretch(sigma_w: float) -> float:
        q = fixed_point(TANH, sigma_w, sigma_b)
        return sigma_w**2 * float(weight @ (1 - np.tanh(math.sqrt(q) * z) ** 2) ** 2) - 1

    return TANH, optimize.brentq(stretch, 1.1, 2.0, xtol=1e-13), sigma_b


def geometry_at_layer(network: Network, candidate: Candidate, layer: int) -> np.ndarray:
    """Length over the root of the width, width times squared curvature and Grassmannian length, shape (3,)."""
    activation, sigma_w, _ = network
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), l=layer)


def geometry_by_layer(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The three quantities at the measured layers, (3, layers)."""
    assert measured.axis is not None
    return np.array([geometry_at_layer(network, candidate, int(layer)) for layer in measured.axis]).T


def grassmannian_lengths(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The Grassmannian length at the measured layers."""
    return geometry_by_layer(network, candidate, measured)[2]


def ratio_of_last_lengths(network: Network, layers: int, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Ratio of the Grassmannian lengths at the last two layers."""
    last, before = (geometry_at_layer(network, candidate, layer)[2] for layer in (layers, layers - 1))
    return np.array([last / before])


def projected_curves(phase: str, candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """The curve of a few layers along two random directions."""
    curves = np.asarray(measured.given["plane"])
    paths = tuple(
        Path(label=f"layer {layer + 1}", group=group, measured=(tuple(curves[layer, 0]), tuple(curves[layer, 1])))
        for group, layer in enumerate(np.linspace(0, len(curves) - 1, DRAWN).round().astype(int))
    )
    title = f"Image of the circle in {phase} networks, random projections"
    return (Plane(title=title, x_label="first direction", y_label="second direction", paths=paths, equal=True),)


def layers_with_closed_kernels(bits: int, point: Point) -> list:
    """The three quantities at layer l of an activation whose kernel has a closed form.

    The Taylor series of the kernel is composed with itself layer by layer; the bias keeps the length.
    """
    with certify.precision(bits):
        sigma_w, q, pi = certify.ball(point["sigma_w"]), certify.ball(point["q_star"]), flint.arb.pi()
        kernel = flint.arb_series([q, 0, -q / 2, 0, q / 24], prec=5)  # q cos(Delta)
        for _ in range(int(point["l"]) - 1):
            image = output_kernel(point["phi"], kernel, q) * sigma_w**2
            kernel = image - image[0] + q
        metric, fourth = -2 * kernel[2], 24 * kernel[4]
        return [2 * pi * metric.sqrt(), fourth / metric**2, 2 * pi * (fourth / metric).sqrt()]


CRITICAL = critical_tanh(0.3)
ORDERED_GROWTH = _image_of_the_circle("ordered", ORDERED, 160)


def stretched(candidate: Candidate, sigma_w: float, length: float) -> float:
    """By how much a layer stretches a curve, squared."""
    first, second = (float(candidate.numpy(phi=TANH, sigma_w=sigma_w, q_star=length, l=layer)[0]) for layer in (3, 4))
    return (second / first) ** 2


CLAIM = Claim(
    statement=grassmannian_growth.STATEMENT,
    checks=(
        published_critical_point("critical point of tanh networks", stretched),
        _image_of_the_circle("chaotic", LOPSIDED, 180),
        _image_of_the_circle("critical", CRITICAL, 160),
        ORDERED_GROWTH,
        _narrow_networks(LOPSIDED),
        Replicas(
            name="linear networks, which do not turn the circle further",
            predict=functools.partial(grassmannian_lengths, STRAIGHT),
            quick=functools.partial(
                tangent_path_lengths, width=60, layers=4, circles=1, **at_fixed_point(*STRAIGHT, points=160)
            ),
            replicas=8,
        ),
        Certified(
            name="closed kernels in power series",
            reference=layers_with_closed_kernels,
            against="the closed kernels of error functions and of shifted sines, composed layer by layer",
            bits=70,
            digits=12,
            points=(
                {"phi": ERF, "sigma_w": "1.9", "q_star": "2.4", "l": 5},
                {"phi": SHIFTED, "sigma_w": "1.3", "q_star": "0.7", "l": 4},
            ),
        ),
    ),
    quantities=("L^E_l/sqrt(N)", "kappabar^l**2", "L^G_l"),
    convention="Layer 1 is the circle, lengths are over one turn; metric over the width and curvature times its root.",
    independence="Explicit networks of unequal widths; position, velocity and acceleration, no recursion.",
    printed={
        "E18": Ordeal(
            fails=ORDERED_GROWTH,
            holds=FiniteSize(
                name="ratio of successive lengths in deep layers of ordered networks",
                predict=functools.partial(ratio_of_last_lengths, FAST_ORDERED, 14),
                quick=functools.partial(
                    tangent_path_ratio, layers=14, circles=12, **at_fixed_point(*FAST_ORDERED, points=4)
                ),
                sizes=((40, 30), (80, 20), (160, 12)),
            ),
        )
    },
)
