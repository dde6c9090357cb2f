"""Training on digits under schedules of learning rate and batch, with updates counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.chain_rule import cross_entropy, descend
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
    Under the third schedule the batch grows by the root of `growth`, under the fourth nothing changes, and under the
    fifth the learning rate is from the start what decay ends with.

    Values have shape (5,), with logarithms of the mean training loss at the end: half of what decay lies above the
    constant schedule, less what growth lies above decay, and less what it lies below; what decay lies above slow
    growth; what the small learning rate lies above decay; and the logarithm of the ratio of the numbers of updates
    under decay and growth. Given: "loss", "error" and "updates" (5,), mean training loss, share of held-out digits that
    are misread, and numbers of updates, of the five schedules; "deviation" (5,), standard errors of the loss.
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
        [(learning_rate / factor ** (len(epochs) - 1), batch) for _ in stages],
    ]
    losses, errors = (np.empty((len(schedules), replicas)) for _ in range(2))
    updates = np.empty(len(schedules))
    alike: dict[tuple[int, ...], list[int]] = {}  # schedules by their batches: those with the same ones run together
    for number, schedule in enumerate(schedules):
        alike.setdefault(tuple(size for _, size in schedule), []).append(number)
    for sizes, numbers in alike.items():
        task = _Task(images, labels, np.tile(order, (len(numbers), 1)), held, device)
        rates = [np.repeat([schedules[n][k][0] for n in numbers], replicas) for k in stages]
        weights, updates[numbers] = task.train(
            [np.tile(w, (len(numbers), 1, 1)) for w in start],
            list(zip(rates, sizes, epochs, strict=True)),
            stream.child(numbers[0]),
        )
        losses[numbers] = task.loss(weights).reshape(len(numbers), replicas)
        errors[numbers] = task.misread(weights).reshape(len(numbers), replicas)
    decay, grown, slow, constant, small = np.log(losses)
    half = (decay - constant) / 2
    saved = np.full(replicas, np.log(updates[0] / updates[1]))
    return from_replicas(
        np.stack([half - (grown - decay), half + (grown - decay), decay - slow, small - decay, saved], axis=1),
        given={
            "loss": losses.mean(axis=1),
            "deviation": losses.std(axis=1, ddof=1) / np.sqrt(replicas),
            "error": errors.mean(axis=1),
            "updates": updates,
        },
        resolution={"replicas": float(replicas)},
    )


def gap_by_width(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
    widths: tuple[int, ...],
    examples: int,
    batch: int,
    learning_rate: float,
    epochs: int,
    on_seen: bool = False,
) -> Measurement:
    """Errors on digits seen and not seen, of tanh networks of growing width with one hidden layer.

    examples   that each replica is trained on; as many others are held out
    on_seen    the error is taken on the digits of the training instead of others

    An error is the mean probability that is given to wrong labels. Values have shape (1 + widths,): by how much the
    training error of the widest is below one in twenty; what its error on the others exceeds its training error by; and
    how much that error falls with each step in width. Given: "widths", and "error", "seen" and "deviation" (widths,):
    mean error on the others and on the training set, and the standard error of the former.
    """
    if len(widths) < 2 or batch > examples:
        raise ValueError(f"needs two widths, and a batch within the {examples} examples")
    images, labels = standardised(data)
    generator = stream.generator()
    order = np.stack([generator.permutation(len(images))[: 2 * examples] for _ in range(replicas)])
    task, others, own = _Task(images, labels, order, examples, device), [], []
    for number, width in enumerate(widths):
        start = [
            generator.standard_normal((replicas, rows, columns)) / np.sqrt(rows)
            for rows, columns in ((images.shape[1], width), (width, 10))
        ]
        weights, _ = task.train(start, [(learning_rate, batch, epochs)], stream.child(number))
        own.append(task.doubt(weights, task.seen))
        others.append(own[-1] if on_seen else task.doubt(weights, task.unseen))
    error, trained = np.array(others), np.array(own)
    falls = [error[k] - error[k + 1] for k in range(len(widths) - 1)]
    return from_replicas(
        np.stack([0.05 - trained[-1], error[-1] - trained[-1], *falls], axis=1),
        given={
            "widths": np.asarray(widths, dtype=float),
            "error": error.mean(axis=1),
            "seen": trained.mean(axis=1),
            "deviation": error.std(axis=1, ddof=1) / np.sqrt(replicas),
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

    def logits(self, weights: list, members: Any) -> Any:
        """Logits of each replica for its members, (replicas, members, labels)."""
        return self.torch.bmm(self.torch.tanh(self.torch.bmm(self.data[members], weights[0])), weights[1])

    def loss(self, weights: list) -> np.ndarray:
        """Mean loss on each replica's training set, (replicas,)."""
        found, _ = cross_entropy(self.logits(weights, self.seen), self.target[self.seen])
        return found.mean(dim=1).cpu().numpy().astype(float)

    def misread(self, weights: list) -> np.ndarray:
        """Share of each replica's held-out digits that are misread, (replicas,)."""
        wrong = self.logits(weights, self.unseen).argmax(dim=2) != self.target[self.unseen]
        return wrong.float().mean(dim=1).cpu().numpy().astype(float)

    def doubt(self, weights: list, members: Any) -> np.ndarray:
        """Mean probability that a replica gives to wrong labels of its members, (replicas,)."""
        chances = self.torch.softmax(self.logits(weights, members), dim=2)
        right = chances.gather(2, self.target[members][..., None])[..., 0]
        return 1 - right.mean(dim=1).cpu().numpy().astype(float)

    def train(self, start: list, stages: list, stream: Stream) -> tuple[list, int]:
        """Weights after stages (learning rate, or one for each replica; batch; epochs), and the number of updates."""
        torch, generator, updates = self.torch, stream.generator(), 0
        weights = [torch.as_tensor(w, dtype=torch.float32, device=self.place) for w in start]
        rows = np.arange(len(self.seen))[:, None]
        for rates, size, epochs in stages:
            step = -torch.as_tensor(rates, dtype=torch.float32, device=self.place).reshape(-1, 1, 1)
            for _ in range(epochs):
                count = self.seen.shape[1]
                order = generator.permuted(np.tile(np.arange(count), (len(rows), 1)), axis=1)
                for first in range(0, count - size + 1, size):
                    members = self.seen[rows, order[:, first : first + size]]
                    descend(weights, self.data[members], self.target[members], step, activation="tanh")
                    updates += 1
        return weights, updates
