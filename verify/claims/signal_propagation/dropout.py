"""Dropout: lengths, two inputs and gradients.

Pairs of inputs pass through explicit layers with masks of their own, and a random gradient is sent back by automatic
differentiation. For the shifted sine all averages are characteristic functions.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.signal_propagation import dropout
from numerics.measurement import Measurement
from numerics.signal_propagation.modified_layers import dropout_layers
from verify.checks import Certified
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import numbers
from verify.references.mean_field import SHIFTED, output_kernel, shifted_sine
from verify.references.modified_layers import by_characteristic_functions, columns, settings, sines, through_layers

NUMBERS = (
    {"variance": 0.7, "correlation": 0.25, "sigma_w": 1.3, "sigma_b": 0.5, "p_keep": 0.6},
    {"variance": 1.4, "correlation": 0.45, "sigma_w": 1.2, "sigma_b": 0.7, "p_keep": 0.8},
    {"variance": 0.6, "correlation": 0.7, "sigma_w": 1.7, "sigma_b": 0.4, "p_keep": 0.45},
)


def characteristic(dps: int, point: Point) -> list:
    """The three maps of the shifted sine, from characteristic functions."""
    with mpmath.workdps(dps + 10):
        weight, bias, kept, variance, correlation = (
            mpmath.mpf(point[name]) for name in ("sigma_w", "sigma_b", "p_keep", "V_l", "c_l")
        )
        square, product, _, slope = sines(variance, correlation)
        second = bias**2 + weight**2 * square / kept
        return [second, bias**2 + weight**2 * product, weight**2 * slope / kept]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Rows of the experiment for each setting."""
    return columns(NUMBERS, candidate)


def certified_closed(bits: int, point: Point) -> list[Any]:
    """The maps of the shifted sine, whose averages are characteristic functions of a Gaussian."""
    gain, bias, keep, length, overlap = numbers(point, "sigma_w", "sigma_b", "p_keep", "V_l", "c_l")
    _, square, slopes = shifted_sine(length)
    pair = output_kernel(SHIFTED, overlap * length, length)
    return [bias**2 + gain**2 * square / keep, bias**2 + gain**2 * pair, gain**2 * slopes / keep]


def of_shifted_sine(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula for the shifted sine."""
    return candidate.arb(bits, **point, phi=SHIFTED)


CLAIM = Claim(
    statement=dropout.STATEMENT,
    checks=(
        Certified(
            name="certified averages over two fields",
            reference=certified_closed,
            evaluate=of_shifted_sine,
            against="characteristic functions of a Gaussian",
            bits=64,
            digits=13,
            values=("V", "K", "G"),
            points=({"sigma_w": "1.3", "sigma_b": "0.4", "p_keep": "0.7", "V_l": "0.8", "c_l": "0.43"},),
        ),
        by_characteristic_functions(
            reference=characteristic,
            points=(
                {"phi": SHIFTED, "sigma_w": "1.3", "sigma_b": "0.6", "p_keep": "0.7", "V_l": "0.7", "c_l": "-0.58"},
                {"phi": SHIFTED, "sigma_w": "0.7", "sigma_b": "0.3", "p_keep": "0.45", "V_l": "1.9", "c_l": "0.37"},
            ),
        ),
        through_layers(
            name="pairs through layers with masks",
            predict=predicted,
            quick=partial(dropout_layers, settings=settings(NUMBERS), siblings=16),
            full=partial(dropout_layers, settings=settings(NUMBERS), siblings=48),
            sizes=((40, 90), (80, 56), (160, 56)),
        ),
    ),
    quantities=("V_{l+1}", "K_{l+1}", "G_l"),
    convention="V_l and K_l are mean products per neuron; G_l compares squared norms over all neurons of a layer.",
    independence="Explicit layers of unequal widths with drawn masks, and automatic differentiation; no average over a "
    "Gaussian or over masks is taken. The neurons in front are drawn Gaussian.",
)
