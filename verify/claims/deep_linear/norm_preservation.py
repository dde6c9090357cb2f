"""Lengths of one signal behind sampled Gaussian matrices, against gamma functions.

One reference builds the moments of a logarithm from one or two Gaussian numbers by adding pairs, as balls; another
integrates over the length behind one matrix; the sampled matrices have unequal widths, Glorot's variance among them.
"""

from __future__ import annotations

import itertools
from functools import partial

import mpmath
import numpy as np
from flint import arb

from derivations.deep_linear import norm_preservation
from derivations.statement import Source
from numerics.deep_linear.random_chains import signal_lengths
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, Literature, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.quadrature import over_shells

# alike in outputs and variance, with other numbers of inputs; and Glorot's weights between unequal widths
ALIKE = (
    ((8, 6, 6, 6, 6), (1 / 6,) * 4),
    ((5, 11, 11, 11, 11), (1.3 / 11,) * 4),
    ((13, 17, 17, 17, 17), (0.7 / 17,) * 4),
)

GLOROT = tuple(
    (widths, tuple(2 / (a + b) for a, b in itertools.pairwise(widths)))
    for widths in ((9, 14, 6, 11, 5), (7, 5, 12, 8, 16))
)

LENGTH_MEANS = ("square", "logarithm", "squared logarithm")


def averaged_over_shells(dps: int, point: Point) -> list:
    """Mean square, mean logarithm and variance of the logarithm of a length, by quadrature over one layer's lengths."""
    size, depth, sigma = point["N"], point["D"], mpmath.mpf(point["sigma_w"])
    logarithm, square_of_logarithm, square = over_shells(dps, size)
    variance = square_of_logarithm - logarithm**2
    return [(sigma**2 * square) ** depth, depth * (logarithm + mpmath.log(sigma)), depth * variance]


def by_recurrence(bits: int, point: Point) -> list:
    """The same as balls: one or two Gaussian numbers, whose logarithms have known moments, and pairs added to them.

    The sum of squares of two numbers is twice an exponential one, whose logarithm has mean -gamma and variance
    pi^2 / 6; that of one number has mean -gamma - ln 2 and variance pi^2 / 2. A pair added to n numbers raises the mean
    by 2 / n and lowers the variance by 4 / n^2.
    """
    size, sigma = point["N"], certify.ball(point["sigma_w"])
    gamma, log_2 = arb.const_euler(), arb(2).log()
    mean = -gamma - log_2 if size % 2 else log_2 - gamma
    variance = arb.pi() ** 2 / (2 if size % 2 else 6)
    for n in range(2 - size % 2, size, 2):
        mean, variance = mean + arb(2) / n, variance - arb(4) / n**2
    total = [arb(1), arb(0), arb(0)]
    for _ in range(point["D"]):
        total = [
            total[0] * sigma * sigma,
            total[1] + (mean - arb(size).log()) / 2 + sigma.log(),
            total[2] + variance / 4,
        ]
    return total


def predicted_signal_lengths(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Mean square, mean logarithm and mean squared logarithm behind each matrix, (networks, 3, matrices).

    Matrix by matrix: squares multiply, means and variances of logarithms add up.
    """
    outputs, variances = (np.asarray(measured.given[name]) for name in ("outputs", "variances"))
    square, mean, variance = formula.numpy(sigma_w=np.sqrt(outputs * variances), N=outputs, D=1)
    mean, variance = np.cumsum(mean, axis=1), np.cumsum(variance, axis=1)
    return np.stack([np.cumprod(square, axis=1), mean, variance + mean**2], axis=1)


def equal_layers(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The same with the statement's own depth, for networks whose matrices are alike in outputs and variance."""
    outputs, variances = (np.asarray(measured.given[name])[:, :1] for name in ("outputs", "variances"))
    square, mean, variance = formula.numpy(sigma_w=np.sqrt(outputs * variances), N=outputs, D=measured.axis)
    return np.stack([square, mean, variance + mean**2], axis=1)


def one_number(candidate: Candidate) -> float:
    """Mean logarithm of the square of one Gaussian number: twice that of its length."""
    return 2 * float(candidate.numpy(sigma_w=1.0, N=1, D=1)[1])


CLAIM = Claim(
    statement=norm_preservation.STATEMENT,
    checks=(
        Literature(
            name="logarithm of a squared Gaussian number",
            published="-1.2704",
            source=Source(document="kim1998stochastic", where="mean of the logarithm of a chi-squared number"),
            evaluate=one_number,
        ),
        Certified(
            name="pairs of Gaussian numbers",
            reference=by_recurrence,
            points=tuple(
                {"sigma_w": sigma, "N": n, "D": d} for sigma, n, d in (("1.3", 7, 5), ("0.7", 14, 3), ("1.1", 1, 1))
            ),
            against="one or two Gaussian numbers to which pairs are added, added up over the matrices",
        ),
        Precision(
            name="average over shells",
            reference=averaged_over_shells,
            count=2,
            parameters=norm_preservation.STATEMENT.parameters,
            same_law=True,
            against="quadrature over the length behind one matrix, added up over the matrices",
        ),
        Replicas(
            name="equal matrices",
            predict=equal_layers,
            replicas=20_000,
            full_replicas=250_000,
            quick=partial(signal_lengths, networks=ALIKE),
            axis="number of matrices D",
            quantity="mean over networks",
            series=(*(f"{name}, N = 6" for name in LENGTH_MEANS), "square, N = 11"),
        ),
        Replicas(
            name="Glorot's weights between unequal widths",
            predict=predicted_signal_lengths,
            replicas=50_000,
            full_replicas=250_000,
            quick=partial(signal_lengths, networks=GLOROT),
            axis="number of matrices D",
            quantity="mean over networks",
            series=(*LENGTH_MEANS, "square, other widths"),
        ),
    ),
    quantities=(
        r"\mathbb{E} \frac{|W v|^2}{|v|^2}",
        r"\mathrm{E} \ln \frac{|W v|}{|v|}",
        r"\mathrm{Var} \ln \frac{|W v|}{|v|}",
    ),
    convention="The weights of a matrix have variance sigma_w^2 over the number of its outputs.",
    independence="One fixed signal is sent through sampled matrices of equal and of unequal widths; no law of its "
    "length is used.",
)
