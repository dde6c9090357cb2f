"""Errors of regressions: least squares at a finite size, absolute deviations in the limit.

The experiment draws examples and fits them; the fits of absolute deviations are certified one by one. The reference
for least squares integrates the joint density of the eigenvalues of a Wishart matrix exactly, over ordered eigenvalues.
"""

from __future__ import annotations

import functools
import itertools
import math
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb

from derivations.high_dimensional_statistics import optimal_m_estimation
from numerics.high_dimensional_statistics.regressions import prediction_errors
from numerics.measurement import Measurement
from verify.checks import Approach, Certified, FiniteSize, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, CandidateError
from verify.references.balls import fading, numbers
from verify.references.quadrature import quadrature

FEW = (1.5, 2.0, 3.0)  # examples per parameter for least squares
MANY = (2.5, 5.0)  # for absolute deviations: on both sides of where they begin to lead
ANY = {"N": 3, "P": 9, "sigma_z": 0.7}
ROOTS = np.geomspace(0.05, 4, 250)  # of errors, between which solutions are interpolated
FEW_PARAMETERS = "The error of a fit is a mean over few parameters, and larger fits cost the cube of their number."
Polynomial = dict[tuple[int, ...], int]


def times(left: Polynomial, right: Polynomial) -> Polynomial:
    """Product of polynomials: powers -> coefficient."""
    found: Polynomial = {}
    for (a, first), (b, second) in itertools.product(left.items(), right.items()):
        powers = tuple(i + j for i, j in zip(a, b, strict=True))
        found[powers] = found.get(powers, 0) + first * second
    return found


def wishart_trace(parameters: int, examples: int) -> Fraction:
    """Mean trace of the inverse of a Wishart matrix; examples less parameters less 1 is even and positive.

    The density of eigenvalues is the product of lambda^m exp(-lambda / 2) and of their differences. Ordered ones are
    sums of gaps, in which everything is a polynomial times exponentials.
    """
    power = (examples - parameters - 1) // 2
    unit = [tuple(int(i == j) for j in range(parameters)) for i in range(parameters)]
    places: list[Polynomial] = [{unit[j]: 1 for j in range(i + 1)} for i in range(parameters)]
    weight: Polynomial = {(0,) * parameters: 1}
    for i, j in itertools.combinations(range(parameters), 2):
        weight = times(weight, {unit[a]: 1 for a in range(i + 1, j + 1)})

    def mean(powers: list[int]) -> Fraction:
        whole = weight
        for place, exponent in zip(places, powers, strict=True):
            for _ in range(exponent):
                whole = times(whole, place)
        terms = (
            coefficient
            * math.prod(math.factorial(k) * Fraction(2, parameters - gap) ** (k + 1) for gap, k in enumerate(exponents))
            for exponents, coefficient in whole.items()
        )
        return Fraction(sum(terms, Fraction(0)))

    inverses = (mean([power - (i == j) for j in range(parameters)]) for i in range(parameters))
    return Fraction(sum(inverses, Fraction(0)) / mean([power] * parameters))


def least_squares(dps: int, point: Point) -> Any:
    """Its error, from the mean trace."""
    trace = wishart_trace(int(point["N"]), int(point["P"]))
    return mpmath.mpf(point["sigma_z"]) ** 2 * trace.numerator / trace.denominator


def first(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of least squares."""
    return candidate.mpmath(dps, **point, c="0.4", s_q="0.9")[0]


def by_noise(dps: int, point: Point) -> list:
    """Examples per parameter and error: Gaussian averages at a given noise, integrated over the noise."""
    s, c = mpmath.mpf(point["s_q"]), mpmath.mpf(point["c"])

    def inside(noise: Any) -> Any:
        return mpmath.ncdf((c - noise) / s) - mpmath.ncdf((-c - noise) / s)

    def clipped(noise: Any) -> Any:
        """c^2 less the mean of c^2 - z^2 between -c and c."""
        ends = [(end - noise) / s for end in (-c, c)]
        share = mpmath.ncdf(ends[1]) - mpmath.ncdf(ends[0])
        mean = mpmath.npdf(ends[0]) - mpmath.npdf(ends[1])
        square = share + ends[0] * mpmath.npdf(ends[0]) - ends[1] * mpmath.npdf(ends[1])
        return c**2 - (c**2 - noise**2) * share + 2 * noise * s * mean + s**2 * square

    def over_noise(function: Any) -> Any:
        return 2 * quadrature(lambda x: mpmath.exp(-x) / 2 * function(x), [0, 1, 3, 8, 20, 60])

    vanishing = over_noise(inside)
    return [1 / vanishing, over_noise(clipped) / vanishing]


def both(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these."""
    return list(candidate.mpmath(dps, **point, **{**ANY, "sigma_z": "0.7"})[1:])


def exact_errors(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Least squares at that size, by examples per parameter."""
    given, noise = measured.given, float(np.sqrt(measured.given["variance"]))
    size = int(given["parameters"])
    counts: Any = given["examples"]
    return np.asarray(candidate.numpy(N=size, P=counts, sigma_z=noise, c=0.4, s_q=0.9)[0])


def solutions(candidate: Candidate, examples: np.ndarray) -> np.ndarray:
    """Errors for which the formula's q_1 is s_q^2 at the threshold with so many examples per parameter.

    Raises CandidateError where there is none.
    """
    roots = np.broadcast_to(ROOTS, (len(examples), len(ROOTS)))
    low, high = np.full(roots.shape, 1e-4), np.full(roots.shape, 30.0)
    for _ in range(40):
        middle = (low + high) / 2
        more = candidate.numpy(c=middle, s_q=roots, **ANY)[1] > examples[:, None]  # falls with the threshold
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    excess = candidate.numpy(c=high, s_q=roots, **ANY)[2] / roots**2 - 1
    if not (np.all(excess[:, 0] > 0) and np.all(excess[:, -1] < 0)):
        raise CandidateError("no error solves the equations")
    return np.array([np.exp(2 * np.interp(0, -row, np.log(ROOTS))) for row in excess])


def in_the_limit(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Absolute deviations, by examples per parameter."""
    assert measured.axis is not None
    return solutions(candidate, measured.axis)


def certified_averages(bits: int, point: Point) -> list[Any]:
    """Examples per parameter and error: Gaussian averages at a given noise, integrated over Laplace noise."""
    s, c = numbers(point, "s_q", "c")

    def below(x: Any) -> Any:
        return (1 + (x / arb(2).sqrt()).erf()) / 2

    def density(x: Any) -> Any:
        return (-x * x / 2).exp() / (2 * flint.arb.pi()).sqrt()

    def inside(noise: Any) -> Any:
        return below((c - noise) / s) - below((-c - noise) / s)

    def clipped(noise: Any) -> Any:
        """c^2 less the mean of c^2 - z^2 between -c and c."""
        low, high = (-c - noise) / s, (c - noise) / s
        square = inside(noise) + low * density(low) - high * density(high)
        tilt = 2 * noise * s * (density(low) - density(high))
        return c**2 - (c**2 - noise**2) * inside(noise) + tilt + s**2 * square

    largest = (2 * c**2 + 1 + s + 2 * s**2).upper()  # of what is clipped, over (1 + noise)^2
    vanishing = fading(inside, 1)
    return [1 / vanishing, fading(clipped, largest, 2) / vanishing]


def of_deviations(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """What the formula says of absolute deviations."""
    return candidate.arb(bits, **point, N=2, P=9, sigma_z="0.7")[1:]


CLAIM = Claim(
    statement=optimal_m_estimation.STATEMENT,
    checks=(
        Certified(
            name="certified averages over the noise",
            reference=certified_averages,
            evaluate=of_deviations,
            against="Gaussian averages at a given noise, integrated over Laplace noise",
            values=("alpha_P", "q_1"),
            points=({"s_q": "0.61", "c": "0.83"}, {"s_q": "1.3", "c": "0.47"}),
        ),
        Precision(
            name="eigenvalues of Wishart matrices",
            reference=least_squares,
            points=({"N": 2, "P": 9, "sigma_z": "0.7"}, {"N": 3, "P": 8, "sigma_z": "1.3"}),
            against="the joint density of the eigenvalues, integrated exactly over their gaps",
            evaluate=first,
        ),
        Precision(
            name="averages over the noise",
            reference=by_noise,
            points=({"s_q": "0.61", "c": "0.83"}, {"s_q": "1.2", "c": "0.37"}),
            digits=(12, 16),
            against="Gaussian averages at a given noise, integrated over Laplace noise",
            evaluate=both,
            same_law=True,
        ),
        Replicas(
            name="least squares",
            predict=exact_errors,
            quick=functools.partial(prediction_errors, examples=FEW, width=20, absolute=False),
            replicas=3000,
            full_replicas=30_000,
            axis="number of examples per parameter",
            quantity="mean squared error of a prediction",
            series=("least squares, Laplace noise",),
        ),
        FiniteSize(
            name="absolute deviations",
            coarse=FEW_PARAMETERS,
            predict=in_the_limit,
            quick=functools.partial(prediction_errors, examples=MANY, absolute=True),
            sizes=((12, 1200), (24, 500), (48, 180)),
            full_sizes=((20, 9000), (40, 3000), (80, 700)),
            size_name="parameters",
        ),
        Approach(
            name="absolute deviations of few parameters",
            predict=in_the_limit,
            quick=functools.partial(prediction_errors, examples=MANY, absolute=True),
            sizes=((4, 20_000), (12, 40_000)),
            size_name="parameters",
            full_only="The rate takes tens of thousands of fits.",
        ),
    ),
    quantities=("q_2", "alpha_P", "q_1"),
    convention="Inputs have variance 1, so that the squared error of all parameters is that of a prediction.",
    independence="Examples are drawn and fitted; no Wishart matrix and no equation of the limit is known.",
)
