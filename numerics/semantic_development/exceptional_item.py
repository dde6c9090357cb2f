"""Networks that learn the properties of a tree's items, one of which lacks a property of its category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numerics.deep_linear.training import Descent, Task, orthonormal, updates_between
from numerics.measurement import Measurement
from numerics.streams import Stream


@dataclass(frozen=True, kw_only=True)
class Taxonomy:
    """The items of a regular tree, and how many properties they have.

    branching, depth   branches at each node, links between the root and an item
    flip               probability that a property changes along a link; sets the similarities of the items
    properties         number of properties, more than items
    """

    branching: int
    depth: int
    flip: float
    properties: int

    def __post_init__(self) -> None:
        if self.branching < 2 or self.depth < 1 or not 0 < self.flip < 1:
            raise ValueError(f"no tree with {self.branching} branches, {self.depth} levels and flips {self.flip}")
        if self.properties <= self.items:
            raise ValueError(f"{self.properties} properties are too few for {self.items} items")

    @property
    def items(self) -> int:
        return self.branching**self.depth

    def similarity(self) -> np.ndarray:
        """Mean products of two items' properties, (items, items), carried down the tree link by link."""
        kept = (1 - self.flip) - self.flip  # mean of what a link multiplies a property by
        matrix: np.ndarray = np.ones((1, 1))
        for _ in range(self.depth):
            matrix = kept * kept * np.kron(matrix, np.ones((self.branching, self.branching)))
            np.fill_diagonal(matrix, 1.0)
        return matrix


def exceptional_property(tree: Taxonomy) -> np.ndarray:
    """A property that holds (+1) for the first category of level 1 but its first item, and for no other (-1)."""
    values = -np.ones(tree.items)
    values[1 : tree.items // tree.branching] = 1.0
    return values


def with_property(tree: Taxonomy, row: np.ndarray, stream: Stream) -> np.ndarray:
    """Properties (properties, items) whose products, summed over all of them, are those of the tree exactly.

    The first is `row`; the others are drawn. Raises ValueError if the tree leaves no room for it.
    """
    rest = tree.properties * tree.similarity() - np.outer(row, row)
    try:
        root = np.linalg.cholesky(rest)
    except np.linalg.LinAlgError as error:
        raise ValueError(f"{tree.properties} properties leave no room for this one among them") from error
    others = orthonormal(tree.properties - 1, tree.items, stream.child("properties").generator())
    return np.vstack([row, others @ root.T])


def item_task(properties: np.ndarray) -> Task:
    """Items as one-hot inputs, their properties (N_3, items) as outputs, with their singular vectors."""
    left, values, right = np.linalg.svd(properties, full_matrices=False)
    return Task(
        inputs=np.eye(properties.shape[1]), outputs=properties, left=left, right=right.T, singular_values=values
    )


def deep_descent(task: Task, hidden: int, initial: float, stream: Stream, device: str) -> Descent:
    """Descent of a network with one hidden layer from a decoupled start, every mode with strength `initial`.

    Raises ValueError for a hidden layer that does not hold all modes, or a start without strength.
    """
    if initial <= 0:
        raise ValueError(f"the initial strength must be positive, not {initial}")
    frame = orthonormal(hidden, len(task.singular_values), stream.child("start").generator())
    strength = np.sqrt(initial)
    weights = [strength * frame @ task.right.T, strength * task.left @ frame.T]
    return Descent(task=task, weights=weights, device=device)


def estimates(
    *,
    trees: Sequence[Taxonomy],
    hidden: int,
    initial: float,
    tau: float,
    times: Sequence[float],
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Estimate of the exceptional property for the exceptional item, in a deep and in a shallow network.

    hidden   neurons of the hidden layer
    initial  strength of all modes of the deep network at the start; the shallow one starts at zero
    times    observation times, in the unit of tau, on the step grid
    Values   (2 trees, T): deep network of each tree, then shallow network of each tree.
    Given    branching, depth, flip, properties of the trees; initial, tau.
    """
    deep: list[np.ndarray] = []
    shallow: list[np.ndarray] = []
    counts = updates_between(times, step)
    wanted = set(counts)
    for number, tree in enumerate(trees):
        below = stream.child(number)
        task = item_task(with_property(tree, exceptional_property(tree), below))
        networks = (
            deep_descent(task, hidden, initial, below, device),
            Descent(task=task, weights=[np.zeros((tree.properties, tree.items))], device=device),
        )
        for network, rows in zip(networks, (deep, shallow), strict=True):
            maps = zip(range(counts[-1] + 1), network.run(step / tau), strict=False)
            rows.append(np.array([float(total[0, 0]) for count, total in maps if count in wanted]))
    given: dict[str, np.ndarray | float] = {
        name: np.array([getattr(tree, name) for tree in trees]) for name in ("branching", "depth", "flip", "properties")
    }
    given |= {"initial": initial, "tau": tau}
    return Measurement(values=np.array(deep + shallow), axis=np.asarray(times), given=given, resolution={"step": step})
