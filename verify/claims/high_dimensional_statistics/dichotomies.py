"""Separable dichotomies, counted by linear programs and by the cells of an arrangement of hyperplanes.

The experiment asks for every dichotomy whether a hyperplane exists. The reference counts cells from the ranks of all
subsets of points (Whitney's theorem), with points of whole numbers on a curve, and knows no recursion.
"""

from __future__ import annotations

import functools
import itertools

import flint
import numpy as np

from derivations.high_dimensional_statistics import dichotomies
from derivations.statement import Source
from numerics.high_dimensional_statistics.separable import corners, counted, twice_as_many
from numerics.measurement import Measurement
from verify.checks import Enumeration, Literature, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

SHAPES = ((1, 3), (4, 1), (4, 2), (5, 3), (6, 2), (5, 4))


def cells(points: list[list[int]]) -> int:
    """Cells between the hyperplanes through the origin that are orthogonal to the points (Whitney)."""
    subsets = itertools.chain.from_iterable(itertools.combinations(points, size) for size in range(len(points) + 1))
    return sum((-1) ** (len(chosen) - (flint.fmpz_mat(list(chosen)).rank() if chosen else 0)) for chosen in subsets)


def on_a_curve(points: int, dimension: int) -> list[list[int]]:
    """Points 1, x, x^2, ... in general position."""
    return [[x**power for power in range(dimension)] for x in range(1, points + 1)]


def by_ranks(dps: int, point: Point) -> list[int]:
    """Cells for N dimensions, for one more (the threshold), and for 2 N points."""
    points, dimension = int(point["P"]), int(point["N"])
    shapes = ((points, dimension), (points, dimension + 1), (2 * dimension, dimension))
    return [cells(on_a_curve(*shape)) for shape in shapes]


def both_counts(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Without and with a threshold, for every number of points and dimension."""
    shapes = np.asarray(measured.given["shapes"]).astype(int)
    return np.array([candidate.numpy(P=points, N=dimension)[:2] for points, dimension in shapes], dtype=float).T


def half(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """For twice as many points as dimensions."""
    assert measured.axis is not None
    return np.array([[float(candidate.numpy(P=1, N=int(n))[2]) for n in measured.axis]])


def of_the_corners(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """With a threshold, for the corners of cubes, by the number of dimensions."""
    assert measured.axis is not None
    return np.array([float(candidate.numpy(P=2 ** int(n), N=int(n))[1]) for n in measured.axis])


def threshold_functions(candidate: Candidate) -> float:
    """Separable dichotomies of the four corners of a square, which are in general position, with a threshold."""
    return float(candidate.numpy(P=4, N=2)[1])


CLAIM = Claim(
    statement=dichotomies.STATEMENT,
    checks=(
        Literature(
            name="Boolean functions of two variables by one threshold unit",
            published="14",
            source=Source(document="oeis", where="A000609, entry 2"),
            evaluate=threshold_functions,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Precision(
            name="ranks of all subsets",
            reference=by_ranks,
            points=({"P": 7, "N": 3}, {"P": 4, "N": 4}, {"P": 6, "N": 2}, {"P": 5, "N": 5}),
            against="the cells of hyperplanes of whole numbers, by Whitney's theorem",
        ),
        Enumeration(
            name="linear programs",
            predict=both_counts,
            quick=functools.partial(counted, shapes=SHAPES),
            full=functools.partial(counted, shapes=(*SHAPES, (6, 3), (8, 3), (9, 4), (7, 5))),
            control=functools.partial(counted, shapes=((4, 3), (5, 3)), opposite=True),
            axis="number of the set of points",
            quantity="number of separable dichotomies",
            series=("through the origin", "with a threshold"),
            style="stem",
        ),
        Enumeration(
            name="twice as many points",
            predict=half,
            quick=functools.partial(twice_as_many, dimensions=(1, 2, 3)),
            full=functools.partial(twice_as_many, dimensions=(1, 2, 3, 4, 5)),
        ),
        Enumeration(
            name="corners of a square, against those of a cube, of which four lie in a plane",
            predict=of_the_corners,
            quick=functools.partial(corners, bits=(1, 2)),
            control=functools.partial(corners, bits=(2, 3)),
        ),
    ),
    quantities=("C(P, N)", "C_theta(P, N)", "H(N)"),
    convention="A dichotomy and the one with both classes exchanged count as two.",
    independence="For each dichotomy a linear program looks for a hyperplane; nothing is counted by a formula.",
)
