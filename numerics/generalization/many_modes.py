"""Where in the spectrum of the training data a linear network in training has learned half of a mode."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.deep_linear.training import Network, updates_between
from numerics.measurement import Measurement
from numerics.streams import Stream

NEIGHBOURS = 14  # modes through which the crossing is interpolated; error ~ spacing^14


def half_learned_singular_value(
    *,
    widths: tuple[int, int, int],
    singular_values: Sequence[float],
    initial: float,
    times: Sequence[float],
    tau: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train a network on data with many modes and locate, over time, the singular value that is half learned.

    singular_values  increasing, (K,), K at least NEIGHBOURS
    initial          strength of every mode in the map at the start, equal in both layers
    times            in the unit of tau, on the step grid
    Values (T,): the singular value at which the mode strength u^T W v is half of it, interpolated between the modes.
    Given: initial, tau. Raises ValueError if no mode, or every mode, is half learned at one of the times.
    """
    values = np.asarray(singular_values, dtype=float)
    if len(values) < NEIGHBOURS or np.any(np.diff(values) <= 0):
        raise ValueError(f"need at least {NEIGHBOURS} singular values, increasing")
    if not 0 < initial < values[0] / 2:
        raise ValueError(f"the initial strength must lie between 0 and half the singular values, not at {initial}")
    strengths = np.full((2, len(values)), np.sqrt(initial))
    network = Network(widths=widths, singular_values=singular_values, strengths=strengths, examples=examples)
    descent = network.descent(stream=stream, device=device)
    counts = updates_between(times, step)
    maps = zip(range(counts[-1] + 1), descent.run(step / tau), strict=False)
    fronts = [_crossing(values, descent.strengths(total)) for count, total in maps if count in set(counts)]
    given = {"initial": initial, "tau": tau}
    return Measurement(
        values=np.array(fronts), axis=np.asarray(times, dtype=float), given=given, resolution={"step": step}
    )


def _crossing(values: np.ndarray, strengths: np.ndarray) -> float:
    """The singular value where strength over singular value is 1/2: Lagrange's value(logit) through nearby modes."""
    learned = strengths > values / 2
    if learned.all() or not learned.any():
        raise ValueError("the front has left the spectrum of the data")
    first = int(np.clip(np.argmax(learned) - NEIGHBOURS // 2, 0, len(values) - NEIGHBOURS))
    near = slice(first, first + NEIGHBOURS)
    logits = np.log(strengths[near] / (values[near] - strengths[near]))
    gaps = logits[:, None] - logits
    np.fill_diagonal(gaps, 1)
    factors = np.tile(-logits, (NEIGHBOURS, 1))
    np.fill_diagonal(factors, 1)
    return float(np.prod(factors / gaps, axis=1) @ values[near])
