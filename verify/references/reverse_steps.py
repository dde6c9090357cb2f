"""The exact reverse of one step of diffusion for any density, and what its best Gaussian misses."""

from __future__ import annotations

import math

import numpy as np

from derivations.activations import Activation
from verify.checks.precision import Point
from verify.compile import numpy_function

LATTICE = np.arange(-8, 8.01, 0.25)  # of standard deviations of the noise, around where a step ends
PLACES = np.arange(-7, 7, 0.05)  # where it ends


def gap_of(energy: Activation, noise: float) -> float:
    """Mean divergence of the reverse kernel from its best Gaussian, over all ends of a step, in nats.

    energy  minus the log density before the step, up to a constant
    noise   variance that the step adds
    """
    function = numpy_function(energy)
    width = np.sqrt(noise / (1 - noise))
    at, around = PLACES[:, None], PLACES[:, None] + width * LATTICE
    exponent = function(at) - function(around) - LATTICE**2 / 2  # relative to where the step ends
    weight = np.exp(exponent)
    total = weight.sum(axis=1)
    reverse = weight / total[:, None]
    mean = reverse @ LATTICE
    variance = np.sum(reverse * (LATTICE - mean[:, None]) ** 2, axis=1)
    entropy = np.log(total * 0.25) - np.sum(reverse * exponent, axis=1)
    gaps = np.log(2 * np.pi * math.e * variance) / 2 - entropy
    ends = total * np.exp(-function(PLACES))
    return float(ends @ gaps / ends.sum())


def exact_gap(dps: int, point: Point) -> float:
    """The same at a point with the energy E and the step beta_t."""
    return gap_of(point["E"], float(point["beta_t"]))
