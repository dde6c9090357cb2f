"""Chains that add Gaussian noise to data step by step, many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def diffused(start: np.ndarray, betas: Sequence[float], generator: np.random.Generator) -> Iterator[np.ndarray]:
    """The chains after each step, of the shape of `start`; the array is reused. Each beta lies between 0 and 1."""
    x, noise = np.array(start, dtype=float), np.empty(np.shape(start))
    for beta in betas:
        if not 0 < beta < 1:
            raise ValueError(f"a step adds the variance {beta:g}, which is not between 0 and 1")
        generator.standard_normal(out=noise)
        noise *= np.sqrt(beta)
        x *= np.sqrt(1 - beta)
        x += noise
        yield x


def drawn(points: np.ndarray, weights: np.ndarray, size: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    """Samples of a distribution on a few points."""
    return np.asarray(points)[np.searchsorted(np.cumsum(weights)[:-1], generator.random(size), side="right")]


def cumulants_along_a_chain(
    *,
    points: tuple[float, ...],
    weights: tuple[float, ...],
    betas: tuple[float, ...],
    seen: tuple[int, ...],
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Mean, variance, third and fourth cumulant of chains that start at data on a few points.

    points, weights  the data and their probabilities
    betas            variance that each step adds
    seen             numbers of the steps after which cumulants are taken
    chains           in a replica

    Values (4, seen), by unbiased statistics of each replica. Given: points and weights, of the data; betas. It runs on
    the CPU whatever the device.
    """
    generator = stream.generator()
    start = drawn(np.asarray(points), np.asarray(weights), (replicas, chains), generator)
    found = []
    for number, x in enumerate(diffused(start, betas, generator), start=1):
        if number in seen:
            found.append(k_statistics(x))
    return from_replicas(
        np.stack(found, axis=-1),
        axis=np.asarray(seen, dtype=float),
        given={"points": np.asarray(points), "weights": np.asarray(weights), "betas": np.asarray(betas)},
        resolution={"chains": float(replicas * chains)},
    )


def k_statistics(samples: np.ndarray) -> np.ndarray:
    """Unbiased estimates of the first four cumulants from the last axis: (R, n) gives (R, 4). n is at least 4."""
    count = samples.shape[-1]
    mean = samples.mean(axis=-1)
    square = (samples - mean[..., None]) ** 2
    m2 = square.mean(axis=-1)
    m3 = np.einsum("...n,...n->...", square, samples - mean[..., None]) / count
    m4 = np.einsum("...n,...n->...", square, square) / count
    pairs, triples = count / (count - 1), count**2 / ((count - 1) * (count - 2))
    fourth = triples / (count - 3) * ((count + 1) * m4 - 3 * (count - 1) * m2**2)
    return np.stack([mean, pairs * m2, triples * m3, fourth], axis=-1)
