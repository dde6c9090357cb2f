"""Strength and error at the best stopping time, against the minimum of a distance and students that are stopped.

The reference minimises the distance between explicit matrices, with overlaps from integrals over the noise's law.
Students with one neuron and with many descend the gradient from a faint start, all weights free, and the smallest
error on their way is measured and extrapolated in the number of inputs.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.generalization import optimal_stopping
from numerics.generalization.early_stopping import smallest_test_error
from numerics.measurement import Measurement
from verify.checks import FiniteSize, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate
from verify.references.spiked_matrices import away_from_threshold, pole_of_the_data

STUDENTS = ((2.6, 0.5, 0.0), (2.6, 0.5, 0.1), (3.1, 1.5, 0.1))  # and hidden neurons per input; 0 is a single one
early_stopped_students = partial(smallest_test_error, examples_per_input=1.5, learning_rate=0.08)


def stopped_at_best(dps: int, point: Point) -> list:
    """Strength and relative error of the best multiple of the data's mode, as distances of explicit matrices."""
    s = mpmath.mpf(point["sbar"])
    _, output, incoming = pole_of_the_data(dps, point)
    u, v = ((mpmath.sqrt(overlap), mpmath.sqrt(1 - overlap)) for overlap in (output, incoming))

    def error(a: Any) -> Any:  # the teacher is s times the first unit vectors
        return mpmath.fsum(
            (a * x * y - (s if i == j == 0 else 0)) ** 2 for i, x in enumerate(u) for j, y in enumerate(v)
        )

    with mpmath.workdps(2 * dps):
        best = mpmath.findroot(lambda a: mpmath.diff(error, a), (s / 3, s / 2))
    return [best, error(best) / error(mpmath.mpf(0))]


def best_students(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strength and test error of each student where it is best, (students, 2)."""
    return formula.numpy(sbar=measured.given["teacher"], A=measured.given["ratio"]).T


faint_students = FiniteSize(
    name="students with a faint start",
    predict=best_students,
    size_name="inputs",
    quick=partial(early_stopped_students, students=STUDENTS, initial=1e-14),
    sizes=((20, 120), (30, 80), (40, 50), (60, 30)),
    full_sizes=((60, 200), (80, 150), (120, 100), (160, 60)),
)

CLAIM = Claim(
    statement=optimal_stopping.STATEMENT,
    checks=(
        Precision(
            name="best multiple of the data's mode",
            reference=stopped_at_best,
            parameters=optimal_stopping.STATEMENT.parameters,
            count=3,
            constraint=away_from_threshold,
            against="the minimum of the distance, with overlaps from integrals over the Marchenko-Pastur law",
        ),
        faint_students,
    ),
    printed={
        "E14": Ordeal(
            fails=Replicas(
                name="many hidden neurons, start at 0.1",
                predict=best_students,
                replicas=20,
                quick=partial(
                    early_stopped_students, students=((2.6, 0.5, 0.1), (2.6, 0.5, 0.7)), initial=0.1, width=40
                ),
                bias=lambda formula, measured: 2 / measured.resolution["width"],
                bias_note="2 / N_1",
            ),
            holds=faint_students,
        )
    },
    quantities=("a_opt", "e_test"),
    convention="The test error is relative to the teacher's squared singular value; the noise in the correlation "
    "has variance 1 / N_1.",
    independence="All entries of both matrices follow gradient descent, all modes of the data that the hidden "
    "neurons hold are present, and the error is the distance to the teacher itself.",
)
