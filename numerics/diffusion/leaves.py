"""Images of dead leaves: disks of independent grey that fall on top of each other, seen from above."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def images(count: int, size: int, radius: float, generator: np.random.Generator) -> np.ndarray:
    """Dead leaves on square images, (count, size, size), greys uniform in (0, 1).

    Leaves are laid from the top down until every pixel is covered, so that the images are exact samples.
    """
    if radius < 0.75:
        raise ValueError(f"leaves of radius {radius:g} are smaller than a pixel")
    pixels = np.arange(size * size)
    x, y = (pixels % size).astype(np.float32), (pixels // size).astype(np.float32)
    found = np.full((count, size * size), np.nan, dtype=np.float32)
    open_ = np.arange(count)
    while open_.size:
        centres = generator.uniform(-radius, size - 1 + radius, size=(2, open_.size, 1)).astype(np.float32)
        grey = generator.random((open_.size, 1), dtype=np.float32)
        part = found[open_]
        covered = (x - centres[0]) ** 2 + (y - centres[1]) ** 2 < radius**2
        part = np.where(covered & np.isnan(part), grey, part)
        found[open_] = part
        open_ = open_[np.isnan(part).any(axis=1)]
    return found.reshape(count, size, size)


def correlations(
    *,
    radius: float,
    size: int,
    distances: tuple[int, ...],
    count: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Correlation of the greys of pixels that are apart along a row or a column.

    count  images in a replica

    Values (distances,), in units of the variance of a uniform grey. Given: radius. It runs on the CPU whatever the
    device.
    """
    greys = images(replicas * count, size, radius, stream.generator()).astype(float) - 0.5
    rows = greys.reshape(replicas, count, size, size)
    columns = []
    for apart in distances:
        along = (rows[..., apart:] * rows[..., : size - apart]).mean(axis=(1, 2, 3))
        down = (rows[:, :, apart:] * rows[:, :, : size - apart]).mean(axis=(1, 2, 3))
        columns.append((along + down) * 6)
    return from_replicas(
        np.stack(columns, axis=1),
        axis=np.asarray(distances, dtype=float),
        given={"radius": radius},
        resolution={"images": float(replicas * count)},
    )
