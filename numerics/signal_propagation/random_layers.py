"""Signals passed through explicit random networks with biases and layers of unequal widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
INPUTS = 7
SHAPE = (1.0, 1.5, 0.75)  # relative widths of successive layers, repeated


def mean_squares(
    *, width: int, replicas: int, stream: Stream, device: str,
    networks: Sequence[tuple[Function, float, float, float]], layers: int, first: int = 1,
) -> Measurement:  # fmt: skip
    """Mean square of the preactivations of every layer of random networks.

    networks   activation, sigma_w, sigma_b and mean square of the input's entries; weights of a neuron with n inputs
               have the standard deviation sigma_w / sqrt(n), biases sigma_b
    width      sets the widths of the layers, in the ratios SHAPE
    first      the first layer that is recorded
    device     unused: NumPy runs on the processor

    Values have shape (networks, layers recorded), averaged over neurons and replicas; the axis is the layer, and layer
    1 follows the INPUTS inputs. Given: the mean squares of the inputs. The networks share their standard normal draws.
    Raises ValueError if no layer is recorded, for a width below 4, or a negative sigma or mean square.
    """
    if not 1 <= first <= layers or width < 4 or not networks:
        raise ValueError("needs a network, a layer and a width of 4")
    if any(min(numbers) < 0 for _, *numbers in networks):
        raise ValueError("sigma_w, sigma_b and mean squares of the input must not be negative")
    columns, squares = [network[:3] for network in networks], np.array([square for *_, square in networks])
    samples = []
    for k in range(replicas):
        generator = stream.child(k).generator()
        direction = generator.standard_normal(INPUTS)
        inputs = np.sqrt(INPUTS * squares) * direction[:, None] / np.linalg.norm(direction)
        fields = passed(width, layers, columns, inputs, generator)
        samples.append(np.array([np.mean(h**2, axis=0) for h in fields])[first - 1 :].T)
    return from_replicas(
        np.array(samples), axis=np.arange(float(first), layers + 1), resolution={"width": width},
        given={"squares": squares},
    )  # fmt: skip


def mean_products(
    *, width: int, replicas: int, stream: Stream, device: str,
    networks: Sequence[tuple[Function, float, float, tuple[float, float, float]]], layers: int,
) -> Measurement:  # fmt: skip
    """Mean squares and mean product of the preactivations that two inputs cause in every layer of random networks.

    networks   activation, sigma_w, sigma_b, and of the two inputs' entries the mean squares and the mean product
    Other arguments as in `mean_squares`.

    Values have shape (3, networks, layers): mean product, and mean square for the first and the second input, averaged
    over neurons and replicas; layer 1 follows the INPUTS inputs. Given: what was asked of the inputs, (networks, 3).
    Raises ValueError for fewer than one layer, a width below 4, or a product above the root of the squares' product.
    """
    if layers < 1 or width < 4 or not networks:
        raise ValueError("needs a network, a layer and a width of 4")
    if any(a <= 0 or b <= 0 or product**2 > a * b for *_, (a, b, product) in networks):
        raise ValueError("the mean squares and the mean product of two inputs must form a covariance")
    columns = [(phi, weight, bias) for phi, weight, bias, _ in networks for _ in range(2)]
    samples = []
    for k in range(replicas):
        generator = stream.child(k).generator()
        frame, _ = np.linalg.qr(generator.standard_normal((INPUTS, 2)))
        inputs = np.sqrt(INPUTS) * np.concatenate([frame @ _factor(*wanted) for *_, wanted in networks], axis=1)
        rows = []
        for h in passed(width, layers, columns, inputs, generator):
            first, second = h[:, ::2], h[:, 1::2]
            rows.append([np.mean(a * b, axis=0) for a, b in ((first, second), (first, first), (second, second))])
        samples.append(np.moveaxis(np.array(rows), 0, -1))
    return from_replicas(
        np.array(samples), axis=np.arange(1.0, layers + 1), resolution={"width": width},
        given={"inputs": np.array([wanted for *_, wanted in networks])},
    )  # fmt: skip


def bump_averages(
    *, width: int, replicas: int, stream: Stream, device: str, network: tuple[Function, float, float, float, float],
    counts: Sequence[int], scale: float,
) -> Measurement:  # fmt: skip
    """How often a neuron of layer 2 is near zero for all inputs at once, in random networks.

    network   activation, sigma_w, sigma_b, mean square of every input's entries, mean product of every two inputs'
    counts    numbers of inputs, up to INPUTS
    scale     how near: the average is of exp(-z^2 / (2 scale^2)), multiplied over the inputs

    Values have shape (counts,), averaged over neurons and replicas; the axis is the number of inputs. Raises ValueError
    for too many inputs, or squares and products that no inputs have.
    """
    phi, weight, bias, square, product = network
    most = max(counts)
    if not 1 <= min(counts) <= most <= INPUTS or scale <= 0:
        raise ValueError(f"the number of inputs must lie between 1 and {INPUTS}, and the scale be positive")
    if not -square < (most - 1) * product < (most - 1) * square:
        raise ValueError("no inputs have these mean squares and products")
    factor = np.linalg.cholesky((square - product) * np.eye(most) + product)
    samples = []
    for k in range(replicas):
        generator = stream.child(k).generator()
        frame, _ = np.linalg.qr(generator.standard_normal((INPUTS, most)))
        inputs = np.sqrt(INPUTS) * frame @ factor.T
        *_, h = passed(width, 2, [(phi, weight, bias)] * most, inputs, generator)
        near = np.cumsum(-(h**2) / (2 * scale**2), axis=1)
        samples.append(np.exp(near[:, np.asarray(counts) - 1]).mean(axis=0))
    return from_replicas(np.array(samples), axis=np.asarray(counts, dtype=float), resolution={"width": width})


def _factor(first: float, second: float, product: float) -> np.ndarray:
    """Coordinates in a plane of two vectors with these squared lengths and this inner product, as columns."""
    root = np.sqrt(first)
    return np.array([[root, product / root], [0.0, np.sqrt(second - product**2 / first)]])


def passed(
    width: int, layers: int, columns: Sequence[tuple[Function, float, float]], inputs: np.ndarray,
    generator: np.random.Generator,
) -> Iterator[np.ndarray]:  # fmt: skip
    """Preactivations layer by layer, (neurons, columns): one network and input in each column, all with the same draws.

    columns   activation, sigma_w and sigma_b
    inputs    (inputs, columns)
    """
    sigma_w, sigma_b = (np.array([column[i] for column in columns]) for i in (1, 2))
    signal = inputs
    for layer in range(layers):
        outputs = round(width * SHAPE[layer % len(SHAPE)])
        weights = generator.standard_normal((outputs, len(signal)))
        h = sigma_w / np.sqrt(len(signal)) * (weights @ signal) + sigma_b * generator.standard_normal((outputs, 1))
        yield h
        signal = np.stack([phi(h[:, k]) for k, (phi, *_) in enumerate(columns)], axis=1)
