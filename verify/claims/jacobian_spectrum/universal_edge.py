"""Largest singular values of deep critical networks, of any activation, with Gaussian and with orthogonal weights.

The edge of a finite number of layers is found from the equation of its moments, with the squared slopes of the real
activation (a sine that is neither odd nor even, error functions); the law must be approached like 1 / L. Sampled
networks show the largest singular value itself. What finite depth adds to it is taken from the same equation, at the
networks' depth and at a far larger one; what the Tracy-Widom law takes of a finite width is derived, the rest
extrapolated.
"""

from __future__ import annotations

import functools
from functools import partial

import mpmath
import numpy as np

from derivations.activations import ERF, Activation
from derivations.jacobian_spectrum import universal_edge
from numerics.jacobian_spectrum.products import largest_singular_values
from numerics.measurement import Measurement
from verify.checks import FiniteSize, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.mean_field import SHIFTED
from verify.references.wide_jacobians import critical_network, edge_of_layers, edge_shift

SAMPLED: tuple[tuple[Activation, float, int, bool], ...] = (  # activation, q*, layers, whether weights are orthogonal
    (SHIFTED, 1.3, 6, False),
    (ERF, 0.3, 6, False),
    (SHIFTED, 1.3, 8, True),
)
FAR = 1_000_000  # layers: what is not of leading order is a part of 1e-6 there


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


@functools.cache
def of_depth(k: int) -> tuple[float, float]:
    """Largest singular value of a sampled network at infinite width, and what of it the number of layers adds.

    To leading order it grows like the root of the depth.
    """
    activation, q, layers, orthogonal = SAMPLED[k]
    exact, far = (
        float(mpmath.sqrt(edge_of_layers(15, activation, q, n, orthogonal=orthogonal))) for n in (layers, FAR)
    )
    return exact, exact - far * (layers / FAR) ** 0.5


def predicted(numbers: tuple[int, ...], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Largest singular value of the networks of these numbers, with what their depth adds."""
    return np.array([stated(candidate, k) + of_depth(k)[1] for k in numbers])


@functools.cache
def spread(activation: Activation, q: float, orthogonal: bool) -> float:
    """Variance of the squared singular values of one layer, from nodes of the preactivation."""
    z = np.linspace(-9, 9, 721)
    weights = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / 40
    squares = critical_network(activation, q, 1, orthogonal=orthogonal).derivative(np.sqrt(q) * z) ** 2
    return float(weights @ squares**2 / (weights @ squares) ** 2) - orthogonal


def left_by_width(numbers: tuple[int, ...], measured: Measurement) -> np.ndarray:
    """What the Tracy-Widom law of a width leaves of their largest singular values; the rest falls like 1 / N."""
    width, chosen = measured.resolution["width"], [SAMPLED[k] for k in numbers]
    return np.array([1 - edge_shift(spread(a, q, orthogonal), layers, width) for a, q, layers, orthogonal in chosen])


def stated(candidate: Candidate, k: int) -> float:
    """What the formula says of a sampled network."""
    activation, q, layers, orthogonal = SAMPLED[k]
    return float(candidate.numpy(phi=activation, q_star=q, L=float(layers))[int(orthogonal)])


def sampled(
    weights: str, numbers: tuple[int, ...], sizes: tuple[tuple[int, int], ...], full: tuple[tuple[int, int], ...]
) -> FiniteSize:
    """Sampled networks with weights of one kind."""
    networks = tuple(critical_network(a, q, n, orthogonal=o) for a, q, n, o in (SAMPLED[k] for k in numbers))
    return FiniteSize(
        name=f"largest singular values of networks with {weights} weights",
        predict=partial(predicted, numbers),
        quick=partial(largest_singular_values, networks=networks),
        factor=partial(left_by_width, numbers),
        sizes=sizes,
        full_sizes=full,
    )


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
        sampled(
            "Gaussian",
            (0, 1),
            sizes=((72, 200), (108, 80), (216, 66)),
            full=((96, 900), (144, 300), (288, 120)),
        ),
        sampled(
            "orthogonal",
            (2,),
            sizes=((64, 130), (96, 70), (192, 48)),
            full=((120, 300), (180, 120), (360, 60)),
        ),
    ),
    quantities=("s_max^G", "s_max^O"),
    convention="The largest singular value, not its square, which is the largest eigenvalue of J J^T. In networks it "
    "is moved by the mean of the Tracy-Widom law, which is taken off, and by a term of order 1 / N.",
    independence="Networks with sampled weights and biases pass real signals; their Jacobians are multiplied out, and "
    "their norms taken.",
)
