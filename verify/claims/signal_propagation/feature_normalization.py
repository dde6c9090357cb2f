"""Layer and RMS normalization: two inputs and gradients.

Pairs of inputs pass through explicit layers that normalize each signal over its neurons, and a random gradient is sent
back by automatic differentiation, through mean and mean square too. For the shifted sine all averages are
characteristic functions.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.signal_propagation import feature_normalization
from numerics.measurement import Measurement
from numerics.signal_propagation.modified_layers import normalized_layers
from verify.checks import Certified
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import numbers
from verify.references.mean_field import SHIFTED, output_kernel, shifted_sine
from verify.references.modified_layers import by_characteristic_functions, columns, settings, sines, through_layers

NUMBERS = (
    {"variance": 0.7, "correlation": 0.35, "sigma_w": 1.6, "sigma_b": 0.4},
    {"variance": 1.4, "correlation": 0.45, "sigma_w": 1.2, "sigma_b": 0.7},
    {"variance": 0.6, "correlation": 0.7, "sigma_w": 1.7, "sigma_b": 0.4},
)


def characteristic(dps: int, point: Point) -> list:
    """The five maps of the shifted sine, from characteristic functions."""
    with mpmath.workdps(dps + 10):
        weight, bias, variance, correlation = (mpmath.mpf(point[n]) for n in ("sigma_w", "sigma_b", "V_l", "c_l"))
        square, product, mean, slope = sines(variance, correlation)
        found = [bias**2 + weight**2]
        for middle in (mean**2, 0):
            rest = square - middle
            found += [bias**2 + weight**2 * (product - middle) / rest, weight**2 * slope / rest]
        return found


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Rows of the experiment for each setting."""
    return columns(NUMBERS, candidate)


def certified_closed(bits: int, point: Point) -> list[Any]:
    """The maps of the shifted sine, whose averages are characteristic functions of a Gaussian."""
    gain, bias, length, overlap = numbers(point, "sigma_w", "sigma_b", "V_l", "c_l")
    mean, square, slopes = shifted_sine(length)
    pair, spread = output_kernel(SHIFTED, overlap * length, length), square - mean**2
    layer = [bias**2 + gain**2 * (pair - mean**2) / spread, gain**2 * slopes / spread]
    return [bias**2 + gain**2, *layer, bias**2 + gain**2 * pair / square, gain**2 * slopes / square]


def of_shifted_sine(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula for the shifted sine."""
    return candidate.arb(bits, **point, phi=SHIFTED)


CLAIM = Claim(
    statement=feature_normalization.STATEMENT,
    checks=(
        Certified(
            name="certified averages over two fields",
            reference=certified_closed,
            evaluate=of_shifted_sine,
            against="characteristic functions of a Gaussian",
            bits=64,
            digits=13,
            values=("V", "K layer", "G layer", "K RMS", "G RMS"),
            points=({"sigma_w": "1.3", "sigma_b": "0.4", "V_l": "0.8", "c_l": "0.43"},),
        ),
        by_characteristic_functions(
            reference=characteristic,
            points=(
                {"phi": SHIFTED, "sigma_w": "1.3", "sigma_b": "0.6", "V_l": "0.7", "c_l": "-0.58"},
                {"phi": SHIFTED, "sigma_w": "0.7", "sigma_b": "0.3", "V_l": "1.9", "c_l": "0.37"},
            ),
        ),
        through_layers(
            name="pairs through normalized layers",
            predict=predicted,
            quick=partial(normalized_layers, settings=settings(NUMBERS), siblings=16),
            full=partial(normalized_layers, settings=settings(NUMBERS), siblings=48),
            sizes=((40, 80), (80, 44), (160, 34)),
        ),
    ),
    quantities=("V_{l+1}", "K_{l+1}(layer)", "G_l(layer)", "K_{l+1}(RMS)", "G_l(RMS)"),
    convention="V_l and K_l are mean products per neuron; G_l compares squared norms over all neurons of a layer.",
    independence="Explicit layers of unequal widths that normalize what they are given, and automatic differentiation "
    "through the normalization; no average over a Gaussian is taken. The neurons in front are drawn Gaussian.",
)
