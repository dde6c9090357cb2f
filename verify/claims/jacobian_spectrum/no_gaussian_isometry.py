"""Mean and variance of the squared singular values of networks with Gaussian weights, and of any activation.

Sums over pairings (Wick), with slopes of a sine that is neither odd nor even and of error functions, give both moments
at any width: that is the reference in the limit, and shows how fast it is reached. Networks off the critical point,
with biases, are sampled. The picture shows critical tanh and hard-tanh networks over the laws of the solver.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from flint import arb_series

from derivations.activations import ERF, LINEAR, TANH, Activation
from derivations.jacobian_spectrum import no_gaussian_isometry
from derivations.statement import Source
from numerics.jacobian_spectrum.products import spectral_moments
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, FiniteSize, Literature, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references import ball_spectra
from verify.references.balls import numbers
from verify.references.densities import densities_of_laws
from verify.references.finite_depth import gaussian_layers, switched_gaussian_layers
from verify.references.mean_field import SHIFT, SHIFTED, fixed_point
from verify.references.wide_jacobians import LADDER, balanced_network, first_moments, hard_tanh_network, network

SAMPLED: tuple[tuple[Activation, float, float, int], ...] = (  # activation, sigma_w, sigma_b, layers
    (SHIFTED, 1.6, 0.3, 3),
    (ERF, 1.4, 0.4, 2),
)
NETWORKS = tuple(
    network(activation, weight, fixed_point(activation, weight, bias), layers, orthogonal=False, sigma_b=bias)
    for activation, weight, bias, layers in SAMPLED
)
DEEP, LENGTH, SHARE = 8, 0.3, 0.7  # of the critical networks in the picture; neurons of hard tanh with slope 1
SHOWN = tuple(
    replace(shown, orthogonal=False)
    for shown in (balanced_network(TANH, LENGTH, DEEP, critical=True), hard_tanh_network(SHARE, DEEP))
)
POINTS: tuple[Point, ...] = (
    {"phi": SHIFTED, "sigma_w": "1.4", "q_star": "0.8", "L": 3},
    {"phi": ERF, "sigma_w": "0.7", "q_star": "2.3", "L": 6},
)


def two_moments(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of the mean and of the second moment, in float64."""
    values = {name: value for name, value in point.items() if name != "N"}
    return [float(value) for value in candidate.numpy(**values)[:2]]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean and second moment of each network, (networks, 2)."""
    found = [
        candidate.numpy(phi=activation, sigma_w=weight, q_star=fixed_point(activation, weight, bias), L=float(layers))
        for activation, weight, bias, layers in SAMPLED
    ]
    return np.array([values[:2] for values in found])


def certified_moments(bits: int, point: Point) -> list[Any]:
    """Moments of L layers of Gaussian weights, with averages of cosines as characteristic functions of a Gaussian."""
    gain, q = numbers(point, "sigma_w", "q_star")
    shift = 2 * certify.ball(SHIFT)
    waves = [(-2 * k * k * q).exp() * (k * shift).cos() for k in (1, 2)]
    second, fourth = (1 + waves[0]) / 2, (3 + 4 * waves[0] + waves[1]) / 8
    slopes = ball_spectra.transform_of([gain**2 * second, gain**4 * fourth])
    weights = 1 / arb_series([1, 1], prec=2)
    return ball_spectra.moments(lambda z: (slopes * weights) ** point["L"], 2)


def of_shifted_sine(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The moments that the formula gives."""
    return candidate.arb(bits, **point, phi=SHIFTED)


def ternary_trees(candidate: Candidate) -> float:
    """The second moment of a product of two Gaussian matrices: without an activation slopes are 1."""
    try:
        return float(candidate.numpy(phi=LINEAR, sigma_w=1.0, q_star=0.7, L=2)[1])
    except ValueError:  # a wrong formula with another derivative divides by zero
        return math.nan


CLAIM = Claim(
    statement=no_gaussian_isometry.STATEMENT,
    checks=(
        Literature(
            name="trees of two nodes with three branches each",
            published="3",
            source=Source(document="oeis", where="A001764, entry 2"),
            evaluate=ternary_trees,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Certified(
            name="moments from certified power series",
            reference=certified_moments,
            evaluate=of_shifted_sine,
            against="characteristic functions of a Gaussian, and power series of the S-transform",
            values=("m_1", "m_2"),
            points=({"sigma_w": "1.4", "q_star": "0.7", "L": 3}, {"sigma_w": "0.8", "q_star": "1.6", "L": 5}),
        ),
        Precision(
            name="Gaussian matrices and independent slopes",
            reference=first_moments(orthogonal=False),
            against="mean traces of powers by sums over pairings, at a width of 10^60",
            points=POINTS,
            digits=(14, 16),
            evaluate=two_moments,
        ),
        Rate(
            name="moments at finite width",
            exact=first_moments(orthogonal=False),
            points=POINTS,
            values=LADDER,
            digits=16,
            against="both moments of Gaussian matrices and independent slopes at width N",
            evaluate=two_moments,
        ),
        FiniteSize(
            name="squared singular values of networks",
            predict=predicted,
            quick=partial(spectral_moments, networks=NETWORKS, orders=2, shown=SHOWN),
            sizes=((32, 500), (64, 200), (128, 160)),
            full_sizes=((32, 4000), (64, 1600), (128, 1300)),
            picture=densities_of_laws(
                (f"tanh, {DEEP} layers", f"hard tanh, {DEEP} layers; {1 - SHARE:.0%} of all vanish"),
                lambda: (gaussian_layers(TANH, LENGTH, DEEP), switched_gaussian_layers(SHARE, DEEP)),
            ),
        ),
    ),
    quantities=("m_1", "m_2"),
    convention="Moments are means over the squared singular values of square Jacobians.",
    independence="Networks with sampled weights and biases pass real signals at their fixed length; their Jacobians "
    "are multiplied out, and powers of them traced.",
)
