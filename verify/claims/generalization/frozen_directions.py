"""Errors of students that saw fewer examples than they have inputs, against what their start left.

Students are trained to the end, entry by entry. Each one is held against its own start and last matrix to rounding, and
the mean error against teacher, gain and last matrix. With more examples than inputs the gain costs nothing. That a gain
beyond 1 costs what a gain of 1 does fails well above 1, and cannot be told from the truth just above it.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from derivations.generalization import frozen_directions
from derivations.statement import POSITIVE, Parameter
from numerics.generalization.frozen_directions import cost_of_gain, error_of, errors_by_gain, outside, trained
from numerics.measurement import Measurement
from numerics.streams import Stream
from verify.checks import Property, Replicas, Trend
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate

WIDTHS, GAINS = (24, 9, 5), (0.5, 0.7, 1.1)
FAR_ABOVE, JUST_ABOVE = (1.2, 1.5), (1.005, 1.02)
STUDENTS, FULL_STUDENTS = ((WIDTHS, 2), ((10, 11, 8), 6)), (((28, 12, 6), 3), ((12, 14, 8), 7))
DRAW = Parameter(symbol=sp.Symbol("r", integer=True), meaning="draw", domain=sp.Range(0, 10**6), typical=(0, 10**5))
GAIN = Parameter(symbol=frozen_directions.gain, meaning="gain", domain=POSITIVE, typical=(0.3, 1.3))
ELSE: dict[str, Any] = {"P": 5, "N_1": 14, "g_0": 0.7, "b_w": 1.3}
NONE: dict[str, Any] = {"o_perp": 0.3, "f_perp": 0.9}


@functools.lru_cache(maxsize=16)  # every wrong formula meets the same students
def student(gain: float, draw: int) -> tuple[float, dict[str, float]]:
    """A trained student's error, and what its start and its teacher have on directions without examples."""
    found = trained(widths=(9, 7, 2), examples=4, gain=gain, replicas=1, stream=Stream(draw))
    free = outside(found["inputs"])
    kept, teacher = found["last"] @ found["start"] @ free, found["teacher"] @ free
    squares = {"w_perp": np.sum(teacher**2), "f_perp": np.sum(kept**2), "o_perp": np.sum(kept * teacher)}
    return float(error_of(found)[0]), {name: float(value) for name, value in squares.items()}


def of_one_network(candidate: Candidate, point: Point, dps: int) -> Any:
    """The trained student's error less what the formula makes of its start, relative to the error."""
    error, squares = student(float(point["g_0"]), int(point["r"]))
    return (float(candidate.numpy(**squares, **ELSE)[0]) - error) / error


def mean_errors(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean error by student and gain, (students, gains)."""
    given: Any = measured.given
    known = {"P": given["examples"], "N_1": given["inputs"], "g_0": measured.axis, "b_w": given["last"]}
    return np.asarray(candidate.numpy(w_perp=given["teacher"], **known, **NONE)[1])


beyond_one = partial(Replicas, predict=mean_errors, replicas=120, axis="gain g_0 of the initial weights")

CLAIM = Claim(
    statement=frozen_directions.STATEMENT,
    checks=(
        Property(
            name="each network's error",
            sentence="a trained network errs by what its start left on directions without examples",
            residual=of_one_network,
            parameters=(GAIN, DRAW),
            examples=6,
            dps=15,
        ),
        Replicas(
            name="students of several gains",
            predict=mean_errors,
            quick=partial(errors_by_gain, students=STUDENTS, gains=GAINS),
            full=partial(errors_by_gain, students=FULL_STUDENTS, gains=GAINS),
            replicas=240,
            full_replicas=1000,
            axis="gain g_0 of the initial weights",
            quantity="error on new inputs",
            series=("2 examples of 24 inputs", "6 examples of 10 inputs"),
        ),
        Trend(
            name="a large gain costs, unless all directions are seen",
            replicas=30,
            quick=partial(cost_of_gain, widths=WIDTHS, examples=4, gains=(0.3, 1.2), allowed=1e-4),
            control=partial(cost_of_gain, widths=(5, 9, 2), examples=12, gains=(0.3, 1.2), allowed=1e-4),
        ),
    ),
    quantities=("e_one", "E_gain"),
    printed={
        "E47": Ordeal(
            fails=beyond_one(
                name="gains of 1.2 and 1.5", quick=partial(errors_by_gain, students=STUDENTS[1:], gains=FAR_ABOVE)
            ),
            holds=beyond_one(
                name="gains just above 1", quick=partial(errors_by_gain, students=STUDENTS[1:], gains=JUST_ABOVE)
            ),
        )
    },
    convention="Inputs are white, of variance 1; the error is summed over outputs, without the half of the loss.",
    independence="All entries of both matrices are trained on examples, with momentum; the error is the distance from "
    "the teacher itself.",
)
