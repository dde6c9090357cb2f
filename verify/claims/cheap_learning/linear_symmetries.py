"""Translation invariance makes a convolution.

Parameters are counted as the dimension of all matrices that commute with the symmetries, operations while a transform
runs. Maps with other symmetries, and the direct sum, are the controls.
"""

from __future__ import annotations

import functools

import numpy as np

from derivations.cheap_learning import linear_symmetries
from numerics.cheap_learning.symmetric_maps import convolutions, dimensions
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate


def dimensions_by_side(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Maps on the ring, and on the torus with rotations, by side."""
    return candidate.numpy(n=measured.axis)[[0, 2]]


def products_by_places(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Multiplications in two transforms, by number of places."""
    return candidate.numpy(n=measured.given["places"])[1][None]


def parameters_read_as_products(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The number of parameters, read as that of multiplications, by number of places."""
    return candidate.numpy(n=measured.given["places"])[0][None]


def orbits_and_halvings(dps: int, point: Point) -> list[int]:
    """Orbits of pairs of places under the shift, halvings of both transforms, and orbits of the torus."""
    n = int(point["n"])
    pairs = {frozenset(((j + s) % n, (k + s) % n) for s in range(n)) for j in range(n) for k in range(n)}

    def halved(size: int) -> int:
        return 0 if size == 1 else 2 * halved(size // 2) + size // 2

    def orbit(a: int, b: int) -> frozenset:
        return frozenset({(a, b), (-b % n, a), (-a % n, -b % n), (b, -a % n)})

    return [len(pairs), 2 * halved(n), len({orbit(a, b) for a in range(n) for b in range(n)})]


_DIMENSIONS = Enumeration(
    name="null spaces",
    predict=dimensions_by_side,
    quick=functools.partial(dimensions, sides=(2, 3, 4)),
    full=functools.partial(dimensions, sides=(2, 3, 4, 5)),
    control=functools.partial(dimensions, sides=(3, 4), shifts=False),
    axis="number of places on a side",
    quantity="dimension of the null space",
    series=("ring, shifts", "torus, shifts and rotations"),
)

CLAIM = Claim(
    statement=linear_symmetries.STATEMENT,
    checks=(
        Precision(
            name="orbits and halvings",
            reference=orbits_and_halvings,
            points=({"n": 4}, {"n": 8}, {"n": 16}),
            against="orbits of pairs of places and of the torus, and halvings of the transform",
        ),
        _DIMENSIONS,
        Enumeration(
            name="transforms counted",
            predict=products_by_places,
            quick=functools.partial(convolutions, powers=(1, 2, 3, 4, 5, 6, 7)),
            full=functools.partial(convolutions, powers=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)),
            control=functools.partial(convolutions, powers=(2, 3, 4, 5), direct=True),
            axis="number of places n",
            quantity="number of multiplications by roots of unity",
        ),
    ),
    quantities=("P(n)", "F(n)", "R(n)"),
    convention="Complex multiplications by roots of unity, trivial ones too; the filter's transform is made once.",
    independence="Ranks of the conditions on all entries of a matrix, and counts of a transform that is run.",
    printed={
        "E25": Ordeal(
            fails=_DIMENSIONS,
            holds=Enumeration(
                name="multiplications for parameters",
                predict=parameters_read_as_products,
                quick=functools.partial(convolutions, powers=(1, 2, 3, 4, 5)),
                control=functools.partial(convolutions, powers=(2, 3, 4, 5), direct=True),
            ),
        )
    },
)
