"""A linear network with a hidden layer that learns the features of the items of a tree: what it represents, and when.

Inputs are one-hot, one neuron an item; targets are the features over the square root of their number. Time is in the
unit of tau: the weights follow Runge-Kutta steps along the gradient of half the squared error. The outputs
are written in an orthonormal basis of the span of the targets, a rotation that changes no distance; weights into all
other outputs are zero at the start, and stay so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.semantic_development.tree_learning import at_times, descend, half_times, initial_weights, passages, spread
from numerics.semantic_development.trees import Pair, Tree
from numerics.streams import Stream


def hidden_distances(
    *,
    tree: Tree,
    hidden: int,
    initial: float,
    balanced: bool,
    tau: float,
    times: Sequence[float],
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Squared distances of hidden representations while the network learns: of categories, and of items.

    width     number of features; hidden  number of hidden neurons
    initial   strength of every mode at the start if `balanced`; else the squared norm, halved, that each item and each
              output has on average in the random weights
    times     increasing, in the unit of tau times `tau`
    Values (2 depth, T): between the centroids of sibling categories, mean over the pairs of level 1, ..., depth; then
    mean over the pairs of items that part there. Given: branching, flip (of the first link), depth, initial, tau.
    """
    targets = _targets(tree, width, replicas, stream)
    start = initial_weights(targets, hidden, initial, balanced, stream)
    rows = [weights[0] for weights, _ in at_times(targets, start, np.asarray(times) / tau, device)]
    apart, meeting = _apart(np.stack(rows, axis=1)), tree.meeting_levels()
    groups = [tree.siblings(level) for level in range(1, tree.depth + 1)]
    categories = np.stack([spread(row, groups) for row in rows], axis=2)
    items = np.stack([apart[..., meeting == level].mean(axis=-1) for level in range(tree.depth)], axis=1)
    values = np.concatenate([categories, items], axis=1)
    return from_replicas(
        values,
        axis=np.asarray(times, dtype=float),
        resolution={"features": float(width), "hidden": float(hidden)},
        given={**_shape(tree), "initial": initial, "tau": tau},
    )


def level_split_times(
    *,
    trees: Sequence[Tree],
    features_per_neuron: float,
    initial: float,
    balanced: bool,
    tau: float,
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
    snapshots: Sequence[float] = (),
) -> Measurement:
    """When the outputs of sibling categories are half as far apart as in the end, level by level.

    The distance is that of centroids, its square averaged over all siblings of a level. Trees have the same depth.
    initial, balanced    the start, as in `hidden_distances`
    features_per_neuron  number of features over that of hidden neurons, which grow together
    snapshots            times at which the squared distances of the hidden representations of all items of the first
                         tree and replica are kept
    Values (trees, depth), times. Given: branching, flip, depth (trees,); initial, tau; snapshots and
    apart (T, items, items).
    """
    found, hidden, kept = [], round(width / features_per_neuron), np.empty(0)
    for number, tree in enumerate(trees):
        targets = _targets(tree, width, replicas, stream.child(number))
        start = initial_weights(targets, hidden, initial, balanced, stream.child(number))
        groups = [tree.siblings(level) for level in range(1, tree.depth + 1)]
        found.append(tau * half_times(targets, start, groups, device))
        if number == 0 and len(snapshots):
            first = [w[:1] for w in start]
            rows = [weights[0] for weights, _ in at_times(targets[:1], first, np.asarray(snapshots) / tau, device)]
            kept = _apart(np.stack(rows, axis=1))[0]
    return from_replicas(
        np.stack(found, axis=1),
        axis=np.arange(1.0, trees[0].depth + 1),
        resolution={"features": float(width)},
        given={**_shapes(trees), "initial": initial, "tau": tau, "snapshots": np.array(snapshots), "apart": kept},
    )


def one_matrix_split_times(
    *, trees: Sequence[Tree], tau: float, features: int, step: float, stream: Stream, device: str = "cpu"
) -> Measurement:
    """The times of `level_split_times` in a network of one matrix that starts at zero, by plain gradient descent.

    step  of the descent, in the unit of tau. Values (trees, depth), times. Given: as `level_split_times`, no start.
    """
    found = []
    for number, tree in enumerate(trees):
        targets = _targets(tree, features, 2, stream.child(number))[:1]
        run = descend(targets, [np.zeros_like(targets)], step, device)
        groups = [tree.siblings(level) for level in range(1, tree.depth + 1)]
        found.append(tau * passages(run, spread(targets, groups) / 4, groups, step)[0])
    return Measurement(
        values=np.stack(found),
        axis=np.arange(1.0, trees[0].depth + 1),
        given={**_shapes(trees), "tau": tau},
        resolution={"step": step},
    )


def category_distances(
    *,
    tree: Tree,
    pairs: Sequence[Pair],
    hidden: int,
    initial: float,
    tau: float,
    times: Sequence[float],
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Distances between the mean outputs of two categories over time, for each pair; balanced start.

    Values (pairs, T). Given: initial, tau.
    """
    targets = _targets(tree, width, replicas, stream)
    start = initial_weights(targets, hidden, initial, True, stream)
    run = at_times(targets, start, np.asarray(times) / tau, device)
    groups = [(pair,) for pair in pairs]
    return from_replicas(
        np.stack([np.sqrt(spread(outputs, groups)) for _, outputs in run], axis=2),
        axis=np.asarray(times, dtype=float),
        given={"initial": initial, "tau": tau},
        resolution={"features": float(width)},
    )


def category_split_times(
    *,
    tree: Tree,
    pairs: Sequence[Pair],
    initial: float,
    tau: float,
    width: int,
    replicas: int,
    stream: Stream,
    hidden: int | None = None,
    features_per_neuron: float | None = None,
    device: str = "cpu",
) -> Measurement:
    """When the mean outputs of two categories are half as far apart as in the end, for each pair.

    hidden                number of hidden neurons, from a balanced start, or
    features_per_neuron   number of features over that of hidden neurons, from random weights: see `hidden_distances`
    Values (pairs,), times. Given: initial, tau.
    """
    neurons = hidden if features_per_neuron is None else round(width / features_per_neuron)
    if neurons is None:
        raise ValueError("a number of hidden neurons is needed")
    times = _pair_times(
        tree, pairs, neurons, initial, tau, width, replicas, stream, device, balanced=features_per_neuron is None
    )
    return from_replicas(
        times,
        axis=np.arange(1.0, len(pairs) + 1),
        given={"initial": initial, "tau": tau},
        resolution={"features": float(width)},
    )


def category_order(
    *,
    tree: Tree,
    pairs: Sequence[Pair],
    hidden: int,
    initial: float,
    tau: float,
    features: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Which of two neighbouring pairs of categories is told apart later: 1 the first, -1 the second.

    Values (pairs - 1,), means over replicas. Given: initial, tau.
    """
    times = _pair_times(tree, pairs, hidden, initial, tau, features, replicas, stream, device)
    return from_replicas(-np.sign(np.diff(times, axis=1)), given={"initial": initial, "tau": tau})


def _pair_times(
    tree: Tree,
    pairs: Sequence[Pair],
    hidden: int,
    initial: float,
    tau: float,
    features: int,
    replicas: int,
    stream: Stream,
    device: str,
    balanced: bool = True,
) -> np.ndarray:
    """Half-split times of each replica and pair of categories."""
    targets = _targets(tree, features, replicas, stream)
    start = initial_weights(targets, hidden, initial, balanced, stream)
    return tau * half_times(targets, start, [(pair,) for pair in pairs], device)


def _apart(represented: np.ndarray) -> np.ndarray:
    """Squared distances of all items from their representations (R, T, hidden, items)."""
    norms = np.sum(represented**2, axis=2)
    return norms[..., :, None] + norms[..., None, :] - 2 * np.swapaxes(represented, 2, 3) @ represented


def _shape(tree: Tree) -> dict[str, float]:
    return {"branching": float(tree.parents[0].count(0)), "flip": tree.flips[0][0], "depth": float(tree.depth)}


def _shapes(trees: Sequence[Tree]) -> dict[str, Any]:
    shapes = [_shape(tree) for tree in trees]
    return {name: np.array([shape[name] for shape in shapes]) for name in shapes[0]}


def _targets(tree: Tree, features: int, replicas: int, stream: Stream) -> np.ndarray:
    """Targets of the items as columns, in a basis of their span: (R, items, items)."""
    if features <= tree.items:
        raise ValueError(f"{features} features are too few for {tree.items} items")
    sampled = tree.sample(features=features, replicas=replicas, generator=stream.child("features").generator())
    return np.asarray(np.linalg.qr(np.swapaxes(sampled, 1, 2) / np.sqrt(features), mode="r"))
