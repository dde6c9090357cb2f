"""Small fully connected networks as functions of one vector of weights, and the digits that they learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from numerics.backend import load_torch
from numerics.digits import standardised


@dataclass(frozen=True, kw_only=True)
class Net:
    """A network with tanh between its layers, or without; the loss is the mean over the examples of a batch.

    widths    of inputs, hidden layers and outputs
    linear    without tanh
    biases    whether every layer has them
    classify  True: cross-entropy of a softmax and whole-number labels; False: half the squared error of real targets
    decay     half of it times the squared length of the weights is added to the loss
    """

    widths: tuple[int, ...]
    linear: bool = False
    biases: bool = True
    classify: bool = True
    decay: float = 0.0

    @property
    def size(self) -> int:
        """The number of weights."""
        return sum((a + self.biases) * b for a, b in pairwise(self.widths))

    def outputs(self, weights: Any, inputs: Any) -> Any:
        """Outputs (P, N_out) of one network with `weights` (size,) for inputs (P, N_in)."""
        torch, place, signal = load_torch(), 0, inputs
        for layer, (a, b) in enumerate(pairwise(self.widths)):
            signal = signal @ weights[place : place + a * b].reshape(a, b)
            place += a * b
            if self.biases:
                signal = signal + weights[place : place + b]
                place += b
            if not self.linear and layer + 2 < len(self.widths):
                signal = torch.tanh(signal)
        return signal

    def loss(self, weights: Any, inputs: Any, targets: Any) -> Any:
        """The loss of one network over a batch of inputs (P, N_in) with labels (P,) or targets (P, N_out)."""
        torch = load_torch()
        found = self.outputs(weights, inputs)
        if self.classify:
            own = found.gather(-1, targets[:, None])[:, 0]
            value = (torch.logsumexp(found, dim=-1) - own).mean()
        else:
            value = 0.5 * (found - targets).square().sum(dim=-1).mean()
        return value + 0.5 * self.decay * weights.square().sum()

    def start(self, spread: float, count: int, generator: np.random.Generator) -> np.ndarray:
        """`count` weight vectors (count, size): Gaussian of standard deviation `spread` over the root of the inputs."""
        drawn = generator.standard_normal((count, self.size))
        place = 0
        for a, b in pairwise(self.widths):
            drawn[:, place : place + a * b] *= spread / np.sqrt(a)
            place += a * b
            if self.biases:
                drawn[:, place : place + b] *= 0
                place += b
        return drawn


def principal_digits(components: int, data: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """The digits in their leading principal components, each of variance 1, (P, components), and their labels (P,).

    Raises ValueError for more components than the digits have.
    """
    images, labels = standardised(data)
    values, directions = np.linalg.eigh(images.T @ images / len(images))
    kept = values[::-1][:components]
    if len(kept) < components or kept[-1] < 1e-9 * kept[0]:
        raise ValueError(f"the digits have no {components} principal components")
    return images @ directions[:, ::-1][:, :components] / np.sqrt(kept), labels


def minibatches(examples: int, batch: int, passes: int, generator: np.random.Generator) -> Sequence[np.ndarray]:
    """Indices of the examples of every minibatch of several passes, shuffled before each."""
    order = [generator.permutation(examples)[: examples // batch * batch].reshape(-1, batch) for _ in range(passes)]
    return list(np.concatenate(order))
