"""How explicit random networks forget a wrong length, and a wrong correlation of two inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.portions import CACHED, portions
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
SHAPE = (1.0, 1.25)  # relative widths of successive layers, repeated
SINGLE = np.float32  # 1e-7 of a neuron, where differences of 1e-3 of it are known to 1e-2


def differences_by_layer(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    activation: Function,
    sigma_w: float,
    sigma_b: float,
    squared_length: float,
    correlations: tuple[float, float],
    layers: int,
    pairs: int,
    lengths: tuple[float, float] | tuple[()] = (),
) -> Measurement:
    """What is left, layer by layer, of the difference between two lengths and between two correlations.

    squared_length   per neuron, of the preactivations from which the correlated inputs start
    lengths          squared lengths of a short and a long input in one direction, in units of squared_length, or none
    correlations     low and high correlation of two inputs with a third, all in one plane; the high one may be 1
    pairs            planes that pass through the same weights, each with biases of its own; results are averages
    device           unused: NumPy runs on the processor

    Values have shape (2, layers), without lengths (1, layers): the difference of the squared lengths per neuron, and
    that of the correlations (mean product over the root of the mean squares), both over what they were at the start,
    averaged over replicas with fresh weights, biases and planes. Raises ValueError for unordered lengths or
    correlations, or an unusable size.
    """
    if width < 4 or layers < 1 or pairs < 1:
        raise ValueError("needs a width of 4, a layer and a pair")
    ascend = -1 <= correlations[0] < correlations[1] <= 1 and (not lengths or 0 < lengths[0] < lengths[1])
    if not ascend:
        raise ValueError("lengths and correlations must ascend, and correlations lie from -1 to 1")
    samples = []
    for part, count in enumerate(portions(replicas, round(max(SHAPE) * width**2), CACHED)):
        generator = stream.child(part).generator()
        start = _inputs(width, count, squared_length, lengths, correlations, pairs, generator)
        fields = _layers(start, generator, activation, sigma_w, sigma_b, layers)
        samples.append(np.stack([_differences(h) for h in fields], axis=1))
    means = np.concatenate(samples)
    return from_replicas(
        np.swapaxes(means[:, 1:] / means[:, :1].mean(axis=0), 1, 2),
        axis=np.arange(1.0, layers + 1),
        resolution={"width": width, "layers": layers},
    )


def settled_distance(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    activation: Function,
    sigma_w: float,
    sigma_b: float,
    squared_length: float,
    correlation: float,
    layers: int,
    pairs: int,
) -> Measurement:
    """1 - c of two inputs behind many layers, from a correlation at the start; arguments as in `differences_by_layer`.

    Values have shape (1,): half the squared distance of the inputs on the unit sphere, averaged over the pairs of a
    network and over replicas. Raises ValueError for an unusable size or correlation.
    """
    if width < 4 or layers < 1 or pairs < 1 or not -1 <= correlation < 1:
        raise ValueError("needs a width of 4, a layer, a pair and a correlation from -1 to below 1")
    samples = []
    for part, count in enumerate(portions(replicas, round(max(SHAPE) * width**2), CACHED)):
        generator = stream.child(part).generator()
        first, second = _planes(width, count, squared_length, pairs, generator)
        start = np.stack([first, _towards(first, second, correlation)], axis=2)
        *_, h = _layers(start, generator, activation, sigma_w, sigma_b, layers)
        samples.append(_apart(h))
    return from_replicas(np.concatenate(samples), resolution={"width": width, "layers": layers})


def _planes(
    width: int, count: int, squared_length: float, pairs: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Two orthogonal directions of this length, (count, width, pairs) each."""
    frames = np.linalg.qr(normal(generator, count, pairs, width, 2))[0]
    first, second = np.sqrt(width * squared_length) * np.moveaxis(frames, (3, 2), (0, 2))
    return first, second


def _towards(first: np.ndarray, second: np.ndarray, correlation: float) -> np.ndarray:
    """The direction in their plane that has a correlation with the first."""
    return correlation * first + np.sqrt((1 - correlation) * (1 + correlation)) * second


def _inputs(
    width: int,
    count: int,
    squared_length: float,
    lengths: tuple[float, ...],
    correlations: tuple[float, float],
    pairs: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Preactivations at the start, (count, width, inputs, pairs): an input, two correlated with it, short and long."""
    first, second = _planes(width, count, squared_length, pairs, generator)
    low, high = (_towards(first, second, c) for c in correlations)
    return np.stack([first, low, high, *(np.sqrt(a) * first for a in lengths)], axis=2)


def _layers(
    h: np.ndarray,
    generator: np.random.Generator,
    activation: Function,
    sigma_w: float,
    sigma_b: float,
    layers: int,
) -> Iterator[np.ndarray]:
    """The preactivations (networks, neurons, inputs, pairs) at the start and after every layer."""
    count, width, number, pairs = h.shape
    yield (h := h.astype(SINGLE))
    for layer in range(layers):
        inputs, outputs = h.shape[1], round(width * SHAPE[(layer + 1) % len(SHAPE)])
        weights = normal(generator, count, outputs, inputs, scale=sigma_w / np.sqrt(inputs), dtype=SINGLE)
        biases = normal(generator, count, outputs, 1, pairs, scale=sigma_b, dtype=SINGLE)
        h = (weights @ activation(h).reshape(count, inputs, -1)).reshape(count, outputs, number, pairs)
        h += biases
        yield h


def _differences(h: np.ndarray) -> np.ndarray:
    """Long minus short squared length, if there are both, and high minus low correlation, averaged over the pairs."""
    low, high = _apart(h[:, :, :3]).T
    squares = np.einsum("rnkp,rnkp->rkp", h[:, :, 3:], h[:, :, 3:]).mean(axis=2, dtype=float) / h.shape[1]
    return np.column_stack([np.diff(squares, axis=1), low - high])


def _apart(h: np.ndarray) -> np.ndarray:
    """1 - c of the first input with each other one, averaged over the pairs, (count, inputs - 1).

    It is half the squared distance of the two inputs on the unit sphere, which loses no digits near c = 1.
    """
    unit = h / np.sqrt(np.einsum("rnkp,rnkp->rkp", h, h))[:, None]
    unit = unit[:, :, 1:] - unit[:, :, :1]
    found: np.ndarray = np.einsum("rnkp,rnkp->rkp", unit, unit).mean(axis=2, dtype=float) / 2
    return found
