"""Grey levels, their code lengths under a model, and the density of scaled levels with noise."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def code_lengths(
    *,
    numbers: tuple[int, ...],
    ranges: tuple[tuple[float, float], ...],
    spread: float,
    examples: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Bits of grey levels under a model, and of the density of these levels with uniform noise.

    numbers   of levels, one for each range (low, high) to which they are scaled
    spread    standard deviation of the levels, as a share of their number

    The model is a Gaussian of that spread, in the middle of the range; levels are rounded samples of it. Values
    (3, ranges): mean of minus log2 of the chances of the levels, less the nats of the density of scaled and noisy
    levels over ln 2; the same mean by itself; and that of minus log2 of the density of noisy levels which are not
    scaled. Given: numbers; lengths of the ranges; slopes, mean squares of the slope of the log density at the scaled
    and noisy levels; spreads, standard deviations of the model in the ranges. It runs on the CPU whatever the device.
    """
    from scipy import special

    columns, slopes = [], []
    for number, (count, (low, high)) in enumerate(zip(numbers, ranges, strict=True)):
        generator = stream.child(number).generator()
        level = np.floor(count * (0.5 + spread * generator.standard_normal((replicas, examples))))
        noisy = level + generator.random(level.shape)
        place = low + (high - low) * noisy / count
        middle, width = (low + high) / 2, (high - low) * spread
        nats = np.log(2 * np.pi * width**2) / 2 + (place - middle) ** 2 / (2 * width**2)
        edges = (level / count - 0.5) / spread, ((level + 1) / count - 0.5) / spread
        flipped = np.where(edges[0] > 0, -edges[1], edges[0]), np.where(edges[0] > 0, -edges[0], edges[1])
        chance = special.ndtr(flipped[1]) - special.ndtr(flipped[0])
        unscaled = (noisy - count / 2) / (spread * count)
        noise = np.log2(np.sqrt(2 * np.pi) * spread * count) + unscaled**2 / (2 * np.log(2))
        columns.append(np.mean([-np.log2(chance) - nats / np.log(2), -np.log2(chance), noise], axis=2).T)
        slopes.append(float(np.mean((place - middle) ** 2 / width**4)))
    return from_replicas(
        np.stack(columns, axis=-1),
        given={
            "numbers": np.asarray(numbers, dtype=float),
            "lengths": np.array([high - low for low, high in ranges]),
            "slopes": np.array(slopes),
            "spreads": np.array([spread * (high - low) for low, high in ranges]),
        },
        resolution={"examples": float(replicas * examples)},
    )
