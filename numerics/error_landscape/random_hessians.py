"""Random symmetric matrices, and how many of them have positive eigenvalues only."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

ROWS = 100_000  # matrices drawn at once


def positive_fractions(*, largest: int, samples: int, replicas: int, stream: Stream, device: str) -> Measurement:
    """The fraction of symmetric matrices of 1, ..., `largest` rows that are positive definite.

    Elements are independent and Gaussian, with twice the variance on the diagonal. Each matrix is eliminated row by
    row: its leading part of k rows is a draw of that size, and is positive definite while all pivots are positive.
    Values (largest,): means over `samples` matrices of each of `replicas`. The axis counts the rows.
    """
    found = np.zeros((replicas, largest))
    for replica in range(replicas):
        generator, left = stream.child(replica).generator(), samples
        while left > 0:
            count = min(left, ROWS)
            found[replica] += _leading(largest, count, generator)
            left -= count
    return from_replicas(found / samples, axis=np.arange(1.0, largest + 1), resolution={"samples": float(samples)})


def _leading(largest: int, count: int, generator: np.random.Generator) -> np.ndarray:
    """How many of the matrices, of `count`, are positive definite in their first k rows, (largest,).

    Rows of Cholesky factors; a row is drawn where those before it are positive definite.
    """
    rows: list[list[np.ndarray]] = []  # of the factors, an array over the matrices for each entry
    counts = []
    for k in range(largest):
        row = list(normal(generator, k, count, scale=np.sqrt(2)))
        for j, other in enumerate(rows):
            for i in range(j):
                row[j] -= other[i] * row[i]
            row[j] /= other[j]
        pivot = normal(generator, count, scale=2)
        for entry in row:
            pivot -= entry * entry
        positive = pivot > 0
        rows = [[entry[positive] for entry in other] for other in (*rows, row)]
        rows[k].append(np.sqrt(pivot[positive]))
        count = len(rows[k][k])
        counts.append(count)
    return np.array(counts)
