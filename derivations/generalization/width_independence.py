r"""What one more hidden neuron does to the test error of a student of three layers, and when it does nothing.

Premises: those of `mode_logistic` for the student, which starts with every mode of the data that its hidden neurons can
hold at the same strength a_0, and those of `spiked_singular_values` for the teacher. Each further hidden neuron lets
the student hold one further mode of the data, of singular value s. While the largest mode grows to a strength a, that
mode grows to a_s, and adds e_s to the test error. The pages say that the smallest test error does not depend on the
width: every e_s would vanish at the best time. They vanish for a_0 to zero, like a_0^(1 - s / shat); close to the
threshold of the teacher the exponent is so small that no start is faint enough in practice.
"""

from __future__ import annotations

import sympy as sp

from derivations import generalization
from derivations.calculus import gradient_flow
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.deep_linear.mode_logistic import curve
from derivations.generalization.detection_wave import STATEMENT as DETECTION_WAVE
from derivations.generalization.spiked_singular_values import BEYOND_THRESHOLD
from derivations.generalization.spiked_singular_values import STATEMENT as SPIKED
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import A, O, a, a_0, a_s, s, sbar, shat, t

SLIDE = Source(document="001", where="Match between theory and numerics for training and testing error")
ADDED = sp.Symbol("e_s", real=True)
FIRST, BEST = sp.Symbol("e_1", positive=True), sp.Symbol("e_opt", positive=True)
LARGEST = generalization.DATA.narrowed("the largest", typical=(1.9, 3.5))
SMALLER = generalization.MODE.narrowed("the one added")
STUDENT_ASSUMPTIONS = (generalization.EQUAL_STARTS, generalization.CLEAN_TEST, generalization.RELATIVE_ERROR)

STATEMENT = Statement(
    module=__name__,
    title="What a hidden neuron adds to the test error",
    formula=sp.Eq(ADDED, (a_s**2 - 2 * sbar * O * a_s) / sbar**2, evaluate=False),
    where=(sp.Eq(a_s, s / (1 + (s / a_0 - 1) * ((shat / a - 1) / (shat / a_0 - 1)) ** (s / shat)), evaluate=False),),
    parameters=(
        SMALLER,
        LARGEST,
        gradient_flow.STRENGTH.narrowed("of the largest mode", typical=(0.3, 1.8)),
        gradient_flow.INITIAL_STRENGTH.narrowed("the same for every mode", typical=(0.001, 0.2)),
        generalization.TEACHER,
        generalization.OVERLAP.narrowed(domain=sp.Interval.open(-1, 1), typical=(-0.7, 0.9)),
    ),
    assumptions=(
        *MODE_LOGISTIC.assumptions,
        *STUDENT_ASSUMPTIONS,
        "The strength a lies between a_0 and shat, and s is at most shat.",
    ),
    regime=Exact(),
    sources=(SLIDE,),
    covers=("C6",),
    printed=(
        Printed(
            erratum="E14",
            kind="assumption",
            formula=sp.Eq(ADDED, 0),
            note="A further hidden neuron is said to leave the smallest test error alone; that needs a tiny a_0.",
            source=SLIDE,
        ),
    ),
    uses=(
        "deep_linear.mode_logistic",
        "generalization.detection_wave",
        "generalization.spiked_singular_values",
    ),
)

_BEGUN, _GONE = sp.Symbol("g", positive=True), sp.Symbol("y", positive=True)  # shat/a_0 = 1 + g, a/shat = y/(1 + y)
EDGE = 1 + sp.sqrt(A)  # of the noise
GROWTH = {a: shat * _GONE / (1 + _GONE), a_0: shat / (1 + _BEGUN)}


def strength() -> sp.Expr:
    """Strength of the mode of singular value s when the largest one, of shat, has the strength a."""
    return STATEMENT.where[0].rhs


def added() -> sp.Expr:
    """Change of the test error by a mode of strength a_s whose overlaps have the product O."""
    return STATEMENT.right[0]


def left_behind() -> tuple[sp.Expr, sp.Expr]:
    """1 / a_s is 1 / s + corrections / faint: (faint, a power of a_0; corrections, which go to one as a_0 to zero)."""
    faint = a_0 ** (1 - s / shat) * (a * shat / (shat - a)) ** (s / shat)
    return faint, (1 - a_0 / s) * (1 - a_0 / shat) ** (-s / shat)


def left_behind_residual() -> sp.Expr:
    """What vanishes if `left_behind` is right, in growth factors."""
    faint, corrections = left_behind()
    return (1 / strength() - 1 / s - corrections / faint).subs(GROWTH)


def above_the_edge() -> dict[sp.Symbol, sp.Expr]:
    """The largest singular value as the edge of the noise and what their squares differ by over their sum."""
    gap = SPIKED.right[0] ** 2 - EDGE**2
    return {shat: (EDGE + gap / (shat + EDGE)).subs(BEYOND_THRESHOLD).factor(), **BEYOND_THRESHOLD}


def derivation() -> tuple[Step, ...]:
    """From the distance of student and teacher and the curves of two modes to the limit of a faint start."""
    index = sp.symbols("i j", integer=True)  # of outputs and of inputs, however many there are
    names = ("ubar", "vbar", "uhat", "vhat", "u", "v")
    teacher_u, teacher_v, first_u, first_v, u, v = (
        sp.Function(name, real=True)(index[k % 2]) for k, name in enumerate(names)
    )
    # entries of the maps; products of entries add up over i and j to products of scalar products
    teacher, first, further = sbar * teacher_u * teacher_v, a * first_u * first_v, a_s * u * v
    crossed = 2 * a * a_s * (first_u * u) * (first_v * v)
    product, lengths = (u * teacher_u) * (v * teacher_v), u**2 * v**2
    own, with_teacher = sp.Symbol("ell", positive=True), sp.Symbol("omega", real=True)
    time = DETECTION_WAVE.right[0]
    faint, corrections = left_behind()
    found = (curve().subs(t, time) - strength()).subs(GROWTH)
    best = sbar * O
    return (
        Step(
            claim="A further mode changes the squared distance to the teacher by terms of its own only.",
            because="Squares of an entry of the maps are subtracted. Added up over all entries, products of entries "
            "are products of scalar products; modes are orthogonal to each other, so that the crossed term vanishes.",
            obligation=(first + further - teacher) ** 2
            - (first - teacher) ** 2
            - crossed
            - (a_s**2 * lengths - 2 * a_s * sbar * product),
            shows=sp.Eq(sbar**2 * ADDED, a_s**2 - 2 * sbar * O * a_s, evaluate=False),
        ),
        Step(
            claim="Over the squared singular value of the teacher this is the change stated.",
            because="With lengths of one and the product O of the overlaps; white inputs turn distances into errors.",
            obligation=(a_s**2 * own - 2 * a_s * sbar * with_teacher).subs({own: 1, with_teacher: O}) / sbar**2
            - added(),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="When the largest mode has the strength a, a smaller one has the strength a_s stated.",
            because="The time at which the largest mode passes a is inserted into the learning curve of the other, in "
            "growth factors g = shat / a_0 - 1 and y = a / (shat - a), which are positive.",
            obligation=(found, strength().subs(s, shat) - a),
            shows=STATEMENT.where[0],
        ),
        Step(
            claim="At the strength sbar O the largest mode alone leaves the error 1 - O^2, the smallest one.",
            because="The change is added to the error 1 of a student that says nothing, and the square is completed.",
            obligation=1 + added() - (1 - O**2) - (a_s - best) ** 2 / sbar**2,
            shows=sp.Eq(BEST, 1 - O**2, evaluate=False),
            means={BEST: 1 + added().subs(a_s, best)},
        ),
        Step(
            claim="No width gains more than the squared overlap product of each further mode, which noise has not.",
            because="The same square for a further mode: its change is a square minus O^2, and in large layers the "
            "squares of the noise modes' overlap products add up to nothing.",
            shows=sp.Ge(ADDED, -(O**2), evaluate=False),
            means={ADDED: added()},
        ),
        Step(
            claim="From a faint start a smaller mode is left behind like a power of a_0.",
            because="The inverse strength is written in the same growth factors; the corrections are of relative order "
            "a_0, and of the order of the strength itself.",
            shows=sp.Eq(1 / a_s, 1 / s + corrections / faint, evaluate=False),
            means={a_s: strength().subs(GROWTH), **GROWTH},
        ),
        Step(
            claim="The power is positive for all noise, 1 - (1 + sqrt(A)) / shat at its edge, and 0 at the threshold.",
            because="The squared edge of the noise is subtracted from the squared singular value of the buried "
            "teacher; the difference is a square that vanishes at sbar = A^(1/4).",
            obligation=SPIKED.right[0] ** 2 - EDGE**2 - (sbar**2 - sp.sqrt(A)) ** 2 / sbar**2,
            shows=sp.Gt(1 - EDGE / shat, 0, evaluate=False),
            means=above_the_edge(),
        ),
    )
