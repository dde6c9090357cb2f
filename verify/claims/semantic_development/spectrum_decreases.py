"""Differences of neighbouring eigenvalues, against explicit covariances and sampled features.

The formula is a product of powers; the references subtract eigenvalues that are found numerically, without a sum over
levels, and the samples subtract means over the gaps of a measured spectrum. Depth and branching differ from check to
check, and flips lie on both sides of 1/2.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from flint import arb

from derivations.semantic_development import spectrum_decreases
from numerics.measurement import Measurement
from numerics.semantic_development.branching_diffusion import spectrum_differences
from verify.checks import Certified, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.semantic_development import (
    CONVENTION,
    FOUR_LEVELS,
    FULL_FOUR_LEVELS,
    FULL_THREE_LEVELS,
    LINK_BY_LINK,
    SAMPLED_FEATURES,
    THREE_LEVELS,
    TREES_AND_LEVELS,
    feature_ladder,
    series_of_trees,
)
from verify.compile import Candidate
from verify.references.taxonomies import exact_level, levels, number, trees


def level_gaps(dps: int, point: Point) -> list:
    """Largest eigenvalue minus the next, and that of the level asked for minus that of the level below."""
    found = [number(value) for value, _ in levels(point["B"], point["D"], point["eps"])]
    here, below = found[point["l"]], found[point["l"] + 1]
    return [found[0] - found[1], here - below]


def level_differences(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Eigenvalue of each level minus that of the next, (trees, levels - 1)."""
    rows = []
    for tree in trees(measured):
        first, others = formula.numpy(**tree, l=np.arange(1, tree["D"]))
        rows.append([first[0], *others])
    return np.array(rows)


def exact_gaps(bits: int, point: Point) -> list[Any]:
    """Differences of the eigenvalues of contrasts, as exact fractions."""
    values = [exact_level(point["B"], point["D"], k, point["eps"]) for k in (0, 1, point["l"], point["l"] + 1)]
    return [arb(values[0] - values[1]), arb(values[2] - values[3])]


CLAIM = Claim(
    statement=spectrum_decreases.STATEMENT,
    checks=(
        Certified(
            name="contrasts of branches in exact fractions",
            reference=exact_gaps,
            against="the covariance of a tree applied to contrasts of its branches",
            values=("lambda_0 - lambda_1", "lambda_l - lambda_l+1"),
            points=({"B": 3, "D": 4, "l": 2, "eps": "0.137"}, {"B": 2, "D": 5, "l": 3, "eps": "0.043"}),
        ),
        Precision(
            name="covariance of the tree",
            reference=level_gaps,
            points=TREES_AND_LEVELS,
            against=LINK_BY_LINK,
        ),
        feature_ladder(
            name="sampled features, four levels",
            predict=level_differences,
            quick=partial(spectrum_differences, depth=4, trees=FOUR_LEVELS),
            full=partial(spectrum_differences, depth=4, trees=FULL_FOUR_LEVELS),
            quantity="eigenvalue lambda_l minus the next",
            series=series_of_trees("difference", FOUR_LEVELS),
        ),
        feature_ladder(
            name="sampled features, three levels",
            predict=level_differences,
            quick=partial(spectrum_differences, depth=3, trees=THREE_LEVELS),
            full=partial(spectrum_differences, depth=3, trees=FULL_THREE_LEVELS),
            quantity="eigenvalue lambda_l minus the next",
            series=series_of_trees("difference", THREE_LEVELS),
        ),
    ),
    quantities=("lambda_0 - lambda_1", r"-\lambda_{l+1} + lambda_l"),
    convention=CONVENTION,
    independence=SAMPLED_FEATURES,
)
