"""Largest singular values of deep critical networks, of any activation, with Gaussian and with orthogonal weights.

The edge of a finite number of layers is found from the equation of its moments, with the squared slopes of the real
activation (a sine that is neither odd nor even, error functions); the law must be approached like 1 / L. Sampled
networks show the largest singular value itself. What a finite width and depth take from it is derived, not fitted.
"""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.activations import ERF, Activation
from derivations.jacobian_spectrum import universal_edge
from numerics.jacobian_spectrum.products import largest_singular_values
from numerics.measurement import Measurement
from verify.checks import Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.mean_field import SHIFTED
from verify.references.wide_jacobians import ASYMPTOTIC, critical_network, edge_of_layers, edge_shift

SAMPLED: tuple[tuple[Activation, float, int, bool], ...] = (  # activation, q*, layers, whether weights are orthogonal
    (SHIFTED, 1.3, 6, False),
    (ERF, 0.3, 6, False),
    (SHIFTED, 1.3, 12, True),
)


def of_so_many_layers(dps: int, point: Point) -> list:
    """Largest singular values over the root of the depth, at L layers: Gaussian and orthogonal weights."""
    edges = (
        edge_of_layers(dps, point["phi"], point["q_star"], point["L"], orthogonal=orthogonal)
        for orthogonal in (False, True)
    )
    return [mpmath.sqrt(edge / mpmath.mpf(point["L"])) for edge in edges]


def over_the_root(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of them."""
    return [float(value) / mpmath.sqrt(mpmath.mpf(point["L"])) for value in candidate.numpy(**point)]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Largest singular value of each network, (networks,), less what finite width takes from it."""
    return np.array([_stated(candidate, k) * (1 - shift) for k, shift in enumerate(_shifts(measured))])


@functools.cache
def of_depth(k: int) -> float:
    """By how much the finite depth of a sampled network changes its largest singular value, without a sign."""
    activation, q, layers, orthogonal = SAMPLED[k]
    exact = float(mpmath.sqrt(edge_of_layers(15, activation, q, layers, orthogonal=orthogonal)))
    return abs(exact - np.sqrt(math.e * spread(activation, q, orthogonal) * layers))


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What a finite depth changes, by the edge of so many layers; and the square of the shift by the width."""
    found = []
    for k, shift in enumerate(_shifts(measured)):
        activation, q, layers, orthogonal = SAMPLED[k]
        found.append(of_depth(k) + np.sqrt(math.e * spread(activation, q, orthogonal) * layers) * shift**2)
    return np.array(found)


@functools.cache
def spread(activation: Activation, q: float, orthogonal: bool) -> float:
    """Variance of the squared singular values of one layer, from nodes of the preactivation."""
    z = np.linspace(-9, 9, 721)
    weights = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / 40
    squares = critical_network(activation, q, 1, orthogonal=orthogonal).derivative(np.sqrt(q) * z) ** 2
    return float(weights @ squares**2 / (weights @ squares) ** 2) - orthogonal


def _shifts(measured: Measurement) -> list[float]:
    width = measured.resolution["width"]
    return [edge_shift(spread(a, q, orthogonal), layers, width) for a, q, layers, orthogonal in SAMPLED]


def _stated(candidate: Candidate, k: int) -> Any:
    activation, q, layers, orthogonal = SAMPLED[k]
    return float(candidate.numpy(phi=activation, q_star=q, L=float(layers))[int(orthogonal)])


CLAIM = Claim(
    statement=universal_edge.STATEMENT,
    checks=(
        Rate(
            name="edges of finite depth",
            exact=of_so_many_layers,
            points=({"phi": SHIFTED, "q_star": "0.4"}, {"phi": ERF, "q_star": "1.3"}),
            values=("30", "300", "3000", "30000"),
            digits=16,
            against="the edge of L layers, from the equation of the moments with the squared slopes",
            evaluate=over_the_root,
        ),
        Replicas(
            name="largest singular values of networks",
            coarse=ASYMPTOTIC,
            predict=predicted,
            quick=partial(
                largest_singular_values,
                width=96,
                networks=tuple(critical_network(a, q, n, orthogonal=o) for a, q, n, o in SAMPLED),
            ),
            full=partial(
                largest_singular_values,
                width=400,
                networks=tuple(critical_network(a, q, n, orthogonal=o) for a, q, n, o in SAMPLED),
            ),
            replicas=110,
            full_replicas=40,
            bias=bias,
            bias_note="the edge of so many layers instead of infinitely many, and the square of the shift by the width",
        ),
    ),
    quantities=("s_max^G", "s_max^O"),
    convention="The largest singular value, not its square, which is the largest eigenvalue of J J^T. In networks it "
    "is moved by the mean of the Tracy-Widom law.",
    independence="Networks with sampled weights and biases pass real signals; their Jacobians are multiplied out, and "
    "their norms taken.",
)
