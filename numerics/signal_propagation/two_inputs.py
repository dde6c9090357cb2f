"""Two or more inputs passed through the same random network: how their correlations change from layer to layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.portions import CACHED, portions
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
Network = tuple[Function, float, float, float]  # activation, sigma_w, sigma_b, squared length per neuron
INPUTS = 60
SHAPE = (1.0, 1.25)  # relative widths of successive layers, repeated
APART = 1e-10  # 1 - c of nearby inputs
SINGLE = np.float32  # 1e-7 of a neuron, where means over networks are known to 1e-2


def map_differences(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    network: Network,
    width: int,
    correlations: Sequence[float],
    siblings: int,
) -> Measurement:
    """Finite differences of the map from the correlation of two inputs to that one layer later.

    network        its squared length per neuron is that of all inputs' preactivations in the first layer
    correlations   equally spaced, ascending, at least three; the last is that of an input with itself if it is 1
    siblings       networks of a replica; they share their weights, and have inputs and biases of their own
    device         unused: NumPy runs on the processor

    The correlation of a layer is the mean product of its preactivations over the given squared length, averaged over
    neurons and replicas; all inputs pass through the same networks (common random numbers). Values have the shape
    (3, C - 2) along the inner correlations: central first difference over twice the spacing, second difference over
    the squared spacing, and the correlation after the layer. Given: correlations (C,). Raises ValueError for
    correlations that are not equally spaced or not possible with these biases.
    """
    grid = np.asarray(correlations, dtype=float)
    spacing = np.diff(grid)
    if len(grid) < 3 or not np.allclose(spacing, spacing[0]) or spacing[0] <= 0:
        raise ValueError("needs at least three equally spaced, ascending correlations")
    gap, samples = float(spacing[0]), []
    for part, count in enumerate(portions(replicas, round(max(SHAPE) * width**2), CACHED)):
        generator = stream.child(part).generator()
        _, second = fields(network, width, count, 1 - np.append(grid, 1.0), 2, siblings, generator)
        products = np.einsum("rnks,rns->rks", second[:, :, :-1], second[:, :, -1])
        after = products.mean(axis=2, dtype=float) / (second.shape[1] * network[3])
        slopes = (after[:, 2:] - after[:, :-2]) / (2 * gap)
        samples.append(np.stack([slopes, np.diff(after, 2) / gap**2, after[:, 1:-1]], axis=1))
    return from_replicas(
        np.concatenate(samples),
        axis=grid[1:-1],
        given={"correlations": grid},
        resolution={"width": width, "spacing": gap},
    )


def distance_growth(
    *, replicas: int, stream: Stream, device: str, networks: Sequence[Network], width: int, siblings: int
) -> Measurement:
    """Growth of the squared distance of two nearby inputs in one layer, per neuron; arguments as in `map_differences`.

    Values have shape (networks,): mean squared distance after the layer over that before, whose average over weights
    follows from the inputs: 2 q (1 - c) with 1 - c = APART.
    """
    samples = []
    for part, count in enumerate(portions(replicas, round(max(SHAPE) * width**2), CACHED)):
        row = []
        for j, network in enumerate(networks):
            generator = stream.child(part).child(j).generator()
            _, second = fields(network, width, count, np.array([0.0, APART]), 2, siblings, generator, dtype=np.float64)
            apart = np.mean((second[:, :, 1] - second[:, :, 0]) ** 2, axis=(1, 2))
            row.append(apart / (2 * network[3] * APART))
        samples.append(np.stack(row, axis=1))
    return from_replicas(np.concatenate(samples), resolution={"width": width, "distance": APART})


def correlations(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    network: Network,
    starts: Sequence[float],
    layers: int,
    siblings: int,
    first: int = 1,
) -> Measurement:
    """Correlation of pairs of inputs in the layers from `first` to `layers` of random networks.

    starts     correlation of the preactivations of each pair in the first layer, averaged over weights and biases
    siblings   networks of a replica; they share their weights, and have inputs and biases of their own

    The correlation of a layer is the inner product of both preactivations over the product of their norms. Values have
    shape (starts, layers recorded); the axis is the layer; one input is common to all pairs, and all pairs share the
    networks. Given: starts. Raises ValueError if no layer is recorded or a start is not possible with these biases.
    """
    if not 1 <= first <= layers:
        raise ValueError("at least one layer has to be recorded")
    apart, samples = np.append(1 - np.asarray(starts, dtype=float), 0.0), []
    for part, count in enumerate(portions(replicas, round(max(SHAPE) * width**2), CACHED)):
        generator, rows = stream.child(part).generator(), []
        for layer, field in enumerate(fields(network, width, count, apart, layers, siblings, generator), 1):
            if layer >= first:
                rows.append(_correlations(field))
        samples.append(np.stack(rows, axis=2))
    return from_replicas(
        np.concatenate(samples),
        axis=np.arange(float(first), layers + 1),
        given={"starts": np.asarray(starts)},
        resolution={"width": width},
    )


def _correlations(field: np.ndarray) -> np.ndarray:
    """Those of the inputs with the last one, averaged over the siblings, (count, inputs - 1).

    1 - c is half the squared distance on the unit sphere, which loses no digits near c = 1.
    """
    unit = field / np.sqrt(np.einsum("rnks,rnks->rks", field, field))[:, None]
    unit = unit[:, :, :-1] - unit[:, :, -1:]
    found: np.ndarray = 1 - np.einsum("rnks,rnks->rks", unit, unit).mean(axis=2, dtype=float) / 2
    return found


def last_layer_correlations(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    width: int,
    starts: Sequence[float],
    layers: int,
    siblings: int,
) -> Measurement:
    """Correlation of pairs of inputs in the last layer of several kinds of networks, (networks, starts).

    Arguments as in `correlations`; the axis is the start.
    """
    found = [
        correlations(
            width=width,
            replicas=replicas,
            stream=stream.child(k),
            device=device,
            network=network,
            starts=starts,
            layers=layers,
            siblings=siblings,
            first=layers,
        )
        for k, network in enumerate(networks)
    ]
    return Measurement(
        values=np.array([m.values[:, 0] for m in found]),
        errors=np.array([m.errors for m in found], dtype=float)[..., 0],
        replicas=replicas,
        axis=np.asarray(starts, dtype=float),
        resolution={"width": width, "layers": layers},
    )


def correlated_inputs(
    network: Network, count: int, apart: np.ndarray, siblings: int, generator: np.random.Generator
) -> np.ndarray:
    """Inputs, (count, INPUTS, len(apart), siblings), those of a sibling in one plane.

    apart  1 - c of the first layer's preactivations with those of the input at which it vanishes

    Raises ValueError where the biases alone correlate them more than that.
    """
    _, sigma_w, sigma_b, squared_length = network
    own = squared_length - sigma_b**2  # what the weights contribute
    if own <= 0 or sigma_w <= 0:
        raise ValueError("the biases alone make the preactivations longer than that")
    half = squared_length * apart / own / 2  # squared sine of half the angle between the inputs
    if np.any(half > 1) or np.any(half < 0):
        raise ValueError("with these biases no inputs are that far from each other")
    angle = 2 * np.arcsin(np.sqrt(half))
    frames, _ = np.linalg.qr(normal(generator, count, siblings, INPUTS, 2))
    inputs = np.sqrt(INPUTS * own) / sigma_w * frames @ np.array([np.cos(angle), np.sin(angle)])
    return np.moveaxis(inputs, 1, 3)


def fields(
    network: Network,
    width: int,
    count: int,
    apart: np.ndarray,
    layers: int,
    siblings: int,
    generator: np.random.Generator,
    dtype: type[np.floating] = SINGLE,
) -> Iterator[np.ndarray]:
    """Preactivations of every layer, (count, neurons, inputs, siblings), in `count` draws of random networks.

    Arguments as in correlated_inputs; siblings share the weights of a draw, and have inputs and biases of their own.
    """
    phi, sigma_w, sigma_b, _ = network
    signal = correlated_inputs(network, count, apart, siblings, generator).astype(dtype)
    for layer in range(layers):
        outputs = round(width * SHAPE[layer % len(SHAPE)])
        neurons = signal.shape[1]
        weights = normal(generator, count, outputs, neurons, scale=sigma_w / np.sqrt(neurons), dtype=dtype)
        field = (weights @ signal.reshape(count, neurons, -1)).reshape(count, outputs, -1, siblings)
        field += normal(generator, count, outputs, 1, siblings, scale=sigma_b, dtype=dtype)
        yield field
        if layer + 1 < layers:
            signal = phi(field)
