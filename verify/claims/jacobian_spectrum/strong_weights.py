"""Critical tanh networks at large q*, where most neurons are saturated: averages by nodes, and sampled layers.

Averages of powers of tanh' over Gaussian preactivations, by a trapezoid rule, must approach the law like q*^(-1/2) from
10 to 10,000. One layer of sampled networks shows the second moment of the singular values; what the finite q* changes
is taken from the same averages.
"""

from __future__ import annotations

from functools import partial

import mpmath
import numpy as np

from derivations.activations import TANH
from derivations.jacobian_spectrum import strong_weights
from numerics.jacobian_spectrum.products import spectral_moments
from numerics.measurement import Measurement
from verify.checks import Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.compile import candidate as callable_of
from verify.references.wide_jacobians import ASYMPTOTIC, average, balanced_network

LENGTH = 30.0


def by_nodes(dps: int, point: Point) -> list:
    """sigma_w^2 at the critical point, and the spread of one layer, by a trapezoid rule over the preactivation."""
    step, q = mpmath.mpf(1) / 10, mpmath.mpf(point["q_star"])
    places = [k * step for k in range(-int(8 * dps), int(8 * dps) + 1)]  # sech^4 has decayed by then
    weights = [step * mpmath.exp(-(h**2) / (2 * q)) / mpmath.sqrt(2 * mpmath.pi * q) for h in places]
    fourth, eighth = (mpmath.fdot(weights, [mpmath.sech(h) ** k for h in places]) for k in (4, 8))
    return [1 / fourth, eighth / fourth**2 - 1]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean and second moment of one layer at its critical point, (1, 2)."""
    square, spread = candidate.numpy(q_star=LENGTH)
    return np.array([[square * average(TANH, LENGTH, 2, 1), 1 + spread]])


QUANTITIES = ("sigma_w^2", "v")
# What is allowed is fixed by the statement: by the formula that is judged it would grow with that formula's error.
STATED = callable_of(strong_weights.STATEMENT, quantities=QUANTITIES)


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What the finite length changes, from averages over nodes."""
    fourth, eighth = (average(TANH, LENGTH, k, 1) for k in (2, 4))
    stated = predicted(STATED, measured)[0]
    return np.abs(np.array([[1.0, eighth / fourth**2]]) - stated)


CLAIM = Claim(
    statement=strong_weights.STATEMENT,
    checks=(
        Rate(
            name="averages over nodes",
            exact=by_nodes,
            points=({},),
            values=("10", "100", "1000", "10000", "100000"),
            digits=20,
            against="averages of powers of tanh' by a trapezoid rule",
        ),
        Replicas(
            name="saturated layers",
            coarse=ASYMPTOTIC,
            predict=predicted,
            quick=partial(
                spectral_moments, width=200, networks=(balanced_network(TANH, LENGTH, 1, critical=True),), orders=2
            ),
            full=partial(
                spectral_moments, width=800, networks=(balanced_network(TANH, LENGTH, 1, critical=True),), orders=2
            ),
            replicas=160,
            bias=bias,
            bias_note="the averages at this length instead of an infinite one",
        ),
    ),
    quantities=QUANTITIES,
    convention="v is the variance of the squared singular values of one layer over the square of their mean.",
    independence="Layers with sampled orthogonal weights and biases pass real signals; powers of their Jacobians are "
    "traced.",
)
