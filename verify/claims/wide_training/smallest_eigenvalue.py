"""Smallest eigenvalue of the tangent kernel over depth.

Networks with two hidden layers of unequal widths, in order, at criticality and in chaos, are differentiated for three
inputs of one length and one correlation; the activation of the first two is neither odd nor even. What is taken of
their kernels is linear in them, so that it has no bias from the spread of equal eigenvalues.

At high precision matrices of characteristic functions are diagonalized, and closed kernels of deep
networks are iterated: up to a depth at which chaos has settled, and in order and at criticality over three decades.
"""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.activations import SIN, Activation
from derivations.wide_training import smallest_eigenvalue
from numerics.measurement import Measurement
from numerics.solvers.length import critical_line
from numerics.solvers.tangent import pair_averages
from numerics.wide_training.kernel_matrices import kernel_matrices
from verify.checks import FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, torch_function
from verify.compile.nonlinearity import nonlinearity
from verify.references import gaussian_pairs
from verify.references.mean_field import SHIFTED, fixed_point

Kind = tuple[Activation, float, float, float, float]  # activation, sigma_w, sigma_b, q*, correlation in layer 1
EXAMPLES, SHIFT, PHASES = 3, 0.7, ("order", "critical", "chaos")
SHADE = 1 - 1e-12  # the correlation of an input with itself; rounding must not lift it above 1
START, DEPTHS = 0.5, ("100", "300", "1000", "3000")  # correlation in layer 1 of the iterated kernels
ORDERED = (1.3, 0.5)  # sigma_w and sigma_b of the shifted sine
NOTHING = {  # where not asked for
    **{"q_star": 1.0, "c_{l+1}": 0.4, "c_star": 0.3, "chi_1": 1.1, "chi_c": 0.6, "chi_star": 0.5, "chi_2": 0.4},
    **{"Theta_II": 2.0, "Theta_IJ": 0.7, "P": 3, "L": 4, "nu_c": 1.5},
}


@functools.cache
def kinds() -> tuple[Kind, ...]:
    """Networks in order, on the critical line, and in chaos."""
    length = 1.3
    line = critical_line(nonlinearity(SHIFTED), np.array(length))
    return (
        (SHIFTED, *ORDERED, fixed_point(SHIFTED, *ORDERED), 0.4),
        (SHIFTED, float(line.sigma_w), float(line.sigma_b), length, 0.3),
        (SIN, 1.9, 0.4, fixed_point(SIN, 1.9, 0.4), 0.7),
    )


def measured_kernels(**settings: Any) -> Any:
    """The experiment with functions in place of the activations, and inputs that give the length q*."""
    networks = tuple(
        (torch_function(phi), w, b, (length - b**2) / w**2, (correlation * length - b**2) / w**2)
        for phi, w, b, length, correlation in kinds()
    )
    return partial(kernel_matrices, networks=networks, ratios=(1.0, 1.25), inputs=5, examples=EXAMPLES, **settings)


def layer(activation: Activation, weight: Any, bias: Any, length: Any, at: Any) -> tuple[Any, Any]:
    """Correlation in the next layer and slope of its map, by characteristic functions of (shifted) sines."""
    shift = 0 if activation is SIN else mpmath.mpf(7) / 10
    both = length, length, length * at
    product, slopes = (f(shift, *both) for f in (gaussian_pairs.sine_product, gaussian_pairs.sine_slopes))
    return (bias**2 + weight**2 * product) / length, weight**2 * slopes


@functools.cache
def layers(kind: Kind, count: int) -> tuple[tuple[float, float, float], ...]:
    """Correlation in the next layer, slope of its map and chi_1, for so many layers from the first one on."""
    activation, *numbers = kind
    with mpmath.workdps(20):
        weight, bias, length, here = (mpmath.mpf(v) for v in numbers)
        stretch, found = layer(activation, weight, bias, length, SHADE)[1], []
        for _ in range(count):
            here, slope = layer(activation, weight, bias, length, here)
            found.append((float(here), float(slope), float(stretch)))
    return tuple(found)


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Both eigenvalues of each network, from layer to layer: (networks, 2, layers - 1)."""
    assert measured.axis is not None
    found = []
    for kind in kinds():
        *_, length, correlation = kind
        itself, other, rows = length, correlation * length, []
        for after, slope, stretch in layers(kind, len(measured.axis)):
            known = {"q_star": length, "c_{l+1}": after, "chi_1": stretch, "chi_c": slope, "P": EXAMPLES}
            row = candidate.numpy(**NOTHING | known | {"Theta_II": itself, "Theta_IJ": other})[:2]
            rows.append([float(v) for v in row])
            other = (rows[-1][1] - rows[-1][0]) / EXAMPLES
            itself = rows[-1][0] + other
        found.append(np.array(rows).T)
    return np.array(found)


def diagonalized(dps: int, point: Point) -> list:
    """Extreme eigenvalues of the kernel of the next layer, as a matrix; the bias is what keeps the length."""
    with mpmath.workdps(dps + 10):
        weight, length, at, itself, other = (
            mpmath.mpf(point[name]) for name in ("sigma_w", "q_star", "c_l", "Theta_II", "Theta_IJ")
        )
        bias = mpmath.sqrt(length - length * layer(point["phi"], weight, 0, length, SHADE)[0])
        alike, pair = (layer(point["phi"], weight, bias, length, place) for place in (SHADE, at))
        matrix = mpmath.ones(int(point["P"])) * (length * pair[0] + pair[1] * other)
        for i in range(matrix.rows):
            matrix[i, i] = length * alike[0] + alike[1] * itself
        values = mpmath.eigsy(matrix, eigvals_only=True)
        return [values[0], values[matrix.rows - 1]]


@functools.cache
def series(activation: Activation, weight: float, length: float, at: float) -> dict[str, float]:
    """Correlation in the next layer and slopes of its map, with averages by Mehler's formula."""
    places, phi = np.array([at, 1.0]), nonlinearity(activation)
    products, slopes = (pair_averages(phi, None, length, places, order=order) * weight**2 for order in (0, 1))
    return {"c_{l+1}": 1 - float(products[1] - products[0]) / length, "chi_1": slopes[1], "chi_c": slopes[0]}


def by_series(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """Both eigenvalues, with averages of the activation by Mehler's formula."""
    known = series(point["phi"], *(float(point[name]) for name in ("sigma_w", "q_star", "c_l")))
    asked = {name: float(point[name]) for name in ("q_star", "Theta_II", "Theta_IJ")}
    return [float(v) for v in candidate.numpy(**NOTHING | known | asked | {"P": int(point["P"])})[:2]]


@functools.cache
def settled(length: str, stretch: str) -> dict[str, float]:
    """c* of a shifted sine in chaos, and the slope of its map there, in closed averages."""
    with mpmath.workdps(15):
        network = chaotic({"q_star": length, "chi_1": stretch})
        end = mpmath.findroot(lambda c: layer(SHIFTED, *network, c)[0] - c, (0.1, 0.9), solver="anderson")
        return {"c_star": float(end), "chi_star": float(layer(SHIFTED, *network, end)[1])}


def chaotic(point: Point) -> tuple[Any, Any, Any]:
    """sigma_w, sigma_b and q* of a shifted sine that has the length and the slope chi_1 of a point."""
    length, stretch = mpmath.mpf(point["q_star"]), mpmath.mpf(point["chi_1"])
    wave = mpmath.cos(mpmath.mpf(7) / 5) * mpmath.exp(-2 * length)
    square = 2 * stretch / (1 + wave)
    return mpmath.sqrt(square), mpmath.sqrt(length - square * (1 - wave) / 2), length


def iterated_chaos(dps: int, point: Point) -> list:
    """lambda_min and lambda_max / lambda_min - 1 at layer L, in closed averages of shifted sines."""
    with mpmath.workdps(dps + 15):
        network, here = chaotic(point), mpmath.mpf(START)
        itself, other = network[2], network[2] * here
        for _ in range(1, int(point["L"])):
            here, slope = layer(SHIFTED, *network, here)
            itself = network[2] + mpmath.mpf(point["chi_1"]) * itself
            other = network[2] * here + slope * other
        return [itself - other, int(point["P"]) * other / (itself - other)]


def chaotic_law(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """Both laws at that depth, with c* where the map of closed averages stays."""
    known = {"q_star": float(point["q_star"]), "chi_1": float(point["chi_1"]), "L": int(point["L"])}
    known |= settled(point["q_star"], point["chi_1"]) | {"P": int(point["P"])}
    return [float(v) for v in candidate.numpy(**NOTHING | known)[4:]]


def shifted_chis(weight: float, length: float) -> tuple[float, float]:
    """chi_1 and chi_2 of a shifted sine."""
    wave = math.cos(2 * SHIFT) * math.exp(-2 * length)
    return weight**2 / 2 * (1 + wave), weight**2 / 2 * (1 - wave)


@functools.cache
def shifted_sines(weight: float, bias: float, length: float) -> dict[int, tuple[float, float]]:
    """1 - c and the smallest eigenvalue after each of DEPTHS, of shifted sines in closed averages."""
    wave, found = math.cos(2 * SHIFT) * math.exp(-2 * length), {}
    stretch, _ = shifted_chis(weight, length)
    apart, itself = 1 - START, length
    smallest = length * apart
    for number in range(1, int(DEPTHS[-1]) + 1):
        if str(number) in DEPTHS:
            found[number] = apart, smallest
        less, more = math.expm1(-length * apart), math.expm1(length * apart)
        lost = -(weight**2) / 2 * (less + wave * more)  # chi_1 less the slope at c
        apart = weight**2 / (2 * length) * (wave * more - less)
        smallest = length * apart + (stretch - lost) * smallest + lost * itself
        itself = length + stretch * itself
    return found


@functools.cache
def critical_relu() -> dict[int, float]:
    """The smallest eigenvalue after each of DEPTHS, of relu at sigma_w^2 = 2 and q* = 1, by the angle of two inputs."""
    angle, itself, smallest, found = math.acos(START), 1.0, 1 - START, {}
    for number in range(1, int(DEPTHS[-1]) + 1):
        if str(number) in DEPTHS:
            found[number] = smallest
        half = math.sin(angle / 2) ** 2 - (math.sin(angle) - angle * math.cos(angle)) / (2 * math.pi)
        smallest = 2 * half + (1 - angle / math.pi) * smallest + angle / math.pi * itself
        angle, itself = 2 * math.asin(math.sqrt(half)), itself + 1
    return found


def ordered_network(point: Point) -> tuple[float, float, float]:
    """sigma_w, sigma_b and q* of the shifted sine of a point."""
    weight, bias = float(point["sigma_w"]), float(point["sigma_b"])
    return weight, bias, fixed_point(SHIFTED, weight, bias)


def at_depth(dps: int, point: Point) -> list[float]:
    """Over the depth: lambda_min over q* (1 - c) in order; lambda_min on the critical line, of sines and of relu."""
    depth, ordered, critical = int(point["L"]), ordered_network(point), kinds()[1]
    apart, smallest = shifted_sines(*ordered)[depth]
    both = shifted_sines(*critical[1:4])[depth][1], critical_relu()[depth]
    return [smallest / (ordered[2] * apart) / depth, *(value / depth for value in both)]


def laws(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The same by the laws, whose powers are 1 and 2 on the critical line."""
    depth, (weight, _, length), critical = int(point["L"]), ordered_network(point), kinds()[1]
    stretch, bend = shifted_chis(weight, length)
    lengths, powers = np.array([length, critical[3], 1.0]), np.array([1.5, 1.0, 2.0])
    known = {"q_star": lengths, "nu_c": powers, "chi_1": stretch, "chi_2": bend, "L": depth}
    ratio, smallest = (np.asarray(candidate.numpy(**NOTHING | known)[place]) / depth for place in (2, 3))
    return [float(ratio[0]), float(smallest[1]), float(smallest[2])]


CLAIM = Claim(
    statement=smallest_eigenvalue.STATEMENT,
    checks=(
        Precision(
            name="matrices diagonalized",
            reference=diagonalized,
            against="eigenvalues of matrices whose entries are characteristic functions of sines",
            points=(
                {
                    **{"phi": SHIFTED, "sigma_w": "1.3", "q_star": "1.7", "c_l": "0.6"},
                    **{"Theta_II": "3.1", "Theta_IJ": "1.4", "P": 4},
                },
                {
                    **{"phi": SIN, "sigma_w": "0.8", "q_star": "0.6", "c_l": "0.3"},
                    **{"Theta_II": "5.3", "Theta_IJ": "0.4", "P": 7},
                },
            ),
            digits=(14, 20),
            evaluate=by_series,
        ),
        Precision(
            name="kernels in chaos",
            reference=iterated_chaos,
            against="closed kernels of shifted sines, iterated to layer L",
            points=(
                {"q_star": "1.7", "chi_1": "1.4", "L": 71, "P": 5},
                {"q_star": "2.3", "chi_1": "1.9", "L": 43, "P": 3},
            ),
            digits=(14, 20),
            evaluate=chaotic_law,
        ),
        Rate(
            name="kernels in order and at criticality",
            exact=at_depth,
            against="closed kernels of shifted sines and of relu, iterated to layer L, over L",
            points=({"sigma_w": "1.3", "sigma_b": "0.5"}, {"sigma_w": "1.4", "sigma_b": "0.9"}),
            values=DEPTHS,
            digits=12,
            evaluate=laws,
        ),
        FiniteSize(
            name="gradients of networks in three phases",
            predict=predicted,
            quick=measured_kernels(batch=36),
            full=measured_kernels(batch=60),
            sizes=((12, 40), (20, 36), (36, 36)),
            full_sizes=((16, 60), (32, 60), (60, 60)),
            axis="layer l",
            quantity="eigenvalue of the tangent kernel",
            series=tuple(
                f"{phase}, {which}" for phase in ("order", "critical", "chaos") for which in ("least", "largest")
            ),
        ),
    ),
    quantities=tuple(map(str, smallest_eigenvalue.STATEMENT.left)),
    convention="NTK parametrization; layer 1 follows the inputs, and laws over depth are read at layer L. Eigenvalues "
    "are those of the mean over networks: a mean over all directions of sum 0, and that for the sum of all outputs.",
    independence="Gradients of explicit networks of unequal widths by automatic differentiation; no Gaussian average, "
    "and no recursion.",
)
