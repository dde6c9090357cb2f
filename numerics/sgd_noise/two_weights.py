"""Stochastic gradient descent on two weights whose noise turns with the radius: where it settles, and its current."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


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
    visits, sweeps = np.zeros((replicas, bins)), np.zeros((replicas, bins))
    first = bins * np.repeat(np.arange(replicas), chains)
    settled, steps = round(settle / rate), round((settle + duration) / rate)
    for step in range(steps):
        drawn = generator.integers(0, examples, size=(batch, count), dtype=np.uint16)
        mean = corners.take(drawn).mean(axis=0)
        square = z.real**2 + z.imag**2
        slope = np.zeros_like(square)
        for coefficient in pull[::-1]:
            slope = slope * square + coefficient
        turn, turning = np.exp(1j * twist * np.log1p(square)), 1j * twist / (1 + square)
        noise = turning * mean.conj() * turn * z * z + mean * turn.conj() * (1 - turning * square)
        after = z - rate * (slope * z + noise)
        if step >= settled:
            middle = (z + after) / 2
            radius = np.abs(middle)
            across = ((after - z) * middle.conj()).imag / (radius * rate)
            place = np.searchsorted(borders, radius, side="right") - 1
            inside = (place >= 0) & (place < bins)
            where = (first + place)[inside]
            visits += np.bincount(where, minlength=visits.size).reshape(visits.shape)
            sweeps += np.bincount(where, weights=across[inside], minlength=visits.size).reshape(visits.shape)
        z = after
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
