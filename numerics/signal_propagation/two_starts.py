"""How explicit random networks forget a wrong length, and a wrong correlation of two inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
SHAPE = (1.0, 1.25)  # relative widths of successive layers, repeated


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
    if width < 4 or layers < 1 or pairs < 1:
        raise ValueError("needs a width of 4, a layer and a pair")
    if not 0 < lengths[0] < lengths[1] or not -1 <= correlations[0] < correlations[1] <= 1:
        raise ValueError("lengths and correlations must ascend, and correlations lie from -1 to 1")
    samples = []
    for k in range(replicas):
        fields = _layers(
            _inputs(width, squared_length, lengths, correlations, pairs, stream.child(k).child("inputs")),
            stream.child(k),
            activation,
            sigma_w,
            sigma_b,
            layers,
        )
        samples.append(np.array([_differences(h) for h in fields]))
    means = np.array(samples)
    return from_replicas(
        np.swapaxes(means[:, 1:] / means[:, :1].mean(axis=0), 1, 2),
        axis=np.arange(1.0, layers + 1),
        resolution={"width": width, "layers": layers},
    )


def correlation_differences(**run: Any) -> Measurement:
    """The row of the correlations of `differences_by_layer` alone, (1, layers); same arguments, lengths apart."""
    both = differences_by_layer(lengths=(0.99, 1.01), **run)
    assert both.errors is not None
    return dataclasses.replace(both, values=both.values[1:], errors=both.errors[1:])


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
        h = _layers(start, stream.child(k), activation, sigma_w, sigma_b, layers)[-1]
        one, two = np.moveaxis(h / np.sqrt(np.mean(h**2, axis=0)), 1, 0)
        samples.append([np.mean((one - two) ** 2) / 2])
    return from_replicas(np.array(samples), resolution={"width": width, "layers": layers})


def _inputs(
    width: int,
    squared_length: float,
    lengths: tuple[float, float],
    correlations: tuple[float, float],
    pairs: int,
    stream: Stream,
) -> np.ndarray:
    """Preactivations at the start, (width, 5, pairs): the third input, the two correlated with it, short and long."""
    frame = np.linalg.qr(normal(stream.generator(), pairs, width, 2))[0]
    first, second = np.sqrt(width * squared_length) * np.moveaxis(frame, (2, 1), (0, 1))
    low, high = (c * first + np.sqrt((1 - c) * (1 + c)) * second for c in correlations)
    short, long = (np.sqrt(a) * first for a in lengths)
    return np.stack([first, low, high, short, long], axis=1)


def _layers(
    h: np.ndarray, stream: Stream, activation: Function, sigma_w: float, sigma_b: float, layers: int
) -> list[np.ndarray]:
    """The preactivations at the start and after every layer."""
    generator, fields = stream.generator(), [h]
    for layer in range(layers):
        inputs, outputs = len(h), round(len(fields[0]) * SHAPE[(layer + 1) % len(SHAPE)])
        weights = normal(generator, outputs, inputs, scale=sigma_w / np.sqrt(inputs))
        biases = normal(generator, outputs, 1, h.shape[2], scale=sigma_b)
        h = (weights @ activation(h).reshape(inputs, -1)).reshape(outputs, *h.shape[1:]) + biases
        fields.append(h)
    return fields


def _differences(h: np.ndarray) -> tuple[float, float]:
    """Long minus short squared length, and high minus low correlation, both averaged over the pairs.

    1 - c is half the squared distance of the two inputs on the unit sphere, which loses no digits near c = 1.
    """
    third, low, high = np.moveaxis(h[:, :3] / np.sqrt(np.mean(h[:, :3] ** 2, axis=0)), 1, 0)
    apart = [np.mean((third - other) ** 2) / 2 for other in (low, high)]
    squares = np.mean(h[:, 3:] ** 2, axis=(0, 2))
    return float(squares[1] - squares[0]), float(apart[0] - apart[1])
