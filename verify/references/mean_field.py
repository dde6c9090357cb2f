"""Mean-field theory of wide random networks, evaluated without the formulas that are checked."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import sympy as sp

from derivations.activations import ERF, SIN, TANH, Activation
from derivations.calculus.gaussian import GaussE
from derivations.statement import Parameter, Source
from derivations.symbols import phi, q, sigma_b, sigma_w, x, z
from verify import certify
from verify.checks import Literature
from verify.checks.precision import Point
from verify.compile import Candidate, numpy_function

CHAOTIC, ORDERED, ERROR_FUNCTION = (TANH, 2.5, 0.3), (TANH, 0.9, 0.3), (ERF, 1.9, 0.4)  # activation, sigma_w, sigma_b
Vector = list[Fraction]
FLOAT_STEPS = 8
POSITIVE = sp.Interval.open(0, sp.oo)

PARAMETERS = (
    Parameter(symbol=phi, meaning="activation"),
    Parameter(
        symbol=sigma_w, meaning="standard deviation of sqrt(N) times a weight", domain=POSITIVE, typical=(0.5, 4)
    ),
    Parameter(symbol=sigma_b, meaning="standard deviation of a bias", domain=sp.Interval(0, sp.oo), typical=(0.1, 1)),
    Parameter(symbol=q, meaning="squared length per neuron", domain=POSITIVE, typical=(0.1, 5)),
)

_FIELD = sp.sqrt(q) * z
_LENGTH = sigma_b**2 + sigma_w**2 * GaussE(phi(_FIELD) ** 2, z)
_SLOPE = sigma_w**2 * GaussE(phi(_FIELD) * phi(x).diff(x).subs(x, _FIELD) * z / sp.sqrt(q), z)
Network = tuple[Activation, float, float]  # activation, sigma_w, sigma_b
SHIFT = sp.Rational(7, 10)
SHIFTED = Activation(name="shifted_sin", expression=sp.sin(x + SHIFT))  # neither odd nor even, with a closed kernel
LOPSIDED = (SHIFTED, 1.6, 0.3)  # chaotic
BIAS = math.sqrt(0.05)  # sigma_b of all networks; Schoenholz et al. 2017 use it too
CRITICAL = math.sqrt(1.760955)  # sigma_w at which chi_1 = 1 at this bias, to seven digits
TanhNetwork = tuple[float, float, float]  # sigma_w, sigma_b, squared length per neuron of the first preactivations


def sech_average(q: Any, polynomial: Callable[[Any], Any]) -> Any:
    """Gaussian average of an even power of sech(sqrt(q) z), as an integral over its Fourier transform (Parseval).

    The transform of sech^2 is w(k) = pi k / sinh(pi k / 2), and that of a higher power is w times a polynomial in k^2.
    """
    end, pi = flint.arb(70), flint.arb.pi()

    def integrand(k: Any, analytic: bool) -> Any:
        wave = 2 / (flint.acb(0, 1) * pi * k / 2).sinc()
        return polynomial(k * k) * wave * (-q * k * k / 2).exp()

    # Beyond k = 70, wave * polynomial < k^6 and falls faster than the Gaussian factor is wide.
    rest = 2 * end**6 * (-q * end**2 / 2).exp()
    integral = 2 * flint.acb.integral(integrand, flint.acb(0), flint.acb(end)).real
    return (integral + flint.arb(0, rest.upper())) / (2 * pi)


def sech_chis(sigma_w: Any, q: Any) -> tuple[Any, Any]:
    """chi_1 and chi_2 of tanh, whose derivatives squared are sech^4 and 4 (sech^4 - sech^6)."""
    fourth = sech_average(q, lambda s: (s + 4) / 6)
    sixth = sech_average(q, lambda s: (s + 16) * (s + 4) / 120)
    return sigma_w**2 * fourth, 4 * sigma_w**2 * (fourth - sixth)


@functools.cache
def fixed_point(activation: Activation, sigma_w: float, sigma_b: float) -> float:
    """q* of the length map, iterated on a trapezoid rule from above."""
    phi = numpy_function(activation)
    z = np.arange(-12, 12, 1 / 64)
    weight = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) / 64
    q, last = sigma_w**2 + sigma_b**2, 0.0
    while abs(q - last) > 1e-14 * q:
        q, last = sigma_b**2 + sigma_w**2 * float(weight @ phi(math.sqrt(q) * z) ** 2), q
    return q


def finite(candidate: Candidate, dps: int, point: Point) -> Any:
    """The formula at high precision; where it is not finite and real, float64 says so a thousand times faster."""
    candidate.numpy(**point)
    return candidate.mpmath(dps, **point)


def output_kernel(activation: Activation, field: Any, q: Any) -> Any:
    """Inner product per neuron of the outputs at two angles, from that of the fields, as power series.

    Error functions have an arcsine kernel (Williams 1996). Of 2 sin(u + s) sin(v + s) = cos(u - v) - cos(u + v + 2 s)
    the averages are characteristic functions of Gaussians; s is 0 for the sine. Raises ValueError for others.
    """
    if activation is ERF:
        return (field * (2 / (1 + 2 * q))).asin() * (2 / flint.arb.pi())
    if activation not in (SIN, SHIFTED):
        raise ValueError(f"no closed kernel for {activation.name}")
    shift = flint.arb(0) if activation is SIN else certify.ball(SHIFT)
    return ((field - q).exp() - (-field - q).exp() * (2 * shift).cos()) / 2


def published_critical_point(name: str, slope: Callable[[Candidate, float, float], float]) -> Literature:
    """The critical tanh network with sigma_w^2 = 1.05: the bias variance at which the formula's slope chi_1 is 1.

    `slope` takes formula, sigma_w and q*. The bias keeps the length q*, by a trapezoid rule. No root gives infinity.
    """

    def bias(candidate: Candidate) -> float:
        from scipy import optimize

        def excess(length: float) -> float:
            return slope(candidate, math.sqrt(1.05), length) - 1

        if not excess(1e-4) * excess(0.9) < 0:
            return math.inf
        try:
            length = optimize.brentq(excess, 1e-4, 0.9, xtol=1e-12)
        except ValueError:  # a wrong formula without a value on the way
            return math.nan
        z = np.arange(-12, 12, 1 / 64)
        square = float(np.exp(-z * z / 2) @ np.tanh(math.sqrt(length) * z) ** 2) / math.sqrt(2 * math.pi) / 64
        return float(length) - 1.05 * square

    return Literature(
        name=name,
        published="2.01e-5",
        source=Source(
            document="pennington2017resurrecting", where="experiments: critical tanh networks with sigma_w^2 = 1.05"
        ),
        evaluate=bias,
    )


def shifted_sine(q: Any) -> tuple[Any, Any, Any]:
    """Means of the shifted sine, of its square and of its squared slope over a field of variance q, in closed form."""
    shift = certify.ball(SHIFT)
    wave = (-2 * q).exp() * (2 * shift).cos()
    return shift.sin() * (-q / 2).exp(), (1 - wave) / 2, (1 + wave) / 2


def hard(field: Fraction) -> Fraction:
    """Hard tanh of range 1."""
    return min(max(field, Fraction(-1)), Fraction(1)) / 2


def image_length(weights: list[Vector], biases: Vector, corners: list[Vector]) -> Any:
    """Length behind a layer of hard tanh neurons of range 1, of the polygon through `corners`, as an mpf.

    The image is a polygon: each side of the input is cut where a neuron reaches one of its two breakpoints, by exact
    arithmetic; only the square roots are rounded.
    """
    squares = []
    for here, there in itertools.pairwise(corners):
        start, end = (
            [sum((w * c for w, c in zip(row, p, strict=True)), b) for row, b in zip(weights, biases, strict=True)]
            for p in (here, there)
        )
        cuts = {Fraction(0), Fraction(1)}
        for a, b in zip(start, end, strict=True):
            cuts |= {(edge - a) / (b - a) for edge in (-1, 1) if a != b and 0 < (edge - a) / (b - a) < 1}
        places = sorted(cuts)
        image = [[hard(a + t * (b - a)) for a, b in zip(start, end, strict=True)] for t in places]
        squares += [sum((q - p) ** 2 for p, q in zip(u, v, strict=True)) for u, v in itertools.pairwise(image)]
    return mpmath.fsum(mpmath.sqrt(mpmath.mpf(s.numerator) / s.denominator) for s in squares)


@functools.cache
def staircase(width: int, legs: int) -> Any:
    """Length of a curve of that many legs on a slanted line, behind neurons that climb or fall one after the other."""
    direction = [Fraction(2, 7), Fraction(-3, 5)]
    size = sum(d * d for d in direction)
    signs = [(-1) ** (i % 3) for i in range(width)]
    weights = [[sign * d / size for d in direction] for sign in signs]
    biases = [Fraction(-sign * (3 * i + 2)) for i, sign in enumerate(signs)]
    ends = [[end * d for d in direction] for end in (Fraction(0), Fraction(3 * width + 1))]
    with mpmath.workdps(60):
        return image_length(weights, biases, [ends[k % 2] for k in range(legs + 1)])


@functools.lru_cache(maxsize=64)
def length_fixed_point(activation: Activation, weight: str, bias: str, guess: str, bits: int = 140) -> Any:
    """Enclosure of the length q* that a wide network keeps from layer to layer, proven unique in the ball.

    `weight` and `bias` are sigma_w and sigma_b as decimal text, `guess` a value near q*. The map
    V(q) = sigma_b^2 + sigma_w^2 E phi(sqrt(q) z)^2 is evaluated in ball arithmetic, as is its slope. Raises
    ArithmeticError where no unique root is proved near the guess. Source: document 001, signal propagation; Poole et
    al. 2016.
    """
    length, slope = Candidate((_LENGTH,), (), PARAMETERS), Candidate((_SLOPE,), (), PARAMETERS)
    known = {"phi": activation, "sigma_w": weight, "sigma_b": bias}
    start = float(guess)
    for _ in range(FLOAT_STEPS):  # Newton in float64, so that few steps in balls are left
        error = float(length.numpy(q=start, **known)) - start
        start -= error / (float(slope.numpy(q=start, **known)) - 1)
    return certify.root(
        lambda v: length.arb(bits, q=v, **known) - v, lambda v: slope.arb(bits, q=v, **known) - 1, repr(start), bits
    )


def closed_averages(dps: int, point: Point) -> list:
    """The line from closed forms of the averages: characteristic function of a Gaussian, and an arcsine."""
    q = mpmath.mpf(point["q_star"])
    if point["phi"] in (SIN, SHIFTED):
        shift = mpmath.mpf(7) / 10 if point["phi"] is SHIFTED else 0
        wave = mpmath.cos(2 * shift) * mpmath.exp(-2 * q)
        square, gradient = (1 - wave) / 2, (1 + wave) / 2
    elif point["phi"] is ERF:
        square, gradient = 2 / mpmath.pi * mpmath.asin(2 * q / (1 + 2 * q)), 4 / mpmath.pi / mpmath.sqrt(1 + 4 * q)
    else:
        raise ValueError(f"no closed form for {point['phi'].name}")
    return [1 / gradient, q - square / gradient]


def simulated(network: Network) -> tuple:
    """A network as the experiments take it: a function for the activation, and its fixed length."""
    activation, sigma_w, sigma_b = network
    return numpy_function(activation), sigma_w, sigma_b, fixed_point(*network)


def networks(*sigma_w: float) -> tuple[TanhNetwork, ...]:
    """tanh networks whose first preactivations have the fixed length."""
    return tuple((w, BIAS, fixed_point(TANH, w, BIAS)) for w in sigma_w)


def callables(networks: tuple[tuple, ...]) -> tuple[tuple, ...]:
    """The networks as the experiments take them: with a function in place of the activation."""
    return tuple((numpy_function(activation), *numbers) for activation, *numbers in networks)
