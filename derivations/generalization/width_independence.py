r"""What one more hidden neuron does to the test error of a student of three layers, and when it does nothing.

Premises: those of `mode_logistic` for the student, which starts with every mode of the data that its hidden neurons can
hold at the same strength a_0, and those of `optimal_stopping` for the teacher. Each further hidden neuron lets the
student hold one further mode of the data, of singular value s. While the largest mode grows to a strength a, that mode
grows to a_s, and adds e_s to the test error. The pages say that the smallest test error does not depend on the width:
every e_s would vanish at the best time. They vanish for a_0 to zero, like a_0^(1 - s / shat); close to the threshold of
the teacher the exponent is so small that no start is faint enough in practice.
"""

from __future__ import annotations

import sympy as sp

from derivations import generalization
from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.deep_linear.mode_logistic import curve
from derivations.generalization.detection_wave import STATEMENT as DETECTION_WAVE
from derivations.generalization.optimal_stopping import STATEMENT as OPTIMAL_STOPPING
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
    formula=sp.Eq(ADDED, (a_s**2 - 2 * sbar * O * a_s) / sbar**2),
    where=(sp.Eq(a_s, s / (1 + (s / a_0 - 1) * ((shat / a - 1) / (shat / a_0 - 1)) ** (s / shat))),),
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
        "generalization.optimal_stopping",
        "generalization.spiked_singular_values",
    ),
)


def strength() -> sp.Expr:
    """Strength of the mode of singular value s when the largest one, of shat, has the strength a."""
    return STATEMENT.where[0].rhs


def added() -> sp.Expr:
    """Change of the test error by a mode of strength a_s whose overlaps have the product O."""
    return STATEMENT.right[0]


def derivation() -> tuple[Step, ...]:
    """From the distance of student and teacher and the curves of two modes to the limit of a faint start."""
    teacher_u, teacher_v = mp.matrix("ubar", 3, 1), mp.matrix("vbar", 2, 1)
    first_u, first_v, u, v = (mp.matrix(n, k, 1) for n, k in (("uhat", 3), ("vhat", 2), ("u", 3), ("v", 2)))

    def dot(one: sp.Matrix, two: sp.Matrix) -> sp.Expr:
        return (one.T * two)[0]

    def distance(student: sp.Matrix) -> sp.Expr:
        return sum(entry**2 for entry in student - sbar * teacher_u * teacher_v.T)

    first, further = a * first_u * first_v.T, a_s * u * v.T
    crossed = 2 * a * a_s * dot(first_u, u) * dot(first_v, v)
    product = dot(u, teacher_u) * dot(v, teacher_v)
    lengths = dot(u, u) * dot(v, v)
    time = DETECTION_WAVE.right[0]
    begun, gone = sp.Symbol("g", positive=True), sp.Symbol("y", positive=True)  # shat/a_0 = 1 + g, a/shat = y/(1 + y)
    positive = {a: shat * gone / (1 + gone), a_0: shat / (1 + begun)}
    faint = a_0 ** (1 - s / shat) * (a * shat / (shat - a)) ** (s / shat)
    corrections = (1 - a_0 / s) * (1 - a_0 / shat) ** (-s / shat)
    found = (curve().subs(t, time) - strength()).subs(positive)
    inverse = (1 / strength() - 1 / s - corrections / faint).subs(positive)
    value, *squares = SPIKED.right
    best = sbar * O
    exponent = 1 - (1 + sp.sqrt(A)) / shat
    return (
        Step(
            claim="A further mode changes the squared distance to the teacher by terms of its own only.",
            because="Squared distances of explicit 3 x 2 matrices of rank two and one are subtracted; modes have unit "
            "length and are orthogonal to each other, so that the last term vanishes.",
            obligation=distance(first + further)
            - distance(first)
            - crossed
            - (a_s**2 * lengths - 2 * a_s * sbar * product),
            shows=sp.Eq(sbar**2 * ADDED, a_s**2 - 2 * sbar * O * a_s, evaluate=False),
        ),
        Step(
            claim="Over the squared singular value of the teacher this is the change stated.",
            because="With lengths of one and the product O of the overlaps; white inputs turn distances into errors.",
            obligation=(a_s**2 * lengths - 2 * a_s * sbar * product).subs(_unit(u, v, teacher_u, teacher_v)) / sbar**2
            - added().subs(O, _unit_overlap()),
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
            because="The change is evaluated there and added to the error 1 of a student that says nothing; the "
            "square is completed, and the product of the overlaps of the buried teacher is inserted.",
            obligation=(
                1 + added() - (1 - O**2) - (a_s - best) ** 2 / sbar**2,
                OPTIMAL_STOPPING.right[1] - 1 + squares[0] * squares[1],
            ),
            shows=sp.Eq(BEST, 1 - O**2, evaluate=False),
        ),
        Step(
            claim="No width gains more than the squared overlap product of each further mode, which noise has not.",
            because="The same square for a further mode: its change is a square minus O^2, and in large layers the "
            "squares of the noise modes' overlap products add up to nothing.",
            obligation=added() + O**2 - (a_s / sbar - O) ** 2,
            shows=sp.Ge(ADDED, -(O**2), evaluate=False),
        ),
        Step(
            claim="From a faint start a smaller mode is left behind like a power of a_0.",
            because="The inverse strength is written in the same growth factors; the corrections are of relative order "
            "a_0, and of the order of the strength itself.",
            obligation=inverse,
            shows=sp.Eq(1 / a_s, 1 / s + corrections / faint, evaluate=False),
        ),
        Step(
            claim="The power is positive for all noise, 1 - (1 + sqrt(A)) / shat at its edge, and 0 at the threshold.",
            because="The squared edge of the noise is subtracted from the squared singular value of the buried "
            "teacher; the difference is a square that vanishes at sbar = A^(1/4).",
            obligation=value**2 - (1 + sp.sqrt(A)) ** 2 - (sbar**2 - sp.sqrt(A)) ** 2 / sbar**2,
            shows=sp.Gt(exponent, 0, evaluate=False),
        ),
    )


def _unit_overlap() -> sp.Expr:
    p, q = sp.symbols("p q", real=True)
    return p * q


def _unit(u: sp.Matrix, v: sp.Matrix, teacher_u: sp.Matrix, teacher_v: sp.Matrix) -> dict:
    """Unit vectors in the frame of the teacher, whose overlaps with it are p and q."""
    p, q = sp.symbols("p q", real=True)
    values = ((u, (p, sp.sqrt(1 - p**2), 0)), (v, (q, sp.sqrt(1 - q**2))), (teacher_u, (1, 0, 0)), (teacher_v, (1, 0)))
    return {symbol: number for vector, numbers in values for symbol, number in zip(vector, numbers, strict=True)}
