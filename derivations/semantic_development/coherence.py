r"""Coherence of a category: its eigenvalue, freed of the number of items that the level leaves in a category.

Premises: a regular tree with D levels of B branches, and a similarity of items that depends on the level of their
nearest common ancestor alone, as a branching diffusion makes it. The slides print "singular value = coherence *
exp(-level)" with coherence = similarity of descendants - similarity to the nearest out-category. It is exact for the
square of the singular value, with the branching number in the place of e, in units of the number of items, and with the
similarity of an item to itself among the descendants'.
"""

from __future__ import annotations

import sympy as sp

from derivations import semantic_development
from derivations.calculus import matrix_product as mp
from derivations.calculus import ultrametric as um
from derivations.proof import Step
from derivations.semantic_development import tree_spectrum
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import B, C_in, C_out, D, l

SLIDE = Source(document="000", where="What is a useful mathematical definition of category coherence?")
LAMBDA = sp.Symbol("lambda_l")

STATEMENT = Statement(
    module=__name__,
    title="Eigenvalue of a category from its coherence",
    formula=sp.Eq(LAMBDA, B ** (D - l) * (C_in - C_out), evaluate=False),
    parameters=(
        semantic_development.BRANCHES,
        semantic_development.LINKS,
        semantic_development.LEVEL,
        semantic_development.WITHIN,
        semantic_development.BETWEEN.narrowed("the nearest"),
    ),
    assumptions=(
        semantic_development.REGULAR_TREE,
        "The similarity of two items depends on the level of their nearest common ancestor alone.",
        "lambda_l is an eigenvalue of the matrix of similarities: the squared singular value per feature.",
        "A category of level l has B^(D-l) items; the mean over them includes the item itself.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="saxe2013hierarchical", where="hierarchical structure learning")),
    covers=("B4",),
    uses=("semantic_development.tree_spectrum",),
    printed=(
        Printed(
            erratum="E9",
            kind="convention",
            formula=sp.Eq(LAMBDA, ((C_in - C_out) * sp.exp(-l)) ** 2, evaluate=False),
            note="Printed for the singular value itself; exact for its square over the number of items, with B for e.",
            source=SLIDE,
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the row of an ultrametric matrix to the two mean similarities."""
    formula = STATEMENT.right[0]
    size = B ** (D - l)
    row = um.contrast_value()
    means = {C_in: um.within() / size, C_out: um.similarity(l - 1)}
    similarities, contrast = mp.letter("C"), mp.letter("v")
    drawn, counts = [], []
    for branching in ((2, 2, 2), (3, 3), (4, 4)):
        base, depth = branching[0], len(branching)
        q = [sp.Symbol(f"q_{k}", real=True) for k in range(depth + 1)]
        matrix, items = um.tree_matrix(branching, q), um.leaves(branching)
        for level in range(1, depth + 1):
            vector = um.contrasts(branching, level)[:, 0]
            members = [j for j, item in enumerate(items) if item[:level] == items[0][:level]]
            sibling = [j for j, entry in enumerate(vector) if entry == -1]
            inside, outside = (sum(matrix[0, j] for j in part) / len(part) for part in (members, sibling))
            at = {B: base, D: depth, l: level}
            value = formula.subs({**at, C_in: inside, C_out: outside})
            drawn.append({similarities: matrix, contrast: vector, LAMBDA: value})
            counts.append(len(members) - size.subs(at))
    (of_diffusion,), of_levels = tree_spectrum.eigenvalue().atoms(sp.Sum), um.level_sum()
    inserted = of_levels.function.replace(um.similarity, tree_spectrum.diffused)
    return (
        Step(
            claim="In explicit trees the two mean similarities of a category give its eigenvalue.",
            because="Means over the rows of three trees, with a symbol for the similarity at each level, are inserted.",
            obligation=tuple(counts),
            shows=sp.Eq(similarities * contrast, LAMBDA * contrast, evaluate=False),
            means=tuple(drawn),
        ),
        *um.spectrum()[2:],
        Step(
            claim="The row sum is the number of items of the category times the difference of the two means.",
            because="The sum over the category is its size times C_in; the sibling has as many items, all at C_out.",
            obligation=sp.expand(formula.subs(means) - row),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="For a branching diffusion it is the eigenvalue found before.",
            because="The similarities of the diffusion are inserted into the sum over levels, term by term.",
            obligation=tuple(x - y for x, y in zip(of_diffusion.limits[0][1:], of_levels.limits[0][1:], strict=True)),
            shows=sp.Eq(LAMBDA, tree_spectrum.eigenvalue(), evaluate=False),
            means={LAMBDA: inserted, of_diffusion: of_diffusion.function},
        ),
    )
