r"""Of categories of one size, the more coherent one is learned sooner; across sizes it need not be.

Premises: those of `mode_logistic` and `progressive_differentiation`, and two sibling categories of n_c items each.
Every item is on average as similar to its own category (C_in) and to the other (C_out) as every other of the two; items
elsewhere are as similar to the one as to the other. The tree around them may be irregular. The slides print the theorem
"Coherent categories are learned faster!" without saying that the sizes must be the same, and that the network must
differentiate progressively on any data of the class. An irregular tree breaks both: two lone items that part at level 2
are more coherent than two categories of eight items that part at level 3, and are learned later.
"""

from __future__ import annotations

import sympy as sp

from derivations import semantic_development
from derivations.calculus import gradient_flow
from derivations.calculus import ultrametric as um
from derivations.deep_linear import learning_time
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.deep_linear.mode_logistic import curve
from derivations.proof import Step
from derivations.semantic_development import coherence, progressive_differentiation
from derivations.semantic_development.progressive_differentiation import SMALL_START, START
from derivations.statement import Exact, Parameter, Printed, Source, Statement
from derivations.symbols import B, C_in, C_out, D, a_0, a_f, l, n_c, s, tau

APART, HALF, S_C = sp.Symbol("d_c"), sp.Symbol("t_c"), sp.Symbol("s_c", positive=True)
SLIDE = Source(document="000", where="What is a useful mathematical definition of category coherence?")
LONE, CROWD = (0, 0, 0, 0), (1, 0, 0)  # irregular tree: two lone items in branch 0, twice eight items in branch 1
IRREGULAR = (LONE, (0, 1, 0, 0), *((*CROWD, k) for k in range(8)), *((1, 0, 1, k) for k in range(8)))


def _learned(strength: sp.Expr) -> sp.Tuple:
    """Distance of the two categories at time t, and the time at which it is half of the last one."""
    mode = sp.sympify(MODE_LOGISTIC.stable).subs(s, strength)
    return sp.Tuple(sp.sqrt(2 / n_c) * mode, tau * sp.log(strength / a_0 - 1) / (2 * strength))


STATEMENT = Statement(
    module=__name__,
    title="Coherent categories are learned faster, at equal size",
    formula=sp.Eq(sp.Tuple(APART, HALF), _learned(S_C), evaluate=False),
    where=(sp.Eq(S_C, sp.sqrt(n_c * (C_in - C_out)), evaluate=False),),
    parameters=(
        gradient_flow.TIME.narrowed(typical=(0.3, 3.0)),
        Parameter(symbol=n_c, meaning="items of the category", domain=sp.Range(1, sp.oo), typical=(3, 9)),
        semantic_development.WITHIN.narrowed(typical=(0.55, 0.95)),
        semantic_development.BETWEEN.narrowed("its sibling", typical=(0.05, 0.35)),
        START,
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        "Two sibling categories have n_c items each; every item has the same mean similarity to its own category and "
        "to the other, and items elsewhere are as similar to the one as to the other.",
        semantic_development.ONE_HOT,
        *(sentence for sentence in MODE_LOGISTIC.assumptions if sentence != gradient_flow.WHITENED),
        SMALL_START.replace("s_l", "s_c"),
        "d_c is the distance between the mean outputs of the two; at t_c it is half of its last value.",
        "Coherence is C_in - C_out. It orders the times of categories of one size n_c; across sizes n_c enters as "
        "well.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="saxe2013hierarchical", where="hierarchical structure learning")),
    covers=("B5",),
    uses=(
        "deep_linear.mode_logistic",
        "deep_linear.learning_time",
        "semantic_development.coherence",
        "semantic_development.progressive_differentiation",
    ),
    printed=(
        Printed(
            erratum="E10",
            kind="assumption",
            formula=sp.Eq(sp.Tuple(APART, HALF), _learned(sp.sqrt(C_in - C_out)), evaluate=False),
            note="Printed for coherence alone, and for any data of the class; the order holds among categories of one "
            "size, and an irregular tree reverses it.",
            source=SLIDE,
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From similarities to the singular value, the time and its order in the coherence; and a counterexample."""
    return (*_eigenvalue(), *_time(), _irregular())


def similarity_matrix(items: tuple[tuple[int, ...], ...], values: list[sp.Expr]) -> sp.Matrix:
    """Similarity of every two leaves of any tree, from the similarity at each level of the nearest common ancestor."""
    return sp.Matrix(len(items), len(items), lambda i, j: values[um.ancestor_level(items[i], items[j])])


def _contrast(items: tuple[tuple[int, ...], ...], first: tuple[int, ...], second: tuple[int, ...]) -> sp.Matrix:
    """One category minus another, both named by the branches that lead to them."""
    return sp.Matrix([(item[: len(first)] == first) - (item[: len(second)] == second) for item in items])


def _means(matrix: sp.Matrix, vector: sp.Matrix) -> tuple[int, sp.Expr, sp.Expr]:
    """Size of the category with entries 1, its mean similarity, and that to the category with entries -1."""
    inside, outside = ([k for k, entry in enumerate(vector) if entry == sign] for sign in (1, -1))
    row = matrix.row(inside[0])
    return len(inside), sum(row[k] for k in inside) / len(inside), sum(row[k] for k in outside) / len(outside)


def _eigenvalue() -> tuple[Step, ...]:
    cases = (
        (IRREGULAR, (0, 0), (0, 1)),
        (IRREGULAR, CROWD, (1, 0, 1)),
        (((0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0), (2, 0, 0), (2, 1, 0)), (0, 0), (0, 1)),
        (((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0)), (0,), (1,)),
    )
    elsewhere = sp.Symbol("C_x", real=True)  # mean similarity of an item elsewhere to either category
    value = STATEMENT.where[0].rhs ** 2
    rows = {
        1: (C_in, C_out),
        -1: (C_out, C_in),
        0: (elsewhere, elsewhere),
    }  # entry of the contrast: to first, to second
    residuals = [n_c * to_first - n_c * to_second - value * entry for entry, (to_first, to_second) in rows.items()]
    for items, first, second in cases:
        q = [sp.Symbol(f"q_{k}", real=True) for k in range(len(items[0]) + 1)]
        matrix, vector = similarity_matrix(items, q), _contrast(items, first, second)
        size, inside, outside = _means(matrix, vector)
        strength = STATEMENT.where[0].rhs.subs({n_c: size, C_in: inside, C_out: outside})
        residuals.append((matrix * vector - strength**2 * vector).expand())
    of_size = value / n_c
    return (
        Step(
            claim="Two such categories, one minus the other, are an object analyzer of any tree, with singular "
            "value s_c.",
            because="A row of the similarities times the contrast is n_c times a difference of two mean similarities: "
            "for an item of the one, of the other, and elsewhere, where it vanishes. Matrices of four irregular "
            "trees, with a symbol for each level's similarity, act on the contrasts as well.",
            obligation=tuple(residuals),
            shows=sp.Eq(S_C**2, n_c * (C_in - C_out), evaluate=False),
        ),
        Step(
            claim="In a regular tree this is the eigenvalue of a category found before.",
            because="The number of items B^(D-l) of a category is inserted.",
            shows=sp.Eq(n_c, B ** (D - l), evaluate=False),
            means={n_c: coherence.STATEMENT.right[0] / of_size},
        ),
    )


def _time() -> tuple[Step, ...]:
    distance, stated = STATEMENT.right
    contrast, mode = sp.Symbol("C", positive=True), sp.Symbol("a")  # coherence; mode strength
    strength = sp.sqrt(n_c * contrast)
    half = learning_time.learning_time().subs(a_f, s / 2)
    by_coherence = sp.diff(half.subs(s, strength), contrast)
    chain = sp.diff(half, s).subs(s, strength) * n_c / (2 * strength)
    return (
        Step(
            claim="The mean outputs of the two are apart by the mode strength times the length of the contrast.",
            because="The contrast of two means over n_c items has squared length 2 / n_c, and the map multiplies it "
            "by a.",
            obligation=distance - sp.sqrt(2 / n_c) * curve().subs(s, S_C),
            shows=sp.Eq(APART, sp.sqrt(2 / n_c) * mode, evaluate=False),
            means={APART: sp.sqrt(2 * n_c * (1 / n_c) ** 2) * mode},  # 2 n entries of size 1 / n
        ),
        Step(
            claim="The time to half of the singular value is the time stated.",
            because="The final strength s / 2 is inserted into the learning time.",
            obligation=half - stated.subs(S_C, s),
            shows=STATEMENT.formula,
        ),
        *progressive_differentiation.faster_when_stronger(),
        Step(
            claim="At one size the singular value grows with coherence, so the time falls with it.",
            because="By the chain rule the slope is that by s, which is negative, times n_c / (2 s).",
            obligation=by_coherence - chain,
            shows=sp.Eq(sp.Derivative(HALF, contrast), n_c / (2 * S_C) * sp.Derivative(HALF, S_C), evaluate=False),
        ),
    )


def _irregular() -> Step:
    similarity = [sp.Rational(16, 25) ** (4 - k) for k in range(5)]  # flips with probability 1/10 along four links
    matrix = similarity_matrix(IRREGULAR, similarity)
    lone, crowd = _contrast(IRREGULAR, (0, 0), (0, 1)), _contrast(IRREGULAR, CROWD, (1, 0, 1))
    first, second = _means(matrix, lone), _means(matrix, crowd)
    coherences = first[1] - first[2], second[1] - second[2]
    eigenvalues = sp.Rational("0.737856"), sp.Rational("2.2032")
    of_one, of_eight = sp.symbols("C_1 C_8")
    return Step(
        claim="In a tree with flips of 1/10 two items part at level 2 with coherence 0.738 and eigenvalue 0.738; two "
        "categories of eight items part at level 3 with coherence 0.275, but eigenvalue 2.203: they split first.",
        because="The matrix of the 18 items acts on both contrasts; coherences are means over its rows.",
        obligation=(
            matrix * lone - eigenvalues[0] * lone,
            matrix * crowd - eigenvalues[1] * crowd,
            coherences[0] - sp.Rational("0.737856"),
            coherences[1] - sp.Rational("0.2754"),
        ),
        shows=sp.Gt(8 * of_eight, of_one, evaluate=False),
        means=dict(zip((of_one, of_eight), coherences, strict=True)),
    )
