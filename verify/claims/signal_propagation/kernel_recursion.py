"""Kernel of two inputs from layer to layer.

Pairs of inputs pass through the same explicit networks, and mean products of the preactivations are compared with the
recursion, which starts from the inputs and iterates the closed forms. At high precision each part is evaluated by a
route of its own: all signs of the weights of an explicit layer, an integral over the arc where two relus are positive,
and one over a neuron given the other for error functions.

The covariance of the third layer of error functions is known at any width, from the characteristic function of the
fields; it approaches the recursion applied twice like 1 / N.
"""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb

from derivations.activations import ERF, RELU, Activation
from derivations.signal_propagation import kernel_recursion
from derivations.statement import Source
from numerics.measurement import Measurement
from numerics.signal_propagation.random_layers import mean_products
from verify.checks import Certified, FiniteSize, Literature, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.signal_propagation import FULL_SIZES, SIZES
from verify.compile import Candidate
from verify.references import finite_width
from verify.references.balls import integral, numbers, root
from verify.references.gaussian_pairs import erf_product, relu_product
from verify.references.mean_field import callables

Network = tuple[Activation, float, float, tuple[float, float, float]]

NETWORKS: tuple[Network, ...] = (  # activation, sigma_w, sigma_b, mean squares and mean product of the inputs
    (RELU, 1.31, 0.5, (0.6, 2.7, -0.9)),
    (ERF, 2.2, 0.35, (0.4, 1.3, 0.65)),
    (RELU, 1.31, 0.5, (2.1, 1.1, 0.3)),
    (ERF, 2.2, 0.35, (3.1, 0.2, 0.45)),
)
sampled_products = partial(mean_products, networks=callables(NETWORKS))

SERIES = ("relu, inputs apart", "erf, inputs alike", "relu, other inputs", "erf, other inputs")
FINITE, FIRST = (1.4, 0.5), (0.9, 0.35)  # sigma_w, sigma_b, and variance and covariance of layer 1, at finite width
SHADE = 1 - 1e-12  # a variance is a covariance of correlation 1; rounding must not lift it above


def predicted_kernels(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Kernels (3, networks, layers) of NETWORKS: covariance and both variances, rows as the experiment has them."""
    weight, bias = (np.array([network[i] for network in NETWORKS]) for i in (1, 2))
    relu = np.array([network[0] is RELU for network in NETWORKS])
    first, second, product = np.asarray(measured.given["inputs"]).T
    inputs = np.stack([product, first, second])
    kernel = candidate.numpy(sigma_w=weight, sigma_b=bias, Omega_IJ=inputs, K_II=1.3, K_JJ=1.7, K_IJ=0.6)[0]
    layers = [kernel]
    for _ in range(1, measured.values.shape[-1]):
        shared, one, other = kernel
        pairs = {"K_II": np.stack([one, one, other]), "K_JJ": np.stack([other, one, other])}
        together = np.stack([shared, SHADE * one, SHADE * other])
        found = candidate.numpy(sigma_w=weight, sigma_b=bias, Omega_IJ=0.3, K_IJ=together, **pairs)
        kernel = np.where(relu, found[1], found[2])
        layers.append(kernel)
    return np.stack(layers, axis=-1)


def explicit_averages(dps: int, point: Point) -> list:
    """All signs of the weights of an explicit first layer; for the others, integrals over an arc and over a neuron."""
    with mpmath.workdps(dps + 10):
        weight, bias, overlap, one, other, both = (
            mpmath.mpf(point[name]) for name in ("sigma_w", "sigma_b", "Omega_IJ", "K_II", "K_JJ", "K_IJ")
        )
        averages = [relu_product(one, other, both), erf_product(one, other, both)]
        return [_signs(weight, bias, overlap), *(bias**2 + weight**2 * average for average in averages)]


def _signs(weight: Any, bias: Any, overlap: Any) -> Any:
    """Mean product of a neuron's two preactivations over all signs of three weights and a bias."""
    here = [mpmath.mpf(2), mpmath.mpf(-1), mpmath.mpf("0.7")]
    there = [3 * overlap / 2 + mpmath.mpf("0.15"), mpmath.mpf(1), mpmath.mpf(1)]  # product with `here`: 3 overlap

    def field(signs: tuple[int, ...], signal: list) -> Any:
        return weight / mpmath.sqrt(3) * sum(s * a for s, a in zip(signs, signal, strict=False)) + bias * signs[3]

    return mpmath.fsum(field(s, here) * field(s, there) for s in itertools.product((1, -1), repeat=4)) / 16


def exact_covariance(dps: int, point: Point) -> float:
    """Covariance of layer 3 of error functions, behind N neurons in layer 1."""
    return finite_width.third_layer_of_errors(float(point["N"]), FINITE, *FIRST)


def applied_twice(candidate: Candidate, dps: int, point: Point) -> float:
    """The closed form for error functions, from layer 1 to layer 3."""
    weight, bias = FINITE
    variance, covariance = FIRST
    for _ in range(2):
        given = {"sigma_w": weight, "sigma_b": bias, "Omega_IJ": 0.3, "K_II": variance, "K_JJ": variance}
        variance, covariance = (
            float(candidate.numpy(K_IJ=together, **given)[2]) for together in (SHADE * variance, covariance)
        )
    return covariance


def certified_kernels(bits: int, point: Point) -> list[Any]:
    """Kernels of one layer: relu over the arc of positive fields, erf by Price's theorem along the covariance."""
    gain, bias, overlap, first, second, both = numbers(point, "sigma_w", "sigma_b", "Omega_IJ", "K_II", "K_JJ", "K_IJ")
    size, pi = (first * second).sqrt(), flint.arb.pi()
    apart = root(lambda angle: angle.cos() - both / size, point["near"])
    arc = integral(lambda angle: angle.cos() * (angle - apart).cos(), apart - pi / 2, pi / 2)
    determinant = (1 + 2 * first) * (1 + 2 * second)

    def slopes(k: Any, analytic: bool) -> Any:
        return (determinant - 4 * k * k).rsqrt(analytic=analytic) * 4 / pi

    erf = integral(slopes, arb(0), both, cuts=True)
    weights = [overlap, size * arc / pi, erf]
    return [bias**2 + gain**2 * weight for weight in weights]


def without_guess(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: value for name, value in point.items() if name != "near"})


def neutral_gain(candidate: Candidate) -> float:
    """sigma_w^2 with which the relu kernel keeps the variance of a single input without biases."""
    point = {"sigma_w": 1.0, "sigma_b": 0.0, "Omega_IJ": 0.3, "K_II": 3.7, "K_JJ": 3.7, "K_IJ": 3.7}
    share = float(candidate.numpy(**point)[1]) / 3.7
    return 1 / share if share else math.inf


CLAIM = Claim(
    statement=kernel_recursion.STATEMENT,
    checks=(
        Literature(
            name="initialization of relu networks",
            published="2",
            source=Source(
                document="he2015delving", where="forward propagation: half of n times the variance of a weight is 1"
            ),
            evaluate=neutral_gain,
            uncertainty=1e-6,
            seen="in texts that cite the paper",
        ),
        Certified(
            name="certified arcs and slopes",
            reference=certified_kernels,
            evaluate=without_guess,
            against="the mean over the arc of positive fields, and products of slopes integrated over the covariance",
            values=("K^1", "relu", "erf"),
            points=(
                {
                    "sigma_w": "1.3",
                    "sigma_b": "0.7",
                    "Omega_IJ": "-0.6",
                    "K_II": "2.6",
                    "K_JJ": "1.7",
                    "K_IJ": "0.9",
                    "near": "1.13",
                },
            ),
        ),
        Precision(
            name="signs, arcs and neurons",
            reference=explicit_averages,
            against="all signs of an explicit first layer; integrals over the arc where both are positive, and over "
            "one neuron given the other",
            points=(
                {"sigma_w": "1.3", "sigma_b": "0.7", "Omega_IJ": "-0.6", "K_II": "2.6", "K_JJ": "1.7", "K_IJ": "0.9"},
                {"sigma_w": "0.8", "sigma_b": "0.3", "Omega_IJ": "1.4", "K_II": "0.4", "K_JJ": "3.1", "K_IJ": "-0.7"},
            ),
        ),
        FiniteSize(
            name="pairs of inputs through random networks",
            predict=predicted_kernels,
            quick=partial(sampled_products, layers=5, siblings=12),
            full=partial(sampled_products, layers=12, siblings=28),
            sizes=SIZES,
            full_sizes=FULL_SIZES,
            axis="layer l",
            quantity="covariance K of a preactivation",
            series=SERIES,
        ),
        Rate(
            name="third layer of error functions at finite width",
            exact=exact_covariance,
            against="the exact covariance of layer 3 of error functions behind N neurons",
            points=({},),
            values=("32", "128", "512", "2048"),
            digits=12,
            evaluate=applied_twice,
        ),
    ),
    quantities=("K^1_{IJ}", "K^{l+1}_{IJ}(relu)", "K^{l+1}_{IJ}(erf)"),
    convention="K_IJ is the mean product, over neurons and networks, of a preactivation for two inputs; layer 1 "
    "follows the inputs, whose mean product per entry is Omega.",
    independence="Explicit networks of unequal widths with biases; both inputs pass through the same weights, and no "
    "layer is assumed Gaussian.",
)
