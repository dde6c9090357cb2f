"""Decision boundaries of deep random networks in the input: where a neuron changes sign, and how that line bends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
WIDTHS = (1.0, 1.25)  # relative widths of successive layers, repeated
SINGLE = np.float32  # 1e-7 of a neuron, where means over networks are known to 1e-2
FIRST, SECOND = ((0,), (1,)), ((0, 0), (0, 1), (1, 1))  # derivatives that are carried along, by coordinate


def boundary_geometry(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    sigma_w: float,
    sigma_b: float,
    squared_length: float,
    layers: int,
    points: int,
    arc: float,
    derivatives: tuple[Function, Function, Function],
) -> Measurement:
    """Length and mean curvature of the curves on which a neuron of layer 2 to `layers` vanishes, on a sphere of inputs.

    squared_length   squared distance of the inputs from the origin, per neuron of layer 1
    points           short arcs of great circles, at random places and in random directions, for each draw of the
                     weights; every arc has a frame and biases of its own
    arc              their length in radians: a neuron whose sign differs between the ends has its boundary in between
    derivatives      the activation, its first and its second derivative, on arrays of single precision
    device           unused: NumPy runs on the processor

    The inputs are the unit sphere of three dimensions, mapped to layer 1 by an orthonormal frame. Values have shape
    (2, layers - 1). Length: pi times the crossings per full turn, by Crofton's formula, extrapolated from changes of
    sign over whole and half arcs. Curvature: mean over the crossings, hence over the boundary by length, of the
    absolute geodesic curvature, of the level line through the middle of the arc; derivatives by the chain rule. Both
    are averaged over the neurons of a layer and over replicas (fresh arcs, frames, weights and biases). The error falls
    with the square of the arc. Given: places on the sphere, shape (3, places), where one neuron of layer 2 and one of
    the last layer vanish, of one network. Raises ValueError for fewer than two layers or points, an arc that is not
    short, or an unusable size.
    """
    if layers < 2 or points < 2 or width < 4 or not 0 < arc < 0.5:
        raise ValueError("needs at least two layers, two points, a width of 4 and an arc below half a radian")
    if not squared_length > 0 or sigma_w <= 0 or sigma_b < 0:
        raise ValueError("squared_length and sigma_w must be positive, sigma_b not negative")
    samples, network = [], (sigma_w, sigma_b, derivatives[0])
    for k in range(replicas):
        generator = stream.child(k).generator()
        frames, _ = np.linalg.qr(normal(generator, points, width, 3))
        jet, ends = _arcs(np.sqrt(width * squared_length) * frames, arc)
        rows = []
        for layer in range(layers):
            if layer:
                left, middle, right = np.sign(ends[0]), np.sign(jet[0]), np.sign(ends[1])
                crossed = left != right
                count = np.count_nonzero(crossed)
                halves = np.count_nonzero(left != middle) + np.count_nonzero(middle != right)
                per_arc = (4 * halves - count) / 3 / crossed.size
                bend = np.sum(level_curvature(jet[1:, crossed])) / max(count, 1)
                rows.append((np.pi * per_arc * 2 * np.pi / arc, bend))
            if layer < layers - 1:
                weights, bias = _layer(width, layer, points, sigma_w, sigma_b, generator)
                jet, ends = _through(jet, ends, weights, bias, derivatives)
        samples.append(np.array(rows).T)
    generator = stream.child("picture").generator()
    return from_replicas(
        np.array(samples),
        axis=np.arange(2.0, layers + 1),
        given=dict(zip(("second", "last"), _traced(network, squared_length, layers, generator), strict=True)),
        resolution={"width": width, "arc": arc},
    )


def level_curvature(jet: np.ndarray) -> np.ndarray:
    """Absolute curvature of the level lines of functions of two coordinates, from (f_0, f_1, f_00, f_01, f_11)."""
    f0, f1, f00, f01, f11 = jet
    return np.abs(f00 * f1**2 - 2 * f01 * f0 * f1 + f11 * f0**2) / (f0**2 + f1**2) ** 1.5


def _arcs(frames: np.ndarray, arc: float) -> tuple[np.ndarray, np.ndarray]:
    """Value and derivatives of the embedding at the middles of arcs, (6, width, points), and its ends, (2, ...).

    frames   (points, width, 3): the middle, the direction of the arc and the one across, in layer 1

    The two coordinates are distances along great circles; their second derivatives at the middle are those along
    geodesics, so that level lines have the geodesic curvature of a plane: f_00 = f_11 = -place, f_01 = 0.
    """
    place, along, across = np.moveaxis(frames, (2, 1), (0, 1))
    jet = np.stack([place, along, across, -place, np.zeros_like(place), -place]).astype(SINGLE)
    ends = np.stack([np.cos(arc / 2) * place + side * np.sin(arc / 2) * along for side in (-1, 1)])
    return jet, ends.astype(SINGLE)


def _layer(
    width: int, layer: int, points: int, sigma_w: float, sigma_b: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Weights, (outputs, inputs), and biases for every point, (outputs, points)."""
    inputs, outputs = (round(width * WIDTHS[k % len(WIDTHS)]) for k in (layer, layer + 1))
    weights = normal(generator, outputs, inputs, scale=sigma_w / np.sqrt(inputs), dtype=SINGLE)
    return weights, normal(generator, outputs, points, scale=sigma_b, dtype=SINGLE)


def _through(
    jet: np.ndarray,
    ends: np.ndarray,
    weights: np.ndarray,
    bias: np.ndarray,
    derivatives: tuple[Function, Function, Function],
) -> tuple[np.ndarray, np.ndarray]:
    """Both a layer on."""
    value, slope, bend = (f(jet[0]) for f in derivatives)
    images, first = np.empty((8, *value.shape), dtype=SINGLE), jet[1:3]
    images[0] = value  # in place: the products of matrices cost little more than this
    np.multiply(slope, jet[1:], out=images[1:6])
    images[6:] = derivatives[0](ends)
    bent = bend * first
    for k, (i, j) in enumerate(SECOND):
        images[3 + k] += bent[i] * first[j]
    moved = weights @ images
    moved[0] += bias
    moved[6:] += bias
    return moved[:6], moved[6:]


def _traced(
    network: tuple[float, float, Function], squared_length: float, layers: int, generator: np.random.Generator
) -> list[np.ndarray]:
    """Where the first neuron of layer 2 and of the last layer vanishes, on circles of latitude and of longitude."""
    sigma_w, sigma_b, activation = network
    width, lines, steps = 100, 24, 60
    angle, height = np.linspace(0, 2 * np.pi, steps + 1), (np.arange(lines) + 0.5) / lines * np.pi
    up, round_ = np.meshgrid(height, angle, indexing="ij")
    parallels = np.stack([np.sin(up) * np.cos(round_), np.sin(up) * np.sin(round_), np.cos(up)])
    up, round_ = np.meshgrid(height, angle / 2, indexing="ij")
    meridians = np.stack(
        [np.sin(round_) * np.cos(2 * up), np.sin(round_) * np.sin(2 * up), np.cos(round_)]
    )  # from pole to pole
    places = np.stack([parallels, meridians])  # (2, 3, lines, steps + 1)
    frame, _ = np.linalg.qr(generator.standard_normal((width, 3)))
    h = np.sqrt(width * squared_length) * np.einsum("wc,kcls->wkls", frame, places).reshape(width, -1)
    found = []
    for layer in range(layers - 1):
        weights, bias = _layer(width, layer, 1, sigma_w, sigma_b, generator)
        h = weights @ activation(h) + bias
        if layer in (0, layers - 2):
            f = h[0].reshape(2, lines, steps + 1)
            share = f[..., :-1] / (f[..., :-1] - f[..., 1:])
            crossed = (share >= 0) & (share < 1)
            places_ = np.moveaxis(places, 1, 0)
            between = places_[..., :-1] * (1 - share) + places_[..., 1:] * share
            found.append(between[:, crossed])
    return found if len(found) == 2 else [found[0], found[0]]
