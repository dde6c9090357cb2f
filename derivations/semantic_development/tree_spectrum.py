r"""Features that diffuse down a tree: the covariance of the items has the tree's distinctions as eigenvectors.

Premises: a regular tree with D levels of B branches; a feature is +1 or -1 with equal probability at the root and flips
with probability eps along each link, independently; N features are drawn independently, and the items are the leaves.
The slides say that the singular values can be computed and decrease, and print neither their values nor that N must be
infinite for the levels to be degenerate. With one-hot inputs the singular values of the input-output correlation are
s_l = sqrt(N lambda_l), up to the factor that the normalisation of the inputs brings.
"""

from __future__ import annotations

from itertools import product

import sympy as sp

from derivations import semantic_development
from derivations.calculus import ultrametric as um
from derivations.calculus.ultrametric import K
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import B, D, eps, l

SLIDE = Source(document="000", where="A hierarchical branching diffusion process; Object analyzer vectors")
DISTINCTIONS = Source(document="000", where="Progressive differentiation")
LINK = 1 - 4 * eps * (1 - eps)  # (1 - 2 eps)^2: what one more level leaves of the similarity of two items
DIFFERENCE = LINK ** (D - K) - LINK ** (D - K + 1)  # q_k - q_(k-1)
KEPT = sp.Symbol("c", positive=True)  # the letter for LINK

SPECTRUM = sp.Eq(
    sp.Tuple(sp.Symbol("lambda_0"), sp.Symbol("lambda_l"), sp.Symbol("n_l")),
    sp.Tuple(
        B**D * (LINK**D + sp.Sum(DIFFERENCE / B**K, (K, 1, D))),
        B**D * sp.Sum(DIFFERENCE / B**K, (K, l, D)),
        B**l - B ** (l - 1),
    ),
    evaluate=False,
)

STATEMENT = Statement(
    module=__name__,
    title="Spectrum of a hierarchical branching diffusion",
    formula=SPECTRUM,
    parameters=(
        semantic_development.BRANCHES,
        semantic_development.LINKS,
        semantic_development.LEVEL,
        semantic_development.FLIP,
    ),
    assumptions=semantic_development.DIFFUSION,
    regime=Exact(),
    letters=(sp.Eq(KEPT, LINK, evaluate=False),),
    sources=(SLIDE, Source(document="saxe2013hierarchical", where="hierarchical structure learning")),
    covers=("B1", "B13"),
    printed=(
        Printed(
            erratum="E42",
            kind="assumption",
            formula=SPECTRUM,
            note="Modes are said to correspond exactly to the distinctions of any tree. They do on a regular one, "
            "where each distinction of a level is an eigenvector; a branch with one item less mixes the levels.",
            source=DISTINCTIONS,
        ),
    ),
)


def eigenvalue() -> sp.Expr:
    """Eigenvalue of the distinctions of level l >= 1, as an expression in B, D, l and eps."""
    return STATEMENT.right[1]


def diffused(level: sp.Expr) -> sp.Expr:
    """Similarity q of two items whose nearest common ancestor stands at a level."""
    return LINK ** (D - level)


def derivation() -> tuple[Step, ...]:
    """From flips along links to similarities, and from an ultrametric matrix to its eigenvalues."""
    return (*_diffusion(), *um.spectrum(), *_inserted())


def _diffusion() -> tuple[Step, ...]:
    step = sp.Matrix([[1 - eps, eps], [eps, 1 - eps]])
    sign = sp.Matrix([1, -1])
    links = sp.Symbol("n", integer=True, nonnegative=True)
    frame, factors = step.diagonalize()
    after = frame * sp.diag(*(factor**links for factor in factors.diagonal())) * frame.inv()
    flip = (1 - sp.Symbol("kappa", real=True)) / 2  # by what 1 - 2 eps is
    q_k, product_along_path = map(sp.Symbol, ("q_k", "E[x_n x_0]"))
    drawn = []
    for branching in ((3,), (2, 2), (1, 3), (2, 1, 1)):
        found, items = _enumerated(branching), um.leaves(branching)
        drawn += [
            {q_k: found[i, j], K: um.ancestor_level(first, second), D: len(branching)}
            for i, first in enumerate(items)
            for j, second in enumerate(items)
        ]
    return (
        Step(
            claim="Along a path of n links the mean of a feature, given its first value, shrinks by (1 - 2 eps)^n.",
            because="The matrix of a link has the vector (1, -1) as eigenvector; its powers are those of its "
            "eigenvalues.",
            shows=sp.Eq(product_along_path, (1 - 2 * eps) ** links, evaluate=False),
            means={product_along_path: (sign.T * after)[0]},
        ),
        Step(
            claim="Items with a nearest common ancestor at level k are joined by 2(D-k) links: this is q_k.",
            because="The square of 1 - 2 eps is inserted for each of the D - k pairs of links.",
            shows=sp.Eq(q_k, (1 - 2 * eps) ** (2 * (D - K)), evaluate=False),
            means={q_k: sp.expand(diffused(K).subs(eps, flip)), eps: flip},
        ),
        Step(
            claim="Small trees have these similarities.",
            because="All flips along all links of four trees are enumerated with their probabilities.",
            shows=sp.Eq(q_k, diffused(K), evaluate=False),
            means=tuple(drawn),
        ),
    )


def _enumerated(branching: tuple[int, ...]) -> sp.Matrix:
    """Mean products of the items' features over all 2^links flips, each with its probability."""
    items, depth = um.leaves(branching), len(branching)
    links = sorted({item[:k] for item in items for k in range(1, depth + 1)})
    counts = [[[0] * (len(links) + 1) for _ in items] for _ in items]  # signed outcomes by number of flips
    for signs in product((1, -1), repeat=len(links)):
        flip = dict(zip(links, signs, strict=True))
        values = [sp.prod(flip[item[:k]] for k in range(1, depth + 1)) for item in items]
        flips = signs.count(-1)
        for i, first in enumerate(values):
            for j, second in enumerate(values):
                counts[i][j][flips] += int(first * second)
    weights = [eps**k * (1 - eps) ** (len(links) - k) for k in range(len(links) + 1)]
    return sp.Matrix(
        len(items), len(items), lambda i, j: sum(c * w for c, w in zip(counts[i][j], weights, strict=True))
    )


def _inserted() -> tuple[Step, ...]:
    def summand(expression: sp.Expr) -> sp.Expr:
        (total,) = expression.atoms(sp.Sum)
        return total.function

    def geometric(expression: sp.Expr) -> sp.Expr:
        return expression.replace(um.similarity, diffused)

    general = um.level_sum()
    of_mean = STATEMENT.right[0]
    whole = um.split_first(um.within().subs(l, 0))  # row sum of the matrix
    of_mean_and_below = sp.symbols("lambda_0 lambda_1")
    (stated,), (derived,) = eigenvalue().atoms(sp.Sum), general.atoms(sp.Sum)
    limits = [a - b for a, b in zip(stated.limits[0][1:], derived.limits[0][1:], strict=True)]
    (mean_sum,) = of_mean.atoms(sp.Sum)
    mean_limits = [a - b for a, b in zip(mean_sum.limits[0][1:], derived.subs(l, 1).limits[0][1:], strict=True)]
    distinctions, nodes_above, nodes = sp.symbols("n_l M_{l-1} M_l")
    return (
        Step(
            claim="The mean over all items has the row sum as eigenvalue: B^D q_0 more than a contrast of level 1.",
            because="The row sum is split after its first term.",
            shows=sp.Eq(of_mean_and_below[0], B**D * um.similarity(0) + of_mean_and_below[1], evaluate=False),
            means=dict(zip(of_mean_and_below, (whole, um.contrast_value().subs(l, 1)), strict=True)),
        ),
        Step(
            claim="With the similarities of the diffusion the terms are those of the statement.",
            because="q_k is inserted, and the sums are compared term by term and limit by limit.",
            obligation=(
                B**D * summand(eigenvalue()) - geometric(summand(general)),
                B**D * summand(of_mean) - geometric(summand(general)),
                *limits,
                *mean_limits,
                of_mean.subs(mean_sum, 0) - geometric(B**D * um.similarity(0)),
                eigenvalue() / stated - B**D,
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="The distinctions of levels 1 to l, with the mean, are as many as the nodes of level l.",
            because="A level adds its number of distinctions to the number of nodes above it; the root is one node.",
            shows=sp.Eq(distinctions + nodes_above, nodes, evaluate=False),
            means={distinctions: STATEMENT.right[2], nodes_above: B ** (l - 1), nodes: B**l},
        ),
    )
