"""Preactivations of narrow random networks over depth: how two neurons' squares vary together, and the mean square."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
SINGLE = np.float32  # 1e-7 of a neuron, where moments are known to 1e-3
# activation, sigma_w, sigma_b, mean square of an input's entries
Network = tuple[Function, float, float, float]


def covariances_of_squares(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    ratios: Sequence[float],
    inputs: int,
    batch: int,
) -> Measurement:
    """Covariance over random networks of the squares of two preactivations of a layer, times `width`.

    networks  as `Network`; all kinds have the same draws. Weights behind n neurons have the standard deviation sigma_w
              / sqrt(n), biases sigma_b
    ratios    width of each layer over `width`
    inputs    entries of an input. Each network has as many inputs, orthogonal ones, over which results are averaged
    batch     networks of a replica
    device    unused: NumPy runs on the processor

    Values (networks, layers - 1) along the number of the layer, from 2 on; each is an unbiased estimate from a batch,
    averaged over batches. Given: shares (`width` over that of every layer). Raises ValueError for
    layers of one neuron, or of a fraction of one: proportions of the widths have to be the same at every width.
    """
    sizes = layer_sizes(width, ratios, inputs)
    samples = []
    for k in range(replicas):
        rows = []
        for power in _squares(stream.child(k).generator(), networks, sizes, batch):
            neurons = power.shape[2]
            single, mean = (np.var(part, axis=1, ddof=1).mean(axis=-1) for part in (power, power.mean(axis=2)))
            # the variance of a mean is that of its terms, over their number, and their covariance
            rows.append(width * (neurons * mean - single.mean(axis=-1)) / (neurons - 1))
        samples.append(np.stack(rows, axis=-1))
    return _measured(samples, width, sizes)


def shifts_of_mean_square(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    ratios: Sequence[float],
    inputs: int,
    batch: int,
    limits: Sequence[Sequence[float]],
) -> Measurement:
    """How far the mean square of a preactivation is above that of a wide network, times `width`.

    limits   mean squares of wide networks, (networks, layers - 1), from layer 2 on

    Everything else is as in `covariances_of_squares`.
    """
    sizes, samples = layer_sizes(width, ratios, inputs), []
    for k in range(replicas):
        found = _squares(stream.child(k).generator(), networks, sizes, batch)
        means = np.stack([power.mean(axis=(1, 2, 3), dtype=float) for power in found], axis=-1)
        samples.append(width * (means - np.asarray(limits)))
    return _measured(samples, width, sizes)


def layer_sizes(width: int, ratios: Sequence[float], inputs: int) -> list[int]:
    """Widths of the input and of all layers. Raises ValueError where one is not whole, or less than two."""
    sizes = [inputs, *(round(width * ratio) for ratio in ratios)]
    if any(n < 2 or abs(n - width * ratio) > 1e-9 for n, ratio in zip(sizes[1:], ratios, strict=True)):
        raise ValueError(f"layers of {', '.join(f'{width * ratio:g}' for ratio in ratios)} neurons cannot be drawn")
    return sizes


def _measured(samples: list[np.ndarray], width: int, sizes: Sequence[int]) -> Measurement:
    """Means along the number of the layer. Given: shares."""
    return from_replicas(
        np.array(samples),
        axis=np.arange(2.0, len(sizes)),
        given={"shares": width / np.array(sizes[1:], dtype=float)},
        resolution={"width": width},
    )


def _squares(
    generator: np.random.Generator, networks: Sequence[Network], sizes: Sequence[int], count: int
) -> list[np.ndarray]:
    """Squared preactivations of every layer but the first, (networks, count, neurons, inputs)."""
    frame, _ = np.linalg.qr(generator.standard_normal((sizes[0], sizes[0])))  # orthogonal inputs, over sqrt(fan-in)
    signals: list[Any] = [np.sqrt(square) * frame.astype(SINGLE) for *_, square in networks]
    found = []
    for number, (before, after) in enumerate(itertools.pairwise(sizes)):
        scale = 1.0 if number == 0 else before**-0.5
        weights = normal(generator, count, after, before, scale=scale, dtype=SINGLE)
        biases = normal(generator, count, after, 1, dtype=SINGLE)
        fields = [
            SINGLE(sigma_w) * (weights @ signal) + SINGLE(sigma_b) * biases
            for (_, sigma_w, sigma_b, _), signal in zip(networks, signals, strict=True)
        ]
        if number:
            found.append(np.stack([h * h for h in fields]))
        if number < len(sizes) - 2:
            signals = [phi(h) for (phi, *_), h in zip(networks, fields, strict=True)]
    return found
