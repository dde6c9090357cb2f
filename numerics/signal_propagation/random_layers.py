"""Signals passed through explicit random networks with biases and layers of unequal widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
INPUTS = 7
SHAPE = (1.0, 1.5, 0.75)  # relative widths of successive layers, repeated
SINGLE = np.float32  # 1e-7 of a neuron, where means over networks are known to 1e-2


def mean_squares(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[tuple[Function, float, float, float]],
    layers: int,
    first: int = 1,
    siblings: int = 1,
) -> Measurement:
    """Mean square of the preactivations of every layer of random networks.

    networks   activation, sigma_w, sigma_b and mean square of the input's entries; weights of a neuron with n inputs
               have the standard deviation sigma_w / sqrt(n), biases sigma_b
    width      sets the widths of the layers, in the ratios SHAPE
    first      the first layer that is recorded
    siblings   networks of each kind in a replica, with inputs, biases and signs of the weights of their own
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
        direction = generator.standard_normal((INPUTS, siblings))
        direction *= np.sqrt(INPUTS) / np.linalg.norm(direction, axis=0)
        fields = passed(width, layers, columns, np.sqrt(squares)[:, None] * direction[:, None], generator)
        samples.append(np.array([_mean_product(h, h) for h in fields])[first - 1 :].T)
    return from_replicas(
        np.array(samples),
        axis=np.arange(float(first), layers + 1),
        resolution={"width": width},
        given={"squares": squares},
    )


def mean_products(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[tuple[Function, float, float, tuple[float, float, float]]],
    layers: int,
    siblings: int = 1,
) -> Measurement:
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
        frame, _ = np.linalg.qr(generator.standard_normal((siblings, INPUTS, 2)))
        inputs = np.sqrt(INPUTS) * np.concatenate([frame @ _factor(*wanted) for *_, wanted in networks], axis=2)
        rows = []
        for h in passed(width, layers, columns, np.moveaxis(inputs, 0, 2), generator):
            first, second = h[:, ::2], h[:, 1::2]
            rows.append([_mean_product(a, b) for a, b in ((first, second), (first, first), (second, second))])
        samples.append(np.moveaxis(np.array(rows), 0, -1))
    return from_replicas(
        np.array(samples),
        axis=np.arange(1.0, layers + 1),
        resolution={"width": width},
        given={"inputs": np.array([wanted for *_, wanted in networks])},
    )


def bump_averages(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    network: tuple[Function, float, float, float, float],
    counts: Sequence[int],
    scale: float,
    siblings: int = 1,
) -> Measurement:
    """How often a neuron of layer 2 is near zero for all inputs at once, in random networks.

    network   activation, sigma_w, sigma_b, mean square of every input's entries, mean product of every two inputs'
    counts    numbers of inputs, up to INPUTS
    scale     how near: the average is of exp(-z^2 / (2 scale^2)), multiplied over the inputs
    siblings  as in `mean_squares`

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
        frame, _ = np.linalg.qr(generator.standard_normal((siblings, INPUTS, most)))
        inputs = np.moveaxis(np.sqrt(INPUTS) * frame @ factor.T, 0, 2)
        *_, h = passed(width, 2, [(phi, weight, bias)] * most, inputs, generator)
        near = np.cumsum(-(h**2) / (2 * scale**2), axis=1)
        samples.append(np.exp(near[:, np.asarray(counts) - 1]).mean(axis=(0, 2)))
    return from_replicas(np.array(samples), axis=np.asarray(counts, dtype=float), resolution={"width": width})


def _factor(first: float, second: float, product: float) -> np.ndarray:
    """Coordinates in a plane of two vectors with these squared lengths and this inner product, as columns."""
    root = np.sqrt(first)
    return np.array([[root, product / root], [0.0, np.sqrt(second - product**2 / first)]])


def _mean_product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mean over neurons and siblings of a product, (columns,)."""
    return np.einsum("nks,nks->k", first, second) / (first.shape[0] * first.shape[2])


def passed(
    width: int,
    layers: int,
    columns: Sequence[tuple[Function, float, float]],
    inputs: np.ndarray,
    generator: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Preactivations layer by layer, (neurons, columns, siblings): one kind of network and input in each column.

    columns   activation, sigma_w and sigma_b
    inputs    (inputs, columns, siblings)

    All columns have the same draws. Siblings share the sizes of their weights only: the weights of each input of a
    layer have a sign, and those of each neuron a bias, of their own in every sibling.
    """
    sigma_w, sigma_b = (np.array([column[i] for column in columns], dtype=SINGLE)[:, None] for i in (1, 2))
    signal, siblings = inputs.astype(SINGLE), inputs.shape[2]
    for layer in range(layers):
        count, outputs = len(signal), round(width * SHAPE[layer % len(SHAPE)])
        weights = normal(generator, outputs, count, scale=count**-0.5, dtype=SINGLE)
        signed = signal * (2 * generator.integers(2, size=(count, 1, siblings)) - 1).astype(SINGLE)
        h = (weights @ signed.reshape(count, -1)).reshape(outputs, -1, siblings)
        h *= sigma_w
        h += sigma_b * normal(generator, outputs, 1, siblings, dtype=SINGLE)
        yield h
        signal = np.empty_like(h)
        for k, (phi, *_) in enumerate(columns):
            signal[:, k] = phi(h[:, k])
