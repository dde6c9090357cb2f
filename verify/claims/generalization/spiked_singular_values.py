"""Singular value and overlaps of a buried teacher, against integrals over the noise's law and sampled data.

The formulas are algebraic; integrals over the Marchenko-Pastur law find place and residue of the pole, close to the
threshold and far from it: the same law, evaluated in another way. What does not know it are the samples: correlations
of drawn examples are decomposed, with more inputs than outputs and with fewer, and extrapolated in the number of
inputs.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.generalization import spiked_singular_values
from numerics.generalization.noisy_data import data_modes
from numerics.measurement import Measurement
from verify.checks import Approach, Certified, FiniteSize, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.generalization import TEACHERS
from verify.compile import Candidate
from verify.references.spiked_matrices import away_from_threshold, certified_pole, pole_of_the_data

ENDS = (  # just above the threshold, with few and with many outputs, and as many outputs as inputs
    {"sbar": "0.91", "A": "0.61"},
    {"sbar": "0.37", "A": "0.0083"},
    {"sbar": "2.43", "A": "31.7"},
    {"sbar": "1.7", "A": "1"},
    {"sbar": "23.1", "A": "0.61"},
)


def predicted_data_modes(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Singular value and squared overlaps of each teacher, (teachers, 3)."""
    return formula.numpy(sbar=measured.given["teacher"], A=measured.given["ratio"]).T


def certified_overlaps(bits: int, point: Point) -> list[Any]:
    """Singular value and squared overlaps from integrals over the law of the noise."""
    return list(certified_pole(point))


def at_teacher(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula for this teacher and ratio."""
    return candidate.arb(bits, sbar=point["sbar"], A=point["A"])


CLAIM = Claim(
    statement=spiked_singular_values.STATEMENT,
    checks=(
        Certified(
            name="certified pole over the Marchenko-Pastur law",
            reference=certified_overlaps,
            evaluate=at_teacher,
            against="the place and the residue of the pole, from integrals over the law of the noise",
            bits=90,
            digits=18,
            values=("shat", "O_u^2", "O_v^2"),
            points=({"sbar": "1.9", "A": "0.61", "w": "5.389"}, {"sbar": "1.7", "A": "1.7", "w": "6.178"}),
        ),
        Precision(
            name="pole over the Marchenko-Pastur law",
            reference=pole_of_the_data,
            parameters=spiked_singular_values.STATEMENT.parameters,
            count=4,
            points=ENDS,
            constraint=away_from_threshold,
            against="the place and the residue of the pole, from integrals over the law of the noise",
            same_law=True,
        ),
        FiniteSize(
            name="sampled training data",
            predict=predicted_data_modes,
            size_name="inputs",
            quick=partial(data_modes, teachers=TEACHERS, examples_per_input=1.2),
            sizes=((60, 80), (80, 60), (120, 44), (160, 36)),
            full_sizes=((100, 130), (150, 100), (200, 70), (300, 50)),
        ),
        Approach(
            name="little training data",
            predict=predicted_data_modes,
            size_name="inputs",
            quick=partial(data_modes, teachers=((2.6, 2.0), (4.0, 0.5)), examples_per_input=1.0),
            sizes=((8, 1000), (24, 1000)),
        ),
    ),
    quantities=("shat", "O_u**2", "O_v**2"),
    convention="The noise in the input-output correlation has variance 1 / N_1, and A counts outputs per input.",
    independence="Examples are drawn and their correlation is decomposed numerically, for more inputs than outputs "
    "and for fewer; no resolvent and no limit is used.",
)
