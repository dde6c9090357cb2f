"""Mean and variance of the squared singular values of networks with orthogonal weights, and of any activation.

Sums over pairs of pairings (Weingarten), with slopes of a sine that is neither odd nor even and of error functions,
give both moments in the limit. At small q* the variance of one layer is averaged over nodes for tanh and for another
one, and must approach the law with the third power of q*. Networks off the critical point are sampled. The picture
shows a linear network, all of whose singular values are one, and a critical tanh network over the law of the solver.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from flint import arb_series

from derivations.activations import ERF, SIN, TANH, Activation
from derivations.jacobian_spectrum import orthogonal_isometry
from derivations.symbols import x
from numerics.jacobian_spectrum.products import spectral_moments
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, mpmath_function
from verify.references import ball_spectra
from verify.references.balls import numbers
from verify.references.densities import densities_of_laws
from verify.references.finite_depth import orthogonal_layers, switched_layers
from verify.references.mean_field import SHIFT, SHIFTED, fixed_point, published_critical_point
from verify.references.wide_jacobians import (
    balanced_network,
    first_moments,
    linear_networks,
    network,
    nodes,
    squared_slopes,
)

SHORT = Activation(
    name="short", expression=sp.sin(2 * x) / 3 + sp.Rational(3, 10) + x**4 / 5
)  # no symmetry, but no bend at 0
SAMPLED: tuple[tuple[Activation, float, float, int], ...] = (  # activation, sigma_w, sigma_b, layers
    (SHIFTED, 1.6, 0.3, 3),
    (ERF, 1.4, 0.4, 2),
)
NETWORKS = tuple(
    network(activation, weight, fixed_point(activation, weight, bias), layers, orthogonal=True, sigma_b=bias)
    for activation, weight, bias, layers in SAMPLED
)
DEEP, LENGTH = 16, 0.3  # of the critical tanh network in the picture, beside a linear one
SHOWN = (*linear_networks((DEEP,), orthogonal=True), balanced_network(TANH, LENGTH, DEEP, critical=True))
POINTS: tuple[Point, ...] = (
    {"phi": SHIFTED, "sigma_w": "1.4", "q_star": "0.8", "L": 3},
    {"phi": ERF, "sigma_w": "0.7", "q_star": "2.3", "L": 6},
)


def stated(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of the mean, the second moment, and of an odd activation with these slopes."""
    return [float(value) for value in candidate.numpy(**point)]


def moments_and_odd_part(dps: int, point: Point) -> list:
    """Both moments by sums over pairings; and mu - 1 of the odd part of the activation at a tiny length, scaled up."""
    tiny, digits = mpmath.mpf(10) ** -16, 3 * dps + 40
    slope = mpmath_function(point["phi"], 1)
    with mpmath.workdps(digits):
        sides = [(z, 1 if z == 0 else 2) for z in nodes(digits) if z >= 0]  # the odd part has an even slope
        places = [(mpmath.sqrt(tiny) * z, count * mpmath.mpf(5) / (2 * digits) * mpmath.npdf(z)) for z, count in sides]
        squares = [((slope(z) + slope(-z)) / 2) ** 2 for z, _ in places]
        mean, second = (mpmath.fsum(w * f**k for (_, w), f in zip(places, squares, strict=True)) for k in (1, 2))
        odd = (second / mean**2 - 1) * (mpmath.mpf(point["q_star"]) / tiny) ** 2
    return [*first_moments(orthogonal=True)(dps, point), odd]


def spread_of_one_layer(dps: int, point: Point) -> Any:
    """mu - 1 of an activation at some length."""
    values, weights, _ = squared_slopes(dps, point["phi"], point["q_star"])
    return mpmath.fdot(weights, [v**2 for v in values]) - 1


def at_small_length(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of it."""
    return float(candidate.numpy(sigma_w=1.3, L=3.0, **point)[2])


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean and second moment of each network, (networks, 2)."""
    found = [
        candidate.numpy(phi=activation, sigma_w=weight, q_star=fixed_point(activation, weight, bias), L=float(layers))
        for activation, weight, bias, layers in SAMPLED
    ]
    return np.array([values[:2] for values in found])


def certified_moments(bits: int, point: Point) -> list[Any]:
    """Moments of L layers from the characteristic function of a Gaussian, and the first spread of a sine.

    cos(h + a)^2 and its square are sums of cosines, whose averages are closed; v of an odd activation starts with the
    square of the second coefficient of phi'^2 over the field, twice.
    """
    gain, q = numbers(point, "sigma_w", "q_star")
    shift = 2 * certify.ball(SHIFT)
    waves = [(-2 * k * k * q).exp() * (k * shift).cos() for k in (1, 2)]
    second, fourth = (1 + waves[0]) / 2, (3 + 4 * waves[0] + waves[1]) / 8
    layer = ball_spectra.transform_of([gain**2 * second, gain**4 * fourth])
    even = arb_series([0, 1], prec=4).cos()[2] * 2  # of phi'^2 = 1 + even h^2 for the sine at zero
    return [*ball_spectra.moments(lambda z: layer ** point["L"], 2), 2 * (q * even) ** 2]


def of_both(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The moments for the shifted sine, and the spread for the sine."""
    shifted = candidate.arb(bits, **point, phi=SHIFTED)[:2]
    return [*shifted, candidate.arb(bits, **point, phi=SIN)[2]]


def mean_square(candidate: Candidate, sigma_w: float, length: float) -> float:
    """Mean squared singular value of one layer, of three."""
    value = float(candidate.numpy(phi=TANH, sigma_w=sigma_w, q_star=length, L=3)[0])
    return math.copysign(abs(value) ** (1 / 3), value)


CLAIM = Claim(
    statement=orthogonal_isometry.STATEMENT,
    checks=(
        published_critical_point("critical point of tanh networks", mean_square),
        Certified(
            name="moments from certified power series",
            reference=certified_moments,
            evaluate=of_both,
            against="characteristic functions of a Gaussian, and power series of the S-transform",
            values=("m_1", "m_2", "v"),
            points=({"sigma_w": "1.4", "q_star": "0.7", "L": 3}, {"sigma_w": "0.8", "q_star": "1.6", "L": 5}),
        ),
        Precision(
            name="random orthogonal matrices and independent slopes",
            reference=moments_and_odd_part,
            against="mean traces of powers by sums over pairs of pairings, at a width of 10^60",
            points=POINTS,
            digits=(14, 16),
            evaluate=stated,
        ),
        Rate(
            name="one layer at small lengths",
            exact=spread_of_one_layer,
            points=({"phi": TANH}, {"phi": SHORT}),
            values=("0.1", "0.01", "0.001", "0.0001"),
            digits=30,
            against="mu - 1 by averages over nodes",
            evaluate=at_small_length,
        ),
        FiniteSize(
            name="squared singular values of networks",
            predict=predicted,
            quick=partial(spectral_moments, networks=NETWORKS, orders=2, shown=SHOWN),
            sizes=((24, 260), (48, 90), (96, 120)),
            full_sizes=((24, 2400), (48, 800), (96, 1000)),
            picture=densities_of_laws(
                (f"linear, {DEEP} layers", f"tanh, {DEEP} layers"),
                lambda: (switched_layers(1.0, DEEP), orthogonal_layers(TANH, LENGTH, DEEP)),
                marks=((1.0, "linear: all of them"),),
            ),
        ),
    ),
    quantities=("m_1", "m_2", "v_odd"),
    convention="Moments are means over the squared singular values of square Jacobians.",
    independence="Networks with sampled weights and biases pass real signals at their fixed length; their Jacobians "
    "are multiplied out, and powers of them traced.",
)
