"""tanh networks with orthogonal weights of gain 1: the length map iterated, and sampled networks of eighty layers.

The map of the length is iterated on a trapezoid rule from a length of 1 for up to 100,000 layers; length, mean and
spread of a layer must approach the law like ln l / l^2. Networks are sampled; what the number of the layer adds to
the law is taken from the same map, at that layer and far out.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb_series

from derivations.activations import TANH
from derivations.jacobian_spectrum import gain_one
from numerics.jacobian_spectrum.layers import along_depth
from numerics.measurement import Measurement
from verify.checks import Certified, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import (
    numbers,
)
from verify.references.wide_jacobians import network

START, SEEN, WINDOW = 1.0, (40, 80, 150), 8
FAR = 200_000  # layers: what is not of leading order is a part of 1e-4 there
Z = np.arange(-9, 9, 1 / 4)
WEIGHTS = np.exp(-(Z**2) / 2) / np.sqrt(2 * np.pi) / 4


@functools.cache
def lengths(layers: int) -> np.ndarray:
    """The squared length per neuron at each layer from 1 on, behind a start of length 1."""
    found = np.empty(layers)
    q = START
    for layer in range(layers):
        found[layer] = q
        q = float(WEIGHTS @ np.tanh(np.sqrt(q) * Z) ** 2)
    return found


def of_a_layer(layer: int) -> list[float]:
    """Length, mean and relative variance of the squared slopes at a layer."""
    q = float(lengths(layer)[-1])
    squares = 1 / np.cosh(np.sqrt(q) * Z) ** 4
    mean = float(WEIGHTS @ squares)
    return [q, mean, float(WEIGHTS @ (squares - mean) ** 2) / mean**2]


def iterated(dps: int, point: Point) -> list:
    """The same, as numbers of mpmath."""
    return [mpmath.mpf(v) for v in of_a_layer(int(point["l"]))]


def scaled_spread(dps: int, point: Point) -> mpmath.mpf:
    """The spread of a layer times its number, so that its error is of the order of the others."""
    return mpmath.mpf(of_a_layer(int(point["l"]))[2]) * int(point["l"])


def stated_spread(candidate: Candidate, dps: int, point: Point) -> mpmath.mpf:
    """What the formula says of it."""
    return candidate.mpmath(dps, **point)[2] * int(point["l"])


def windows(measured: Measurement) -> np.ndarray:
    """The layers over which each value is averaged, (layers, window)."""
    return np.add.outer(np.asarray(measured.axis), np.arange(int(np.asarray(measured.given["window"]))))


def by_map(layers: np.ndarray) -> np.ndarray:
    """Length, mean and spread at each layer, (3, *layers), from the map."""
    return np.moveaxis(np.array([[of_a_layer(int(layer)) for layer in row] for row in layers]), -1, 0)


def leading(layers: np.ndarray) -> np.ndarray:
    """The same to leading order, (3, *layers): length, 1 - mean and spread far out fall like 1/l, 1/l and 1/l^2."""
    length, mean, spread = of_a_layer(FAR)
    share = FAR / layers
    return np.stack([length * share, 1 - (1 - mean) * share, spread * share**2])


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The same by the formula, averaged, with what the map has beyond the leading order, (3, layers)."""
    layers = windows(measured)
    return np.mean(candidate.numpy(l=layers) + by_map(layers) - leading(layers), axis=-1)


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What finite width changes.

    At a given length preactivations lie on a sphere, where the mean fourth power is 3 q^2 N / (N + 2): 1 / q grows by
    2 (1 - 2 / N) a layer, so that q and 1 - chi are larger by 2 / N, and v, which goes like q^2, by at most 4 / N.
    Fluctuations of the length add a relative 2.7 / (l N), from the variance 10.7 / N of what a layer adds to 1 / q.
    """
    layers, width = np.asarray(measured.axis), measured.resolution["width"]
    length, mean, spread = by_map(layers[:, None])[..., 0]
    return np.array([length, 1 - mean, 2 * spread]) * (2 + 2.7 / layers) / width


sampled = partial(along_depth, network=network(TANH, 1.0, START, 1, orthogonal=True), window=WINDOW)


def certified_decay(bits: int, point: Point) -> list[Any]:
    """Length, slope and spread of layer l from the power series of tanh, whose averages are moments of a Gaussian.

    A length that obeys q -> q - c q^2 falls like 1 / (c l).
    """
    (layer,) = numbers(point, "l")
    h = arb_series([0, 1], prec=6)
    output = h.sin() / h.cos()  # of i tanh(-i h): the signs alternate
    tanh = arb_series([0, output[1], 0, -output[3]], prec=6)
    square, slopes = tanh * tanh, tanh.derivative() ** 2
    falls = -3 * square[4]  # of E tanh(sqrt(q) z)^2 = q - falls q^2
    length = 1 / (falls * layer)
    return [length, 1 + slopes[2] * length, 2 * (slopes[2] * length) ** 2]


CLAIM = Claim(
    statement=gain_one.STATEMENT,
    checks=(
        Certified(
            name="certified power series of tanh",
            reference=certified_decay,
            against="moments of a Gaussian in the power series of tanh",
            values=("q", "chi", "v"),
            points=({"l": "30"}, {"l": "700"}),
        ),
        Rate(
            name="the length map iterated",
            exact=iterated,
            points=({},),
            values=("200", "2000", "20000", "200000"),
            digits=15,
            against="the length map of tanh, iterated on a trapezoid rule",
        ),
        Rate(
            name="the spread times the number of the layer",
            exact=scaled_spread,
            points=({},),
            values=("200", "2000", "20000", "200000"),
            digits=15,
            against="the length map of tanh, iterated on a trapezoid rule, and the spread of tanh'^2 at its lengths",
            evaluate=stated_spread,
        ),
        Replicas(
            name="networks of gain 1",
            predict=predicted,
            quick=partial(sampled, width=80, layers=SEEN),
            full=partial(sampled, width=320, layers=(*SEEN, 200)),
            replicas=26,
            full_replicas=60,
            bias=bias,
            bias_note="the sphere of preactivations at width N, and fluctuations of the length",
            axis="layer l",
            quantity="length, mean and spread",
            series=("length", "mean", "spread"),
        ),
    ),
    quantities=("q_l", "chi_l", "v_l"),
    convention="Layer 1 has the length of the start, 1 per neuron. In networks each value is a mean over eight layers.",
    independence="Networks with sampled orthogonal weights pass real signals; the length map is iterated without a "
    "series.",
)
