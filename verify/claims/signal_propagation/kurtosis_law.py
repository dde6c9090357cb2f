"""Excess kurtosis behind a layer of finite width.

Moments of preactivations are taken over many explicit networks of two layers whose first one is narrow, by estimates
without a bias; the law holds at every width, so that nothing is extrapolated. Neither the random variance q nor a
Gaussian average is computed. The covariance of the squares of two neurons is a third of the fourth cumulant, by another
estimate. For the sine the cumulants of independent terms, weight times output, are added up in ball arithmetic.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.activations import SIN, TANH
from derivations.signal_propagation import kurtosis_law
from numerics.measurement import Measurement
from numerics.signal_propagation.finite_width import second_layer
from verify import certify
from verify.checks import Certified, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.mean_field import SHIFTED, callables

SECOND_LAYERS = ((3, 30, 1000), (5, 60, 600), (7, 100, 500))  # widths of two layers, networks of a batch
FULL_SECOND_LAYERS = ((3, 30, 6000), (5, 40, 6000), (9, 60, 4000), (16, 240, 1200))
FINITE = ((TANH, 1.7, 0.3, 0.9), (SHIFTED, 2.4, 0.4, 0.7))  # activation, sigma_w, sigma_b, mean square of the inputs

FINITE_SERIES = (
    "tanh, mean square",
    "shifted sine, mean square",
    "tanh, N times fourth cumulant",
    "shifted sine, N times fourth cumulant",
)


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


CLAIM = Claim(
    statement=kurtosis_law.STATEMENT,
    checks=(
        Replicas(
            name="second layers behind few neurons",
            predict=cumulants,
            quick=partial(second_layer, networks=callables(FINITE), sizes=SECOND_LAYERS),
            full=partial(second_layer, networks=callables(FINITE), sizes=FULL_SECOND_LAYERS),
            replicas=88,
            full_replicas=160,
            axis="width N of layer 1",
            quantity="moment of a preactivation of layer 2",
            series=FINITE_SERIES,
        ),
        Certified(
            name="cumulants of the terms of a preactivation",
            reference=added_cumulants,
            against="the sum of the cumulants of independent terms weight times output",
            bits=80,
            digits=15,
            values=("mean square", "excess kurtosis"),
            points=({"phi": SIN, "sigma_w": "1.3", "sigma_b": "0.7", "V_l": "0.6", "N": 5},),
        ),
    ),
    quantities=(r"\mathbb{E}\, h^2", r"\mathrm{excess\ kurtosis\ of\ } h"),
    convention="Excess kurtosis is E h^4 / (E h^2)^2 - 3, over networks; times (E h^2)^2 it is the fourth cumulant.",
    independence="Moments of preactivations over explicit networks of two layers, each estimate without bias; neither "
    "q nor a Gaussian average is computed.",
)
