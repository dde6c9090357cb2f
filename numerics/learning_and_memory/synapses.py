"""Synapses with several states that forget one event of plasticity among the many that follow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def moved(states: np.ndarray, up: np.ndarray, chance: np.ndarray, count: int, leave: float) -> np.ndarray:
    """States 0 to count - 1 after an event each: one up or down, if there is a next one.

    An end state is left with probability `leave`, decided by `chance` in [0, 1). States are whole numbers of 8 bits.
    """
    move = 2 * up.view(np.int8) - 1
    towards = states + move
    at_end = (states == 0) | (states == count - 1)
    goes = (towards >= 0) & (towards < count) & (~at_end | (chance < leave))
    return states + move * goes


def remembered(
    *,
    chains: Sequence[tuple[int, float]],
    synapses: int,
    settling: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """What is left of one event in the mean weight of synapses of states in a row, weak in the lower half, else strong.

    chains    states in a row, even, and the probability with which an end state is left
    settling  events before, half of which potentiate
    Values (2, chains): signal at once, and summed over all later events until nothing is left. The signal is half the
    difference between the weight, -1 or 1, after potentiation and after depression, with the same events afterwards.
    Given: states, leave (chains,). `device` is unused.
    """
    samples = np.empty((replicas, 2, len(chains)))
    for column, (count, leave) in enumerate(chains):
        generator = stream.child(column).generator()
        shape = (replicas, synapses)
        states = _settled(count, leave, settling, shape, generator)
        chance = generator.random(shape, dtype=np.float32)
        strong = moved(states, np.ones(shape, bool), chance, count, leave)
        weak = moved(states, np.zeros(shape, bool), chance, count, leave)
        signal = _signal(strong, weak, count)
        samples[:, 0, column] = signal.mean(axis=1)
        total, left = np.zeros(replicas), strong != weak
        rows = np.nonzero(left)[0]
        strong, weak = strong[left], weak[left]
        while len(rows):
            total += np.bincount(rows, _signal(strong, weak, count), replicas)
            up, chance = _events(generator, (len(rows),))
            strong, weak = (moved(s, up, chance, count, leave) for s in (strong, weak))
            apart = strong != weak
            rows, strong, weak = rows[apart], strong[apart], weak[apart]
        samples[:, 1, column] = total / synapses
    given = {
        "states": np.array([count for count, _ in chains], dtype=float),
        "leave": np.array([leave for _, leave in chains]),
    }
    return from_replicas(samples, axis=np.arange(1.0, len(chains) + 1), given=given, resolution={"synapses": synapses})


def _settled(
    count: int, leave: float, settling: int, shape: tuple[int, int], generator: np.random.Generator
) -> np.ndarray:
    states = (count - 1) * generator.integers(0, 2, shape, dtype=np.int8)
    for _ in range(settling):
        states = moved(states, *_events(generator, shape), count, leave)
    return states


def _events(generator: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Whether an event potentiates, and a chance in [0, 1), for each synapse."""
    up, chance = generator.random((2, *shape), dtype=np.float32)
    return up < 0.5, chance


def _signal(strong: np.ndarray, weak: np.ndarray, count: int) -> np.ndarray:
    """Half the difference of the weights."""
    return np.asarray((strong >= count // 2).astype(float) - (weak >= count // 2))


def random_chain(generator: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Transitions for potentiation and depression, (states, states), drawn, some of them nearly in a row; and weights.

    Rows are probabilities; half of the states are strong. Any state leads to any other in some events.
    """
    found = []
    sharp = 10 ** generator.uniform(-2, 0.5)
    for way in (1, -1):
        far = generator.gamma(sharp, size=(count, count)) + 1e-9
        row = np.eye(count)[np.clip(np.arange(count) + way, 0, count - 1)]
        share = generator.beta(0.5, 0.5)
        stays = generator.beta(0.5, 1.0, (count, 1))
        drawn = share * far / far.sum(axis=1, keepdims=True) + (1 - share) * row
        found.append((1 - stays) * drawn + stays * np.eye(count))
    weights = np.where(np.arange(count) < count // 2, -1.0, 1.0)
    return found[0], found[1], weights


def memory_curve(
    up: np.ndarray, down: np.ndarray, weights: np.ndarray, times: np.ndarray
) -> tuple[np.ndarray, float, float]:
    """Signal of an event in the mean weight by time, at once, and its area; events at unit rate, half potentiate.

    The signal is half the difference between the mean weights after potentiation and after depression.
    """
    count = len(weights)
    mixed = (up + down) / 2 - np.eye(count)
    ones = np.ones((count, 1))
    rest = np.linalg.lstsq(np.hstack([mixed, ones]).T, np.append(np.zeros(count), 1.0), rcond=None)[0]
    start = rest @ (up - down) / 2
    values, vectors = np.linalg.eig(mixed)
    parts = (start @ vectors) * np.linalg.solve(vectors, weights.astype(complex))
    curve = np.real(np.exp(np.outer(times, values)) @ parts)
    area = float(start @ np.linalg.lstsq(-mixed, weights - rest @ weights, rcond=None)[0])
    return curve, float(start @ weights), area
