"""A circle sampled at equal angles: lengths of polygons, directions of chords, circles through three points."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

QUANTITIES = ("metric", "curvature", "Gauss metric", "length", "Gauss length")


def sampled_circle(
    *, dimensions: tuple[int, ...], squared_lengths: tuple[float, ...], step: float, stream: Stream, device: str
) -> Measurement:
    """Measures circles of the given dimension and squared length per dimension; nothing is differentiated by formula.

    dimensions, squared_lengths   one circle for each pair; its plane is random
    step                          angle between neighbouring points; must divide a full turn
    device                        unused: the work is tiny

    Values have shape (5, circles), rows as in QUANTITIES: mean squared chord over squared angle; mean inverse radius of
    the circle through three neighbouring points; mean squared change of the chords' direction over squared angle;
    length of the polygon; length of the path of the chords' directions. The error falls with the square of the step.
    Given: N and q (circles,), the dimensions and the squared lengths per dimension.
    Raises ValueError for a step that does not divide a turn, or unequal numbers of dimensions and lengths.
    """
    count = round(2 * np.pi / step)
    if count < 3 or abs(count * step - 2 * np.pi) > 1e-9:
        raise ValueError(f"the step {step} does not divide a full turn into three or more parts")
    if len(dimensions) != len(squared_lengths) or min(dimensions) < 2 or min(squared_lengths) <= 0:
        raise ValueError("every circle needs a dimension of at least 2 and a positive squared length")
    columns = []
    for k, (dimension, squared_length) in enumerate(zip(dimensions, squared_lengths, strict=True)):
        frame, _ = np.linalg.qr(stream.child(k).generator().standard_normal((dimension, 2)))
        angles = np.arange(count) * step
        points = np.sqrt(dimension * squared_length) * (
            np.cos(angles)[:, None] * frame[:, 0] + np.sin(angles)[:, None] * frame[:, 1]
        )
        columns.append(_closed_polygon(points, step))
    return Measurement(
        values=np.array(columns).T,
        axis=np.asarray(dimensions, dtype=float),
        given={"N": np.asarray(dimensions), "q": np.asarray(squared_lengths)},
        resolution={"step": step, "points": float(count)},
    )


def _closed_polygon(points: np.ndarray, step: float) -> list[float]:
    """The five quantities of QUANTITIES for the closed polygon through `points`, shape (points, dimension)."""
    chord = np.roll(points, -1, axis=0) - points
    size = np.linalg.norm(chord, axis=1)
    direction = chord / size[:, None]
    turn = np.roll(direction, -1, axis=0) - direction
    across = np.roll(points, -2, axis=0) - points
    following = np.roll(chord, -1, axis=0)
    height = following - np.sum(following * direction, axis=1)[:, None] * direction
    # Inverse radius of the circle through three points: 4 * area / (product of the sides).
    bend = 2 * np.linalg.norm(height, axis=1) / (np.roll(size, -1) * np.linalg.norm(across, axis=1))
    turned = np.linalg.norm(turn, axis=1)
    return [
        float(v)
        for v in (np.mean(size**2) / step**2, np.mean(bend), np.mean(turned**2) / step**2, np.sum(size), np.sum(turned))
    ]
