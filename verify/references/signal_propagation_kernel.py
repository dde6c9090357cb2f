"""Independent evaluations and predictions for kernels of wide random networks."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath
import numpy as np

from derivations.activations import ERF, RELU, SIGMOID, TANH, Activation
from numerics.measurement import Measurement
from verify import certify
from verify.checks.precision import Point
from verify.compile import Candidate, numpy_function

Network = tuple[Activation, float, float, tuple[float, float, float]]
NETWORKS: tuple[Network, ...] = (  # activation, sigma_w, sigma_b, mean squares and mean product of the inputs
    (RELU, 1.31, 0.5, (0.6, 2.7, -0.9)),
    (ERF, 2.2, 0.35, (0.4, 1.3, 0.65)),
    (RELU, 1.31, 0.5, (2.1, 1.1, 0.3)),
    (ERF, 2.2, 0.35, (3.1, 0.2, -0.1)),
)
SERIES = ("relu, inputs apart", "erf, inputs alike", "relu, other inputs", "erf, other inputs")
SHADE = 1 - 1e-12  # a variance is a covariance of correlation 1; rounding must not lift it above


def callables(networks: tuple[Network, ...]) -> tuple[tuple, ...]:
    """The networks as the experiment takes them: with a function in place of the activation."""
    return tuple((numpy_function(activation), *rest) for activation, *rest in networks)


def by_layer(candidate: Candidate, measured: Measurement) -> np.ndarray:
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
        averages = [_arc(one, other, both), _neuron(one, other, both)]
        return [_signs(weight, bias, overlap), *(bias**2 + weight**2 * average for average in averages)]


def _signs(weight: Any, bias: Any, overlap: Any) -> Any:
    """Mean product of a neuron's two preactivations over all signs of three weights and a bias."""
    here = [mpmath.mpf(2), mpmath.mpf(-1), mpmath.mpf("0.7")]
    there = [3 * overlap / 2 + mpmath.mpf("0.15"), mpmath.mpf(1), mpmath.mpf(1)]  # product with `here`: 3 overlap

    def field(signs: tuple[int, ...], signal: list) -> Any:
        return weight / mpmath.sqrt(3) * sum(s * a for s, a in zip(signs, signal, strict=False)) + bias * signs[3]

    return mpmath.fsum(field(s, here) * field(s, there) for s in itertools.product((1, -1), repeat=4)) / 16


def _arc(one: Any, other: Any, both: Any) -> Any:
    """Average of relu(u) relu(v) in polar coordinates: an integral over the angles where both are positive."""
    root = mpmath.sqrt(one * other)
    angle = mpmath.acos(both / root)
    middle = mpmath.quad(lambda t: mpmath.cos(t) * mpmath.cos(t - angle), [angle - mpmath.pi / 2, mpmath.pi / 2])
    return root * middle / mpmath.pi  # the radius gives E r^2 = 2


def _neuron(one: Any, other: Any, both: Any) -> Any:
    """Average of erf(u) erf(v): over v given u it is an error function, over u a trapezoid."""
    slope, rest = both / one, other - both**2 / one
    step, reach = mpmath.mpf(5) / (2 * mpmath.mp.dps), mpmath.sqrt(2 * mpmath.mp.dps * mpmath.log(10) + 30)
    count = int(reach / step)
    return step * mpmath.fsum(
        mpmath.npdf(k * step)
        * mpmath.erf(mpmath.sqrt(one) * k * step)
        * mpmath.erf(slope * mpmath.sqrt(one) * k * step / mpmath.sqrt(1 + 2 * rest))
        for k in range(-count, count + 1)
    )


# ------------------------------------------------------------------------------------------------------- finite width

FINITE = ((TANH, 1.7, 0.3, 0.9), (SIGMOID, 2.4, 0.4, 0.7))  # activation, sigma_w, sigma_b, mean square of the inputs
FINITE_SERIES = (
    "tanh, mean square", "sigmoid, mean square",
    "tanh, N times fourth cumulant", "sigmoid, N times fourth cumulant",
)  # fmt: skip


def cumulants(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean square, N times the fourth cumulant, N times the covariance of squares: (3, networks, widths)."""
    columns, width = [], measured.axis
    for (activation, weight, bias, _), square in zip(FINITE, np.asarray(measured.given["squares"]), strict=True):
        variance = bias**2 + weight**2 * float(square)  # of layer 1
        mean, excess = candidate.numpy(phi=activation, sigma_w=weight, sigma_b=bias, V_l=variance, N=width)
        columns.append([mean, width * excess * mean**2, width * excess * mean**2 / 3])
    return np.swapaxes(np.array(columns), 0, 1)


def added_cumulants(bits: int, point: Point) -> list:
    """Cumulants of independent terms, weight times output, add up; powers of sin have averages in closed form."""
    with certify.precision(bits):
        weight, bias, variance, size = (certify.ball(point[name]) for name in ("sigma_w", "sigma_b", "V_l", "N"))
        second = (1 - (-2 * variance).exp()) / 2  # E cos(k h) is exp(-k^2 V / 2)
        fourth = (3 - 4 * (-2 * variance).exp() + (-8 * variance).exp()) / 8
        scale = weight**2 / size
        cumulant = size * (3 * scale**2 * fourth - 3 * (scale * second) ** 2)  # the bias has none
        total = size * scale * second + bias**2
        return [total, cumulant / total**2]


# --------------------------------------------------------------------------------------------- the measure of a neuron

MEASURED, NEAR = (
    (ERF, 1.8, 0.4, 0.9, 0.35),
    0.8,
)  # activation, sigmas, mean square and product of inputs; width of bumps


def bumps(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Averages of bumps under the measure: its factor times a Gaussian integral, for every number of inputs."""
    _, weight, bias, square, product = MEASURED
    first, both = bias**2 + weight**2 * square, bias**2 + weight**2 * product
    variance, covariance = (
        bias**2 + weight**2 * 2 / np.pi * np.arcsin(2 * k / (1 + 2 * first)) for k in (first, both)
    )  # of layer 2
    values = []
    for count in np.asarray(measured.axis).astype(int):
        matrix = np.linalg.inv((variance - covariance) * np.eye(count) + covariance) + np.eye(count) / NEAR**2
        factor = float(candidate.numpy(n_I=int(count), V_l=variance, c_IJ=covariance / variance))
        values.append(factor * np.sqrt((2 * np.pi) ** count / np.linalg.det(matrix)))
    return np.array(values)


def explicit_determinant(dps: int, point: Point) -> Any:
    """sqrt(det M / (2 pi)^n) with the inverse and the determinant of an explicit kernel."""
    count, variance, correlation = int(point["n_I"]), mpmath.mpf(point["V_l"]), mpmath.mpf(point["c_IJ"])
    with mpmath.workdps(dps + 10):
        kernel = mpmath.matrix(count, count)
        for i, j in itertools.product(range(count), repeat=2):
            kernel[i, j] = variance * (1 if i == j else correlation)
        return mpmath.sqrt(mpmath.det(kernel**-1) / (2 * mpmath.pi) ** count)
