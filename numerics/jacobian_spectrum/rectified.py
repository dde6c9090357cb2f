"""Rectified networks whose weights have singular values of their own, and biases that turn neurons on."""

from __future__ import annotations

import numpy as np

from numerics.jacobian_spectrum.products import OTHERS, on_spheres, steadied, turned
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def rectified_moments(
    *, replicas: int, stream: Stream, device: str, width: int, layers: int, spread: float, scale: float, tilt: float
) -> Measurement:
    """Mean and second moment of the squared singular values of a rectified network's Jacobian.

    spread  variance of the squared singular values of a weight matrix over the square of their mean; half of them have
            one value, half another
    scale   root of the mean of these squares
    tilt    bias of all neurons of a layer, over the root mean square of their weighted sums
    device  unused: NumPy runs on the processor
    Values  (2,). Given: layers and spread. Raises ValueError for a spread above 1 or an odd width.
    """
    if not 0 <= spread <= 1 or width % 2:
        raise ValueError("two values with that variance, each for half of the directions, need spread <= 1, even width")
    values = scale * np.sqrt(1 + np.sqrt(spread) * np.repeat([1.0, -1.0], width // 2))
    samples, controls = np.empty((replicas, 1, 2)), np.zeros((replicas, 1, 2))
    for k in range(replicas):
        generator = stream.child(k).generator()
        both = np.column_stack([np.eye(width), generator.standard_normal(width)])  # the Jacobian, and the signal
        for _ in range(layers):
            fresh = np.full(OTHERS, np.linalg.norm(both[:, -1]))
            fresh = np.linalg.norm(values[:, None] * on_spheres(fresh, width, generator), axis=0)
            both = turned(values[:, None] * turned(both, generator), generator)
            fields = np.column_stack([both[:, -1], on_spheres(fresh, width, generator)])
            fields += tilt * np.sqrt(np.mean(fields**2, axis=0))
            both[:, -1] = fields[:, 0]
            both *= fields[:, :1] > 0
            means = np.array([np.mean(fields > 0, axis=0), np.mean(np.maximum(fields, 0) ** 2, axis=0)])
            controls[k, 0] += means[:, 0] - means[:, 1:].mean(axis=1)
        product = both[:, :-1]
        gram = product.T @ product
        samples[k, 0] = [np.trace(gram) / width, np.sum(gram**2) / width]
    return from_replicas(
        steadied(samples, controls)[:, 0],
        given={"layers": float(layers), "spread": spread},
        resolution={"width": width},
    )
