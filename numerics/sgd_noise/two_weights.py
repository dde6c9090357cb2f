"""Stochastic gradient descent on two weights whose noise turns with the radius: where it settles, and its current."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.sgd_noise.bowls import DRAWINGS, mean_gradients
from numerics.streams import Stream

SINGLE = np.float32  # 1e-7 of a weight, which moves by 1e-3 of it in a step


def settled_current(
    *,
    pull: tuple[float, ...],
    tilt: float,
    twist: float,
    examples: int,
    batch: int,
    learning_rate: float,
    settle: float,
    duration: float,
    edges: tuple[float, ...],
    chains: int,
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Density of the radius and mean tangential velocity of two weights, after they have settled.

    pull           coefficients of r, r^3, r^5, ... in the slope of the mean loss, which depends on the radius r only
    tilt, twist    with the weights as one complex number z an example adds the loss tilt Re(z exp(i turn) / a), where
                   the a are evenly spaced on the unit circle, in opposite pairs, and all are turned by the same angle
                   twist log(1 + |z|^2) (tilt at width 1)
    learning_rate  at width 1; at width n it is n times smaller and the tilt sqrt(n) times larger
    settle, duration   times (steps times learning rate) before and during which every step is counted
    edges          of the bins of the radius
    chains         independent pairs of weights in a replica, started in a disk that reaches the last edge

    A step counts where the middle of its chord lies: the density of the chords' middles, and the displacement of a step
    across the radius there over the learning rate, whose mean is the velocity of the probability current. Values have
    shape (2, bins): share of the steps within the edges that fall in a bin, over its width; mean velocity,
    anticlockwise. Given: corners (examples, 2), real and imaginary parts of tilt times a at this width; twist, pull,
    learning_rate, batch and edges. It runs on the CPU whatever the device. Raises ValueError for unusable sizes.
    """
    if width < 1 or batch < 1 or chains < 1 or learning_rate <= 0 or examples < 6 or examples % 2:
        raise ValueError("needs positive sizes and examples in opposite pairs, at least three of them")
    if len(edges) < 2 or edges[0] < 0 or np.any(np.diff(edges) <= 0):
        raise ValueError("edges must be at least two, not negative, and increase")
    rate, borders, generator = learning_rate / width, np.asarray(edges, dtype=float), stream.generator()
    corners = tilt * np.sqrt(width) * np.exp(2j * np.pi * (np.arange(examples) + 0.3) / examples)
    count, bins = replicas * chains, borders.size - 1
    z = borders[-1] * np.sqrt(generator.uniform(size=count)) * np.exp(2j * np.pi * generator.uniform(size=count))
    z = np.stack([z.real, z.imag]).astype(SINGLE)
    minibatches = mean_gradients(
        generator, np.stack([corners.real, corners.imag]).astype(SINGLE), batch, count, DRAWINGS[0]
    )
    visits, sweeps = np.zeros((2, replicas, bins + 2))  # the first and the last beyond the edges
    first = (bins + 2) * np.repeat(np.arange(replicas), chains)
    settled, steps = round(settle / rate), round((settle + duration) / rate)
    for step in range(steps):
        move = -rate * _gradient(z, next(minibatches), pull, twist)
        if step >= settled:
            middle = z + move / 2
            radius = np.hypot(*middle)
            across = (move[1] * middle[0] - move[0] * middle[1]) / (radius * rate)
            where = first + sum((radius >= border).view(np.int8) for border in borders)
            visits += np.bincount(where, minlength=visits.size).reshape(visits.shape)
            sweeps += np.bincount(where, weights=across, minlength=visits.size).reshape(visits.shape)
        z += move
    visits, sweeps = visits[:, 1:-1], sweeps[:, 1:-1]
    if not np.all(np.isfinite(z)) or visits.min() == 0:
        raise ValueError(f"descent at the learning rate {rate:g} diverges, or leaves a bin without a step")
    density = visits / visits.sum(axis=1, keepdims=True) / np.diff(borders)
    return from_replicas(
        np.stack([density, sweeps / visits], axis=1),
        axis=(borders[1:] + borders[:-1]) / 2,
        given={
            "corners": np.stack([corners.real, corners.imag], axis=1),
            "twist": twist,
            "pull": np.asarray(pull),
            "learning_rate": rate,
            "batch": batch,
            "edges": borders,
        },
        resolution={"learning_rate": rate, "chains": float(count)},
    )


def _gradient(z: np.ndarray, mean: np.ndarray, pull: tuple[float, ...], twist: float) -> np.ndarray:
    """The gradient of a minibatch's loss at the weights z, (2, count), whose mean of tilt a is `mean`, (2, count).

    That of tilt Re(z exp(i turn) / a) is p - 2 turn' z Im(p* z) with p = a exp(-i turn), turn' by the squared radius.
    """
    square = z[0] * z[0] + z[1] * z[1]
    slope = np.zeros_like(square)
    for coefficient in pull[::-1]:
        slope *= square
        slope += SINGLE(coefficient)
    turn = SINGLE(twist) * np.log1p(square)
    cosine, sine = np.cos(turn), np.sin(turn)
    pushed = np.stack([mean[0] * cosine + mean[1] * sine, mean[1] * cosine - mean[0] * sine])
    slope -= SINGLE(2 * twist) / (1 + square) * (pushed[0] * z[1] - pushed[1] * z[0])
    pushed += slope * z
    return pushed
