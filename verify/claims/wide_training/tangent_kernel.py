"""Tangent kernel from layer to layer.

Networks of finite width are differentiated by all their parameters, those of the NTK parametrization or weights and
biases themselves, and products of the gradients for two inputs are summed. Widths are unequal, and the activation of
which both parametrizations are tried is neither odd nor even. With one hidden layer the law is exact in the mean, at
any width and with all that the standard parametrization adds. Behind two hidden layers of shifted sines the mean is
known at every width, with the same weights both ways, and approaches the recursion like 1 / N.

At high precision the first layer is differentiated number by number, and averages over a pair are an integral over an
arc and a quadrant (relu), over one neuron given the other (erf), or characteristic functions (shifted sine).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.activations import ERF, RELU, Activation
from derivations.wide_training import tangent_kernel
from numerics.measurement import Measurement
from numerics.wide_training.tangent_kernels import tangent_kernels
from verify.checks import FiniteSize, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, torch_function
from verify.references import gaussian_pairs
from verify.references.mean_field import SHIFTED

Kind = tuple[Activation, float, float, tuple[float, float, float], str]

NETWORKS: tuple[Kind, ...] = (  # activation, sigma_w, sigma_b, mean squares and mean product of the inputs, which one
    (SHIFTED, 1.3, 0.4, (0.6, 1.7, 0.9), "ntk"),
    (SHIFTED, 1.3, 0.4, (0.6, 1.7, 0.9), "standard"),
    (RELU, 1.31, 0.5, (0.6, 2.7, 0.7), "ntk"),
    (ERF, 1.6, 0.35, (0.4, 1.3, 0.5), "ntk"),
)
OTHERS: tuple[Kind, ...] = (
    (SHIFTED, 1.4, 0.6, (0.4, 1.1, 0.5), "ntk"),
    (SHIFTED, 1.4, 0.6, (0.9, 0.5, 0.4), "standard"),
)
FINITE: Kind = (SHIFTED, 1.5, 0.6, (0.5, 1.2, 0.35), "ntk")  # whose distance from the limit is followed
SERIES = ("shifted sine", "shifted sine, standard, over N", "relu", "erf")
SHADE = 1 - 1e-12  # a variance is a covariance of correlation 1; rounding must not lift it above
LARGE = 1e9  # a width that leaves nothing but the limit
NOTHING = {"Omega_IJ": 0.3, "K_II": 1.3, "K_JJ": 1.7, "K_IJ": 0.6, "Theta_IJ": 0.7, "T_IJ": 3.0}  # where not asked


def measured_kernels(networks: tuple[Kind, ...]) -> Any:
    """The experiment with functions in place of the activations."""
    return partial(tangent_kernels, networks=tuple((torch_function(kind[0]), *kind[1:]) for kind in networks), inputs=6)


@functools.cache
def covariances(kind: Kind, layers: int) -> list[tuple[float, ...]]:
    """Variances and covariance of layers, from integrals that are not those of the formula."""
    activation, weight, bias, (first, second, product), _ = kind
    averages: dict[Activation, Callable[..., Any]] = {
        RELU: gaussian_pairs.relu_product,
        ERF: gaussian_pairs.erf_product,
        SHIFTED: partial(gaussian_pairs.sine_product, mpmath.mpf(7) / 10),
    }
    found = [tuple(bias**2 + weight**2 * part for part in (first, second, product))]
    with mpmath.workdps(20):
        for _ in range(1, layers):
            one, other, both = (mpmath.mpf(part) for part in found[-1])
            pairs = ((one, one, SHADE * one), (other, other, SHADE * other), (one, other, both))
            found.append(tuple(float(bias**2 + weight**2 * averages[activation](*pair)) for pair in pairs))
    return found


def predicted(networks: tuple[Kind, ...], candidate: Candidate, measured: Measurement, wide: bool) -> np.ndarray:
    """Kernels (networks, 3, layers - 1) of networks of the measured fan-ins, or (`wide`) in the limit."""
    width, fan_ins = float(measured.given["width"]), np.asarray(measured.given["fan_ins"])
    if wide:
        width, fan_ins = LARGE, np.append(fan_ins[0], fan_ins[1:] * (LARGE / width))
    found = []
    for kind in networks:
        activation, weight, bias, (first, second, product), parametrization = kind
        standard = parametrization == "standard"
        place = 3 if standard else {RELU: 4, ERF: 5}.get(activation, 2)
        name, unit = ("T_IJ", width) if standard else ("Theta_IJ", 1.0)
        overlap, known = np.array([product, first, second]), {"sigma_w": weight, "sigma_b": bias, "phi": activation}
        start = NOTHING | {"Omega_IJ": overlap, "n_0": fan_ins[0], "N^l": 3}
        theta, layers = np.asarray(candidate.numpy(**known | start)[1 if standard else 0]) / unit, []
        for fan_in, (one, other, both) in zip(fan_ins[1:], covariances(kind, len(fan_ins) - 1), strict=True):
            pair = {
                "K_II": np.array([one, one, other]),
                "K_JJ": np.array([other, one, other]),
                "K_IJ": np.array([both, SHADE * one, SHADE * other]),
            }
            at = NOTHING | pair | {"n_0": 4, "N^l": fan_in, name: theta * unit}
            theta = np.asarray(candidate.numpy(**known | at)[place]) / unit
            layers.append(theta)
        found.append(np.stack(layers, axis=-1))
    return np.array(found)


def by_definition(dps: int, point: Point) -> list:
    """Each part by a sum, an integral or a characteristic function of its own."""
    with mpmath.workdps(dps + 10):
        weight, bias, overlap, one, other, both, theta, standard = (
            mpmath.mpf(point[name])
            for name in ("sigma_w", "sigma_b", "Omega_IJ", "K_II", "K_JJ", "K_IJ", "Theta_IJ", "T_IJ")
        )
        pair, shift = (one, other, both), mpmath.mpf(7) / 10
        if point["phi"] is ERF:
            product, slopes = gaussian_pairs.erf_product(*pair), gaussian_pairs.erf_slopes(*pair)
        else:
            product, slopes = (f(shift, *pair) for f in (gaussian_pairs.sine_product, gaussian_pairs.sine_slopes))
        relu = gaussian_pairs.relu_product(*pair), gaussian_pairs.quadrant(*pair)
        erf = gaussian_pairs.erf_product(*pair), gaussian_pairs.erf_slopes(*pair)
        ntk = [bias**2 + weight**2 * a + weight**2 * b * theta for a, b in ((product, slopes), relu, erf)]
        fan_in, inputs = int(point["N^l"]), int(point["n_0"])
        above = mpmath.fsum([1, *[product] * fan_in, *[weight**2 / fan_in * slopes * standard] * fan_in])
        first = [_first(inputs, overlap, *scales) for scales in ((weight / mpmath.sqrt(inputs), bias), (1, 1))]
        return [*first, ntk[0], above, *ntk[1:]]


def _first(inputs: int, overlap: Any, by_weight: Any, by_bias: Any) -> Any:
    """Sum over the parameters of a neuron of the products of its changes with each, for two inputs."""
    here = [mpmath.mpf(k + 2) / 3 for k in range(inputs)]
    rest = inputs * overlap - mpmath.fsum(here[1:])
    there = [rest / here[0], *[mpmath.mpf(1)] * (inputs - 1)]  # product with `here`: inputs times the overlap

    def field(signal: list, parameters: list) -> Any:
        return by_weight * mpmath.fdot(parameters[:-1], signal) + by_bias * parameters[-1]

    units = [[mpmath.mpf(k == j) for k in range(inputs + 1)] for j in range(inputs + 1)]
    return mpmath.fsum(field(here, unit) * field(there, unit) for unit in units)


def behind_two_layers(dps: int, point: Point) -> list[float]:
    """Mean tangent kernel behind two hidden layers of N shifted sines; u and v are fields of a neuron of layer 2.

    Averages of exp(i (u - v)) and exp(i (u + v)) over the weights w_j of that neuron, with w_j^2 beside them or not,
    are Gaussian given layer 1, whose neurons are independent: powers of averages over one of them.
    """
    _, weight, bias, squares, _ = FINITE
    width, shift = float(point["N"]), 0.7
    one, other, both = (bias**2 + weight**2 * part for part in squares)
    z = np.arange(-9, 9.01, 0.25)
    mass = np.multiply.outer(*[np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()] * 2)
    here = np.sqrt(one) * z[:, None] + shift
    there = both / np.sqrt(one) * z[:, None] + np.sqrt(other - both**2 / one) * z[None, :] + shift
    products, slopes, scale = np.sin(here) * np.sin(there), np.cos(here) * np.cos(there), weight**2 / width
    signals, carried = [], []
    for sign in (-1, 1):
        spread = scale * (np.sin(here) + sign * np.sin(there)) ** 2
        damped = mass * np.exp(-spread / 2)
        mean, own = damped.sum(), weight**2 * (damped * (products + (1 - spread) * slopes * both)).sum()
        outside = np.exp(-((1 + sign) ** 2) * bias**2 / 2) * np.cos((1 + sign) * shift)
        signals.append(outside * mean**width)
        carried.append(outside * (bias**2 * mean**width + mean ** (width - 1) * own))
    return [float(bias**2 + weight**2 * (signals[0] - signals[1] + carried[0] + carried[1]) / 2)]


def applied_twice(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The recursion from the first layer to the third."""
    activation, weight, bias, *_ = FINITE
    first, second = covariances(FINITE, 2)
    theta = first[2]
    for one, other, both in (first, second):
        pair = NOTHING | {"K_II": one, "K_JJ": other, "K_IJ": both, "Theta_IJ": theta, "N^l": 3, "n_0": 4}
        theta = float(candidate.numpy(phi=activation, sigma_w=weight, sigma_b=bias, **pair)[2])
    return [theta]


def in_float64(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula in float64: averages in one another take too long at high precision."""
    return [float(v) for v in candidate.numpy(**point)]


CLAIM = Claim(
    statement=tangent_kernel.STATEMENT,
    checks=(
        Precision(
            name="sums, arcs, neurons and characteristic functions",
            reference=by_definition,
            against="a first layer differentiated by each parameter; integrals over an arc and a quadrant, over one "
            "neuron given the other; characteristic functions of a shifted sine",
            points=(
                {
                    **{"phi": SHIFTED, "sigma_w": "1.3", "sigma_b": "0.7", "Omega_IJ": "-0.6", "K_II": "2.6"},
                    **{"K_JJ": "1.7", "K_IJ": "0.9", "Theta_IJ": "3.1", "T_IJ": "17.3", "N^l": 7, "n_0": 5},
                },
                {
                    **{"phi": ERF, "sigma_w": "0.8", "sigma_b": "0.3", "Omega_IJ": "1.4", "K_II": "0.4"},
                    **{"K_JJ": "3.1", "K_IJ": "-0.7", "Theta_IJ": "-1.2", "T_IJ": "-6.1", "N^l": 12, "n_0": 3},
                },
            ),
            digits=(14, 20),
            evaluate=in_float64,
        ),
        Replicas(
            name="one hidden layer of few neurons",
            predict=partial(predicted, OTHERS, wide=False),
            quick=partial(measured_kernels(OTHERS), width=4, ratios=(1.25,), batch=90),
            full=partial(measured_kernels(OTHERS), width=4, ratios=(1.25,), batch=400),
            replicas=40,
            full_replicas=60,
        ),
        FiniteSize(
            name="gradients of networks with two hidden layers",
            predict=partial(predicted, NETWORKS, wide=True),
            quick=partial(measured_kernels(NETWORKS), ratios=(1.0, 1.25), batch=60),
            full=partial(measured_kernels(NETWORKS), ratios=(1.0, 1.25), batch=120),
            sizes=((20, 30), (32, 24), (64, 30)),
            full_sizes=((24, 60), (40, 60), (80, 60)),
            axis="layer l",
            quantity="tangent kernel",
            series=SERIES,
        ),
        Rate(
            name="two hidden layers of finite width",
            exact=behind_two_layers,
            against="exact mean kernels behind two hidden layers of N shifted sines",
            points=({},),
            values=("16", "64", "256", "1024"),
            digits=11,
            evaluate=applied_twice,
        ),
    ),
    quantities=(
        "Theta^1_{IJ}",
        "T^1_{IJ}",
        "Theta^{l+1}_{IJ}",
        "T^{l+1}_{IJ}",
        "Theta^{l+1}_{IJ}(relu)",
        "Theta^{l+1}_{IJ}(erf)",
    ),
    convention="Theta_IJ belongs to the parameters w and b of sigma_w w phi(h) / sqrt(fan-in) + sigma_b b, T_IJ to W "
    "and B of W phi(h) + B; layer 1 follows the inputs, whose mean product per entry is Omega.",
    independence="Gradients of explicit networks of unequal widths by the chain rule; no Gaussian average, "
    "and no recursion.",
)
