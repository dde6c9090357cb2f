"""How weights spread in a bowl at learning rates where the Langevin limit is 1, 10 and 25 percent wrong, and beyond.

The simulation descends on three weights whose bowl and whose noise have other axes; it knows neither eigenvectors nor
an equation for the covariance. The reference averages the update rule over all minibatches, at the learning rate and
at one so small that nothing but the Langevin limit is left.
"""

from __future__ import annotations

import functools

import mpmath
import numpy as np
import sympy as sp

from derivations.sgd_noise import stationary_covariance
from numerics.measurement import Measurement
from numerics.sgd_noise.bowls import settled_covariance
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.noisy_descent import minibatches_of_pairs

PAIRS = (
    {"epsilon": "0.37", "B": 3, "h_i": "0.83", "h_j": "1.71", "pairs": (("0.61", "0.53"), ("-0.35", "0.29"))},
    {"epsilon": "0.062", "B": 4, "h_i": "1.3", "h_j": "0.46", "pairs": (("0.9", "-0.2"), ("0.2", "0.7"))},
    {"epsilon": "0.81", "B": 5, "h_i": "0.57", "h_j": "2.13", "pairs": (("0.4", "0.3"), ("1.2", "-0.7"))},
)


def settled_product(dps: int, point: Point, slower: mpmath.mpf) -> mpmath.mpf:
    """Mean of theta_i theta_j in which descent settles at the learning rate epsilon/slower, the noise scaled up.

    From the update rule alone: of all minibatches, each keeps a part of the mean product and adds one.
    """
    rate, louder = mpmath.mpf(point["epsilon"]) / slower, mpmath.sqrt(slower)
    factors = [1 - rate * mpmath.mpf(point[name]) for name in ("h_i", "h_j")]
    added = mpmath.fsum(chance * (rate * louder) ** 2 * x * y for chance, x, y in minibatches_of_pairs(point))
    return added / (1 - factors[0] * factors[1])


def covariance_and_share(dps: int, point: Point) -> list:
    """The same at the learning rate itself, and how far that of a vanishing one is below it."""
    with mpmath.workdps(4 * dps):
        true, limit = (settled_product(dps, point, slower) for slower in (mpmath.mpf(1), mpmath.mpf(10) ** (2 * dps)))
        return [true, 1 - limit / true]


def of_pairs(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula with the covariance of the point's examples."""
    pairs = [(sp.Rational(x), sp.Rational(y)) for x, y in point["pairs"]]
    covariance = sum(x * y for x, y in pairs) / len(pairs)
    letters = {name: point[name] for name in ("epsilon", "B", "h_i", "h_j")}
    return candidate.mpmath(dps, F_ij=covariance, **letters)


def rotated_back(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula in the eigenvectors of the Hessian, turned into the weights' own axes, (pairs, learning rates)."""
    gradients = np.asarray(measured.given["gradients"])
    curvatures, vectors = np.linalg.eigh(np.asarray(measured.given["hessian"]))
    turned = gradients @ vectors
    noise = turned.T @ turned / len(turned)
    left, right = np.triu_indices(len(curvatures))
    columns = []
    for rate in measured.axis if measured.axis is not None else ():
        inside, _ = candidate.numpy(
            F_ij=noise, h_i=curvatures[:, None], h_j=curvatures, epsilon=rate, B=measured.given["batch"]
        )
        columns.append((vectors @ inside @ vectors.T)[left, right])
    return np.stack(columns, axis=1)


DESCENT = functools.partial(
    settled_covariance,
    hessian=((1.1, -0.3, -0.2), (-0.3, 0.9, -0.15), (-0.2, -0.15, 1.4)),
    mixing=((1.0, 0.2), (0.7, 0.6), (0.5, 0.9)),
    examples=9,
    batch=3,
    learning_rates=(0.028, 0.28, 0.7, 1.1),  # the softest direction is 1, 10, 25 and 40 percent off
)

CLAIM = Claim(
    statement=stationary_covariance.STATEMENT,
    checks=(
        Precision(
            name="all minibatches",
            reference=covariance_and_share,
            points=PAIRS,
            evaluate=of_pairs,
            against="the mean product that the update rule leaves unchanged over all minibatches, at two rates",
        ),
        Replicas(
            name="three weights in a bowl",
            predict=rotated_back,
            replicas=40,
            full_replicas=60,
            quick=functools.partial(DESCENT, chains=80),
            full=functools.partial(DESCENT, chains=1500),
            axis="learning rate epsilon",
            quantity="covariance of two weights theta",
            series=("1 and 1", "1 and 2", "1 and 3", "2 and 2"),
        ),
    ),
    quantities=("S_ij", "r_ij"),
    convention="L is the mean loss; F_ij has the divisor N; the Hessian is that of the mean loss.",
    independence="Steps on sampled minibatches, in axes of their own; no eigenvector, no equation for the covariance.",
)
