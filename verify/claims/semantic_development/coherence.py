"""The eigenvalue of a category from two mean similarities, both measured on the same tree.

The formula gets mean similarities from rows of an explicit covariance, or from sampled features, and must give the
eigenvalue that is found by diagonalising the same matrix. Neither side knows the similarities that a diffusion would
have. With samples the ratio of eigenvalue and coherence is compared, since both fluctuate together.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.semantic_development import coherence
from numerics.measurement import Measurement
from numerics.semantic_development.branching_diffusion import spectrum_over_coherence
from verify.checks import Precision
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.semantic_development import (
    CONVENTION,
    FOUR_LEVELS,
    FULL_FOUR_LEVELS,
    FULL_THREE_LEVELS,
    LINK_BY_LINK,
    LOWEST_LEVELS,
    SAMPLED_FEATURES,
    THREE_LEVELS,
    TREES_AND_LEVELS,
    feature_ladder,
    series_of_trees,
)
from verify.compile import Candidate
from verify.references.taxonomies import covariance, levels, number, trees

FINE_SIZES = ((1000, 24), (2000, 24), (4000, 24), (8000, 24))  # ratios have errors that show the second power
FULL_FINE_SIZES = ((2000, 48), (4000, 48), (8000, 48), (16000, 48))
ratio_ladder = partial(feature_ladder, sizes=FINE_SIZES, full_sizes=FULL_FINE_SIZES, terms=2)


def category_eigenvalue(dps: int, point: Point) -> Any:
    """Eigenvalue of the level asked for."""
    return number(levels(point["B"], point["D"], point["eps"])[point["l"]][0])


def similarities(dps: int, point: Point) -> dict[str, Any]:
    """B, D, l, and the mean similarity of the first item to its category and to the next category at its side."""
    matrix = covariance(point["B"], point["D"], point["eps"], dps)
    size = point["B"] ** (point["D"] - point["l"])
    row = [matrix[0, j] for j in range(2 * size)]
    means = {"C_in": mpmath.fsum(row[:size]) / size, "C_out": mpmath.fsum(row[size:]) / size}
    return {k: point[k] for k in ("B", "D", "l")} | means


def of_first_category(formula: Candidate, dps: int, point: Point) -> Any:
    """The formula with the similarities of a tree's first category."""
    return formula.mpmath(dps, **similarities(dps, point))


def of_square_in_base_b(formula: Candidate, dps: int, point: Point) -> Any:
    """The printed form read for the squared singular value over the number of items, with B in the place of e."""
    values = similarities(dps, point)
    squared = formula.mpmath(dps, **{**values, "l": point["l"] * mpmath.log(point["B"])})
    return point["B"] ** point["D"] * mpmath.sqrt(squared)


def per_coherence(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Eigenvalue of each level over the difference of the similarities it is made of, (trees, levels)."""
    inside, outside = (np.asarray(measured.given[name]) for name in ("inside", "outside"))
    rows = [
        formula.numpy(B=tree["B"], D=tree["D"], l=np.arange(1, tree["D"] + 1), C_in=inside[row], C_out=outside[row])
        for row, tree in enumerate(trees(measured))
    ]
    return np.array(rows) / (inside - outside)


eigenvalue_from_similarities = Precision(
    name="covariance of the tree",
    reference=category_eigenvalue,
    points=TREES_AND_LEVELS + LOWEST_LEVELS,
    evaluate=of_first_category,
    against=LINK_BY_LINK,
)

CLAIM = Claim(
    statement=coherence.STATEMENT,
    checks=(
        eigenvalue_from_similarities,
        ratio_ladder(
            name="sampled categories, four levels",
            predict=per_coherence,
            quick=partial(spectrum_over_coherence, depth=4, trees=FOUR_LEVELS),
            full=partial(spectrum_over_coherence, depth=4, trees=FULL_FOUR_LEVELS),
            quantity="eigenvalue lambda_l over coherence",
            series=series_of_trees("ratio", FOUR_LEVELS),
        ),
        ratio_ladder(
            name="sampled categories, three levels",
            predict=per_coherence,
            quick=partial(spectrum_over_coherence, depth=3, trees=THREE_LEVELS),
            full=partial(spectrum_over_coherence, depth=3, trees=FULL_THREE_LEVELS),
            quantity="eigenvalue lambda_l over coherence",
            series=series_of_trees("ratio", THREE_LEVELS),
        ),
    ),
    quantities=("lambda_l",),
    convention=CONVENTION,
    independence=SAMPLED_FEATURES + " Similarities are means over the sampled features.",
    printed={
        "E9": Ordeal(
            fails=eigenvalue_from_similarities,
            holds=Precision(
                name="read for the square, in base B",
                reference=category_eigenvalue,
                points=TREES_AND_LEVELS + LOWEST_LEVELS,
                evaluate=of_square_in_base_b,
                against=LINK_BY_LINK,
            ),
        )
    },
)
