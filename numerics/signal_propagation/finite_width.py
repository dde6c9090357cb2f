"""The second layer of random networks of finite width: how far its preactivations are from Gaussian."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
SINGLE = np.float32  # 1e-7 of a neuron, where moments are known to 1e-2
QUANTITIES = ("mean square", "fourth cumulant times width", "covariance of squares times width")


def second_layer(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[tuple[Function, float, float, float]],
    sizes: Sequence[tuple[int, int, int]],
    inputs: int = 5,
) -> Measurement:
    """Moments of a preactivation of layer 2 over random networks whose first layer has few neurons.

    networks  activation, sigma_w, sigma_b and mean square of the input's entries; weights of a neuron with n inputs
              have the standard deviation sigma_w / sqrt(n), biases sigma_b
    sizes     (width of layer 1, width of layer 2, networks of a replica), one for each point of the axis
    replicas  batches of independent networks
    device    unused: NumPy runs on the processor

    Values have shape (3, networks, sizes), rows as in QUANTITIES, with the width of layer 1: E h^2; the fourth cumulant
    E h^4 - 3 (E h^2)^2; the covariance of h_1^2 and h_2^2 for two neurons of layer 2. Each is an unbiased estimate from
    one batch, averaged over batches. Given: the mean squares of the inputs. Raises ValueError for an odd or too small
    second layer, or fewer than two networks in a batch.
    """
    if any(outputs < 2 or outputs % 2 or count < 2 for _, outputs, count in sizes):
        raise ValueError("the second layer needs an even number of neurons, and a batch two networks")
    columns = []
    for size in sizes:
        generator = stream.child(size).generator()
        columns.append([_batch(generator, networks, inputs, *size) for _ in range(replicas)])
    return from_replicas(
        np.moveaxis(np.array(columns), 0, -1),
        axis=np.array([float(width) for width, *_ in sizes]),
        given={"squares": np.array([square for *_, square in networks])},
    )


def _batch(
    generator: np.random.Generator,
    networks: Sequence[tuple[Function, float, float, float]],
    inputs: int,
    width: int,
    outputs: int,
    count: int,
) -> np.ndarray:
    """The three estimates from `count` networks, (3, networks); all activations share the normal draws."""
    direction = generator.standard_normal(inputs)
    direction /= np.linalg.norm(direction)
    # Row sums of weights, of unit variance.
    first = normal(generator, count, width, inputs, dtype=SINGLE) @ direction.astype(SINGLE)
    biases = normal(generator, count, width, dtype=SINGLE)
    second = normal(generator, count, outputs, width, scale=width**-0.5, dtype=SINGLE)
    later = normal(generator, count, 1, outputs, dtype=SINGLE)
    sigma_w, sigma_b, squares = (
        np.array([network[i] for network in networks], dtype=SINGLE)[:, None] for i in (1, 2, 3)
    )
    signal = np.sqrt(squares) * sigma_w * first[:, None] + sigma_b * biases[:, None]  # (count, networks, width)
    for k, (phi, *_) in enumerate(networks):
        signal[:, k] = phi(signal[:, k])
    h = signal @ second.swapaxes(1, 2)
    h *= sigma_w
    h += sigma_b * later
    half, power = outputs // 2, np.square(h, out=h)
    # Both (networks of the batch, activations).
    left, right = (part.mean(axis=2).astype(float) for part in (power[..., :half], power[..., half:]))
    mean = (left + right) / 2
    pairs = (mean.sum(axis=0) ** 2 - (mean**2).sum(axis=0)) / (count * (count - 1))  # two different networks
    covariance = ((left - left.mean(axis=0)) * (right - right.mean(axis=0))).sum(axis=0) / (count - 1)
    fourth = np.einsum("ckn,ckn->ck", power, power).mean(axis=0, dtype=float) / outputs - 3 * pairs
    return np.stack([mean.mean(axis=0), width * fourth, width * covariance])
