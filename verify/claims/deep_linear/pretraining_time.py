"""Times of passage from weak, strong and pretrained starts, in training and by integrating both layers.

The formula has no curve in it. The network behind a pretrained matrix starts with orthonormal columns that know nothing
of the modes.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import pretraining_time
from numerics.deep_linear.pretrained_starts import after_an_orthogonal_matrix, time_saved
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import CONVENTION, FULL_STEPS, STEPS, TRAINED
from verify.compile import Candidate
from verify.references.layers_in_motion import time_to_strength, until

VALUES = (3.1, 2.3, 1.4)
saving = partial(
    time_saved,
    singular_values=VALUES,
    weak=(0.02, 0.09, 0.05),
    strong=(0.43, 0.61, 0.37),
    tau=1.7,
    levels=(0.55, 0.7, 0.85),
)
pretrained = partial(
    after_an_orthogonal_matrix, singular_values=VALUES, tau=1.7, levels=tuple(np.arange(0.2, 0.96, 0.05))
)


def layers_until(dps: int, point: Point) -> list:
    """What the weak start takes up to the strong one, and an imbalanced pair from (1, 0) up to the final strength."""
    tau = mpmath.mpf(point["tau"])
    weak = time_to_strength(dps, {**point, "a_f": point["a_1"]})
    final = mpmath.mpf(point["a_f"])
    time, _ = until(dps, (mpmath.mpf(1), mpmath.mpf(0)), mpmath.mpf(point["s"]), lambda w_1, w_2: w_1 * w_2 - final)
    return [weak, tau * time]


def saved(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The same at all levels, (modes, levels)."""
    given: Any = measured.given
    time = formula.numpy(s=given["singular_value"], a_0=given["weak"], a_1=given["strong"], a_f=0.5, tau=given["tau"])
    return np.broadcast_to(time[0][:, None], measured.values.shape)


def behind_pretraining(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times of passage, (modes, levels)."""
    given: Any = measured.given
    s = given["singular_value"][:, None]
    return np.asarray(formula.numpy(s=s, a_0=0.1, a_1=0.3, a_f=s * measured.axis, tau=given["tau"])[1])


CLAIM = Claim(
    statement=pretraining_time.STATEMENT,
    checks=(
        Precision(
            name="layers until they pass",
            reference=layers_until,
            parameters=pretraining_time.STATEMENT.parameters,
            count=3,
            digits=(15, 25),
            against="both layers integrated by Taylor series until their product passes, from each start",
        ),
        Ladder(
            name="weak and strong starts in training",
            predict=saved,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(saving, widths=(5, 8, 4), examples=24),
            full=partial(saving, widths=(40, 60, 30), examples=200),
            axis="mode strength that is passed, over s",
            quantity="time saved (tau = 1.7)",
            series=tuple(f"s = {s}" for s in VALUES),
        ),
        Ladder(
            name="behind an orthogonal matrix",
            predict=behind_pretraining,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(pretrained, widths=(5, 8, 4), examples=24),
            full=partial(pretrained, widths=(40, 60, 30), examples=200),
            axis="final mode strength a_f / s",
            quantity="time of passage after pretraining (tau = 1.7)",
            series=tuple(f"s = {s}" for s in VALUES),
        ),
    ),
    quantities=("T_saved", "T_pre"),
    convention=CONVENTION,
    independence=TRAINED,
)
