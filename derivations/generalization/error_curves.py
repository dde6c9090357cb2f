r"""Train and test error of a linear student on the labels of a noisy teacher, mode by mode, with one draw of the noise.

Premises: the data of `noisy_teacher`, whose correlation has modes shat u v^T, and a student with one hidden layer
(N_l = 3) or three (N_l = 5) that starts decoupled and balanced in these modes. The student is then the sum of
a u v^T over the modes that it carries, each strength a with its own curve. The test error is relative to that of a
student that says nothing, sbar^2, and the train error to the sum Y of the squared labels:

    e_test = 1 + sum of e_test^alpha,    e_train = 1 + sum of e_train^alpha    over the modes alpha that it carries.

The pages show the curves of both students and print no formula. For three hidden layers the strength has no closed
form in time; the time at a given strength has one.
"""

from __future__ import annotations

from itertools import product

import sympy as sp

from derivations import generalization
from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.deep_linear.depth_n_mode import rate
from derivations.generalization.detection_wave import PASSAGE
from derivations.generalization.noisy_teacher import best_student, white
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import N_l, O, Y, a, a_0, sbar, shat, tau
from derivations.symbols import s as MODE_VALUE

TEST, TRAIN = sp.Symbol(r"e_{\mathrm{test}}^\alpha"), sp.Symbol(r"e_{\mathrm{train}}^\alpha")
TIMES = sp.Symbol("t_3"), sp.Symbol("t_5")
_ROOT, _NOW, _START = sp.sqrt(shat), sp.sqrt(a), sp.sqrt(a_0)
PASSAGE_5 = tau / (2 * shat) * (1 / _START - 1 / _NOW) + tau / (4 * shat * _ROOT) * sp.log(
    (_ROOT + _NOW) * (_ROOT - _START) / ((_ROOT - _NOW) * (_ROOT + _START))
)

STATEMENT = Statement(
    module=__name__,
    title="Train and test error of students with one and three hidden layers",
    formula=sp.Eq(
        sp.Tuple(TEST, TRAIN, *TIMES),
        sp.Tuple(a * (a - 2 * sbar * O) / sbar**2, a * (a - 2 * shat) / Y, PASSAGE, PASSAGE_5),
        evaluate=False,
    ),
    parameters=(
        gradient_flow.STRENGTH.narrowed("in the student", typical=(0.05, 0.95)),
        gradient_flow.INITIAL_STRENGTH.narrowed(typical=(0.001, 0.02)),
        generalization.DATA,
        generalization.TEACHER,
        generalization.OVERLAP,
        Parameter(symbol=Y, meaning="sum of the squared labels", domain=POSITIVE, typical=(15.0, 40.0)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *gradient_flow.FLOW,
        "The start is balanced, and each mode of the student is a mode of the data; modes that it lacks add nothing.",
        generalization.CLEAN_TEST,
        "The teacher has rank one; the strength a lies between a_0 and shat.",
        "t_3 and t_5 are the times at which students of three and five layers of neurons have the strength a.",
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="Match between theory and numerics for training and testing error"),
        Source(document="saxe2014exact", where="deeper multilayer dynamics"),
    ),
    covers=("C4",),
    uses=(
        "deep_linear.depth_n_mode",
        "generalization.detection_wave",
        "generalization.noisy_teacher",
    ),
)


def derivation() -> tuple[Step, ...]:
    """From squared errors on examples to sums over modes, and from the rate of a mode to its times."""
    return (*_errors(), *_times())


def _errors() -> tuple[Step, ...]:
    test, train = STATEMENT.right[:2]
    student, teacher, inputs = mp.matrix("W", 2, 2), mp.matrix("T", 2, 2), white(2)
    apart, errors = (sum(e**2 for e in difference) for difference in (student - teacher, (student - teacher) * inputs))
    # two modes and a teacher as general vectors, then their products as letters
    strengths, u, v = sp.symbols("a_1 a_2", real=True), mp.matrix("u", 3, 3), mp.matrix("v", 2, 3)
    weights = (*strengths, -sbar)
    distance = sum(e**2 for e in sum((w * u[:, k] * v[:, k].T for k, w in enumerate(weights)), sp.zeros(3, 2)))
    grams = [[(u[:, i].T * u[:, j])[0] * (v[:, i].T * v[:, j])[0] for j in range(3)] for i in range(3)]
    length = sp.sqrt(grams[2][2])  # of the teacher's two vectors
    overlaps = sp.symbols("O_1 O_2", real=True)

    def of_modes(values: tuple) -> sp.Expr:
        """The same sum with orthonormal modes and unit teacher; `values` are the products of their overlaps."""
        inside = [[1, 0, values[0]], [0, 1, values[1]], [values[0], values[1], 1]]
        return sum(weights[i] * weights[j] * inside[i][j] for i, j in product(range(3), repeat=2))

    tested = sum(test.subs({a: x, O: o}) for x, o in zip(strengths, overlaps, strict=True))
    found = sp.symbols("shat_1 shat_2", positive=True)  # a student and data with the same two modes
    left = Y - sum(f**2 for f in found) + sum((f - x) ** 2 for f, x in zip(found, strengths, strict=True))
    fitted = sum(train.subs({a: x, shat: f}) for x, f in zip(strengths, found, strict=True))
    three = [x * u[:, 0] * v[:, 0].T + y * u[:, 1] * v[:, 1].T for x, y in (strengths, found)]
    between = sum(e**2 for e in three[1] - three[0])
    gaps = [f - x for f, x in zip(found, strengths, strict=True)]
    modes = tuple(product(range(2), repeat=2))
    index, number = sp.Symbol("alpha", integer=True), sp.Symbol("K")
    of_test, of_train = (sp.Sum(term, (index, 1, number)) for term in (test, train))
    test_error, train_error = sp.symbols(r"e_{\mathrm{test}} e_{\mathrm{train}}")
    on_inputs, of_maps, of_pairs, with_teacher = map(
        sp.Symbol,
        (
            r"\sum_\mu |W x^\mu - \overline{W} x^\mu|^2",
            r"|W - \overline{W}|^2",
            r"\sum_{\alpha\beta} a_\alpha a_\beta (u_\alpha^T u_\beta)(v_\alpha^T v_\beta)",
            r"\sum_\alpha a_\alpha O_\alpha",
        ),
    )
    of_data, of_gaps = map(
        sp.Symbol,
        (
            r"|\Sigma^{31} - W|^2",
            r"\sum_{\alpha\beta} (\hat{s}_\alpha - a_\alpha) (\hat{s}_\beta - a_\beta) "
            r"(u_\alpha^T u_\beta)(v_\alpha^T v_\beta)",
        ),
    )
    return (
        Step(
            claim="On white test inputs the squared error is the squared distance of student and teacher.",
            instances="two inputs, two outputs and three examples",
            because="The errors of explicit 2 x 2 maps on two white inputs of three examples are summed.",
            shows=sp.Eq(on_inputs, of_maps, evaluate=False),
            means={on_inputs: errors, of_maps: apart},
        ),
        Step(
            claim="That of two modes and a teacher is a sum over pairs of products of their directions.",
            instances="two inputs and three outputs",
            because="The entries of three 3 x 2 matrices of rank one are squared, with general vectors.",
            shows=sp.Eq(of_maps, of_pairs - 2 * sbar * with_teacher + sbar**2, evaluate=False),
            means={
                of_maps: distance,
                of_pairs: sum(strengths[i] * strengths[j] * grams[i][j] for i, j in modes),
                with_teacher: sum(x * grams[i][2] for i, x in enumerate(strengths)) / length,
                sbar: sbar * length,
            },
        ),
        Step(
            claim="With orthonormal modes every mode adds its own term to the test error, and 1 is that of silence.",
            instances="two modes",
            because="Products of different modes vanish, those with the teacher are the overlaps; divided by sbar^2.",
            shows=sp.Eq(test_error - 1, of_test, evaluate=False),
            means={test_error: of_modes(overlaps) / sbar**2, of_test: tested},
        ),
        best_student(),
        Step(
            claim="The squared distance of student and data is a sum over pairs of their common modes.",
            instances="two modes, two inputs and three outputs",
            because="The entries of two 3 x 2 matrices with the same two modes are squared, with general vectors.",
            shows=sp.Eq(of_data, of_gaps, evaluate=False),
            means={of_data: between, of_gaps: sum(gaps[i] * gaps[j] * grams[i][j] for i, j in modes)},
        ),
        Step(
            claim="Every mode adds its own term to the train error; silence leaves all of the squared labels, Y.",
            instances="two modes",
            because="Sigma31 itself leaves Y less the sum of shat^2; the squares are expanded and divided by Y.",
            shows=sp.Eq(train_error - 1, of_train, evaluate=False),
            means={train_error: left / Y, of_train: fitted},
        ),
    )


def _times() -> tuple[Step, ...]:
    test, train, *times = STATEMENT.right
    rates = [rate().subs({N_l: layers, MODE_VALUE: shat}) for layers in (3, 5)]
    any_rate = rate().subs(MODE_VALUE, shat)
    moving = sp.Function("a")(sp.Symbol("t", nonnegative=True))
    (time,) = moving.args
    slope = sp.diff(train.subs(a, moving), time).subs(sp.Derivative(moving, time), any_rate).subs(moving, a)
    test_error = sp.Function("e_test")(time)
    return (
        Step(
            claim="The times stated have the inverse of the mode's rate as slope, for three and for five layers.",
            because="They are differentiated by the strength and multiplied by the rate at N_l = 3 and N_l = 5.",
            obligation=tuple(sp.diff(at, a) * speed - 1 for at, speed in zip(times, rates, strict=True)),
            shows=sp.Eq(sp.Derivative(TIMES[1], a), 1 / rates[1], evaluate=False),
        ),
        Step(
            claim="They start at zero, so that they are the times of passage; the rate vanishes at shat only.",
            because="The strength a_0 is inserted.",
            obligation=tuple(at.subs(a, a_0) for at in times),
            shows=sp.Eq(sp.Tuple(*TIMES), sp.Tuple(*times), evaluate=False),
        ),
        Step(
            claim="The train error falls at all times; a mode's test error falls until a = sbar O and rises after it.",
            because="Both terms are differentiated by time, at any depth; the rate is positive while a < shat.",
            obligation=slope + 2 * (shat - a) / Y * any_rate,
            shows=sp.Eq(
                sp.Derivative(test_error, time),
                2 * (moving - sbar * O) / sbar**2 * sp.Derivative(moving, time),
                evaluate=False,
            ),
            means={test_error: test.subs(a, moving)},
        ),
    )
