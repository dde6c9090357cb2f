"""Teaching a trained network one novel property of one item, or one property of a novel item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.deep_linear.training import updates_between
from numerics.measurement import Measurement
from numerics.semantic_development.exceptional_item import (
    Tree,
    deep_descent,
    exceptional_property,
    item_task,
    with_property,
)
from numerics.streams import Stream


def new_weights(
    *,
    tree: Tree,
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
    for known in (first.transpose(1, 2), last):  # activity of the items; weights to the properties
        (new,) = _zeros(known.shape[0], known.shape[2], device)
        taught, recorded = known[:, 0], known[:, asked]

        def loss(new: Any = new, taught: Any = taught) -> Any:
            return ((1 - (new * taught).sum(dim=1)) ** 2).sum() / 2

        def seen(new: Any = new, recorded: Any = recorded) -> Any:
            return torch.einsum("ah,ajh->aj", new, recorded)

        rows.append(_descend([new], loss, seen, updates_between(times, step), step / tau))
    values = np.concatenate([np.moveaxis(r, 0, -1).reshape(-1, len(times)) for r in rows])
    return Measurement(
        values=values, axis=np.asarray(times), given={**given, "others": np.array(others)}, resolution={"step": step}
    )


def whole_network(
    *,
    tree: Tree,
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
    (row,) = _zeros(first.shape[0], hidden, device)
    first = first.clone().requires_grad_()
    torch = load_torch()

    def loss() -> Any:
        return ((1 - (row * first[:, :, 0]).sum(dim=1)) ** 2).sum() / 2

    def seen() -> Any:
        return torch.einsum("ah,ahj->aj", row, first[:, :, list(others)])

    values = _descend([row, first], loss, seen, updates_between((until,), step), step / tau)[0]
    return Measurement(
        values=values, axis=np.asarray(others, dtype=float), given={**given, "others": np.array(others)},
        resolution={"step": step},
    )  # fmt: skip


def _at_ages(
    tree: Tree, hidden: int, initial: float, tau: float, ages: Sequence[float], step: float, stream: Stream, device: str
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


def _zeros(rows: int, columns: int, device: str) -> tuple[Any]:
    torch = load_torch()
    return (torch.zeros(rows, columns, dtype=torch.float64, device=resolve_device(device), requires_grad=True),)


def _descend(
    weights: list[Any], loss: Callable[[], Any], seen: Callable[[], Any], counts: list[int], learning_rate: float
) -> np.ndarray:
    """Gradient descent on a loss; what is `seen` after each number of updates, stacked."""
    torch, found = load_torch(), []
    for count in range(counts[-1] + 1):
        if count in counts:
            found.append(seen().detach().cpu().numpy().copy())
        gradients = torch.autograd.grad(loss(), weights)
        with torch.no_grad():
            torch._foreach_add_(weights, list(gradients), alpha=-learning_rate)
    return np.stack(found)
