"""Jacobians of explicit random networks, multiplied out layer by layer, and their mean squared singular values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
SHAPE = (1.0, 1.25)  # relative widths of successive layers, repeated


def squared_singular_values(
    *, width: int, replicas: int, stream: Stream, device: str,
    phi: Function, derivative: Function, sigma_w: float, sigma_b: float, squared_length: float, layers: int,
) -> Measurement:  # fmt: skip
    """Sum of the squared singular values of the Jacobian over the width of its last layer, for 1 to `layers` layers.

    squared_length   of h^0 per neuron; its direction is random
    device           unused: NumPy runs on the processor

    Values have shape (2, layers): the Jacobian of x^l by x^0 = phi(h^0), and by h^0, averaged over networks. Raises
    ValueError for a width below 4, no layer, or a length or sigma_w that is not positive.
    """
    if width < 4 or layers < 1 or squared_length <= 0 or sigma_w <= 0 or sigma_b < 0:
        raise ValueError("needs a width of 4, a layer, a positive length and sigma_w, and no negative sigma_b")
    samples = []
    for k in range(replicas):
        generator = stream.child(k).generator()
        field = generator.standard_normal(width)
        field *= np.sqrt(width * squared_length) / np.linalg.norm(field)
        signal, first = phi(field), derivative(field) ** 2
        jacobian, rows = np.eye(width), []
        for layer in range(1, layers + 1):
            outputs = round(width * SHAPE[layer % len(SHAPE)])
            weights = generator.standard_normal((outputs, len(signal))) * (sigma_w / np.sqrt(len(signal)))
            field = weights @ signal + sigma_b * generator.standard_normal(outputs)
            signal = phi(field)
            jacobian = derivative(field)[:, None] * (weights if layer == 1 else weights @ jacobian)
            squares = np.sum(jacobian**2, axis=0)
            rows.append([np.sum(squares) / outputs, squares @ first / outputs])
        samples.append(np.array(rows).T)
    return from_replicas(np.array(samples), axis=np.arange(1.0, layers + 1), resolution={"width": width})


def stretch_by_length(
    *, width: int, replicas: int, stream: Stream, device: str,
    phi: Function, derivative: Function, sigma_w: float, sigma_b: float, squared_lengths: Sequence[float],
) -> Measurement:  # fmt: skip
    """Mean squared singular value of one layer whose preactivations have given squared lengths per neuron.

    Values have shape (lengths,), along them; other arguments as in `squared_singular_values` (phi is not needed by one
    layer's Jacobian). Raises ValueError where the biases alone are longer than a given length.
    """
    lengths = np.asarray(squared_lengths, dtype=float)
    own = lengths - sigma_b**2
    if np.any(own <= 0):
        raise ValueError("the biases alone are longer than that")
    outputs, samples = round(SHAPE[1] * width), []
    for k in range(replicas):
        generator = stream.child(k).generator()
        direction = generator.standard_normal(width)
        signal = np.sqrt(width * own) / sigma_w * direction[:, None] / np.linalg.norm(direction)
        weights = generator.standard_normal((outputs, width)) * (sigma_w / np.sqrt(width))
        field = weights @ signal + sigma_b * generator.standard_normal((outputs, 1))
        samples.append(np.sum(weights**2, axis=1) @ derivative(field) ** 2 / outputs)
    return from_replicas(np.array(samples), axis=lengths, resolution={"width": width})
