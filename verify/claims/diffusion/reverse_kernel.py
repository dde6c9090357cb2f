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
from verify.compile import Candidate, numpy_function

LATTICE = np.arange(-8, 8.01, 0.25)  # of standard deviations of the noise
PLACES = np.arange(-7, 7, 0.05)


def exact_gap(dps: int, point: Point) -> float:
    """Mean divergence of the reverse kernel from its best Gaussian, over all ends of a step."""
    noise, energy = float(point["beta_t"]), numpy_function(point["E"])
    width = np.sqrt(noise / (1 - noise))
    at, around = PLACES[:, None], PLACES[:, None] + width * LATTICE
    exponent = energy(at) - energy(around) - LATTICE**2 / 2  # relative to where the step ends
    weight = np.exp(exponent)
    total = weight.sum(axis=1)
    reverse = weight / total[:, None]
    mean = reverse @ LATTICE
    variance = np.sum(reverse * (LATTICE - mean[:, None]) ** 2, axis=1)
    entropy = np.log(total * 0.25) - np.sum(reverse * exponent, axis=1)
    gaps = np.log(2 * np.pi * np.e * variance) / 2 - entropy
    ends = total * np.exp(-energy(PLACES))
    return float(ends @ gaps / ends.sum())


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
            axis="density",
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
