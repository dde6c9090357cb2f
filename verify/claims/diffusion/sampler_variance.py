"""Samplers that go back from step t to step s with six shares of new noise, on narrow and on wide data.

The simulation learns denoiser, amplitudes and the spread of the posterior from chains; no alphabar enters. The
reference has the update as it is defined, with denoiser and posterior integrated by Bayes' rule.
"""

from __future__ import annotations

import dataclasses
from functools import partial

import mpmath
import numpy as np

from derivations.diffusion import sampler_variance
from numerics.diffusion.samplers import variance_after_an_update
from numerics.measurement import Measurement
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.diffusion import CONVENTION, shares
from verify.compile import Candidate
from verify.references.gaussian_bayes import moments

BETAS = tuple(0.05 + 0.02 * k for k in range(9))
ETAS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def after_an_update(dps: int, point: Point) -> mpmath.mpf:
    """Variance of the update; denoiser and posterior are integrated by Bayes' rule."""
    with mpmath.workdps(dps + 10):
        s, t, v, eta = (mpmath.mpf(point[name]) for name in ("alphabar_s", "alphabar_t", "v_0", "eta"))
        keep = mpmath.sqrt(t / s)

        def denoised(later: int) -> mpmath.mpf:
            def log_weight(x: mpmath.mpf) -> mpmath.mpf:
                return -(x**2) / (2 * v) - (later - mpmath.sqrt(t) * x) ** 2 / (2 * (1 - t))

            return moments(dps, log_weight, mpmath.mpf(0), mpmath.sqrt(v))[0]

        def log_earlier(x: mpmath.mpf) -> mpmath.mpf:
            return -(x**2) / (2 * (1 - s)) - (keep * x) ** 2 / (2 * (1 - keep**2))

        new = eta**2 * moments(dps, log_earlier, mpmath.mpf(0), mpmath.sqrt(1 - s))[1]
        datum = denoised(1) - denoised(0)
        slope = mpmath.sqrt(s) * datum
        slope += mpmath.sqrt(1 - s - new) * (1 - mpmath.sqrt(t) * datum) / mpmath.sqrt(1 - t)
        return slope**2 * (t * v + 1 - t) + new


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Variances, (variances, etas)."""
    left = shares(np.asarray(measured.given["betas"]))
    s, t = np.asarray(measured.given["pair"]).astype(int)
    variances = np.asarray(measured.given["variances"])[:, None]
    return candidate.numpy(alphabar_s=left[s], alphabar_t=left[t], v_0=variances, eta=measured.axis)


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What is learned from n chains is off by 1/n."""
    return 3 * np.abs(measured.values) / measured.resolution["chains"]


update = partial(variance_after_an_update, variances=(0.2, 2.6), betas=BETAS, pair=(2, 9))

UPDATES = Replicas(
    name="updates with a learned denoiser",
    predict=predicted,
    replicas=24,
    full_replicas=64,
    quick=partial(update, etas=ETAS, chains=8000),
    full=partial(update, etas=ETAS, chains=40_000),
    bias=bias,
    bias_note="denoiser and amplitudes are learned from the chains of a replica",
    axis="noise eta of the sampler",
    quantity="variance of the samples",
    series=("data of variance 0.2", "of variance 2.6"),
)


def at(*etas: float) -> Replicas:
    """The same at other shares of new noise."""
    return dataclasses.replace(
        UPDATES, name=f"updates at eta = {etas[0]:g}", quick=partial(update, etas=etas, chains=8000)
    )


EXACT = Precision(
    name="update by Bayes' rule",
    reference=after_an_update,
    points=(
        {"alphabar_s": "0.83", "alphabar_t": "0.21", "v_0": "0.37", "eta": "0.6"},
        {"alphabar_s": "0.61", "alphabar_t": "0.34", "v_0": "2.9", "eta": "0.3"},
        {"alphabar_s": "0.92", "alphabar_t": "0.11", "v_0": "1.6", "eta": "0.9"},
    ),
    against="the update, with denoiser and posterior integrated by Bayes' rule",
)

CLAIM = Claim(
    statement=sampler_variance.STATEMENT,
    checks=(
        EXACT,
        UPDATES,
    ),
    quantities=("V_s",),
    convention=CONVENTION,
    independence="Chains are run step by step; all that the sampler uses is learned from them by least squares.",
    printed={"U22": Ordeal(fails=EXACT, holds=at(1.0)), "U23": Ordeal(fails=UPDATES, holds=at(0.0))},
)
