"""Layers of relu neurons on a line, and hyperplanes in space: evaluated and counted without a formula."""

from __future__ import annotations

import itertools

import sympy as sp

p, q = sp.symbols("p q", positive=True)
INSIDE = p / (p + q)  # any place of (0, 1)


def relu(field: sp.Expr) -> sp.Expr:
    """max(0, field)."""
    return sp.Max(0, sp.factor(field))


def fold(place: sp.Expr, folds: int) -> sp.Expr:
    """What a layer of `folds` relu neurons makes of a coordinate: to and fro over [0, 1]."""
    first = relu(folds * place)
    return first + sum((-1) ** k * relu(2 * folds * place - 2 * k) for k in range(1, folds))


def sawtooth(place: sp.Expr, depth: int) -> sp.Expr:
    """The tent composed with itself."""
    for _ in range(depth):
        place = fold(place, 2)
    return place


def arrangement(planes: int, dimension: int) -> int:
    """Cells of hyperplanes in general position: a new one is itself cut by the others, once a new cell."""
    if planes == 0 or dimension == 0:
        return 1
    return arrangement(planes - 1, dimension) + arrangement(planes - 1, dimension - 1)


def pieces(heights: list[sp.Expr]) -> int:
    """Linear pieces of a polygon over equal steps."""
    rises = [b - a for a, b in itertools.pairwise(heights)]
    return 1 + sum(b != a for a, b in itertools.pairwise(rises))


def sums_to_first_slope(heights: list[sp.Expr]) -> int:
    """In how many ways changes of slope of a polygon over unit steps, taken away, can sum to its first slope."""
    rises = [b - a for a, b in itertools.pairwise(heights)]
    changes = [b - a for a, b in itertools.pairwise(rises)]
    chosen = (c for size in range(len(changes) + 1) for c in itertools.combinations(changes, size))
    return sum(-sum(some) == rises[0] for some in chosen)
