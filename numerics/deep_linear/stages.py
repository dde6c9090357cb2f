"""Whether a network learns in stages: training of one matrix, and where the learning curve of two matrices bends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.deep_linear.passage_times import MAX_UPDATES, NEIGHBOURS
from numerics.deep_linear.training import Descent, Network, updates_between
from numerics.measurement import Measurement
from numerics.streams import Stream


def one_matrix_curves(
    *,
    widths: tuple[int, int],
    singular_values: Sequence[float],
    initial: Sequence[float],
    spread: float,
    tau: float,
    times: Sequence[float],
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train a network of one matrix from a random start and record its mode strengths.

    initial  strength of each mode at the start, (K,); all else in the start is Gaussian with standard deviation
             `spread`, so that modes are mixed
    times    observation times, in the unit of tau, on the step grid
    Values   (K, T): u^T W v over time. Given: singular_values, initial (K,); tau.
    """
    begin = np.asarray(initial, dtype=float)
    network = Network(widths=widths, singular_values=singular_values, strengths=begin[None], examples=examples)
    task = network.task(stream)
    weight = spread * stream.child("start").generator().standard_normal((widths[1], widths[0]))
    weight += task.left * (begin - np.sum(task.left * (weight @ task.right), axis=0)) @ task.right.T
    descent = Descent(task=task, weights=[weight], device=device)
    counts = updates_between(times, step)
    maps = zip(range(counts[-1] + 1), descent.run(step / tau), strict=False)
    path = np.stack([descent.strengths(total) for _, total in maps])
    given: dict[str, np.ndarray | float] = {"singular_values": task.singular_values, "initial": begin, "tau": tau}
    return Measurement(values=path[counts].T, axis=np.asarray(times), given=given, resolution={"step": step})


def inflection_strengths(
    *,
    widths: Sequence[int],
    singular_values: Sequence[float],
    initial: Sequence[float],
    until: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train from a decoupled start, equally strong in all layers; the strengths at which learning curves bend.

    A curve bends where its second difference, over one update, changes its sign; the strength there is interpolated.
    Steps much below 0.002 gain nothing: rounding of the second difference grows like 1 / step^2.
    until   training ends when every mode has passed this fraction of its singular value
    Values  (K,) strengths. Given: singular_values, initial (K,).
    Raises ValueError for a curve without a bend, or with several.
    """
    begin, depth = np.asarray(initial, dtype=float), len(widths) - 1
    if not 0 < until < 1:
        raise ValueError(f"training ends at a fraction between 0 and 1 of the singular values, not {until}")
    if np.any(begin <= 0):
        raise ValueError(f"initial strengths must be positive, not {initial}")
    start = np.tile(begin ** (1 / depth), (depth, 1))
    network = Network(widths=widths, singular_values=singular_values, strengths=start, examples=examples)
    descent, path = network.descent(stream=stream, device=device), []
    for total in descent.run(step):
        path.append(descent.strengths(total))
        if np.all(path[-1] > until * descent.task.singular_values):
            break
        if len(path) > MAX_UPDATES:
            raise ValueError(f"not all modes reach {until} of their singular value within {MAX_UPDATES} updates")
    values = np.array([_bend(curve) for curve in np.stack(path, axis=1)])
    given = {"singular_values": descent.task.singular_values, "initial": begin}
    return Measurement(values=values, given=given, resolution={"step": step})


def _bend(curve: np.ndarray) -> float:
    """The value of a curve where its second difference vanishes, interpolated through the nearest points."""
    from scipy.interpolate import BarycentricInterpolator

    bend = np.diff(curve, 2)
    (changes,) = np.nonzero(np.diff(np.sign(bend)))
    if len(changes) != 1:
        raise ValueError(f"a learning curve bends {len(changes)} times, not once")
    first = max(int(changes[0]) + 1 - NEIGHBOURS // 2, 0)
    near = slice(first, first + NEIGHBOURS)
    return float(BarycentricInterpolator(bend[near], curve[1:-1][near])(0.0))
