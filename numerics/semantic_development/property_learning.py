"""How a linear network with one hidden layer learns single properties, and how it recognises members of a category."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.deep_linear.training import Descent, Task, orthonormal, updates_between
from numerics.measurement import Measurement
from numerics.semantic_development.exceptional_item import deep_descent, item_task
from numerics.streams import Stream

NEIGHBOURS = 8  # observations from which a time of passage is interpolated


def property_errors(
    *,
    singular_values: Sequence[float],
    items: int,
    properties: int,
    hidden: int,
    probes: np.ndarray,
    initial: float,
    tau: float,
    times: Sequence[float],
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Squared error over the items of the first properties, whose components along the object analyzers are given.

    probes   (rows, K): components of the first properties along the analyzers, the rest of the task is drawn
    initial  strength of all modes at the start
    times    observation times, in the unit of tau, on the step grid
    Values   (rows, T). Given: singular_values (K,), probes (rows, K), initial, tau.
    """
    task = task_with(probes, singular_values, items, properties, stream)
    rows, counts = len(probes), updates_between(times, step)
    descent = deep_descent(task, hidden, initial, stream, device)
    maps = _path(descent, rows, counts[-1], step / tau)
    errors = np.sum((task.outputs[:rows] - maps) ** 2, axis=2)
    given: dict[str, Any] = {"singular_values": task.singular_values, "probes": probes, "initial": initial, "tau": tau}
    return Measurement(values=errors[counts].T, axis=np.asarray(times), given=given, resolution={"step": step})


def tolerance_times(
    *,
    singular_values: Sequence[float],
    items: int,
    properties: int,
    hidden: int,
    sizes: Sequence[float],
    tolerances: Sequence[float],
    initial: float,
    tau: float,
    until: float,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Times after which properties that lie along one object analyzer each are known up to tolerated errors.

    sizes    of the first K properties, each along the analyzer of its own number, (K,)
    until    training time, in the unit of tau
    Values   (K, tolerances) times. Given: singular_values, sizes (K,); initial, tau.
    Raises ValueError where a tolerance is not reached.
    """
    from scipy.interpolate import BarycentricInterpolator

    task = task_with(np.diag(sizes), singular_values, items, properties, stream)
    (count,), probed = updates_between((until,), step), len(sizes)
    maps = _path(deep_descent(task, hidden, initial, stream, device), probed, count, step / tau)
    errors = np.sqrt(np.sum((task.outputs[:probed] - maps) ** 2, axis=2)).T
    values = np.empty((probed, len(tolerances)))
    for row, curve in enumerate(errors):
        for column, tolerance in enumerate(tolerances):
            passed = int(np.argmax(curve < tolerance))
            if not passed:
                raise ValueError(f"property {row} is not known up to {tolerance} within the time {until}")
            near = np.arange(max(passed - NEIGHBOURS // 2, 0), min(passed + NEIGHBOURS // 2, count + 1))
            values[row, column] = BarycentricInterpolator(np.log(curve[near]), near * step)(np.log(tolerance))
    given: dict[str, Any] = {
        "singular_values": task.singular_values,
        "sizes": np.asarray(sizes),
        "initial": initial,
        "tau": tau,
    }
    return Measurement(values=values, axis=np.asarray(tolerances), given=given, resolution={"step": step})


def membership(
    *,
    singular_values: Sequence[float],
    items: int,
    properties: int,
    hidden: int,
    initial: float,
    tau: float,
    times: Sequence[float],
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Items and properties of the first category in the hidden layer of a network, and its response to the items.

    The category has a hidden direction. An item's place is its activity along it at the end, a property's place the
    weight from it; both are divided by their norm. The response to an item is its output along the category's places.

    Values   (2 items + properties, T): responses, then the place of each item and of each property (constant rows).
    Given    outputs (properties, items), singular_values (K,), left (properties, K), right (items, K), initial, tau.
    """
    task = _drawn(singular_values, items, properties, stream)
    descent, counts = deep_descent(task, hidden, initial, stream, device), updates_between(times, step)
    maps = _path(descent, properties, counts[-1], step / tau)[counts]
    first, last = (weight.detach().cpu().numpy() for weight in descent.weights)
    directions, _, _ = np.linalg.svd(first)  # the strongest activity in the hidden layer is the first category's
    of_items, of_properties = directions[:, 0] @ first, last @ directions[:, 0]
    of_items, of_properties = (row * np.sign(of_properties[0]) for row in (of_items, of_properties))
    of_items, of_properties = (row / np.linalg.norm(row) for row in (of_items, of_properties))
    fixed = np.repeat(np.concatenate([of_items, of_properties])[:, None], len(counts), axis=1)
    values = np.concatenate([np.einsum("m,tmi->it", of_properties, maps), fixed])
    return Measurement(
        values=values,
        axis=np.asarray(times),
        given=of_category(task, initial, tau),
        resolution={"step": step},
    )


def of_category(task: Task, initial: float, tau: float) -> dict[str, Any]:
    """What is given where the first category is measured; the first property belongs to it."""
    sign = np.sign(task.left[0, 0])
    return {
        "outputs": task.outputs,
        "singular_values": task.singular_values,
        "left": sign * task.left,
        "right": sign * task.right,
        "initial": initial,
        "tau": tau,
    }


def _drawn(singular_values: Sequence[float], items: int, properties: int, stream: Stream) -> Task:
    """Items with random properties that have the given singular values."""
    generator, count = stream.child("task").generator(), len(singular_values)
    left, right = orthonormal(properties, count, generator), orthonormal(items, count, generator)
    values = np.asarray(singular_values, dtype=float)
    return Task(inputs=np.eye(items), outputs=left * values @ right.T, left=left, right=right, singular_values=values)


def task_with(
    probes: np.ndarray, singular_values: Sequence[float], items: int, properties: int, stream: Stream
) -> Task:
    """Items whose first properties have the given components along the object analyzers; all others are drawn."""
    generator, values = stream.child("task").generator(), np.asarray(singular_values, dtype=float)
    right = orthonormal(items, len(values), generator)
    try:
        root = np.linalg.cholesky(np.diag(values**2) - probes.T @ probes)
    except np.linalg.LinAlgError as error:
        raise ValueError("the singular values leave no room for these properties") from error
    others = orthonormal(properties - len(probes), len(values), generator) @ root.T
    task = item_task(np.vstack([probes, others]) @ right.T)
    kept = slice(len(values))
    return Task(
        inputs=task.inputs,
        outputs=task.outputs,
        left=task.left[:, kept],
        right=task.right[:, kept],
        singular_values=values,
    )


def _path(descent: Descent, rows: int, updates: int, learning_rate: float) -> np.ndarray:
    """First rows of the input-output map before and after each update, (updates + 1, rows, items)."""
    maps = zip(range(updates + 1), descent.run(learning_rate), strict=False)
    return np.stack([total[:rows].cpu().numpy() for _, total in maps])
