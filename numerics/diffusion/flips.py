"""Diffusion of bits by random flips, enumerated."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream


def gap_of_independent_bits(*, bits: tuple[int, ...], step: float, stream: Stream, device: str = "cpu") -> Measurement:
    """What kernels of independent bits miss of the reverse of one step, over the square of the step.

    bits  numbers of bits of the sets of data; each set has random probabilities of all states
    step  twice the probability with which a step flips a bit

    Values (sets,). All states are enumerated. Given: beta, the step; tables 0, tables 1, ..., the probabilities of the
    sets, of shape (2, 2, ...).
    """
    gaps: list[float] = []
    given: dict[str, np.ndarray | float] = {"beta": step}
    for number, count in enumerate(bits):
        generator = stream.child(number).generator()
        table = generator.gamma(2.0, size=(2,) * count)
        table /= table.sum()
        gaps.append(_missed(table, step / 2))
        given[f"tables {number}"] = table
    return Measurement(values=np.array(gaps) / step**2, given=given, resolution={"beta": step})


def _missed(table: np.ndarray, flip: float) -> float:
    """Mean divergence of the reverse kernel from the product of its marginals."""
    count = table.ndim
    states = np.stack(np.unravel_index(np.arange(table.size), table.shape), axis=1)
    flips = (states[:, None] != states).sum(axis=2)
    joint = flip**flips * (1 - flip) ** (count - flips) * table.reshape(-1)  # (after, before)
    after = joint.sum(axis=1)
    reverse = joint / after[:, None]
    up = reverse @ states  # chance that each bit was 1, (after, bits)
    chosen = np.where(states[None] == 1, up[:, None], 1 - up[:, None])
    return float(np.sum(joint * (np.log(reverse) - np.log(chosen).sum(axis=2))))
