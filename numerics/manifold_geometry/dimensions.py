"""Dimensions that the image of a circle fills in random networks, and layers until nearby points are far apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from numerics.manifold_geometry.random_network import SINGLE, WIDTHS
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Network = tuple[Callable[[np.ndarray], np.ndarray], float, float, float]  # activation, sigma_w, sigma_b, length


def participation(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    points: int,
    circles: int,
    layer: int = 2,
) -> Measurement:
    """Participation ratio of a circle's image at a layer, (networks,).

    networks  activation, sigma_w, sigma_b and the squared length per neuron of the circle at layer 1
    points    equally spaced angles on each circle;  circles  through each draw of the weights, each with own biases
    It is the squared trace of the matrix of products of the points over its squared norm. `device` is unused.
    """
    return from_replicas(
        _of_products(width, replicas, stream, networks, points, circles, layer, _ratio),
        resolution={"width": width, "points": points},
    )


def shared_by_far_points(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    points: int,
    circles: int,
    layer: int,
) -> Measurement:
    """Mean square of the correlations of different points of a circle at a deep layer, (networks,).

    Arguments as in `participation`, and the number of the `layer`.
    """
    return from_replicas(
        _of_products(width, replicas, stream, networks, points, circles, layer, _far),
        resolution={"width": width, "points": points},
    )


def _of_products(
    width: int,
    replicas: int,
    stream: Stream,
    networks: Sequence[Network],
    points: int,
    circles: int,
    layer: int,
    measure: Callable[[np.ndarray], float],
) -> np.ndarray:
    """A number from the matrices of products of the points, (circles, points, points), (replicas, networks)."""
    angles = 2 * np.pi * np.arange(points) / points
    start = np.array([np.cos(angles), np.sin(angles)])
    samples = np.empty((replicas, len(networks)))
    for k in range(replicas):
        *_, h = _layers(networks, width, start, circles, layer, stream.child(k).generator())
        samples[k] = [measure(np.einsum("ncp,ncq->cpq", own, own, optimize=True)) for own in np.swapaxes(h, 0, 1)]
    return samples


def _ratio(products: np.ndarray) -> float:
    traces = np.trace(products, axis1=1, axis2=2)
    return float(np.mean(traces) ** 2 / np.mean(np.sum(products**2, axis=(1, 2))))


def _far(products: np.ndarray) -> float:
    points = products.shape[1]
    lengths = np.sqrt(np.diagonal(products, axis1=1, axis2=2))
    shared = products / lengths[:, :, None] / lengths[:, None, :]
    return float(np.mean(np.sum(shared**2, axis=(1, 2)) - points) / (points * (points - 1)))


def layers_between(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    apart: tuple[float, float],
    until: float,
    circles: int,
) -> Measurement:
    """How many layers more the nearer of two pairs of points takes until they are `until` apart, (networks,).

    apart   angles between the points of both pairs, the wider one first
    until   distance over the root of twice the squared length
    Between layers the logarithm of the distance, averaged over circles, is taken as linear. Given: apart. `device` is
    unused. Raises ArithmeticError if a pair is still nearer after a hundred layers.
    """
    angles = np.array([0.0, *apart])
    start = np.array([np.cos(angles), np.sin(angles)])
    samples = np.empty((replicas, len(networks)))
    lengths = np.array([squared_length for *_, squared_length in networks])
    for k in range(replicas):
        before, passed = None, np.full((len(networks), 2), np.nan)
        for layer, h in enumerate(_layers(networks, width, start, circles, 100, stream.child(k).generator(), float)):
            gaps = np.sum((h[..., 1:] - h[..., :1]) ** 2, axis=0) / (2 * len(h) * lengths[:, None, None])
            place = np.mean(np.log(gaps), axis=1) / 2 - np.log(until)
            if before is not None:
                crossed = (place > 0) & np.isnan(passed)
                passed[crossed] = (layer - place / (place - before))[crossed]
            if not np.isnan(passed).any():
                break
            before = place
        else:
            raise ArithmeticError("a pair of points stays near for a hundred layers")
        samples[k] = passed[:, 1] - passed[:, 0]
    return from_replicas(samples, given={"apart": np.array(apart)}, resolution={"width": width})


def _layers(
    networks: Sequence[Network],
    width: int,
    start: np.ndarray,
    circles: int,
    layers: int,
    generator: np.random.Generator,
    dtype: type = SINGLE,
) -> Iterator[np.ndarray]:
    """Preactivations of points in the plane, `start` (2, points), at layers 1 to `layers`.

    They have shape (neurons, networks, circles, points). Every circle lies in a plane of its own, and every layer has
    fresh weights, shared by the circles, and fresh biases. Networks share what is drawn, each with its own scales.
    """
    sigma_w, sigma_b, lengths = np.array([scales for _, *scales in networks], dtype=dtype).T[..., None, None]
    frames, _ = np.linalg.qr(normal(generator, circles, width, 2))
    plane = np.sqrt(width) * np.swapaxes(frames, 0, 1) @ start
    h = (np.sqrt(lengths) * plane[:, None]).astype(dtype)
    yield h
    for layer in range(1, layers):
        outputs = round(width * WIDTHS[layer % len(WIDTHS)])
        weights = normal(generator, outputs, len(h), scale=1 / np.sqrt(len(h)), dtype=dtype)
        signal = np.stack([network[0](h[:, column]) for column, network in enumerate(networks)], axis=1)
        h = sigma_w * (weights @ signal.reshape(len(h), -1)).reshape(outputs, *h.shape[1:])
        h += sigma_b * normal(generator, outputs, 1, circles, 1, dtype=dtype)
        yield h
