"""Gaussian averages of the shifted sine in closed form, and settings of layers with branches, masks, normalizations.

Averages of sines are characteristic functions of Gaussians: of sin(u + s) sin(v + s) = (cos(u - v) - cos(u + v + 2 s))
/ 2 with u - v and u + v Gaussian.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.activations import RELU, TANH, Activation
from verify.checks import FiniteSize, Precision
from verify.checks.precision import Point
from verify.compile import Candidate, torch_function
from verify.references.mean_field import SHIFTED

ACTIVATIONS = (SHIFTED, RELU, TANH)
SERIES = ("shifted sine", "relu", "tanh")


def sines(variance: Any, correlation: Any) -> tuple[Any, Any, Any, Any]:
    """E phi^2, E phi phi', E phi and the mean squared slope of SHIFTED, for a pair of this variance and correlation."""
    shift = mpmath.mpf(7) / 10
    wave = mpmath.cos(2 * shift) * mpmath.exp(-2 * variance)
    apart = mpmath.exp(-variance * (1 - correlation))
    mirrored = mpmath.cos(2 * shift) * mpmath.exp(-variance * (1 + correlation))
    mean = mpmath.sin(shift) * mpmath.exp(-variance / 2)
    return (1 - wave) / 2, (apart - mirrored) / 2, mean, (1 + wave) / 2


def in_float64(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The formula in float64: averages in one another take too long at high precision."""
    return [float(v) for v in candidate.numpy(**point)]


# What the claims on layers with branches, masks and normalizations compare alike.
by_characteristic_functions = partial(
    Precision,
    name="characteristic functions",
    against="averages of the shifted sine as characteristic functions of Gaussians",
    digits=(14, 20),
    evaluate=in_float64,
)
through_layers = partial(
    FiniteSize,
    full_sizes=((100, 600), (200, 300), (400, 150)),
    quantity="variance, covariance, gain of gradients",
    series=SERIES,
)


def _in_torch(activation: Activation, field: Any) -> Any:
    return _compiled(activation)(field)


@functools.cache
def _compiled(activation: Activation) -> Any:
    return torch_function(activation)


def settings(numbers: Sequence[dict[str, float]]) -> tuple[tuple[Any, dict[str, float]], ...]:
    """Settings as the experiments take them, one for each of ACTIVATIONS; torch is loaded when one is first called."""
    return tuple((partial(_in_torch, a), n) for a, n in zip(ACTIVATIONS, numbers, strict=True))


NAMES = {"variance": "V_l", "correlation": "c_l", "c_batch": "c_B"}


def columns(numbers: Sequence[dict[str, float]], candidate: Candidate) -> np.ndarray:
    """The formula for each setting, (rows, settings)."""
    found = []
    for activation, values in zip(ACTIVATIONS, numbers, strict=True):
        named = {NAMES.get(key, key): value for key, value in values.items()}
        found.append(np.array([float(v) for v in candidate.numpy(phi=activation, **named)]))
    return np.array(found).T
