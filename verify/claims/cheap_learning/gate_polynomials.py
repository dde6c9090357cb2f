"""Polynomials of several variables from gates of four neurons.

Networks of gates with all monomials are built from halves, run on random inputs and counted. Networks that multiply by
one variable after the other are the control: they have the neurons, and are deeper.
"""

from __future__ import annotations

import functools

import numpy as np

from derivations.activations import SOFTPLUS
from derivations.cheap_learning import gate_polynomials
from derivations.statement import Source
from numerics.cheap_learning.gate_networks import monomials
from numerics.measurement import Measurement
from verify.checks import Enumeration, Literature, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, numpy_function

SHAPES = ((2, 2), (2, 3), (2, 5), (3, 3), (3, 4), (4, 3), (4, 4), (1, 7), (1, 8), (2, 9))
_MONOMIALS = functools.partial(
    monomials,
    activation=numpy_function(SOFTPLUS),
    bias=0.0,
    curvature=float(numpy_function(SOFTPLUS, 2)(np.asarray(0.0))) / 2,
    scale=0.01,
)


def neurons_and_layers(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Hidden neurons and layers of gates, by number of variables and degree."""
    n, d = np.asarray(measured.given["shapes"]).T
    return candidate.numpy(n=n, d=d)


def products_to_be_formed(dps: int, point: Point) -> list[int]:
    """Four neurons for each multiset of two to d variables, and doublings of the degree until it is reached."""
    n, d = int(point["n"]), int(point["d"])
    sets = [1] + [0] * d  # multisets by size, variable by variable
    for _ in range(n):
        for size in range(1, d + 1):
            sets[size] += sets[size - 1]
    reached, layers = 1, 0
    while reached < d:
        reached, layers = 2 * reached, layers + 1
    return [4 * sum(sets[2:]), layers]


def binary_order(candidate: Candidate) -> float:
    """Layers for a degree of nine."""
    return float(candidate.numpy(n=3, d=9)[1])


CLAIM = Claim(
    statement=gate_polynomials.STATEMENT,
    checks=(
        Literature(
            name="binary order of nine",
            published="4",
            source=Source(document="oeis", where="A029837, entry 9"),
            evaluate=binary_order,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Precision(
            name="multisets of variables",
            reference=products_to_be_formed,
            points=({"n": 3, "d": 5}, {"n": 5, "d": 3}, {"n": 7, "d": 6}),
            against="multisets of two to d variables, and doublings of the degree",
        ),
        Enumeration(
            name="networks of gates built and run",
            predict=neurons_and_layers,
            quick=functools.partial(_MONOMIALS, shapes=SHAPES),
            full=functools.partial(_MONOMIALS, shapes=(*SHAPES, (5, 5), (3, 8), (6, 4), (8, 3))),
            control=functools.partial(_MONOMIALS, shapes=SHAPES, balanced=False),
            axis="number of the network",
            quantity="number counted",
            series=("hidden neurons", "layers of gates"),
            style="stem",
        ),
    ),
    quantities=("G(n, d)", "L(d)"),
    convention="Hidden neurons of all gates; the layer of a gate follows the later of its two factors.",
    independence="Networks built monomial by monomial and compared with the monomials at random inputs.",
)
