"""The most linear regions of a relu network.

Zigzag networks are cut into pieces, neuron by neuron, and into regions in the plane, exactly. Random networks stay
below the upper bound. Layers whose weights are in another order are the control.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.expressivity import region_maximum
from derivations.statement import Parameter, Source
from numerics.expressivity.zigzags import in_the_plane, of_random_networks, on_a_line
from numerics.measurement import Measurement
from verify.checks import Enumeration, Literature, Precision, Property
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

LINES = ((3, 1), (3, 2), (3, 4), (4, 3), (5, 3), (7, 3), (10, 5))
PLANES = ((6, 1), (6, 2), (8, 2))
NETWORKS = ((1, 5, 3), (1, 8, 2), (1, 4, 4), (2, 4, 2), (2, 6, 1))  # inputs, neurons, layers of random networks
NUMBER = Parameter(symbol=sp.Symbol("k", integer=True), meaning="network", domain=sp.Range(0, 5), typical=(0, 4))
DRAW = Parameter(symbol=sp.Symbol("r", integer=True), meaning="draw", domain=sp.Range(0, 10**6), typical=(0, 10**5))


def pieces_on_a_line(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Pieces, by neurons and layers."""
    width, depth = np.asarray(measured.given["shapes"]).T
    return candidate.numpy(n=width, L=depth, n_0=1)[:1]


def regions_in_the_plane(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Regions, by neurons and layers."""
    width, depth = np.asarray(measured.given["shapes"]).T
    return candidate.numpy(n=width, L=depth, n_0=2)[1:2]


def cuts_and_copies(dps: int, point: Point) -> list[int]:
    """Cuts of every piece by every neuron, copies in every coordinate, and cells of planes, one plane after the "
    "other."""
    n, depth, inputs = (int(point[name]) for name in ("n", "L", "n_0"))

    def cells(planes: int, dimension: int) -> int:
        return 1 if planes == 0 or dimension == 0 else cells(planes - 1, dimension) + cells(planes - 1, dimension - 1)

    pieces = 1
    for _ in range(depth):
        pieces += n * pieces
    copies = math.prod([n // inputs + 1] * (inputs * (depth - 1)))
    return [pieces, copies * cells(n, inputs), math.prod([cells(n, inputs)] * depth)]


def excess_of_random_networks(candidate: Candidate, point: Point, dps: int) -> Any:
    """By how much a random network has more regions than the upper bound."""
    inputs, width, depth = NETWORKS[int(point["k"])]
    found = of_random_networks(inputs, width, depth, int(point["r"]))
    return max(mpmath.mpf(0), found / candidate.mpmath(dps, n=width, L=depth, n_0=inputs)[2] - 1)


def cake(candidate: Candidate) -> float:
    """The bound for one layer of six neurons in space."""
    return float(candidate.numpy(L=1, n=6, n_0=3)[2])


CLAIM = Claim(
    statement=region_maximum.STATEMENT,
    checks=(
        Literature(
            name="pieces of space between six planes",
            published="42",
            source=Source(document="oeis", where="A000125, entry 6"),
            evaluate=cake,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Precision(
            name="cuts and copies",
            reference=cuts_and_copies,
            points=({"n": 6, "L": 3, "n_0": 2}, {"n": 9, "L": 2, "n_0": 3}, {"n": 8, "L": 4, "n_0": 4}),
            against="cuts of pieces, copies in every coordinate, and cells plane by plane",
        ),
        Enumeration(
            name="zigzags on a line",
            predict=pieces_on_a_line,
            quick=functools.partial(on_a_line, shapes=LINES),
            full=functools.partial(on_a_line, shapes=(*LINES, (4, 7), (20, 4))),
            control=functools.partial(on_a_line, shapes=LINES[1:6], shuffled=True),
            axis="number of the network",
            quantity="number of affine pieces",
            style="stem",
        ),
        Enumeration(
            name="zigzags in the plane",
            predict=regions_in_the_plane,
            quick=functools.partial(in_the_plane, shapes=PLANES),
            full=functools.partial(in_the_plane, shapes=(*PLANES, (10, 2), (6, 3))),
            axis="number of the network",
            quantity="number of linear regions",
            style="stem",
        ),
        Property(
            name="random networks stay below",
            sentence="no random network has more regions than the upper bound",
            residual=excess_of_random_networks,
            parameters=(NUMBER, DRAW),
            examples=10,
        ),
    ),
    quantities=("R_line", "R_zigzag", "R_upper"),
    convention="Regions are maximal connected sets on which the output is one affine function.",
    independence="Networks cut neuron by neuron, whatever their weights; nothing is known of folds.",
)
