"""Autocorrelation of the image of a circle in explicit random networks, by Fourier transform over the circle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.manifold_geometry.random_network import SINGLE, WIDTHS
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream


def autocorrelation(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    sigma_w: float,
    sigma_b: float,
    squared_length: float,
    layers: int,
    points: int,
    circles: int,
    activation: Callable[[np.ndarray], np.ndarray],
) -> Measurement:
    """Mean product of a layer's neurons at two angles, averaged over the circle, at layers 2 to `layers`.

    squared_length   squared distance from the origin per neuron of the input circle, at layer 1
    points           equally spaced angles on each circle, even
    circles          through each draw of the weights, each in a plane and with biases of its own
    device           unused: NumPy runs on the processor

    Values have shape (layers - 1, points / 2 + 1), along the differences of the angles from 0 to pi: the inverse
    transform of the power spectrum over the circle, averaged over neurons, circles and replicas (fresh weights each).
    Successive widths stand in the ratios WIDTHS. Raises ValueError for fewer than two layers, an odd number of points,
    or an unusable size.
    """
    if layers < 2 or points < 4 or points % 2 or width < 4:
        raise ValueError("needs at least two layers, a width of 4 and an even number of points, at least 4")
    if not squared_length > 0 or sigma_w <= 0 or sigma_b < 0:
        raise ValueError("squared_length and sigma_w must be positive, sigma_b not negative")
    angles = 2 * np.pi * np.arange(points) / points
    samples = []
    for k in range(replicas):
        generator = stream.child(k).generator()
        frames, _ = np.linalg.qr(normal(generator, circles, width, 2))
        h = np.sqrt(width * squared_length) * np.swapaxes(frames, 0, 1) @ np.array([np.cos(angles), np.sin(angles)])
        h = h.astype(SINGLE)
        rows = []
        for layer in range(1, layers):
            outputs = round(width * WIDTHS[layer % len(WIDTHS)])
            weights = normal(generator, outputs, len(h), scale=sigma_w / np.sqrt(len(h)), dtype=SINGLE)
            h = (weights @ activation(h).reshape(len(h), -1)).reshape(outputs, circles, points)
            h += normal(generator, outputs, circles, 1, scale=sigma_b, dtype=SINGLE)
            power = np.mean(np.abs(np.fft.rfft(h, axis=2)) ** 2, axis=(0, 1))
            rows.append(np.fft.irfft(power, points)[: points // 2 + 1] / points)
        samples.append(rows)
    return from_replicas(
        np.array(samples), axis=angles[: points // 2 + 1], resolution={"width": width, "points": points}
    )
