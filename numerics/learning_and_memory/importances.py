"""Importances that weights gather along their path: gradient times change, summed over training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.deep_linear.training import orthonormal
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

LEFT = 1e-14  # part of a weight's distance from its end that training leaves


def gathered(inputs: np.ndarray, starts: np.ndarray, learning_rate: float) -> np.ndarray:
    """Minus gradient times change of each weight, summed over full-batch descent of a linear regression.

    inputs  (N, P) of P examples; starts (N, S), each column a start, as distances from the weights of the labels
    The loss is half the mean squared error; training ends where no distance can exceed LEFT of the largest start.
    Returns (N, S). Raises ValueError where the descent does not converge.
    """
    curvature = inputs @ inputs.T / inputs.shape[1]
    values = np.linalg.eigvalsh(curvature)
    slowest = max(abs(1 - learning_rate * values[0]), abs(1 - learning_rate * values[-1]))
    if not slowest < 1:
        raise ValueError(f"a learning rate of {learning_rate} does not converge")
    weights, total = starts.copy(), np.zeros_like(starts)
    for _ in range(int(np.ceil(np.log(LEFT) / np.log(slowest)))):
        gradient = curvature @ weights
        total += learning_rate * gradient**2
        weights -= learning_rate * gradient
    return total


def drawn_inputs(scales: Sequence[float], examples: int, generator: np.random.Generator) -> np.ndarray:
    """Correlated inputs, (N, P): independent ones of these standard deviations, mixed by a rotation."""
    rotation = orthonormal(len(scales), len(scales), generator)
    return rotation @ (np.asarray(scales)[:, None] * generator.standard_normal((len(scales), examples)))


def by_curvature(
    *, scales: Sequence[float], examples: int, spread: float, step: float, stream: Stream, device: str
) -> Measurement:
    """Mean importances of the weights of a regression at a learning rate `step`, (weights,).

    The starts are the columns of a rotation, of length spread sqrt(N), so that they are spread alike in all directions.
    Given: squares, (weights,), mean squared inputs; spread. `device` is unused.
    """
    generator = stream.generator()
    inputs = drawn_inputs(scales, examples, generator)
    count = len(scales)
    starts = spread * np.sqrt(count) * orthonormal(count, count, generator)
    return Measurement(
        values=np.mean(gathered(inputs, starts, step), axis=1),
        axis=np.arange(1.0, count + 1),
        given={"squares": np.mean(inputs**2, axis=1), "spread": spread},
        resolution={"step": step},
    )


def of_two_weights(
    *,
    parts: Sequence[float],
    examples: int,
    spread: float,
    samples: int,
    replicas: int,
    stream: Stream,
    device: str,
    unequal: float = 1.0,
) -> Measurement:
    """Mean importance of the first of two weights from Gaussian starts, by learning rate, (1, rates).

    The learning rates are `parts` of 2 over the largest curvature, from which on descent diverges. Given: curvatures
    (2,) of the loss along its two principal directions, share of the first weight in the first one; spread. With
    `unequal` the second weight starts that many times as far away. `device` is unused.
    """
    inputs = drawn_inputs((1.4, 0.8), examples, stream.child("inputs").generator())
    values, vectors = np.linalg.eigh(inputs @ inputs.T / examples)
    rates = 2 / values[-1] * np.asarray(parts)
    found = np.empty((replicas, 1, len(rates)))
    for row in range(replicas):
        starts = spread * stream.child(row).generator().standard_normal((2, samples))
        starts[1] *= unequal
        for column, rate in enumerate(rates):
            found[row, 0, column] = np.mean(gathered(inputs, starts, rate)[0])
    given = {"curvatures": values, "share": float(vectors[0, 0] ** 2), "spread": spread}
    return from_replicas(found, axis=rates, given=given)
