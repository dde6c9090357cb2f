"""Chains of noise from data on three points, against cumulants after any number of steps.

The simulation makes every step and takes the cumulants of what it finds. The reference carries raw moments from step to
step, with the binomial theorem alone.
"""

from __future__ import annotations

from functools import partial

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import Activation
from derivations.diffusion import forward_kernel
from derivations.symbols import x
from numerics.diffusion.forward import cumulants_along_a_chain
from numerics.measurement import Measurement
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.diffusion import CONVENTION
from verify.compile import Candidate, mpmath_function, numpy_function

RISING = Activation(name="rising", expression=sp.Rational(1, 50) + x / 150)
WAVY = Activation(name="wavy", expression=sp.Rational(1, 5) + sp.sin(3 * x) / 7)
SEEN = (1, 2, 4, 6, 9, 12)
NUMBERS = ("mu_0", "v_0", "kappa_3", "kappa_4")


def carried(dps: int, point: Point) -> list:
    """Mean, variance and two cumulants after the steps, from raw moments that each step mixes."""
    mean, variance, third, fourth = (mpmath.mpf(point[name]) for name in NUMBERS)
    centred = [mpmath.mpf(1), mpmath.mpf(0), variance, third, fourth + 3 * variance**2]
    raw = [mpmath.fsum(mpmath.binomial(m, j) * centred[j] * mean ** (m - j) for j in range(m + 1)) for m in range(5)]
    schedule, gaussian = mpmath_function(point["beta"]), (1, 0, 1, 0, 3)
    for number in range(1, point["n"] + 1):
        noise = schedule(mpmath.mpf(number))
        keep, add = mpmath.sqrt(1 - noise), mpmath.sqrt(noise)
        raw = [
            mpmath.fsum(
                mpmath.binomial(m, j) * keep**j * raw[j] * add ** (m - j) * gaussian[m - j] for j in range(m + 1)
            )
            for m in range(5)
        ]
    return cumulants(raw)


def cumulants(raw: list) -> list:
    """The first four cumulants of raw moments 0 to 4."""
    _, a, b, c, d = raw
    return [a, b - a**2, c - 3 * a * b + 2 * a**3, d - 4 * a * c - 3 * b**2 + 12 * a**2 * b - 6 * a**4]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Cumulants at the steps seen, (4, steps), from those of the points that the data have."""
    points, weights = (np.asarray(measured.given[name]) for name in ("points", "weights"))
    data = dict(zip(NUMBERS, cumulants([float(weights @ points**m) for m in range(5)]), strict=True))
    assert measured.axis is not None
    columns = [candidate.numpy(n=int(step), beta=RISING, **data) for step in measured.axis]
    return np.stack(columns, axis=1)


chain = partial(
    cumulants_along_a_chain,
    points=(-0.3, 0.8, 4.1),
    weights=(0.6, 0.3, 0.1),
    betas=tuple(float(v) for v in numpy_function(RISING)(np.arange(1.0, max(SEEN) + 1))),
    seen=SEEN,
)

CLAIM = Claim(
    statement=forward_kernel.STATEMENT,
    checks=(
        Precision(
            name="moments carried from step to step",
            reference=carried,
            points=(
                {"n": 3, "mu_0": "0.7", "v_0": "1.9", "kappa_3": "-0.8", "kappa_4": "1.3", "beta": WAVY},
                {"n": 7, "mu_0": "-1.3", "v_0": "0.4", "kappa_3": "1.7", "kappa_4": "-0.6", "beta": RISING},
            ),
            against="raw moments that every step mixes with those of its noise",
        ),
        Replicas(
            name="chains from three points",
            predict=predicted,
            replicas=24,
            full_replicas=48,
            quick=partial(chain, chains=16_000),
            full=partial(chain, chains=60_000),
            axis="steps n",
            quantity="cumulant",
            series=("mean", "variance", "third", "fourth"),
        ),
    ),
    quantities=("mu_n", "v_n", "kappa_3^n", "kappa_4^n"),
    convention=CONVENTION,
    independence="Noise is drawn and added step by step; cumulants are taken of what comes out.",
)
