"""A value that random signs push about, at ever smaller steps, against the process in continuous time."""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.sgd_noise import ornstein_uhlenbeck
from numerics.measurement import Measurement
from numerics.sgd_noise.chains import random_signs
from verify.checks import Certified, FiniteSize, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import arrival, numbers, root


def power_series(start: mpmath.mpf, pull: mpmath.mpf, push: mpmath.mpf, time: mpmath.mpf) -> mpmath.mpf:
    """The solution of y' = push - pull y after a time, by its Taylor series."""
    total, order, term = start, 1, (push - pull * start) * time
    while abs(term) > mpmath.eps * abs(total):
        total, order, term = total + term, order + 1, -pull * time * term / (order + 1)
    return total


def means_in_time(dps: int, point: Point) -> list:
    """The mean square from a start at 0, and the mean product with a value that has settled, by their equations."""
    with mpmath.workdps(6 * dps):
        k, s, t = (mpmath.mpf(point[name]) for name in ("gamma", "s", "t"))
        settled = power_series(mpmath.mpf(0), 2 * k, s**2, 2 * dps / k)
        return [power_series(mpmath.mpf(0), 2 * k, s**2, t), power_series(settled, k, mpmath.mpf(0), t)]


def over_time(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula at the times."""
    return np.array(candidate.numpy(gamma=measured.given["decay"], s=measured.given["noise"], t=measured.axis))


SIGNS = functools.partial(random_signs, decay=1.2, noise=0.9, times=(0.25, 0.5, 1.0, 1.5))


def certified_flow(bits: int, point: Point) -> list[Any]:
    """Variance from rest and covariance from the stationary variance, after a certified time."""
    rate, noise, time = numbers(point, "gamma", "s", "t")
    settled = root(lambda v: noise**2 - 2 * rate * v, point["near_end"])
    variance = arrival(lambda v: noise**2 - 2 * rate * v, arb(0), time, point["near_v"])
    return [variance, arrival(lambda c: -rate * c, settled, time, point["near_c"])]


def without_guesses(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: point[name] for name in ("gamma", "s", "t")})


CLAIM = Claim(
    statement=ornstein_uhlenbeck.STATEMENT,
    checks=(
        Certified(
            name="certified moments in time",
            reference=certified_flow,
            evaluate=without_guesses,
            against="integrals of one over the rates of the second moments",
            values=("V", "C"),
            points=(
                {
                    "gamma": "1.3",
                    "s": "0.7",
                    "t": "0.41",
                    "near_end": "0.1885",
                    "near_v": "0.1236",
                    "near_c": "0.1106",
                },
            ),
        ),
        Precision(
            name="means in time",
            reference=means_in_time,
            points=({"gamma": "1.3", "s": "0.7", "t": "0.41"}, {"gamma": "0.6", "s": "1.9", "t": "1.7"}),
            against="power series in time of the mean square and of the mean product",
        ),
        FiniteSize(
            name="random signs",
            predict=over_time,
            sizes=((8, 56), (12, 56), (36, 48), (80, 56)),
            full_sizes=((8, 120), (12, 120), (36, 100), (80, 120)),
            terms=2,  # with one, the first variance is off by a standard error
            quick=functools.partial(SIGNS, chains=1700),
            full=functools.partial(SIGNS, chains=8000),
            axis="time t",
            quantity="variance and covariance of x",
            series=("variance since the start", "covariance over that time"),
            size_name="steps per unit of time",
        ),
    ),
    quantities=("V_t", "C_t"),
    convention="dx = -gamma x dt + s dW; the diffusion constant is s^2/2.",
    independence="Random signs at small steps: no Gaussian number, no exponential and no integral.",
)
