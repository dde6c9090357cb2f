"""Distances and times of categories in irregular trees, against integrated layers and trained networks.

Similarities of two categories are laid out with an item outside them, diagonalised, and both layers of each mode are
integrated. Networks learn features sampled on trees whose branches differ in number and flips, so that neither the
regular tree nor its spectrum is assumed. The order of the times alone is what the slides print: it holds among
categories of one size, and lone items against crowds of eight reverse it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.semantic_development import coherent_faster
from numerics.measurement import Measurement
from numerics.semantic_development.representations import category_distances, category_order, category_split_times
from numerics.semantic_development.trees import Pair, Tree
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.semantic_development import FROM_RANDOM_WEIGHTS, LEARNING_TIMES, feature_ladder
from verify.compile import Candidate
from verify.references.balls import arrival, mode, numbers, travel
from verify.references.layers_in_motion import time_to_strength, two_layers_by_taylor

# two lone items that part at level 2 and twice eight items that part at level 3, all flips 0.1
LONE_AND_CROWD = Tree(
    parents=((0, 0), (0, 0, 1), (0, 1, 2, 2), (0, 1, *(2,) * 8, *(3,) * 8)),
    flips=((0.1,) * 2, (0.1,) * 3, (0.1,) * 4, (0.1,) * 18),
)

LONE_AND_CROWD_PAIRS = (*LONE_AND_CROWD.siblings(2), LONE_AND_CROWD.siblings(3)[0])

# three pairs of categories of level 2 with three items each; links flip with different probabilities
SAME_SIZE = Tree(
    parents=((0, 0, 0), (0, 0, 1, 1, 2, 2), tuple(k // 3 for k in range(18))),
    flips=((0.1,) * 3, (0.08, 0.08, 0.15, 0.15, 0.3, 0.3), (0.1,) * 6 + (0.04,) * 6 + (0.1,) * 6),
)

SAME_SIZE_PAIRS = SAME_SIZE.siblings(2)
COHERENT = ("coherence 0.31", "coherence 0.48", "coherence 0.66")

COHERENCES = tuple(
    {"t": t, "n_c": n, "C_in": inside, "C_out": outside, "a_0": a_0, "tau": tau}
    for t, n, inside, outside, a_0, tau in (
        ("1.3", 5, "0.83", "0.17", "0.021", "1.3"),
        ("1.9", 3, "0.71", "0.29", "0.013", "1.7"),
        ("0.8", 7, "0.62", "-0.11", "0.017", "0.9"),
    )
)

lone_and_crowd: dict[str, Any] = {"tree": LONE_AND_CROWD, "pairs": LONE_AND_CROWD_PAIRS}
# two pairs of categories with two items each, of which the second pair parts by more flips
FEW_ITEMS = Tree(
    parents=((0, 0), (0, 0, 1, 1), tuple(k // 2 for k in range(8))),
    flips=((0.1, 0.1), (0.08, 0.08, 0.25, 0.25), (0.1,) * 4 + (0.05,) * 4),
)
few_items: dict[str, Any] = {"tree": FEW_ITEMS, "pairs": FEW_ITEMS.siblings(2)}
same_size: dict[str, Any] = {"tree": SAME_SIZE, "pairs": SAME_SIZE_PAIRS}
training: dict[str, Any] = {"hidden": 23, "initial": 0.001, "tau": 1.7}
order_of_categories = partial(
    Replicas,
    replicas=16,
    axis="number of the pair of categories",
    quantity="which one is later",
    alike="an order is the same in every sample of so many features",
)


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
    first, last = two_layers_by_taylor(dps, (a_0, a_0), s, time)
    half = time_to_strength(dps, {**point, "s": s, "a_f": s / 2})
    return [mpmath.sqrt(mpmath.fsum(shares)) * first * last, half]


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


def predicted_category_distances(
    formula: Candidate, measured: Measurement, *, tree: Tree, pairs: Sequence[Pair]
) -> np.ndarray:
    """Distances of the mean outputs of each pair of categories over time, (pairs, times)."""
    categories = {name: values[:, None] for name, values in _of_categories(tree, pairs).items()}
    start, tau = measured.given["initial"], measured.given["tau"]
    return formula.numpy(t=measured.axis, a_0=start, tau=tau, **categories)[0]


def category_times(formula: Candidate, measured: Measurement, *, tree: Tree, pairs: Sequence[Pair]) -> np.ndarray:
    """Half-split time of each pair of categories, (pairs,)."""
    start, tau = measured.given["initial"], measured.given["tau"]
    return formula.numpy(t=1.3, a_0=start, tau=tau, **_of_categories(tree, pairs))[1]


def predicted_category_order(
    formula: Candidate, measured: Measurement, *, tree: Tree, pairs: Sequence[Pair]
) -> np.ndarray:
    """Which of two neighbouring pairs is told apart later: all that "learned faster" says; (pairs - 1,)."""
    return -np.sign(np.diff(category_times(formula, measured, tree=tree, pairs=pairs)))


distance_ladder = partial(
    feature_ladder,
    sizes=((1000, 32), (2000, 32), (4000, 48)),
    predict=partial(predicted_category_distances, **same_size),
    quick=partial(category_distances, times=LEARNING_TIMES[:15], **same_size, **training),
    axis="training time t / tau",
    quantity="distance of the mean outputs",
)


def certified_category(bits: int, point: Point) -> list[Any]:
    """Distance of categories after a certified time, and the time to half of their mode."""
    time, inside, outside, start, tau = numbers(point, "t", "C_in", "C_out", "a_0", "tau")
    items = arb(point["n_c"])
    s = (items * (inside - outside)).sqrt()
    reached = arrival(mode(s, tau), start, time, point["near"])
    return [reached * (2 / items).sqrt(), travel(mode(s, tau), start, s / 2)]


def without_guess(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: value for name, value in point.items() if name != "near"})


CLAIM = Claim(
    statement=coherent_faster.STATEMENT,
    checks=(
        Certified(
            name="certified times of a category",
            reference=certified_category,
            evaluate=without_guess,
            against="integrals of one over the rate of two balanced layers",
            values=("d_c", "t_c"),
            points=(
                {
                    "t": "1.3",
                    "n_c": 5,
                    "C_in": "0.83",
                    "C_out": "0.17",
                    "a_0": "0.021",
                    "tau": "1.3",
                    "near": "0.557",
                },
            ),
        ),
        Precision(
            name="two categories in motion",
            digits=(20, 32),
            points=COHERENCES,
            reference=two_categories,
            against="both layers of every mode of the items' covariance, integrated by Taylor series",
        ),
        distance_ladder(name="categories of one size", series=COHERENT),
        distance_ladder(
            name="lone items and crowds",
            predict=partial(predicted_category_distances, **lone_and_crowd),
            # earlier two items are as far apart as their sampled features, and the second power of 1/N shows
            quick=partial(category_distances, times=LEARNING_TIMES[3:18], **lone_and_crowd, **training),
            series=("two lone items, level 2", "two crowds of eight, level 3"),
        ),
        distance_ladder(
            name="when lone items and crowds split",
            predict=partial(category_times, **lone_and_crowd),
            quick=partial(category_split_times, **lone_and_crowd, **training),
            axis="number of the pair of categories",
            quantity="half-split time t / tau",
            series=("1: lone items, level 2; 2: crowds, level 3",),
            style="stem",
        ),
        distance_ladder(
            name="when categories of one size split after a random start",
            predict=partial(category_times, **few_items),
            quick=partial(category_split_times, features_per_neuron=40, initial=3e-5, tau=1.7, **few_items),
            axis="number of the pair of categories",
            quantity="half-split time t / tau",
            series=("1: rare flips; 2: frequent flips",),
            style="stem",
        ),
    ),
    quantities=("d_c", "t_c"),
    convention="Time is in the unit of tau; inputs are one-hot, and targets are features +1 or -1 over sqrt(N). "
    "Similarities are those of the tree, not of the sample.",
    independence="Networks learn sampled features, all weights free, by the gradient of the error, from a decoupled "
    "start; categories are those of the tree that was sampled." + FROM_RANDOM_WEIGHTS,
    printed={
        "E10": Ordeal(
            fails=order_of_categories(
                name="order of lone items and crowds",
                predict=partial(predicted_category_order, **lone_and_crowd),
                quick=partial(category_order, features=4000, **lone_and_crowd, **training),
            ),
            holds=order_of_categories(
                name="order of categories of one size",
                predict=partial(predicted_category_order, **same_size),
                quick=partial(category_order, features=4000, **same_size, **training),
            ),
        )
    },
)
