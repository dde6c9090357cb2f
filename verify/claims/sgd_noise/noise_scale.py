"""A weight that settles in a bowl while learning rate and batch grow together, up to where descent is hardly stable.

The simulation knows no noise scale: it descends on sampled minibatches, measures the spread, and counts updates. The
reference averages the update rule over all minibatches.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from flint import arb

from derivations.sgd_noise import noise_scale
from numerics.measurement import Measurement
from numerics.sgd_noise.bowls import descent_at_one_ratio
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import numbers, root
from verify.references.noisy_descent import minibatches_of_pairs

PAIRS = (
    {"epsilon": "0.37", "B": 3, "h": "1.71", "pairs": (("0.61", "0"), ("-0.35", "0"))},
    {"epsilon": "0.81", "B": 4, "h": "2.3", "pairs": (("0.9", "0"), ("0.2", "0"), ("1.3", "0"))},
)


def settled(dps: int, point: Point) -> list:
    """Variance that the update rule leaves unchanged, and updates after which 1/e of a start is left, by bisection."""
    with mpmath.workdps(2 * dps):
        rate, kept = mpmath.mpf(point["epsilon"]), 1 - mpmath.mpf(point["epsilon"]) * mpmath.mpf(point["h"])
        added = mpmath.fsum(chance * (rate * x) ** 2 for chance, x, _ in minibatches_of_pairs(point))
        left = mpmath.findroot(lambda n: abs(kept) ** n - mpmath.exp(-1), (0.1, 60), solver="anderson")
        return [added / (1 - kept**2), left]


def of_pairs(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula with the variance of the point's examples and its noise scale."""
    squares = [sp.Rational(x) ** 2 for x, _ in point["pairs"]]
    scale = sp.Rational(point["epsilon"]) / (2 * point["B"])
    return candidate.mpmath(dps, g=scale, Gamma=sum(squares) / len(squares), epsilon=point["epsilon"], h=point["h"])


def at_one_scale(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula along the learning rate at the run's noise scale."""
    given = measured.given
    scale = float(given["ratio"]) / 2
    found = candidate.numpy(
        g=scale, Gamma=float(np.var(given["gradients"])), epsilon=measured.axis, h=given["curvature"]
    )
    return np.stack([np.broadcast_to(row, measured.values.shape[1:]) for row in found])


DESCENT = functools.partial(
    descent_at_one_ratio, curvature=1.15, spread=2.0, examples=20, ratio=0.1, batches=(2, 6, 10, 12, 16), start=30.0
)


def certified_noise(bits: int, point: Point) -> list[Any]:
    """The variance that a step leaves unchanged, and the number of steps in which a deviation falls by e."""
    scale, rate, stiffness, noise = numbers(point, "g", "epsilon", "h", "Gamma")
    factor = 1 - rate * stiffness
    variance = root(lambda v: factor**2 * v + 2 * scale * rate * noise - v, point["near_v"])
    steps = root(lambda n: (n * abs(factor).log()).exp() - (-arb(1)).exp(), point["near_n"])
    return [variance, steps]


def without_guesses(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: point[name] for name in ("g", "epsilon", "h", "Gamma")})


CLAIM = Claim(
    statement=noise_scale.STATEMENT,
    checks=(
        Certified(
            name="certified variance and steps",
            reference=certified_noise,
            evaluate=without_guesses,
            against="the variance that a step leaves unchanged, and a root over the number of steps",
            values=("V", "n_e"),
            points=(
                {"g": "0.061", "epsilon": "0.37", "h": "1.71", "Gamma": "0.83", "near_v": "0.0433", "near_n": "0.9984"},
            ),
        ),
        Precision(
            name="all minibatches",
            reference=settled,
            points=PAIRS,
            evaluate=of_pairs,
            against="the variance that the update rule leaves unchanged, over all minibatches, and a root for n_e",
        ),
        Replicas(
            name="learning rate and batch together",
            predict=at_one_scale,
            replicas=40,
            full_replicas=60,
            quick=functools.partial(DESCENT, chains=100),
            full=functools.partial(DESCENT, chains=1500),
            axis="learning rate epsilon",
            quantity="variance of theta, number of updates",
            style="points",
            series=("stationary variance", "updates until 1/e of the start is left"),
        ),
    ),
    quantities=("V_infty", "n_e"),
    convention="L is the mean loss and a step lasts a time equal to the learning rate: g = epsilon/(2B).",
    independence="Steps on sampled minibatches; updates are counted, and no noise scale is known.",
)
