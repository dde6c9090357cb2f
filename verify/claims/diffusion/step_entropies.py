"""Entropies of single steps of chains, for data narrower and wider than the noise.

The simulation takes the variance that least squares leave of a step, given the step after it, with and without the
datum. The reference integrates by Bayes' rule.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.diffusion import step_entropies
from numerics.diffusion.regressions import entropies_of_a_step
from numerics.measurement import Measurement
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.diffusion import CONVENTION, shares
from verify.compile import Candidate
from verify.references.balls import average, numbers
from verify.references.gaussian_bayes import moments

BETAS = (0.05, 0.09, 0.16, 0.21)


def by_bayes(dps: int, point: Point) -> list:
    """Entropies of Gaussians with the variances that Bayes' rule leaves, given a later step at 0 and a datum at 0."""
    with mpmath.workdps(dps + 10):
        s, noise, v = (mpmath.mpf(point[name]) for name in ("alphabar_s", "beta_t", "v_0"))

        def left(before: mpmath.mpf) -> mpmath.mpf:
            def log_weight(x: mpmath.mpf) -> mpmath.mpf:
                return -(x**2) / (2 * before) - (1 - noise) * x**2 / (2 * noise)

            return moments(dps, log_weight, mpmath.mpf(0), mpmath.sqrt(noise))[1]

        variances = (left(1 - s), left(s * v + 1 - s), noise)
        return [mpmath.log(2 * mpmath.pi * mpmath.e * w) / 2 for w in variances]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Entropies, (3, variances)."""
    betas, step = np.asarray(measured.given["betas"]), int(measured.given["step"])
    return candidate.numpy(alphabar_s=shares(betas)[step], beta_t=betas[step], v_0=measured.given["variances"])


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The logarithm of a variance over n chains is off by 1/n."""
    return np.full(measured.values.shape, 2 / measured.resolution["chains"])


entropies = partial(entropies_of_a_step, betas=BETAS, step=2)

CHAINS = Replicas(
    name="narrow and wide data",
    predict=predicted,
    replicas=24,
    full_replicas=64,
    quick=partial(entropies, variances=(0.15, 0.6, 4.0), chains=8000),
    full=partial(entropies, variances=(0.15, 0.6, 4.0), chains=40_000),
    bias=bias,
    bias_note="logarithms of variances over the chains of a replica",
)


def with_variance(name: str, variance: float) -> Replicas:
    """The same for one other variance of the data."""
    return dataclasses.replace(CHAINS, name=name, quick=partial(entropies, variances=(variance,), chains=8000))


def certified_entropies(bits: int, point: Point) -> list[Any]:
    """Entropies of a step back given the datum and without it, and of a step forward, as integrals of -p ln p.

    Variances come from precisions that add up: that of what is known before the step and that of the step.
    """
    share, noise, datum = numbers(point, "alphabar_s", "beta_t", "v_0")
    step = (1 - noise) / noise
    known, unknown = (1 / (1 / prior + step) for prior in (1 - share, 1 - share + share * datum))

    def entropy(variance: Any) -> Any:
        return average(lambda z: z * z / 2, (1, 2, 0), even=True) + (2 * flint.arb.pi() * variance).log() / 2

    return [entropy(variance) for variance in (known, unknown, noise)]


CLAIM = Claim(
    statement=step_entropies.STATEMENT,
    checks=(
        Certified(
            name="certified entropies",
            reference=certified_entropies,
            against="integrals of -p ln p, with variances from sums of precisions",
            values=("H_low", "H_step", "H_up"),
            points=(
                {"alphabar_s": "0.83", "beta_t": "0.07", "v_0": "0.37"},
                {"alphabar_s": "0.31", "beta_t": "0.23", "v_0": "2.6"},
            ),
        ),
        Precision(
            name="variances by Bayes' rule",
            reference=by_bayes,
            points=(
                {"alphabar_s": "0.83", "beta_t": "0.07", "v_0": "0.37"},
                {"alphabar_s": "0.61", "beta_t": "0.23", "v_0": "2.7"},
            ),
            against="entropies of the variances that the kernels leave, integrated by Bayes' rule",
        ),
        CHAINS,
    ),
    quantities=("H_low", "H_step", "H_up"),
    convention=CONVENTION,
    independence="Chains are run step by step; entropies are those of the variances that least squares leave.",
    printed={
        "U27": Ordeal(fails=CHAINS, holds=with_variance("data of variance 1", 1.0)),
        "U28": Ordeal(fails=CHAINS, holds=with_variance("data that hardly vary", 1e-6)),
    },
)
