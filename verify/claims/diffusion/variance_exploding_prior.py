"""Divergence of the end of a variance-exploding process from pure noise, given the datum and for all data.

The simulation adds noise step by step, to data and to nothing, and takes log ratios; the reference integrates them.
"""

from __future__ import annotations

import dataclasses
from functools import partial

import mpmath
import numpy as np

from derivations.diffusion import variance_exploding_prior
from numerics.diffusion.likelihoods import loss_at_the_prior
from numerics.measurement import Measurement
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate


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

CLAIM = Claim(
    statement=variance_exploding_prior.STATEMENT,
    checks=(INTEGRATED, ENDS),
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
