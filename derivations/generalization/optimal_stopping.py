r"""The smallest test error of a student that learns one mode of noisy data before all others.

Premises: the teacher and the data of `spiked_singular_values`, and a linear student that starts so weakly that its
largest mode is learned while the others are still absent; the student is then a uhat vhat^T, with one strength a that
grows from 0 to shat. The test error is the mean squared error on fresh inputs over that of a student that says nothing.
The pages say that the smallest test error does not depend on the student; that is so in this limit only, for as long as
the start is not weak the student's other modes learn noise, the more so the more hidden neurons it has.
"""

from __future__ import annotations

import sympy as sp

from derivations import generalization
from derivations.calculus import matrix_product as mp
from derivations.generalization.spiked_singular_values import STATEMENT as SPIKED
from derivations.proof import Step
from derivations.statement import Limit, Printed, Source, Statement
from derivations.symbols import A, a, a_0, sbar, shat

SLIDE = Source(document="001", where="Match between theory and numerics for training and testing error")
ERROR, STRENGTH = sp.Symbol("e_test", positive=True), sp.Symbol("a_opt", positive=True)
FORMULA = sp.Eq(
    sp.Tuple(STRENGTH, ERROR),
    sp.Tuple(
        (sbar**4 - A) / (sbar * sp.sqrt((1 + sbar**2) * (A + sbar**2))),
        1 - (sbar**4 - A) ** 2 / (sbar**4 * (1 + sbar**2) * (A + sbar**2)),
    ),
    evaluate=False,
)

STATEMENT = Statement(
    module=__name__,
    title="Test error at the optimal stopping time",
    formula=FORMULA,
    parameters=SPIKED.parameters,
    assumptions=(
        *SPIKED.assumptions,
        "The student starts balanced and decoupled in the modes of the data; their strengths a_0 go to zero.",
        generalization.CLEAN_TEST,
        generalization.RELATIVE_ERROR,
        "Training stops where the error is smallest.",
    ),
    regime=Limit(parameter=a_0, towards=sp.S.Zero, rate=a_0 ** (1 - (1 + sp.sqrt(A)) / shat)),
    sources=(SLIDE,),
    covers=("C8",),
    printed=(
        Printed(
            erratum="E14",
            kind="assumption",
            formula=FORMULA,
            note="The error is said not to depend on the number of hidden units at all; it does unless a_0 is tiny.",
            source=SLIDE,
        ),
    ),
    uses=("generalization.spiked_singular_values",),
)


def derivation() -> tuple[Step, ...]:
    """From the distance of student and teacher through its minimum in the student's strength to the overlaps."""
    overlap = sp.Symbol("O", positive=True)
    teacher_u, teacher_v = mp.matrix("ubar", 3, 1), mp.matrix("vbar", 2, 1)
    u, v = mp.matrix("uhat", 3, 1), mp.matrix("vhat", 2, 1)

    def square(vector: sp.Matrix) -> sp.Expr:
        return (vector.T * vector)[0]

    distance = sum(e**2 for e in a * u * v.T - sbar * teacher_u * teacher_v.T)
    lengths = square(u) * square(v), square(teacher_u) * square(teacher_v), (u.T * teacher_u * v.T * teacher_v)[0]
    error = (a**2 + sbar**2 - 2 * a * sbar * overlap) / sbar**2
    best = sbar * overlap
    strength, smallest = STATEMENT.right
    found, *squares = SPIKED.right
    return (
        Step(
            claim="The error of one mode is a quadratic in its strength, with the product O = O_u O_v of the overlaps.",
            because="The squared distance of two explicit 3 x 2 matrices of rank one is expanded; all vectors have "
            "unit length, and white inputs turn the distance into the mean squared error.",
            obligation=distance - a**2 * lengths[0] - sbar**2 * lengths[1] + 2 * a * sbar * lengths[2],
            shows=sp.Eq(ERROR, error, evaluate=False),
        ),
        Step(
            claim="It is smallest at a = sbar O, where it is 1 - O^2.",
            because="Completing the square: what is left over the smallest error is not negative.",
            obligation=error - (1 - overlap**2) - (a - best) ** 2 / sbar**2,
            shows=sp.Eq(sp.Tuple(STRENGTH, ERROR), sp.Tuple(best, 1 - overlap**2), evaluate=False),
        ),
        Step(
            claim="The student passes this strength on its way to shat: sbar O lies below shat.",
            because="The difference of their squares is a ratio of sums of positive terms.",
            obligation=found**2
            - sbar**2 * squares[0] * squares[1]
            - (A + 2 * sbar**2 + 1) * (A * sbar**2 + 2 * A + sbar**2) / ((A + sbar**2) * (1 + sbar**2)),
            shows=sp.Lt(STRENGTH, found, evaluate=False),
        ),
        Step(
            claim="With the overlaps of the data these are the strength and the error stated.",
            because="The overlaps of the buried teacher are inserted; the strength is positive above the threshold.",
            obligation=(strength**2 - sbar**2 * squares[0] * squares[1], smallest - 1 + squares[0] * squares[1]),
            shows=STATEMENT.formula,
        ),
    )
