"""Relu networks whose layers lay a line, or a space, to and fro: pieces and regions, counted.

On a line all pieces are cut at once, neuron by neuron, in float64; in more dimensions cells are cut exactly.
"""

from __future__ import annotations

import functools
import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from numerics.expressivity.regions import regions
from numerics.measurement import Measurement
from numerics.streams import Stream

Layers = list[tuple[np.ndarray, np.ndarray]]
LEAST = 1e-12  # a piece that is shorter is none


def zigzag(folds: int, inputs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Weights and biases of `folds` neurons for each input, and the sums with their biases that read the zigzags off.

    The first piece is half as long as the others, and one neuron faces left: its change of slope is minus the first
    slope.
    """
    if folds < 3:
        raise ValueError(f"a zigzag needs three neurons for each input, not {folds}")
    lengths = np.array([1.0] + [2.0] * folds) / (2 * folds + 1)
    kinks = np.cumsum(lengths)[:-1]
    changes = np.diff((-1.0) ** np.arange(folds + 1) / lengths)
    facing = np.ones(folds)
    left = folds - 1 if folds % 2 else folds - 2
    facing[left] = -1
    return (
        np.kron(np.eye(inputs), facing[:, None]),
        np.tile(-facing * kinks, inputs),
        np.kron(np.eye(inputs), changes[None]),
        np.full(inputs, -changes[left] * kinks[left]),
    )


def folded(folds: int, inputs: int, depth: int) -> Layers:
    """`depth` hidden layers of zigzags, and the layer that reads the last one off."""
    weights, biases, sums, shifts = zigzag(folds, inputs)
    behind = (weights @ sums, weights @ shifts + biases)
    return [(weights, biases), *[behind] * (depth - 1), (sums, shifts)]


def pieces(layers: Layers, low: float, high: float) -> int:
    """Affine pieces between `low` and `high` of a network with one input and one output."""
    start, end = np.array([low]), np.array([high])
    slope, height = np.ones((1, 1)), np.zeros((1, 1))  # of what comes in, piece by piece, as functions of the place
    for number, (weights, biases) in enumerate(layers):
        slope, height = slope @ weights.T, height @ weights.T + biases
        if number == len(layers) - 1:
            break
        for k in range(len(biases)):
            with np.errstate(divide="ignore", invalid="ignore"):
                root = -height[:, k] / slope[:, k]
            cut = (root > start + LEAST) & (root < end - LEAST)
            order = np.argsort(np.concatenate([start, root[cut]]), kind="stable")
            ends = np.concatenate([np.where(cut, root, end), end[cut]])
            start, end = np.concatenate([start, root[cut]])[order], ends[order]
            slope, height = (np.concatenate([a, a[cut]])[order] for a in (slope, height))
        on = (slope * ((start + end) / 2)[:, None] + height) > 0
        slope, height = slope * on, height * on
    change = np.abs(np.diff(slope[:, 0])) > 1e-6 * np.maximum(np.abs(slope[1:, 0]), np.abs(slope[:-1, 0]))
    return 1 + int(np.sum(change))


def on_a_line(
    *, shapes: tuple[tuple[int, int], ...], stream: Stream, device: str, shuffled: bool = False
) -> Measurement:
    """Pieces of zigzag networks with one input, for (neurons of a layer, layers), on the line up to 50 from 0.

    `shuffled` gives each layer's changes of slope another order. Values, shape (1, shapes). `device` is unused. Given:
    `shapes`.
    """
    counts = []
    for number, (width, depth) in enumerate(shapes):
        layers = folded(width, 1, depth)
        if shuffled:
            order = stream.child(number).generator().permutation(width)
            layers = [(w[:, order] if w.shape[1] == width else w, b) for w, b in layers]
        counts.append(pieces(layers, -50.0, 50.0))
    return Measurement(
        values=np.array([counts], dtype=float),
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


def in_the_plane(*, shapes: tuple[tuple[int, int], ...], stream: Stream, device: str) -> Measurement:
    """Regions of networks with two inputs, for (neurons of a layer, layers): zigzags, and a last layer that is drawn.

    Counted exactly in the square from -1 to 2. Values, shape (1, shapes). `device` is unused. Given: `shapes`.
    """
    counts = []
    for number, (width, depth) in enumerate(shapes):
        generator = stream.child(number).generator()
        # Normals all around: there is no direction in which all neurons are off, so that the output would show no fold.
        angles = 2 * np.pi * (np.arange(width) + generator.uniform(0.2, 0.8, width)) / width
        normals = np.rint(1000 * np.stack([np.cos(angles), np.sin(angles)], axis=1))
        offsets = 1e-2 * generator.uniform(0.2, 1, width) - normals.sum(axis=1) / 2
        layers: Layers = [(normals, offsets)]
        if depth > 1:
            *front, (sums, shifts) = folded(width // 2, 2, depth - 1)
            layers = [*front, (normals @ sums, normals @ shifts + offsets)]
        readout = [Fraction(int(v), 7) for v in generator.integers(1, 90, width) * generator.choice([-1, 1], width)]
        counts.append(len(regions([_exact(layer) for layer in layers], readout, -1, 2)))
    return Measurement(
        values=np.array([counts], dtype=float),
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


def _exact(layer: tuple[np.ndarray, np.ndarray]) -> tuple[Any, Any]:
    weights, biases = layer
    return [[_fraction(w) for w in row] for row in weights], [_fraction(b) for b in biases]


def _fraction(number: float) -> Fraction:
    return Fraction(float(number)).limit_denominator(10**7)


@functools.cache
def of_random_networks(inputs: int, width: int, depth: int, seed: int) -> int:
    """Pieces or regions of a network of one or two inputs with normal weights, up to 50 from 0."""
    generator = np.random.default_rng(seed)
    sizes = [inputs, *[width] * depth, 1]
    layers = [
        (generator.standard_normal((b, a)) / np.sqrt(a), generator.standard_normal(b))
        for a, b in itertools.pairwise(sizes)
    ]
    if inputs == 1:
        return pieces(layers, -50.0, 50.0)
    hidden = [_exact(layer) for layer in layers[:-1]]
    return len(regions(hidden, [_fraction(w) for w in layers[-1][0][0]], -50, 50))
