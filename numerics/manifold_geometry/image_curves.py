"""The image of a circle, layer by layer of explicit random networks: its lengths and curvature, and how it looks."""

from __future__ import annotations

import functools

import numpy as np

from numerics.manifold_geometry.random_network import Derivatives, geometry, jets
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def lengths_and_curvature(
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
    outline: int,
    derivatives: Derivatives,
) -> Measurement:
    """Lengths and curvature of the image of a great circle at layers 2 to `layers` of random networks.

    points    angles, spread over each circle, at which the geometry is measured
    circles   through each draw of the weights, each in a plane and with biases of its own
    outline   angles at which the curve of one more network is drawn
    device    unused: NumPy runs on the processor; other arguments as in random_network.layer_geometry

    Values have shape (3, layers - 1), averaged over the circles: the length over the root of the layer's width, the
    width times the squared curvature averaged over angles, and the length of the path of the unit tangent. Given:
    `plane`, (layers, 2, outline), the curve of every layer along two random directions, over the root of the width.
    """
    network = functools.partial(
        jets,
        width=width,
        sigma_w=sigma_w,
        sigma_b=sigma_b,
        squared_length=squared_length,
        layers=layers,
        derivatives=derivatives,
    )
    samples = []
    for k in range(replicas):
        rows = []
        for _, v, a in network(stream=stream.child(k), points=points, circles=circles):
            speed, bend = geometry(v, a)
            size = len(v)
            rows.append([_turn(speed / size), size * np.mean(bend), _turn(speed * bend)])
        samples.append(np.array(rows[1:]).T)
    drawn, directions = stream.child("outline"), stream.child("directions").generator()
    plane = [
        directions.standard_normal((2, len(h))) @ h / np.sqrt(len(h))
        for h, _, _ in network(stream=drawn, points=outline, circles=1)
    ]
    return from_replicas(
        np.array(samples),
        axis=np.arange(2.0, layers + 1),
        given={"plane": np.array(plane)},
        resolution={"width": width, "points": points},
    )


def tangent_path_lengths(
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
    """Length of the path of the unit tangent at layers 2 to `layers`, shape (layers - 1,); arguments as above."""
    samples = _turned(width, replicas, stream, sigma_w, sigma_b, squared_length, layers, points, circles, derivatives)
    return from_replicas(samples[:, 1:], axis=np.arange(2.0, layers + 1), resolution={"width": width, "points": points})


def tangent_path_ratio(
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
    """Ratio of the lengths of the unit tangent's path at the last two layers, shape (1,); arguments as above."""
    samples = _turned(width, replicas, stream, sigma_w, sigma_b, squared_length, layers, points, circles, derivatives)
    return from_replicas(samples[:, -1:] / samples[:, -2:-1], resolution={"width": width, "points": points})


def _turned(
    width: int,
    replicas: int,
    stream: Stream,
    sigma_w: float,
    sigma_b: float,
    squared_length: float,
    layers: int,
    points: int,
    circles: int,
    derivatives: Derivatives,
) -> np.ndarray:
    """Length of the path of the unit tangent, (replicas, layers)."""
    rows = []
    for k in range(replicas):
        found = jets(
            width=width,
            stream=stream.child(k),
            sigma_w=sigma_w,
            sigma_b=sigma_b,
            squared_length=squared_length,
            layers=layers,
            points=points,
            circles=circles,
            derivatives=derivatives,
        )
        rows.append([_turn(np.multiply(*geometry(v, a))) for _, v, a in found])
    return np.array(rows)


def _turn(squared_speed: np.ndarray) -> float:
    """Length over one turn of a curve with this squared speed at equal angles."""
    return float(2 * np.pi * np.mean(np.sqrt(np.maximum(squared_speed, 0))))
