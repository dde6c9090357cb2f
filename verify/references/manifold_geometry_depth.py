"""Depth against width: kernels iterated in power series, what the formula says of networks, and pictures of both."""

from __future__ import annotations

import functools
from typing import Any

import flint
import numpy as np

from derivations.activations import ERF, TANH, Activation
from numerics.manifold_geometry.depth_and_width import lengths_by_width
from numerics.measurement import Measurement
from numerics.streams import Stream
from verify import certify
from verify.checks.precision import Point
from verify.compile import Candidate, numpy_function
from verify.evidence import Path, Plane
from verify.references.manifold_geometry import fixed_point
from verify.references.manifold_geometry_shallow import staircase

SHALLOW_RANGE = 1.7  # of the activation of the layer that the deep networks are compared with
WIDTHS, GAINS = (10, 30, 100, 300, 1000), (1.0, 10.0, 100.0)


def output_kernel(activation: Activation, field: Any, q: Any) -> Any:
    """Inner product per neuron of the outputs at two angles, from that of the fields, as power series.

    Error functions have an arcsine kernel (Williams 1998); sin u sin v averages to exp(-q) sinh(c).
    """
    if activation is ERF:
        return (field * (2 / (1 + 2 * q))).asin() * (2 / flint.arb.pi())
    return ((field - q).exp() - (-field - q).exp()) / 2


def iterated_kernel(bits: int, point: Point) -> list:
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


def by_depth(network: tuple[Activation, float, float], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Both numbers for networks of every depth on the axis, (2, depths)."""
    assert measured.axis is not None
    activation, sigma_w, _ = network
    return candidate.numpy(
        phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), D=measured.axis, R=SHALLOW_RANGE
    )


@functools.cache
def one_layer_lengths() -> np.ndarray:
    """Mean lengths of the circle's image behind one random hidden layer of tanh neurons, (gains, widths)."""
    return lengths_by_width(
        widths=WIDTHS, replicas=2, stream=Stream(1, ("lengths by width",)), activation=numpy_function(TANH),
        gains=GAINS, points=1500,
    )  # fmt: skip


def depth_and_width(
    network: tuple[Activation, float, float], candidate: Candidate, measured: Measurement
) -> tuple[Plane, ...]:
    """Length over depth with its exponential, and over the width of one layer with the bound, which is linear."""
    assert measured.axis is not None
    predicted = by_depth(network, candidate, measured)[0]
    depths = tuple(float(d) for d in measured.axis)
    widths = tuple(float(np.log10(w)) for w in WIDTHS)
    bound = tuple(float(np.log10(2 * w * 2.0)) for w in WIDTHS)
    return (
        Plane(
            title="Exponential in the depth",
            x_label="depth",
            y_label="decimal logarithm of the length over the root of the width",
            paths=(
                Path(
                    label="deep random networks",
                    theory=(depths, tuple(map(float, np.log10(predicted)))),
                    measured=(depths, tuple(map(float, np.log10(measured.values[0])))),
                ),
            ),
        ),
        Plane(
            title="At most linear in the width of one layer",
            x_label="decimal logarithm of the width",
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
