"""Eigenvalues of sample covariance matrices, counted."""

from __future__ import annotations

import dataclasses

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

SINGLE = np.float32  # 1e-6 of the largest eigenvalue, of which so few lie as near to a level


def entries(kind: str, shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    """Independent entries of mean 0 and variance 1: signs, or exponentials less their mean."""
    if kind == "signs":
        return generator.choice([-1.0, 1.0], shape)
    if kind == "exponential":
        return generator.exponential(1.0, shape) - 1
    raise ValueError(f"entries of unknown kind {kind!r}")


def zero_eigenvalues(
    *, shapes: tuple[tuple[int, int], ...], stream: Stream, device: str, kind: str = "exponential"
) -> Measurement:
    """How many eigenvalues of X X^T vanish, for X with (rows, columns); shape (shapes,).

    Given: shapes. `device` is unused.
    """
    counts = []
    for number, shape in enumerate(shapes):
        data = entries(kind, shape, stream.child(number).generator())
        found = np.linalg.eigvalsh(data @ data.T)
        counts.append(float(np.sum(found < 1e-10 * found[-1])))
    return Measurement(values=np.array(counts), given={"shapes": np.array(shapes, dtype=float)})


def eigenvalues_above(
    *,
    densities: tuple[float, ...],
    levels: tuple[float, ...],
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    kind: str = "exponential",
    correlation: float = 0.0,
) -> Measurement:
    """Shares of the eigenvalues of X X^T / P above each level, shape (densities, levels), with X of `width` rows.

    A density is the number of columns P over that of rows. With `correlation` neighbouring entries of a column share
    that much of their variance. Given: densities. `device` is unused.
    """
    counts = np.empty((replicas, len(densities), len(levels)))
    for number, density in enumerate(densities):
        generator, columns = stream.child(number).generator(), round(density * width)
        for row in range(replicas):
            data = entries(kind, (width, columns), generator)
            if correlation:
                data = np.sqrt(1 - correlation) * data + np.sqrt(correlation) * np.roll(data, 1, axis=0)
            data = data.astype(SINGLE)
            found = np.linalg.eigvalsh(data @ data.T / columns)
            counts[row, number] = np.sum(found[:, None] > np.array(levels), axis=0)
    given, resolution = {"densities": np.array(densities)}, {"width": width}
    whole = from_replicas(counts, axis=np.array(levels), given=given, resolution=resolution)
    assert whole.errors is not None
    return dataclasses.replace(whole, values=whole.values / width, errors=whole.errors / width)
