"""A linear network with a hidden layer that learns the features of the items of a tree: what it represents, and when.

Inputs are one-hot, one neuron an item; targets are the features over the square root of their number. Time is in the
unit of tau: the weights follow Runge-Kutta steps along the gradient of half the squared error. The outputs
are written in an orthonormal basis of the span of the targets, a rotation that changes no distance; weights into all
other outputs are zero at the start, and stay so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.deep_linear.training import orthonormal
from numerics.deep_linear.weight_space import slopes
from numerics.measurement import Measurement, from_replicas
from numerics.semantic_development.trees import Pair, Tree
from numerics.streams import Stream

COURANT = 0.28  # Runge-Kutta steps times the largest singular value; times are off by less than 1e-4 of themselves


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
    start = _start(targets, hidden, initial, balanced, stream)
    rows = [representation for representation, _ in _at_times(targets, start, np.asarray(times) / tau, device)]
    apart, meeting = _apart(np.stack(rows, axis=1)), tree.meeting_levels()
    groups = [tree.siblings(level) for level in range(1, tree.depth + 1)]
    categories = np.stack([_spread(row, groups) for row in rows], axis=2)
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
        start = _start(targets, hidden, initial, balanced, stream.child(number))
        groups = [tree.siblings(level) for level in range(1, tree.depth + 1)]
        found.append(tau * _half_times(targets, start, groups, device))
        if number == 0 and len(snapshots):
            first = [w[:1] for w in start]
            rows = [hidden for hidden, _ in _at_times(targets[:1], first, np.asarray(snapshots) / tau, device)]
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
        run = _descend(targets, [np.zeros_like(targets)], step, device)
        groups = [tree.siblings(level) for level in range(1, tree.depth + 1)]
        found.append(tau * _passages(run, _spread(targets, groups) / 4, groups, step)[0])
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
    start = _start(targets, hidden, initial, True, stream)
    run = _at_times(targets, start, np.asarray(times) / tau, device)
    groups = [(pair,) for pair in pairs]
    return from_replicas(
        np.stack([np.sqrt(_spread(outputs, groups)) for _, outputs in run], axis=2),
        axis=np.asarray(times, dtype=float),
        given={"initial": initial, "tau": tau},
        resolution={"features": float(width)},
    )


def category_split_times(
    *,
    tree: Tree,
    pairs: Sequence[Pair],
    hidden: int,
    initial: float,
    tau: float,
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """When the mean outputs of two categories are half as far apart as in the end, for each pair; balanced start.

    Values (pairs,), times. Given: initial, tau.
    """
    times = _pair_times(tree, pairs, hidden, initial, tau, width, replicas, stream, device)
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
) -> np.ndarray:
    """Half-split times of each replica and pair of categories."""
    targets = _targets(tree, features, replicas, stream)
    start = _start(targets, hidden, initial, True, stream)
    return tau * _half_times(targets, start, [(pair,) for pair in pairs], device)


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


def _start(targets: np.ndarray, hidden: int, initial: float, balanced: bool, stream: Stream) -> list[np.ndarray]:
    """First and last weights, (R, hidden, items) and (R, items, hidden).

    Balanced: every mode of the targets has the strength `initial` in the map, the same in both layers, along
    orthonormal hidden directions. Otherwise all weights are Gaussian with variance 2 initial / hidden.
    """
    replicas, items, _ = targets.shape
    generator = stream.child("start").generator()
    if initial <= 0 or hidden < items:
        raise ValueError(f"{hidden} hidden neurons and a start of {initial} do not carry {items} modes")
    if not balanced:
        spread = np.sqrt(2 * initial / hidden)
        return [spread * generator.standard_normal((replicas, *shape)) for shape in ((hidden, items), (items, hidden))]
    left, _, right = np.linalg.svd(targets)
    frames = np.stack([orthonormal(hidden, items, generator) for _ in range(replicas)])
    return [np.sqrt(initial) * frames, np.sqrt(initial) * left @ right @ np.swapaxes(frames, 1, 2)]


class _Learner:
    """Networks of one or two matrices, one a replica, on half the squared error."""

    def __init__(self, targets: np.ndarray, weights: Sequence[np.ndarray], device: str):
        self._torch = load_torch()
        place = {"dtype": self._torch.float64, "device": resolve_device(device)}
        self._targets = self._torch.tensor(targets, **place)
        self.weights = [self._torch.tensor(w, **place) for w in weights]

    def output(self, weights: Sequence[Any]) -> Any:
        """What the networks answer to the items, (R, outputs, items)."""
        return weights[0] if len(weights) == 1 else weights[1] @ weights[0]

    def descent(self, weights: Sequence[Any]) -> list[Any]:
        """Minus the gradient of the loss."""
        return [-slope for slope in slopes(weights, self._targets)[1]]

    def shift(self, directions: Sequence[Any], size: float) -> list[Any]:
        """Weights moved by size times directions."""
        return [w + size * d for w, d in zip(self.weights, directions, strict=True)]

    def runge_kutta(self, step: float) -> None:
        """One step of fourth order."""
        first = self.descent(self.weights)
        second = self.descent(self.shift(first, step / 2))
        third = self.descent(self.shift(second, step / 2))
        fourth = self.descent(self.shift(third, step))
        mean = [(a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(first, second, third, fourth, strict=True)]
        self.weights = self.shift(mean, step)


def _step(targets: np.ndarray) -> float:
    return COURANT / float(np.max(np.linalg.norm(targets, ord=2, axis=(1, 2))))


def _at_times(targets: np.ndarray, start: list[np.ndarray], times: np.ndarray, device: str) -> Iterator[tuple]:
    """Representations (R, hidden, items) and outputs at increasing times in the unit of tau."""
    learner, step, now = _Learner(targets, start, device), _step(targets), 0.0
    if np.any(np.diff(times) <= 0) or times[0] < 0:
        raise ValueError("observation times must be nonnegative and increasing")
    for time in times:
        count = int(np.ceil((time - now) / step))
        for _ in range(count):
            learner.runge_kutta((time - now) / count)
        now = time
        yield learner.weights[0].cpu().numpy(), learner.output(learner.weights).cpu().numpy()


def _descend(targets: np.ndarray, start: list[np.ndarray], step: float, device: str) -> Iterator[np.ndarray]:
    """Outputs under plain gradient descent, before the first and after each update."""
    learner = _Learner(targets, start, device)
    while True:
        yield learner.output(learner.weights).cpu().numpy()
        learner.weights = learner.shift(learner.descent(learner.weights), step)


def _flow(targets: np.ndarray, start: list[np.ndarray], step: float, device: str) -> Iterator[np.ndarray]:
    """Outputs along the gradient flow, at the start and after each step."""
    learner = _Learner(targets, start, device)
    while True:
        yield learner.output(learner.weights).cpu().numpy()
        learner.runge_kutta(step)


def _half_times(targets: np.ndarray, start: list[np.ndarray], groups: Sequence, device: str) -> np.ndarray:
    """Times (R, groups) at which the mean squared distance of each group's pairs is a quarter of its last value."""
    step = _step(targets)
    return _passages(_flow(targets, start, step, device), _spread(targets, groups) / 4, groups, step)


def _spread(outputs: np.ndarray, groups: Sequence[Sequence[Pair]]) -> np.ndarray:
    """Mean squared distance between the centroids of the pairs of each group, (R, groups)."""
    rows = []
    for pairs in groups:
        apart = [outputs[:, :, list(a)].mean(axis=2) - outputs[:, :, list(b)].mean(axis=2) for a, b in pairs]
        rows.append(np.mean([np.sum(e**2, axis=1) for e in apart], axis=0))
    return np.stack(rows, axis=1)


def _passages(run: Iterator[np.ndarray], goals: np.ndarray, groups: Sequence, step: float) -> np.ndarray:
    """Times at which the spreads along a run pass their goals, by Lagrange's t(log spread) through four points."""
    path: list[np.ndarray] = []
    spare = 2
    for outputs in run:
        path.append(_spread(outputs, groups))
        spare -= bool(np.all(path[-1] > goals))
        if not spare:
            break
        if len(path) > 100_000:
            raise ValueError("not all categories are told apart within 100000 steps")
    curves, times = np.log(np.maximum(np.stack(path), 1e-300)), np.empty(goals.shape)
    for place, goal in np.ndenumerate(np.log(goals)):
        curve = curves[(slice(None), *place)]
        first = max(int(np.argmax(curve > goal)) - 2, 0)
        near = curve[first : first + 4]
        gaps = near[:, None] - near
        np.fill_diagonal(gaps, 1)
        factors = np.tile(goal - near, (4, 1))
        np.fill_diagonal(factors, 1)
        times[place] = np.prod(factors / gaps, axis=1) @ (first + np.arange(4)) * step
    return times
