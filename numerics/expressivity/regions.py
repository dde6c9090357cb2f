"""Linear regions of a relu network on a cube, counted one by one in exact arithmetic.

The cube is cut by every neuron of every layer in turn. A cell is the list of its vertices, each with the hyperplanes
that it lies on; a hyperplane cuts those edges of the cell whose ends lie on different sides (double description
method). Vertices are whole numbers with a common denominator, so nothing is rounded.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Numbers = tuple[int, ...]
Layer = tuple[Sequence[Sequence[Fraction]], Sequence[Fraction]]  # weights (outputs, inputs), biases (outputs,)
LARGEST_DIMENSION = 3  # up to it a face of a cell that has as many vertices as the space has dimensions is a facet


@dataclass(frozen=True)
class Cell:
    """A convex cell.

    vertices   homogeneous coordinates (numerators, then the positive denominator), in lowest terms
    tight      for each vertex the hyperplanes it lies on, as bits
    outputs    affine functions on the cell, times a common factor: coefficients, then the constant
    """

    vertices: tuple[Numbers, ...]
    tight: tuple[int, ...]
    outputs: tuple[Numbers, ...]


def regions(hidden: Sequence[Layer], readout: Sequence[Fraction], low: int, high: int) -> list[list[Cell]]:
    """The connected sets on which the network is one affine function, each as its cells, in the cube [low, high]^n.

    hidden   relu layers from the input on; `readout` is the output's weight on each neuron of the last one

    Raises ValueError for dimensions above LARGEST_DIMENSION.
    """
    dimension = len(hidden[0][0][0])
    if not 1 <= dimension <= LARGEST_DIMENSION:
        raise ValueError(f"cells of dimension {dimension}: between 1 and {LARGEST_DIMENSION} can be counted")
    cells, bit, factor = [_cube(dimension, low, high)], 2 * dimension, 1
    for weights, biases in hidden:
        scale = math.lcm(*(number.denominator for row in (*weights, biases) for number in row))
        whole = [[int(w * scale) for w in row] for row in weights]
        shifts = [int(b * scale * factor) for b in biases]
        cells = [_through(cell, whole, shifts) for cell in cells]
        factor *= scale
        for neuron in range(len(whole)):
            cells = [part for cell in cells for part in _cut(cell, neuron, 1 << bit)]
            bit += 1
    scale = math.lcm(*(number.denominator for number in readout))
    return _joined([_through(cell, [[int(w * scale) for w in readout]], [0]) for cell in cells])


def _cube(dimension: int, low: int, high: int) -> Cell:
    corners = list(itertools.product((0, 1), repeat=dimension))
    return Cell(
        vertices=tuple((*((low, high)[side] for side in corner), 1) for corner in corners),
        tight=tuple(sum(1 << (2 * k + side) for k, side in enumerate(corner)) for corner in corners),
        outputs=tuple(tuple(int(k == i) for k in range(dimension + 1)) for i in range(dimension)),
    )


def _through(cell: Cell, weights: Sequence[Sequence[int]], biases: Sequence[int]) -> Cell:
    """The cell with a linear layer applied to its affine functions."""
    columns = list(zip(*cell.outputs, strict=True))
    rows = []
    for row, bias in zip(weights, biases, strict=True):
        mapped = [_dot(row, column) for column in columns]
        rows.append((*mapped[:-1], mapped[-1] + bias))
    return Cell(cell.vertices, cell.tight, tuple(rows))


def _dot(form: Sequence[int], vertex: Sequence[int]) -> int:
    return sum(map(operator.mul, form, vertex))


def _lowest(vertex: Iterable[int]) -> Numbers:
    numbers = tuple(vertex)
    common = math.gcd(*numbers)
    return tuple(n // common for n in numbers)


def _cut(cell: Cell, neuron: int, bit: int) -> tuple[Cell, ...]:
    """The cell's parts where a neuron is on and off, with its relu applied."""
    form = cell.outputs[neuron]
    off = (*cell.outputs[:neuron], (0,) * len(form), *cell.outputs[neuron + 1 :])
    heights = [_dot(form, vertex) for vertex in cell.vertices]
    if max(heights) <= 0:
        return (Cell(cell.vertices, cell.tight, off),)
    if min(heights) >= 0:
        return (cell,)
    above = [k for k, h in enumerate(heights) if h > 0]
    below = [k for k, h in enumerate(heights) if h < 0]
    level = [(cell.vertices[k], cell.tight[k] | bit) for k, h in enumerate(heights) if h == 0]
    least = len(form) - 2  # hyperplanes that meet in an edge
    for p, m in itertools.product(above, below):
        shared = cell.tight[p] & cell.tight[m]
        if shared.bit_count() < least or any(
            mask & shared == shared for k, mask in enumerate(cell.tight) if k not in (p, m)
        ):
            continue  # not an edge: a third vertex lies on everything that these two share
        pairs = zip(cell.vertices[m], cell.vertices[p], strict=True)
        level.append((_lowest(heights[p] * a - heights[m] * b for a, b in pairs), shared | bit))
    parts = []
    for kept, outputs in ((above, cell.outputs), (below, off)):
        corners = [*((cell.vertices[k], cell.tight[k]) for k in kept), *level]
        parts.append(Cell(tuple(v for v, _ in corners), tuple(t for _, t in corners), outputs))
    return tuple(parts)


def _facets(cell: Cell) -> Iterable[frozenset[Numbers]]:
    """The facets of a cell as sets of vertices."""
    dimension = len(cell.vertices[0]) - 1
    on: dict[int, list[Numbers]] = {}  # vertices on each hyperplane
    for vertex, tight in zip(cell.vertices, cell.tight, strict=True):
        while tight:
            bit = tight & -tight
            on.setdefault(bit, []).append(vertex)
            tight ^= bit
    return {frozenset(vertices) for vertices in on.values() if len(vertices) >= dimension}


def _joined(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells that share a facet and their affine function, put together."""
    parent = list(range(len(cells)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = k = parent[parent[k]]
        return k

    first: dict[tuple, int] = {}
    for k, cell in enumerate(cells):
        for facet in _facets(cell):
            parent[root(k)] = root(first.setdefault((facet, cell.outputs), k))
    groups: dict[int, list[Cell]] = {}
    for k, cell in enumerate(cells):
        groups.setdefault(root(k), []).append(cell)
    return list(groups.values())


def centre(cell: Cell) -> list[float]:
    """The mean of a cell's vertices, rounded."""
    points = [[a / vertex[-1] for a in vertex[:-1]] for vertex in cell.vertices]
    return [sum(coordinates) / len(points) for coordinates in zip(*points, strict=True)]
