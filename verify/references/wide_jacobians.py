"""Networks whose Jacobians are sampled, and what the laws of their spectra say of what is counted."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath
import numpy as np

from derivations.activations import HARD_TANH, LINEAR, RELU, Activation
from numerics.jacobian_spectrum.products import Network
from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate, mpmath_function, numpy_function
from verify.references import matrix_moments
from verify.references.densities import Fraction
from verify.references.mean_field import closed_averages
from verify.references.spectral_law import (
    TERMS,
    Law,
    edge_by_growth,
    fraction_above,
    mean_powers,
    moments_by_series,
)

ROOT_2 = 2**0.5
TRAINED = "Few small networks are trained, enough to see which learns faster and not by how much."
LADDER = ("32", "128", "512", "2048")  # widths at which the rate of an infinite limit is measured


def network(
    activation: Activation, sigma_w: float, q: float, layers: int, *, orthogonal: bool, **rest: float
) -> Network:
    """A network as the experiments take it, of an activation with its derivative."""
    return Network(
        phi=numpy_function(activation),
        derivative=numpy_function(activation, 1),
        sigma_w=sigma_w,
        squared_length=q,
        layers=layers,
        orthogonal=orthogonal,
        **rest,
    )


def linear_networks(depths: tuple[int, ...], *, orthogonal: bool = False) -> tuple[Network, ...]:
    """Deep linear networks with weights of scale 1."""
    return tuple(network(LINEAR, 1.0, 1.3, layers, orthogonal=orthogonal) for layers in depths)


def relu_networks(depths: tuple[int, ...], *, orthogonal: bool) -> tuple[Network, ...]:
    """Rectified networks at their critical point, sigma_w^2 = 2."""
    return tuple(network(RELU, ROOT_2, 1.3, layers, orthogonal=orthogonal) for layers in depths)


def switched_moments(share: Any, gain: Any, orders: int) -> list:
    """Means of (gain phi'^2)^n, n from 0, where phi' is 1 for that share of the neurons and 0 for the others."""
    return [mpmath.mpf(1), *(share * gain**n for n in range(1, orders + 1))]


def rectified_slopes(point: Point) -> list:
    """Means of (sigma_w phi')^(2 n), n up to 4, of relu at its critical point: half of the neurons are on."""
    return switched_moments(mpmath.mpf(1) / 2, 2, 4)


def law_by_angle(candidate: Candidate, **values: Any) -> Law:
    """Singular value and fraction above it as functions of the angle: the first two quantities of a formula."""
    return lambda angles: candidate.numpy(varphi=angles, **values)[:2]


def along_the_angle(law: Law, end: float, orders: tuple[int, ...]) -> list[float]:
    """What lies above the continuous part, its fraction, and its means of s^(2 k) for each order."""
    return [float(law(np.array([1e-4 * end]))[1][0]), *mean_powers(law, end, (0, *orders))]


# ------------------------------------------------------------------------------- references for laws by an angle

Slopes = Callable[[Point], list]  # the means of (sigma_w phi')^(2 n), n from 0
ORDERS = (1, 2, 3)


def matrices(slopes: Slopes, *, orthogonal: bool) -> Callable[[int, Point], list]:
    """What random matrices and independent slopes say of the continuous part, at a width of 10^60.

    What lies above it, its fraction, its means of s^2, s^4, s^6; and the whole moments 2 and 3. Directions that no
    layer switches off lie above it, at the largest slope to the power L, if fewer than 1 / L of the slopes vanish.
    """

    def reference(dps: int, point: Point) -> list:
        layers, means = int(point["L"]), slopes(point)
        found = [matrix_moments.mean_power(k, layers, means, orthogonal=orthogonal, dps=dps) for k in ORDERS]
        gain = means[2] / means[1]
        share = means[1] / gain
        untouched = max(mpmath.mpf(0), 1 - layers * (1 - share)) if orthogonal else mpmath.mpf(0)
        rest = [m - untouched * gain ** (layers * k) for k, m in zip(ORDERS, found, strict=True)]
        return [untouched, share - untouched, *rest, *found[1:]]

    return reference


def along_the_law(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these, in float64."""
    values = {name: float(value) for name, value in point.items()}
    law = law_by_angle(candidate, **values)
    return [*along_the_angle(law, np.pi / values["L"], ORDERS), *candidate.numpy(varphi=0.1, **values)[3:]]


def series(logarithm: Callable[[Any, Point], Any]) -> Callable[[int, Point], list]:
    """Edge and moments 2 and 3 from the series that solves the functional equation; logarithm(z, point) is ln S."""

    solved: dict[tuple, list] = {}  # by point: the series has its own precision, at any number of digits

    def reference(dps: int, point: Point) -> list:
        place = tuple(sorted(point.items()))
        if place not in solved:
            solved[place] = moments_by_series(lambda z: logarithm(z, point), TERMS, 2400)
        found = solved[place]
        return [edge_by_growth(found, dps), *(mpmath.mpf(str(m.str(dps + 10, radius=False))) for m in found[2:4])]

    return reference


def edge_and_moments(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these."""
    return list(candidate.mpmath(dps, varphi="0.1", **point)[2:])


def second_at_width(slopes: Slopes, *, orthogonal: bool) -> Callable[[int, Point], Any]:
    """The second moment at width N of random matrices and independent slopes."""

    def exact(dps: int, point: Point) -> Any:
        width = int(point["N"])
        return matrix_moments.mean_power(2, int(point["L"]), slopes(point), orthogonal=orthogonal, width=width, dps=dps)

    return exact


def limit_of_second(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of the second moment."""
    return candidate.mpmath(dps, varphi="0.1", **{k: v for k, v in point.items() if k in candidate.takes})[3]


def fraction_of(points: Sequence[Mapping[str, float]]) -> Fraction:
    """The fraction above any levels, as pictures take it; a network has the values of one point."""

    def fraction(candidate: Candidate, row: int, levels: np.ndarray) -> np.ndarray:
        return fraction_above(law_by_angle(candidate, **points[row]), np.pi / points[row]["L"], levels)

    return fraction


def counted(points: Sequence[Mapping[str, float]], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Fraction of the singular values above each level, (networks, levels); a network has the values of one point."""
    levels, fraction = np.asarray(measured.given["levels"]), fraction_of(points)
    return np.stack([fraction(candidate, row, levels[row]) for row in range(len(points))])


# ------------------------------------------------------------------------------------------- any activation


def critical_network(activation: Activation, q: float, layers: int, *, orthogonal: bool) -> Network:
    """A network at the point of the critical line that has the fixed length q; the averages are closed forms."""
    weight, bias = (float(v) for v in closed_averages(30, {"phi": activation, "q_star": q}))
    return network(activation, weight**0.5, q, layers, orthogonal=orthogonal, sigma_b=bias**0.5)


def nodes(dps: int) -> list:
    """Nodes of a trapezoid rule for averages over a standard Gaussian number, at so many digits."""
    step, reach = mpmath.mpf(5) / (2 * dps), mpmath.sqrt(2 * dps * mpmath.log(10) + 30)
    return [k * step for k in range(-int(reach / step), int(reach / step) + 1)]


def squared_slopes(dps: int, activation: Activation, q: Any) -> tuple[list, list, Any]:
    """Values of phi'^2 over their mean, their weights, and their mean, for Gaussian preactivations of variance q."""
    slope = mpmath_function(activation, 1)
    with mpmath.workdps(dps + 10):
        weights = [mpmath.mpf(5) / (2 * dps) * mpmath.npdf(z) for z in nodes(dps)]
        values = [slope(mpmath.sqrt(mpmath.mpf(q)) * z) ** 2 for z in nodes(dps)]
        mean = mpmath.fdot(weights, values)
        return [v / mean for v in values], weights, mean


def edge_of_layers(dps: int, activation: Activation, q: Any, layers: Any, *, orthogonal: bool) -> Any:
    """Largest squared singular value of a wide critical network of so many layers.

    With z = E D / (zeta - D) the S-transform of D is (1 + z) / (z zeta), so that the level is a function of zeta; its
    stationary point is found by the secant method.
    """
    values, weights, _ = squared_slopes(dps, activation, q)
    with mpmath.workdps(dps + 10):
        depth = mpmath.mpf(layers)

        def series(zeta: Any) -> tuple[Any, Any]:
            inverse = [1 / (zeta - d) for d in values]
            first = [w * d * i for w, d, i in zip(weights, values, inverse, strict=True)]
            return mpmath.fsum(first), -mpmath.fdot(first, inverse)

        def slope(logarithm: Any) -> Any:
            zeta = mpmath.exp(logarithm)
            z, rate = series(zeta)
            of_z = 1 / (1 + z) - 1 / z + depth * (1 / z - (0 if not orthogonal else 1 / (1 + z)))
            return of_z * rate * zeta + depth

        spread = mpmath.fdot(weights, [d**2 for d in values]) - (1 if orthogonal else 0)
        start = mpmath.log(spread * depth + max(values))
        zeta = mpmath.exp(mpmath.findroot(slope, (start, start + mpmath.mpf(1) / 10)))
        z, _ = series(zeta)
        one_layer = z * zeta / (1 if not orthogonal else 1 + z)
        return (1 + z) / z * one_layer**depth


TRACY_WIDOM = 1.2065335745820  # minus the mean of the law of the largest eigenvalue, for real matrices


def edge_shift(spread: float, layers: float, width: float) -> float:
    """By which share finite width moves the largest singular value of a deep network down.

    Near its edge lambda_max = e v L the density is sqrt(2 (lambda_max - lambda) / (e v^3 L)) / (pi L lambda_max), so
    that the largest eigenvalue lies by (v L)^(2/3) (2 N^2)^(-1/3) of lambda_max times a number of the Tracy-Widom law
    below.
    """
    return TRACY_WIDOM / 2 * (spread * layers / width) ** (2 / 3) / 2 ** (1 / 3)


def means_of_slopes(point: Point, orders: int, dps: int) -> list:
    """Means of (sigma_w phi')^(2 n), n from 0, at the length q* of the point."""
    values, weights, mean = squared_slopes(dps, point["phi"], point["q_star"])
    with mpmath.workdps(dps + 10):
        gain = mpmath.mpf(point["sigma_w"]) ** 2 * mean
        return [gain**n * mpmath.fdot(weights, [v**n for v in values]) for n in range(orders + 1)]


def first_moments(*, orthogonal: bool) -> Callable[[int, Point], list]:
    """Moments 1 and 2 of random matrices and independent slopes of any activation, at width N or 10^60."""

    def reference(dps: int, point: Point) -> list:
        size = int(point["N"]) if "N" in point else matrix_moments.ENORMOUS
        slopes, layers = means_of_slopes(point, 2, dps), int(point["L"])
        return [
            matrix_moments.mean_power(k, layers, slopes, orthogonal=orthogonal, width=size, dps=dps) for k in (1, 2)
        ]

    return reference


def hard_tanh_network(share: float, layers: int) -> Network:
    """The hard-tanh network with orthogonal weights, at the critical point with that share of neurons of slope 1."""
    from scipy import special

    q = 1 / (2 * float(special.erfinv(share)) ** 2)
    tail = math.exp(-1 / (2 * q)) * math.sqrt(2 / (math.pi * q))
    square = q * (share - tail) + 1 - share  # of the outputs
    bias = math.sqrt(q - square / share)  # with which q is a fixed point
    return network(HARD_TANH, share**-0.5, q, layers, orthogonal=True, sigma_b=bias)


def width_correction(slopes: list, layers: int, width: int) -> float:
    """By which factor the spread of the squared singular values at width N exceeds that at infinite width."""
    wide, narrow = (
        matrix_moments.mean_power(2, layers, slopes, orthogonal=True, width=n, dps=20)
        for n in (matrix_moments.ENORMOUS, width)
    )
    return float(mpmath.sqrt((narrow - 1) / (wide - 1)))


def slopes_over_mean(activation: Activation, q: Any, orders: int, dps: int = 20) -> list:
    """Means of (sigma_w phi')^(2 n), n from 0, of a critical network: powers of the squared slope over its mean."""
    values, weights, _ = squared_slopes(dps, activation, q)
    with mpmath.workdps(dps + 10):
        return [mpmath.fdot(weights, [v**n for v in values]) for n in range(orders + 1)]


def average(activation: Activation, q: float, power: int, order: int = 0) -> float:
    """Mean of a power of an activation or its derivative at Gaussian preactivations of variance q, over nodes."""
    z = np.arange(-9, 9, 1 / 256)
    values = numpy_function(activation, order)(np.sqrt(q) * z)
    return float(np.exp(-(z**2) / 2) @ values**power / np.sqrt(2 * np.pi) / 256)


def variance_of_squares(activation: Activation, q: float) -> float:
    """Variance of the squared slope over the square of its mean, over nodes in float64."""
    z = np.arange(-9, 9, 1 / 256)
    weights = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / 256
    squares = numpy_function(activation, 1)(np.sqrt(q) * z) ** 2
    return float(weights @ (squares / (weights @ squares) - 1) ** 2)


@functools.cache
def length_of_spread(activation: Activation, spread: float, layers: float) -> float:
    """The length q* at which L times the variance of one layer is the square of the spread."""
    from scipy import optimize

    def excess(logarithm: float) -> float:
        return layers * variance_of_squares(activation, math.exp(logarithm)) - spread**2

    return math.exp(optimize.brentq(excess, -14, 1, xtol=1e-13))


def balanced_network(activation: Activation, q: float, layers: int, *, critical: bool) -> Network:
    """A network with orthogonal weights that keeps the length q: at the critical point, or without biases."""
    square = average(activation, q, 2)
    weight = 1 / average(activation, q, 2, 1) if critical else q / square
    bias = max(q - weight * square, 0.0) if critical else 0.0
    return network(activation, weight**0.5, q, layers, orthogonal=True, sigma_b=bias**0.5)
