"""The spectrum of data from a tree."""

from __future__ import annotations

from functools import partial

from derivations.semantic_development import (
    coherence,
    spectrum_decreases,
    tree_spectrum,
)
from numerics.semantic_development import branching_diffusion as diffusion
from verify.checks import Precision
from verify.claim import Claim, Ordeal
from verify.claims.semantic_development import features, named
from verify.references import semantic_development as reference
from verify.references import semantic_differentiation as differentiation

# regular trees: number of branches, probability of a flip along a link
BROAD, FULL_BROAD = ((3, 0.12), (2, 0.83)), ((3, 0.12), (4, 0.83))  # three levels

DEEP, FULL_DEEP = ((2, 0.11),), ((2, 0.11), (3, 0.9))  # four levels

FEW_SIZES = ((2000, 24), (4000, 24), (8000, 32))  # enough for means over a level

FINE_SIZES = ((1000, 24), (2000, 24), (4000, 24), (8000, 24))  # ratios have errors that show the second power

FULL_FINE_SIZES = ((2000, 48), (4000, 48), (8000, 48), (16000, 48))

POINTS = (
    {"B": 3, "D": 3, "l": 2, "eps": "0.137"}, {"B": 2, "D": 4, "l": 3, "eps": "0.083"},
    {"B": 4, "D": 2, "l": 1, "eps": "0.871"}, {"B": 5, "D": 2, "l": 1, "eps": "0.21"},
)  # fmt: skip

CONVENTION = (
    "lambda_l is an eigenvalue of the items' covariance per feature, with features +1 or -1: the squared singular "
    "value of the items x features matrix over N."
)

SAMPLED = "Features are sampled down the tree link by link; levels are told apart by the gaps of the spectrum alone."

ALONG = " That the squares along the tree's own distinctions equal them makes these the singular vectors."

EXACT = "eigenvalues of the covariance that is carried down the tree link by link"

ratios = partial(features, sizes=FINE_SIZES, full_sizes=FULL_FINE_SIZES, terms=2)

category = Precision(
    name="covariance of the tree", reference=reference.category_eigenvalue, points=POINTS,
    evaluate=reference.of_category, against=EXACT,
)  # fmt: skip


CLAIMS = (
    Claim(
        statement=tree_spectrum.STATEMENT,
        checks=(
            Precision(
                name="covariance of the tree",
                reference=reference.tree_levels,
                points=POINTS,
                against=EXACT,
            ),
            features(
                name="sampled features, four levels",
                predict=reference.level_means,
                sizes=FEW_SIZES,
                quick=partial(diffusion.spectrum, depth=4, trees=DEEP),
                full=partial(diffusion.spectrum, depth=4, trees=FULL_DEEP),
                quantity="eigenvalue",
                style="stem",
                picture=differentiation.tree_of_items,
                series=named("mean", DEEP) + named("sum of a level", DEEP) + named("along the tree", DEEP),
            ),
            features(
                name="sampled features, three levels",
                predict=reference.level_means,
                sizes=FEW_SIZES,
                quick=partial(diffusion.spectrum, depth=3, trees=BROAD),
                full=partial(diffusion.spectrum, depth=3, trees=FULL_BROAD),
                quantity="eigenvalue",
                style="stem",
                series=named("mean", BROAD) + named("sum of a level", BROAD) + named("along the tree", BROAD),
            ),
        ),
        convention=CONVENTION,
        independence=SAMPLED + ALONG,
    ),
    Claim(
        statement=spectrum_decreases.STATEMENT,
        checks=(
            Precision(
                name="covariance of the tree",
                reference=reference.level_gaps,
                points=POINTS,
                against=EXACT,
            ),
            features(
                name="sampled features, four levels",
                predict=reference.level_differences,
                quick=partial(diffusion.gaps, depth=4, trees=DEEP),
                full=partial(diffusion.gaps, depth=4, trees=FULL_DEEP),
                quantity="eigenvalue minus the next",
                series=named("difference", DEEP),
            ),
            features(
                name="sampled features, three levels",
                predict=reference.level_differences,
                quick=partial(diffusion.gaps, depth=3, trees=BROAD),
                full=partial(diffusion.gaps, depth=3, trees=FULL_BROAD),
                quantity="eigenvalue minus the next",
                series=named("difference", BROAD),
            ),
        ),
        convention=CONVENTION,
        independence=SAMPLED,
    ),
    Claim(
        statement=coherence.STATEMENT,
        checks=(
            category,
            ratios(
                name="sampled categories, four levels",
                predict=reference.per_coherence,
                quick=partial(diffusion.coherence, depth=4, trees=DEEP),
                full=partial(diffusion.coherence, depth=4, trees=FULL_DEEP),
                quantity="eigenvalue over coherence",
                series=named("ratio", DEEP),
            ),
            ratios(
                name="sampled categories, three levels",
                predict=reference.per_coherence,
                quick=partial(diffusion.coherence, depth=3, trees=BROAD),
                full=partial(diffusion.coherence, depth=3, trees=FULL_BROAD),
                quantity="eigenvalue over coherence",
                series=named("ratio", BROAD),
            ),
        ),
        convention=CONVENTION,
        independence=SAMPLED + " Similarities are means over the sampled features.",
        printed={
            "E9": Ordeal(
                fails=category,
                holds=Precision(
                    name="read for the square, in base B",
                    reference=reference.category_eigenvalue,
                    points=POINTS,
                    evaluate=reference.of_square_in_base_b,
                    against=EXACT,
                ),
            )
        },
    ),
)
