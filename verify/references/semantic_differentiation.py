"""Semantic differentiation: independent evaluations, predictions over time, and maps of what a network represents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np

from numerics.measurement import Measurement
from numerics.semantic_development.trees import Pair, Tree, regular
from verify.checks.precision import Point
from verify.compile import Candidate
from verify.evidence import Path, Plane
from verify.references.deep_linear import integrated
from verify.references.deep_linear_flow import time_to_strength
from verify.references.semantic_development import covariance

# ------------------------------------------------------------------------------------- modes of a covariance, in motion


def learned_categories(dps: int, point: Point) -> list:
    """Squared distance of two sibling categories, half-split time of their level, and half time of one matrix.

    The covariance of the items' features is diagonalised; both layers of a mode are integrated.
    """
    size = point["B"] ** (point["D"] - point["l"])
    found, vectors = mpmath.eigsy(covariance(point["B"], point["D"], point["eps"], dps))
    contrast = [(1 if i < size else -1 if i < 2 * size else 0) for i in range(len(found))]
    shares = [mpmath.fdot(contrast, vectors.column(k)) ** 2 / size**2 for k in range(len(found))]
    s = mpmath.sqrt(mpmath.fdot(shares, found) / mpmath.fsum(shares))
    a_0, time = mpmath.sqrt(mpmath.mpf(point["a_0"])), mpmath.mpf(point["t"]) / mpmath.mpf(point["tau"])
    first, _ = integrated(dps, (a_0, a_0), s, time)
    half = time_to_strength(dps, {**point, "s": s, "a_f": s / 2})
    one = mpmath.mpf(point["tau"]) * mpmath.quad(lambda b: 1 / (1 - b), [0, mpmath.mpf(1) / 2])
    return [mpmath.fsum(shares) * first**2, half, one]


def two_categories(dps: int, point: Point) -> list:
    """Distance of the mean outputs of two categories at time t, and the time at which it is half of its last value.

    Their items' similarities are laid out with an item outside, and diagonalised; both layers are integrated.
    """
    n, inside, outside = point["n_c"], mpmath.mpf(point["C_in"]), mpmath.mpf(point["C_out"])
    near = (n * inside - 1) / (n - 1)
    matrix = mpmath.matrix(2 * n + 1, 2 * n + 1)
    for i in range(2 * n + 1):
        for j in range(2 * n + 1):
            apart = mpmath.mpf(1) / 20 if 2 * n in (i, j) else near if i // n == j // n else outside
            matrix[i, j] = 1 if i == j else apart
    found, vectors = mpmath.eigsy(matrix)
    contrast = [*[mpmath.mpf(1) / n] * n, *[-mpmath.mpf(1) / n] * n, 0]
    shares = [mpmath.fdot(contrast, vectors.column(k)) ** 2 for k in range(2 * n + 1)]
    s = mpmath.sqrt(mpmath.fdot(shares, found) / mpmath.fsum(shares))
    a_0, time = mpmath.sqrt(mpmath.mpf(point["a_0"])), mpmath.mpf(point["t"]) / mpmath.mpf(point["tau"])
    first, last = integrated(dps, (a_0, a_0), s, time)
    half = time_to_strength(dps, {**point, "s": s, "a_f": s / 2})
    return [mpmath.sqrt(mpmath.fsum(shares)) * first * last, half]


# ------------------------------------------------------------------------------------------------ what the formula says


def _shapes(measured: Measurement) -> list[dict[str, Any]]:
    columns = [np.atleast_1d(measured.given[name]) for name in ("branching", "depth", "flip")]
    return [
        {"B": int(b), "D": int(d), "eps": float(e), "tau": float(measured.given["tau"])}
        for b, d, e in zip(*columns, strict=True)
    ]


def distances(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Squared distances of sibling categories of each level, then of items that part there, over time."""
    (tree,), start = _shapes(measured), float(measured.given["initial"])
    categories, items = _apart(formula, tree, start, measured.axis)
    return np.concatenate([categories, items])


def _apart(formula: Candidate, tree: dict[str, Any], start: float, times: Any) -> tuple[np.ndarray, np.ndarray]:
    """Squared distances of categories and of items, (levels, times): items are apart by all levels from theirs down."""
    rows = [formula.numpy(t=times, l=k + 1, a_0=start, **tree)[0] for k in range(tree["D"])]
    below = np.cumsum(rows[::-1], axis=0)[::-1]
    return np.stack(rows), np.stack(rows) / tree["B"] + (1 - 1 / tree["B"]) * below


def _times(formula: Candidate, measured: Measurement, component: int, start: float) -> np.ndarray:
    return np.array(
        [
            [formula.numpy(t=1.3, l=k + 1, a_0=start, **tree)[component] for k in range(tree["D"])]
            for tree in _shapes(measured)
        ]
    )


def split_times(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Half-split times of the levels of each tree, (trees, levels)."""
    return _times(formula, measured, 1, float(measured.given["initial"]))


def one_matrix_split_times(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The same in a network of one matrix."""
    return _times(formula, measured, 2, 0.01)


def _of_categories(tree: Tree, pairs: Sequence[Pair]) -> dict[str, np.ndarray]:
    """Size and mean similarities of each pair, from the covariance carried down the tree link by link."""
    matrix = np.ones((1, 1))
    for parents, flips in zip(tree.parents, tree.flips, strict=True):
        keep = 1 - 2 * np.array(flips)
        matrix = matrix[np.ix_(parents, parents)] * np.outer(keep, keep)
        np.fill_diagonal(matrix, 1)
    inside = [matrix[np.ix_(first, first)].mean() for first, _ in pairs]
    outside = [matrix[np.ix_(first, second)].mean() for first, second in pairs]
    return {"n_c": np.array([len(first) for first, _ in pairs]), "C_in": np.array(inside), "C_out": np.array(outside)}


def category_distances(formula: Candidate, measured: Measurement, *, tree: Tree, pairs: Sequence[Pair]) -> np.ndarray:
    """Distances of the mean outputs of each pair of categories over time, (pairs, times)."""
    categories = {name: values[:, None] for name, values in _of_categories(tree, pairs).items()}
    start, tau = measured.given["initial"], measured.given["tau"]
    return formula.numpy(t=measured.axis, a_0=start, tau=tau, **categories)[0]


def category_times(formula: Candidate, measured: Measurement, *, tree: Tree, pairs: Sequence[Pair]) -> np.ndarray:
    """Half-split time of each pair of categories, (pairs,)."""
    start, tau = measured.given["initial"], measured.given["tau"]
    return formula.numpy(t=1.3, a_0=start, tau=tau, **_of_categories(tree, pairs))[1]


def category_order(formula: Candidate, measured: Measurement, *, tree: Tree, pairs: Sequence[Pair]) -> np.ndarray:
    """Which of two neighbouring pairs is told apart later: all that "learned faster" says; (pairs - 1,)."""
    return -np.sign(np.diff(category_times(formula, measured, tree=tree, pairs=pairs)))


# ----------------------------------------------------------------------------------------------------------------- maps


def map_of_items(formula: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Multidimensional scaling of the items over time: distances of theory as lines, those measured as points.

    The last map of theory starts from the tree laid out in the plane, every earlier one from the next; the measured
    distances start from theory's map of their time.
    """
    tree, start = _shapes(measured)[0], float(measured.given["initial"])
    times, meeting = (
        np.asarray(measured.given["snapshots"]),
        regular(tree["B"], tree["D"], tree["eps"]).meeting_levels(),
    )
    squares = np.concatenate([_apart(formula, tree, start, times)[1], np.zeros((1, len(times)))])
    theory = np.sqrt(np.maximum(squares[meeting], 0))  # (items, items, times)
    found = np.sqrt(np.maximum(np.asarray(measured.given["apart"]), 0))
    lines = [_laid_out(tree["B"], tree["D"])]
    for k in range(len(times))[::-1]:
        lines.append(_scaled(theory[..., k], lines[-1]))
    drawn = np.stack(lines[:0:-1], axis=2)  # (items, 2, times)
    seen = np.moveaxis(_scaled(found, np.moveaxis(drawn, 2, 0)), 0, 2)
    kinds = tree["B"] if tree["B"] > 2 else tree["B"] ** min(tree["D"] - 1, 2)
    each = len(meeting) // kinds
    paths = tuple(
        Path(
            label=f"items {i // each * each + 1} to {(i // each + 1) * each}", group=min(i // each, 3),
            theory=(tuple(drawn[i, 0]), tuple(drawn[i, 1])), measured=(tuple(seen[i, 0]), tuple(seen[i, 1])),
        )
        for i in range(len(meeting))
    )  # fmt: skip
    title = "Map of the hidden representations while the network learns"
    return (Plane(title=title, x_label="first dimension", y_label="second dimension", paths=paths, equal=True),)


def _laid_out(branching: int, depth: int) -> np.ndarray:
    """The items of a regular tree in the plane: branches spread around their parent, in turn along and across."""
    places = np.zeros((1, 2))
    for level in range(depth):
        angles = 2 * np.pi * np.arange(branching) / branching + level * np.pi / (2 if level < 2 else 3)
        around = 2.0**-level * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        places = (places[:, None] + around).reshape(-1, 2)
    return places


def _scaled(apart: np.ndarray, start: np.ndarray, rounds: int = 300) -> np.ndarray:
    """Places (..., items, 2) whose distances are nearest to those given, by majorization of the stress from a start.

    Source: de Leeuw, "Applications of convex analysis to multidimensional scaling" (1977).
    """
    places = start - start.mean(axis=-2, keepdims=True)
    for _ in range(rounds):
        across = places[..., :, None, :] - places[..., None, :, :]
        between = np.sqrt(np.einsum("...k,...k", across, across))
        ratio = np.where(between > 1e-12, apart / np.maximum(between, 1e-12), 0.0)
        places = (ratio.sum(axis=-1)[..., None] * places - ratio @ places) / places.shape[-2]
    return places


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
    return (Plane(title="Tree of the items", x_label="item", y_label="distance per feature", paths=tuple(paths)),)
