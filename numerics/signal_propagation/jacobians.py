"""Jacobians of explicit random networks, multiplied out layer by layer, and their mean squared singular values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
SHAPE = (1.0, 1.25)  # relative widths of successive layers, repeated
SINGLE = np.float32  # 1e-7 of a neuron, where means over networks are known to 1e-2


def squared_singular_values(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    phi: Function,
    derivative: Function,
    sigma_w: float,
    sigma_b: float,
    squared_length: float,
    layers: int,
    siblings: int,
    columns: int,
) -> Measurement:
    """Sum of the squared singular values of the Jacobian over the width of its last layer, for 1 to `layers` layers.

    squared_length   of h^0 per neuron; its direction is random
    siblings         networks of a replica; they share their weights, and have inputs and biases of their own
    columns          of each sibling's Jacobian that are multiplied out; the squared singular values are the squared
                     lengths of all columns, which are alike in law, added up
    device           unused: NumPy runs on the processor

    Values have shape (2, layers): the Jacobian of x^l by x^0 = phi(h^0), and by h^0, averaged over networks. Raises
    ValueError for no layer or sibling, more columns of all siblings than inputs, or a length or sigma_w that is not
    positive.
    """
    if not 1 <= siblings * columns <= width or layers < 1 or squared_length <= 0 or sigma_w <= 0 or sigma_b < 0:
        raise ValueError("needs a layer, as many inputs as columns, a positive length and sigma_w, and sigma_b >= 0")
    own = np.arange(siblings * columns)  # no two siblings follow the same columns of the weights
    samples = []
    for k in range(replicas):
        generator = stream.child(k).generator()
        field = generator.standard_normal((width, siblings))
        field *= np.sqrt(width * squared_length) / np.linalg.norm(field, axis=0)
        first = derivative(field)[own, own // columns].reshape(siblings, columns) ** 2
        signal, jacobian, rows = phi(field.astype(SINGLE)), np.eye(width, siblings * columns, dtype=SINGLE), []
        for layer in range(1, layers + 1):
            outputs = round(width * SHAPE[layer % len(SHAPE)])
            weights = normal(generator, outputs, len(signal), scale=sigma_w / np.sqrt(len(signal)), dtype=SINGLE)
            field = weights @ signal + normal(generator, outputs, siblings, scale=sigma_b, dtype=SINGLE)
            signal = phi(field)
            slopes = derivative(field)[:, :, None]
            product = slopes * (weights @ jacobian).reshape(outputs, siblings, columns)
            squares = np.einsum("nsc,nsc->sc", product, product) * (width / outputs)
            rows.append([np.mean(squares), np.mean(squares * first)])
            jacobian = product.reshape(outputs, -1)
        samples.append(np.array(rows).T)
    return from_replicas(np.array(samples), axis=np.arange(1.0, layers + 1), resolution={"width": width})


def stretch_by_length(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    phi: Function,
    derivative: Function,
    sigma_w: float,
    sigma_b: float,
    squared_lengths: Sequence[float],
) -> Measurement:
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
        weights = normal(generator, outputs, width, scale=sigma_w / np.sqrt(width))
        field = weights @ signal + normal(generator, outputs, 1, scale=sigma_b)
        samples.append(np.sum(weights**2, axis=1) @ derivative(field) ** 2 / outputs)
    return from_replicas(np.array(samples), axis=lengths, resolution={"width": width})
