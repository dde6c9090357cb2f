"""Chains whose signal falls like a cosine, and products of clipped betas at high precision.

The simulation regresses every step on the datum; the reference makes the betas from ratios of squared cosines, clips
them, and multiplies.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb

from derivations.diffusion import cosine_schedule
from numerics.diffusion.regressions import signal_and_noise_by_angle
from numerics.measurement import Measurement
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.diffusion import CONVENTION
from verify.compile import Candidate
from verify.references.balls import numbers


def multiplied(dps: int, point: Point) -> list:
    """Logarithm of alphabar / (1 - alphabar) after step i and after the last, from the product of the clipped betas."""
    with mpmath.workdps(dps + 10):
        s, largest, n = mpmath.mpf(point["s"]), mpmath.mpf(point["beta_max"]), point["n"]
        squares = [mpmath.cos((mpmath.mpf(k) / n + s) / (1 + s) * mpmath.pi / 2) ** 2 for k in range(n + 1)]
        share, found = mpmath.mpf(1), []
        for k in range(1, n + 1):
            share *= 1 - min(1 - squares[k] / squares[k - 1], largest)
            found.append(mpmath.log(share / (1 - share)))
        return [found[point["i"] - 1], found[-1]]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The logarithm at every step seen; the last of these is the last step."""
    assert measured.axis is not None
    steps, given = measured.axis, measured.given
    found = candidate.numpy(i=steps[:-1], n=given["steps"], s=given["offset"], beta_max=given["largest"])
    return np.append(found[0], found[1][0])


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Logarithms of means over n chains: off by 1/n for the noise, by noise over signal and n for the slope.

    Noise per signal is that of a step with data of variance amplitude^2: exp(-lambda_i) / amplitude^2 as measured,
    which grows like 1/alphabar_i. Fourth cumulants, of higher order in 1/n, have as much room again.
    """
    amplitude, chains = float(measured.given["amplitude"]), measured.resolution["chains"]
    return 2 * (1 + np.exp(-measured.values) / amplitude**2) / chains


angle = partial(
    signal_and_noise_by_angle,
    offset=0.03,
    steps=18,
    largest=0.96,
    seen=(1, 2, 4, 7, 10, 13, 16, 17, 18),
    amplitude=60.0,
)


def certified_schedule(bits: int, point: Point) -> list[Any]:
    """Log ratios of signal to noise after i and after all n steps, from the product of clipped betas."""
    offset, largest = numbers(point, "s", "beta_max")
    count = point["n"]

    def share(k: int) -> Any:
        return (flint.arb.pi() / 2 * (arb(k) / count + offset) / (1 + offset)).cos() ** 2

    kept, found = arb(1), []
    for k in range(1, count + 1):
        kept *= 1 - largest.min(1 - share(k) / share(k - 1))
        if k in (point["i"], count):
            found.append((kept / (1 - kept)).log())
    return found


CLAIM = Claim(
    statement=cosine_schedule.STATEMENT,
    checks=(
        Certified(
            name="certified product of betas",
            reference=certified_schedule,
            against="the product of betas that are ratios of squared cosines, clipped",
            values=("lambda_i", "lambda_n"),
            points=(
                {"i": 7, "n": 25, "s": "0.008", "beta_max": "0.999"},
                {"i": 19, "n": 40, "s": "0.03", "beta_max": "0.9"},
            ),
        ),
        Precision(
            name="product of clipped betas",
            reference=multiplied,
            points=(
                {"i": 7, "n": 25, "s": "0.008", "beta_max": "0.999"},
                {"i": 4, "n": 5, "s": "0.06", "beta_max": "0.93"},
                {"i": 1, "n": 40, "s": "0.011", "beta_max": "0.97"},
            ),
            against="the product of betas that are ratios of squared cosines, clipped",
        ),
        Replicas(
            name="signal and noise of chains",
            predict=predicted,
            replicas=24,
            full_replicas=64,
            quick=partial(angle, chains=3000),
            full=partial(angle, chains=30_000),
            bias=bias,
            bias_note="logarithms of means over the chains of a replica",
            axis="step i",
            quantity="logarithm of signal over noise (nats)",
        ),
    ),
    quantities=("lambda_i", "lambda_n"),
    convention=CONVENTION + " The signal-to-noise ratio is one of variances.",
    independence="Chains are run step by step, and each step is regressed on the datum.",
)
