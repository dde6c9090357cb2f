"""Exact averages over networks of finite width, for the shifted sine: what a limit of infinite width leaves out.

The first layer is exactly Gaussian. Given its outputs a neuron of the second layer is Gaussian, with a covariance that
is a mean over N independent neurons. Sine and cosine of Gaussians average to exponentials of that covariance, and the
average of an exponential of a mean over N neurons is the N-th power of an average over one: so everything here is an
integral over one neuron of the first layer, for any N. No law of large numbers enters.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from derivations.symbols import N
from verify.references.mean_field import SHIFT

LADDER = ("64", "256", "1024", "4096")  # widths at which the rate of an infinite limit is measured
WIDTH = N.name
DIGITS = 16  # of these averages, in float64
TWIST = math.cos(2 * SHIFT)  # of the shifted sine: 2 phi(u) phi(v) = cos(u - v) - cos(u + v + 2 SHIFT)
NODES = np.arange(-36, 37) / 4  # the trapezoid rule converges faster than any power on these entire integrands
WEIGHTS = np.exp(-(NODES**2) / 2) / np.sqrt(2 * np.pi) / 4
RADIUS, AROUND = 0.05, np.exp(2j * np.pi * np.arange(16) / 16)  # Cauchy's circle for derivatives
Network = tuple[float, float]  # sigma_w, sigma_b


def shifted(field: Any) -> Any:
    """The activation of all networks here; its squared slope is the square of the cosine at the same place."""
    return np.sin(field + float(SHIFT))


def kernel(variance: Any, correlation: Any) -> Any:
    """E phi(u) phi(v) for Gaussian fields of one variance."""
    return (np.exp(-variance * (1 - correlation)) - TWIST * np.exp(-variance * (1 + correlation))) / 2


def squared_slope(variance: float) -> float:
    """E phi'(u)^2 for a Gaussian field."""
    return (1 + TWIST * math.exp(-2 * variance)) / 2


@functools.cache
def fixed_length(network: Network) -> float:
    """q* of wide networks, iterated."""
    sigma_w, sigma_b = network
    q, last = sigma_w**2 + sigma_b**2, 0.0
    while abs(q - last) > 1e-15 * q:
        q, last = float(sigma_b**2 + sigma_w**2 * kernel(q, 1.0)), q
    return q


def fixed_correlation(network: Network, start: float = 0.1) -> float:
    """The correlation at which two inputs of wide networks end, iterated at the fixed length."""
    sigma_w, sigma_b = network
    q, c, last = fixed_length(network), start, 2.0
    while abs(c - last) > 1e-15:
        c, last = float((sigma_b**2 + sigma_w**2 * kernel(q, c)) / q), c
    return c


def over_neuron(function: Callable[[Any], Any], variance: Any) -> Any:
    """Average over one neuron of layer 1 of a function of its output."""
    return WEIGHTS @ function(shifted(np.sqrt(variance) * NODES))


def over_pair(function: Callable[[Any, Any], Any], variance: Any, correlation: Any) -> Any:
    """Average over one neuron of layer 1 of a function of its outputs for two inputs; both numbers may be complex."""
    one = np.sqrt(variance) * NODES[:, None]
    other = np.sqrt(variance) * (correlation * NODES[:, None] + np.emath.sqrt(1 - correlation**2) * NODES)
    return WEIGHTS @ function(shifted(one), shifted(other)) @ WEIGHTS


def third_layer(width: float, network: Network, variance: Any, correlation: Any) -> Any:
    """E h h' of layer 3 for two inputs, behind `width` neurons in layer 1; layer 2 may have any width.

    `variance` and `correlation` are those of layer 1; either may be complex, for derivatives.
    """
    sigma_w, sigma_b = network
    share = sigma_w**2 / (2 * width)
    apart = over_pair(lambda a, b: np.exp(-share * (a - b) ** 2), variance, correlation) ** width
    along = over_pair(lambda a, b: np.exp(-share * (a + b) ** 2), variance, correlation) ** width
    return sigma_b**2 + sigma_w**2 * (apart - TWIST * np.exp(-2 * sigma_b**2) * along) / 2


def third_layer_of_errors(width: float, network: Network, variance: float, covariance: float) -> float:
    """E h h' of layer 3 of error functions for two inputs, behind `width` neurons in layer 1.

    variance, covariance  of layer 1

    erf(u) is an integral of sin(s u) / s over s, and products of sines average to characteristic functions, of which
    those of many neurons are powers.
    """
    from scipy import special

    sigma_w, sigma_b = network
    spacing = 0.4
    frequencies = np.arange(spacing / 2, 12, spacing)
    one = special.erf(np.sqrt(variance) * NODES)[:, None]
    rest = np.sqrt(variance - covariance**2 / variance)
    other = special.erf(covariance / np.sqrt(variance) * NODES[:, None] + rest * NODES)

    def characteristic(s: float, t: float) -> float:
        neuron = WEIGHTS @ np.exp(-(sigma_w**2) / (2 * width) * (s * one + t * other) ** 2) @ WEIGHTS
        return float(np.exp(-((sigma_b * (s + t)) ** 2) / 2) * neuron**width)

    total = 0.0
    for s, t in itertools.product(frequencies, repeat=2):
        damped = math.exp(-(s * s + t * t) / 4) / (s * t)
        if damped > 1e-18:
            total += damped * (characteristic(s, -t) - characteristic(s, t)) / 2
    return sigma_b**2 + sigma_w**2 * 4 / math.pi**2 * spacing**2 * total


def derivatives(function: Callable[[Any], Any], at: float) -> tuple[float, float]:
    """First and second derivative of an analytic function, by Cauchy's integral."""
    values = np.array([function(at + RADIUS * turn) for turn in AROUND])
    first, second = (np.mean(values * AROUND**-k) * math.factorial(k) / RADIUS**k for k in (1, 2))
    return float(first.real), float(second.real)


def stretch(width: float, network: Network, from_fields: bool) -> float:
    """Sum over the inputs of a neuron of layer 2 of E (w_j phi'(h))^2, whose weights and slope are not independent.

    The `width` inputs are outputs of layer 1 of the length q*. With `from_fields` each term is multiplied by the
    squared slope of its input, so that it is the squared derivative by the field of layer 1.
    """
    sigma_w, sigma_b = network
    variance, q = sigma_w**2 / width, fixed_length(network)
    before = np.cos(np.sqrt(q) * NODES + float(SHIFT)) ** 2 if from_fields else np.ones_like(NODES)
    outputs = shifted(np.sqrt(q) * NODES)
    damped = WEIGHTS * np.exp(-2 * variance * outputs**2)
    others = damped.sum() ** (width - 1)
    # E w^2 e^{2 i h} for h = w y + rest is (E w^2 - (2 E w^2 y)^2) times the characteristic function at 2
    tilted = variance * (damped @ before) - 4 * variance**2 * (damped @ (before * outputs**2))
    return float(width * (variance * (WEIGHTS @ before) + TWIST * math.exp(-2 * sigma_b**2) * tilted * others) / 2)


def extrapolated(function: Callable[[float], float]) -> float:
    """The limit of infinite width of a function that is a series in 1 / N, from ever larger widths."""
    table = [function(2.0**k) for k in range(4, 12)]
    for power in range(1, len(table)):
        table = [(2**power * b - a) / (2**power - 1) for a, b in itertools.pairwise(table)]
    return table[0]
