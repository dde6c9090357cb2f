"""Rates of all weights of a three-layer linear network along its training, also seen along the modes of its data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.deep_linear.training import orthonormal, updates_between
from numerics.measurement import Measurement
from numerics.streams import Stream

PATH_STEP = 0.01  # time of one update between the states at which rates are measured, over tau


def rates_along_training(
    *,
    widths: tuple[int, int, int],
    singular_values: Sequence[float],
    correlation: float,
    start: float,
    tau: float,
    times: Sequence[float],
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train from random weights; at each time present every example once, in order, and record how the weights change.

    singular_values  of the input-output correlation, as many as there are inputs or outputs, whichever are fewer
    correlation      how far the inputs are from whitened: 0 makes the sum of x x^T the unit matrix
    start            standard deviation of the weights at the start
    times            of the states, in the unit of tau; the training between them is by full-batch descent
    step             time of one pass over the examples in the unit of tau: tau times the learning rate
    Values (rows, T): changes per time of W21 V and of U^T W32 (mode by mode), then of W21 and of W32 (row by row); U
    and V are all left and right singular vectors. The states do not depend on `step`.
    Given  first (T, N2, N1) and second (T, N3, N2), the weights before; left (N3, N3), right (N1, N1),
    singular_values; inputs (N1, N1), the sum of x x^T; tau.
    """
    n_in, n_hidden, n_out = widths
    if len(singular_values) != min(n_in, n_out) or examples <= n_in or step <= 0 or start <= 0:
        raise ValueError(f"no such training: {widths}, {singular_values}, {examples} examples, {step=}, {start=}")
    generator = stream.child("task").generator()
    base = orthonormal(examples, n_in, generator).T
    inputs = (np.eye(n_in) + correlation * generator.uniform(0.3, 0.9, (n_in, n_in))) @ base
    left, right = orthonormal(n_out, n_out, generator), orthonormal(n_in, n_in, generator)
    modes = len(singular_values)
    cross = left[:, :modes] * np.asarray(singular_values, dtype=float) @ right[:, :modes].T
    noise = generator.standard_normal((n_out, examples))
    outputs = cross @ np.linalg.solve(inputs @ inputs.T, inputs) + noise - noise @ base.T @ base
    generator = stream.child("start").generator()
    weights = [start * generator.standard_normal(shape) for shape in ((n_hidden, n_in), (n_out, n_hidden))]
    torch = load_torch()
    place = {"dtype": torch.float64, "device": resolve_device(device)}
    x, y = torch.tensor(inputs, **place), torch.tensor(outputs, **place)
    before = _states(torch, [torch.tensor(w, **place) for w in weights], x, y, times, tau)
    # the changes are added up apart from the weights, whose rounding would be divided by the step
    changes = [torch.zeros_like(w) for w in before]
    for example in range(examples):  # all states at once: none knows of the others
        moved = [w + change for w, change in zip(before, changes, strict=True)]
        slopes = gradients(torch, moved, x[:, example : example + 1], y[:, example : example + 1])[1]
        for change, slope in zip(changes, slopes, strict=True):
            change.sub_(slope, alpha=step / tau)
    first, second = (change.cpu().numpy() / step for change in changes)
    rotated = np.swapaxes(first @ right, 1, 2), left.T @ second
    rows = [change.reshape(len(times), -1).T for change in (*rotated, first, second)]
    given: dict[str, np.ndarray | float] = {
        "first": before[0].cpu().numpy(),
        "second": before[1].cpu().numpy(),
        "left": left,
        "right": right,
        "singular_values": np.asarray(singular_values, dtype=float),
        "inputs": inputs @ inputs.T,
        "tau": tau,
    }
    return Measurement(
        values=np.concatenate(rows), axis=np.asarray(times, dtype=float), given=given, resolution={"step": step}
    )


def gradients(torch: Any, weights: list[Any], x: Any, y: Any) -> tuple[Any, tuple[Any, Any]]:
    """Half the squared error of each network on the examples, (...), and its automatic gradients by both matrices.

    weights  (..., N2, N1) and (..., N3, N2), networks that know nothing of each other;  x (..., N1, P), y (..., N3, P)
    """
    moving = [w.detach().requires_grad_() for w in weights]
    losses = ((y - moving[1] @ (moving[0] @ x)) ** 2).sum(dim=(-2, -1)) / 2
    return losses.detach(), torch.autograd.grad(losses.sum(), moving)


def descend(torch: Any, weights: list[Any], x: Any, y: Any, learning_rate: float) -> None:
    """One update of all networks' weights, in place, on all examples."""
    for weight, slope in zip(weights, gradients(torch, weights, x, y)[1], strict=True):
        weight.sub_(slope, alpha=learning_rate)


def _states(torch: Any, weights: list[Any], x: Any, y: Any, times: Sequence[float], tau: float) -> list[Any]:
    """The weights at each of the times, stacked."""
    counts = updates_between([time / tau for time in times], PATH_STEP)
    states, done = [], 0
    for count in counts:
        for _ in range(count - done):
            descend(torch, weights, x, y, PATH_STEP)
        done = count
        states.append([w.clone() for w in weights])
    return [torch.stack(matrices) for matrices in zip(*states, strict=True)]
