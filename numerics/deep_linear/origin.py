"""Loss of linear networks near the origin of their weights, and what their maps can be at all."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from numerics.deep_linear.training import orthonormal
from numerics.deep_linear.weight_space import product, slopes
from numerics.measurement import Measurement
from numerics.streams import Stream

SEARCH = 60  # rounds in which a direction of descent is improved
STARTS = 12  # directions from which that is tried
TINY = 1e-8  # singular values below that, relative to the largest one, count as zero


def steepest(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    distance: float,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """The lowest loss at a distance from the origin, less the loss there, over distance^d / d! for d matrices.

    The loss is half the squared error of white inputs, whose correlation with the outputs has the singular values.
    networks  widths of each, first inputs, last outputs
    The distance is `distance` times step^(1/d), over all weights together; directions start at random and descend on
    the sphere. Values (networks,). Given: matrices (networks,), singular_value, the largest one. `device` is unused.
    """
    values = np.asarray(singular_values, dtype=float)
    found = []
    for number, widths in enumerate(networks):
        generator = stream.child(number).generator()
        left, right = orthonormal(widths[-1], len(values), generator), orthonormal(widths[0], len(values), generator)
        asked = left * values @ right.T
        depth = len(widths) - 1
        length = distance * step ** (1 / depth)
        lowest = min(_lowest(widths, asked, length, generator) for _ in range(STARTS))
        found.append(lowest * math.factorial(depth) / length**depth)
    given: dict[str, np.ndarray | float] = {
        "matrices": np.array([len(widths) - 1 for widths in networks], dtype=float),
        "singular_value": float(values.max()),
    }
    return Measurement(values=np.array(found), given=given, resolution={"step": step})


def _lowest(widths: Sequence[int], asked: np.ndarray, length: float, generator: np.random.Generator) -> float:
    """Loss on a sphere of weights less that at the origin, descended from a random place."""
    weights = [generator.standard_normal((b, a)) for a, b in itertools.pairwise(widths)]
    weights = _scaled(weights, length)
    for _ in range(SEARCH):
        gradients = slopes(weights, asked)[1]
        pull = length / _size(gradients)
        weights = _scaled([w - pull * g for w, g in zip(weights, gradients, strict=True)], length)
    total = product(weights)
    return float(np.sum(total**2) / 2 - np.sum(asked * total))


def _size(matrices: Sequence[np.ndarray]) -> float:
    return math.sqrt(sum(float(np.vdot(m, m)) for m in matrices))


def _scaled(weights: Sequence[np.ndarray], length: float) -> list[np.ndarray]:
    share = length / _size(weights)
    return [w * share for w in weights]


def fitted_ranks(
    *, networks: Sequence[Sequence[int]], sweeps: int, stream: Stream, device: str, bypass: bool = False
) -> Measurement:
    """The largest rank of a map that each network fits without error, of maps of all ranks: values (networks,).

    Maps have singular values 1, as many as their rank. From a random start each matrix in turn, in `sweeps` rounds, is
    what fits the map best with the others kept; a map is fitted where the squared error ends below 1e-6. With `bypass`
    a matrix from inputs to outputs is fitted beside the network. Given: inputs, outputs and
    the smallest of the widths in between, hidden (networks,). `device` is unused.
    """
    ranks = []
    for number, widths in enumerate(networks):
        generator = stream.child(number).generator()
        most = min(widths[0], widths[-1])
        left, right = orthonormal(widths[-1], most, generator), orthonormal(widths[0], most, generator)
        errors = [
            _fitted(widths, left[:, :rank] @ right[:, :rank].T, sweeps, bypass, generator)
            for rank in range(1, most + 1)
        ]
        ranks.append(float(np.sum(np.cumprod(np.array(errors) < 1e-6))))
    return Measurement(
        values=np.array(ranks),
        axis=np.arange(1.0, len(networks) + 1),
        given={
            "inputs": np.array([widths[0] for widths in networks]),
            "hidden": np.array([min(widths[1:-1]) for widths in networks]),
            "outputs": np.array([widths[-1] for widths in networks]),
        },
    )


def _fitted(
    widths: Sequence[int], asked: np.ndarray, sweeps: int, bypass: bool, generator: np.random.Generator
) -> float:
    """Squared error of a map (outputs, inputs) at the end."""
    weights = [generator.standard_normal((b, a)) for a, b in itertools.pairwise(widths)]
    total, beside = np.zeros_like(asked), np.zeros_like(asked)
    for _ in range(sweeps):
        for k in range(len(weights)):
            below, above = np.eye(widths[0]), np.eye(widths[-1])
            for weight in weights[:k]:
                below = weight @ below
            for weight in reversed(weights[k + 1 :]):
                above = above @ weight
            weights[k] = np.linalg.pinv(above, rcond=TINY) @ (asked - beside) @ np.linalg.pinv(below, rcond=TINY)
            total = above @ weights[k] @ below
        if bypass:
            beside = asked - total
    return float(np.sum((asked - beside - total) ** 2))
