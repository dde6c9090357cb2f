r"""When the test error of a student turns round, and how far it rises.

Premises: those of `optimal_stopping`: a teacher of rank one behind noisy labels, and students whose modes follow the
learning curve of `mode_logistic` from the same initial strength a_0. The pages say that the error rises again and give
no formula. Two causes are told apart: the largest mode passes the strength sbar O that is best at the time t_opt and
goes on to shat, which raises the error of a student of one neuron by E_1; and a wide student goes on to learn the noise
modes one after the other, which raises its error in proportion to the number N_3 of outputs. Without noise both vanish:
shat is then sbar and O is 1, so that the best strength is never passed.
"""

from __future__ import annotations

import sympy as sp

from derivations import generalization
from derivations.calculus import gradient_flow
from derivations.calculus.rectangular_noise import SQUARE, TRACES, D, W, noise_transform
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.deep_linear.mode_logistic import curve
from derivations.generalization.detection_wave import STATEMENT as DETECTION_WAVE
from derivations.generalization.optimal_stopping import STATEMENT as OPTIMAL_STOPPING
from derivations.generalization.spiked_singular_values import STATEMENT as SPIKED
from derivations.generalization.width_independence import added
from derivations.proof import Step
from derivations.statement import Limit, Source, Statement
from derivations.symbols import N_1, N_3, A, O, a, a_0, a_s, s, sbar, shat, t, tau

TURN, RISE = sp.Symbol("t_opt", positive=True), sp.Symbol("E_1", positive=True)
TEST = sp.Symbol("e_test", positive=True)
ANGLE = sp.Symbol("omega", real=True)  # places the noise's singular values in their band
LARGEST = sp.sqrt((1 + sbar**2) * (A + sbar**2)) / sbar
LEVEL = sp.sqrt(1 + A + 2 * sp.sqrt(A) * sp.cos(ANGLE))
MODE = LEVEL / (1 + (LEVEL / a_0 - 1) * sp.exp(-2 * LEVEL * t / tau))
WEIGHT = 2 * sp.sin(ANGLE) ** 2 / (sp.pi * LEVEL**2)

STATEMENT = Statement(
    module=__name__,
    title="Turn and rise of the test error",
    formula=sp.Eq(
        sp.Tuple(TURN, RISE, sp.Limit(TEST / N_3, N_3, sp.oo)),
        sp.Tuple(
            tau / (2 * shat) * sp.log((shat / a_0 - 1) * (sbar**4 - A) / ((1 + A) * sbar**2 + 2 * A)),
            ((1 + A) * sbar**2 + 2 * A) ** 2 / (sbar**4 * (1 + sbar**2) * (A + sbar**2)),
            sp.Integral(WEIGHT * MODE**2, (ANGLE, 0, sp.pi)) / sbar**2,
        ),
        evaluate=False,
    ),
    where=(sp.Eq(shat, LARGEST, evaluate=False),),
    parameters=(
        *SPIKED.parameters,
        gradient_flow.INITIAL_STRENGTH.narrowed("the same for every mode", typical=(0.001, 0.05)),
        gradient_flow.TIME.narrowed(typical=(0.3, 2.5)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *SPIKED.assumptions,
        *(text for text in MODE_LOGISTIC.assumptions if text not in SPIKED.assumptions),
        generalization.EQUAL_STARTS,
        generalization.CLEAN_TEST,
        generalization.RELATIVE_ERROR,
        "Turn and rise are those of one hidden neuron that starts below the best strength, sbar O_u O_v, and of any "
        "student in the limit of a faint start, until it learns the noise; the third formula is for students with as "
        "many hidden neurons as the data have modes.",
    ),
    regime=Limit(parameter=N_1, towards=sp.oo, rate=1 / N_1),
    letters=(sp.Eq(sp.Symbol("s_omega", positive=True), LEVEL, evaluate=False),),
    sources=(Source(document="001", where="Match between theory and numerics for training and testing error"),),
    covers=("C5",),
    uses=(
        "deep_linear.mode_logistic",
        "generalization.detection_wave",
        "generalization.optimal_stopping",
        "generalization.spiked_singular_values",
        "generalization.width_independence",
    ),
)
INTERLACING = Source(document="horn2012matrix", where="interlacing of singular values under a change of rank one")


def derivation() -> tuple[Step, ...]:
    """From the slope of the error in one mode's strength to the turn, the rise, and the noise learned later."""
    overlap, modes = sp.Symbol("O", positive=True), sp.Function("a")(t)
    error = (a**2 + sbar**2 - 2 * a * sbar * overlap) / sbar**2
    turn, rise, noise = STATEMENT.right
    best, smallest = OPTIMAL_STOPPING.right
    value, *squares = SPIKED.right
    passage = DETECTION_WAVE.right[0]
    log_of_passage, log_of_turn = ((e / e.atoms(sp.log).pop(), e.atoms(sp.log).pop().args[0]) for e in (passage, turn))
    z = sp.Symbol("z", positive=True)  # stands for e^(i omega)
    level = LEVEL**2
    at_angle = sp.sqrt(A) * z  # where D = 1 / (sqrt(A) z)
    outer, inner = (TRACES[0].subs(D, d) for d in (z / sp.sqrt(A), 1 / at_angle))
    jump = (z - 1 / z) / (sp.sqrt(A) * W)
    around = jump.subs(z - 1 / z, 2 * sp.I * sp.sin(ANGLE)).subs(W, level)
    (integral,) = noise.atoms(sp.Integral)
    stable = sp.sympify(MODE_LOGISTIC.stable).subs(s, LEVEL)
    density = sp.Symbol(r"\rho(\omega)")
    below = (ANGLE - sp.sin(ANGLE) * sp.cos(ANGLE)) / sp.pi  # the part of the squared noise below an angle
    return (
        Step(
            claim="The error of a mode falls while its strength is below sbar O, and rises from then on.",
            because="The error of one mode is differentiated by time; modes grow at all times.",
            shows=sp.Eq(
                sp.Derivative(TEST, t), 2 * (modes - sbar * overlap) * sp.Derivative(modes, t) / sbar**2, evaluate=False
            ),
            means={TEST: error.subs(a, modes)},
        ),
        Step(
            claim="The largest mode passes the best strength on its way, at the time stated, if it starts below it.",
            because="The strength at the smallest error and the singular value of the buried teacher are inserted into "
            "the argument of the logarithm in the time of passage.",
            obligation=(
                log_of_passage[0] - log_of_turn[0],
                (log_of_passage[1].subs(a, best) - log_of_turn[1]).subs(shat, value),
                STATEMENT.where[0].rhs - value,
            ),
            shows=sp.Eq(TURN, turn, evaluate=False),
        ),
        Step(
            claim="From there to its final strength shat it raises the error by the amount stated.",
            because="The error of one mode at shat, with the overlaps of the data, less the smallest one.",
            obligation=(
                (value**2 + sbar**2 - 2 * value * best) / sbar**2 - smallest - rise,
                best**2 - sbar**2 * squares[0] * squares[1],
            ),
            shows=sp.Eq(RISE, rise, evaluate=False),
        ),
        Step(
            claim="Without noise the error never rises.",
            because="With shat = sbar and O = 1 the error is the square of what is missing, and no mode passes sbar.",
            shows=sp.Eq(TEST, (1 - a / sbar) ** 2, evaluate=False),
            means={TEST: error.subs(overlap, 1)},
        ),
        *noise_transform(),
        Step(
            claim="The squared singular values of the noise are 1 + A + 2 sqrt(A) cos(omega).",
            because="On the cut |D| = 1 / sqrt(A), so D = 1 / (sqrt(A) z) with z = e^(i omega) is inserted into w(D).",
            shows=sp.Eq(W, level, evaluate=False),
            means={W: SQUARE.subs(D, 1 / at_angle).subs(z, sp.exp(sp.I * ANGLE))},
        ),
        Step(
            claim="Their density per output and angle is 2 sin(omega)^2 / (pi w).",
            because="The jump of g over the cut, between D = z / sqrt(A) and 1 / (sqrt(A) z), with z - 1 / z = 2 i "
            "sin(omega), is divided by 2 pi i and multiplied by the slope of w.",
            obligation=outer - inner - jump,
            shows=sp.Eq(density, WEIGHT, evaluate=False),
            means={density: around / (2 * sp.pi * sp.I) * -sp.diff(level, ANGLE)},
        ),
        *_per_output(),
        Step(
            claim="The error per output is the average of the squared learning curve over the density of the noise.",
            because="The curve is inserted in its stable form, and compared with the integral stated.",
            obligation=(
                integral.function - WEIGHT * stable**2,
                noise * sbar**2 - integral,
                curve().subs(s, LEVEL) - stable,
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="At the end a wide student has learned all noise, and its error is N_3 / sbar^2.",
            because="The squared final strength times the density is 2 sin(omega)^2 / pi; its antiderivative is "
            "differentiated, and grows by one from 0 to pi.",
            obligation=sp.diff(below, ANGLE) - WEIGHT * level,
            shows=sp.Eq(sp.Limit(TEST / N_3, t, sp.oo), 1 / sbar**2, evaluate=False),
            means={TEST: N_3 * (below.subs(ANGLE, sp.pi) - below.subs(ANGLE, 0)) / sbar**2},
        ),
    )


def _per_output() -> tuple[Step, ...]:
    """From the terms of all modes to those of the noise: what the teacher adds is lost among N_3 outputs."""
    outputs, inputs, products = sp.symbols("x y S", nonnegative=True)  # of the modes so far: x^2, y^2 and S add up
    more_output, more_input = sp.symbols("p q", nonnegative=True)  # overlaps of one mode more
    slack = outputs**2 * inputs**2 - products**2
    one_more = (outputs**2 + more_output**2) * (inputs**2 + more_input**2) - (products + more_output * more_input) ** 2
    remainder = (outputs * more_input - inputs * more_output) ** 2
    remainder += 2 * more_output * more_input * (outputs * inputs - products)
    of_teacher = sbar**2 + 2 * sbar * shat + shat**2  # silence, all cross terms at most, and the largest mode
    total, crossed = map(sp.Symbol, (r"\sum_s a_s^2", r"\sum_s O_s a_s"))
    density, of_level = sp.Symbol(r"\rho(\omega)"), sp.Function("a")(sp.Symbol(r"s(\omega)"), t)
    learned = sp.Integral(density * of_level**2, (ANGLE, 0, sp.pi))
    return (
        Step(
            claim="Every mode adds its squared strength and a cross term with the teacher.",
            because="The change of the error by one mode is multiplied by sbar^2.",
            shows=sp.Eq(sbar**2 * TEST, sbar**2 + total - 2 * sbar * crossed, evaluate=False),
            means={TEST: 1 + added(), total: a_s**2, crossed: O * a_s},
        ),
        Step(
            claim="However many modes there are, the sizes |O_s| of their overlap products add up to at most one.",
            because="By induction over the modes, S^2 <= x^2 y^2 for the sums of products and of squares: one mode "
            "more leaves a square and a product of numbers that are not negative. The squares of a unit vector's "
            "overlaps with orthogonal directions add up to at most one.",
            obligation=(one_more - slack - remainder, slack.subs({outputs: 0, inputs: 0, products: 0})),
            shows=sp.Le(sp.Symbol(r"\sum_s |O_s|"), 1, evaluate=False),
        ),
        Step(
            claim="So the teacher, all cross terms and the largest mode vanish per output.",
            because="No strength exceeds the largest singular value, and cross terms are at most 2 sbar shat together.",
            shows=sp.Eq(sp.Limit(of_teacher / N_3, N_3, sp.oo), 0, evaluate=False),
            means={},
        ),
        Step(
            claim="The other modes of the data have, per output, the law of the noise alone.",
            because="A teacher of rank one moves no singular value of the noise beyond its neighbour.",
            assumption=INTERLACING,
            shows=sp.Eq(sp.Limit(sbar**2 * TEST / N_3, N_3, sp.oo), learned, evaluate=False),
        ),
    )
