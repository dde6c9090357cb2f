"""Which learning rate is best for networks of two widths that learn handwritten digits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from numerics import digits
from numerics.backend import load_torch, resolve_device
from numerics.chain_rule import cross_entropy
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

LEAST = 1e-6  # of a loss, whose logarithm is taken
Exponents = Sequence[tuple[float, float]]  # a and b of three layers: multipliers N^-a, standard deviations N^-b


def shift_of_best_rate(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    exponents: Exponents,
    widths: tuple[int, int],
    doublings: Sequence[float],
    examples: int,
    updates: int,
    data: Path | None = None,
) -> Measurement:
    """One less the number of doublings by which the best learning rate shifts from one width to the other.

    exponents   of the three layers of a rectified network, by the width over the smaller one; the rate has none
    widths      of both hidden layers, two
    doublings   logarithms to base 2 of the learning rates that are tried
    examples    of a replica, all of which are in the gradient of each of the `updates`

    The best rate is the vertex of a parabola through the logarithms of the least loss and its neighbours. Given: losses
    (mean over replicas, (widths, rates)), widths, doublings.
    """
    torch, device = load_torch(), resolve_device(device)
    images, labels = digits.standardised(data)
    losses = np.empty((replicas, len(widths), len(doublings)))
    for k in range(replicas):
        generator = stream.child(k).generator()
        rows = generator.choice(len(labels), examples, replace=False)
        batch = [torch.as_tensor(part[rows], device=device) for part in (images.astype(np.float32), labels)]
        for number, width in enumerate(widths):
            losses[k, number] = _losses(torch, generator, exponents, width, widths[0], doublings, batch, updates)
    best = np.array([[_vertex(np.array(doublings), row) for row in both] for both in losses])
    return from_replicas(
        1 - np.abs(best[:, 1] - best[:, 0]),
        given={"losses": losses.mean(axis=0), "widths": np.array(widths), "doublings": np.array(doublings)},
        resolution={"width": widths[1]},
    )


def _losses(
    torch: Any,
    generator: np.random.Generator,
    exponents: Exponents,
    width: int,
    base: int,
    doublings: Sequence[float],
    batch: Sequence[Any],
    updates: int,
) -> np.ndarray:
    """Cross-entropies after training with each rate, from one start; at most twice those of a guess."""
    (signal, labels), ratio = batch, width / base
    sizes = [signal.shape[-1], width, width, 10]
    rates = torch.as_tensor([2.0**d for d in doublings], device=signal.device)[:, None, None]
    weights, multipliers = [], []
    for (before, after), (a, b) in zip(itertools.pairwise(sizes), exponents, strict=True):
        first = before == sizes[0]
        spread, scale = ratio**-b / (1 if first else np.sqrt(base)), 1 / np.sqrt(before) if first else 1.0
        drawn = normal(generator, before, after, scale=spread, dtype=np.float32)
        weights.append(torch.as_tensor(drawn, device=signal.device).repeat(len(doublings), 1, 1))
        multipliers.append(scale * ratio**-a)
    most, own = 2 * np.log(sizes[-1]), labels.expand(len(doublings), -1)
    for number in range(updates + 1):
        signals = [signal]
        for weight, multiplier in zip(weights, multipliers, strict=True):
            field = (signals[-1] @ weight).mul_(multiplier)
            signals.append(field.relu_() if len(signals) < len(weights) else field)
        losses, back = cross_entropy(signals.pop(), own)
        if number == updates:
            break
        for weight, multiplier, below in zip(weights[::-1], multipliers[::-1], signals[::-1], strict=True):
            slope = below.mT @ back
            if below is not signal:
                back = (back @ weight.mT).mul_(multiplier).mul_(below > 0)
            weight.addcmul_(rates, slope, value=-multiplier)
    found: np.ndarray = losses.double().mean(dim=-1).cpu().numpy()
    return np.minimum(np.where(np.isfinite(found), found, most), most)


def _vertex(places: np.ndarray, losses: np.ndarray) -> float:
    """Where a parabola through the least value and its neighbours is least, inside of the range."""
    middle = int(np.clip(np.argmin(losses), 1, len(losses) - 2))
    curve = np.polyfit(places[middle - 1 : middle + 2], np.log(np.maximum(losses[middle - 1 : middle + 2], LEAST)), 2)
    vertex = -curve[1] / (2 * curve[0]) if curve[0] > 0 else places[int(np.argmin(losses))]
    return float(np.clip(vertex, places[middle - 1], places[middle + 1]))
