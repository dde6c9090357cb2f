"""What a Langevin sampler with minibatches settles in, against the posterior that it is meant to sample."""

from __future__ import annotations

import functools

import mpmath
import numpy as np
import sympy as sp

from derivations.sgd_noise import langevin_sampling
from numerics.measurement import Measurement
from numerics.sgd_noise.chains import langevin_sampler
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.noisy_descent import minibatches_of_pairs

PAIRS = (
    {"epsilon": "0.37", "B": 3, "h": "1.71", "pairs": (("0.61", "0"), ("-0.35", "0"))},
    {"epsilon": "0.062", "B": 4, "h": "0.83", "pairs": (("0.9", "0"), ("0.2", "0"), ("1.3", "0"))},
)


def settled(dps: int, point: Point) -> mpmath.mpf:
    """Variance that the update rule leaves unchanged, over all minibatches."""
    rate, kept = mpmath.mpf(point["epsilon"]), 1 - mpmath.mpf(point["epsilon"]) * mpmath.mpf(point["h"])
    added = mpmath.fsum(chance * (rate * x) ** 2 for chance, x, _ in minibatches_of_pairs(point))
    return (added + 2 * rate / (2 * len(point["pairs"]))) / (1 - kept**2)


def of_pairs(candidate: Candidate, dps: int, point: Point) -> mpmath.mpf:
    """The formula with the variance of the point's examples."""
    squares = [sp.Rational(x) ** 2 for x, _ in point["pairs"]]
    letters = {name: point[name] for name in ("epsilon", "B", "h")}
    return candidate.mpmath(dps, Gamma=sum(squares) / len(squares), N=2 * len(squares), **letters)


def at_each_rate(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula along the learning rate."""
    gradients = np.asarray(measured.given["gradients"])
    found = candidate.numpy(
        epsilon=measured.axis,
        h=measured.given["curvature"],
        Gamma=float(np.var(gradients)),
        B=measured.given["batch"],
        N=gradients.size,
    )
    return np.broadcast_to(np.asarray(found), measured.values.shape)


SAMPLER = functools.partial(
    langevin_sampler, curvature=1.3, spread=1.5, examples=14, batch=3, learning_rates=(0.06, 0.2, 0.5, 1.1)
)

CLAIM = Claim(
    statement=langevin_sampling.STATEMENT,
    checks=(
        Precision(
            name="all minibatches",
            reference=settled,
            points=PAIRS,
            evaluate=of_pairs,
            against="the variance that the update rule leaves unchanged, over all minibatches",
        ),
        Replicas(
            name="sampler with minibatches",
            predict=at_each_rate,
            replicas=40,
            full_replicas=60,
            quick=functools.partial(SAMPLER, chains=130),
            full=functools.partial(SAMPLER, chains=2000),
            axis="learning rate epsilon",
            quantity="variance of the weight theta",
            series=("sampled",),
        ),
    ),
    quantities=("V_S",),
    convention="L is the mean loss over N examples, of which the posterior is exp(-N L).",
    independence="Steps on sampled minibatches with added Gaussian numbers; no temperature and no variance is known.",
)
