"""The first update of deep linear networks: how long it is, and how much of each mode it learns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.deep_linear.training import Network
from numerics.measurement import Measurement
from numerics.streams import Stream


def first_update(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    initial: Sequence[float],
    tau: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """One update of gradient descent, in the time `step`, from decoupled starts that are equally strong in all layers.

    networks   widths of each network, first inputs, last outputs
    initial    strength of each mode in the map at the start, (K,)
    Values     (1 + K, networks): Euclidean length of the update of all weights, times tau and per unit of time; then
               the change of each mode strength per unit of time. The axis is the number of matrices.
    Given      singular_values, initial (K,); layers (layers of neurons of each network); tau.
    Raises ValueError for a step or initial strengths that are not positive.
    """
    begin, values = np.asarray(initial, dtype=float), np.asarray(singular_values, dtype=float)
    if step <= 0 or np.any(begin <= 0):
        raise ValueError(f"the step and the initial strengths must be positive, not {step} and {initial}")
    columns = []
    for number, widths in enumerate(networks):
        depth = len(widths) - 1
        start = np.tile(begin ** (1 / depth), (depth, 1))
        network = Network(widths=widths, singular_values=singular_values, strengths=start, examples=examples)
        descent = network.descent(stream=stream.child(number), device=device, on_examples=True)
        before = [weight.detach().clone() for weight in descent.weights]
        run = descent.run(step / tau)
        first, second = (descent.strengths(next(run)) for _ in range(2))
        moved = sum(float(((w.detach() - b) ** 2).sum()) for w, b in zip(descent.weights, before, strict=True))
        columns.append(np.concatenate([[np.sqrt(moved) * tau], second - first]) / step)
    given: dict[str, np.ndarray | float] = {
        "singular_values": values,
        "initial": begin,
        "layers": np.array([len(w) for w in networks]),
        "tau": tau,
    }
    axis = np.array([len(w) - 1.0 for w in networks])
    return Measurement(values=np.stack(columns, axis=1), axis=axis, given=given, resolution={"step": step})
