"""Eigenvalue of a category from its coherence."""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.semantic_development import coherence
from numerics.measurement import Measurement
from numerics.semantic_development.branching_diffusion import coherence as category_coherence
from verify.checks import Precision
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.semantic_development import (
    BROAD,
    CONVENTION,
    DEEP,
    EXACT,
    FULL_BROAD,
    FULL_DEEP,
    POINTS,
    SAMPLED,
    features,
    named,
)
from verify.compile import Candidate
from verify.references.taxonomies import covariance, levels, trees

FINE_SIZES = ((1000, 24), (2000, 24), (4000, 24), (8000, 24))  # ratios have errors that show the second power
FULL_FINE_SIZES = ((2000, 48), (4000, 48), (8000, 48), (16000, 48))
ratios = partial(features, sizes=FINE_SIZES, full_sizes=FULL_FINE_SIZES, terms=2)


def category_eigenvalue(dps: int, point: Point) -> Any:
    """Eigenvalue of the level asked for."""
    return levels(point["B"], point["D"], point["eps"], dps)[point["l"]][0]


def similarities(dps: int, point: Point) -> dict[str, Any]:
    """B, D, l, and the mean similarity of the first item to its category and to the next category at its side."""
    matrix = covariance(point["B"], point["D"], point["eps"], dps)
    size = point["B"] ** (point["D"] - point["l"])
    row = [matrix[0, j] for j in range(2 * size)]
    means = {"C_in": mpmath.fsum(row[:size]) / size, "C_out": mpmath.fsum(row[size:]) / size}
    return {k: point[k] for k in ("B", "D", "l")} | means


def of_category(formula: Candidate, dps: int, point: Point) -> Any:
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


category = Precision(
    name="covariance of the tree", reference=category_eigenvalue, points=POINTS,
    evaluate=of_category, against=EXACT,
)  # fmt: skip

CLAIM = Claim(
    statement=coherence.STATEMENT,
    checks=(
        category,
        ratios(
            name="sampled categories, four levels",
            predict=per_coherence,
            quick=partial(category_coherence, depth=4, trees=DEEP),
            full=partial(category_coherence, depth=4, trees=FULL_DEEP),
            quantity="eigenvalue over coherence",
            series=named("ratio", DEEP),
        ),
        ratios(
            name="sampled categories, three levels",
            predict=per_coherence,
            quick=partial(category_coherence, depth=3, trees=BROAD),
            full=partial(category_coherence, depth=3, trees=FULL_BROAD),
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
                reference=category_eigenvalue,
                points=POINTS,
                evaluate=of_square_in_base_b,
                against=EXACT,
            ),
        )
    },
)
