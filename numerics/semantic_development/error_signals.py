"""What backpropagation sends to the first hidden layer of linear networks that learn the features of a tree's items."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from numerics.backend import load_torch
from numerics.deep_linear.training import Descent, orthonormal, updates_between
from numerics.measurement import Measurement
from numerics.semantic_development.exceptional_item import item_task
from numerics.semantic_development.trees import Tree
from numerics.streams import Stream

AROUND = 6  # records on either side of the largest


def backpropagated(
    *,
    tree: Tree,
    features: int,
    hidden: Sequence[int],
    initial: float,
    tau: float,
    times: Sequence[float],
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Norm of the error at the first hidden layer along each mode of the sampled features, over time.

    hidden   widths of the hidden layers
    initial  strength of every mode in the map at the start, equal in all matrices
    times    in the unit of tau, on the step grid
    Values   (modes, T). The loss is differentiated automatically by the activity.
    Given    singular_values (modes,), initial, tau, layers (of neurons).
    """
    descent = _at_start(tree, features, hidden, initial, stream, device)
    counts = updates_between(times, step)
    updates = zip(range(counts[-1] + 1), descent.run(step / tau), strict=False)
    rows = [_received(descent) for count, _ in updates if count in counts]
    return Measurement(
        values=np.stack(rows, axis=-1),
        axis=np.asarray(times, dtype=float),
        given=_given(descent, initial, tau, hidden),
        resolution={"step": step},
    )


def largest(
    *,
    tree: Tree,
    features: int,
    hidden: Sequence[int],
    initial: float,
    tau: float,
    until: float,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """The largest error at the first hidden layer along each mode: mode strength there, norm and time.

    The place of the largest norm is that of a spline of order 5 through the records around it.
    until   time of training, in the unit of tau
    Values  (3, modes). Given as for `backpropagated`. Raises ValueError where a norm still rises at the end.
    """
    from scipy.interpolate import PPoly, make_interp_spline

    descent = _at_start(tree, features, hidden, initial, stream, device)
    count = updates_between((until,), step)[-1]
    updates = itertools.islice(descent.run(step / tau), count + 1)
    record = [(descent.strengths(total), _received(descent)) for total in updates]
    strengths, norms = (np.stack(rows) for rows in zip(*record, strict=True))
    found = []
    for mode, top in enumerate(norms.argmax(axis=0)):
        if not AROUND <= top <= count - AROUND:
            raise ValueError(f"up to the time {until} the error of mode {mode} has no largest value")
        near = np.arange(top - AROUND, top + AROUND + 1)
        norm, strength = (make_interp_spline(near * step, rows[near, mode], k=5) for rows in (norms, strengths))
        places = PPoly.from_spline(norm.derivative()).roots(extrapolate=False)
        when = places[np.argmin(abs(places - top * step))]
        found.append([strength(when), norm(when), when])
    return Measurement(values=np.array(found).T, given=_given(descent, initial, tau, hidden), resolution={"step": step})


def _at_start(tree: Tree, features: int, hidden: Sequence[int], initial: float, stream: Stream, device: str) -> Descent:
    """A network that has not learned yet: every mode along directions of its own in the hidden layers."""
    if initial <= 0:
        raise ValueError(f"the initial strength must be positive, not {initial}")
    sampled = tree.sample(features=features, replicas=1, generator=stream.child("features").generator())[0]
    task, generator = item_task(sampled.T / np.sqrt(features)), stream.child("start").generator()
    inner = [orthonormal(width, len(task.singular_values), generator) for width in hidden]
    frames = [task.right, *inner, task.left]
    strength = initial ** (1 / (len(frames) - 1))
    weights = [strength * last @ first.T for first, last in itertools.pairwise(frames)]
    return Descent(task=task, weights=weights, device=device)


def _received(descent: Descent) -> np.ndarray:
    """Norm of the error at the first hidden layer along each mode, (modes,)."""
    torch = load_torch()
    activity = descent.weights[0].detach().requires_grad_()  # items are one-hot: a column an item
    passed = activity
    for weight in descent.weights[1:]:
        passed = weight.detach() @ passed
    outputs, right = (torch.as_tensor(x, device=passed.device) for x in (descent.task.outputs, descent.task.right))
    (slope,) = torch.autograd.grad(((outputs - passed) ** 2).sum() / 2, activity)
    return (slope @ right).norm(dim=0).cpu().numpy()


def _given(descent: Descent, initial: float, tau: float, hidden: Sequence[int]) -> dict[str, np.ndarray | float]:
    values = descent.task.singular_values
    return {"singular_values": values, "initial": initial, "tau": tau, "layers": float(len(hidden) + 2)}
