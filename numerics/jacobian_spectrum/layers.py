"""What single layers of deep networks do to lengths and to small differences, layer by layer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from numerics.jacobian_spectrum.products import Network, steadied, turned, with_controls
from numerics.measurement import Measurement, from_replicas
from numerics.portions import CACHED, portions
from numerics.streams import Stream


def mean_and_logarithm(*, replicas: int, stream: Stream, device: str, width: int, network: Network) -> Measurement:
    """Mean squared singular value of a network's Jacobian, and the mean logarithm of its singular values per layer.

    device  unused: NumPy runs on the processor
    Values  (2,). Given: layers.
    """
    samples, controls = [], []
    for part, count in enumerate(portions(replicas, width**2, CACHED)):
        products, numbers = with_controls(network, width, count, stream.child(part).generator(), dtype=np.float64)
        logarithms = np.linalg.slogdet(products)[1] / (width * network.layers)
        samples.append(np.stack([np.sum(products**2, axis=(1, 2)) / width, logarithms], axis=1))
        controls.append(numbers)
    found = steadied(np.concatenate(samples)[:, None], np.concatenate(controls)[:, None])
    given = {"layers": float(network.layers)}
    return from_replicas(found[:, 0], given=given, resolution={"width": width})


def along_depth(
    *, replicas: int, stream: Stream, device: str, width: int, network: Network, layers: Sequence[int], window: int
) -> Measurement:
    """Squared length per neuron, and mean and relative variance of a layer's squared singular values, along depth.

    The network has orthogonal weights and no biases; its own number of layers does not matter.
    layers  the first of each `window` of layers, over which the values are averaged
    device  unused: NumPy runs on the processor
    Values  (3, layers); the axis is the first layer. Given: window. Raises ValueError where windows overlap.
    """
    windows = [range(first, first + window) for first in layers]
    if any(one.stop > two.start for one, two in itertools.pairwise(windows)):
        raise ValueError("windows of layers overlap, or are in no ascending order")
    samples = np.zeros((replicas, 3, len(layers)))
    for k in range(replicas):
        generator = stream.child(k).generator()
        field = generator.standard_normal(width)
        field *= np.sqrt(width * network.squared_length) / np.linalg.norm(field)
        column = 0
        for layer in range(1, windows[-1].stop):
            if layer > 1:
                field = network.sigma_w * turned(network.phi(field)[:, None], generator)[:, 0]
            column += layer >= windows[column].stop
            if layer in windows[column]:
                squares = (network.sigma_w * network.derivative(field)) ** 2
                mean = np.mean(squares)
                found = np.array([np.mean(field**2), mean, np.var(squares) / mean**2])
                samples[k, :, column] += found / window
    given = {"window": float(window)}
    return from_replicas(samples, axis=np.asarray(layers, dtype=float), given=given, resolution={"width": width})


def bulges(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    width: int,
    ratio: float,
    count: int,
    levels: Sequence[float],
) -> Measurement:
    """Linear networks whose width goes from N to ratio N and back, `count` times, by orthonormal columns and rows.

    device  unused: NumPy runs on the processor
    Values  (2 + levels,): mean and second moment of the squared singular values, and the fraction above each level,
            half of the singular value at it counted, and interpolated between two.
    Given   ratio of the widths as it was rounded, number of bulges, and levels.
    """
    wide, limits = round(ratio * width), np.asarray(levels, dtype=float)
    samples = np.empty((replicas, 2 + len(limits)))
    for k in range(replicas):
        generator = stream.child(k).generator()
        product = np.eye(width)
        for _ in range(count):
            widening, narrowing = (turned(np.eye(wide, width), generator) for _ in range(2))
            product = narrowing.T @ (widening @ product)
        values = np.linalg.svd(product, compute_uv=False)
        above = np.interp(limits, values[::-1], 1 - (np.arange(width) + 0.5) / width)
        samples[k] = np.concatenate([[np.mean(values**2), np.mean(values**4)], above])
    given = {"ratio": wide / width, "bulges": float(count), "levels": limits}
    return from_replicas(samples, given=given, resolution={"width": width})
