"""What networks learn from small random weights: hidden directions are not orthogonal, and modes not decoupled.

The networks have two matrices with Gaussian entries at the start, and follow the gradient of half the squared error in
Runge-Kutta steps. `width` is the number of hidden neurons, or of sampled properties where both grow together; `initial`
is half the squared norm that an item or a property has on average in the weights of the start; times are in the unit of
tau times `tau`, which is 1 where no tau is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.controls import controlled
from numerics.measurement import Measurement, from_replicas
from numerics.semantic_development.exceptional_item import Taxonomy, exceptional_property, item_task
from numerics.semantic_development.induction import LESSONS, TEACHING
from numerics.semantic_development.property_learning import of_category, task_with
from numerics.semantic_development.tree_learning import at_times, initial_weights, taught
from numerics.semantic_development.trees import regular
from numerics.streams import Stream

FINER = 1.4  # steps for errors that are followed until a hundredth of them is left, at a time known to 1e-4


def property_errors(
    *,
    singular_values: Sequence[float],
    items: int,
    properties: int,
    probes: np.ndarray,
    initial: float,
    tau: float,
    times: Sequence[float],
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Squared error over the items of the first properties; arguments as of `property_learning.property_errors`.

    Values (rows, T). Given: singular_values (K,), probes (rows, K), initial, tau.
    """
    task, rows = task_with(probes, singular_values, items, properties, stream), len(probes)
    controls, run = _learned(task.outputs, width, initial, times, tau, replicas, stream, device)
    outputs = [out for _, out in run]
    errors = np.sum((task.outputs[:rows] - np.stack(outputs, axis=1)[:, :, :rows]) ** 2, axis=3)
    given: dict[str, Any] = {"singular_values": task.singular_values, "probes": probes, "initial": initial, "tau": tau}
    return _measured(np.swapaxes(errors, 1, 2), controls, times, width, given)


def membership(
    *,
    properties: np.ndarray,
    initial: float,
    tau: float,
    times: Sequence[float],
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Items and properties of the first category in the hidden layer, and its response to the items.

    properties   (properties, items), of which the category is the strongest mode
    Values are those of `property_learning.membership`. Given: outputs (properties, items), singular_values (K,), left
    (properties, K), right (items, K), initial, tau.
    """
    task = item_task(properties)
    controls, run = _learned(properties, width, initial, times, tau, replicas, stream, device)
    found = list(run)
    first, last = found[-1][0]
    direction = np.linalg.svd(first)[0][:, :, 0]  # the strongest activity in the hidden layer is the first category's
    of_items, of_properties = np.einsum("rh,rhi->ri", direction, first), np.einsum("rph,rh->rp", last, direction)
    signs = np.sign(of_properties[:, :1])
    of_items, of_properties = (
        part * signs / np.linalg.norm(part, axis=1, keepdims=True) for part in (of_items, of_properties)
    )
    responses = np.stack([np.einsum("rp,rpi->ri", of_properties, out) for _, out in found], axis=2)
    places = np.repeat(np.concatenate([of_items, of_properties], axis=1)[:, :, None], len(times), axis=2)
    values = np.concatenate([responses, places], axis=1)
    return _measured(values, controls, times, width, of_category(task, initial, tau))


def new_weights(
    *,
    properties: np.ndarray,
    initial: float,
    tau: float,
    ages: Sequence[float],
    times: Sequence[float],
    others: Sequence[int],
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """A novel property of item 0, and property 0 of a novel item, taught at several ages; all else is kept.

    properties  (properties, items), learned before
    Other arguments and values are those of `induction.new_weights`. Given: properties, ages, others, initial, tau.
    """
    rows: list[list[np.ndarray]] = [[], []]
    controls, run = _learned(properties, width, initial, ages, tau, replicas, stream, device)
    for weights, _ in run:
        for known, found in zip((weights[0], np.swapaxes(weights[1], 1, 2)), rows, strict=True):
            path = taught(known[:, :, :1], np.asarray(times) / tau, device)
            found += list(np.moveaxis(path @ known[None][..., [0, *others]], 0, -1)[:, 0].swapaxes(0, 1))
    given = {"properties": properties, "ages": np.asarray(ages), "others": np.array(others)}
    values = np.stack([*rows[0], *rows[1]], axis=1)
    return _measured(values, controls, times, width, {**given, "initial": initial, "tau": tau})


def backpropagated(
    *,
    properties: np.ndarray,
    initial: float,
    tau: float,
    times: Sequence[float],
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Norm of the error at the hidden layer along each mode of the properties (properties, items), over time.

    Values (modes, T). The loss is differentiated automatically by the activity. Given: singular_values (modes,),
    initial, tau, layers (of neurons).
    """
    torch, place = load_torch(), {"dtype": load_torch().float64, "device": resolve_device(device)}
    task = item_task(properties)
    outputs, right = (torch.tensor(part, **place) for part in (properties, task.right))
    norms = []
    controls, run = _learned(properties, width, initial, times, tau, replicas, stream, device, FINER)
    for weights, _ in run:
        first, last = (torch.tensor(weight, **place) for weight in weights)
        activity = first.requires_grad_()  # items are one-hot: a column an item
        (slope,) = torch.autograd.grad(((outputs - last @ activity) ** 2).sum() / 2, activity)
        norms.append((slope @ right).norm(dim=1).cpu().numpy())
    given = {"singular_values": task.singular_values, "initial": initial, "tau": tau, "layers": 3.0}
    return _measured(np.stack(norms, axis=2), controls, times, width, given)


def estimates(
    *,
    tree: Taxonomy,
    per_neuron: float,
    initial: float,
    times: Sequence[float],
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Estimate of the exceptional property for the exceptional item, by networks that learn sampled properties.

    tree        whose properties are sampled link by link; the exceptional one is the first of `width` of them
    per_neuron  properties per hidden neuron
    Targets are properties over the root of their number, so that networks of all numbers learn at the same times.
    Values (1, T). Given: branching, depth, flip, properties (of `tree`, which stands for any number of them), and
    initial and tau, by which that number would be learned at these times.
    """
    drawn = _sampled(tree, width - 1, replicas, stream)
    row = np.broadcast_to(exceptional_property(tree), (replicas, 1, tree.items))
    basis, targets = np.linalg.qr(np.concatenate([row, drawn], axis=1))
    targets, scale = targets / np.sqrt(width), np.sqrt(tree.properties)
    controls, run = _learned(targets, round(width / per_neuron), initial, times, 1.0, replicas, stream, device)
    seen = np.stack([np.einsum("rk,rk->r", basis[:, 0], outputs[:, :, 0]) for _, outputs in run], axis=1)
    return from_replicas(
        controlled(np.sqrt(width) * seen[:, None], controls),
        axis=np.asarray(times),
        given={
            "branching": tree.branching,
            "depth": tree.depth,
            "flip": tree.flip,
            "properties": tree.properties,
            "initial": initial * scale,
            "tau": scale,
        },
        resolution={"properties": float(width), "hidden": width / per_neuron},
    )


def projections(
    *,
    tree: Taxonomy,
    per_neuron: float,
    initial: float,
    ages: Sequence[float],
    others: Sequence[int],
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """A novel property of item 0, taught at several ages to networks that learn sampled properties.

    Half of the error is removed in a lesson, until nothing is left. Other arguments as of `estimates`.
    Values (others, ages), estimates for other items in the end. Given: branching, depth, singular_values (levels + 1,)
    of the tree's mean similarities, from the mean down; initial, tau.
    """
    targets = np.linalg.qr(_sampled(tree, width, replicas, stream), mode="r") / np.sqrt(width)
    columns = []
    controls, run = _learned(targets, round(width / per_neuron), initial, ages, 1.0, replicas, stream, device)
    for weights, _ in run:
        known = weights[0]
        item = known[:, :, :1]
        row = np.zeros_like(item).swapaxes(1, 2)
        for _ in range(LESSONS):
            row = row + TEACHING * (1 - row @ item) * (item / np.sum(item**2, axis=1, keepdims=True)).swapaxes(1, 2)
        columns.append((row @ known[:, :, list(others)])[:, 0])
    found = np.sqrt(np.linalg.eigvalsh(tree.similarity())[::-1])
    return from_replicas(
        controlled(np.stack(columns, axis=2), controls),
        axis=np.asarray(ages),
        given={
            "branching": float(tree.branching),
            "depth": float(tree.depth),
            "singular_values": found[[0, *(tree.branching**level for level in range(tree.depth))]],
            "initial": initial,
            "tau": 1.0,
        },
        resolution={"properties": float(width), "hidden": width / per_neuron},
    )


def _sampled(tree: Taxonomy, properties: int, replicas: int, stream: Stream) -> np.ndarray:
    """Properties (R, properties, items) that flip on the way down the tree."""
    nodes = regular(tree.branching, tree.depth, tree.flip)
    drawn = nodes.sample(features=properties, replicas=replicas, generator=stream.child("properties").generator())
    return np.swapaxes(drawn, 1, 2)


def _measured(
    values: np.ndarray, controls: np.ndarray, axis: Sequence[float], width: int, given: dict[str, Any]
) -> Measurement:
    """Values (R, ...) less what their controls (R, modes) explain, at a number of hidden neurons."""
    return from_replicas(
        controlled(values, controls), axis=np.asarray(axis), given=given, resolution={"hidden": float(width)}
    )


def _learned(
    targets: np.ndarray,
    hidden: int,
    initial: float,
    times: Sequence[float],
    tau: float,
    replicas: int,
    stream: Stream,
    device: str,
    finer: float = 1.0,
) -> tuple[np.ndarray, Iterator[tuple[list[np.ndarray], np.ndarray]]]:
    """Controls (R, modes), and weights (R, hidden, items) and (R, outputs, hidden) with their outputs over time.

    A control is the squared norm of both layers along a mode of the targets at the start, over its mean, less one.
    """
    targets = np.broadcast_to(targets, (replicas, *targets.shape[-2:]))
    first, last = initial_weights(targets, hidden, initial, False, stream)
    left, values, right = np.linalg.svd(targets, full_matrices=False)
    modes = int(np.sum(values[0] > 1e-9 * values[0, 0]))
    along = (first @ np.swapaxes(right, 1, 2) + np.swapaxes(last, 1, 2) @ left)[:, :, :modes]
    controls = np.sum(along**2, axis=1) / (4 * initial) - 1
    return controls, at_times(targets, [first, last], np.asarray(times) / tau, device, finer)
