"""A first step of gradient descent: networks whose multipliers, weights and learning rates are powers of the width."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[Any], Any]
# activation (of a tensor), entries of the input (0: as many as neurons), exponents a_h, b_h, a_o, b_o, c
Network = tuple[Function, int, tuple[float, float, float, float, float]]


def first_steps(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    widths: Sequence[int],
    square: float,
    target: float,
    rate: float,
    neurons: int,
) -> Measurement:
    """What a layer of N neurons and an output layer change by in the first step on one example.

    networks   as `Network`: weights have the standard deviation N^-b and a multiplier N^-a, the learning rate is
               `rate` N^-c, half the squared error is the loss
    square     mean square of the entries of the example, whose direction is random
    neurons    of a replica, over which is averaged: neurons / N networks of N neurons

    Values have shape (networks, 3, widths): mean squared change of a preactivation by the layer's step, mean change of
    the output by the step of the output layer, and its rate of change along the step of the layer. Given: entries of
    the inputs, (networks, widths).
    """
    torch, device, samples = load_torch(), resolve_device(device), []
    entries = [[inputs or width for width in widths] for _, inputs, _ in networks]
    for k in range(replicas):
        generator, rows = stream.child(k).generator(), []
        for (phi, _, exponents), sizes in zip(networks, entries, strict=True):
            for width, size in zip(widths, sizes, strict=True):
                a_h, b_h, a_o, b_o, c = (float(width) ** -e for e in exponents)
                example = generator.standard_normal(size)
                example *= math.sqrt(size * square) / np.linalg.norm(example)
                signal, count = torch.as_tensor(example, device=device), max(2, neurons // width)
                hidden = torch.as_tensor(normal(generator, count, width, size, scale=b_h), device=device)
                last = torch.as_tensor(normal(generator, count, width, scale=b_o), device=device)
                found = _changes(torch, phi, hidden, last, signal, (a_h, a_o), target, rate * c)
                rows.append(found)
        samples.append(np.array(rows).reshape(len(networks), len(widths), 3).swapaxes(1, 2))
    return from_replicas(np.array(samples), axis=np.array(widths, dtype=float), given={"entries": np.array(entries)})


def _changes(
    torch: Any, phi: Function, hidden: Any, last: Any, signal: Any, multipliers: Any, target: float, rate: float
) -> list[float]:
    """The three changes, averaged over networks and over their neurons."""

    def fields(weights: Any) -> Any:
        return multipliers[0] * (weights @ signal)

    def outputs(field: Any, weights: Any) -> Any:
        return multipliers[1] * (weights * phi(field)).sum(-1)

    leaves = hidden.requires_grad_(), last.requires_grad_()
    output = outputs(fields(hidden), last)
    by_hidden, by_last = torch.autograd.grad(output.sum(), leaves)
    with torch.no_grad():
        step = -rate * (output - target)  # along the gradients of each network's output
        field, move = fields(hidden), step[:, None, None] * by_hidden
        moved = fields(hidden + move) - field
        other = outputs(field, last + step[:, None] * by_last) - output
        return [float(part.mean()) for part in (moved**2, other, (by_hidden * move).sum((-2, -1)))]
