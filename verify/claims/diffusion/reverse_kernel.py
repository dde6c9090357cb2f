"""What the best Gaussian misses of the reverse of one step, for a double well and an uneven bowl.

The experiment has densities on a grid and Bayes' rule; the reference has the exact reverse kernel on a lattice around
each end of a step, and no grid of the experiment's.
"""

from __future__ import annotations

from functools import partial

import mpmath
import numpy as np

from derivations.diffusion import reverse_kernel
from numerics.diffusion.grids import gap_of_one_step
from numerics.measurement import Measurement
from verify.checks import Ladder, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.diffusion import CONVENTION, ENERGIES, FULL_STEPS, LOG_DENSITIES, STEPS
from verify.compile import Candidate
from verify.references.reverse_steps import exact_gap


def stated(candidate: Candidate, dps: int, point: Point) -> mpmath.mpf:
    """The formula at a point."""
    return mpmath.mpf(float(candidate.numpy(**{k: float(v) if isinstance(v, str) else v for k, v in point.items()})))


def over_the_cube(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula over the cube of the step, for each density."""
    beta = float(measured.given["beta"])
    return np.array([candidate.numpy(beta_t=beta, E=energy) for energy in ENERGIES]) / beta**3


one_step = partial(
    gap_of_one_step,
    log_densities=LOG_DENSITIES,
    reach=9.0,
)

CLAIM = Claim(
    statement=reverse_kernel.STATEMENT,
    checks=(
        Ladder(
            name="densities on a grid",
            predict=over_the_cube,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=one_step,
            axis="number of the density",
            quantity="divergence over the cube of the step",
        ),
        Rate(
            name="smaller and smaller steps",
            exact=exact_gap,
            evaluate=stated,
            points=tuple({"E": energy} for energy in ENERGIES),
            values=("0.03", "0.01", "0.003", "0.001"),
            digits=16,
            against="the divergence of the exact reverse kernel from its best Gaussian, on a lattice",
        ),
    ),
    quantities=("D_KL",),
    convention=CONVENTION,
    independence="Densities on a grid go through one step and Bayes' rule; nothing is expanded in the step.",
)
