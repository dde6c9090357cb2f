"""How many neurons one hidden layer needs to make a circle as long as a deep network does.

Lengths are those of polygons through the outputs of explicit networks of unequal widths; the length that one neuron can
add is that of a polygon behind a staircase of hard tanh neurons. No derivative, no metric and no kernel is used. The
certified reference iterates the kernel of every layer and cuts the staircase's image exactly.
"""

from __future__ import annotations

import functools
from typing import Any

import flint
import numpy as np

from derivations.activations import ERF, TANH
from derivations.manifold_geometry import depth_beats_width
from numerics.manifold_geometry.depth_and_width import image_lengths, lengths_by_width, neurons_for_length
from numerics.measurement import Measurement
from numerics.streams import Stream
from verify import certify
from verify.checks import Approach, Certified, FiniteSize
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.manifold_geometry import outputs_at_fixed_point
from verify.compile import Candidate, numpy_function
from verify.evidence import Path, Plane
from verify.references.mean_field import (
    LOPSIDED,
    ORDERED,
    SHIFTED,
    Network,
    fixed_point,
    output_kernel,
    published_critical_point,
    staircase,
)

SHALLOW_RANGE = 1.7  # of the activation of the layer that the deep networks are compared with
WIDTHS, GAINS = (10, 30, 100, 300, 1000), (1.0, 10.0, 100.0)


def _deep_networks(kind: str, network: Network, sizes: tuple, full_sizes: tuple, **pictures: Any) -> FiniteSize:
    experiment = functools.partial(image_lengths, **outputs_at_fixed_point(*network, points=200))
    return FiniteSize(
        name=f"lengths in {kind} networks",
        predict=functools.partial(lengths_by_depth, network),
        quick=functools.partial(experiment, layers=5),
        full=functools.partial(experiment, layers=7),
        sizes=sizes,
        full_sizes=full_sizes,
        axis="number of hidden layers D",
        quantity="length of the image over the root of the width",
        series=("length of the image",),
        **pictures,
    )


def _shallow_layers(network: Network) -> FiniteSize:
    experiment = functools.partial(
        neurons_for_length, **outputs_at_fixed_point(*network, points=100), shallow_range=SHALLOW_RANGE, neurons=5
    )
    return FiniteSize(
        name="neurons of one hidden layer",
        predict=functools.partial(neurons_by_depth, network),
        quick=functools.partial(experiment, layers=3),
        full=functools.partial(experiment, layers=5),
        sizes=((60, 60), (120, 40), (240, 32)),
        full_sizes=((252, 120), (500, 60), (1000, 30)),
        axis="number of hidden layers D",
        quantity="neurons over the root of the width",
        series=("neurons of one hidden layer",),
    )


def _narrow_networks(network: Network) -> Approach:
    return Approach(
        name="narrow networks",
        predict=functools.partial(lengths_by_depth, network),
        quick=functools.partial(image_lengths, **outputs_at_fixed_point(*network, points=200), layers=2),
        sizes=((24, 400), (96, 240)),
        full_sizes=((24, 4000), (96, 2400)),
    )


def length_and_neurons_from_kernels(bits: int, point: Point) -> list:
    """Length over the root of the width and neurons of a staircase, from the kernel of every layer in turn."""
    with certify.precision(bits):
        sigma_w, q, size = (certify.ball(point[name]) for name in ("sigma_w", "q_star", "R"))
        field = flint.arb_series([q, 0, -q / 2], prec=3)
        for _ in range(int(point["D"]) - 1):
            image = output_kernel(point["phi"], field, q) * sigma_w**2
            field = image - image[0] + q  # the bias that keeps the length
        squared_speed = -2 * output_kernel(point["phi"], field, q)[2]
        length = 2 * flint.arb.pi() * squared_speed.sqrt()
        return [length, length * 3 / (size * flint.arb(int(staircase(3, 2))))]


def _by_depth(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    assert measured.axis is not None
    activation, sigma_w, _ = network
    return candidate.numpy(
        phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), D=measured.axis, R=SHALLOW_RANGE
    )


def lengths_by_depth(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Length over the root of the width for networks of every depth on the axis, (depths,)."""
    return _by_depth(network, candidate, measured)[0]


def neurons_by_depth(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Neurons of one hidden layer over the root of the width, likewise."""
    return _by_depth(network, candidate, measured)[1]


@functools.cache
def one_layer_lengths() -> np.ndarray:
    """Mean lengths of the circle's image behind one random hidden layer of tanh neurons, (gains, widths)."""
    return lengths_by_width(
        widths=WIDTHS,
        replicas=2,
        stream=Stream(1, ("lengths by width",)),
        activation=numpy_function(TANH),
        gains=GAINS,
        points=1500,
    )


def depth_and_width(network: Network, candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Length over depth with its exponential, and over the width of one layer with the bound, which is linear."""
    assert measured.axis is not None
    predicted = lengths_by_depth(network, candidate, measured)
    depths = tuple(float(d) for d in measured.axis)
    widths = tuple(float(np.log10(w)) for w in WIDTHS)
    bound = tuple(float(np.log10(2 * w * 2.0)) for w in WIDTHS)
    return (
        Plane(
            title="Exponential in the depth",
            x_label="number of hidden layers D",
            y_label="decimal logarithm of the length over the root of the width",
            paths=(
                Path(
                    label="deep random networks",
                    theory=(depths, tuple(map(float, np.log10(predicted)))),
                    measured=(depths, tuple(map(float, np.log10(measured.values)))),
                ),
            ),
        ),
        Plane(
            title="At most linear in the width of one layer",
            x_label="decimal logarithm of the width N",
            y_label="decimal logarithm of the length",
            paths=(
                Path(label="bound of one hidden layer", group=0, theory=(widths, bound)),
                *(
                    Path(
                        label=f"random tanh layer of gain {gain:g}",
                        group=1 + k,
                        measured=(widths, tuple(map(float, np.log10(row)))),
                    )
                    for k, (gain, row) in enumerate(zip(GAINS, one_layer_lengths(), strict=True))
                ),
            ),
        ),
    )


def stretched(candidate: Candidate, sigma_w: float, length: float) -> float:
    """By how much a layer stretches a curve, squared."""
    first, second = (
        float(candidate.numpy(phi=TANH, sigma_w=sigma_w, q_star=length, D=depth, R=1.3)[0]) for depth in (3, 4)
    )
    return (second / first) ** 2


CLAIM = Claim(
    statement=depth_beats_width.STATEMENT,
    checks=(
        published_critical_point("critical point of tanh networks", stretched),
        _deep_networks(
            "chaotic, neither odd nor even",
            LOPSIDED,
            ((100, 70), (200, 30), (400, 16)),
            ((252, 300), (500, 100), (1000, 30)),
            picture=functools.partial(depth_and_width, LOPSIDED),
        ),
        _shallow_layers(LOPSIDED),
        _narrow_networks(LOPSIDED),
        _deep_networks("ordered tanh", ORDERED, ((80, 70), (160, 48), (320, 32)), ((252, 300), (500, 120), (1000, 60))),
        Certified(
            name="kernels iterated in power series",
            reference=length_and_neurons_from_kernels,
            against="the kernel of every layer in power series, and the exact length of a staircase",
            bits=64,
            digits=12,
            points=(
                {"phi": ERF, "sigma_w": "1.9", "q_star": "2.4", "D": 4, "R": "0.83"},
                {"phi": SHIFTED, "sigma_w": "1.3", "q_star": "0.7", "D": 5, "R": "3.1"},
            ),
        ),
    ),
    quantities=("L_D/sqrt(N)", "N_min/sqrt(N)"),
    convention="The circle counts as layer 1's field; lengths and widths are over the root of the last layer's width.",
    independence="Polygons through the outputs of explicit networks of unequal widths; no derivative and no kernel.",
)
