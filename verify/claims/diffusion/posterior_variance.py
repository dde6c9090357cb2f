"""Earlier steps of chains from the datum and a later step, with and without skipped steps.

The simulation regresses steps of chains on each other; it has the betas of single steps only. The reference multiplies
the two forward kernels and integrates.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.diffusion import posterior_variance
from numerics.diffusion.regressions import earlier_from_later
from numerics.measurement import Measurement
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.diffusion import CONVENTION, shares
from verify.compile import Candidate
from verify.references.balls import numbers, slope
from verify.references.gaussian_bayes import moments

POINTS = (
    {"alphabar_s": "0.83", "alphabar_t": "0.21", "beta_t": "0.07"},
    {"alphabar_s": "0.61", "alphabar_t": "0.47", "beta_t": "0.13"},
)
BETAS = tuple(0.03 + 0.006 * k for k in range(16))
ONE_STEP = ((4, 5), (9, 10), (15, 16))


def by_bayes(dps: int, point: Point) -> list:
    """Change of the mean with the datum and with the later step, and the variance, from the product of two kernels."""
    with mpmath.workdps(dps + 10):
        s, t = mpmath.mpf(point["alphabar_s"]), mpmath.mpf(point["alphabar_t"])
        keep = mpmath.sqrt(t / s)

        def given(datum: int, later: int) -> tuple:
            def log_weight(x: mpmath.mpf) -> mpmath.mpf:
                first, second = x - mpmath.sqrt(s) * datum, later - keep * x
                return -(first**2) / (2 * (1 - s)) - second**2 / (2 * (1 - keep**2))

            return moments(dps, log_weight, mpmath.mpf(0), mpmath.sqrt(1 - s))

        (base, variance), (with_datum, _), (with_later, _) = given(0, 0), given(1, 0), given(0, 1)
        return [with_datum - base, with_later - base, variance]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Coefficients and variance of each pair of steps, (3, pairs)."""
    betas, pairs = (np.asarray(measured.given[name]) for name in ("betas", "pairs"))
    left, (s, t) = shares(betas), pairs.astype(int).T
    return candidate.numpy(alphabar_s=left[s], alphabar_t=left[t], beta_t=betas[t - 1])


chains = partial(earlier_from_later, points=(-0.3, 0.8, 4.1), weights=(0.6, 0.3, 0.1), betas=BETAS)

SKIPPING = Replicas(
    name="chains with and without skipped steps",
    predict=predicted,
    replicas=24,
    full_replicas=64,
    quick=partial(chains, pairs=((2, 6), (9, 10), (3, 16)), chains=4000),
    full=partial(chains, pairs=((2, 6), (9, 10), (3, 16)), chains=16_000),
)


def certified_product(bits: int, point: Point) -> list[Any]:
    """Mean and variance of the product of both kernels: its logarithm is a power series of second order."""
    earlier, later = numbers(point, "alphabar_s", "alphabar_t")
    keep = (later / earlier).sqrt()

    def logarithm(x: Any, datum: Any, seen: Any) -> Any:
        first = (x - earlier.sqrt() * datum) ** 2 / (2 * (1 - earlier))
        return -first - (seen - keep * x) ** 2 / (2 * (1 - keep**2))

    curvature = -slope(lambda x: logarithm(x, arb(0), arb(0)), arb(0), 2)

    def weight(datum: Any, seen: Any) -> Any:
        return slope(lambda x: logarithm(x, datum, seen), arb(0)) / curvature

    return [weight(arb(1), arb(0)), weight(arb(0), arb(1)), 1 / curvature]


CLAIM = Claim(
    statement=posterior_variance.STATEMENT,
    checks=(
        Certified(
            name="certified product of two kernels",
            reference=certified_product,
            against="the logarithm of the product of the two forward kernels as a power series",
            values=("c_x0", "c_xt", "sigma^2"),
            points=(
                {"alphabar_s": "0.83", "alphabar_t": "0.21", "beta_t": "0.07"},
                {"alphabar_s": "0.64", "alphabar_t": "0.57", "beta_t": "0.13"},
            ),
        ),
        Precision(
            name="product of two kernels",
            reference=by_bayes,
            points=POINTS,
            against="mean and variance of the normalized product of the two forward kernels",
        ),
        SKIPPING,
    ),
    quantities=("c_{x_0}", "c_{x_t}", r"\sigma_{st}^{2}"),
    convention=CONVENTION,
    independence="Chains are run step by step, and an earlier step is regressed on the datum and on a later one.",
    printed={
        "U21": Ordeal(
            fails=SKIPPING,
            holds=dataclasses.replace(
                SKIPPING, name="chains without skipped steps", quick=partial(chains, pairs=ONE_STEP, chains=4000)
            ),
        )
    },
)
