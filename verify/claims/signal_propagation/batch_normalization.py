"""Batch normalization: two inputs, and gradients that explode.

Batches that grow with the width pass through explicit layers, and a random gradient is sent back by automatic
differentiation, through means and variances of the batch too. For the shifted sine all averages are characteristic
functions. That settled relu networks multiply squared gradients by pi / (pi - 1) is published.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.activations import RELU
from derivations.signal_propagation import batch_normalization
from derivations.statement import Source
from numerics.measurement import Measurement
from numerics.signal_propagation.modified_layers import batch_normalized_layers
from verify.checks import Certified, Literature
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import numbers
from verify.references.mean_field import SHIFTED, output_kernel, shifted_sine
from verify.references.modified_layers import by_characteristic_functions, columns, settings, sines, through_layers

NUMBERS = (
    {"variance": 0.7, "correlation": 0.06, "c_batch": 0.2, "sigma_w": 1.3, "sigma_b": 0.5},
    {"variance": 1.4, "correlation": 0.65, "c_batch": 0.3, "sigma_w": 1.2, "sigma_b": 0.7},
    {"variance": 0.6, "correlation": 0.8, "c_batch": 0.45, "sigma_w": 1.7, "sigma_b": 0.4},
)


def characteristic(dps: int, point: Point) -> list:
    """The maps of the shifted sine, from characteristic functions."""
    with mpmath.workdps(dps + 10):
        weight, bias, variance, correlation, common = (
            mpmath.mpf(point[name]) for name in ("sigma_w", "sigma_b", "V_l", "c_l", "c_B")
        )
        square, product, mean, slope = sines(mpmath.mpf(1), (correlation - common) / (1 - common))
        averages = [bias**2 + weight**2 * average for average in (square, product, mean**2)]
        return [*averages, weight**2 * slope / (variance - variance * common), slope / (square - mean**2)]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Rows of the experiment for each setting: all but the settled network."""
    return columns(NUMBERS, candidate)[:4]


def exploding(candidate: Candidate) -> float:
    """By how much squared gradients grow in a layer of a settled relu network."""
    point = {"sigma_w": 1.3, "sigma_b": 0.4, "V_l": 0.7, "c_l": 0.5, "c_B": 0.2}
    try:
        return float(candidate.numpy(phi=RELU, **point)[4])
    except ValueError:  # a wrong formula with a second derivative has no value for relu
        return math.nan


def certified_closed(bits: int, point: Point) -> list[Any]:
    """The maps of the shifted sine, whose averages are characteristic functions of a Gaussian."""
    gain, bias, length, overlap, common = numbers(point, "sigma_w", "sigma_b", "V_l", "c_l", "c_B")
    mean, square, slopes = shifted_sine(arb(1))
    pair = output_kernel(SHIFTED, (overlap - common) / (1 - common), arb(1))
    kernels = [bias**2 + gain**2 * part for part in (square, pair, mean**2)]
    return [*kernels, gain**2 * slopes / (length * (1 - common)), slopes / (square - mean**2)]


def of_shifted_sine(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula for the shifted sine."""
    return candidate.arb(bits, **point, phi=SHIFTED)


CLAIM = Claim(
    statement=batch_normalization.STATEMENT,
    checks=(
        Certified(
            name="certified averages over two fields",
            reference=certified_closed,
            evaluate=of_shifted_sine,
            against="characteristic functions of a Gaussian",
            bits=64,
            digits=13,
            values=("V", "K", "K^B", "G", "G*"),
            points=({"sigma_w": "1.3", "sigma_b": "0.4", "V_l": "0.8", "c_l": "0.57", "c_B": "0.2"},),
        ),
        Literature(
            name="gradient explosion of relu networks",
            published="1.467",
            source=Source(
                document="yang2019mean", where="gradient explosion of relu: pi / (pi - 1) for large batches, 1.467"
            ),
            evaluate=exploding,
        ),
        by_characteristic_functions(
            reference=characteristic,
            points=(
                {"phi": SHIFTED, "sigma_w": "1.3", "sigma_b": "0.6", "V_l": "0.7", "c_l": "0.13", "c_B": "0.35"},
                {"phi": SHIFTED, "sigma_w": "0.7", "sigma_b": "0.3", "V_l": "1.9", "c_l": "0.37", "c_B": "0.15"},
            ),
        ),
        through_layers(
            name="batches through normalized layers",
            predict=predicted,
            quick=partial(batch_normalized_layers, settings=settings(NUMBERS), share=1.0),
            full=partial(batch_normalized_layers, settings=settings(NUMBERS), share=1.0),
            sizes=((64, 100), (128, 56), (256, 36)),
            quantity="variance, covariances, gain of gradients",
        ),
    ),
    quantities=("V_{l+1}", "K_{l+1}", "K^B_{l+1}", "G_l", "G^{*}"),
    convention="V_l and K_l are mean products per neuron; G_l compares squared norms over all neurons and inputs.",
    independence="Explicit layers of unequal widths that normalize over drawn batches, and automatic differentiation "
    "through the normalization; no average over a Gaussian is taken. The neurons in front are drawn Gaussian.",
)
