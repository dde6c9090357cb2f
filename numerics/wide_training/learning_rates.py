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
    batch: int,
    updates: int,
    judged: int,
    siblings: int,
    data: Path | None = None,
) -> Measurement:
    """One less the number of doublings by which the best learning rate shifts from one width to the other.

    exponents   of the three layers of a rectified network, by the width over the smaller one; the rate has none
    widths      of both hidden layers, two
    doublings   logarithms to base 2 of the learning rates that are tried
    batch       examples in the gradient of an update, none of which comes twice;  judged  others, for the loss
    siblings    networks of the smaller width, whose best rates scatter more: their logarithms of the loss are averaged

    The best rate is the vertex of a parabola through the logarithms of the least loss and its neighbours. Given: losses
    (mean over replicas, (widths, rates)), widths, doublings.
    """
    torch, device = load_torch(), resolve_device(device)
    images, labels = digits.standardised(data)
    logarithms = np.empty((replicas, len(widths), len(doublings)))
    for k in range(replicas):
        generator = stream.child(k).generator()
        rows = generator.choice(len(labels), batch * updates + judged, replace=False)
        signals, targets = (torch.as_tensor(part[rows], device=device) for part in (images.astype(np.float32), labels))
        examples = list(zip(signals.split(batch), targets.split(batch), strict=True))[:updates]
        examples.append((signals[batch * updates :], targets[batch * updates :]))
        for number, (width, count) in enumerate(zip(widths, (siblings, 1), strict=True)):
            losses = _losses(torch, generator, exponents, width, widths[0], doublings, examples, count)
            logarithms[k, number] = np.log(np.maximum(losses, LEAST)).mean(axis=0)
    best = np.array([[_vertex(np.array(doublings), row) for row in both] for both in logarithms])
    return from_replicas(
        1 - np.abs(best[:, 1] - best[:, 0]),
        given={
            "losses": np.exp(logarithms.mean(axis=0)),
            "widths": np.array(widths),
            "doublings": np.array(doublings),
        },
        resolution={"width": widths[1], "updates": updates},
    )


def _losses(
    torch: Any,
    generator: np.random.Generator,
    exponents: Exponents,
    width: int,
    base: int,
    doublings: Sequence[float],
    examples: Sequence[tuple[Any, Any]],
    networks: int,
) -> np.ndarray:
    """Cross-entropies of networks, each trained with each rate from one start, (networks, rates).

    examples   signals (P, inputs) and labels (P,) of every update, and last those of which the loss is taken; it is at
               most twice that of a guess
    """
    ratio, count = width / base, len(doublings)
    sizes = [examples[0][0].shape[-1], width, width, 10]
    rates = torch.as_tensor([2.0**d for d in doublings], device=examples[0][0].device).repeat(networks)[:, None, None]
    weights, multipliers = [], []
    for layer, ((before, after), (a, b)) in enumerate(zip(itertools.pairwise(sizes), exponents, strict=True)):
        spread, scale = ratio**-b / (np.sqrt(base) if layer else 1), 1.0 if layer else 1 / np.sqrt(before)
        drawn = normal(generator, networks, before, after, scale=spread, dtype=np.float32)
        weights.append(torch.as_tensor(drawn, device=rates.device).repeat_interleave(count, dim=0))
        multipliers.append(scale * ratio**-a)
    most = 2 * np.log(sizes[-1])
    for number, (signal, labels) in enumerate(examples, start=1):
        signals = [signal]
        for weight, multiplier in zip(weights, multipliers, strict=True):
            field = (signals[-1] @ weight).mul_(multiplier)
            signals.append(field.relu_() if len(signals) < len(weights) else field)
        losses, back = cross_entropy(signals.pop(), labels.expand(len(rates), -1))
        if number == len(examples):
            break
        for weight, multiplier, below in zip(weights[::-1], multipliers[::-1], signals[::-1], strict=True):
            slope = below.mT @ back
            if below is not signal:
                back = (back @ weight.mT).mul_(multiplier).mul_(below > 0)
            weight.addcmul_(rates, slope, value=-multiplier)
    found: np.ndarray = losses.double().mean(dim=-1).cpu().numpy().reshape(networks, count)
    return np.minimum(np.where(np.isfinite(found), found, most), most)


def _vertex(places: np.ndarray, values: np.ndarray) -> float:
    """Where a parabola through the least value and its neighbours is least, inside of the range."""
    middle = int(np.clip(np.argmin(values), 1, len(values) - 2))
    curve = np.polyfit(places[middle - 1 : middle + 2], values[middle - 1 : middle + 2], 2)
    vertex = -curve[1] / (2 * curve[0]) if curve[0] > 0 else places[int(np.argmin(values))]
    return float(np.clip(vertex, places[middle - 1], places[middle + 1]))
