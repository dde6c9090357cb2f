"""N_l t / tau of ever deeper networks, extrapolated, against the stated limit.

The references are quadrature of the rate at depths up to 2048, and whole networks of 8 to 128 matrices that follow
Runge-Kutta steps along their gradient until a mode passes each strength. How fast the limit is approached is measured
with the gap itself, at depths of four decades.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import depth_n_mode, infinite_depth_time
from numerics.deep_linear.depth_scaling import depth_scaled_times
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, candidate
from verify.references.balls import (
    numbers,
    travel,
)
from verify.references.layers_in_motion import columns
from verify.references.quadrature import quadrature

growing = partial(
    depth_scaled_times,
    singular_values=(2.3, 1.3),
    initial=(0.13, 0.21),
    levels=tuple(np.arange(0.3, 1.01, 0.1)),
)


def time_at_depth(dps: int, point: Point) -> Any:
    """N_l t / tau of a network of N_l layers: N_l times the integral of 1 / rate, by quadrature."""
    rate, layers = candidate(depth_n_mode.STATEMENT), point["N_l"]

    def slowness(logarithm: Any) -> Any:  # dt / d ln a
        a = mpmath.exp(logarithm)
        return layers * a / rate.mpmath(dps, N_l=layers, a=a, s=point["s"], tau=1)

    return quadrature(slowness, [mpmath.log(mpmath.mpf(point[end])) for end in ("a_0", "a_f")])


def growing_depth(dps: int, point: Point) -> Any:
    """The same at N_l = 32, 64, ..., extrapolated to infinity in powers of 1 / N_l."""
    table = [time_at_depth(dps, {**point, "N_l": 32 * 2**k}) for k in range(7)]
    power = 1
    while len(table) > 1:
        table = [(2**power * b - a) / (2**power - 1) for a, b in itertools.pairwise(table)]
        power += 1
    return table[0]


def deep_times(formula: Candidate, measured: Measurement) -> np.ndarray:
    """N_l t / tau from the initial strengths to the final ones, (modes, final strengths)."""
    s, start = columns(measured, "singular_value", "initial")
    return formula.numpy(s=s, a_0=start, a_f=measured.axis)


def certified_time(bits: int, point: Point) -> Any:
    """The integral of one over the rate a^2 (s - a) that the strength has in the limit."""
    s, start, end = numbers(point, "s", "a_0", "a_f")
    return travel(lambda a: a * a * (s - a), start, end)


CLAIM = Claim(
    statement=infinite_depth_time.STATEMENT,
    checks=(
        Certified(
            name="certified time at infinite depth",
            reference=certified_time,
            against="the integral of one over the limit of the rate",
            values=("N_l t / tau",),
            points=({"s": "0.7", "a_0": "2.3", "a_f": "0.9"}, {"s": "1.7", "a_0": "0.13", "a_f": "0.62"}),
        ),
        Precision(
            name="growing depth",
            reference=growing_depth,
            parameters=infinite_depth_time.STATEMENT.parameters,
            count=3,
            points=({"s": "0.7", "a_0": "2.3", "a_f": "0.9"},),  # from above the singular value
            digits=(16, 26),
            same_law=True,
            against="the integrated rate at depths up to 2048, extrapolated in powers of 1 / N_l",
        ),
        Rate(
            name="approach to infinite depth",
            exact=lambda dps, point: time_at_depth(dps, {**point, "N_l": int(point["N_l"])}),
            digits=20,
            points=({"s": "1.7", "a_0": "0.13", "a_f": "0.62"},),
            values=("30", "300", "3000", "30000"),
            against="the integrated rate at these depths",
        ),
        Ladder(
            name="growing networks",
            predict=deep_times,
            steps=tuple(1 / d for d in (8, 16, 32, 64, 128)),
            full_steps=tuple(1 / d for d in (16, 32, 64, 128, 256)),
            quick=partial(growing, widths=(4, 3, 5, 4, 3), courant=0.07, examples=9),
            full=partial(growing, widths=(20, 15, 25, 20, 12), courant=0.03, examples=60),
            axis="final mode strength a_f",
            quantity="learning time N_l t / tau",
            series=("s = 2.3", "s = 1.3"),
        ),
    ),
    quantities=("Limit(N_l*t(N_l)/tau, N_l, oo, dir='-')",),
    convention="Time is N_l t / tau, with tau fixed while the depth grows; the ladder's step is 1 / (N_l - 1).",
    independence="All matrices are free and follow Runge-Kutta steps along the gradient of the loss.",
)
