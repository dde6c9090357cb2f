"""Teaching a trained network one novel property of one item, or one property of a novel item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch
from numerics.deep_linear.training import updates_between
from numerics.deep_linear.weight_space import slopes
from numerics.measurement import Measurement
from numerics.semantic_development.exceptional_item import (
    Taxonomy,
    deep_descent,
    exceptional_property,
    item_task,
    with_property,
)
from numerics.streams import Stream

TEACHING, LESSONS = 0.5, 60  # part of the error that a lesson removes; lessons until nothing is left


def new_weights(
    *,
    tree: Taxonomy,
    hidden: int,
    initial: float,
    tau: float,
    ages: Sequence[float],
    times: Sequence[float],
    others: Sequence[int],
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Teach networks of several ages a novel property of item 0, and property 0 of a novel item; all else is kept.

    ages    time of training before, in the unit of tau, on the step grid
    times   time of teaching, likewise
    others  items, and properties, whose estimates are recorded besides those taught
    Values  (2 ages (1 + others), T): estimate of the novel property for each item at each age, then estimates of the
            properties of the novel item.
    Given   properties (N_3, items), ages, others, initial, tau.
    """
    given, first, last = _at_ages(tree, hidden, initial, tau, ages, step, stream, device)
    torch, rows, asked = load_torch(), [], [0, *others]
    for known in (first.mT, last):  # activity of the items; weights to the properties
        new, taught, recorded = torch.zeros_like(known[:, :1]), known[:, :1], known[:, asked].mT

        def seen(new: Any = new, recorded: Any = recorded) -> Any:
            return new @ recorded

        rows.append(_descend([new], taught, taught.mT @ taught, seen, updates_between(times, step), step / tau))
    values = np.concatenate([np.moveaxis(r, 0, -1).reshape(-1, len(times)) for r in rows])
    return Measurement(
        values=values, axis=np.asarray(times), given={**given, "others": np.array(others)}, resolution={"step": step}
    )


def whole_network(
    *,
    tree: Taxonomy,
    hidden: int,
    initial: float,
    tau: float,
    ages: Sequence[float],
    until: float,
    others: Sequence[int],
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Teach a novel property of item 0 with all weights of the network free; estimates for other items in the end.

    until   time of teaching, in the unit of tau, after which nothing changes any more
    Values  (ages, others). Given as for `new_weights`.
    """
    given, first, _ = _at_ages(tree, hidden, initial, tau, ages, step, stream, device)
    row, item = first.new_zeros(first.shape[0], 1, hidden), first.new_zeros(1, first.shape[2])
    item[0, 0] = 1.0

    def seen() -> Any:
        return row @ first[:, :, list(others)]

    values = _descend([first, row], item, item.mT @ item, seen, updates_between((until,), step), step / tau)[0]
    return Measurement(
        values=values,
        axis=np.asarray(others, dtype=float),
        given={**given, "others": np.array(others)},
        resolution={"step": step},
    )


def projections(
    *,
    tree: Taxonomy,
    hidden: int,
    initial: float,
    tau: float,
    ages: Sequence[float],
    others: Sequence[int],
    step: float,
    stream: Stream,
    device: str,
    whole_rows: bool = True,
) -> Measurement:
    """Teach networks of several ages a novel property of item 0, by a new row of weights, until it is right.

    ages    time of training before, in the unit of tau, on the step grid
    others  items whose estimates are recorded, in the end
    Values  (others, ages). Given   branching, depth, singular_values (levels + 1,) of the tree's properties, from the
            mean down; initial, tau.
    The rate of the teaching is set by the activity that it meets. Without `whole_rows` only half of the hidden neurons
    carry the new property.
    """
    given, first, _ = _at_ages(tree, hidden, initial, tau, ages, step, stream, device)
    carried = first if whole_rows else first[:, : hidden // 2]
    row, taught = carried.new_zeros(len(ages), 1, carried.shape[1]), carried[:, :, :1]
    rate = TEACHING / taught.square().sum(dim=(1, 2), keepdim=True)
    for _ in range(LESSONS):
        row = row + rate * (1 - row @ taught) * taught.mT
    values = (row @ carried[:, :, list(others)])[:, 0].cpu().numpy().T
    found = np.linalg.svd(np.asarray(given["properties"]), compute_uv=False)
    firsts = [0, *(tree.branching**level for level in range(tree.depth))]  # of each level, largest first
    return Measurement(
        values=values,
        axis=np.asarray(ages, dtype=float),
        given={
            "branching": float(tree.branching),
            "depth": float(tree.depth),
            "singular_values": found[firsts],
            "initial": initial,
            "tau": tau,
        },
        resolution={"step": step},
    )


def _at_ages(
    tree: Taxonomy,
    hidden: int,
    initial: float,
    tau: float,
    ages: Sequence[float],
    step: float,
    stream: Stream,
    device: str,
) -> tuple[dict[str, Any], Any, Any]:
    """What is given, and the weights of a network at each age: (ages, hidden, items) and (ages, N_3, hidden)."""
    properties = with_property(tree, exceptional_property(tree), stream)
    descent = deep_descent(item_task(properties), hidden, initial, stream, device)
    counts, found = updates_between(ages, step), []
    for count, _ in zip(range(counts[-1] + 1), descent.run(step / tau), strict=False):
        if count in counts:
            found.append([weight.detach().clone() for weight in descent.weights])
    torch = load_torch()
    first, last = (torch.stack([weights[layer] for weights in found]) for layer in range(2))
    given = {"properties": properties, "ages": np.asarray(ages), "initial": initial, "tau": tau}
    return given, first, last


def _descend(
    weights: list[Any], cross: Any, square: Any, seen: Callable[[], Any], counts: list[int], learning_rate: float
) -> np.ndarray:
    """Gradient descent on half the squared error of one example, given by its correlations as in `slopes`.

    Returns what is `seen`, (ages, 1, K), after each number of updates: (counts, ages, K).
    """
    torch, found = load_torch(), []
    for count in range(counts[-1] + 1):
        if count in counts:
            found.append(seen()[:, 0].cpu().numpy())
        torch._foreach_add_(weights, slopes(weights, cross, square)[1], alpha=-learning_rate)
    return np.stack(found)
