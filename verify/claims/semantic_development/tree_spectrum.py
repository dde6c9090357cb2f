"""Eigenvalues of a tree's items, and how often each occurs, against matrices that no tree formula has touched.

The formula meets the eigenvalues of explicit covariances, carried down the tree link by link and diagonalised at 30
and 50 digits, and the spectra of features that are sampled down the tree. The samples know neither eigenvalues nor
multiplicities: levels are told apart by the gaps of the measured spectrum, and a second measurement goes along the
tree's own distinctions, which makes these the eigenvectors.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations import semantic_development
from derivations.semantic_development import tree_spectrum
from numerics.measurement import Measurement
from numerics.semantic_development.branching_diffusion import spectrum
from verify.checks import Certified, Precision, Property
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
from verify.evidence import Path, Plane
from verify.references.taxonomies import covariance, exact_level, levels, number, trees

FEW_SIZES = ((2000, 24), (4000, 24), (8000, 32))  # enough for means over a level
ALONG = " That the squares along the tree's own distinctions equal them makes these the singular vectors."


def tree_levels(dps: int, point: Point) -> list:
    """Largest eigenvalue, the eigenvalue of the level asked for, and its multiplicity."""
    found = levels(point["B"], point["D"], point["eps"])
    value, multiplicity = found[point["l"]]
    return [number(found[0][0]), number(value), multiplicity]


def off_distinctions(items: int, candidate: Candidate, point: Point, dps: int) -> list:
    """How far the distinctions of a binary tree of two levels are from eigenvectors, without its last items.

    Of the whole tree the eigenvalues are the formula's; of one that lacks items they are the best that there are.
    """
    whole = covariance(2, 2, point["eps"], dps)
    matrix, distances = whole[:items, :items], []
    halves = [(0, 0, 1, 1), (0, 1, None, None)]  # which branch of a distinction each item is in
    constant = mpmath.ones(items, 1)
    vectors = [(constant, 0)]
    for level, branches in enumerate(halves, start=1):
        sizes = [branches[:items].count(0), branches[:items].count(1)]
        entries = [0 if b is None else mpmath.mpf((-1) ** b) / sizes[b] for b in branches[:items]]
        vectors.append((mpmath.matrix(entries), level))
    for vector, level in vectors:
        image = matrix * vector
        found = candidate.mpmath(dps, B=2, D=2, l=max(level, 1), eps=point["eps"])[min(level, 1)]
        value = found if items == whole.rows else (vector.T * image)[0] / (vector.T * vector)[0]
        distances.append(mpmath.norm(image - value * vector) / mpmath.norm(image))
    return distances


def level_means(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Eigenvalue of each level, its sum over the distinctions of the level, and again itself, (3, trees, levels)."""
    rows = []
    for tree in trees(measured):
        found = [formula.numpy(**tree, l=level) for level in range(1, tree["D"] + 1)]
        values = np.array([found[0][0], *(f[1] for f in found)])
        rows.append([values, values * np.array([1, *(f[2] for f in found)]), values])
    return np.stack(rows, axis=1)


def tree_of_items(formula: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """The tree of the items: heights of theory as lines, average-linkage clusters of the sampled features as points.

    The height of a node is the distance per feature of items that part there; theory's follows from the spectrum.
    """
    from scipy.cluster.hierarchy import linkage

    branching, depth = int(np.atleast_1d(measured.given["branching"])[0]), int(measured.given["depth"])
    flip = float(np.atleast_1d(measured.given["flip"])[0])
    eigenvalues = [formula.numpy(B=branching, D=depth, eps=flip, l=k + 1)[1] for k in range(depth)]
    squares = [2 * float(branching) ** (k + 1 - depth) * value for k, value in enumerate(eigenvalues)]
    below = np.cumsum(squares[::-1])[::-1]
    heights = [*np.sqrt(np.array(squares) / branching + (1 - 1 / branching) * below), 0.0]
    paths, places = [], np.arange(branching**depth, dtype=float)
    for level in range(depth)[::-1]:
        children = places.reshape(-1, branching)
        low, high = heights[level + 1], heights[level]
        for row in children:
            xs = [place for child in row for place in (child,) * 3]
            paths.append(Path(label="tree", theory=(tuple(xs), (high, low, high) * branching)))
        places = children.mean(axis=1)
    apart = np.sqrt(np.asarray(measured.given["apart"]))
    merges = linkage(apart[np.triu_indices(len(apart), 1)], "average")
    centres = list(np.arange(len(apart), dtype=float))
    for first, second, *_ in merges:
        centres.append((centres[int(first)] + centres[int(second)]) / 2)
    joined = tuple(centres[len(apart) :]), tuple(merges[:, 2])
    paths.append(Path(label="clusters of the sampled features", group=1, measured=joined))
    return (
        Plane(
            title="Tree of the items", x_label="number of the item", y_label="distance per feature", paths=tuple(paths)
        ),
    )


def names_of_level_means(of_trees: tuple) -> tuple[str, ...]:
    """Names of the rows of `level_means`."""
    quantities = ("mean", "sum of a level", "along the tree")
    return tuple(name for quantity in quantities for name in series_of_trees(quantity, of_trees))


def distinctions(items: int, name: str) -> Property:
    """Whether the distinctions of a tree with so many of four items are eigenvectors."""
    return Property(
        name=name,
        sentence=f"the distinctions of {name} are eigenvectors of its items' covariance",
        residual=partial(off_distinctions, items),
        parameters=(semantic_development.FLIP,),
        examples=8,
    )


def exact_spectrum(bits: int, point: Point) -> list[Any]:
    """Eigenvalues of contrasts as exact fractions, and how many contrasts of a level are independent."""
    branching, depth, level = point["B"], point["D"], point["l"]
    values = [arb(exact_level(branching, depth, k, point["eps"])) for k in (0, level)]
    splits = sum(branching - 1 for _ in range(branching ** (level - 1)))
    return [*values, arb(splits)]


CLAIM = Claim(
    statement=tree_spectrum.STATEMENT,
    checks=(
        Certified(
            name="contrasts of branches in exact fractions",
            reference=exact_spectrum,
            against="the covariance of a tree applied to contrasts of its branches",
            values=("lambda_0", "lambda_l", "n_l"),
            points=({"B": 3, "D": 3, "l": 2, "eps": "0.137"}, {"B": 2, "D": 5, "l": 3, "eps": "0.043"}),
        ),
        Precision(
            name="covariance of the tree",
            reference=tree_levels,
            points=TREES_AND_LEVELS + LOWEST_LEVELS,
            against=LINK_BY_LINK,
        ),
        feature_ladder(
            name="sampled features, four levels",
            predict=level_means,
            sizes=FEW_SIZES,
            quick=partial(spectrum, depth=4, trees=FOUR_LEVELS),
            full=partial(spectrum, depth=4, trees=FULL_FOUR_LEVELS),
            quantity="eigenvalue lambda_l",
            style="stem",
            picture=tree_of_items,
            series=names_of_level_means(FOUR_LEVELS),
        ),
        feature_ladder(
            name="sampled features, three levels",
            predict=level_means,
            sizes=FEW_SIZES,
            quick=partial(spectrum, depth=3, trees=THREE_LEVELS),
            full=partial(spectrum, depth=3, trees=FULL_THREE_LEVELS),
            quantity="eigenvalue lambda_l",
            style="stem",
            series=names_of_level_means(THREE_LEVELS),
        ),
    ),
    quantities=("lambda_0", "lambda_l", "n_l"),
    convention=CONVENTION,
    independence=SAMPLED_FEATURES + ALONG,
    printed={
        "E42": Ordeal(
            fails=distinctions(3, "a tree with branches of unequal size"),
            holds=distinctions(4, "a regular tree"),
        )
    },
)
