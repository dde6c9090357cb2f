"""Stochastic gradient descent in bowls: how the weights spread once they have settled, and on the way."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from itertools import combinations, product
from math import comb

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

FEW = 2**14  # minibatches, or parts of them, that are tabulated
GOLDEN = (np.sqrt(5) - 1) / 2
DRAWINGS = ("with replacement", "without replacement", "epochs")


def deviations(examples: int, spread: float) -> np.ndarray:
    """Deviations of the examples' gradients from their mean, (examples,): sum zero, lopsided, mean square spread^2."""
    if examples < 3 or spread < 0:
        raise ValueError(f"needs three examples or more and a spread that is not negative, not {examples} and {spread}")
    places = np.mod(np.arange(1, examples + 1) * GOLDEN, 1) ** 2
    places -= places.mean()
    return spread * places / np.sqrt(np.mean(places**2))


def mean_gradients(
    generator: np.random.Generator, gradients: np.ndarray, batch: int, chains: int, drawing: str
) -> Iterator[np.ndarray]:
    """Mean gradients over endless minibatches drawn in one of `DRAWINGS`, for every chain its own, (..., chains).

    gradients has shape (..., examples). Where minibatches are few their means stand in a table, and a draw is one
    number; those with replacement are put together of equal parts that are few. Epochs are cut from a new random order
    of all examples; their size must be a multiple of the batch. Raises ValueError if it is not, if a batch is larger
    than what it is drawn from, or for another drawing.
    """
    examples = gradients.shape[-1]
    if drawing not in DRAWINGS:
        raise ValueError(f"minibatches are drawn {', '.join(DRAWINGS[:2])} or in epochs, not {drawing}")
    if (drawing != DRAWINGS[0] and batch > examples) or (drawing == DRAWINGS[2] and examples % batch):
        raise ValueError(f"{examples} examples cannot be cut into minibatches of {batch}")
    if drawing == DRAWINGS[0]:
        size = max(n for n in range(1, batch + 1) if batch % n == 0 and (n == 1 or examples**n <= FEW))
        table = gradients[..., _members(examples, size, True)].mean(axis=-1) / (batch // size)
        while True:
            drawn = generator.integers(0, examples**size, size=(batch // size, chains), dtype=np.uint16)
            yield table.take(drawn[0], axis=-1) if size == batch else table.take(drawn, axis=-1).sum(axis=-2)
    if drawing == DRAWINGS[1] and comb(examples, batch) <= FEW:
        table = gradients[..., _members(examples, batch, False)].mean(axis=-1)
        while True:
            yield table.take(generator.integers(0, table.shape[-1], size=chains, dtype=np.uint16), axis=-1)
    whole, shares = np.tile(np.arange(examples, dtype=np.uint16), (chains, 1)), gradients / batch
    while True:
        order = generator.permuted(whole, axis=1).T
        for first in range(0, examples if drawing == DRAWINGS[2] else batch, batch):
            yield shares.take(order[first : first + batch], axis=-1).sum(axis=-2)


@functools.lru_cache(maxsize=16)
def _members(examples: int, size: int, repeated: bool) -> np.ndarray:
    """All minibatches of this size, (minibatches, size), in any order of their members where those may be repeated."""
    every = product(range(examples), repeat=size) if repeated else combinations(range(examples), size)
    return np.array(list(every))


def settled_covariance(
    *,
    hessian: tuple[tuple[float, ...], ...],
    mixing: tuple[tuple[float, ...], ...],
    examples: int,
    batch: int,
    learning_rates: tuple[float, ...],
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
    relaxations: float = 5.0,
) -> Measurement:
    """Covariance of several weights that have settled in a bowl, at several learning rates.

    hessian       of the mean loss, (weights, weights); an example adds a linear term to the loss
    mixing        (weights, sources): the linear terms are this times independent lopsided sources
    chains        in a replica, started at the bottom
    relaxations   times 1/(learning rate x smallest curvature) before and again during which samples are taken

    Minibatches are drawn with replacement. Values have shape (pairs, learning rates), pairs in the order of
    np.triu_indices. Given: hessian; gradients (examples, weights), the linear terms; batch. It runs on the CPU whatever
    the device. Raises ValueError where descent is not stable.
    """
    curved, mixed = np.asarray(hessian, dtype=float), np.asarray(mixing, dtype=float)
    curvatures = np.linalg.eigvalsh(curved)
    if curvatures[0] <= 0 or max(learning_rates) * curvatures[-1] >= 2 or batch < 1 or chains < 1:
        raise ValueError("needs a positive Hessian, learning rates below 2 over its largest eigenvalue, and chains")
    generator = stream.generator()
    sources = generator.exponential(size=(examples, mixed.shape[1])) @ mixed.T
    linear = np.ascontiguousarray((sources - sources.mean(axis=0)).T)
    left, right = np.triu_indices(len(curved))
    samples = np.empty((replicas, left.size, len(learning_rates)))
    for n, rate in enumerate(learning_rates):
        settle = round(relaxations / (rate * curvatures[0])) + 1
        every = max(1, settle // 20)
        weights, found, taken = np.zeros((len(curved), replicas * chains)), np.zeros((replicas, left.size)), 0
        noise = mean_gradients(generator, linear, batch, replicas * chains, DRAWINGS[0])
        for step in range(2 * settle):
            weights -= rate * (curved @ weights + next(noise))
            if step >= settle and step % every == 0:
                by_replica = weights.reshape(len(curved), replicas, chains)
                found += np.mean(by_replica[left] * by_replica[right], axis=2).T
                taken += 1
        samples[..., n] = found / taken
    return from_replicas(
        samples,
        axis=np.asarray(learning_rates, dtype=float),
        given={"hessian": curved, "gradients": linear.T, "batch": batch},
        resolution={"chains": float(replicas * chains)},
    )


def settled_variance(
    *,
    curvature: float,
    spread: float,
    examples: int,
    batch: int,
    learning_rates: tuple[float, ...],
    drawing: str,
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
    epochs: int = 12,
) -> Measurement:
    """Variance of a weight that has settled in a bowl, at the ends of epochs and over all steps.

    curvature, spread   of the mean loss, and root mean square of the examples' linear terms
    drawing             one of `DRAWINGS`; an epoch has examples / batch steps
    epochs              at least, during which samples are taken after as many and four relaxations to settle

    Values have shape (2, learning rates): at the ends of epochs, over all steps. Given: gradients (examples,), the
    linear terms; curvature, batch and examples. It runs on the CPU whatever the device.
    """
    linear, generator, length = deviations(examples, spread), stream.generator(), examples // batch
    samples = np.empty((replicas, 2, len(learning_rates)))
    for n, rate in enumerate(learning_rates):
        if not 0 < rate * curvature < 2:
            raise ValueError(
                f"descent at the learning rate {rate:g} in a bowl of curvature {curvature:g} is not stable"
            )
        relaxation = 4 / -np.log(abs(1 - rate * curvature)) / length
        settle = round(max(epochs, relaxation)) + 1
        weights, sums = np.zeros(replicas * chains), np.zeros((replicas, 2))
        noise = mean_gradients(generator, linear, batch, weights.size, drawing)
        for epoch in range(2 * settle):
            for _ in range(length):
                weights -= rate * (curvature * weights + next(noise))
                if epoch >= settle:
                    square = np.mean(weights.reshape(replicas, chains) ** 2, axis=1)
                    sums[:, 1] += square / length
            if epoch >= settle:
                sums[:, 0] += square
        samples[..., n] = sums / settle
    return from_replicas(
        samples,
        axis=np.asarray(learning_rates, dtype=float),
        given={"gradients": linear, "curvature": curvature, "batch": batch, "examples": examples},
        resolution={"chains": float(replicas * chains)},
    )


def descent_at_one_ratio(
    *,
    curvature: float,
    spread: float,
    examples: int,
    ratio: float,
    batches: tuple[int, ...],
    start: float,
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Spread and forgetting of a weight in a bowl, where learning rate and batch grow together.

    ratio     learning rate over batch
    start     where all chains start; settled, they are measured as often as five starts are forgotten

    Values have shape (2, batches): the variance once settled; the number of updates over the logarithm of start over
    mean, at the first update after which less than a third of the start is left. Given: gradients (examples,), the
    linear terms; curvature and ratio. The axis is the learning rate. It runs on the CPU whatever the device.
    """
    linear, generator = deviations(examples, spread), stream.generator()
    samples = np.empty((replicas, 2, len(batches)))
    for n, batch in enumerate(batches):
        rate = ratio * batch
        if not 0 < rate * curvature < 2:
            raise ValueError(
                f"descent at the learning rate {rate:g} in a bowl of curvature {curvature:g} is not stable"
            )
        weights = np.full(replicas * chains, float(start))
        noise = mean_gradients(generator, linear, batch, weights.size, DRAWINGS[0])

        def update(
            weights: np.ndarray = weights, noise: Iterator[np.ndarray] = noise, rate: float = rate
        ) -> np.ndarray:
            weights -= rate * (curvature * weights + next(noise))
            return weights.reshape(replicas, chains)

        count = 1
        while abs(np.mean(found := update())) > abs(start) / 3:
            count += 1
        samples[:, 1, n] = count / np.log(abs(start / found.mean(axis=1)))
        for _ in range(8 * count):
            update()
        squares = [np.mean(update() ** 2, axis=1) for _ in range(5 * count + 5)]
        samples[:, 0, n] = np.mean(squares, axis=0)
    return from_replicas(
        samples,
        axis=ratio * np.asarray(batches, dtype=float),
        given={"gradients": linear, "curvature": curvature, "ratio": ratio},
        resolution={"chains": float(replicas * chains)},
    )


def spread_after_steps(
    *,
    curvature: float,
    spread: float,
    examples: int,
    batch: int,
    learning_rate: float,
    start: float,
    steps: tuple[int, ...],
    chains: int,
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Mean and variance of a weight in a bowl after numbers of steps from one start.

    learning_rate, spread, steps   at width 1; at width n the rate is n times smaller, the spread of the examples'
    gradients sqrt(n) times larger, and there are n times as many steps

    Values have shape (4, steps): mean; variance in two runs with replacement, and in one without. Given: gradients
    (examples,), the linear terms at this width; curvature, learning_rate, batch and start. The axis is the number of
    steps at this width. It runs on the CPU whatever the device.
    """
    linear, generator = deviations(examples, spread * np.sqrt(width)), stream.generator()
    rate, counts = learning_rate / width, [n * width for n in steps]
    samples = np.empty((replicas, 4, len(steps)))
    for row, drawing in ((1, DRAWINGS[0]), (2, DRAWINGS[0]), (3, DRAWINGS[1])):
        noise = mean_gradients(generator, linear, batch, replicas * chains, drawing)
        weights = np.full(replicas * chains, float(start))
        for step in range(1, counts[-1] + 1):
            weights -= rate * (curvature * weights + next(noise))
            if step in counts:
                found = weights.reshape(replicas, chains)
                samples[:, row, counts.index(step)] = found.var(axis=1, ddof=1)
                if row == 1:
                    samples[:, 0, counts.index(step)] = found.mean(axis=1)
    return from_replicas(
        samples,
        axis=np.asarray(counts, dtype=float),
        given={"gradients": linear, "curvature": curvature, "learning_rate": rate, "batch": batch, "start": start},
        resolution={"learning_rate": rate, "chains": float(replicas * chains)},
    )
