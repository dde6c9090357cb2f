"""When a mode of a linear network passes given strengths, and how its rate depends on its strength."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from numerics.deep_linear.training import Descent, Network, updates_between
from numerics.measurement import Measurement
from numerics.streams import Stream

NEIGHBOURS = 8  # points of the trajectory through which a passage is interpolated; error ~ step^8
MAX_UPDATES = 200_000


def descent_times(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    strengths: Sequence[np.ndarray],
    levels: Sequence[float],
    tau: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Gradient descent from a decoupled start: the times at which each mode passes fractions of its singular value.

    networks   widths of each network, first inputs, last outputs
    strengths  for each network (depth, K): strength of every mode in every layer at the start
    levels     increasing fractions of the singular value, (L,), above every initial fraction and below 1
    Values     (networks * K, L), times in the unit of tau. Given, one entry a row of values: layers (layers of
               neurons), singular_value, initial (mode strength), imbalance (last minus first layer's squared strength);
               and tau.
    """
    times, rows = [], []
    for number, widths in enumerate(networks):
        start = np.asarray(strengths[number], dtype=float)
        network = Network(widths=widths, singular_values=singular_values, strengths=start, examples=examples)
        descent = network.descent(stream=stream.child(number), device=device)
        values, initial = np.asarray(singular_values, dtype=float), np.prod(start, axis=0)
        _check_levels(levels, initial / values)
        targets = np.outer(values, levels)
        times.append(passages(path_until(descent, descent.run(step / tau), targets[:, -1]), targets, step))
        imbalance = start[-1] ** 2 - start[0] ** 2
        rows.append(np.stack([np.full(len(values), len(widths)), values, initial, imbalance]))
    names = ("layers", "singular_value", "initial", "imbalance")
    given = dict(zip(names, np.concatenate(rows, axis=1), strict=True)) | {"tau": tau}
    axis = np.asarray(levels, dtype=float)
    return Measurement(values=np.concatenate(times), axis=axis, given=given, resolution={"step": step})


def rate_fit(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    initial: float,
    times: Sequence[Sequence[float]],
    tau: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Fit the rate of learning per unit of remaining error by prefactor * strength^exponent.

    Each network starts decoupled with mode strengths `initial`, equal in all layers; at its `times` (on the step grid)
    the strengths a and their increments over one update are recorded, and log(rate / (s - a)) is fitted by a straight
    line in log a. Values (networks, 2): exponent, prefactor. Given: layers, tau.
    """
    fits, values = [], np.asarray(singular_values, dtype=float)
    for number, widths in enumerate(networks):
        depth, counts = len(widths) - 1, updates_between(times[number], step)
        start = np.full((depth, len(values)), initial ** (1 / depth))
        network = Network(widths=widths, singular_values=singular_values, strengths=start, examples=examples)
        descent = network.descent(stream=stream.child(number), device=device)
        maps = zip(range(counts[-1] + 2), descent.run(step / tau), strict=False)
        trajectory = np.stack([descent.strengths(total) for _, total in maps])
        here, after = trajectory[counts], trajectory[np.array(counts) + 1]
        per_error = (after - here) / step / (values - here)
        slope, intercept = np.polyfit(np.log(here).ravel(), np.log(per_error).ravel(), 1)
        fits.append((slope, np.exp(intercept)))
    given: dict[str, np.ndarray | float] = {"layers": np.array([len(widths) for widths in networks]), "tau": tau}
    return Measurement(values=np.array(fits), given=given, resolution={"step": step})


def path_until(descent: Descent, run: Iterator, last: np.ndarray) -> np.ndarray:
    """Mode strengths along a run, (updates, K), until every mode has passed its last level with points to spare."""
    path: list[np.ndarray] = []
    spare = NEIGHBOURS
    for total in run:
        path.append(descent.strengths(total))
        spare -= bool(np.all(path[-1] > last))
        if not spare:
            return np.stack(path)
        if len(path) > MAX_UPDATES:
            break
    raise ValueError(f"strengths {last} are not passed within {MAX_UPDATES} updates")


def passages(path: np.ndarray, targets: np.ndarray, step: float) -> np.ndarray:
    """Times at which the columns of `path` pass `targets` (K, L): Lagrange's t(strength) through the nearest points."""
    times = np.empty(targets.shape)
    for (mode, k), level in np.ndenumerate(targets):
        above = int(np.argmax(path[:, mode] > level))
        first = max(above - NEIGHBOURS // 2, 0)
        near = path[first : first + NEIGHBOURS, mode]
        gaps = near[:, None] - near
        np.fill_diagonal(gaps, 1)
        factors = np.tile(level - near, (NEIGHBOURS, 1))
        np.fill_diagonal(factors, 1)
        times[mode, k] = np.prod(factors / gaps, axis=1) @ (first + np.arange(NEIGHBOURS)) * step
    return times


def _check_levels(levels: Sequence[float], fractions: np.ndarray) -> None:
    increasing = all(b > a for a, b in itertools.pairwise(levels))
    if not increasing or levels[0] <= np.max(fractions) or levels[-1] >= 1:
        raise ValueError("levels must increase from above every initial fraction to below 1")
