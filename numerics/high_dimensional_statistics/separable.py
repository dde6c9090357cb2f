"""Dichotomies of points that a hyperplane separates, found one after the other by linear programming."""

from __future__ import annotations

import itertools

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

INFEASIBLE = 2  # status of scipy.optimize.linprog


def separating(points: np.ndarray, signs: tuple[int, ...]) -> np.ndarray | None:
    """Weights whose product with every point has the given sign, (N,); None if there are none.

    Raises ArithmeticError if the linear program ends in any other way.
    """
    from scipy.optimize import linprog  # takes a second to import

    turned = points[: len(signs)] * np.array(signs)[:, None]
    found = linprog(np.zeros(points.shape[1]), A_ub=-turned, b_ub=-np.ones(len(signs)), bounds=(None, None))
    if found.status not in (0, INFEASIBLE):
        raise ArithmeticError(f"linear program: {found.message}")
    return found.x if found.status == 0 else None


def separable(points: np.ndarray) -> int:
    """How many dichotomies of points (P, N) a hyperplane through the origin makes.

    Point by point: the weights that were found for the points before give one class of the next one, and a linear
    program says whether the other one is possible. Minus the weights exchange both classes, so that those of the first
    point are not both tried.
    """
    known: list[tuple[tuple[int, ...], np.ndarray]] = [((1,), points[0])]
    for point in points[1:]:
        longer = []
        for signs, weights in known:
            side = 1 if weights @ point > 0 else -1
            for sign in (side, -side):
                keeps = sign == side and weights @ point != 0  # a point at right angles to the weights is in doubt
                found = weights if keeps else separating(points, (*signs, sign))
                if found is not None:
                    longer.append(((*signs, sign), found))
        known = longer
    return 2 * len(known)


def counted(*, shapes: tuple[tuple[int, int], ...], stream: Stream, device: str, opposite: bool = False) -> Measurement:
    """Separable dichotomies of Gaussian points, for (points, dimension).

    Values, shape (2, shapes): by hyperplanes through the origin, and by hyperplanes with a threshold. With `opposite`
    the second point is minus the first, and the last one the middle between both others of three. Given: `shapes`.
    `device` is unused.
    """
    rows = []
    for number, (count, dimension) in enumerate(shapes):
        points = stream.child(number).generator().standard_normal((count, dimension))
        if opposite:
            points[1], points[-1] = -points[0], (points[0] + points[2]) / 2
        rows.append([separable(points), separable(np.column_stack([points, np.ones(count)]))])
    return Measurement(
        values=np.array(rows, dtype=float).T,
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


def twice_as_many(*, dimensions: tuple[int, ...], stream: Stream, device: str) -> Measurement:
    """Separable dichotomies of Gaussian points, twice as many as dimensions: shape (1, dimensions).

    `device` is unused.
    """
    generators = [stream.child(dimension).generator() for dimension in dimensions]
    counts = [separable(g.standard_normal((2 * n, n))) for g, n in zip(generators, dimensions, strict=True)]
    return Measurement(values=np.array([counts], dtype=float), axis=np.array(dimensions, dtype=float))


def corners(*, bits: tuple[int, ...], stream: Stream, device: str) -> Measurement:
    """Boolean functions of so many bits that one threshold unit computes, shape (bits,): corners of a cube are the
    points. `stream` and `device` are unused."""
    cubes = [np.array([(*corner, 1) for corner in itertools.product((-1, 1), repeat=n)], dtype=float) for n in bits]
    return Measurement(values=np.array([separable(cube) for cube in cubes], dtype=float), axis=np.array(bits, float))
