r"""The spectrum of a branching diffusion decreases with the level: broad distinctions are stronger than fine ones.

Premises: those of `tree_spectrum`. The slides state the decrease for a small probability of a flip; it holds for every
probability but 1/2, where all items are uncorrelated and all eigenvalues are the same. It is a
statement on regular trees: where branches differ, a distinction of a deeper level may be the stronger one.
"""

from __future__ import annotations

import sympy as sp

from derivations import semantic_development
from derivations.calculus import ultrametric as um
from derivations.proof import Step
from derivations.semantic_development import tree_spectrum
from derivations.semantic_development.tree_spectrum import diffused, eigenvalue
from derivations.statement import Exact, Source, Statement
from derivations.symbols import B, D, eps, l

LAMBDA = tuple(map(sp.Symbol, ("lambda_0", "lambda_1", "lambda_l", r"\lambda_{l+1}")))
_DECAY = B * (1 - 4 * eps * (1 - eps))

STATEMENT = Statement(
    module=__name__,
    title="Eigenvalues decrease with the level",
    formula=sp.Eq(
        sp.Tuple(LAMBDA[0] - LAMBDA[1], LAMBDA[2] - LAMBDA[3]),
        sp.Tuple(_DECAY**D, 4 * eps * (1 - eps) * _DECAY ** (D - l)),
        evaluate=False,
    ),
    parameters=(
        semantic_development.BRANCHES,
        semantic_development.LINKS,
        semantic_development.LEVEL.narrowed("and here below it", typical=(1, 3)),
        semantic_development.FLIP,
    ),
    assumptions=(
        *semantic_development.DIFFUSION,
        "The flips are not fair: at eps = 1/2 items are uncorrelated, and all eigenvalues are the same.",
    ),
    regime=Exact(),
    letters=(sp.Eq(tree_spectrum.KEPT, tree_spectrum.LINK, evaluate=False),),
    sources=(
        Source(document="000", where="Singular values; Progressive differentiation"),
        Source(document="saxe2013hierarchical", where="hierarchical structure learning"),
    ),
    covers=("B2",),
    uses=("semantic_development.tree_spectrum",),
)


def derivation() -> tuple[Step, ...]:
    """From the sum over levels to one term of it, and to its sign."""
    top, stated = STATEMENT.right
    eigen = eigenvalue()
    levels = {LAMBDA[2]: sp.expand(um.split_first(eigen)), LAMBDA[3]: sp.expand(eigen.subs(l, l + 1))}
    similarities = {um.similarity(level): diffused(level) for level in (l, l - 1)}
    step = B ** (D - l) * (um.similarity(l) - um.similarity(l - 1))
    gap = LAMBDA[2] - LAMBDA[3]
    of_mean = tree_spectrum.STATEMENT.right[0]
    odds = sp.Symbol("omega", positive=True)  # eps / (1 - eps)
    above = sp.Symbol("h", integer=True, positive=True)
    inserted = {eps: odds / (1 + odds)}
    share = 4 * eps * (1 - eps)
    squares = (4 * odds / (1 + odds) ** 2, ((1 - odds) / (1 + odds)) ** 2)
    return (
        Step(
            claim="Neighbouring levels differ by one term of the sum over levels.",
            because="The sum is split after its first term; what is left is the eigenvalue of the next level.",
            shows=sp.Eq(gap, step, evaluate=False),
            means={**levels, **similarities},
        ),
        Step(
            claim="The mean exceeds the distinctions of level 1 by B^D times the similarity of unrelated items.",
            because="The two eigenvalues are subtracted.",
            obligation=B**D * diffused(sp.S.Zero) - top,
            shows=sp.Eq(LAMBDA[0] - LAMBDA[1], B**D * um.similarity(0), evaluate=False),
            means={LAMBDA[0]: of_mean, LAMBDA[1]: eigen.subs(l, 1), um.similarity(0): diffused(sp.S.Zero)},
        ),
        Step(
            claim="With the similarities of the diffusion that is the difference stated.",
            because="Two levels that are one apart have similarities that differ by the factor 1 - 4 eps (1 - eps).",
            obligation=stated - step.subs(similarities),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Both factors are positive for all odds omega = eps / (1 - eps) of a flip but omega = 1, eps = 1/2.",
            because="One is a ratio of positive numbers, the other the square of a number that vanishes there alone.",
            obligation=share.subs(inserted) - squares[0],
            shows=sp.Eq(1 - share, squares[1], evaluate=False),
            means=inserted,
        ),
        Step(
            claim="At eps = 1/2 all eigenvalues are the same.",
            because="The differences are evaluated there, for a level that is any number of levels above the last.",
            obligation=top.subs(eps, sp.S.Half),
            shows=sp.Eq(gap, 0, evaluate=False),
            means={gap: stated.subs(D, l + above).subs(eps, sp.S.Half)},
        ),
    )
