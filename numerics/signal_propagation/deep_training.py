"""Deep tanh networks of many initial scales, trained on digits all at once: which of them learn in a given time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.chain_rule import cross_entropy, matmul, tanh_, through_tanh
from numerics.digits import standardised
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

WINDOW = 8  # minibatches over which the accuracy is taken, just before a network learns from them
CLASSES = 10


@dataclass(frozen=True, kw_only=True)
class Training:
    """How every network is trained: stochastic gradient descent on the mean cross-entropy of a minibatch.

    Single precision, as is usual for training.

    width     neurons of every hidden layer; inputs are the pixels and outputs the ten classes
    sigma_b   standard deviation of an initial bias; initial weights have that of sigma_w over the root of their inputs
    batch     examples of a minibatch
    rate      learning rate
    clip      norm at which the gradient of one network is cut off
    """

    width: int
    sigma_b: float
    batch: int = 32
    rate: float = 0.05
    clip: float = 1.0

    def accuracies(
        self,
        *,
        sigma_w: Sequence[float],
        depth: int,
        updates: int,
        replicas: int,
        stream: Stream,
        device: str,
        digits: tuple[np.ndarray, np.ndarray],
    ) -> np.ndarray:
        """Training accuracy, (replicas, S), on the last WINDOW minibatches, each just before it is learnt from.

        Minibatches are drawn with replacement, so that most of their examples have been learnt from before.
        depth  number of weight matrices. Networks of one replica have the same weights but for sigma_w, and meet the
               same minibatches.
        """
        torch = load_torch()
        place = {"dtype": torch.float32, "device": resolve_device(device)}
        images, labels = torch.as_tensor(digits[0], **place), torch.as_tensor(digits[1], device=place["device"])
        generator, kinds = stream.generator(), len(sigma_w)
        scale = torch.tensor(sigma_w, **place)[:, None, None, None]

        def drawn(rows: int, columns: int, scales: Any) -> Any:
            table = torch.as_tensor(normal(generator, replicas, rows, columns, dtype=np.float32), **place)
            return (scales * table).reshape(-1, rows, columns)

        widths = [images.shape[1], *[self.width] * (depth - 1), CLASSES]
        weights = [drawn(a, b, scale / a**0.5) for a, b in itertools.pairwise(widths)]
        biases = [drawn(1, b, self.sigma_b * torch.ones_like(scale)) for b in widths[1:]]
        right = torch.zeros(kinds * replicas, **place)
        for update in range(updates):
            chosen = generator.integers(len(labels), size=(replicas, self.batch))
            rows = torch.as_tensor(chosen, device=place["device"]).repeat(kinds, 1)
            output, gradients = gradients_of(weights, biases, images[rows], labels[rows])
            norms = [torch.linalg.vector_norm(gradient, dim=(1, 2)) for gradient in gradients]
            norm = torch.linalg.vector_norm(torch.stack(norms), dim=0)
            share = -self.rate * torch.clamp(self.clip / norm, max=1.0)[:, None, None]
            for parameter, gradient in zip((*weights, *biases), gradients, strict=True):
                parameter.addcmul_(gradient, share)
            if update >= updates - WINDOW:
                right += (output.argmax(dim=-1) == labels[rows]).double().mean(dim=-1)
        return (right / WINDOW).reshape(kinds, replicas).T.cpu().numpy()


def gradients_of(weights: Sequence[Any], biases: Sequence[Any], images: Any, labels: Any) -> tuple[Any, list[Any]]:
    """Outputs of tanh networks, and gradients of the mean cross-entropy by all weights and then by all biases.

    weights  (networks, N_l, N_(l+1)) each; biases (networks, 1, N_(l+1)); images (networks, examples, N_0); labels
             (networks, examples). By the chain rule, as automatic differentiation of so small matrices takes long.
    """
    layers = [images]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        layers.append(tanh_(matmul(layers[-1], weight).add_(bias)))
    output = matmul(layers[-1], weights[-1]).add_(biases[-1])
    _, back = cross_entropy(output, labels)
    of_weights, of_biases = [], []
    for number in range(len(weights) - 1, -1, -1):
        of_weights.append(matmul(layers[number].mT, back))
        of_biases.append(back.sum(dim=1, keepdim=True))
        if number:
            back = through_tanh(matmul(back, weights[number].mT), layers[number])
    return output, [*reversed(of_weights), *reversed(of_biases)]


def accuracy_by_weight_scale(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
    training: Training,
    sigma_w: Sequence[float],
    depths: Sequence[int],
    updates: int,
) -> Measurement:
    """How much the accuracy of networks of the first depth rises from both ends of sigma_w towards the middle.

    sigma_w   ascending, an odd number of them
    updates   after which the accuracy is measured

    Values (S - 1,): differences of neighbours, the one nearer to the middle first. Given: sigma_w, depths, and mean and
    standard error of the accuracy at each, "accuracy" and "deviation" (depths, S). Raises ValueError for an even number
    of sigma_w, or for no more updates than the accuracy is taken over.
    """
    if len(sigma_w) % 2 == 0 or len(sigma_w) < 3 or updates <= WINDOW:
        raise ValueError(f"needs an odd number of sigma_w from 3 on, and more than {WINDOW} updates")
    digits, found = standardised(data), []
    for depth in depths:
        found.append(
            training.accuracies(
                sigma_w=sigma_w,
                depth=depth,
                updates=updates,
                replicas=replicas,
                stream=stream.child(depth),
                device=device,
                digits=digits,
            )
        )
    rise, middle = np.diff(found[0], axis=1), len(sigma_w) // 2
    samples = np.concatenate([rise[:, :middle], -rise[:, middle:]], axis=1)
    table = np.array(found)
    given = {
        "sigma_w": np.array(sigma_w),
        "depths": np.array(depths, dtype=float),
        "accuracy": table.mean(axis=1),
        "deviation": table.std(axis=1, ddof=1) / np.sqrt(replicas),
        "updates": float(updates),
    }
    return from_replicas(samples, given=given, resolution={"width": training.width, "updates": updates})


def trained_depths(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
    training: Training,
    sigma_w: Sequence[float],
    depths: Sequence[int],
    budgets: tuple[int, int],
    level: float,
) -> Measurement:
    """By how much the depth at which training fails grows from the first number of updates to the second.

    depths   ascending; the depth at which the accuracy falls through `level` is interpolated between them, and it is
             the first or last of them where it lies beyond
    budgets  numbers of updates; each has networks of its own

    Values (S,): the logarithm of the ratio of the two depths. Given: sigma_w, budgets, level; "limit" and "deviation",
    mean and standard error of the depth, (2, S). Raises ValueError for depths that do not ascend, or budgets within
    WINDOW.
    """
    if len(depths) < 2 or any(b <= a for a, b in itertools.pairwise(depths)) or min(budgets) <= WINDOW:
        raise ValueError(f"needs two ascending depths, and more than {WINDOW} updates, not {depths} and {budgets}")
    digits = standardised(data)
    limits = []
    for number, updates in enumerate(budgets):
        accuracy = [
            training.accuracies(
                sigma_w=sigma_w,
                depth=depth,
                updates=updates,
                replicas=replicas,
                device=device,
                digits=digits,
                stream=stream.child(number).child(depth),
            )
            for depth in depths
        ]
        limits.append(_crossing(np.array(accuracy), np.array(depths, dtype=float), level))
    table = np.array(limits)
    given = {
        "sigma_w": np.array(sigma_w),
        "budgets": np.array(budgets, dtype=float),
        "limit": table.mean(axis=1),
        "deviation": table.std(axis=1, ddof=1) / np.sqrt(replicas),
        "level": level,
    }
    return from_replicas(np.log(table[1] / table[0]), given=given, resolution={"width": training.width})


def _crossing(accuracy: np.ndarray, depths: np.ndarray, level: float) -> np.ndarray:
    """Depth at which an accuracy, (depths, replicas, S), first falls below the level: (replicas, S)."""
    below = np.concatenate([accuracy < level, np.ones_like(accuracy[:1], dtype=bool)]).argmax(axis=0)
    last = np.clip(below, 1, len(depths) - 1)
    high = np.take_along_axis(accuracy, last[None] - 1, axis=0)[0]
    low = np.take_along_axis(accuracy, last[None], axis=0)[0]
    share = (high - level) / np.where(high > low, high - low, np.inf)
    found = depths[last - 1] + share * (depths[last] - depths[last - 1])
    return np.where(below == 0, depths[0], np.where(below == len(depths), depths[-1], found))
