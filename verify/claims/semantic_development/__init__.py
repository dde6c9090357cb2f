"""Semantic development: what a hierarchy of items makes of the input-output correlation that a network learns."""

from __future__ import annotations

from functools import partial

from verify.checks import FiniteSize

SIZES, FULL_SIZES = ((2000, 64), (4000, 64), (8000, 96)), ((4000, 64), (8000, 64), (16000, 64))


def named(quantity: str, trees: tuple) -> tuple[str, ...]:
    """The names of one quantity's curves, one for each tree (branches, flips)."""
    return tuple(f"{quantity}, {branching} branches, flips {flip}" for branching, flip in trees)


features = partial(FiniteSize, sizes=SIZES, full_sizes=FULL_SIZES, size_name="features", axis="level")
