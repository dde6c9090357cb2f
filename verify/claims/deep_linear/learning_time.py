"""Times at which modes pass given strengths in training, against the inverse of the learning curve.

The formula has no curve in it; the references integrate both layers until their product passes, or train a network on
examples and interpolate the passage.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.deep_linear import learning_time
from numerics.deep_linear.passage_times import descent_times
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import CONVENTION, FULL_STEPS, SINGULAR_VALUES, STEPS, TRAINED, balanced
from verify.compile import Candidate
from verify.references.balls import (
    mode,
    numbers,
    travel,
)
from verify.references.layers_in_motion import columns, time_to_strength

learning = partial(
    descent_times,
    singular_values=SINGULAR_VALUES,
    strengths=(balanced(2, (0.02, 0.09, 0.15, 0.11)),),
    tau=1.7,
    levels=tuple(np.arange(0.2, 0.96, 0.05)),
)


def passages(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times at which modes pass the levels, (modes, levels)."""
    s, start = columns(measured, "singular_value", "initial")
    return formula.numpy(s=s, a_0=start, a_f=s * measured.axis, tau=measured.given["tau"])


def certified_time(bits: int, point: Point) -> Any:
    """The integral of one over the rate of two balanced layers, from one strength to the other."""
    s, start, end, tau = numbers(point, "s", "a_0", "a_f", "tau")
    return travel(mode(s, tau), start, end)


CLAIM = Claim(
    statement=learning_time.STATEMENT,
    checks=(
        Certified(
            name="certified time from one strength to the other",
            reference=certified_time,
            against="the integral of one over the rate of two balanced layers",
            values=("t",),
            points=(
                {"s": "0.7", "a_0": "2.3", "a_f": "0.9", "tau": "1.3"},
                {"s": "1.7", "a_0": "0.013", "a_f": "1.2", "tau": "0.8"},
            ),
        ),
        Precision(
            name="time of two layers in motion",
            reference=time_to_strength,
            parameters=learning_time.STATEMENT.parameters,
            count=2,
            points=({"s": "0.7", "a_0": "2.3", "a_f": "0.9", "tau": "1.3"},),  # from above the singular value
            against="the flow of both layer strengths, integrated until their product passes the final strength",
        ),
        Ladder(
            name="passages in training",
            predict=passages,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(learning, networks=((7, 9, 5),), examples=24),
            full=partial(learning, networks=((40, 60, 30),), examples=200),
            axis="final mode strength a_f / s",
            quantity="time of passage t (tau = 1.7)",
            series=tuple(f"s = {s}" for s in SINGULAR_VALUES),
        ),
    ),
    quantities=("t(s, a_0, a_f)",),
    convention=CONVENTION,
    independence=TRAINED,
)
