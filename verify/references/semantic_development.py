"""Independent evaluations and predictions for the chapter semantic_development."""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate

# ------------------------------------------------------------------------------- a covariance carried down a tree


@functools.lru_cache(maxsize=64)
def covariance(branching: int, depth: int, flip: str, dps: int) -> Any:
    """Covariance of the items' features: every link multiplies what a child shares with the others by 1 - 2 eps."""
    with mpmath.workdps(dps):
        keep = 1 - 2 * mpmath.mpf(flip)
        matrix = mpmath.ones(1)
        for _ in range(depth):
            size = matrix.rows * branching
            parents = matrix
            matrix = mpmath.matrix(size, size)
            for i in range(size):
                for j in range(size):
                    matrix[i, j] = 1 if i == j else keep * keep * parents[i // branching, j // branching]
        return matrix


@functools.lru_cache(maxsize=64)
def levels(branching: int, depth: int, flip: str, dps: int) -> list[tuple[Any, int]]:
    """Different eigenvalues of that covariance in decreasing order, each with how often it occurs."""
    with mpmath.workdps(dps):
        found = sorted(mpmath.eigsy(covariance(branching, depth, flip, dps), eigvals_only=True), reverse=True)
        groups: list[list[Any]] = []
        for value in found:
            if groups and abs(groups[-1][0] - value) < mpmath.mpf(10) ** (-dps // 2):
                groups[-1].append(value)
            else:
                groups.append([value])
        return [(mpmath.fsum(group) / len(group), len(group)) for group in groups]


def tree_levels(dps: int, point: Point) -> list:
    """Largest eigenvalue, the eigenvalue of the level asked for, and its multiplicity."""
    found = levels(point["B"], point["D"], point["eps"], dps)
    return [found[0][0], *found[point["l"]]]


def level_gaps(dps: int, point: Point) -> list:
    """Largest eigenvalue minus the next, and that of the level asked for minus that of the level below."""
    found = levels(point["B"], point["D"], point["eps"], dps)
    here, below = found[point["l"]][0], found[point["l"] + 1][0]
    return [found[0][0] - found[1][0], here - below]


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


# ------------------------------------------------------------------------------------------------ what the formula says


def _trees(measured: Measurement) -> list[dict[str, Any]]:
    given = measured.given
    depth = int(given["depth"])
    return [
        {"B": int(branching), "D": depth, "eps": float(flip)}
        for branching, flip in zip(np.atleast_1d(given["branching"]), np.atleast_1d(given["flip"]), strict=True)
    ]


def level_means(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Eigenvalue of each level, its sum over the distinctions of the level, and again itself, (3, trees, levels)."""
    rows = []
    for tree in _trees(measured):
        found = [formula.numpy(**tree, l=level) for level in range(1, tree["D"] + 1)]
        values = np.array([found[0][0], *(f[1] for f in found)])
        rows.append([values, values * np.array([1, *(f[2] for f in found)]), values])
    return np.stack(rows, axis=1)


def level_differences(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Eigenvalue of each level minus that of the next, (trees, levels - 1)."""
    rows = []
    for tree in _trees(measured):
        first, others = formula.numpy(**tree, l=np.arange(1, tree["D"]))
        rows.append([first[0], *others])
    return np.array(rows)


def per_coherence(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Eigenvalue of each level over the difference of the similarities it is made of, (trees, levels)."""
    inside, outside = (np.asarray(measured.given[name]) for name in ("inside", "outside"))
    rows = [
        formula.numpy(B=tree["B"], D=tree["D"], l=np.arange(1, tree["D"] + 1), C_in=inside[row], C_out=outside[row])
        for row, tree in enumerate(_trees(measured))
    ]
    return np.array(rows) / (inside - outside)
