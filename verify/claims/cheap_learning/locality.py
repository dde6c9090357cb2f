"""Neighbours bound the degree of a Hamiltonian.

Products of spins are tabulated and spins flipped, to see on which others the change depends; all graphs on up to six
vertices are tried at once. Pairs alone, and a ring, are the controls.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

from derivations.cheap_learning import locality
from numerics.cheap_learning.spin_graphs import chain_terms, largest_terms
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate


def degree_by_neighbours(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The largest degree, by number of neighbours."""
    return candidate.numpy(n_b=measured.axis, n=3)[:1]


def terms_by_spins(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Terms on a chain, by number of spins."""
    return candidate.numpy(n_b=3, n=measured.axis)[1:]


def cliques_around_a_spin(dps: int, point: Point) -> list[int]:
    """Spins of the largest clique around a spin of a complete graph, and sets of neighbours on a chain."""
    neighbours, n = int(point["n_b"]), int(point["n"])
    together = {0, *range(1, neighbours + 1)}
    pairs = [(a, b) for a, b in itertools.combinations(range(n), 2) if b - a == 1]
    return [len(together), len([(), *((a,) for a in range(n)), *pairs])]


CLAIM = Claim(
    statement=locality.STATEMENT,
    checks=(
        Precision(
            name="cliques listed",
            reference=cliques_around_a_spin,
            points=({"n_b": 3, "n": 7}, {"n_b": 5, "n": 4}),
            against="the members of cliques of a complete graph and of a chain",
        ),
        Enumeration(
            name="all graphs on up to six vertices",
            predict=degree_by_neighbours,
            quick=functools.partial(largest_terms, vertices=(2, 3, 4, 5, 6)),
            control=functools.partial(largest_terms, vertices=(3, 4, 5), pairs_only=True),
            axis="largest number of neighbours n_b",
            quantity="largest degree d",
        ),
        Enumeration(
            name="chains",
            predict=terms_by_spins,
            quick=functools.partial(chain_terms, spins=(3, 4, 5, 6, 7)),
            full=functools.partial(chain_terms, spins=(3, 4, 5, 6, 7, 8, 9, 10)),
            control=functools.partial(chain_terms, spins=(4, 5, 6), ring=True),
            axis="number of spins n",
            quantity="number of terms",
        ),
    ),
    quantities=("d(n_b)", "T(n)"),
    convention="Spins are 0 and 1; the degree of a term is its number of spins, and the constant is a term.",
    independence="Products are tabulated and spins flipped on every graph; no theorem on cliques is used.",
)
