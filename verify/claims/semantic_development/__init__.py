"""Semantic development: what a hierarchy of items makes of the input-output correlation that a network learns."""

from __future__ import annotations

from functools import partial
from typing import Any

from verify.checks import FiniteSize

SIZES, FULL_SIZES = ((2000, 64), (4000, 64), (8000, 96)), ((4000, 64), (8000, 64), (16000, 64))
feature_ladder = partial(FiniteSize, sizes=SIZES, full_sizes=FULL_SIZES, size_name="features", axis="level l")

# regular trees: number of branches, probability of a flip along a link
THREE_LEVELS, FULL_THREE_LEVELS = ((3, 0.12), (2, 0.83)), ((3, 0.12), (4, 0.83))  # three levels

FOUR_LEVELS, FULL_FOUR_LEVELS = ((2, 0.11),), ((2, 0.11), (3, 0.9))  # four levels


def trees_and_levels(*numbers: tuple[int, int, int, str]) -> tuple[dict[str, Any], ...]:
    """Points of trees: branches, levels, a level, and the probability of a flip."""
    return tuple(dict(zip(("B", "D", "l", "eps"), point, strict=True)) for point in numbers)


TREES_AND_LEVELS = trees_and_levels(  # of levels that have one, two or three below them; flips rare, frequent, certain
    (3, 3, 2, "0.137"),
    (2, 4, 1, "0.083"),
    (4, 2, 1, "0.871"),
    (3, 3, 1, "0.21"),
    (2, 3, 1, "0.0042"),
    (5, 2, 1, "0.993"),
)

LOWEST_LEVELS = trees_and_levels((3, 1, 1, "0.137"), (2, 3, 3, "0.21"), (3, 2, 2, "0.871"))  # of items

CONVENTION = (
    "lambda_l is an eigenvalue of the items' covariance per feature, with features +1 or -1: the squared singular "
    "value of the items x features matrix over N."
)

SAMPLED_FEATURES = (
    "Features are sampled down the tree link by link; levels are told apart by the gaps of the spectrum alone."
)
LINK_BY_LINK = "eigenvalues of the covariance that is carried down the tree link by link"
LEARNING_STEPS, FULL_LEARNING_STEPS = (0.02, 0.01, 0.005, 0.0025), (0.01, 0.005, 0.0025, 0.00125)
TIME_CONVENTION = (
    "Time counts presentations of items, tau = P / lambda; the loss is half the squared error summed over items."
)
TRAINED_ON_ITEMS = (
    "All entries of all matrices are free and follow the gradient of the error; widths are unequal. The start is "
    "decoupled: every mode of the items has one strength in all layers, along a hidden direction of its own."
)
random_starts = partial(
    FiniteSize,
    sizes=((20, 32), (40, 32), (80, 32)),
    full_sizes=((40, 64), (80, 64), (160, 64)),
    size_name="hidden neurons",
)
sampled_learning = partial(
    FiniteSize,
    sizes=((1000, 32), (2000, 32), (4000, 32)),
    full_sizes=((2000, 64), (4000, 64), (8000, 64)),
    size_name="properties and hidden neurons",
    coarse="single items scatter with the properties that are sampled, of which thousands are few",
)
FROM_RANDOM_WEIGHTS = (
    " Other networks start from small random weights, in which no mode has a direction or a strength of its own; the "
    "theory is that of modes which have outgrown this."
)
LEARNING_TIMES = tuple(range(1, 23))  # of learning, with tau = 1.7


def series_of_trees(quantity: str, trees: tuple) -> tuple[str, ...]:
    """The names of one quantity's curves, one for each tree (branches, flips)."""
    return tuple(f"{quantity}, {branching} branches, flips {flip}" for branching, flip in trees)
