"""Divergence of the end of a variance-exploding process from pure noise, given the datum and for all data.

The simulation adds noise step by step, to data and to nothing, and takes log ratios; the reference integrates them.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.diffusion import variance_exploding_prior
from numerics.diffusion.likelihoods import loss_at_the_prior
from numerics.measurement import Measurement
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate
from verify.references.balls import average, numbers


def integrated(dps: int, point: Point) -> list:
    """Mean log ratios of densities at the end, on lattices of the datum and of the noise."""
    with mpmath.workdps(dps + 10):
        mean, variance, largest = (mpmath.mpf(point[name]) for name in ("mu_0", "v_0", "sigma_max"))
        reach = int(mpmath.sqrt(dps * 5) + 3)
        lattice = [(mpmath.mpf(k) / 2, mpmath.npdf(mpmath.mpf(k) / 2) / 2) for k in range(-2 * reach, 2 * reach + 1)]

        def log_ratio(x: mpmath.mpf, center: mpmath.mpf, width: mpmath.mpf) -> mpmath.mpf:
            prior = -(x**2) / (2 * largest**2) - mpmath.log(largest)
            return -((x - center) ** 2) / (2 * width**2) - mpmath.log(width) - prior

        data = [(mean + mpmath.sqrt(variance) * z, w) for z, w in lattice]
        given = mpmath.fsum(w * v * log_ratio(x + largest * z, x, largest) for x, w in data for z, v in lattice)
        width = mpmath.sqrt(variance + largest**2)
        return [given, mpmath.fsum(w * log_ratio(mean + width * z, mean, width) for z, w in lattice)]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Both divergences, (2, largest)."""
    given = measured.given
    return candidate.numpy(mu_0=given["mean"], v_0=given["variance"], sigma_max=given["largest"])


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Gaussians fitted to n chains are off by 1/n."""
    return np.full(measured.values.shape, 4 / measured.resolution["examples"])


prior = partial(loss_at_the_prior, mean=-0.9, variance=1.7, steps=6)

ENDS = Replicas(
    name="ends of noise added step by step",
    predict=predicted,
    replicas=24,
    full_replicas=64,
    quick=partial(prior, largest=(1.4, 2.2, 3.1), examples=14_000),
    full=partial(prior, largest=(1.4, 2.2, 3.1), examples=60_000),
    bias=bias,
    bias_note="Gaussians are fitted to the ends",
)

INTEGRATED = Precision(
    name="log ratios integrated",
    reference=integrated,
    points=({"mu_0": "0.7", "v_0": "1.9", "sigma_max": "2.3"}, {"mu_0": "-1.3", "v_0": "0.6", "sigma_max": "3.7"}),
    against="mean log ratios of the densities at the end, integrated over datum and noise",
    digits=(12, 18),
)


def certified_divergences(bits: int, point: Point) -> list[Any]:
    """Mean log ratios of the densities at the end, given the datum and over all data, as Gaussian averages."""
    mean, variance, noise = numbers(point, "mu_0", "v_0", "sigma_max")
    size, total = variance.sqrt(), variance + noise**2
    bound = (4 * (1 + mean**2 + total) * (1 + 1 / noise**2) + abs((total / noise**2).log())).upper()
    given = average(lambda z: (mean + size * z) ** 2 / (2 * noise**2), (bound, 2, 0))
    wide = total.sqrt()
    end = average(lambda z: ((mean + wide * z) ** 2 / noise**2 - z * z - (total / noise**2).log()) / 2, (bound, 2, 0))
    return [given, end]


CLAIM = Claim(
    statement=variance_exploding_prior.STATEMENT,
    checks=(
        Certified(
            name="certified log ratios",
            reference=certified_divergences,
            against="Gaussian averages of log ratios",
            values=("D given", "D end"),
            points=(
                {"mu_0": "0.7", "v_0": "1.9", "sigma_max": "2.3"},
                {"mu_0": "-1.3", "v_0": "0.37", "sigma_max": "0.8"},
            ),
        ),
        INTEGRATED,
        ENDS,
    ),
    quantities=("D_given", "D_end"),
    convention="x_T = x_0 + sigma_max epsilon; nats per dimension.",
    independence="Noise is added step by step, to data and to nothing; log ratios are averaged over what comes out.",
    printed={
        "U31": Ordeal(
            fails=ENDS,
            holds=dataclasses.replace(
                ENDS, name="noise of variance 1", quick=partial(prior, largest=(1.0,), examples=14_000)
            ),
        )
    },
)
