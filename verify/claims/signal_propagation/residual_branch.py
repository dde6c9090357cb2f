"""A residual branch: lengths, two inputs and gradients.

Pairs of inputs pass through explicit branches whose width differs from that of the stream, and a random gradient is
sent back by automatic differentiation. For the shifted sine all averages are characteristic functions.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.signal_propagation import residual_branch
from numerics.measurement import Measurement
from numerics.signal_propagation.modified_layers import residual_layers
from verify.checks import Certified
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import numbers
from verify.references.mean_field import SHIFTED, output_kernel, shifted_sine
from verify.references.modified_layers import by_characteristic_functions, columns, settings, sines, through_layers

NUMBERS = (
    {"variance": 0.7, "correlation": -0.8, "sigma_w": 1.3, "sigma_b": 0.5, "sigma_u": 1.6},
    {"variance": 1.4, "correlation": 0.45, "sigma_w": 1.2, "sigma_b": 0.7, "sigma_u": 0.9},
    {"variance": 0.6, "correlation": 0.7, "sigma_w": 1.7, "sigma_b": 0.4, "sigma_u": 1.3},
)


def characteristic(dps: int, point: Point) -> list:
    """The three maps of the shifted sine, from characteristic functions."""
    with mpmath.workdps(dps + 10):
        weight, bias, back, variance, correlation = (
            mpmath.mpf(point[name]) for name in ("sigma_w", "sigma_b", "sigma_u", "V_l", "c_l")
        )
        inner = bias**2 + weight**2 * variance
        square, product, _, slope = sines(inner, (bias**2 + weight**2 * correlation * variance) / inner)
        gained = 1 + (back * weight) ** 2 * slope
        return [variance + back**2 * square, correlation * variance + back**2 * product, gained]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Rows of the experiment for each setting."""
    return columns(NUMBERS, candidate)


def certified_closed(bits: int, point: Point) -> list[Any]:
    """The maps of the shifted sine, whose averages are characteristic functions of a Gaussian."""
    gain, bias, branch, length, overlap = numbers(point, "sigma_w", "sigma_b", "sigma_u", "V_l", "c_l")
    field = gain**2 * length + bias**2
    _, square, slopes = shifted_sine(field)
    pair = output_kernel(SHIFTED, gain**2 * length * overlap + bias**2, field)
    return [length + branch**2 * square, length * overlap + branch**2 * pair, 1 + (branch * gain) ** 2 * slopes]


def of_shifted_sine(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula for the shifted sine."""
    return candidate.arb(bits, **point, phi=SHIFTED)


CLAIM = Claim(
    statement=residual_branch.STATEMENT,
    checks=(
        Certified(
            name="certified averages over two fields",
            reference=certified_closed,
            evaluate=of_shifted_sine,
            against="characteristic functions of a Gaussian",
            bits=64,
            digits=12,
            values=("V", "K", "G"),
            points=({"sigma_w": "1.3", "sigma_b": "0.4", "sigma_u": "0.6", "V_l": "0.8", "c_l": "0.43"},),
        ),
        by_characteristic_functions(
            reference=characteristic,
            points=(
                {"phi": SHIFTED, "sigma_w": "1.3", "sigma_b": "0.6", "sigma_u": "0.8", "V_l": "0.7", "c_l": "-0.58"},
                {"phi": SHIFTED, "sigma_w": "0.7", "sigma_b": "0.3", "sigma_u": "1.7", "V_l": "1.9", "c_l": "0.37"},
            ),
        ),
        through_layers(
            name="pairs through explicit branches",
            predict=predicted,
            quick=partial(residual_layers, settings=settings(NUMBERS), siblings=16),
            full=partial(residual_layers, settings=settings(NUMBERS), siblings=48),
            sizes=((40, 80), (80, 50), (160, 44)),
        ),
    ),
    quantities=("V_{l+1}", "K_{l+1}", "G_l"),
    convention="V_l and K_l are mean products per neuron; G_l compares squared norms over the stream.",
    independence="Explicit branches of another width than the stream, and automatic differentiation; no average over a "
    "Gaussian is taken. The neurons in front are drawn Gaussian.",
)
