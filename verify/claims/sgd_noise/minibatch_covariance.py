"""Covariance of a minibatch step, with and without replacement.

A small network is differentiated automatically, minibatch by minibatch, and the steps' covariance is taken over the
draws; the formula gets the gradients of single examples. The reference enumerates all minibatches in exact fractions.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from derivations.sgd_noise import minibatch_covariance
from numerics.measurement import Measurement
from numerics.sgd_noise.minibatch_steps import step_covariance
from verify.checks import Precision, Replicas
from verify.claim import Claim, Ordeal
from verify.compile import Candidate

SETS = (
    {"N": 6, "B": 4, "epsilon": "0.37"},
    {"N": 7, "B": 3, "epsilon": "0.081"},
    {"N": 5, "B": 5, "epsilon": "0.52"},
)


def covariance_of(left: Sequence, right: Sequence) -> Any:
    """The slides' F for two components of the examples' gradients: mean product of deviations, divisor N."""
    count, means = len(left), (sum(left) / len(left), sum(right) / len(left))
    return sum((a - means[0]) * (b - means[1]) for a, b in zip(left, right, strict=True)) / count


def set_gradients(examples: int) -> tuple[list[Fraction], list[Fraction]]:
    """Two components of the gradients of the examples of a small data set."""
    return [Fraction((7 * s * s + 3 * s) % 11) for s in range(examples)], [
        Fraction((5 * s * s + s) % 13) for s in range(examples)
    ]


def enumerated(dps: int, point: Any) -> list:
    """Covariance of the step over all minibatches, by exact enumeration with and without replacement."""
    a, b = set_gradients(point["N"])
    found = []
    for batches in (
        itertools.product(range(point["N"]), repeat=point["B"]),
        itertools.combinations(range(point["N"]), point["B"]),
    ):
        pairs = [(sum(a[s] for s in batch) / point["B"], sum(b[s] for s in batch) / point["B"]) for batch in batches]
        exact = covariance_of(*zip(*pairs, strict=True))
        found.append(mpmath.mpf(point["epsilon"]) ** 2 * exact.numerator / exact.denominator)
    return found


def of_set(candidate: Candidate, dps: int, point: Any) -> list:
    """The formula for the covariance of the examples of that data set."""
    covariance = covariance_of(*set_gradients(point["N"]))
    return candidate.mpmath(dps, F_ab=mpmath.mpf(covariance.numerator) / covariance.denominator, **point)


def of_network(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula for each pair of weights, from the gradients of single examples."""
    given = measured.given
    gradients = np.asarray(given["gradients"])
    deviations = gradients - gradients.mean(axis=0)
    covariance = (deviations.T @ deviations / len(gradients))[np.triu_indices(gradients.shape[1])]
    return candidate.numpy(F_ab=covariance, epsilon=given["learning_rate"], B=given["batch"], N=given["examples"])


ALL_MINIBATCHES = Precision(
    name="all minibatches",
    reference=enumerated,
    points=SETS,
    evaluate=of_set,
    against="the covariance over all minibatches of a small data set, enumerated in exact fractions",
)

CLAIM = Claim(
    statement=minibatch_covariance.STATEMENT,
    checks=(
        ALL_MINIBATCHES,
        Replicas(
            name="network steps",
            predict=of_network,
            replicas=32,
            full_replicas=90,
            quick=functools.partial(
                step_covariance,
                inputs=7,
                hidden=5,
                labels=3,
                examples=24,
                batch=9,
                learning_rate=0.3,
                tracked=3,
                draws=1800,
            ),
            full=functools.partial(
                step_covariance,
                inputs=30,
                hidden=20,
                labels=10,
                examples=64,
                batch=24,
                learning_rate=0.3,
                tracked=4,
                draws=4000,
            ),
            axis="number of the pair of weights",
            quantity="covariance of the step",
            style="points",
            series=("with replacement", "without"),
        ),
    ),
    quantities=("C_ab^with", "C_ab^without"),
    convention="F_ab has the divisor N, the step is -epsilon times the gradient of the minibatch's mean loss.",
    independence="Minibatch gradients come from automatic differentiation; only single-example gradients are given.",
    printed={
        "E7b": Ordeal(
            fails=ALL_MINIBATCHES,
            holds=dataclasses.replace(
                ALL_MINIBATCHES,
                name="minibatches drawn with replacement",
                reference=lambda dps, point: enumerated(dps, point)[:1],
                evaluate=lambda formula, dps, point: of_set(formula, dps, point)[:1],
            ),
        )
    },
)
