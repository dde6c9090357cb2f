"""Tables of compositional trees.

Random trees of random tables are run at all inputs, and the entries counted that they look up. Trees whose nodes join
three parts are the control.
"""

from __future__ import annotations

import functools
import itertools

import mpmath
import numpy as np

from derivations.cheap_learning import compositional_trees
from numerics.cheap_learning.value_trees import looked_up
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

SHAPES = ((2, 3), (3, 2), (3, 4), (4, 3), (5, 3), (6, 2), (7, 3))


def entries(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Entries of the tree, and of one table from their quotient, by variables and values."""
    variables, values = np.asarray(measured.given["shapes"]).T
    deep, _, ratio = candidate.numpy(n=variables, n_v=values)
    return np.stack([deep, ratio * deep])


def nodes_and_inputs(dps: int, point: Point) -> list:
    """Pairs of values at every node of a chain of nodes, and inputs, one by one."""
    n, values = int(point["n"]), int(point["n_v"])
    deep = len([(node, a, b) for node in range(n - 1) for a in range(values) for b in range(values)])
    flat = sum(1 for _ in itertools.product(range(values), repeat=n))
    return [deep, flat, mpmath.mpf(flat) / deep]


CLAIM = Claim(
    statement=compositional_trees.STATEMENT,
    checks=(
        Precision(
            name="nodes and inputs",
            reference=nodes_and_inputs,
            points=({"n": 3, "n_v": 5}, {"n": 5, "n_v": 3}, {"n": 6, "n_v": 4}),
            against="pairs of values at every node, and inputs",
        ),
        Enumeration(
            name="trees run at all inputs",
            predict=entries,
            quick=functools.partial(looked_up, shapes=SHAPES),
            full=functools.partial(looked_up, shapes=(*SHAPES, (8, 3), (6, 5), (10, 3))),
            control=functools.partial(looked_up, shapes=SHAPES[1:], parts=3),
            axis="number of the tree",
            quantity="number of entries",
            series=("looked up in all nodes", "of one table"),
            style="stem",
        ),
    ),
    quantities=("E_deep", "E_flat", "E_ratio"),
    convention="Entries of tables; a node of the tree has n_v^2 of them.",
    independence="Trees are drawn and run at all inputs; entries are counted as they are looked up.",
)
