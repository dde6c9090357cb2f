"""Generalization of deep linear students: what they have learned when, and what noise makes of the teacher."""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.generalization import detection_wave, optimal_stopping, spiked_singular_values
from numerics.deep_linear.passage_times import descent_times
from numerics.generalization.buried_teacher import data_modes
from numerics.generalization.detection_front import detection_front
from numerics.generalization.early_stopping import smallest_test_error
from verify.checks import FiniteSize, Ladder, Precision, Replicas
from verify.claim import Claim, Ordeal
from verify.references import generalization as reference

STEPS = (0.02, 0.01, 0.005, 0.0025)
FULL_STEPS = (0.01, 0.005, 0.0025, 0.00125, 0.000625)
PASSING_VALUES = (3.1, 2.3, 1.4)
FAINT = (
    {"a": "0.31", "shat": "1.7", "a_0": "3.7e-40", "t": "31.3", "tau": "1.3"},
    {"a": "0.47", "shat": "2.6", "a_0": "8.9e-38", "t": "23.9", "tau": "0.7"},
    {"a": "0.23", "shat": "1.4", "a_0": "5.3e-43", "t": "71.7", "tau": "2.3"},
)

TEACHERS = ((1.7, 0.5), (2.6, 2.0))  # singular value, outputs per input: at equal numbers a swap would not be seen

STUDENTS = ((2.6, 0.5, 0.0), (2.6, 0.5, 0.1), (3.1, 1.5, 0.1))  # and hidden neurons per input; 0 is a single one

passing = partial(
    descent_times, singular_values=PASSING_VALUES, strengths=(np.sqrt([[0.013, 0.021, 0.034]] * 2),), tau=1.7,
    levels=tuple(np.arange(0.1, 0.96, 0.05)),
)  # fmt: skip
wave = partial(detection_front, initial=1e-9, tau=1.7)
stopping = partial(smallest_test_error, examples_per_input=1.5, learning_rate=0.08)
faint_students = FiniteSize(
    name="students with a faint start", predict=reference.best_students, size_name="inputs",
    quick=partial(stopping, students=STUDENTS, initial=1e-14), sizes=((20, 120), (30, 80), (40, 50), (60, 30)),
    full_sizes=((60, 200), (80, 150), (120, 100), (160, 60)),
)  # fmt: skip

CLAIMS = (
    Claim(
        statement=detection_wave.STATEMENT,
        checks=(
            Precision(
                name="layers stopped in motion", reference=reference.own_time, evaluate=reference.time_of_strength,
                parameters=detection_wave.STATEMENT.parameters, count=3, constraint=reference.still_moving,
                against="the time after which two layers, integrated by Taylor series, were stopped",
            ),
            Precision(
                name="half learned from a faint start", reference=reference.half_learned, points=FAINT,
                evaluate=lambda formula, dps, point: formula.mpmath(dps, **point)[1],
                against="the root, in the singular value, of the integrated time to half the final strength",
            ),
            Ladder(
                name="passages in training", predict=reference.passages, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(passing, networks=((7, 9, 5),), examples=24),
                full=partial(passing, networks=((40, 60, 30),), examples=200),
                axis="fraction of shat", quantity="time", series=tuple(f"shat = {s}" for s in PASSING_VALUES),
            ),
            Ladder(
                name="front in training", predict=reference.front, steps=STEPS, full_steps=FULL_STEPS,
                quick=partial(
                    wave, widths=(28, 31, 26), examples=40, singular_values=tuple(np.arange(0.9, 3.31, 0.1)),
                    times=tuple(np.arange(7.0, 12.1, 1.0)),
                ),
                full=partial(
                    wave, widths=(60, 80, 50), examples=150, singular_values=tuple(np.arange(0.9, 3.86, 0.075)),
                    times=tuple(np.arange(6.0, 12.1, 0.5)),
                ),
                axis="time", quantity="half-learned singular value", series=("front",),
            ),
        ),
        convention="The loss is half the squared error, time counts presentations, tau = P / lambda; a mode counts as "
        "learned from half its final strength.",
        independence="Trained on examples by automatic differentiation: all entries of both matrices free, unequal "
        "widths; the front is read off the strengths of all modes.",
    ),
    Claim(
        statement=spiked_singular_values.STATEMENT,
        checks=(
            Precision(
                name="pole over the Marchenko-Pastur law", reference=reference.pole_of_the_data,
                parameters=spiked_singular_values.STATEMENT.parameters, count=4,
                constraint=reference.away_from_threshold,
                against="the place and the residue of the pole, from integrals over the law of the noise",
            ),
            FiniteSize(
                name="sampled training data", predict=reference.data_modes, size_name="inputs",
                quick=partial(data_modes, teachers=TEACHERS, examples_per_input=1.5),
                sizes=((40, 300), (60, 200), (80, 150), (120, 100)),
                full_sizes=((100, 400), (150, 300), (200, 200), (300, 100)),
            ),
        ),
        convention="The noise in the input-output correlation has variance 1 / N_1, and A counts outputs per input.",
        independence="Examples are drawn and their correlation is decomposed numerically, for more inputs than outputs "
        "and for fewer; no resolvent and no limit is used.",
    ),
    Claim(
        statement=optimal_stopping.STATEMENT,
        checks=(
            Precision(
                name="best multiple of the data's mode", reference=reference.stopped_at_best,
                parameters=optimal_stopping.STATEMENT.parameters, count=3, constraint=reference.away_from_threshold,
                against="the minimum of the distance, with overlaps from integrals over the Marchenko-Pastur law",
            ),
            faint_students,
        ),
        printed={
            "E14": Ordeal(
                fails=Replicas(
                    name="many hidden neurons, start at 0.1", predict=reference.best_students, replicas=20,
                    quick=partial(stopping, students=((2.6, 0.5, 0.1), (2.6, 0.5, 0.7)), initial=0.1, width=40),
                    bias=lambda formula, measured: 2 / measured.resolution["width"], bias_note="2 / N_1",
                ),
                holds=faint_students,
            )
        },
        convention="The test error is relative to the teacher's squared singular value; the noise in the correlation "
        "has variance 1 / N_1.",
        independence="All entries of both matrices follow gradient descent, all modes of the data that the hidden "
        "neurons hold are present, and the error is the distance to the teacher itself.",
    ),
)  # fmt: skip
