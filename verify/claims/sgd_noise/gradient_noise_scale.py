"""Lengths of minibatch gradients on digits, and what two sizes of minibatch say of the full gradient and its noise.

The simulation differentiates the loss of each minibatch and makes the estimates as they are defined; the formula gets
the gradients of single examples. The reference enumerates all pairs of minibatches of a small data set.
"""

from __future__ import annotations

import functools
import itertools
from fractions import Fraction

import mpmath
import numpy as np

from derivations.sgd_noise import gradient_noise_scale
from numerics.measurement import Measurement
from numerics.sgd_noise.minibatch_steps import gradient_lengths
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

GRADIENTS = tuple((Fraction((7 * k * k + 3 * k) % 11), Fraction(3 - (5 * k * k + k) % 13)) for k in range(4))


def squared_length(examples: tuple) -> Fraction:
    """Squared length of the mean of some gradients."""
    parts = (Fraction(sum(components), len(examples)) ** 2 for components in zip(*examples, strict=True))
    return sum(parts, Fraction(0))


def enumerated(dps: int, point: Point) -> list:
    """The four means over all minibatches of both sizes, in exact fractions."""
    lengths = {}
    for size in (point["B_0"], point["B"]):
        found = [squared_length(batch) for batch in itertools.product(GRADIENTS, repeat=size)]
        lengths[size] = sum(found, Fraction(0)) / len(found)
    small, whole = lengths[point["B_0"]], lengths[point["B"]]
    trace = (small - whole) / (Fraction(1, point["B_0"]) - Fraction(1, point["B"]))
    full = (point["B"] * whole - point["B_0"] * small) / (point["B"] - point["B_0"])
    return [mpmath.mpf(x.numerator) / x.denominator for x in (whole, full, trace, trace / whole)]


def of_set(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula with the full gradient and the covariance of that data set."""
    full = squared_length(GRADIENTS)
    trace = sum((squared_length((gradient,)) for gradient in GRADIENTS), Fraction(0)) / len(GRADIENTS) - full
    length = mpmath.sqrt(mpmath.mpf(full.numerator) / full.denominator)
    return candidate.mpmath(dps, G=length, S=mpmath.mpf(trace.numerator) / trace.denominator, **point)


def of_digits(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula with the full gradient and the covariance of the digits."""
    gradients = np.asarray(measured.given["gradients"])
    mean = gradients.mean(axis=0)
    small, whole = (int(size) for size in np.asarray(measured.given["sizes"]))
    trace = float(np.sum(np.var(gradients, axis=0)))
    return np.array(candidate.numpy(G=float(np.linalg.norm(mean)), S=trace, B_0=small, B=whole))


DIGITS = functools.partial(gradient_lengths, examples=60, smaller=3, parts=4, scale=0.3)

CLAIM = Claim(
    statement=gradient_noise_scale.STATEMENT,
    checks=(
        Precision(
            name="all pairs of minibatches",
            reference=enumerated,
            points=({"B_0": 3, "B": 5}, {"B_0": 4, "B": 6}),
            evaluate=of_set,
            against="means over all minibatches of a small data set, enumerated in exact fractions",
        ),
        Replicas(
            name="minibatches of digits",
            predict=of_digits,
            replicas=32,
            full_replicas=60,
            quick=functools.partial(DIGITS, draws=60),
            full=functools.partial(DIGITS, draws=1200),
        ),
    ),
    quantities=("M_B", "Q_pair", "S_pair", "B_naive"),
    convention="Sigma has the divisor N, and gradients are those of the mean loss of a minibatch.",
    independence="Minibatch gradients come from automatic differentiation; only single-example gradients are given.",
)
