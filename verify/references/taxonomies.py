"""Taxonomies of items: covariances and levels of trees, in exact arithmetic."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np
from flint import fmpq, fmpq_mat
from gmpy2 import mpz

from numerics.measurement import Measurement
from verify.references import balls


@functools.lru_cache(maxsize=64)
def exact_covariance(branching: int, depth: int, flip: str) -> fmpq_mat:
    """Covariance of the items' features: every link multiplies what a child shares with the others by 1 - 2 eps."""
    keep = (1 - 2 * balls.fraction(flip)) ** 2
    rows = [[fmpq(1)]]
    for _ in range(depth):
        parents, items = rows, range(len(rows) * branching)
        rows = [[fmpq(1) if i == j else keep * parents[i // branching][j // branching] for j in items] for i in items]
    return fmpq_mat(rows)


@functools.lru_cache(maxsize=64)
def covariance(branching: int, depth: int, flip: str, dps: int) -> Any:
    """That covariance as a matrix of mpmath."""
    with mpmath.workdps(dps):
        return mpmath.matrix([[number(x) for x in row] for row in exact_covariance(branching, depth, flip).table()])


@functools.lru_cache(maxsize=64)
def levels(branching: int, depth: int, flip: str) -> list[tuple[fmpq, int]]:
    """Different eigenvalues of that covariance in decreasing order, each with how often it occurs.

    They are roots of its characteristic polynomial, all rational: raises ArithmeticError if any is not.
    """
    matrix = exact_covariance(branching, depth, flip)
    found = sorted(matrix.charpoly().roots(), reverse=True)
    if sum(count for _, count in found) != matrix.nrows():
        raise ArithmeticError("an eigenvalue of the covariance is not rational")
    return found


def projections(branching: int, depth: int, flip: str, vector: Sequence[int]) -> list[tuple[fmpq, list[fmpq]]]:
    """The same eigenvalues, each with the projection of a vector onto its eigenvectors, by Lagrange's polynomials."""
    matrix, found = exact_covariance(branching, depth, flip), levels(branching, depth, flip)
    projected = []
    for value, _ in found:
        part = fmpq_mat(len(vector), 1, list(vector))
        for other in (other for other, _ in found if other != value):
            part = (matrix * part - part * other) / (value - other)
        projected.append((value, part.entries()))
    return projected


def number(value: fmpq) -> Any:
    """A fraction as an mpf, at the working precision."""
    return mpmath.mpf(int(value.p)) / int(value.q)


def exact_level(branching: int, depth: int, level: int, flip: str) -> fmpq:
    """The eigenvalue of that covariance for the contrast of two branches of a level, of the mean at level 0, exactly.

    The first item's row times a vector that is 1 on its branch of the level, -1 on a sister and 0 elsewhere.
    """
    keep = (1 - 2 * balls.fraction(flip)) ** 2

    def shared(item: int) -> fmpq:
        """The covariance with the first item: every level below the last branch in common counts."""
        apart = 0
        while item:
            item, apart = item // branching, apart + 1
        return keep**apart

    if level == 0:
        return sum((shared(item) for item in range(branching**depth)), fmpq(0))
    size = branching ** (depth - level)
    return sum((shared(item) - shared(item + size) for item in range(size)), fmpq(0))


def trees(measured: Measurement) -> list[dict[str, Any]]:
    """The trees of a measurement, each as the values of B, D and eps."""
    given = measured.given
    depth = int(given["depth"])
    return [
        {"B": int(branching), "D": depth, "eps": float(flip)}
        for branching, flip in zip(np.atleast_1d(given["branching"]), np.atleast_1d(given["flip"]), strict=True)
    ]


@functools.lru_cache(maxsize=512)
def fraction(dps: int, s: Any, a_0: Any, time: Any) -> Any:
    """w^2 / s after `time` (over tau), for two equal weights that descend (s - w^2)^2 / 2 from sqrt(a_0)."""
    count = int(mpmath.ceil(4 * s * time))
    places = mpmath.mp.prec + 60 + 2 * max(0, -int(mpmath.mag(a_0)))
    weight, goal, step = (fixed(x, places) for x in (mpmath.sqrt(a_0), s, time / count))
    for _ in range(count):
        series, error = [weight], [goal - (weight * weight >> places)]
        for k in range(1, dps + 25):
            series.append((convolved(series, error) >> places) * step // k >> places)
            error.append(-(convolved(series, series) >> places))
        weight = sum(series)
    return mpmath.ldexp(mpmath.mpf(int(weight)), -places) ** 2 / s


def fixed(value: Any, places: int) -> mpz:
    """A whole number that stands for a binary fraction with so many places: many times faster than mpf."""
    return mpz(int(mpmath.nint(mpmath.ldexp(value, places))))


def convolved(f: list[mpz], g: list[mpz]) -> mpz:
    """The next coefficient of the product of two power series, from their coefficients so far."""
    return sum(map(operator.mul, f, reversed(g)))
