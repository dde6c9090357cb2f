"""Variance of a preactivation from layer to layer.

Mean squares of preactivations are measured in explicit networks of unequal widths, with smooth activations and with
kinks, odd ones and others. The averages of the formula are evaluated in three ways that do not share its integral: a
Fourier integral for tanh, cumulative distributions where the activation is piecewise linear, and a published
initialization. The page adds that the fixed point depends on the sigmas only; networks without biases refute that.

The first two layers have their variances exactly. That of the third is known at any width for the shifted sine, and
approaches the map applied twice like 1 / N.
"""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.activations import HARD_TANH, LINEAR, RELU, TANH, Activation
from derivations.signal_propagation import variance_map
from derivations.statement import Source
from numerics.measurement import Measurement
from numerics.signal_propagation.random_layers import mean_squares
from verify import certify
from verify.checks import Certified, FiniteSize, Literature, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.signal_propagation import FULL_SIZES, SIZES
from verify.compile import Candidate
from verify.references import finite_width
from verify.references.mean_field import SHIFTED, callables, sech_average

sampled_squares = partial(mean_squares, siblings=12)
Network = tuple[Activation, float, float, float]  # activation, sigma_w, sigma_b, mean square of the input's entries

NETWORKS: tuple[Network, ...] = (
    (TANH, 2.3, 0.4, 0.11),
    (RELU, 1.31, 0.5, 0.6),
    (HARD_TANH, 1.7, 0.3, 1.4),
    (SHIFTED, 1.5, 0.45, 3.1),
)

SERIES = ("tanh, 2.3, 0.4", "relu, 1.31, 0.5", "hard tanh, 1.7, 0.3", "shifted sine, 1.5, 0.45")  # sigma_w, sigma_b

WITHOUT_BIAS: tuple[Network, ...] = (
    (TANH, 1.5, 0.0, 0.0),
    (TANH, 1.5, 0.0, 0.7),
    (RELU, math.sqrt(2), 0.0, 0.2),
    (RELU, math.sqrt(2), 0.0, 1.7),
)

WITH_BIAS: tuple[Network, ...] = tuple((TANH, 1.5, 0.3, square) for square in (0.02, 0.7, 5.0))
FIRST = 0.62  # variance in layer 1 of the networks of finite width
DEEP, SETTLED = 400, 1e-12  # layers after which a map has reached its fixed point, or a relative change this small


def predicted_variances(networks: tuple[Network, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Variances (networks, layers): the map from layer to layer; the inputs enter as a layer of linear neurons."""
    rows = []
    for (activation, weight, bias, _), square in zip(networks, np.asarray(measured.given["squares"]), strict=True):
        row, before = [float(square)], LINEAR
        while len(row) <= measured.values.shape[1]:
            row.append(float(candidate.numpy(phi=before, sigma_w=weight, sigma_b=bias, V_l=row[-1])))
            before = activation
        rows.append(row[1:])
    return np.array(rows)


def sigmas_alone(networks: tuple[Network, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Variances of the last layers if they depended on the sigmas only: the fixed point reached from variance 1."""
    rows = []
    for activation, weight, bias, _ in networks:
        before, length, layer = 0.0, 1.0, 0
        while abs(length - before) > SETTLED * abs(length) and layer < DEEP:
            before, layer = length, layer + 1
            length = float(candidate.numpy(phi=activation, sigma_w=weight, sigma_b=bias, V_l=length))
        rows.append([length] * measured.values.shape[1])
    return np.array(rows)


def density_average(dps: int, point: Point) -> Any:
    """The map for hard tanh and relu from the cumulative distribution of a preactivation, without an integral."""
    with mpmath.workdps(dps + 10):
        weight, bias, variance = (mpmath.mpf(point[name]) for name in ("sigma_w", "sigma_b", "V_l"))
        share = variance / 2  # of relu: half of the neurons are silent
        if point["phi"] is HARD_TANH:
            edge = 1 / mpmath.sqrt(variance)
            inside = variance * mpmath.gammainc(mpmath.mpf(3) / 2, 0, edge**2 / 2, regularized=True)
            share = inside + mpmath.gammainc(mpmath.mpf(1) / 2, edge**2 / 2, regularized=True)
        return bias**2 + weight**2 * share


def fourier_map(bits: int, point: Point) -> Any:
    """The map for tanh, with E tanh^2 = 1 - E sech^2 from a Fourier integral."""
    with certify.precision(bits):
        weight, bias, variance = (certify.ball(point[name]) for name in ("sigma_w", "sigma_b", "V_l"))
        return bias**2 + weight**2 * (1 - sech_average(variance, lambda s: 1))


@functools.lru_cache(maxsize=8)
def fourier_fixed_point(weight: str, bias: str, near: str, bits: int) -> Any:
    """The fixed point of that map as a ball."""
    with certify.precision(bits):
        sigma_w, sigma_b = certify.ball(weight), certify.ball(bias)
        return certify.root(
            lambda v: sigma_b**2 + sigma_w**2 * (1 - sech_average(v, lambda s: 1)) - v,
            lambda v: sigma_w**2 * sech_average(v, lambda s: s / 2) - 1,
            near,
            bits,
        )


def kept_variance(bits: int, point: Point) -> Any:
    """The variance that a tanh network keeps, which the map must return."""
    return fourier_fixed_point(point["sigma_w"], point["sigma_b"], point["near"], bits)


def at_kept_variance(candidate: Candidate, bits: int, point: Point) -> Any:
    """The formula at that variance."""
    kept = kept_variance(bits, point)
    return candidate.arb(bits, phi=TANH, sigma_w=point["sigma_w"], sigma_b=point["sigma_b"], V_l=kept)


def exact_variance(dps: int, point: Point) -> float:
    """Variance of layer 3 behind N neurons in layer 1."""
    network = (float(point["sigma_w"]), float(point["sigma_b"]))
    return float(finite_width.third_layer(float(point["N"]), network, FIRST, 1.0).real)


def mapped_twice(candidate: Candidate, dps: int, point: Point) -> float:
    """The map of the formula, from layer 1 to layer 3."""
    variance = FIRST
    for _ in range(2):
        sigmas = {"sigma_w": float(point["sigma_w"]), "sigma_b": float(point["sigma_b"])}
        variance = float(candidate.numpy(phi=SHIFTED, V_l=variance, **sigmas))
    return variance


def neutral_gain(candidate: Candidate) -> float:
    """sigma_w^2 with which relu layers without biases keep a variance, which is N times the variance of a weight."""
    share = float(candidate.numpy(phi=RELU, sigma_w=1.0, sigma_b=0.0, V_l=3.7)) / 3.7
    return 1 / share if share else math.inf


CLAIM = Claim(
    statement=variance_map.STATEMENT,
    checks=(
        Literature(
            name="initialization of relu networks",
            published="2",
            source=Source(
                document="he2015delving", where="forward propagation: half of n times the variance of a weight is 1"
            ),
            evaluate=neutral_gain,
            uncertainty=1e-9,
            seen="in texts that cite the paper",
        ),
        Certified(
            name="tanh, Fourier integral",
            reference=fourier_map,
            against="an integral over the Fourier transform of sech^2",
            bits=100,
            digits=20,
            points=({"phi": TANH, "sigma_w": "1.9", "sigma_b": "0.6", "V_l": "1.3"},),
        ),
        Certified(
            name="variances that tanh networks keep",
            reference=kept_variance,
            evaluate=at_kept_variance,
            against="the fixed point found in Fourier integrals",
            bits=100,
            digits=20,
            values=("V*",),
            points=(
                {"sigma_w": "1.5", "sigma_b": "0", "near": "0.79335"},
                {"sigma_w": "2.5", "sigma_b": "0.3", "near": "4.2"},
            ),
        ),
        Precision(
            name="networks with kinks, cumulative distributions",
            reference=density_average,
            same_law=True,
            against="cumulative gamma distributions of the squared preactivation",
            points=(
                {"phi": RELU, "sigma_w": "1.3", "sigma_b": "0.7", "V_l": "2.6"},
                {"phi": HARD_TANH, "sigma_w": "1.7", "sigma_b": "0.4", "V_l": "1.9"},
            ),
            digits=(25, 40),
        ),
        FiniteSize(
            name="random networks of unequal widths",
            predict=partial(predicted_variances, NETWORKS),
            quick=partial(sampled_squares, networks=callables(NETWORKS), layers=6),
            full=partial(sampled_squares, networks=callables(NETWORKS), layers=12),
            sizes=SIZES,
            full_sizes=FULL_SIZES,
            axis="layer l",
            quantity="variance V_l of a preactivation",
            series=SERIES,
        ),
        Rate(
            name="third layer of networks of finite width",
            exact=exact_variance,
            against="the exact variance of layer 3 of the shifted sine behind N neurons",
            points=({"sigma_w": "1.7", "sigma_b": "0.45"},),
            values=finite_width.LADDER,
            digits=finite_width.DIGITS,
            evaluate=mapped_twice,
        ),
    ),
    quantities=("V_{l+1}",),
    convention="V_l is the mean square of a preactivation over neurons and networks; layer 1 follows the inputs, whose "
    "mean square is passed on by linear neurons.",
    independence="Explicit networks with biases; no Gaussian average is taken, and no layer is assumed Gaussian.",
    printed={
        "E15": Ordeal(
            fails=Replicas(
                name="networks without biases, last layers",
                predict=partial(sigmas_alone, WITHOUT_BIAS),
                quick=partial(sampled_squares, networks=callables(WITHOUT_BIAS), layers=8, width=200),
                replicas=30,
            ),
            holds=FiniteSize(
                name="networks with biases, deep layers",
                predict=partial(sigmas_alone, WITH_BIAS),
                quick=partial(sampled_squares, networks=callables(WITH_BIAS), layers=16, first=13),
                sizes=((60, 50), (120, 30), (240, 16)),
            ),
        )
    },
)
