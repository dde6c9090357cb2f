"""Singular value and overlaps of a teacher buried in noise."""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.generalization import spiked_singular_values
from numerics.generalization.buried_teacher import data_modes
from numerics.measurement import Measurement
from verify.checks import FiniteSize, Precision
from verify.claim import Claim
from verify.claims.generalization import TEACHERS
from verify.compile import Candidate
from verify.references.spiked_matrices import away_from_threshold, pole_of_the_data


def predicted_data_modes(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Singular value and squared overlaps of each teacher, (teachers, 3)."""
    return formula.numpy(sbar=measured.given["teacher"], A=measured.given["ratio"]).T


CLAIM = Claim(
    statement=spiked_singular_values.STATEMENT,
    checks=(
        Precision(
            name="pole over the Marchenko-Pastur law",
            reference=pole_of_the_data,
            parameters=spiked_singular_values.STATEMENT.parameters,
            count=4,
            constraint=away_from_threshold,
            against="the place and the residue of the pole, from integrals over the law of the noise",
        ),
        FiniteSize(
            name="sampled training data",
            predict=predicted_data_modes,
            size_name="inputs",
            quick=partial(data_modes, teachers=TEACHERS, examples_per_input=1.2),
            sizes=((40, 300), (60, 200), (80, 150), (120, 100)),
            full_sizes=((100, 400), (150, 300), (200, 200), (300, 100)),
        ),
    ),
    convention="The noise in the input-output correlation has variance 1 / N_1, and A counts outputs per input.",
    independence="Examples are drawn and their correlation is decomposed numerically, for more inputs than outputs "
    "and for fewer; no resolvent and no limit is used.",
)
