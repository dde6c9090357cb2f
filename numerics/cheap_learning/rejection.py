"""Samples of a density that is known up to its normalization, by rejection from a box."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def quadratic(coefficients: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Quadratic energy, without its constant, with coefficients of y_1, y_2, y_1^2, y_1 y_2, y_2^2."""
    a, b, c, d, e = coefficients
    return np.asarray(a * first + b * second + c * first**2 + d * first * second + e * second**2)


def moments(
    *,
    coefficients: tuple[tuple[float, ...], ...],
    proposals: int,
    replicas: int,
    stream: Stream,
    device: str,
    reach: float = 5.5,
    energy: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray] = quadratic,
) -> Measurement:
    """Moments of densities exp(-energy) of two variables, for each row of `coefficients`.

    Points are proposed evenly in a box of half-width `reach` around the lowest of a thousand of them, and kept with a
    probability of exp(lowest energy - energy). Values, shape (rows, 4): mean of y_1, its variance, its covariance with
    y_2, and the integral of exp(-energy) over the box. `device` is unused. Given: coefficients (rows, 5).
    """
    rows = np.array(coefficients)
    found = np.empty((replicas, len(rows), 4))
    for r in range(replicas):
        for k, row in enumerate(rows):
            generator = stream.child(r).child(k).generator()
            start = generator.uniform(-reach, reach, (2, 1000))
            centre = start[:, np.argmin(energy(row, *start))]
            first, second = centre[:, None] + generator.uniform(-reach, reach, (2, proposals))
            height = energy(row, first, second)
            low = energy(row, *_lowest(functools.partial(_at, energy, row), centre))
            kept = generator.uniform(size=proposals) < np.exp(low - height)
            pair = np.cov(first[kept], second[kept])
            integral = 4 * reach**2 * np.mean(np.exp(-height))
            found[r, k] = first[kept].mean(), pair[0, 0], pair[0, 1], integral
    return from_replicas(found, given={"coefficients": rows})


def _at(energy: Callable[..., np.ndarray], coefficients: np.ndarray, places: np.ndarray) -> np.ndarray:
    return energy(coefficients, *places)


def _lowest(energy: Callable[[np.ndarray], np.ndarray], start: np.ndarray) -> np.ndarray:
    """A minimum, found by trying ever smaller steps along both axes and diagonals."""
    place, step = np.array(start, dtype=float), 0.5
    moves = np.array([[a, b] for a in (-1, 0, 1) for b in (-1, 0, 1)], dtype=float)
    while step > 1e-7:
        around = place[:, None] + step * moves.T
        best = around[:, int(np.argmin(energy(around)))]
        if np.array_equal(best, place):
            step /= 2
        place = best
    return place
