"""Diffusion models whose reverse steps are learned by least squares: bound, likelihood, and likelihood of the prior."""

from __future__ import annotations

import numpy as np

from numerics.diffusion.forward import diffused
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def log_gaussian(x: np.ndarray, mean: np.ndarray | float, variance: np.ndarray | float) -> np.ndarray:
    """Log density of a Gaussian."""
    return -np.log(2 * np.pi * variance) / 2 - (x - mean) ** 2 / (2 * variance)


def bound_and_likelihood(
    *,
    mean: float,
    variance: float,
    chains: tuple[tuple[float, ...], ...],
    examples: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Bound and log likelihood of models that learn mean and variance of each reverse step from chains.

    mean, variance  of the Gaussian data
    chains          variances that the steps of each chain add
    examples        chains for learning, and as many for evaluation

    A reverse step is a straight line with a variance, fitted to the learning chains; the model starts from a standard
    Gaussian. The bound is the mean, over fresh chains, of the log of the model's path density over that of the chain
    given its datum; the likelihood is that of the Gaussian which the model's own chain makes. Values (3, chains): both,
    and the mean of the model's path density over that of datum and chain. Given: mean, variance; left (chains,), the
    products of 1 less what is added. It runs on the CPU whatever the device.
    """
    columns, left = [], []
    for number, betas in enumerate(chains):
        branch = stream.child(number)
        paths = [_paths(mean, variance, betas, (replicas, examples), branch.child(use)) for use in ("learn", "judge")]
        made_mean, made_variance = np.zeros(replicas), np.ones(replicas)
        bound = log_gaussian(paths[1][-1], 0.0, 1.0)
        for k in range(len(betas), 0, -1):
            slope, offset, spread = _line(paths[0][k], paths[0][k - 1])
            before, after = paths[1][k - 1], paths[1][k]
            bound += log_gaussian(before, slope[:, None] * after + offset[:, None], spread[:, None])
            bound -= log_gaussian(after, np.sqrt(1 - betas[k - 1]) * before, betas[k - 1])
            made_mean, made_variance = slope * made_mean + offset, slope**2 * made_variance + spread
        likelihood = log_gaussian(paths[1][0], made_mean[:, None], made_variance[:, None])
        ratio = np.exp(bound - log_gaussian(paths[1][0], mean, variance))
        columns.append(np.stack([bound.mean(axis=1), likelihood.mean(axis=1), ratio.mean(axis=1)], axis=1))
        left.append(float(np.prod(1 - np.asarray(betas))))
    return from_replicas(
        np.stack(columns, axis=-1),
        given={"mean": mean, "variance": variance, "left": np.asarray(left)},
        resolution={"examples": float(examples), "steps": float(max(map(len, chains)))},
    )


def _paths(
    mean: float, variance: float, betas: tuple[float, ...], size: tuple[int, int], stream: Stream
) -> list[np.ndarray]:
    generator = stream.generator()
    start = mean + np.sqrt(variance) * generator.standard_normal(size)
    return [start, *(x.copy() for x in diffused(start, betas, generator))]


def _line(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slope, offset and spread of y around a line in x, one for each row."""
    off = x - x.mean(axis=1, keepdims=True)
    slope = np.sum(off * y, axis=1) / np.sum(off**2, axis=1)
    offset = y.mean(axis=1) - slope * x.mean(axis=1)
    return slope, offset, np.mean((y - slope[:, None] * x - offset[:, None]) ** 2, axis=1)


def loss_at_the_prior(
    *,
    mean: float,
    variance: float,
    largest: tuple[float, ...],
    steps: int,
    examples: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """What the start of the reverse chain costs if noise is added and the datum is kept: given the datum, and in all.

    mean, variance  of the Gaussian data
    largest         standard deviations of all the noise that the chains add, in `steps` steps of growing size

    Pure noise of the same steps is drawn as the prior, and a Gaussian fitted to it; so are Gaussians to the ends of the
    chains and to what was added to each datum. Values (2, largest): mean log ratio to the prior of the density given
    the datum, and of the density of all ends. Given: mean, variance, largest. It runs on the CPU whatever the device.
    """
    columns = []
    for number, deviation in enumerate(largest):
        generator = stream.child(number).generator()
        sizes = np.geomspace(0.01, 1.0, steps)
        sizes *= deviation / np.sqrt(np.sum(sizes**2))
        start = mean + np.sqrt(variance) * generator.standard_normal((replicas, examples))
        end, prior = start.copy(), np.zeros_like(start)
        for size in sizes:
            end += size * generator.standard_normal(end.shape)
            prior += size * generator.standard_normal(end.shape)
        width = np.mean(prior**2, axis=1, keepdims=True)
        added = np.mean((end - start) ** 2, axis=1, keepdims=True)
        middle, spread = end.mean(axis=1, keepdims=True), end.var(axis=1, keepdims=True)
        at_prior = log_gaussian(end, 0.0, width)
        given = (log_gaussian(end, start, added) - at_prior).mean(axis=1)
        whole = (log_gaussian(end, middle, spread) - at_prior).mean(axis=1)
        columns.append(np.stack([given, whole], axis=1))
    return from_replicas(
        np.stack(columns, axis=-1),
        given={"mean": mean, "variance": variance, "largest": np.asarray(largest)},
        resolution={"examples": float(examples)},
    )
