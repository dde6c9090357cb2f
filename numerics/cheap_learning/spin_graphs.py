"""Graphs of spins: which terms a Hamiltonian may have, cliques and covers, on all graphs of few vertices and real ones.

A graph of v vertices is a number whose bits are its edges; sets of vertices are numbers, too.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream


def edges(vertices: int) -> list[tuple[int, int]]:
    """All pairs of vertices, in the order of a graph's bits."""
    return list(itertools.combinations(range(vertices), 2))


def all_graphs(vertices: int) -> np.ndarray:
    """Every graph on so many labelled vertices, as numbers."""
    return np.arange(2 ** (vertices * (vertices - 1) // 2), dtype=np.uint32)


@functools.cache
def needed_edges(chosen: int, vertices: int) -> int:
    """Edges without which a product of the `chosen` spins is no term of a Hamiltonian: those found by flipping spins.

    For each spin the change of the product under its flip is tabulated; a spin on which it depends must be a neighbour.
    """
    states = np.arange(2**vertices)
    product = (states & chosen) == chosen
    needed = 0
    for bit, (a, b) in enumerate(edges(vertices)):
        change = product[states | 1 << a].astype(int) - product[states & ~(1 << a)].astype(int)
        if np.any(change[states | 1 << b] != change[states & ~(1 << b)]):
            needed |= 1 << bit
    return needed


def largest_terms(*, vertices: tuple[int, ...], stream: Stream, device: str, pairs_only: bool = False) -> Measurement:
    """The largest degree of a term, by the largest number of neighbours, over all graphs on `vertices` vertices.

    Values, shape (1, neighbours), for 1 to the largest number of vertices less one; `pairs_only` allows products of two
    spins only. `stream` and `device` are unused.
    """
    most = max(vertices)
    found = np.zeros(most, dtype=int)
    for count in vertices:
        graphs = all_graphs(count)
        neighbours = np.zeros((count, len(graphs)), dtype=np.uint8)
        for bit, (a, b) in enumerate(edges(count)):
            joined = (graphs >> bit & 1).astype(np.uint8)
            neighbours[a] += joined
            neighbours[b] += joined
        largest = np.zeros(len(graphs), dtype=int)
        for chosen in range(2**count):
            needed, size = needed_edges(chosen, count), chosen.bit_count()
            if not (pairs_only and size > 2):
                largest = np.where((graphs & needed) == needed, np.maximum(largest, size), largest)
        np.maximum.at(found, neighbours.max(axis=0), largest)
    return Measurement(values=found[None, 1:].astype(float), axis=np.arange(1.0, most))


def chain_terms(*, spins: tuple[int, ...], stream: Stream, device: str, ring: bool = False) -> Measurement:
    """Terms that a Hamiltonian on an open chain may have, the constant among them, found by flipping spins.

    Values, shape (1, spins). `ring` joins the ends. `stream` and `device` are unused.
    """
    counts = []
    for count in spins:
        joined = {(a, a + 1) for a in range(count - 1)} | ({(0, count - 1)} if ring else set())
        graph = sum(1 << bit for bit, pair in enumerate(edges(count)) if pair in joined)
        counts.append(sum(needed_edges(chosen, count) & ~graph == 0 for chosen in range(2**count)))
    return Measurement(values=np.array([counts], dtype=float), axis=np.array(spins, dtype=float))


def separate_cliques(
    *, shapes: tuple[tuple[int, int], ...], stream: Stream, device: str, chained: bool = False
) -> Measurement:
    """Cliques of graphs of N cliques of S vertices without a common vertex, for each (N, S), as networkx finds them.

    Values, shape (1, shapes), the empty clique among them. `chained` joins each clique to the next by an edge.
    `stream` and `device` are unused. Given: `shapes`.
    """
    import networkx as nx

    counts = []
    for number, size in shapes:
        graph = nx.disjoint_union_all([nx.complete_graph(size)] * number)
        if chained:
            graph.add_edges_from((k * size - 1, k * size) for k in range(1, number))
        counts.append(1 + sum(1 for _ in nx.enumerate_all_cliques(graph)))
    return Measurement(
        values=np.array([counts], dtype=float),
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


@functools.cache
def known_graphs() -> tuple[tuple[str, int, int, int], ...]:
    """Real and random graphs: (name, cliques with the empty one, maximal cliques, vertices of the largest)."""
    import networkx as nx

    graphs: dict[str, Any] = {
        "karate club": nx.karate_club_graph(),
        "southern women": nx.davis_southern_women_graph(),
        "Florentine families": nx.florentine_families_graph(),
        "Les Miserables": nx.les_miserables_graph(),
        "lattice of 8 times 8": nx.grid_2d_graph(8, 8),
        "triangular lattice": nx.triangular_lattice_graph(6, 8),
        "Petersen": nx.petersen_graph(),
        "random": nx.gnp_random_graph(24, 0.4, seed=5),
    }
    found = []
    for name, graph in graphs.items():
        largest = list(nx.find_cliques(graph))
        limit = max(map(len, largest))
        count = sum(1 for _ in nx.enumerate_all_cliques(graph)) if limit < 9 else _subsets_of(largest)
        found.append((name, 1 + count if limit < 9 else count, len(largest), limit))
    return tuple(found)


def _subsets_of(cliques: list[list[Any]]) -> int:
    """Different subsets of the cliques, the empty one among them."""
    found: set[frozenset[Any]] = {frozenset()}
    for clique in cliques:
        found |= {frozenset(some) for k in range(1, len(clique) + 1) for some in itertools.combinations(clique, k)}
    return len(found)


@functools.cache
def covers(vertices: int) -> dict[str, np.ndarray]:
    """For all graphs on so many vertices: cliques, vertices of the largest, maximal cliques, and fewest that cover.

    The fewest cliques whose union has all vertices are found by taking away, from each set of vertices, a clique that
    contains its first one.
    """
    graphs, pairs = all_graphs(vertices), edges(vertices)
    inside = [sum(1 << e for e, (a, b) in enumerate(pairs) if s >> a & 1 and s >> b & 1) for s in range(2**vertices)]
    is_clique = np.array([(graphs & mask) == mask for mask in inside])
    largest = np.max([np.where(row, s.bit_count(), 0) for s, row in enumerate(is_clique)], axis=0)
    maximal = np.zeros(len(graphs), dtype=int)
    for s in range(1, 2**vertices):
        larger = np.any(
            [is_clique[s | 1 << v] for v in range(vertices) if not s >> v & 1] or [is_clique[0] & False], axis=0
        )
        maximal += is_clique[s] & ~larger
    fewest = np.full((2**vertices, len(graphs)), vertices + 1)
    fewest[0] = 0
    for s in range(1, 2**vertices):
        first = s & -s
        part = s
        while part:
            if part & first:
                fewest[s] = np.where(is_clique[part], np.minimum(fewest[s], 1 + fewest[s ^ part]), fewest[s])
            part = (part - 1) & s
    return {"cliques": is_clique.sum(axis=0), "largest": largest, "maximal": maximal, "fewest": fewest[-1]}
