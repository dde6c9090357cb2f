"""Random symmetric matrices, and how many of them have positive eigenvalues only."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

ROWS = 100_000  # matrices drawn at once


def positive_fractions(*, largest: int, samples: int, replicas: int, stream: Stream, device: str) -> Measurement:
    """The fraction of symmetric matrices of 1, ..., `largest` rows that are positive definite.

    Elements are independent and Gaussian, with twice the variance on the diagonal. Each matrix is eliminated row by
    row:
    its leading part of k rows is a draw of that size, and is positive definite while all pivots are positive.
    Values (largest,): means over `samples` matrices of each of `replicas`. The axis counts the rows.
    """
    found = np.zeros((replicas, largest))
    for replica in range(replicas):
        generator, left = stream.child(replica).generator(), samples
        while left > 0:
            count = min(left, ROWS)
            found[replica] += _leading(generator.standard_normal((largest, largest, count)))
            left -= count
    return from_replicas(found / samples, axis=np.arange(1.0, largest + 1), resolution={"samples": float(samples)})


def _leading(drawn: np.ndarray) -> np.ndarray:
    """How many of the matrices (n, n, count), made symmetric, are positive definite in their first k rows, (n,)."""
    matrix = drawn + drawn.transpose(1, 0, 2)
    positive, counts = np.ones(matrix.shape[-1], dtype=bool), []
    for k in range(len(matrix)):
        pivot = matrix[k, k]
        positive = positive & (pivot > 0)
        counts.append(np.count_nonzero(positive))
        kept = matrix = matrix[:, :, positive]
        positive = np.ones(kept.shape[-1], dtype=bool)
        row = kept[k] / kept[k, k]
        for j in range(k + 1, len(matrix)):
            matrix[j] -= kept[k, j] * row
    return np.array(counts)
