"""Eigenvalues decrease with the level."""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.semantic_development import spectrum_decreases
from numerics.measurement import Measurement
from numerics.semantic_development.branching_diffusion import gaps
from verify.checks import Precision
from verify.checks.precision import Point
from verify.claim import Claim
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
from verify.references.taxonomies import levels, trees


def level_gaps(dps: int, point: Point) -> list:
    """Largest eigenvalue minus the next, and that of the level asked for minus that of the level below."""
    found = levels(point["B"], point["D"], point["eps"], dps)
    here, below = found[point["l"]][0], found[point["l"] + 1][0]
    return [found[0][0] - found[1][0], here - below]


def level_differences(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Eigenvalue of each level minus that of the next, (trees, levels - 1)."""
    rows = []
    for tree in trees(measured):
        first, others = formula.numpy(**tree, l=np.arange(1, tree["D"]))
        rows.append([first[0], *others])
    return np.array(rows)


CLAIM = Claim(
    statement=spectrum_decreases.STATEMENT,
    checks=(
        Precision(
            name="covariance of the tree",
            reference=level_gaps,
            points=POINTS,
            against=EXACT,
        ),
        features(
            name="sampled features, four levels",
            predict=level_differences,
            quick=partial(gaps, depth=4, trees=DEEP),
            full=partial(gaps, depth=4, trees=FULL_DEEP),
            quantity="eigenvalue minus the next",
            series=named("difference", DEEP),
        ),
        features(
            name="sampled features, three levels",
            predict=level_differences,
            quick=partial(gaps, depth=3, trees=BROAD),
            full=partial(gaps, depth=3, trees=FULL_BROAD),
            quantity="eigenvalue minus the next",
            series=named("difference", BROAD),
        ),
    ),
    convention=CONVENTION,
    independence=SAMPLED,
)
