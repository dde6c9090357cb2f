"""Modes that start in one and the same hidden direction: trained together, or each in a network of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.deep_linear.coordinates import descend
from numerics.deep_linear.training import orthonormal, updates_between
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

STEP = 0.02  # time of one update over tau


def modes_from_one_direction(
    *,
    widths: tuple[int, int, int],
    singular_values: Sequence[float],
    strength: float,
    spread: float,
    apart: bool,
    times: Sequence[float],
    examples: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train from starts in which all modes share one random hidden direction, up to a random part of size `spread`.

    singular_values  of the input-output correlation, one for each input; the inputs are whitened
    strength         of every mode at the start
    apart            train each mode in a network of its own, whose examples hold that mode alone, and then add the
                     networks' weights; otherwise all modes are trained together
    times            of observation over tau
    Values (T,): falls of the loss from one observation to the next, over the loss at the start; last, 1/2 minus the
    squared cosine between the hidden directions of input modes 1 and 2 at the end.
    Given: loss and alignment (T,), means over the replicas of the loss and of that cosine squared; their errors; times.
    """
    n_in, n_hidden, n_out = widths
    if len(singular_values) != n_in or n_out < n_in or examples < n_in or strength <= 0 or spread < 0:
        raise ValueError(f"no such training: {widths}, {singular_values}, {examples} examples, {strength=}, {spread=}")
    generator = stream.child("task").generator()
    inputs = orthonormal(examples, n_in, generator).T
    left, right = orthonormal(n_out, n_in, generator), orthonormal(n_in, n_in, generator)
    generator = stream.child("start").generator()
    shared = generator.standard_normal((replicas, n_hidden, 1))
    shared /= np.linalg.norm(shared, axis=1, keepdims=True)
    hidden = [
        np.sqrt(strength) * (shared + spread * generator.standard_normal((replicas, n_hidden, n_in))) for _ in range(2)
    ]
    masks = np.eye(n_in)[:, None, None, :] if apart else np.ones((1, 1, 1, n_in))  # modes that a network holds
    first, second = (masks * hidden[0]) @ right.T, left @ np.swapaxes(masks * hidden[1], -1, -2)
    targets = (left * np.asarray(singular_values, dtype=float) * masks) @ right.T @ inputs
    torch = load_torch()
    place = {"dtype": torch.float64, "device": resolve_device(device)}
    x, y, v = (torch.tensor(a, **place) for a in (inputs, targets, right))
    weights = [torch.tensor(w, **place) for w in (first, second)]
    wanted = updates_between(times, STEP)
    losses, alignments = [], []
    for count in range(wanted[-1] + 1):
        if count in wanted:
            together = [w.sum(dim=0) for w in weights]
            losses.append(((y.sum(dim=0) - together[1] @ (together[0] @ x)) ** 2).sum(dim=(-2, -1)) / 2)
            directions = together[0] @ v
            directions = directions / directions.norm(dim=-2, keepdim=True)
            alignments.append((directions[..., 0] * directions[..., 1]).sum(dim=-1) ** 2)
        descend(torch, weights, x, y, STEP)
    loss, alignment = (torch.stack(series).cpu().numpy() for series in (losses, alignments))  # (T, R)
    samples = np.concatenate([(loss[:-1] - loss[1:]) / loss[0], 0.5 - alignment[-1:]])
    given: dict[str, np.ndarray | float] = {"times": np.asarray(times, dtype=float)}
    for name, series in (("loss", loss), ("alignment", alignment)):
        given |= {name: series.mean(axis=1), f"{name}_error": series.std(axis=1, ddof=1) / np.sqrt(replicas)}
    return from_replicas(samples.T, given=given, resolution={"step": STEP})
