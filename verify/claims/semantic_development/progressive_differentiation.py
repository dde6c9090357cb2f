"""How far categories are apart, and when they part, against layers that are integrated and networks that are trained.

At high precision the covariance of the items is diagonalised and both layers of each mode are integrated by Taylor
series. In simulation networks with free weights learn sampled features along the gradient of the error, from a
balanced or from a random start; distances are those of their hidden representations, times those at which outputs
have parted by half. A network of one matrix, trained by plain descent, has no order of levels.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.semantic_development import progressive_differentiation
from numerics.measurement import Measurement
from numerics.semantic_development.representations import hidden_distances, level_split_times, one_matrix_split_times
from numerics.semantic_development.trees import regular
from verify.checks import Certified, FiniteSize, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.semantic_development import LEARNING_TIMES, feature_ladder, series_of_trees
from verify.compile import Candidate
from verify.evidence import Path, Plane
from verify.references.balls import arrival, mode, numbers, travel
from verify.references.layers_in_motion import time_to_strength, two_layers_by_taylor
from verify.references.taxonomies import exact_level, number, projections

ONE_MATRIX_TREES = (regular(3, 2, 0.12), regular(4, 2, 0.83))
DESCENT_STEPS = (0.04, 0.02, 0.01)  # steps of plain gradient descent, over tau
CATEGORIES = ("categories of level 1", "categories of level 2", "categories of level 3")
SPLITTING = (regular(2, 3, 0.11), regular(2, 3, 0.82))
FULL_SPLITTING = (regular(2, 3, 0.11), regular(3, 3, 0.82))

LEARNED = tuple(
    {"B": b, "D": d, "l": k, "eps": eps, "t": t, "a_0": a_0, "tau": tau}
    for b, d, k, eps, t, a_0, tau in (
        (3, 2, 1, "0.137", "1.9", "0.021", "1.3"),
        (2, 4, 2, "0.083", "2.3", "0.013", "1.7"),
        (2, 3, 3, "0.871", "1.3", "0.017", "0.7"),
        (2, 3, 1, "0.43", "1.7", "0.019", "0.9"),
    )
)

distances_in_training = partial(hidden_distances, initial=0.001, balanced=True, tau=1.7, times=LEARNING_TIMES)

splits_after_random_start = partial(
    level_split_times,
    features_per_neuron=40,
    initial=4e-5,
    balanced=False,
    tau=1.7,
    snapshots=tuple(range(4, 31)),
)


def learned_categories(dps: int, point: Point) -> list:
    """Squared distance of two sibling categories, half-split time of their level, and half time of one matrix.

    The covariance of the items' features is diagonalised; both layers of a mode are integrated.
    """
    size = point["B"] ** (point["D"] - point["l"])
    contrast = [(1 if i < size else -1 if i < 2 * size else 0) for i in range(point["B"] ** point["D"])]
    parts = projections(point["B"], point["D"], point["eps"], contrast)
    shares = [sum(entry**2 for entry in part) / size**2 for _, part in parts]
    whole = sum(shares)
    s = mpmath.sqrt(number(sum(share * value for share, (value, _) in zip(shares, parts, strict=True)) / whole))
    a_0, time = mpmath.sqrt(mpmath.mpf(point["a_0"])), mpmath.mpf(point["t"]) / mpmath.mpf(point["tau"])
    first, _ = two_layers_by_taylor(dps, (a_0, a_0), s, time)
    half = time_to_strength(dps, {**point, "s": s, "a_f": s / 2})
    one = mpmath.mpf(point["tau"]) * mpmath.quad(lambda b: 1 / (1 - b), [0, mpmath.mpf(1) / 2])
    return [number(whole) * first**2, half, one]


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


def predicted_one_matrix_split_times(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The same in a network of one matrix."""
    return _times(formula, measured, 2, 0.01)


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
            label=f"items {i // each * each + 1} to {(i // each + 1) * each}",
            group=min(i // each, 3),
            theory=(tuple(drawn[i, 0]), tuple(drawn[i, 1])),
            measured=(tuple(seen[i, 0]), tuple(seen[i, 1])),
        )
        for i in range(len(meeting))
    )
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


distance_ladder = partial(
    feature_ladder,
    sizes=((1000, 24), (2000, 24), (4000, 24)),
    predict=distances,
    axis="training time t / tau",
    quantity="squared distance",
)


def certified_differentiation(bits: int, point: Point) -> list[Any]:
    """Distance of branches after a certified time, and the times to half of the mode in deep and shallow networks."""
    time, start, tau = numbers(point, "t", "a_0", "tau")
    branching, depth, level = point["B"], point["D"], point["l"]
    s = arb(exact_level(branching, depth, level, point["eps"])).sqrt()
    reached = arrival(mode(s, tau), start, time, point["near"])
    half = travel(mode(s, tau), start, s / 2)
    shallow = travel(lambda b: (s - b) / tau, arb(0), s / 2)
    return [2 * reached / arb(branching) ** (depth - level), half, shallow]


def without_guess(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: value for name, value in point.items() if name != "near"})


CLAIM = Claim(
    statement=progressive_differentiation.STATEMENT,
    checks=(
        Certified(
            name="certified times of a level of the tree",
            reference=certified_differentiation,
            evaluate=without_guess,
            against="integrals of one over the rates, with the level's eigenvalue as an exact fraction",
            values=("d_l^2", "t_l", "t_l shallow"),
            points=(
                {"B": 3, "D": 2, "l": 1, "eps": "0.137", "t": "1.9", "a_0": "0.021", "tau": "1.3", "near": "0.363"},
            ),
        ),
        Precision(
            name="modes of a covariance in motion",
            digits=(20, 32),
            points=LEARNED,
            reference=learned_categories,
            against="both layers of every mode of the tree's covariance, integrated by Taylor series",
        ),
        Ladder(
            name="one matrix trained",
            predict=predicted_one_matrix_split_times,
            steps=DESCENT_STEPS,
            quick=partial(one_matrix_split_times, trees=ONE_MATRIX_TREES, tau=1.7, features=500),
            axis="level l",
            quantity="half-split time t / tau without a hidden layer",
            series=series_of_trees("tree", ((3, 0.12), (4, 0.83))),
        ),
        distance_ladder(
            name="items drift apart, three levels",
            series=(*CATEGORIES, "items that part at level 1"),
            quick=partial(distances_in_training, tree=regular(2, 3, 0.11), hidden=11),
            full=partial(distances_in_training, tree=regular(3, 3, 0.11), hidden=40),
        ),
        distance_ladder(
            name="items drift apart, two levels",
            series=(*CATEGORIES[:2], "items that part at level 1"),
            quick=partial(distances_in_training, tree=regular(3, 2, 0.83), hidden=14),
            full=partial(distances_in_training, tree=regular(5, 2, 0.83), hidden=40),
        ),
        FiniteSize(
            name="levels split after a random start",
            predict=split_times,
            sizes=((1000, 32), (2000, 32), (4000, 32)),
            full_sizes=((2000, 64), (4000, 64), (8000, 64)),
            size_name="features and hidden neurons",
            quick=partial(splits_after_random_start, trees=SPLITTING),
            full=partial(splits_after_random_start, trees=FULL_SPLITTING),
            axis="level l",
            quantity="half-split time t / tau",
            series=("2 branches, flips 0.11", "2 branches, flips 0.82"),
            picture=map_of_items,
        ),
    ),
    quantities=("d_l^2", "t_l", "t_l^shallow"),
    convention="Time is in the unit of tau; inputs are one-hot, and targets are features +1 or -1 over sqrt(N). "
    "After a random start a_0 is a quarter of the mean squared norm of a mode in both layers together.",
    independence="Networks learn sampled features, all weights free, by the error's gradient; levels are those "
    "of the tree that was sampled, and after a random start the modes of the targets are not used.",
)
