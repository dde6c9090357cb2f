"""Normalisation of the Gaussian measure of a neuron.

Neurons of explicit networks are counted near zero, for one to five inputs at once, by averages of a bump; no density
is assumed or fitted. The formula's factor times a Gaussian integral predicts them. At high precision the inverse and
the determinant of explicit kernels stand against the closed form.

For one and for two inputs the density of the preactivations of layer 2 at zero is known at any width, from their
characteristic function; the factor is approached like 1 / N.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.signal_propagation import gaussian_measure
from numerics.measurement import Measurement
from numerics.signal_propagation.random_layers import bump_averages
from verify.checks import Certified, FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references import finite_width
from verify.references.balls import numbers
from verify.references.mean_field import SHIFTED, callables

MEASURED = (SHIFTED, 1.8, 0.4, 0.9, 0.35)  # activation, sigma_w, sigma_b, mean square and mean product of the inputs
NEAR = 0.8  # width of the bumps
FINITE, FIRST = (1.4, 0.5), (0.9, 0.4)  # sigma_w, sigma_b, and variance and correlation of layer 1, at finite width


def bumps(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Averages of bumps under the measure: its factor times a Gaussian integral, for every number of inputs."""
    _, weight, bias, square, product = MEASURED
    first, both = bias**2 + weight**2 * square, bias**2 + weight**2 * product
    variance, covariance = (bias**2 + weight**2 * finite_width.kernel(first, k / first) for k in (first, both))
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


def density_at_zero(dps: int, point: Point) -> float:
    """Density of a preactivation of layer 2 at zero, for one input or two, behind N neurons: Fourier's inversion."""
    weight, bias = FINITE
    variance, correlation = FIRST
    size, count = float(point["N"]), int(point["n_I"])
    waves = np.arange(-24, 25) / 2

    def characteristic(s: float, t: float) -> float:
        def neuron(one: Any, other: Any) -> Any:
            return np.exp(-(weight**2) / (2 * size) * (s * one + t * other) ** 2)

        alone = finite_width.over_pair(neuron, variance, correlation).real
        return float(np.exp(-((bias * (s + t)) ** 2) / 2) * alone**size)

    grid = itertools.product(waves[waves >= 0], waves if count == 2 else (0.0,))
    total = sum(characteristic(s, t) * (2 if s else 1) for s, t in grid)  # (s, t) and (-s, -t) are alike
    return total / (4 * np.pi) ** count


def wide_factor(candidate: Candidate, dps: int, point: Point) -> float:
    """The factor of the formula for the kernel of layer 2 of a wide network."""
    weight, bias = FINITE
    kept, shared = (bias**2 + weight**2 * finite_width.kernel(FIRST[0], c) for c in (1.0, FIRST[1]))
    return float(candidate.numpy(n_I=int(point["n_I"]), V_l=kept, c_IJ=shared / kept))


def certified_density(bits: int, point: Point) -> Any:
    """The density at zero of fields with an explicit kernel, by its determinant."""
    variance, correlation = numbers(point, "V_l", "c_IJ")
    count = point["n_I"]
    rows = [[variance * (1 if i == j else correlation) for j in range(count)] for i in range(count)]
    return 1 / ((2 * flint.arb.pi()) ** count * flint.arb_mat(rows).det()).sqrt()


CLAIM = Claim(
    statement=gaussian_measure.STATEMENT,
    checks=(
        Certified(
            name="certified determinants",
            reference=certified_density,
            against="determinants of explicit kernels",
            values=("N",),
            points=({"n_I": 3, "V_l": "0.7", "c_IJ": "0.43"}, {"n_I": 6, "V_l": "1.6", "c_IJ": "0.27"}),
        ),
        Precision(
            name="explicit kernels",
            reference=explicit_determinant,
            against="inverse and determinant of explicit kernels",
            points=({"n_I": 3, "V_l": "0.7", "c_IJ": "0.43"}, {"n_I": 6, "V_l": "1.6", "c_IJ": "-0.13"}),
        ),
        FiniteSize(
            name="neurons near zero for several inputs",
            predict=bumps,
            quick=partial(
                bump_averages,
                siblings=8,
                network=callables((MEASURED,))[0],
                counts=(1, 2, 3, 4, 5),
                scale=NEAR,
            ),
            sizes=((52, 140), (100, 70), (200, 36)),
            full_sizes=((100, 400), (200, 150), (400, 200)),
            axis="number of inputs n_I",
            quantity="share of neurons near zero",
            series=("shifted sine, layer 2",),
        ),
        Rate(
            name="density at zero at finite width",
            exact=density_at_zero,
            against="the exact density of layer 2 of the shifted sine at zero, behind N neurons",
            points=({"n_I": 1}, {"n_I": 2}),
            values=("16", "64", "256", "1024"),
            digits=12,
            evaluate=wide_factor,
        ),
    ),
    quantities=(r"\mathcal{N}",),
    convention="The factor multiplies exp(-z M z / 2), the density of one neuron's preactivations for all inputs.",
    independence="Neurons of explicit networks are weighed by how near zero they are; no density is assumed or fitted.",
)
