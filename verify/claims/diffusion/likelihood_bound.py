"""Bound and likelihood of chains that learn each reverse step, and both by integration over data and ends.

The simulation learns mean and variance of every reverse step from chains and evaluates sequences of Gaussians. The
reference integrates the kernel given the end over all ends.
"""

from __future__ import annotations

from functools import partial

import mpmath
import numpy as np

from derivations.diffusion import likelihood_bound
from numerics.diffusion.likelihoods import bound_and_likelihood
from numerics.measurement import Measurement
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.diffusion import CONVENTION
from verify.compile import Candidate

CHAINS = (
    tuple(0.03 + 0.03 * k for k in range(5)),
    tuple(0.05 + 0.02 * k for k in range(8)),
    tuple(0.02 + 0.03 * k for k in range(12)),
)
MEAN, VARIANCE = 0.9, 0.3


def by_integration(dps: int, point: Point) -> list:
    """Means over the data of log density, with all densities integrated on lattices of standard deviations."""
    with mpmath.workdps(dps + 10):
        left, mean, variance = (mpmath.mpf(point[name]) for name in ("alphabar_t", "mu_0", "v_0"))
        keep, noise = mpmath.sqrt(left), 1 - left
        reach = int(mpmath.sqrt(dps * 5) + 3)
        lattice = [mpmath.mpf(k) / 2 for k in range(-2 * reach, 2 * reach + 1)]
        weights = [mpmath.npdf(z) / 2 for z in lattice]
        spread = variance * left + noise  # of the end, a sum of independent parts

        def over_end(y: mpmath.mpf) -> mpmath.mpf:
            """A standard Gaussian density over that of the end."""
            return mpmath.sqrt(spread) * mpmath.exp(((y - keep * mean) ** 2 / spread - y * y) / 2)

        def at(x: mpmath.mpf) -> mpmath.mpf:
            """Density that the reverse chain makes: the kernel given the end, over a standard Gaussian of ends."""
            data = mpmath.npdf(x, mean, mpmath.sqrt(variance))
            ends = ((keep * x + mpmath.sqrt(noise) * z, w) for z, w in zip(lattice, weights, strict=True))
            return data * mpmath.fsum(w * over_end(y) for y, w in ends)

        width = mpmath.sqrt(variance)
        places = [(mean + width * z, w) for z, w in zip(lattice, weights, strict=True)]
        entropy = mpmath.fsum(w * mpmath.log(mpmath.npdf(x, mean, width)) for x, w in places)
        ends = [(keep * mean + mpmath.sqrt(spread) * z, w) for z, w in zip(lattice, weights, strict=True)]
        lost = mpmath.fsum(w * mpmath.log(over_end(y)) for y, w in ends)
        made = [(at(x), w) for x, w in places]
        ratio = mpmath.fsum(
            w * density / mpmath.npdf(x, mean, width) for (density, w), (x, _) in zip(made, places, strict=True)
        )
        return [entropy + lost, mpmath.fsum(w * mpmath.log(density) for density, w in made), ratio]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Bound, likelihood and mean ratio, (3, chains)."""
    given = measured.given
    return candidate.numpy(alphabar_t=given["left"], mu_0=given["mean"], v_0=given["variance"])


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Three numbers of each reverse step are learned from n chains: each costs 1/(2n) nats; the mean ratio none."""
    lost = np.full(measured.values.shape, 1.5 * measured.resolution["steps"] / measured.resolution["examples"])
    lost[2] = 0
    return lost


learned = partial(bound_and_likelihood, mean=MEAN, variance=VARIANCE, chains=CHAINS)

INTEGRATED = Precision(
    name="integrals over data and ends",
    reference=by_integration,
    points=(
        {"alphabar_t": "0.37", "mu_0": "0.7", "v_0": "0.6"},
        {"alphabar_t": "0.13", "mu_0": "-1.4", "v_0": "1.8"},
    ),
    against="mean log densities, the kernel given the end integrated over all ends",
    digits=(12, 18),
)

CLAIM = Claim(
    statement=likelihood_bound.STATEMENT,
    checks=(
        INTEGRATED,
        Replicas(
            name="chains that learn each reverse step",
            predict=predicted,
            replicas=24,
            full_replicas=64,
            quick=partial(learned, examples=4000),
            full=partial(learned, examples=40_000),
            bias=bias,
            bias_note="mean and variance of each reverse step are learned from the chains of a replica",
        ),
    ),
    quantities=("K_bound", "L_model", "R_path"),
    convention=CONVENTION,
    independence="Each reverse step is fitted to chains, and a sequence of Gaussians is evaluated along fresh ones.",
    printed={
        "E22": Ordeal(
            fails=INTEGRATED,
            holds=Precision(
                name="a chain that ends in a standard Gaussian",
                reference=by_integration,
                points=({"alphabar_t": "1e-30", "mu_0": "0.7", "v_0": "0.6"},),
                against="mean log densities, the kernel given the end integrated over all ends",
                digits=(12, 18),
            ),
        )
    },
)
