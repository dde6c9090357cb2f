"""Gradient flow of very deep linear networks: how the time to learn a mode depends on depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from numerics.deep_linear.passage_times import passages, path_until
from numerics.deep_linear.training import Descent, Network
from numerics.measurement import Measurement
from numerics.streams import Stream


def depth_scaled_times(
    *,
    widths: Sequence[int],
    singular_values: Sequence[float],
    initial: Sequence[float],
    levels: Sequence[float],
    courant: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Gradient flow of a network of 1 / `step` matrices: passage times over tau, multiplied by the layers of neurons.

    The flow of all matrices is integrated by the classical Runge-Kutta method of order 4 with time steps
    courant * tau / depth; `widths` are the inputs, the widths that the hidden layers repeat, and the outputs. The start
    is decoupled with mode strengths `initial`, equal in all layers.
    Values (K, L) at `levels` (strengths, not fractions). Given: singular_value, initial (K,).
    """
    depth = round(1 / step)
    if depth < 3 or abs(depth * step - 1) > 1e-9:
        raise ValueError(f"the step must be the reciprocal of a number of matrices above 2, not {step}")
    if max(levels) >= min(singular_values):
        raise ValueError("levels must lie below every singular value")
    hidden = widths[1:-1]
    every = [widths[0], *(hidden[k % len(hidden)] for k in range(depth - 1)), widths[-1]]
    begin = np.asarray(initial, dtype=float)
    start = np.tile(begin ** (1 / depth), (depth, 1))
    network = Network(widths=every, singular_values=singular_values, strengths=start, examples=examples)
    descent = network.descent(stream=stream, device=device)
    targets = np.tile(np.asarray(levels, dtype=float), (len(begin), 1))
    path = path_until(descent, _runge_kutta(descent, courant / depth), targets[:, -1])
    values = (depth + 1) * passages(path, targets, courant / depth)
    given = {"singular_value": np.asarray(singular_values, dtype=float), "initial": begin}
    return Measurement(values=values, axis=targets[0], given=given, resolution={"step": step})


def _runge_kutta(descent: Descent, size: float) -> Iterator:
    """Classical Runge-Kutta steps of gradient flow; yields the map before the first and after each step."""
    total, k1 = descent.gradients()
    while True:
        yield total
        descent.shift(k1, -size / 2)
        _, k2 = descent.gradients()
        descent.shift(k1, size / 2)
        descent.shift(k2, -size / 2)
        _, k3 = descent.gradients()
        descent.shift(k2, size / 2)
        descent.shift(k3, -size)
        _, k4 = descent.gradients()
        descent.shift(k3, size)
        for direction, weight in ((k1, 1), (k2, 2), (k3, 2), (k4, 1)):
            descent.shift(direction, -size * weight / 6)
        total, k1 = descent.gradients()
