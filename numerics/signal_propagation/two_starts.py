"""How explicit random networks forget a wrong length, and a wrong correlation of two inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
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
    lengths: tuple[float, float],
    correlations: tuple[float, float],
    layers: int,
    pairs: int,
) -> Measurement:
    """What is left, layer by layer, of the difference between two lengths and between two correlations.

    squared_length   per neuron, of the preactivations from which the correlated inputs start
    lengths          squared lengths of a short and a long input in one direction, in units of squared_length
    correlations     low and high correlation of two inputs with a third, all in one plane; the high one may be 1
    pairs            planes that pass through the same weights, each with biases of its own; results are averages
    device           unused: NumPy runs on the processor

    Values have shape (2, layers): the difference of the squared lengths per neuron, and that of the two correlations
    (mean product over the root of the mean squares), both over what they were at the start, averaged over replicas with
    fresh weights, biases and planes. Raises ValueError for unordered lengths or correlations, or an unusable size.
    """
    if not 0 < lengths[0] < lengths[1]:
        raise ValueError("lengths must ascend")
    return _followed(
        width, replicas, stream, activation, sigma_w, sigma_b, squared_length, lengths, correlations, layers, pairs
    )


def correlation_differences(
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
) -> Measurement:
    """The row of the correlations of `differences_by_layer` alone, (1, layers); same arguments."""
    return _followed(
        width, replicas, stream, activation, sigma_w, sigma_b, squared_length, (), correlations, layers, pairs
    )


def _followed(
    width: int,
    replicas: int,
    stream: Stream,
    activation: Function,
    sigma_w: float,
    sigma_b: float,
    squared_length: float,
    lengths: tuple[float, ...],
    correlations: tuple[float, float],
    layers: int,
    pairs: int,
) -> Measurement:
    """Differences of lengths, if there are any, and of correlations, over those at the start."""
    if width < 4 or layers < 1 or pairs < 1:
        raise ValueError("needs a width of 4, a layer and a pair")
    if not -1 <= correlations[0] < correlations[1] <= 1:
        raise ValueError("correlations must ascend and lie from -1 to 1")
    samples = []
    for k in range(replicas):
        start = _inputs(width, squared_length, lengths, correlations, pairs, stream.child(k).child("inputs"))
        fields = _layers(start, stream.child(k), activation, sigma_w, sigma_b, layers)
        samples.append(np.array([_differences(h) for h in fields]))
    means = np.array(samples)
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
    for k in range(replicas):
        frame = np.linalg.qr(normal(stream.child(k).child("inputs").generator(), pairs, width, 2))[0]
        first, second = np.sqrt(width * squared_length) * np.moveaxis(frame, (2, 1), (0, 1))
        other = correlation * first + np.sqrt((1 - correlation) * (1 + correlation)) * second
        start = np.stack([first, other], axis=1)
        *_, h = _layers(start, stream.child(k), activation, sigma_w, sigma_b, layers)
        samples.append(_apart(h))
    return from_replicas(np.array(samples), resolution={"width": width, "layers": layers})


def _inputs(
    width: int,
    squared_length: float,
    lengths: tuple[float, ...],
    correlations: tuple[float, float],
    pairs: int,
    stream: Stream,
) -> np.ndarray:
    """Preactivations at the start, (width, inputs, pairs): third input, the two correlated with it, short and long."""
    frame = np.linalg.qr(normal(stream.generator(), pairs, width, 2))[0]
    first, second = np.sqrt(width * squared_length) * np.moveaxis(frame, (2, 1), (0, 1))
    low, high = (c * first + np.sqrt((1 - c) * (1 + c)) * second for c in correlations)
    return np.stack([first, low, high, *(np.sqrt(a) * first for a in lengths)], axis=1)


def _layers(
    h: np.ndarray, stream: Stream, activation: Function, sigma_w: float, sigma_b: float, layers: int
) -> Iterator[np.ndarray]:
    """The preactivations at the start and after every layer."""
    generator, width = stream.generator(), len(h)
    yield (h := h.astype(SINGLE))
    for layer in range(layers):
        inputs, outputs = len(h), round(width * SHAPE[(layer + 1) % len(SHAPE)])
        weights = normal(generator, outputs, inputs, scale=sigma_w / np.sqrt(inputs), dtype=SINGLE)
        biases = normal(generator, outputs, 1, h.shape[2], scale=sigma_b, dtype=SINGLE)
        h = (weights @ activation(h).reshape(inputs, -1)).reshape(outputs, *h.shape[1:])
        h += biases
        yield h


def _differences(h: np.ndarray) -> list[float]:
    """Long minus short squared length, if there are both, and high minus low correlation, averaged over the pairs."""
    low, high = _apart(h[:, :3])
    squares = np.einsum("nkp,nkp->k", h[:, 3:], h[:, 3:]) / (len(h) * h.shape[2])
    return [*np.diff(squares), low - high]


def _apart(h: np.ndarray) -> np.ndarray:
    """1 - c of the first input with each other one, averaged over the pairs.

    It is half the squared distance of the two inputs on the unit sphere, which loses no digits near c = 1.
    """
    unit = h / np.sqrt(np.einsum("nkp,nkp->kp", h, h) / len(h))
    unit = unit[:, 1:] - unit[:, :1]
    return np.einsum("nkp,nkp->k", unit, unit) / (2 * len(h) * h.shape[2])
