"""Generalization of deep linear students: what they have learned when, and what noise makes of the teacher."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from derivations.generalization import (
    averaged_error,
    deep_width_independence,
    detection_wave,
    error_curves,
    noisy_teacher,
    optimal_stopping,
    overfitting,
    spiked_singular_values,
    width_independence,
)
from numerics.deep_linear.passage_times import descent_times
from numerics.generalization.buried_teacher import data_modes
from numerics.generalization.detection_front import detection_front
from numerics.generalization.early_stopping import smallest_test_error
from numerics.generalization.noisy_labels import correlation_statistics
from numerics.generalization.noisy_students import bulk_moments, mean_curves
from numerics.generalization.overfitting import noise_learned, rise_after_minimum, turn_of_one_neuron
from numerics.generalization.student_errors import error_curves as train_and_test
from numerics.generalization.student_widths import (
    Setting,
    changes_by_width,
    errors_over_time,
    errors_over_width,
    modes_left_behind,
)
from verify.checks import FiniteSize, Ladder, Precision, Replicas, Trend
from verify.claim import Claim, Ordeal
from verify.references import generalization as reference
from verify.references import generalization_curves as curves
from verify.references import generalization_overfitting as turning
from verify.references import generalization_stopping as stopped

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

WIDE = Setting(inputs=24, ratio=2 / 3, examples=36, widths=(1, 2, 4, 8, 16, 30))
FULL_WIDE = Setting(inputs=90, ratio=2 / 3, examples=140, widths=(1, 2, 5, 15, 40, 60, 100))
STARTS = (1e-1, 1e-2, 1e-4, 1e-8)
STOPPED = (
    {"s": "1.3", "shat": "2.7", "t": "0.6", "a_0": "0.031", "sbar": "2.3", "O": "0.37"},
    {"s": "0.7", "shat": "1.9", "t": "0.6", "a_0": "0.17", "sbar": "1.4", "O": "-0.23"},
    {"s": "1.6", "shat": "3.3", "t": "0.8", "a_0": "0.0053", "sbar": "3.1", "O": "0.071"},
)
DEEP = (
    {"N_l": 4, "s": "1.3", "shat": "2.7", "a_0": "0.31", "sbar": "2.3", "O": "0.37"},
    {"N_l": 5, "s": "0.7", "shat": "1.9", "a_0": "0.17", "sbar": "1.4", "O": "-2.3e-60"},
    {"N_l": 6, "s": "1.6", "shat": "3.3", "a_0": "0.53", "sbar": "3.1", "O": "7.1e-61"},
)

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

noisy = partial(correlation_statistics, strength=1.7, noise=0.6)
learning = partial(train_and_test, strength=2.6, tau=1.3)
over_width = partial(errors_over_width, initials=STARTS)
by_width = partial(
    Ladder, predict=stopped.errors_over_width, steps=(0.04, 0.02, 0.01), full_steps=(0.02, 0.01, 0.005, 0.0025),
    axis="hidden neurons", quantity="smallest test error", series=tuple(f"start {start:g}" for start in STARTS),
)  # fmt: skip
further = partial(
    Replicas, predict=stopped.changes_by_width, replicas=8, axis="hidden neurons",
    quantity="smallest test error less that of one neuron",
)  # fmt: skip
by_start = partial(
    Ladder, predict=stopped.growth_left_behind, axis="singular value", quantity="strength over initial strength",
    series=("modes left behind",), steps=(0.08, 0.04, 0.02, 0.01), full_steps=(0.08, 0.04, 0.02, 0.01, 0.005),
)  # fmt: skip
left_behind = partial(modes_left_behind, teacher=3.1, learning_rate=0.06)
DEEP_WIDE = replace(WIDE, matrices=4)
deep_further = partial(
    Replicas,
    predict=stopped.deep_changes,
    replicas=8,
    axis="hidden neurons in a layer",
    quantity="smallest test error less that of one neuron",
)
deep_changes = partial(changes_by_width, teacher=3.1, learning_rate=0.04)
FIVE, FOUR = (Setting(inputs=11, ratio=8 / 11, examples=24, widths=(13,), matrices=m) for m in (4, 3))
FULL_FIVE, FULL_FOUR = (Setting(inputs=60, ratio=2 / 3, examples=100, widths=(50,), matrices=m) for m in (4, 3))

LEARNERS = ((2.6, 0.5, 0.01), (3.1, 1.5, 0.02))  # teacher, outputs per input, initial strength
NOISY_STUDENTS = tuple(f"teacher {teacher}, {ratio} outputs per input" for teacher, ratio, _ in LEARNERS)
learning_noise = partial(noise_learned, students=LEARNERS, examples_per_input=1.5, step=0.15)
rising = partial(rise_after_minimum, teacher=2.6, initial=0.01, end=4.0, step=0.1)
RISING, FULL_RISING = (
    Setting(inputs=n, ratio=0.5, examples=3 * n // 2, widths=(1, n // 5, 3 * n // 5)) for n in (20, 100)
)

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
                evaluate=reference.front_at_half,
                against="the singular value of a mode, at the integrated time to half its final strength",
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
                full=partial(  # a start so faint that the limit's own error, of its order, stays below the steps'
                    wave, widths=(60, 80, 50), examples=150, singular_values=tuple(np.arange(0.9, 3.84, 0.06)),
                    times=tuple(np.arange(8.0, 15.1, 0.5)), initial=1e-11,
                ),
                axis="time", quantity="half-learned singular value", series=("front",),
            ),
        ),
        convention="The loss is half the squared error, time counts presentations, tau = P / lambda; a mode counts as "
        "learned from half its final strength.",
        independence="All entries of both matrices are free and descend the error on examples, with unequal "
        "widths; the front is read off the strengths of all modes.",
    ),
    Claim(
        statement=noisy_teacher.STATEMENT,
        checks=(
            Precision(
                name="all signs of the noise", reference=curves.all_signs, points=curves.SMALL_DATA,
                against="data sets of noise +sigma_z and -sigma_z, enumerated",
            ),
            Replicas(
                name="sampled data sets", predict=curves.data_statistics, replicas=40, full_replicas=200,
                quick=partial(noisy, inputs=5, outputs=7, examples=(6, 8, 11, 14, 17), draws=50),
                full=partial(noisy, inputs=30, outputs=20, examples=(35, 45, 60, 75, 90), draws=100),
                axis="number of examples", quantity="mean over data sets",
                series=("squared length of the correlation", "squared error of the best student"),
            ),
        ),
        convention="The correlation is the sum of y x^T over the examples, with white inputs; sigma_z^2 is the "
        "variance of the noise in one label, 1 / N_1 in the other claims of this chapter.",
        independence="Teacher, inputs and noise are sampled; the best student is found by least squares on the "
        "examples, and covariances of entries that share a row or a column are taken over fresh data sets.",
    ),
    Claim(
        statement=error_curves.STATEMENT,
        checks=(
            Precision(
                name="maps and labels written out", reference=curves.one_mode, count=3,
                parameters=error_curves.STATEMENT.parameters, constraint=curves.fits_the_labels,
                against="squared errors of explicit maps, and integrated times of two and of four equal layers",
            ),
            Ladder(
                name="students in training", predict=curves.student_errors, steps=(0.04, 0.02, 0.01, 0.005),
                full_steps=(0.02, 0.01, 0.005, 0.0025),
                quick=partial(
                    learning, students=(((20, 14, 10), 0.011), ((20, 13, 17, 12, 10), 0.031)), test_inputs=31,
                    examples_per_input=1.0, times=tuple(np.arange(0.4, 8.1, 0.4)),
                ),
                full=partial(
                    learning, students=(((60, 70, 90), 0.0031), ((60, 63, 75, 61, 90), 0.023)), test_inputs=90,
                    examples_per_input=1.5, times=tuple(np.arange(0.5, 12.1, 0.5)),
                ),
                axis="time", quantity="relative error", series=(
                    "test error, one hidden layer", "train error, one hidden layer",
                    "test error, three hidden layers", "train error, three hidden layers",
                ),
            ),
        ),
        convention="Errors are relative to those of a student that says nothing; the loss is half the squared error, "
        "time counts presentations, tau = P / lambda, and the noise in a label has variance 1 / N_1.",
        independence="Trained on noisy examples by automatic differentiation, all entries of all matrices free, "
        "unequal widths; errors are counted on the examples and on fresh test inputs.",
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
                quick=partial(data_modes, teachers=TEACHERS, examples_per_input=1.2),
                sizes=((40, 300), (60, 200), (80, 150), (120, 100)),
                full_sizes=((100, 400), (150, 300), (200, 200), (300, 100)),
            ),
        ),
        convention="The noise in the input-output correlation has variance 1 / N_1, and A counts outputs per input.",
        independence="Examples are drawn and their correlation is decomposed numerically, for more inputs than outputs "
        "and for fewer; no resolvent and no limit is used.",
    ),
    Claim(
        statement=averaged_error.STATEMENT,
        checks=(
            Precision(
                name="words of teacher and noise", reference=curves.moments_of_words, count=2,
                evaluate=curves.integrated_moments, parameters=spiked_singular_values.STATEMENT.parameters,
                constraint=curves.far_from_threshold, against="moments counted by words, less the largest mode",
                digits=(16, 26),
            ),
            FiniteSize(
                name="modes of sampled data", predict=curves.sampled_moments, size_name="inputs",
                quick=partial(
                    bulk_moments, teachers=TEACHERS, cross_powers=(1, 3), powers=(2, 4), examples_per_input=1.2,
                ),
                sizes=((32, 200), (48, 120), (64, 80), (96, 40)),
                full_sizes=((80, 600), (120, 400), (160, 300), (240, 200)),
            ),
            FiniteSize(
                name="students in training", predict=curves.averaged_curves, size_name="inputs",
                quick=partial(
                    mean_curves, strength=1.6, ratio=0.5, hidden=0.6, initial=0.013, tau=1.3, step=0.125,
                    times=tuple(np.arange(0.5, 4.6, 0.5)),
                ),
                sizes=((24, 140), (36, 100), (50, 70), (70, 45)),
                full_sizes=((40, 400), (60, 300), (80, 200), (120, 150)),
                axis="time", quantity="mean over the noise", series=(
                    "student between the teacher's directions", "squared length per input",
                    "squared training error per input",
                ), picture=curves.picture_of_test_error,
            ),
        ),
        convention="The noise in a label has variance 1 / N_1, A counts outputs per input, and sums over modes leave "
        "out the largest one.",
        independence="Data are sampled, and all entries of both matrices follow the gradient flow of the loss on "
        "noisy examples; no resolvent and no singular vector enters the errors.",
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
    Claim(
        statement=width_independence.STATEMENT,
        checks=(
            Precision(
                name="distance of integrated modes", reference=stopped.changed_distance, points=STOPPED,
                evaluate=stopped.of_reached,
                against="distances of explicit matrices whose modes are integrated by Taylor series to the same time",
            ),
            by_width(
                name="students of a strong teacher", quick=partial(over_width, setting=WIDE, teachers=(3.1,)),
                full=partial(over_width, setting=FULL_WIDE, teachers=(3.1,)),
            ),
            by_width(
                name="students of a teacher near the threshold",
                quick=partial(over_width, setting=WIDE, teachers=(1.5,)),
                full=partial(over_width, setting=FULL_WIDE, teachers=(1.5,)),
            ),
            Ladder(
                name="test errors in training", predict=stopped.errors_over_time, steps=(0.04, 0.02, 0.01, 0.005),
                quick=partial(
                    errors_over_time, setting=replace(WIDE, widths=(1, 16)), teachers=(3.1,), initials=(1e-1, 1e-4),
                    times=tuple(np.arange(0.0, 3.01, 0.08)),
                ),
                axis="time", quantity="test error",
                series=tuple(f"{n}, start {start}" for start in ("0.1", "1e-4") for n in ("1 neuron", "16 neurons")),
            ),
        ),
        printed={
            "E14": Ordeal(
                fails=further(
                    name="start at 0.1",
                    quick=partial(changes_by_width, setting=WIDE, teacher=3.1, initials=(0.1,), learning_rate=0.04),
                ),
                holds=further(
                    name="start at 1e-24",
                    quick=partial(changes_by_width, setting=WIDE, teacher=3.1, initials=(1e-24,), learning_rate=0.04),
                    bias=lambda formula, measured: np.max(measured.given["initial"]) ** 0.25,
                    bias_note="a_0^(1/4), as noise reaches less than 3/4 of the largest singular value",
                ),
            )
        },
        convention="Errors are relative to the teacher's squared singular value; time is in the unit of tau; the noise "
        "in the correlation has variance 1 / N_1.",
        independence="Students of all widths are trained entry by entry along the error's gradient, also with more "
        "hidden neurons than the data have modes; the error is the distance to the teacher itself.",
    ),
    Claim(
        statement=deep_width_independence.STATEMENT,
        checks=(
            Precision(
                name="integrated layers from a start of 1e-60", reference=stopped.deep_neuron, points=DEEP,
                evaluate=stopped.deep_formula, digits=(20, 30),
                against="the time of escape of equal layers, integrated, and distances of explicit matrices",
            ),
            by_start(
                name="students of five layers", quick=partial(left_behind, setting=FIVE, power=2),
                full=partial(left_behind, setting=FULL_FIVE, power=2),
            ),
            by_start(
                name="students of four layers", quick=partial(left_behind, setting=FOUR, power=3),
                full=partial(left_behind, setting=FULL_FOUR, power=3),
            ),
        ),
        printed={
            "E14": Ordeal(
                fails=deep_further(
                    name="start at 0.1", quick=partial(deep_changes, setting=DEEP_WIDE, initials=(0.1,)), replicas=24
                ),
                holds=deep_further(
                    name="start at 1e-5", quick=partial(deep_changes, setting=DEEP_WIDE, initials=(1e-5,)),
                    bias=lambda formula, measured: 10 * np.max(measured.given["initial"]), bias_note="10 a_0",
                ),
            )
        },
        convention="Errors are relative to the teacher's squared singular value; the noise in the correlation has "
        "variance 1 / N_1.",
        independence="Deep students are trained entry by entry along the error's gradient, at once in all modes of "
        "the data; the error is the distance to the teacher itself.",
    ),
    Claim(
        statement=overfitting.STATEMENT,
        checks=(
            Precision(
                name="integrated modes of the noise's law", reference=turning.turn_and_noise, count=2,
                parameters=overfitting.STATEMENT.parameters, constraint=reference.away_from_threshold, digits=(16, 26),
                evaluate=turning.in_floats,
                against="the integrated time to the best strength, the error beyond it, and an integral over the noise",
            ),
            FiniteSize(
                name="noise learned in training", predict=turning.noise_over_time, size_name="inputs",
                quick=partial(learning_noise, times=tuple(np.arange(0.0, 3.01, 0.3))),
                full=partial(learning_noise, times=tuple(np.arange(0.0, 5.11, 0.3))),
                sizes=((16, 120), (24, 90), (36, 60), (54, 32)),
                full_sizes=((40, 200), (60, 120), (90, 80), (130, 50)),
                axis="time", quantity="test error per output", series=NOISY_STUDENTS,
            ),
            FiniteSize(
                name="turn of one neuron", predict=turning.turns, size_name="inputs",
                quick=partial(
                    turn_of_one_neuron, students=LEARNERS, examples_per_input=1.5, end=2.5, step=0.05
                ),
                sizes=((20, 160), (30, 120), (40, 80), (60, 50)),
                full_sizes=((60, 400), (80, 300), (120, 200), (160, 120)),
            ),
            Trend(
                name="rise of the test error, and none without noise", replicas=20,
                quick=partial(rising, setting=RISING, noise=True),
                full=partial(rising, setting=FULL_RISING, noise=True),
                control=partial(rising, setting=RISING, noise=False),
            ),
        ),
        convention="Errors are relative to the teacher's squared singular value; the noise in the correlation has "
        "variance 1 / N_1, and A counts outputs per input.",
        independence="Students of one neuron and of more neurons than the data have modes are trained entry by entry; "
        "the error is the distance to the teacher itself, and the control has labels without noise.",
    ),
)  # fmt: skip
