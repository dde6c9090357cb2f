"""Taxonomies of items: covariances and levels of trees, in exact arithmetic."""

from __future__ import annotations

import functools
import operator
from typing import Any

import mpmath
import numpy as np
from flint import fmpq
from gmpy2 import mpz

from numerics.measurement import Measurement
from verify.references import balls


@functools.lru_cache(maxsize=64)
def covariance(branching: int, depth: int, flip: str, dps: int) -> Any:
    """Covariance of the items' features: every link multiplies what a child shares with the others by 1 - 2 eps."""
    with mpmath.workdps(dps):
        keep = 1 - 2 * mpmath.mpf(flip)
        matrix = mpmath.ones(1)
        for _ in range(depth):
            size = matrix.rows * branching
            parents = matrix
            matrix = mpmath.matrix(size, size)
            for i in range(size):
                for j in range(size):
                    matrix[i, j] = 1 if i == j else keep * keep * parents[i // branching, j // branching]
        return matrix


@functools.lru_cache(maxsize=64)
def levels(branching: int, depth: int, flip: str, dps: int) -> list[tuple[Any, int]]:
    """Different eigenvalues of that covariance in decreasing order, each with how often it occurs."""
    with mpmath.workdps(dps):
        found = sorted(mpmath.eigsy(covariance(branching, depth, flip, dps), eigvals_only=True), reverse=True)
        groups: list[list[Any]] = []
        for value in found:
            if groups and abs(groups[-1][0] - value) < mpmath.mpf(10) ** (-dps // 2):
                groups[-1].append(value)
            else:
                groups.append([value])
        return [(mpmath.fsum(group) / len(group), len(group)) for group in groups]


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
