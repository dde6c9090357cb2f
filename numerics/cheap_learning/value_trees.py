"""Trees of functions of two variables, run at all inputs: which entries of their tables are looked up."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

Tree = Any  # the number of a leaf, or (number of a node, its parts)


def looked_up(*, shapes: tuple[tuple[int, int], ...], stream: Stream, device: str, parts: int = 2) -> Measurement:
    """Entries of tables that random trees look up, over all inputs, for (variables, values of each).

    Every node joins `parts` parts by a random table in which each line has all values. Values, shape (2, shapes):
    different entries that were looked up in the tables of all nodes, and different inputs. `device` is unused. Given:
    `shapes`.
    """
    rows = []
    for number, (variables, values) in enumerate(shapes):
        generator = stream.child(number).generator()
        forest: list[Tree] = list(range(variables))
        tables: list[np.ndarray] = []
        while len(forest) > 1:
            count = min(parts, len(forest))
            chosen = sorted(generator.choice(len(forest), count, replace=False).tolist(), reverse=True)
            node = (len(tables), tuple(forest.pop(k) for k in chosen))
            tables.append(_latin(count, values, generator))
            forest.append(node)
        inputs = np.array(list(itertools.product(range(values), repeat=variables)))
        seen: set[tuple[int, ...]] = set()
        _run(forest[0], inputs, tables, seen)
        rows.append([len(seen), len(np.unique(inputs, axis=0))])
    return Measurement(
        values=np.array(rows, dtype=float).T,
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


def _latin(arguments: int, values: int, generator: np.random.Generator) -> np.ndarray:
    """A table of sums modulo the number of values, with all values renamed at random."""
    places = np.indices((values,) * arguments)
    renamed = sum(generator.permutation(values)[place] for place in places)
    return np.asarray(generator.permutation(values)[renamed % values])


def _run(tree: Tree, inputs: np.ndarray, tables: list[np.ndarray], seen: set[tuple[int, ...]]) -> np.ndarray:
    if isinstance(tree, int):
        return inputs[:, tree]
    node, below = tree
    arguments = np.stack([_run(part, inputs, tables, seen) for part in below], axis=1)
    seen |= {(node, *map(int, row)) for row in np.unique(arguments, axis=0)}
    return np.asarray(tables[node][tuple(arguments.T)])
