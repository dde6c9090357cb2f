"""Trees whose nodes branch and flip each in its own way, and features that diffuse down them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Pair = tuple[tuple[int, ...], tuple[int, ...]]  # items of a category, and of its sibling


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A tree, level by level below its root; the nodes of the last level are the items.

    parents  for each level the parent of every node, as its position in the level above, in increasing order
    flips    for each level the probability that a feature flips along the link to every node
    Raises ValueError where the two do not fit together.
    """

    parents: tuple[tuple[int, ...], ...]
    flips: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if not self.parents or [len(row) for row in self.parents] != [len(row) for row in self.flips]:
            raise ValueError("a tree needs levels, and a parent and a probability of a flip for each node")
        above = 1
        for row, chances in zip(self.parents, self.flips, strict=True):
            if sorted(row) != list(row) or not row or row[0] < 0 or row[-1] >= above:
                raise ValueError(f"nodes with parents {row} do not hang on {above} nodes in order")
            if not all(0 < chance < 1 for chance in chances):
                raise ValueError(f"probabilities of flips {chances} are not between 0 and 1")
            above = len(row)

    @property
    def depth(self) -> int:
        """Number of links between the root and an item."""
        return len(self.parents)

    @property
    def items(self) -> int:
        """Number of items."""
        return len(self.parents[-1])

    def nodes_of_items(self) -> np.ndarray:
        """The node above each item at every level, (depth + 1, items); the root's level is 0."""
        rows = [np.arange(self.items)]
        for row in self.parents[::-1]:
            rows.append(np.asarray(row)[rows[-1]])
        return np.stack(rows[::-1])

    def meeting_levels(self) -> np.ndarray:
        """Level of the nearest common ancestor of every two items, (items, items)."""
        nodes = self.nodes_of_items()
        return np.sum(nodes[:, :, None] == nodes[:, None, :], axis=0) - 1

    def siblings(self, level: int) -> tuple[Pair, ...]:
        """All pairs of categories of a level with the same parent."""
        nodes, parents = self.nodes_of_items()[level], self.parents[level - 1]
        members = [tuple(int(i) for i in np.flatnonzero(nodes == node)) for node in range(len(parents))]
        return tuple(
            (members[i], members[j])
            for i in range(len(parents))
            for j in range(i + 1, len(parents))
            if parents[i] == parents[j]
        )

    def sample(self, *, features: int, replicas: int, generator: np.random.Generator) -> np.ndarray:
        """Features of the items, +1 or -1, (replicas, items, features): drawn at the root, flipped on the way down."""
        turned = generator.integers(0, 2, size=(replicas, 1, features)).astype(bool)
        for row, chances in zip(self.parents, self.flips, strict=True):
            turned = turned[:, list(row)]
            turned ^= generator.random(turned.shape, dtype=np.float32) < np.asarray(chances)[:, None]
        return 1.0 - 2.0 * turned


def regular(branching: int, depth: int, flip: float) -> Tree:
    """The tree with the same number of branches at every node and the same probability of a flip along every link.

    >>> regular(2, 2, 0.1).parents
    ((0, 0), (0, 0, 1, 1))
    """
    parents = tuple(tuple(k // branching for k in range(branching**level)) for level in range(1, depth + 1))
    return Tree(parents=parents, flips=tuple((flip,) * len(row) for row in parents))
