"""An unknown half filled in by tilted kernels and by replacement, with more and more steps.

The simulation conditions covariances of neighbouring steps; the reference carries mean and variance through the same
steps exactly.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from derivations.diffusion import inpainting
from numerics.diffusion.inpainting import filled_in
from numerics.measurement import Measurement
from verify.checks import FiniteSize, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.diffusion import CONVENTION
from verify.compile import Candidate

DURATION = 34.0  # minus the logarithm of what the chain leaves of the variance of the data


def step_by_step(dps: int, point: Point) -> list:
    """Mean and variance tilted and replaced, after all n steps of a chain back."""
    rho, known, n = (float(point[name]) for name in ("rho", "y_0", "n"))
    keep, mean, variance = math.exp(-DURATION / (2 * n)), 0.0, 1.0
    tilted_mean, tilted = mean, variance
    for number in range(round(n), 0, -1):
        earlier, later = (math.exp(-DURATION * k / n) for k in (number - 1, number))
        c, before = rho * later, rho * earlier
        # the unknown half before the step, given both halves after it: covariances keep, keep before
        slope, other = keep * (1 - before * c) / (1 - c**2), keep * (before - c) / (1 - c**2)
        left = 1 - slope * keep - other * keep * before
        mean = slope * mean + other * math.sqrt(later) * known
        variance = slope**2 * variance + other**2 * (1 - later) + left
        # given its own later value and the known datum: covariances keep, rho sqrt(earlier)
        r, s = rho * math.sqrt(later), rho * math.sqrt(earlier)
        slope, other = (keep - s * r) / (1 - r**2), (s - keep * r) / (1 - r**2)
        tilted_mean = slope * tilted_mean + other * known
        tilted = slope**2 * tilted + 1 - slope * keep - other * s
    return [tilted_mean, tilted, mean, variance]


def stated(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula at a point."""
    return candidate.mpmath(dps, **point)


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """All four moments."""
    found = candidate.numpy(rho=measured.given["correlation"], y_0=measured.given["known"], n=1.0)
    return np.asarray(found).reshape(-1)


filling = partial(filled_in, correlation=0.8, known=1.3, duration=8.0)

CLAIM = Claim(
    statement=inpainting.STATEMENT,
    checks=(
        Rate(
            name="moments carried through more and more steps",
            exact=step_by_step,
            evaluate=stated,
            points=({"rho": "0.8", "y_0": "1.3"}, {"rho": "0.45", "y_0": "-0.7"}),
            values=("300", "900", "2700", "8100"),
            digits=16,
            against="mean and variance carried through every step of the chain",
        ),
        FiniteSize(
            name="samples filled in",
            predict=predicted,
            sizes=((30, 24), (60, 24), (120, 24), (240, 24)),  # of 20 steps the third power shows in a thousand seeds
            full_sizes=((60, 48), (120, 48), (240, 48), (480, 48)),
            terms=2,
            quick=partial(filling, samples=2400),
            full=partial(filling, samples=8000),
            size_name="steps",
            axis="number of the moment: mean, variance; tilted 1, 2, replaced 3, 4",
            quantity="moments of what is filled in",
            series=("extrapolated to many steps",),
            style="stem",
        ),
    ),
    quantities=("m_tilt", "V_tilt", "m_rep", "V_rep"),
    convention=CONVENTION,
    independence="Samples go back through the steps; each kernel conditions a covariance of neighbouring steps.",
)
