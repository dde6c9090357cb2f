"""Products of two large matrices of given eigenvalues, one of them rotated at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.jacobian_spectrum.products import rotation
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

ORDERS = 3


def product_moments(
    *, replicas: int, stream: Stream, device: str, width: int, first: Sequence[float], second: Sequence[float]
) -> Measurement:
    """Mean powers, to the third, of the eigenvalues of A^(1/2) B A^(1/2).

    first, second  eigenvalues of A and of B, not negative, each for an equal share of the directions
    device         unused: NumPy runs on the processor
    Values  (3,). Given: a and b, the mean powers of both, (3,). Raises ValueError where shares are no whole numbers.
    """
    roots, values = np.sqrt(_spread(first, width)), _spread(second, width)
    samples = np.empty((replicas, ORDERS))
    for k in range(replicas):
        rotated = rotation(width, stream.child(k).generator())
        samples[k] = _traces((roots[:, None] * (rotated * values) @ rotated.T) * roots)
    return from_replicas(samples, given=_means(np.square(roots), values), resolution={"width": width})


def layer_moments(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    width: int,
    slopes: Sequence[float],
    weights: Sequence[float],
    squares: bool,
) -> Measurement:
    """Mean powers, to the third, of the squared singular values of F W, W a rotation times singular values.

    slopes, weights  on the diagonal of F, and singular values of W, each for an equal share of the neurons
    squares          what is given: the mean powers of F^2 and W W^T, or those of F and of W itself
    device           unused: NumPy runs on the processor
    Values  (3,). Given: a and b, (3,) each. Raises ValueError where shares are no whole numbers.
    """
    diagonal, values = _spread(slopes, width), _spread(weights, width)
    samples, own = np.empty((replicas, ORDERS)), np.empty((replicas, ORDERS))
    for k in range(replicas):
        rotated = rotation(width, stream.child(k).generator()) * values
        product = diagonal[:, None] * rotated
        samples[k], own[k] = _traces(product @ product.T), _traces(rotated)
    given = _means(diagonal**2, values**2) if squares else {**_means(diagonal, values), "b": own.mean(axis=0)}
    return from_replicas(samples, given=given, resolution={"width": width})


def _spread(values: Sequence[float], width: int) -> np.ndarray:
    if width % len(values):
        raise ValueError(f"{len(values)} values have no equal shares of {width}")
    return np.repeat(np.asarray(values, dtype=float), width // len(values))


def _traces(matrix: np.ndarray) -> list[float]:
    square = matrix @ matrix
    return [float(np.trace(m)) / len(matrix) for m in (matrix, square, square @ matrix)]


def _means(first: np.ndarray, second: np.ndarray) -> dict[str, np.ndarray]:
    return {name: np.array([np.mean(v**k) for k in (1, 2, 3)]) for name, v in (("a", first), ("b", second))}
