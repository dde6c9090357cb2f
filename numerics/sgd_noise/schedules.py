"""Training on digits under schedules of learning rate and batch, with updates counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.digits import standardised
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

HELD_OUT = 0.25  # of the digits


def decay_against_growth(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
    hidden: int,
    examples: int,
    batch: int,
    learning_rate: float,
    epochs: tuple[int, ...],
    factor: int,
    growth: int,
) -> Measurement:
    """How near a growing batch comes to a falling learning rate, against leaving both as they are.

    A tanh network with one hidden layer and softmax cross-entropy, trained on so many digits of which no other is seen,
    all replicas side by side, each with digits, weights and orders of its own.

    epochs    lengths of the stages; from each to the next the learning rate is divided by `factor`, or in its stead the
              batch is multiplied by `growth`
    Under the third schedule the batch grows by the root of `growth`, under the fourth nothing changes.

    Values have shape (4,), with logarithms of the mean training loss at the end: half of what decay lies above the
    constant schedule, less what growth lies above decay, and less what it lies below; what decay lies above slow
    growth; and the logarithm of the ratio of the numbers of updates under decay and growth. Given: "loss", "error" and
    "updates" (4,), mean training loss, share of held-out digits that are misread, and numbers of updates, of the four
    schedules; "deviation" (4,), standard errors of the loss.
    """
    if factor < 2 or growth < 1 or len(epochs) < 2 or batch < 1:
        raise ValueError("needs two stages, a factor of two or more, and a batch that does not shrink")
    images, labels = standardised(data)
    generator, held = stream.generator(), int(HELD_OUT * examples)
    order = np.stack([generator.permutation(len(images))[: examples + held] for _ in range(replicas)])
    start = [
        generator.standard_normal((replicas, rows, columns)) / np.sqrt(rows)
        for rows, columns in ((images.shape[1], hidden), (hidden, 10))
    ]
    stages = range(len(epochs))
    schedules = [
        [(learning_rate / factor**k, batch) for k in stages],
        [(learning_rate, batch * growth**k) for k in stages],
        [(learning_rate, round(batch * growth ** (k / 2))) for k in stages],
        [(learning_rate, batch) for _ in stages],
    ]
    task = _Task(images, labels, order, held, device)
    found = [
        task.train(start, [(rate, size, e) for (rate, size), e in zip(pairs, epochs, strict=True)], stream.child(n))
        for n, pairs in enumerate(schedules)
    ]
    losses, errors = (np.array([run[k] for run in found]) for k in (0, 1))
    updates = np.array([run[2] for run in found], dtype=float)
    decay, grown, slow, constant = np.log(losses)
    half = (decay - constant) / 2
    saved = np.full(replicas, np.log(updates[0] / updates[1]))
    return from_replicas(
        np.stack([half - (grown - decay), half + (grown - decay), decay - slow, saved], axis=1),
        given={
            "loss": losses.mean(axis=1),
            "deviation": losses.std(axis=1, ddof=1) / np.sqrt(replicas),
            "error": errors.mean(axis=1),
            "updates": updates,
        },
        resolution={"replicas": float(replicas)},
    )


class _Task:
    """Digits of each replica, and training on them."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, order: np.ndarray, held: int, device: str) -> None:
        self.torch, self.place = load_torch(), resolve_device(device)
        chosen = self.torch.as_tensor(order, device=self.place)
        data = self.torch.as_tensor(images, dtype=self.torch.float32, device=self.place)
        target = self.torch.as_tensor(labels, dtype=self.torch.int64, device=self.place)
        self.seen, self.unseen = chosen[:, :-held], chosen[:, -held:]
        self.data, self.target = data, target

    def losses(self, weights: list, members: Any) -> Any:
        """Mean loss of each replica's members, (replicas,)."""
        logits = self.torch.bmm(self.torch.tanh(self.torch.bmm(self.data[members], weights[0])), weights[1])
        each = self.torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), self.target[members].flatten(), reduction="none"
        )
        return each.reshape(members.shape).mean(dim=1)

    def train(self, start: list, stages: list, stream: Stream) -> tuple[np.ndarray, np.ndarray, int]:
        """(training loss and held-out error of each replica, updates) after stages (learning rate, batch, epochs)."""
        torch, generator, updates = self.torch, stream.generator(), 0
        weights = [torch.as_tensor(w, dtype=torch.float32, device=self.place).requires_grad_() for w in start]
        rows = np.arange(len(self.seen))[:, None]
        for rate, size, epochs in stages:
            for _ in range(epochs):
                count = self.seen.shape[1]
                order = generator.permuted(np.tile(np.arange(count), (len(rows), 1)), axis=1)
                for first in range(0, count - size + 1, size):
                    members = self.seen[rows, order[:, first : first + size]]
                    slopes = torch.autograd.grad(self.losses(weights, members).sum(), weights)
                    with torch.no_grad():
                        for w, slope in zip(weights, slopes, strict=True):
                            w -= rate * slope
                    updates += 1
        with torch.no_grad():
            loss = self.losses(weights, self.seen).cpu().numpy().astype(float)
            logits = torch.bmm(torch.tanh(torch.bmm(self.data[self.unseen], weights[0])), weights[1])
            wrong = (logits.argmax(dim=2) != self.target[self.unseen]).float().mean(dim=1).cpu().numpy()
        return loss, wrong.astype(float), updates
