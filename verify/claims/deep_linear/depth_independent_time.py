"""Updates that growing networks need, at the reciprocal of the curvature that was measured on them.

The formula is a limit, so both references go there: quadrature of curvature over rate at depths up to 2048, and whole
networks of up to 128 matrices that follow their gradient, their curvature taken from the Hessian of all weights. How
fast the limit is approached is measured with the gap itself, at depths of four decades.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import depth_independent_time, depth_n_mode, stable_learning_rate
from numerics.deep_linear.paced_learning import paced_times
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, candidate
from verify.references.balls import (
    numbers,
    travel,
)
from verify.references.quadrature import quadrature

paced = partial(
    paced_times,
    singular_values=(2.3, 1.3),
    initial=(0.31, 0.37),
    levels=tuple(np.arange(0.45, 1.01, 0.05)),
)


def updates_at_depth(dps: int, point: Point) -> Any:
    """Updates in a network of N_l layers: curvature at the minimum times the integral of 1 / rate, by quadrature."""
    rate, layers = candidate(depth_n_mode.STATEMENT), point["N_l"]
    curvature = candidate(stable_learning_rate.STATEMENT).mpmath(dps, N_l=layers, s=point["s"])[0]

    def updates(logarithm: Any) -> Any:  # dt / d ln a
        a = mpmath.exp(logarithm)
        return curvature * a / rate.mpmath(dps, N_l=layers, a=a, s=point["s"], tau=1)

    return quadrature(updates, [mpmath.log(mpmath.mpf(point[end])) for end in ("a_0", "a_f")])


def updates_at_growing_depth(dps: int, point: Point) -> Any:
    """The same at N_l = 32, 64, ..., extrapolated to infinity in powers of 1 / N_l."""
    table = [updates_at_depth(dps, {**point, "N_l": 32 * 2**k}) for k in range(7)]
    power = 1
    while len(table) > 1:
        table = [(2**power * b - a) / (2**power - 1) for a, b in itertools.pairwise(table)]
        power += 1
    return table[0]


def predicted_paced_times(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Updates from the initial strengths to the final ones; the steepest mode sets the learning rate of all."""
    s, start = (np.asarray(measured.given[name])[:, None] for name in ("singular_value", "initial"))
    return formula.numpy(s=s, a_0=start, a_f=measured.axis) * (measured.given["steepest"] / s) ** 2


def certified_updates(bits: int, point: Point) -> Any:
    """Curvature s^2 per layer times the integral of one over the rate a^2 (s - a) of the limit."""
    s, start, end = numbers(point, "s", "a_0", "a_f")
    return s**2 * travel(lambda a: a * a * (s - a), start, end)


CLAIM = Claim(
    statement=depth_independent_time.STATEMENT,
    checks=(
        Certified(
            name="certified number of updates at infinite depth",
            reference=certified_updates,
            against="the integral of one over the limit of the rate, times the curvature",
            values=("n",),
            points=({"s": "0.7", "a_0": "2.3", "a_f": "0.9"}, {"s": "1.7", "a_0": "0.13", "a_f": "0.62"}),
        ),
        Precision(
            name="growing depth",
            reference=updates_at_growing_depth,
            parameters=depth_independent_time.STATEMENT.parameters,
            count=3,
            points=({"s": "0.7", "a_0": "2.3", "a_f": "0.9"},),  # from above the singular value
            digits=(16, 26),
            same_law=True,
            against="curvature times integrated rate at depths up to 2048, extrapolated in powers of 1 / N_l",
        ),
        Rate(
            name="approach to infinite depth",
            exact=lambda dps, point: updates_at_depth(dps, {**point, "N_l": int(point["N_l"])}),
            digits=20,
            points=({"s": "1.7", "a_0": "0.13", "a_f": "0.62"},),
            values=("30", "300", "3000", "30000"),
            against="curvature times integrated rate at these depths",
        ),
        Ladder(
            name="growing networks at their pace",
            predict=predicted_paced_times,
            steps=tuple(1 / d for d in (8, 16, 32, 64, 128)),
            full_steps=tuple(1 / d for d in (16, 32, 64, 128, 256)),
            quick=partial(paced, widths=(4, 3, 5, 4, 3), courant=0.08, examples=9),
            full=partial(paced, widths=(20, 15, 25, 20, 12), courant=0.03, examples=60),
            axis="final mode strength a_f",
            quantity="number of updates",
            series=("s = 2.3", "s = 1.3"),
        ),
    ),
    quantities=("Limit(n(N_l), N_l, oo, dir='-')",),
    convention="Time is counted in updates at the reciprocal of the largest curvature at the minimum, without "
    "their discreteness; the ladder's step is 1 / (N_l - 1).",
    independence="The curvature is measured on the Hessian of all weights, the time on Runge-Kutta steps along the "
    "gradient of the loss.",
)
