"""A closed curve before and after a wide random linear layer, measured as a polygon."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

OUTPUTS = 1.5  # neurons per input
WAVES = np.array([[1, 0, 1.3], [1, np.pi / 2, 0.9], [2, 0.4, 0.5], [3, 1.1, 0.4]])  # frequency, phase, amplitude


def after_linear_layer(
    *, width: int, replicas: int, stream: Stream, device: str, squared_stretches: tuple[float, ...], points: int
) -> Measurement:
    """Length, mean inverse radius and length of the path of the chords' directions after a random linear layer.

    width              inputs of the layer; it has 1.5 times as many outputs
    squared_stretches  variance of a weight times the number of outputs
    points             corners of the polygon
    device             unused: NumPy runs on the processor

    Values have shape (3, stretches). The curve is the same at all widths, in a random four-dimensional subspace of the
    inputs; weights are fresh in each replica and for each stretch. Given: the three quantities `before` the layer.
    Raises ValueError for fewer than four inputs or eight points, or a stretch that is not positive.
    """
    if width < len(WAVES) or points < 8 or min(squared_stretches) <= 0:
        raise ValueError("needs at least four inputs, eight points and positive stretches")
    frequency, phase, amplitude = WAVES.T[:, :, None]
    flat = amplitude * np.cos(frequency * 2 * np.pi * np.arange(points) / points - phase)
    outputs = round(OUTPUTS * width)
    samples = []
    for k in range(replicas):
        generator = stream.child(k).generator()
        frame, _ = np.linalg.qr(normal(generator, width, len(WAVES)))
        curve = frame @ flat
        columns = []
        for squared in squared_stretches:
            weights = normal(generator, outputs, width, scale=np.sqrt(squared / outputs))
            columns.append(closed_polygon(weights @ curve))
        samples.append(np.transpose(columns))
    return from_replicas(
        np.array(samples),
        axis=np.asarray(squared_stretches, dtype=float),
        given={"before": np.array(closed_polygon(flat))},
        resolution={"width": width, "points": points},
    )


def closed_polygon(curve: np.ndarray) -> list[float]:
    """Length, mean inverse radius of circles through three corners, and sum of the chords' turns; (dimensions, T)."""
    chord = np.roll(curve, -1, axis=1) - curve
    size = np.linalg.norm(chord, axis=0)
    direction = chord / size
    following, across = np.roll(chord, -1, axis=1), np.roll(curve, -2, axis=1) - curve
    height = following - np.sum(following * direction, axis=0) * direction
    bend = 2 * np.linalg.norm(height, axis=0) / (np.roll(size, -1) * np.linalg.norm(across, axis=0))
    turn = np.linalg.norm(np.roll(direction, -1, axis=1) - direction, axis=0)
    return [float(np.sum(size)), float(np.mean(bend)), float(np.sum(turn))]
