"""A Markov chain is inferred backwards step by step.

Whole populations of walkers are followed along all paths, and those counted that end in a state and have started in it.
Walkers that remember where they started, so that they are not Markov, are the control.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import mpmath
import numpy as np

from derivations.cheap_learning import markov_inference
from numerics.cheap_learning.walkers import followed
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

POINTS = (
    {"pi_0": "0.37", "alpha_1": "0.21", "beta_1": "0.43", "alpha_2": "0.33", "beta_2": "0.14"},
    {"pi_0": "0.62", "alpha_1": "0.11", "beta_1": "0.27", "alpha_2": "0.52", "beta_2": "0.41"},
)


def walkers_at_the_end(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Walkers that end in state 1, and those of them that started there, by chain."""
    up, down = np.asarray(measured.given["up"]), np.asarray(measured.given["down"])
    last, first = candidate.numpy(
        pi_0=measured.given["start"], alpha_1=up[0], alpha_2=up[1], beta_1=down[0], beta_2=down[1]
    )
    return np.stack([last, last * first]) * np.asarray(measured.given["walkers"])


def paths(dps: int, point: Point) -> list[Any]:
    """Sums over the eight paths."""
    start = mpmath.mpf(point["pi_0"])
    ends, both = mpmath.mpf(0), mpmath.mpf(0)
    for first, middle, last in itertools.product((0, 1), repeat=3):
        weight = start if first else 1 - start
        for step, (here, there) in enumerate(((first, middle), (middle, last)), start=1):
            moves = mpmath.mpf(point[f"{'beta' if here else 'alpha'}_{step}"])
            weight *= moves if here != there else 1 - moves
        ends += weight * last
        both += weight * last * first
    return [ends, both / ends]


CLAIM = Claim(
    statement=markov_inference.STATEMENT,
    checks=(
        Precision(name="paths", reference=paths, points=POINTS, against="the weights of all eight paths"),
        Enumeration(
            name="walkers followed",
            predict=walkers_at_the_end,
            quick=functools.partial(followed, chains=10, largest=60),
            full=functools.partial(followed, chains=60, largest=500),
            control=functools.partial(followed, chains=10, largest=60, remembering=True),
            axis="number of the chain",
            quantity="number of walkers",
            series=("in state 1 at the end", "there at the start as well"),
            style="stem",
        ),
    ),
    quantities=("p_2", "p_02"),
    convention="alpha goes from 0 to 1, beta from 1 to 0; p_02 is conditioned on the last state.",
    independence="Whole numbers of walkers on every path, counted; nothing is inverted.",
)
