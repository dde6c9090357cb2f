"""What a Gaussian reverse chain misses of data in two clusters, summed over a chain on a grid.

The experiment carries the density from step to step and inverts every step by Bayes' rule.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
import sympy as sp
from flint import arb

from derivations.activations import Activation
from derivations.diffusion import universality_of_diffusion
from derivations.symbols import x
from numerics.diffusion.grids import gap_of_chains
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.diffusion import CONVENTION
from verify.compile import Candidate, numpy_function
from verify.references.balls import numbers, spread
from verify.references.reverse_steps import gap_of

LEGENDRE = np.polynomial.legendre.leggauss(4)  # over the duration of a chain
NODES, WEIGHTS = (1 + LEGENDRE[0]) / 2, LEGENDRE[1] / 2
CLUSTERS = (("1.3", "0.4"), ("0.9", "0.6"))


def two_clusters(half: str, width: str) -> Activation:
    """Log density of two Gaussian clusters, up to a constant."""
    m, v = sp.Rational(half), sp.Rational(width)
    density = sum(sp.exp(-((x - sign * m) ** 2) / (2 * v)) for sign in (1, -1))
    return Activation(name=f"clusters at {half} of variance {width}", expression=sp.log(density))


def per_duration(dps: int, point: Point) -> float:
    """What one step misses over the variance that it adds, from its exact reverse kernel."""
    density = two_clusters(point["m_c"], point["v_c"])
    energy = Activation(name="energy", expression=-density.expression)
    noise = float(point["beta_t"])
    return gap_of(energy, noise) / noise


def stated(candidate: Candidate, dps: int, point: Point) -> mpmath.mpf:
    """The formula at a point."""
    return mpmath.mpf(float(candidate.numpy(**{name: float(value) for name, value in point.items()})))


def over_the_square(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula over the square of the step, added up along the chain, (clusters, durations)."""
    beta, rows = float(measured.given["beta"]), []
    assert measured.axis is not None
    so_far = measured.axis[:, None] * NODES  # duration
    for half, width in CLUSTERS:
        place = float(half) * np.exp(-so_far / 2)
        spread = 1 - np.exp(-so_far) * (1 - float(width))
        rows.append(measured.axis * (candidate.numpy(beta_t=beta, m_c=place, v_c=spread) @ WEIGHTS))
    return np.stack(rows) / beta**2


def certified_average(bits: int, point: Point) -> Any:
    """The rate with its average as an integral over the field, panel by panel."""
    noise, mean, spread_of = numbers(point, "beta_t", "m_c", "v_c")
    a = mean**2 / spread_of
    norm = (2 * flint.arb.pi() * a).sqrt()

    def weighted(y: Any) -> Any:
        return y.tanh() * y.sech() ** 4 * (-((y - a) ** 2) / (2 * a)).exp() / norm

    found = spread(
        weighted,
        lambda end: 4 * (-4 * abs(end)).exp() / norm,
        [arb(-25), arb(-6), arb(-2), arb(0), arb(2), arb(6), arb(25)],
    )
    return a**3 * noise**2 / (3 * spread_of**3) * found


CLAIM = Claim(
    statement=universality_of_diffusion.STATEMENT,
    checks=(
        Certified(
            name="certified average over the field",
            reference=certified_average,
            against="the integral over the field, panel by panel",
            values=("rate",),
            points=({"beta_t": "0.03", "m_c": "1.1", "v_c": "0.4"},),
        ),
        Ladder(
            name="chains on a grid",
            predict=over_the_square,
            steps=(0.05, 0.025, 0.0125, 0.00625),
            full_steps=(0.025, 0.0125, 0.00625, 0.003125),
            quick=partial(
                gap_of_chains,
                log_densities=tuple(numpy_function(two_clusters(*pair)) for pair in CLUSTERS),
                durations=(0.1, 0.2, 0.4),
                reach=7.0,
            ),
            axis="duration (unit of t)",
            quantity="divergence over the square of beta_t",
            series=tuple(f"clusters at {m}, variance {v}" for m, v in CLUSTERS),
        ),
        Rate(
            name="smaller and smaller steps",
            exact=per_duration,
            evaluate=stated,
            points=({"m_c": "1.1", "v_c": "0.4"}, {"m_c": "0.8", "v_c": "0.7"}),
            values=("0.03", "0.01", "0.003", "0.001"),
            digits=16,
            against="what the exact reverse kernel of a step misses, on a lattice",
        ),
    ),
    quantities=("Derivative(K_gap(tau_n), tau_n)",),
    convention=CONVENTION,
    independence="Densities on a grid go through a chain, and Bayes' rule inverts each step; nothing is expanded.",
)
