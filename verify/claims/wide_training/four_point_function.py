"""Four-point function and mean square over depth at finite width.

Networks of three hidden layers of unequal widths are drawn, and moments of their preactivations taken over networks and
extrapolated over the width: the covariance of the squares of two neurons, and the difference of mean squares of narrow
and wide networks. One activation is neither odd nor even. What fresh weights behind the same signals would have given
is known exactly; by how much each layer differs from it has mean zero, and explains most of the scatter of the latter.

For a polynomial and for the square of relu, whose powers have polynomials in the variance as means, all moments of a
layer are exact fractions at every width: they approach the law like 1 / N. In ball arithmetic slope and curvature of
the map of the variance are coefficients of a power series.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from functools import partial

import numpy as np
import sympy as sp
from flint import arb, arb_series, fmpq, fmpq_poly

from derivations.activations import TANH, Activation
from derivations.symbols import N, x
from derivations.wide_training import four_point_function
from numerics.measurement import Measurement
from numerics.wide_training.fluctuations import covariances_of_squares, shifts_of_mean_square
from verify import certify
from verify.checks import Certified, FiniteSize, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, numpy_function
from verify.references.mean_field import callables

Kind = tuple[Activation, float, float, float]
TILT = sp.Rational(3, 20)
TILTED = Activation(name="tilted_sin", expression=sp.sin(x + TILT))  # neither odd nor even
# Two whose moments are polynomials in the variance; both are of the second degree.
BENT = Activation(name="bent", expression=x + x**2 / 4)
RAMP = Activation(
    name="squared_relu",
    expression=sp.Piecewise((0, x < 0), (x**2, True)),
    breakpoints=(sp.Integer(0),),
    smoothness=1,
)
DEGREE = 2
NETWORKS: tuple[Kind, ...] = (  # activation, sigma_w, sigma_b, mean square of the input's entries
    (TILTED, 1.8, 0.1, 0.02),
    (TANH, 1.4, 0.1, 0.1),
)
RATIOS = (1, 4 / 3, 2 / 3, 4 / 3)  # widths of the layers
EXACT = {"sigma_w": "0.8", "sigma_b": "0.3", "K_II": "0.7"}  # of networks whose moments are fractions
SCALES = (Fraction(1), Fraction(5, 4), Fraction(3, 4))  # widths of their layers


@functools.lru_cache(maxsize=4)  # one formula meets several checks
def over_depth(candidate: Candidate, network: Kind, shares: tuple[float, ...]) -> np.ndarray:
    """F, G and N gamma at layers 2, 3, ..., (3, layers - 1), from the first layer on."""
    activation, weight, bias, square = network
    found, four, shift, variance = [], 0.0, 0.0, bias**2 + weight**2 * square
    for share in (*shares, 1.0):  # the last one for the kurtosis of the last layer
        known = {"phi": activation, "sigma_w": weight, "K_II": variance, "nu_l": share}
        above, higher, kurtosis = (float(part) for part in candidate.numpy(**known, F_l=four, G_l=shift))
        found.append((four, shift, kurtosis))
        four, shift, variance = above, higher, mapped(network, variance)
    return np.array(found[1:]).T


@functools.lru_cache(maxsize=256)
def mapped(network: Kind, variance: float) -> float:
    """The variance of the next layer in the limit, by a trapezoid rule."""
    activation, weight, bias, _ = network
    z = np.arange(-9, 9, 1 / 64)
    outputs = numpy_function(activation)(np.sqrt(variance) * z)
    return float(bias**2 + weight**2 * (np.exp(-z * z / 2) @ outputs**2) / np.sqrt(2 * np.pi) / 64)


def wide_limits(network: Kind, layers: int) -> list[float]:
    """Mean squares of wide networks from layer 3 on."""
    _, weight, bias, square = network
    found = [bias**2 + weight**2 * square]
    for _ in range(1, layers):
        found.append(mapped(network, found[-1]))
    return found[2:]


def predicted(quantity: int, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """A quantity behind each layer that is measured, (networks, layers)."""
    assert measured.axis is not None
    shares = tuple(np.asarray(measured.given["shares"])[:-1].tolist())
    found = np.array([over_depth(candidate, network, shares)[quantity] for network in NETWORKS])
    return found[:, -len(measured.axis) :]


def moment(activation: Activation, power: int) -> fmpq_poly:
    """Mean of an even power of the outputs for Gaussian preactivations, as a polynomial in their variance."""
    halves = 2 if activation.breakpoints and power else 1
    expression = activation.expression.args[-1].expr if activation.breakpoints else activation.expression
    coefficients = [fmpq(0)] * (power * DEGREE // 2 + 1)
    for (degree,), coefficient in sp.Poly(expression**power, x).terms():
        if degree % 2 == 0:
            mean = coefficient * sp.factorial2(degree - 1) / halves
            coefficients[degree // 2] += fmpq(int(mean.p), int(mean.q))
    return fmpq_poly(coefficients)


def moments_of_next(activation: Activation, weight: fmpq, bias: fmpq, width: int, orders: int) -> list[fmpq_poly]:
    """Moments of q behind a layer of `width` neurons, from the zeroth on, as polynomials in the q of that layer.

    The mean of exp(t q) is exp(t sigma_b^2) times a power of the mean of exp(t sigma_w^2 phi^2 / N) over one neuron.
    """

    def product(one: list[fmpq_poly], other: list[fmpq_poly]) -> list[fmpq_poly]:
        return [sum((one[i] * other[k - i] for i in range(k + 1)), fmpq_poly([0])) for k in range(orders + 1)]

    factorials = [fmpq(int(sp.factorial(k))) for k in range(orders + 1)]
    scale = weight**2 / width
    base = [scale**k / factorials[k] * moment(activation, 2 * k) for k in range(orders + 1)]
    total = [fmpq_poly([bias ** (2 * k) / factorials[k]]) for k in range(orders + 1)]
    while width:  # powers by squaring
        total, base, width = (product(total, base) if width % 2 else total), product(base, base), width // 2
    return [factorials[k] * part for k, part in enumerate(total)]


def exact_moments(dps: int, point: Point) -> list:
    """N Var q, N times what E q has beyond its limit, and N times the excess kurtosis, at layer 4, as fractions."""
    activation, size = point["phi"], int(point[N.name])
    weight, bias, variance = (fmpq(*Fraction(point[name]).as_integer_ratio()) for name in EXACT)
    orders, limit = 2, variance
    moments: list[fmpq_poly] | None = None
    for scale in reversed(SCALES):  # the moments of a layer as polynomials in the q of an earlier one
        step = moments_of_next(activation, weight, bias, int(scale * size), orders)
        if moments is None:
            moments = step
        else:
            moments = [sum((c * step[k] for k, c in enumerate(part.coeffs())), fmpq_poly([0])) for part in moments]
        orders *= DEGREE
        limit = bias**2 + weight**2 * moment(activation, 2)(limit)
    assert moments is not None
    mean, square = (moments[k](variance) for k in (1, 2))
    spread = square - mean**2
    found = (size * spread, size * (mean - limit), 3 * size * spread / mean**2)
    return [sp.Rational(int(v.p), int(v.q)) for v in found]


def through_three_layers(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The law from the first layer to the fourth."""
    weight, bias, variance = (float(point[name]) for name in EXACT)
    shares = tuple(1 / float(scale) for scale in SCALES)
    return over_depth(candidate, (point["phi"], weight, bias, (variance - bias**2) / weight**2), shares)[:, -1].tolist()


def from_series(bits: int, point: Point) -> list:
    """The three quantities from a map of the variance as a power series about K, in closed form."""
    with certify.precision(bits):
        names = ("sigma_w", "K_II", "F_l", "G_l", "nu_l")
        weight, variance, four, shift, share = (certify.ball(point[name]) for name in names)
        place = arb_series([variance, 1], 3)
        if point["phi"] is BENT:
            second, fourth = (_at(moment(BENT, power), place) for power in (2, 4))
        else:
            double, quadruple = (
                (place * (-2 * k * k)).exp() * (2 * k * certify.ball(TILT)).cos() for k in (arb(1), arb(2))
            )
            second, fourth = (1 - double) / 2, (3 - 4 * double + quadruple) / 8
        slope, bend = weight**2 * second[1], 2 * weight**2 * second[2]
        spread = share * weight**4 * (fourth[0] - second[0] ** 2) + slope**2 * four
        return [spread, slope * shift + bend * four / 2, 3 * four / variance**2]


def _at(polynomial: fmpq_poly, place: arb_series) -> arb_series:
    value = arb_series([0], 3)
    for coefficient in reversed(polynomial.coeffs()):
        value = value * place + arb(coefficient)
    return value


squares = partial(covariances_of_squares, networks=callables(NETWORKS), ratios=RATIOS, inputs=12)
shifts = partial(
    shifts_of_mean_square,
    networks=callables(NETWORKS),
    ratios=RATIOS,
    inputs=8,
    limits=[wide_limits(n, len(RATIOS)) for n in NETWORKS],
)

CLAIM = Claim(
    statement=four_point_function.STATEMENT,
    checks=(
        Certified(
            name="the map of the variance as a power series",
            reference=from_series,
            against="a power series of the map of the variance in closed form",
            values=("F", "G", "N gamma"),
            digits=15,
            bits=80,
            points=(
                {
                    **{"phi": TILTED, "sigma_w": "1.3", "K_II": "0.6", "F_l": "0.7"},
                    **{"G_l": "-0.45", "nu_l": "1.6"},
                },
                {
                    **{"phi": BENT, "sigma_w": "0.8", "K_II": "1.4", "F_l": "1.7"},
                    **{"G_l": "0.35", "nu_l": "0.7"},
                },
            ),
        ),
        Rate(
            name="exact moments at finite width",
            exact=exact_moments,
            against="exact moments behind three hidden layers of widths N, 5 N / 4 and 3 N / 4",
            points=({"phi": BENT, **EXACT}, {"phi": RAMP, **EXACT}),
            values=("16", "64", "256", "1024"),
            digits=11,
            evaluate=through_three_layers,
        ),
        FiniteSize(
            name="covariance of two neurons' squares",
            predict=partial(predicted, 0),
            quick=partial(squares, batch=200),
            full=partial(squares, batch=400),
            sizes=((9, 40), (12, 40), (24, 40)),
            full_sizes=((9, 120), (12, 120), (24, 120)),
            axis="layer l",
            quantity="four-point function F",
            series=("tilted sine", "tanh"),
            coarse="fourth moments of single networks scatter by several times the covariance",
        ),
        FiniteSize(
            name="mean squares of narrow networks",
            predict=partial(predicted, 1),
            quick=partial(shifts, batch=100),
            full=partial(shifts, batch=200),
            sizes=((9, 30), (12, 30), (18, 30), (36, 30)),
            full_sizes=((9, 120), (12, 120), (18, 120), (36, 120)),
            terms=2,
            axis="layer l",
            quantity="correction G of the mean square",
            series=("tilted sine", "tanh"),
            coarse="corrections of the mean square have a second power of 1 / N, which is fitted as well",
        ),
    ),
    quantities=("F_{l+1}", "G_{l+1}", r"N \gamma_l"),
    convention="Widths of all layers are in fixed proportions to N, which all quantities are multiplied by; layer 1 "
    "follows the input and has no correction.",
    independence="Moments over explicit networks of unequal widths. What fresh weights would have given lowers the "
    "scatter of mean squares and cannot move their means.",
)
