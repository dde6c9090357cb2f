r"""The smallest test error of a student of noisy data, whatever its width and depth, in the limit of a faint start.

Premises: the teacher and the data of `spiked_singular_values`, and a linear student whose modes start with the same
strength a_0, as many as its hidden neurons can hold. Every mode adds a term of its own to the test error, which is the
mean squared error on fresh inputs over that of a student that says nothing. That the largest mode is learned while the
others are still absent is shown, not assumed: by `width_independence` and `deep_width_independence` they are as faint
as a power of a_0 when the error is smallest. The pages say that the smallest test error does not depend on the student;
that is so in this limit only. For as long as the start is not weak the student's other modes learn noise, the more so
the more hidden neurons it has. A student without a hidden layer learns all modes alike, noise and all, from any start.
"""

from __future__ import annotations

import sympy as sp

from derivations import generalization
from derivations.calculus.matrix_product import solved
from derivations.calculus.rectangular_noise import ISOTROPY
from derivations.deep_linear.shallow_has_no_stages import STATEMENT as SHALLOW
from derivations.generalization.deep_width_independence import STRENGTH as DEEP_STRENGTH
from derivations.generalization.noisy_teacher import STATEMENT as NOISY_TEACHER
from derivations.generalization.spiked_singular_values import INPUTS
from derivations.generalization.spiked_singular_values import STATEMENT as SPIKED
from derivations.generalization.width_independence import (
    EDGE,
    above_the_edge,
    added,
    left_behind,
    left_behind_residual,
)
from derivations.proof import Step
from derivations.statement import Limit, Printed, Source, Statement
from derivations.symbols import N_1, N_3, A, O, a, a_0, a_s, r_s, s, sbar, shat, sigma_z

SLIDE = Source(document="001", where="Match between theory and numerics for training and testing error")
ERROR, STRENGTH = sp.Symbol("e_test", positive=True), sp.Symbol("a_opt", positive=True)
RATE = a_0 ** (1 - (1 + sp.sqrt(A)) / SPIKED.right[0])  # of three layers; deeper students are faster
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
        "The student starts balanced and decoupled in the modes of the data, all with the same strength a_0, which "
        "goes to zero; it has one hidden layer at least, and may have any width and any depth.",
        "Where the hidden neurons are in proportion to the inputs a_0 goes to zero first, at finite sizes: the noise "
        "that faint modes hold adds up over all of them.",
        generalization.CLEAN_TEST,
        generalization.RELATIVE_ERROR,
        "Training stops where the error is smallest.",
    ),
    regime=Limit(parameter=a_0, towards=sp.S.Zero, rate=RATE),
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
    uses=(
        "deep_linear.shallow_has_no_stages",
        "generalization.deep_width_independence",
        "generalization.noisy_teacher",
        "generalization.spiked_singular_values",
        "generalization.width_independence",
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the errors that the modes add, at all times and at the best one, to the limit of a faint start."""
    term = added().subs(a_s, a)
    best, noise = sbar * O, sp.Symbol(r"\sum_s O_s^2", nonnegative=True)
    added_up, other = sp.Symbol(r"\sum_s e_s"), sp.Symbol("O_s", real=True)  # of a mode of the noise
    of_noise = added().subs(O, other)
    strength, smallest = STATEMENT.right
    found, *squares = SPIKED.right
    faint, corrections = left_behind()
    power = sp.Symbol("p", positive=True)  # 1 - s / shat, of a mode below the largest one
    gained = sp.Symbol(r"\lim\; a_s / a_0^{1 - s/\hat{s}}")
    slowest = a_0 * sp.diff(sp.log(RATE), a_0)
    fraction = SHALLOW.right[0].subs(a_0, 0) / s  # of every mode, without a hidden layer
    part, length = sp.Symbol("f", nonnegative=True), NOISY_TEACHER.right[2].subs(sigma_z, 1 / sp.sqrt(N_1))
    shallow = (part**2 * length - 2 * part * sbar**2 + sbar**2) / sbar**2
    least = sp.Symbol(r"\min_f \mathrm{E}\, e_{\mathrm{test}}")
    return (
        Step(
            claim="Whatever its width and depth, every mode that the student holds adds a term of its own to the "
            "error.",
            because="The change by one more mode does not depend on the others; it is that of the largest mode, too.",
            shows=sp.Eq(ERROR, 1 + added_up, evaluate=False),
            means={ERROR: (a**2 + sbar**2 - 2 * a * sbar * O) / sbar**2, added_up: term},
        ),
        Step(
            claim="At all times the error is at least 1 - O^2 less the sum of O_s^2 over the noise modes.",
            because="The square is completed in every term: the largest mode's, with O = O_u O_v, and those of the "
            "noise.",
            shows=sp.Ge(ERROR, 1 - O**2 - noise, evaluate=False),
            means=({ERROR: 1 + term, noise: 0}, {ERROR: 1 - O**2 + of_noise, noise: other**2}),
        ),
        Step(
            claim="That sum vanishes in large layers.",
            because="The outputs' overlaps of the noise modes add up to one at most in squares, and the largest of the "
            "inputs' overlaps goes to zero: no mode of the noise knows the teacher's directions.",
            assumption=ISOTROPY,
            shows=sp.Eq(sp.Limit(noise, INPUTS, sp.oo), 0, evaluate=False),
        ),
        Step(
            claim="The student passes the strength sbar O on its way to shat: sbar O lies below shat.",
            because="Their difference is a ratio of sums of positive terms.",
            shows=sp.Lt(STRENGTH, found, evaluate=False),
            means={STRENGTH: strength},
        ),
        Step(
            claim="When it does, the other modes of a student of three layers are as faint as a power of a_0.",
            because="Their inverse strength is 1 / s and a multiple of the inverse power; the multiple tends to a "
            "positive number, and what is left of the power is finite below shat.",
            obligation=(left_behind_residual(), sp.limit(a_0**power, a_0, 0)),
            shows=sp.Eq(gained, (a * shat / (shat - a)) ** (s / shat), evaluate=False),
            means={gained: faint / a_0 ** (1 - s / shat) / corrections.subs(a_0, 0)},
        ),
        Step(
            claim="Of the noise its edge 1 + sqrt(A) is slowest to vanish; it stays below shat above the threshold.",
            because="The power falls with s, and the squared edge differs from the squared shat by a square.",
            obligation=slowest - (1 - EDGE / found),
            shows=sp.Gt(shat, EDGE, evaluate=False),
            means=above_the_edge(),
        ),
        Step(
            claim="In deeper students the other modes are even fainter, of the order of a_0.",
            because="Such a mode has gained a finite factor.",
            shows=sp.Eq(sp.Limit(a_s / a_0, a_0, 0), r_s, evaluate=False),
            means={a_s: DEEP_STRENGTH},
        ),
        Step(
            claim="So the smallest error lies between 1 - O^2 less that sum and 1 - O^2: it is 1 - O^2, at a = sbar O.",
            because="Modes of no strength add nothing, the square vanishes at the best strength, and it grows on "
            "either side of it.",
            obligation=(added().subs(a_s, 0), 1 + term - (1 - O**2) - (a - best) ** 2 / sbar**2),
            shows=sp.Eq(sp.Tuple(STRENGTH, ERROR), sp.Tuple(best, 1 - O**2), evaluate=False),
            means={STRENGTH: solved(sp.diff(term, a), a), ERROR: 1 + term.subs(a, best)},
        ),
        Step(
            claim="With the overlaps of the data these are the strength and the error stated.",
            because="The overlaps of the buried teacher are inserted; the strength is positive above the threshold.",
            obligation=(strength**2 - sbar**2 * squares[0] * squares[1], smallest - 1 + squares[0] * squares[1]),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Without a hidden layer the error is never below N_3 / (N_3 + sbar^2), averaged over the noise, and "
            "that tends to 1 for many outputs.",
            because="From zero one fraction f of all of the correlation is learned. Its mean is the teacher, its mean "
            "squared length sbar^2 + N_3, and the square is completed.",
            obligation=(
                sp.diff(fraction, s),
                shallow - N_3 / (N_3 + sbar**2) - (length / sbar**2) * (part - sbar**2 / length) ** 2,
            ),
            shows=sp.Eq(least, N_3 / (N_3 + sbar**2), evaluate=False),
            means={least: shallow.subs(part, solved(sp.diff(shallow, part), part))},
        ),
    )
