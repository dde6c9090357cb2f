"""Chains that keep a part of themselves, from overshooting to slow, with noise that is not Gaussian."""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.sgd_noise import discrete_chain
from numerics.measurement import Measurement
from numerics.sgd_noise.chains import autoregression
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import numbers, root


def summed(dps: int, point: Point) -> list:
    """What n steps and what all steps add up to: each noise is multiplied by the part that later steps keep."""
    part, noise = mpmath.mpf(point["l_1"]), mpmath.mpf(point["s"])
    enough = int(3 * dps / -mpmath.log(abs(part)))  # what is left out is below 10^(-2 dps)
    return [mpmath.fsum((part**k * noise) ** 2 for k in range(count)) for count in (point["n"], enough)]


def of_chain(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula for each part that is kept."""
    return np.array(candidate.numpy(l_1=measured.axis, s=measured.given["noise"], n=measured.given["steps"]))


CHAINS = functools.partial(autoregression, kept=(-0.6, 0.3, 0.6, 0.85), noise=1.3, steps=3)


def certified_sums(bits: int, point: Point) -> list[Any]:
    """What n steps leave of their noise, added up, and the variance that a step leaves unchanged."""
    factor, noise = numbers(point, "l_1", "s")
    after = arb(0)
    for _ in range(point["n"]):
        after = factor**2 * after + noise**2
    return [after, root(lambda v: factor**2 * v + noise**2 - v, point["near"])]


def without_guess(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, l_1=point["l_1"], s=point["s"], n=point["n"])


CLAIM = Claim(
    statement=discrete_chain.STATEMENT,
    checks=(
        Certified(
            name="certified steps",
            reference=certified_sums,
            evaluate=without_guess,
            against="steps taken one by one, and the variance that a step leaves unchanged",
            values=("V_n", "V"),
            points=(
                {"l_1": "0.71", "s": "1.3", "n": 5, "near": "3.4"},
                {"l_1": "-0.43", "s": "0.6", "n": 4, "near": "0.44"},
            ),
        ),
        Precision(
            name="sum over the noise",
            reference=summed,
            points=(
                {"l_1": "0.71", "s": "1.3", "n": 5},
                {"l_1": "-0.43", "s": "0.7", "n": 4},
                {"l_1": "0.16", "s": "2.6", "n": 3},
            ),
            against="the sum of the squares of what each noise has become",
        ),
        Replicas(
            name="lopsided noise",
            predict=of_chain,
            replicas=40,
            full_replicas=60,
            quick=functools.partial(CHAINS, chains=700),
            full=functools.partial(CHAINS, chains=3000),
            axis="part l_1 that a step keeps",
            quantity="variance of x",
            series=("after three steps", "stationary"),
        ),
    ),
    quantities=("V_n", "V_infty"),
    convention="Time is counted in steps; s^2 is the variance that one step adds.",
    independence="The simulation multiplies and adds; its noise is exponential less its mean, not Gaussian.",
)
