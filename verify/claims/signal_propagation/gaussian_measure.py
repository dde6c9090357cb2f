"""Normalisation of the Gaussian measure of a neuron."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.activations import ERF
from derivations.signal_propagation import gaussian_measure
from numerics.measurement import Measurement
from numerics.signal_propagation.random_layers import bump_averages
from verify.checks import FiniteSize, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.mean_field import callables

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


CLAIM = Claim(
    statement=gaussian_measure.STATEMENT,
    checks=(
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
            sizes=((50, 140), (100, 70), (200, 36)),
            full_sizes=((100, 6000), (200, 3000), (400, 1500)),
            axis="inputs",
            quantity="share of neurons near zero",
            series=("erf network, layer 2",),
        ),
    ),
    quantities=(r"\mathcal{N}",),
    convention="The factor multiplies exp(-z M z / 2), the density of one neuron's preactivations for all inputs.",
    independence="Neurons of explicit networks are counted near zero; no density is assumed or fitted.",
)
