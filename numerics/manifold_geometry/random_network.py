"""A circle, its velocity and its acceleration pushed through explicit random networks by the chain rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
Derivatives = tuple[Function, Function, Function]  # the activation, its first and its second derivative
Jet = tuple[np.ndarray, np.ndarray, np.ndarray]  # position, velocity, acceleration
WIDTHS = (1.0, 1.25)  # relative widths of successive layers, repeated
SINGLE = np.float32  # 1e-7 of a neuron, where means over networks are known to 1e-2


def layer_geometry(
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
    circles: int,
    derivatives: Derivatives,
) -> Measurement:
    """Metric and curvature of the image of a great circle at layers 2 to `layers` of random networks.

    squared_length   squared distance from the origin per neuron of the input circle, at layer 1
    points           angles, spread over each circle, at which the geometry is measured
    circles          through each draw of the weights, each in a plane and with biases of its own
    derivatives      the activation, its first and its second derivative, on arrays of single precision
    device           unused: NumPy runs on the processor

    Values have shape (2, layers - 1): squared speed over width, and width times squared curvature, averaged over angles
    and replicas (fresh plane, weights and biases each). Successive widths stand in the ratios WIDTHS. Given: gbar and
    kappabar2, both quantities at layer 1, as measured. Raises ValueError for fewer than two layers or points, or an
    unusable size.
    """
    samples, given = [], {}
    for k in range(replicas):
        rows = []
        for _, v, a in jets(
            width=width,
            stream=stream.child(k),
            sigma_w=sigma_w,
            sigma_b=sigma_b,
            squared_length=squared_length,
            layers=layers,
            points=points,
            circles=circles,
            derivatives=derivatives,
        ):
            speed, bend = geometry(v, a)
            rows.append((np.mean(speed) / len(v), len(v) * np.mean(bend)))
        given = {"gbar": rows[0][0], "kappabar2": rows[0][1]}
        samples.append(np.array(rows[1:]).T)
    return from_replicas(
        np.array(samples), axis=np.arange(2.0, layers + 1), given=given, resolution={"width": width, "points": points}
    )


def raw_geometry(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    width: int,
    sigma_w: float,
    sigma_b: float,
    squared_length: float,
    points: int,
    circles: int,
    derivatives: Derivatives,
) -> Measurement:
    """Squared speed and squared curvature at layer 2, without any factor of the width; arguments as in layer_geometry.

    Values have shape (2,). Given: metric and curvature2, both quantities at layer 1; first and second, the widths of
    the two layers.
    """
    samples, given = [], {}
    for k in range(replicas):
        first, second = jets(
            width=width,
            stream=stream.child(k),
            sigma_w=sigma_w,
            sigma_b=sigma_b,
            squared_length=squared_length,
            layers=2,
            points=points,
            circles=circles,
            derivatives=derivatives,
        )
        before, after = ([np.mean(f) for f in geometry(v, a)] for _, v, a in (first, second))
        given = {"metric": before[0], "curvature2": before[1], "first": len(first[0]), "second": len(second[0])}
        samples.append(after)
    return from_replicas(np.array(samples), given=given, resolution={"width": width, "points": points})


def layer_to_layer_fit(
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
    circles: int,
    derivatives: Derivatives,
) -> Measurement:
    """The law from layer to layer, fitted to what the networks do; arguments as in layer_geometry.

    Values have shape (3,): the mean ratio of successive metrics; intercept and slope of the least-squares line of
    width * squared curvature of a layer over that of the layer before, with the intercept in units of the second
    derivative's mean square over the squared mean square of the first, both averaged over the neurons of the network.
    """
    samples = []
    for k in range(replicas):
        speed, bend, squares = [], [], []
        for h, v, a in jets(
            width=width,
            stream=stream.child(k),
            sigma_w=sigma_w,
            sigma_b=sigma_b,
            squared_length=squared_length,
            layers=layers,
            points=points,
            circles=circles,
            derivatives=derivatives,
        ):
            metric, curvature = geometry(v, a)
            speed.append(np.mean(metric) / len(h))
            bend.append(len(h) * np.mean(curvature))
            squares.append([np.mean(f(h) ** 2) for f in derivatives[1:]])
        first, second = sigma_w**2 * np.mean(squares[:-1], axis=0)
        slope, intercept = np.polyfit(bend[:-1], bend[1:], 1)
        samples.append([np.mean(np.divide(speed[1:], speed[:-1])), intercept * first**2 / second, slope])
    return from_replicas(np.array(samples), resolution={"width": width, "points": points})


def jets(
    *,
    width: int,
    stream: Stream,
    sigma_w: float,
    sigma_b: float,
    squared_length: float,
    layers: int,
    points: int,
    circles: int,
    derivatives: Derivatives,
) -> Iterator[Jet]:
    """Layer by layer, position, velocity and acceleration of images of great circles, each (neurons, columns).

    The columns are the points of one circle after the other, in single precision. Layer 1 is the circles; the angles
    are equally spaced from a random start; arguments as in layer_geometry. Raises ValueError for fewer than two layers
    or points, or an unusable size.
    """
    if layers < 2 or points < 2 or circles < 1 or width < 4:
        raise ValueError("needs at least two layers, two points, a circle and a width of 4")
    if not squared_length > 0 or sigma_w <= 0 or sigma_b < 0:
        raise ValueError("squared_length and sigma_w must be positive, sigma_b not negative")
    generator = stream.generator()
    angles = 2 * np.pi * (np.arange(points) + generator.random()) / points
    frames, _ = np.linalg.qr(normal(generator, circles, width, 2))
    frames = np.sqrt(width * squared_length) * np.swapaxes(frames, 0, 1)
    cosine, sine = np.cos(angles), np.sin(angles)
    h = (frames @ np.array([cosine, sine])).reshape(width, -1).astype(SINGLE)
    v = (frames @ np.array([-sine, cosine])).reshape(width, -1).astype(SINGLE)
    a = -h
    yield h, v, a
    for layer in range(1, layers):
        outputs = round(width * WIDTHS[layer % len(WIDTHS)])
        weights = normal(generator, outputs, len(h), scale=sigma_w / np.sqrt(len(h)), dtype=SINGLE)
        biases = np.repeat(normal(generator, outputs, circles, scale=sigma_b, dtype=SINGLE), points, axis=1)
        h, v, a = through_layer((h, v, a), weights, biases, derivatives)
        yield h, v, a


def through_layer(jet: Jet, weights: np.ndarray, biases: np.ndarray, derivatives: Derivatives) -> Jet:
    """Position, velocity and acceleration after one layer, by the chain rule: one matrix product for all three.

    jet      position, velocity and acceleration, each (inputs, points)
    weights  (outputs, inputs); biases (outputs, points), or (outputs, 1) where the points have the same
    """
    h, v, a = jet
    phi, slope, bend = (f(h) for f in derivatives)
    points = h.shape[1]
    images = np.empty((h.shape[0], 3 * points), dtype=h.dtype)
    images[:, :points] = phi  # in place: the product of matrices costs little more than this
    np.multiply(slope, v, out=images[:, points : 2 * points])
    acceleration = images[:, 2 * points :]
    np.multiply(slope, a, out=acceleration)
    bend = bend * v  # not in place: it may be h itself
    bend *= v
    acceleration += bend
    forward = weights @ images
    forward[:, :points] += biases
    return forward[:, :points], forward[:, points : 2 * points], forward[:, 2 * points :]


def geometry(v: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared speed and squared curvature at each point, from velocity and acceleration, each (neurons, points)."""
    vv, va, aa = (np.einsum("nk,nk->k", one, other).astype(float) for one, other in ((v, v), (v, a), (a, a)))
    return vv, (vv * aa - va**2) / vv**3
