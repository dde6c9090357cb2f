"""Learning curves of a three-layer linear network: the whole input-output map, and the imbalance of its layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from numerics.deep_linear.training import Descent, Network, updates_between
from numerics.measurement import Measurement
from numerics.streams import Stream


def input_output_map(
    *,
    widths: tuple[int, int, int],
    singular_values: Sequence[float],
    initial: Sequence[float],
    tau: float,
    times: Sequence[float],
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train from a decoupled start, equally strong in both layers, and record the map W32 W21 over time.

    Every update differentiates the error on the examples automatically.
    initial  strength of each mode in the map at the start, (K,)
    times    observation times, in the unit of tau, on the step grid
    Values   (K + N_3 N_1, T): mode strengths u^T W v, then all entries of the map, row by row.
    Given    singular_values, initial (K,); left (N_3, K); right (N_1, K); tau.
    """
    begin = np.asarray(initial, dtype=float)
    if np.any(begin <= 0):
        raise ValueError(f"initial strengths must be positive, not {initial}")
    strengths = np.tile(np.sqrt(begin), (2, 1))
    network = Network(widths=widths, singular_values=singular_values, strengths=strengths, examples=examples)
    descent = network.descent(stream=stream, device=device, on_examples=True)
    rows = [
        np.concatenate([descent.strengths(total), total.cpu().numpy().ravel()])
        for total in _observed(descent, times, step, tau)
    ]
    given: dict[str, np.ndarray | float] = {
        "singular_values": descent.task.singular_values,
        "initial": begin,
        "left": descent.task.left,
        "right": descent.task.right,
        "tau": tau,
    }
    return Measurement(values=np.stack(rows, axis=-1), axis=np.asarray(times), given=given, resolution={"step": step})


def imbalance(
    *,
    widths: tuple[int, int, int],
    singular_values: Sequence[float],
    strengths: np.ndarray,
    tau: float,
    times: Sequence[float],
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train from a decoupled start with unequal layers and record |row of W32|^2 - |column of W21|^2 of each mode.

    strengths  of the modes in the two layers, (2, K)
    Values     (K, T), rows and columns in singular coordinates.
    Given      singular_values, initial imbalance and initial mode strength, (K,); tau.
    """
    network = Network(widths=widths, singular_values=singular_values, strengths=strengths, examples=examples)
    descent = network.descent(stream=stream, device=device)
    rows = []
    for _ in _observed(descent, times, step, tau):
        first, last = descent.layer_norms()
        rows.append(last - first)
    given = {
        "singular_values": descent.task.singular_values,
        "imbalance": strengths[1] ** 2 - strengths[0] ** 2,
        "initial": strengths[0] * strengths[1],
        "tau": tau,
    }
    return Measurement(values=np.stack(rows, axis=-1), axis=np.asarray(times), given=given, resolution={"step": step})


def _observed(descent: Descent, times: Sequence[float], step: float, tau: float) -> Iterator[Any]:
    """Run a descent and yield its input-output map at the observation times."""
    wanted = set(updates_between(times, step))
    last = max(wanted)
    for count, total in enumerate(descent.run(step / tau)):
        if count in wanted:
            yield total
        if count == last:
            return
