"""Critical points of the logistic sigmoid: averages by another integral, the least length, and sampled layers.

The averages are those of even powers of sech, integrals over its Fourier transform in ball arithmetic (Parseval). The
least length at which biases are left is the root of their variance, found for both. One layer of sampled networks with
these weights and biases keeps the length and spreads its singular values as stated; what finite width adds is averaged
over a sphere, less the same over Gaussian preactivations.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.activations import SIGMOID
from derivations.jacobian_spectrum import logistic_sigmoid
from numerics.jacobian_spectrum.products import spectral_moments
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.mean_field import sech_average
from verify.references.one_layer import mean_powers
from verify.references.wide_jacobians import average, balanced_network

LENGTH = 60.0


def by_parseval(dps: int, point: Point) -> list:
    """Weights, biases and spread, with tanh(x / 2) for the sigmoid: averages of powers of sech at a quarter of q*."""
    with certify.precision(200):
        return [mpmath.mpf(v.mid().str(40, radius=False)) for v in _in_balls(certify.ball(point["q_star"]))]


def in_float64(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these."""
    return [float(value) for value in candidate.numpy(**point)]


def _in_balls(q: Any) -> list:
    quarter = q / 4
    second = sech_average(quarter, lambda s: s * 0 + 1)
    fourth = sech_average(quarter, lambda s: (s + 4) / 6)
    eighth = sech_average(quarter, lambda s: (s + 36) * (s + 16) * (s + 4) / 5040)
    slope, square = fourth / 16, (2 - second) / 4  # of (1 + tanh)^2 / 4, whose middle term is odd
    return [1 / slope, q - square / slope, eighth / 256 / slope**2 - 1]


def least_length(dps: int, point: Point) -> list:
    """The length at which no bias is left, and the standard deviation of weights and the spread there."""

    def biases(q: Any) -> Any:
        with certify.precision(200):
            return mpmath.mpf(_in_balls(flint.arb(mpmath.nstr(q, 40)))[1].mid().str(40, radius=False))

    q = mpmath.findroot(biases, (45, 46))
    with certify.precision(200):
        weights, _, spread = _in_balls(flint.arb(mpmath.nstr(q, 40)))
    return [q, *(mpmath.mpf(v.mid().str(40, radius=False)) for v in (weights, spread))]


def at_least_length(candidate: Candidate, dps: int, point: Point) -> list:
    """The same of the formula, in float64."""
    from scipy import optimize

    def stated(q: Any) -> np.ndarray:
        return candidate.numpy(q_star=float(q))

    low, high = 40.0, 50.0
    if stated(low)[1] * stated(high)[1] > 0:
        return [mpmath.inf, *map(float, stated(low)[[0, 2]])]
    root = float(optimize.brentq(lambda q: float(stated(q)[1]), low, high, xtol=1e-13))
    return [root, *map(float, stated(root)[[0, 2]])]


LAYER = balanced_network(SIGMOID, LENGTH, 1, critical=True)


def of_a_layer(candidate: Candidate) -> np.ndarray:
    """Mean and second moment of one layer at the weights of the formula, (2,)."""
    square, _, spread = candidate.numpy(q_star=LENGTH)
    return np.array([square * average(SIGMOID, LENGTH, 2, 1), 1 + spread])


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The same, (1, 2), with what finite width adds."""
    exact = mean_powers(LAYER, int(measured.resolution["width"]), 2)
    wide = np.array([1.0, average(SIGMOID, LENGTH, 4, 1) / average(SIGMOID, LENGTH, 2, 1) ** 2])
    return (of_a_layer(candidate) + exact - wide)[None]


sampled = partial(spectral_moments, networks=(LAYER,), orders=2)


def certified_averages(bits: int, point: Point) -> list[Any]:
    """Weights, biases and spread by Parseval's integrals."""
    return _in_balls(certify.ball(point["q_star"]))


CLAIM = Claim(
    statement=logistic_sigmoid.STATEMENT,
    checks=(
        Certified(
            name="certified Parseval integrals",
            reference=certified_averages,
            against="averages of powers of sech over their Fourier transform",
            bits=90,
            digits=15,
            values=("sigma_w^2", "sigma_b^2", "v"),
            points=({"q_star": "45.62"},),
        ),
        Precision(
            name="Parseval's integrals",
            reference=by_parseval,
            points=({"q_star": "45.62"}, {"q_star": "7.3"}, {"q_star": "120"}),
            against="averages of powers of sech over their Fourier transform",
            digits=(14, 16),
            evaluate=in_float64,
        ),
        Precision(
            name="least length",
            reference=least_length,
            against="the root of the variance of biases, by Parseval's integrals",
            points=({},),
            digits=(12, 14),
            evaluate=at_least_length,
        ),
        Replicas(
            name="sampled layers",
            predict=predicted,
            quick=partial(sampled, width=100),
            full=partial(sampled, width=128),
            replicas=220,
            full_replicas=1500,
        ),
    ),
    quantities=("sigma_w^2", "sigma_b^2", "v"),
    convention="v is the variance of the squared singular values of one layer over the square of their mean.",
    independence="Layers with sampled orthogonal weights and biases pass real signals; powers of their Jacobians are "
    "traced.",
)
