"""The circle's image in deep random networks, layer by layer, and in staircases of one hidden layer: lengths only."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
WIDTHS = (1.0, 1.25)  # relative widths of successive layers, repeated
SINGLE = np.float32  # 1e-7 of a neuron, where means over networks are known to 1e-2


def image_lengths(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    activation: Function,
    sigma_w: float,
    sigma_b: float,
    squared_length: float,
    layers: int,
    points: int,
) -> Measurement:
    """Length of a great circle's image in the outputs of layers 1 to `layers` of random networks.

    squared_length   squared distance of the circle from the origin per neuron of the first layer's input
    points           even number of points of the polygon through the image
    device           unused: NumPy runs on the processor

    Values have shape (layers,), over the square root of the layer's width. The chords miss the fourth power of their
    angle only, since polygons of all points and of every other one are combined. Raises ValueError for an unusable
    size.
    """
    if layers < 1 or points < 8 or points % 2 or width < 4:
        raise ValueError("needs at least a layer, an even number of 8 points and a width of 4")
    if not squared_length > 0 or sigma_w <= 0 or sigma_b < 0:
        raise ValueError("squared_length and sigma_w must be positive, sigma_b not negative")
    samples = []
    for k in range(replicas):
        generator = stream.child(k).generator()
        angles = 2 * np.pi * (np.arange(points) + generator.random()) / points
        frame, _ = np.linalg.qr(generator.standard_normal((width, 2)))
        h = np.sqrt(width * squared_length) * frame @ np.array([np.cos(angles), np.sin(angles)])
        h = h.astype(SINGLE)
        row = []
        for layer in range(layers):
            x = activation(h)
            row.append(closed_length(x) / np.sqrt(x.shape[0]))
            if layer == layers - 1:
                break
            outputs = round(width * WIDTHS[(layer + 1) % len(WIDTHS)])
            weights = normal(generator, outputs, len(x), scale=sigma_w / np.sqrt(len(x)), dtype=SINGLE)
            h = weights @ x + normal(generator, outputs, 1, scale=sigma_b, dtype=SINGLE)
        samples.append(row)
    return from_replicas(
        np.array(samples), axis=np.arange(1.0, layers + 1), resolution={"width": width, "points": points}
    )


def neurons_for_length(*, shallow_range: float, neurons: int, points: int, **network: Any) -> Measurement:
    """How many neurons of one hidden layer make the circle as long as random networks do, over the root of the width.

    shallow_range    supremum minus infimum of the neurons of the shallow layer
    neurons          of a hard tanh staircase on the same circle, whose length per neuron is measured
    Values have shape (layers,); other arguments as of `image_lengths`. Raises ValueError for an unusable size.
    """
    if neurons < 1 or shallow_range <= 0:
        raise ValueError("needs a neuron, of a positive range")
    share = staircase_length(neurons=neurons, size=shallow_range, points=points) / neurons
    found = image_lengths(points=points, **network)
    assert found.errors is not None
    return replace(found, values=found.values / share, errors=found.errors / share)


def closed_length(points: np.ndarray) -> float:
    """Length of a smooth closed curve through points, shape (dimension, points), extrapolated from two polygons."""

    def polygon(corners: np.ndarray) -> float:
        return float(np.sum(np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=0), dtype=float))

    return (4 * polygon(points) - polygon(points[:, ::2])) / 3


def staircase_length(*, neurons: int, size: float, points: int) -> float:
    """Length of the unit circle's image behind hard tanh neurons of range `size` that switch one after the other.

    All neurons look along one direction of the plane; the polygon has `points` corners on each neuron's step.
    """
    edges = np.linspace(-1.0, 1.0, 2 * neurons + 1)
    along = np.unique(np.concatenate([np.linspace(a, b, points) for a, b in itertools.pairwise(edges)]))
    there_and_back = np.concatenate([along, along[::-1][1:]])  # cos(theta) from -1 to 1 and back
    centres, half = (edges[:-1:2] + edges[1::2]) / 2, (edges[1] - edges[0]) / 2
    image = size / 2 * np.clip((there_and_back[None, :] - centres[:, None]) / half, -1, 1)
    return float(np.sum(np.linalg.norm(np.diff(image, axis=1), axis=0)))


def lengths_by_width(
    *,
    widths: tuple[int, ...],
    replicas: int,
    stream: Stream,
    activation: Function,
    gains: tuple[float, ...],
    points: int,
) -> np.ndarray:
    """Mean length of a circle's image behind one random hidden layer, shape (gains, widths).

    gains   standard deviations of the field of a neuron, as the angle varies; biases are as large
    """
    found = np.zeros((len(gains), len(widths)))
    angles = 2 * np.pi * np.arange(points) / points
    for g, gain in enumerate(gains):
        for w, width in enumerate(widths):
            generator = stream.child(f"{gain} {width}").generator()
            plane = normal(generator, replicas, width, 2) @ np.array([np.cos(angles), np.sin(angles)])
            images = activation(gain * (plane + normal(generator, replicas, width, 1)))
            found[g, w] = np.mean([np.sum(np.linalg.norm(np.roll(x, -1, axis=1) - x, axis=0)) for x in images])
    return found
