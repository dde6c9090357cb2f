"""Preactivations of narrow random networks over depth: how two neurons' squares vary together, and the mean square."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from numerics.controls import controlled
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
SINGLE = np.float32  # 1e-7 of a neuron, where moments are known to 1e-3
# activation, sigma_w, sigma_b, mean square of an input's entries
Network = tuple[Function, float, float, float]
NODES = np.arange(-6, 6.1, 0.5, dtype=SINGLE)  # of a trapezoid rule over a Gaussian
WEIGHTS = np.exp(-NODES * NODES / 2) / np.sum(np.exp(-NODES * NODES / 2))


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
        for number, (fields, _) in enumerate(_layers(stream.child(k).generator(), networks, sizes, batch)):
            if number == 0:
                continue
            power = np.stack([h * h for h in fields])
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

    Of each network's mean squares is taken what its controls explain: how much larger than with fresh weights behind
    the same signals its squares are in each layer, and the squares of its outputs.
    limits   mean squares of wide networks, (networks, layers - 2), from layer 3 on

    Values (networks, layers - 2) along the number of the layer, from 3 on: in layer 2 controls explain everything. All
    else is as in `covariances_of_squares`.
    """
    sizes, samples = layer_sizes(width, ratios, inputs), []
    for k in range(replicas):
        squares, controls = [], []
        for fields, signals in _layers(stream.child(k).generator(), networks, sizes, batch):
            squares.append([np.mean(h * h, axis=(1, 2), dtype=float) for h in fields])
            fresh = [
                sigma_w**2 * np.mean(x * x, axis=-2) + sigma_b**2
                for (_, sigma_w, sigma_b, _), x in zip(networks, signals, strict=True)
            ]
            controls.append([mean - v.mean(axis=-1) for mean, v in zip(squares[-1], fresh, strict=True)])
            controls.append(
                [
                    np.mean(phi(h) ** 2, axis=(1, 2), dtype=float) - _averaged(phi, v).mean(axis=-1)
                    for (phi, *_), h, v in zip(networks, fields, fresh, strict=True)
                ]
            )
        pairs = (zip(*found, strict=True) for found in (squares[2:], controls))
        means = [
            controlled(np.transpose(own), np.transpose(known)).mean(axis=0) for own, known in zip(*pairs, strict=True)
        ]
        samples.append(width * (np.array(means) - np.asarray(limits)))
    return _measured(samples, width, sizes, first=3)


def _averaged(phi: Function, variances: np.ndarray) -> np.ndarray:
    """Mean squared output for Gaussian preactivations of these variances."""
    found: np.ndarray = phi(np.sqrt(variances)[..., None] * NODES) ** 2 @ WEIGHTS
    return found


def layer_sizes(width: int, ratios: Sequence[float], inputs: int) -> list[int]:
    """Widths of the input and of all layers. Raises ValueError where one is not whole, or less than two."""
    sizes = [inputs, *(round(width * ratio) for ratio in ratios)]
    if any(n < 2 or abs(n - width * ratio) > 1e-9 for n, ratio in zip(sizes[1:], ratios, strict=True)):
        raise ValueError(f"layers of {', '.join(f'{width * ratio:g}' for ratio in ratios)} neurons cannot be drawn")
    return sizes


def _measured(samples: list[np.ndarray], width: int, sizes: Sequence[int], first: int = 2) -> Measurement:
    """Means along the number of the layer, from `first` on. Given: shares."""
    return from_replicas(
        np.array(samples),
        axis=np.arange(float(first), len(sizes)),
        given={"shares": width / np.array(sizes[1:], dtype=float)},
        resolution={"width": width},
    )


def _layers(
    generator: np.random.Generator, networks: Sequence[Network], sizes: Sequence[int], count: int
) -> Iterator[tuple[list[np.ndarray], list[np.ndarray]]]:
    """Preactivations of every layer, (count, neurons, inputs) for each kind, and the signals that lead to them.

    Signals are in units in which weights behind n neurons have the standard deviation sigma_w / sqrt(n).
    """
    frame, _ = np.linalg.qr(generator.standard_normal((sizes[0], sizes[0])))  # orthogonal inputs
    signals: list[Any] = [np.sqrt(square * sizes[0]) * frame.astype(SINGLE) for *_, square in networks]
    for before, after in itertools.pairwise(sizes):
        weights = normal(generator, count, after, before, scale=before**-0.5, dtype=SINGLE)
        biases = normal(generator, count, after, 1, dtype=SINGLE)
        fields = [
            SINGLE(sigma_w) * (weights @ signal) + SINGLE(sigma_b) * biases
            for (_, sigma_w, sigma_b, _), signal in zip(networks, signals, strict=True)
        ]
        yield fields, signals
        signals = [phi(h) for (phi, *_), h in zip(networks, fields, strict=True)]
