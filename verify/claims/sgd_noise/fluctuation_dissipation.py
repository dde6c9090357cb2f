"""The first relation on digits, at learning rates up to where descent is hardly stable.

The simulation trains a softmax classifier with automatic differentiation and takes means; the formula gets the
learning rate and the unit of the squared gradients. The reference takes both means from the update rule in a bowl whose
examples differ in slope and curvature, over all minibatches.
"""

from __future__ import annotations

import functools

import mpmath
import numpy as np

from derivations.sgd_noise import fluctuation_dissipation
from numerics.measurement import Measurement
from numerics.sgd_noise.relations import settled_means
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.noisy_descent import first_two_moments, minibatches_of_pairs

POINTS = (
    {"pairs": (("0.61", "0.13"), ("-0.35", "0.29")), "B": 3, "tilt": "0.3", "stiffness": "1.1", "epsilon": "0.43"},
    {"pairs": (("0.9", "-0.2"), ("0.2", "0.31")), "B": 4, "tilt": "-0.7", "stiffness": "1.7", "epsilon": "0.16"},
)


def dissipated(dps: int, point: Point) -> mpmath.mpf:
    """Mean of theta times the mean slope, in the state that the update rule leaves unchanged."""
    mean, square = first_two_moments(dps, point)
    return mpmath.mpf(point["tilt"]) * mean + mpmath.mpf(point["stiffness"]) * square


def fluctuating(candidate: Candidate, dps: int, point: Point) -> mpmath.mpf:
    """The formula, with the mean squared slope of a minibatch in that state."""
    with mpmath.workdps(2 * dps):
        mean, square = first_two_moments(dps, point)
        tilt, stiffness, louder = (
            mpmath.mpf(point["tilt"]),
            mpmath.mpf(point["stiffness"]),
            1 / mpmath.sqrt(mpmath.mpf(point["epsilon"])),
        )
        total = mpmath.mpf(0)
        for chance, x, y in minibatches_of_pairs(point):
            a, b = tilt + louder * x, stiffness + louder * y
            total += chance * (a**2 + 2 * a * b * mean + b**2 * square)
        return candidate.mpmath(dps, epsilon=point["epsilon"], G_B=total)


def over_the_rate(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula for squared gradients of 1, over the learning rate, at each of them."""
    rates = np.asarray(measured.given["learning_rates"])
    return np.asarray(candidate.numpy(epsilon=rates, G_B=1.0)) / rates


DIGITS = functools.partial(
    settled_means,
    examples=36,
    components=4,
    ridge=0.15,
    batch=4,
    learning_rates=(0.5, 1.3, 2.3),
)

CLAIM = Claim(
    statement=fluctuation_dissipation.STATEMENT,
    checks=(
        Precision(
            name="all minibatches",
            reference=dissipated,
            points=POINTS,
            evaluate=fluctuating,
            against="the mean that the update rule leaves unchanged, over all minibatches",
        ),
        Replicas(
            name="softmax regression on digits",
            predict=over_the_rate,
            replicas=32,
            full_replicas=60,
            quick=functools.partial(DIGITS, chains=24),
            full=functools.partial(DIGITS, chains=200),
            axis="learning rate epsilon",
            quantity="dissipation over squared gradient and learning rate",
            series=("ratio of the two means",),
        ),
    ),
    quantities=("W_theta",),
    convention="theta is measured from the bottom of the mean loss; g_B is the gradient of a minibatch's mean loss.",
    independence="Descent on digits with automatic differentiation; no small step, no Gaussian noise and no bowl.",
)
