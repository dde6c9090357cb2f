"""Neurons of a Markov network.

Cliques of networks that attain the bound are counted by networkx. The bound is tried with the maximal cliques of all
graphs on up to six vertices, and of real ones. The page's bound is tried with the fewest cliques that cover all spins.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.cheap_learning import clique_count
from derivations.statement import Parameter
from numerics.cheap_learning.spin_graphs import covers, known_graphs, separate_cliques
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision, Property
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate

SHAPES = ((1, 3), (2, 3), (3, 2), (2, 4), (4, 3), (3, 5), (5, 4))
VERTICES = Parameter(symbol=sp.Symbol("v", integer=True), meaning="vertices", domain=sp.Range(2, 7), typical=(2, 6))
NUMBER = Parameter(symbol=sp.Symbol("g", integer=True), meaning="real graph", domain=sp.Range(0, 8), typical=(0, 7))


def terms(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Terms, by number and size of the cliques."""
    number, size = np.asarray(measured.given["shapes"]).T
    return candidate.numpy(N_c=number, S_c=size)[None]


def subsets_one_by_one(dps: int, point: Point) -> int:
    """Sets of vertices inside one of N cliques of S vertices each, that have no vertex in common."""
    number, size = int(point["N_c"]), int(point["S_c"])
    return len({(k * (chosen > 0), chosen) for k in range(number) for chosen in range(2**size)})


def _excess(candidate: Candidate, dps: int, cliques: np.ndarray, cover: np.ndarray, largest: np.ndarray) -> list[Any]:
    """By how much numbers of cliques break the bound, for each different cover."""
    most: dict[tuple[int, int], int] = {}
    for key, count in zip(zip(cover.tolist(), largest.tolist(), strict=True), cliques.tolist(), strict=True):
        most[key] = max(most.get(key, 0), count)
    slack = mpmath.mpf(10) ** (-dps // 2)
    stated = {key: candidate.mpmath(dps, N_c=key[0], S_c=key[1]) for key in most}
    return [candidate.broken(mpmath.mpf(count), stated[key], slack) for key, count in most.items()]


def excess_of_maximal_cliques(candidate: Candidate, point: Point, dps: int) -> list[Any]:
    """All graphs on so many vertices, covered by their maximal cliques."""
    found = covers(int(point["v"]))
    return _excess(candidate, dps, found["cliques"], found["maximal"], found["largest"])


def excess_of_fewest_cliques(candidate: Candidate, point: Point, dps: int) -> list[Any]:
    """All graphs on so many vertices, covered by the fewest cliques that have all vertices."""
    found = covers(int(point["v"]))
    return _excess(candidate, dps, found["cliques"], found["fewest"], found["largest"])


def excess_of_real_graphs(candidate: Candidate, point: Point, dps: int) -> Any:
    """A real graph, covered by its maximal cliques."""
    _, cliques, maximal, largest = known_graphs()[int(point["g"])]
    stated = candidate.mpmath(dps, N_c=maximal, S_c=largest)
    return candidate.broken(mpmath.mpf(cliques), stated, mpmath.mpf(10) ** (-dps // 2))


_MAXIMAL = Property(
    name="maximal cliques of all graphs",
    sentence="no graph on up to six vertices has more cliques than its maximal cliques allow",
    residual=excess_of_maximal_cliques,
    parameters=(VERTICES,),
    examples=20,
)

CLAIM = Claim(
    statement=clique_count.STATEMENT,
    checks=(
        Precision(
            name="subsets of separate cliques",
            reference=subsets_one_by_one,
            points=({"N_c": 3, "S_c": 4}, {"N_c": 5, "S_c": 3}, {"N_c": 4, "S_c": 6}),
            against="the subsets of separate cliques, which attain the bound",
        ),
        Enumeration(
            name="separate cliques counted",
            predict=terms,
            quick=functools.partial(separate_cliques, shapes=SHAPES),
            control=functools.partial(separate_cliques, shapes=SHAPES, chained=True),
            axis="number of the graph",
            quantity="number of terms",
            style="stem",
        ),
        _MAXIMAL,
        Property(
            name="maximal cliques of real graphs",
            sentence="no real graph has more cliques than its maximal cliques allow",
            residual=excess_of_real_graphs,
            parameters=(NUMBER,),
            examples=20,
        ),
    ),
    quantities=("Q",),
    convention="Single spins and the constant count, on both sides; a neuron for each term.",
    independence="Cliques are listed, on all graphs of few vertices and by networkx on real ones.",
    printed={
        "E27": Ordeal(
            fails=Property(
                name="fewest cliques that cover the vertices",
                sentence="no graph on up to six vertices has more cliques than its smallest cover allows",
                residual=excess_of_fewest_cliques,
                parameters=(VERTICES,),
                examples=20,
            ),
            holds=_MAXIMAL,
        )
    },
)
