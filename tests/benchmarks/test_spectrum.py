"""Spectra of deep Jacobians in units of one pass of a complex exponential over as many points."""

from __future__ import annotations

import time

import numpy as np
import pytest

from derivations.activations import ACTIVATIONS
from numerics.solvers.spectrum import Spectrum
from numerics.solvers.spectrum_explicit import bernoulli_gaussian, bernoulli_orthogonal, linear_gaussian
from numerics.solvers.spectrum_smooth import spectrum
from verify.compile.slopes import slopes_of

POINTS, DEPTHS = 1000, (2, 32, 1000)
PASS = 1j * np.linspace(-3, 3, POINTS)
EXPLICIT = {
    "linear, Gaussian": linear_gaussian,
    "relu, orthogonal": lambda depth: bernoulli_orthogonal(depth, 0.5),
    "relu, Gaussian": lambda depth: bernoulli_gaussian(depth, 0.5),
}
LENGTHS = {"tanh": 0.512, "erf": 0.3}


def solved(name: str, depth: int) -> Spectrum:
    law = slopes_of(ACTIVATIONS[name], LENGTHS[name])
    return spectrum(name, law, depth, 1 / law.mean, "orthogonal")


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("law", [*EXPLICIT, *LENGTHS])
def test_density_of_a_law(ratio, law, depth):
    """1000 points of the density of a law at hand, against passes of an exponential: at most 6, tanh and erf 50."""
    found = EXPLICIT[law](depth) if law in EXPLICIT else solved(law, depth)
    ratio(
        lambda: [found.curve(POINTS) for _ in range(20)],
        lambda: [np.exp(PASS) for _ in range(20)],
        time.thread_time,
        goal=1 / 6 if law in EXPLICIT else 1 / 50,
    )


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("law", [*EXPLICIT, *LENGTHS])
def test_law(ratio, law, depth):
    """The law itself, with its mass and mean checked: what is paid once."""
    ratio(
        lambda: EXPLICIT[law](depth) if law in EXPLICIT else solved(law, depth),
        lambda: np.exp(PASS),
        time.thread_time,
    )
