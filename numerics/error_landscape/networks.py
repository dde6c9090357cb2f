"""Small fully connected networks as functions of one vector of weights, and the digits that they learn.

Losses, gradients and products with the Hessian are worked out for many networks at once, by the chain rule: automatic
differentiation of so many small matrices takes several times as long. Signals are kept with the examples last.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from numerics.chain_rule import exp_, matmul, softmax, tanh_, through_tanh
from numerics.digits import standardised


@dataclass(frozen=True, kw_only=True)
class Net:
    """A network with tanh between its layers, or without; the loss is the mean over the examples of a batch.

    widths    of inputs, hidden layers and outputs
    linear    without tanh
    biases    whether every layer has them
    classify  True: cross-entropy of a softmax and whole-number labels; False: half the squared error of real targets
    decay     half of it times the squared length of the weights is added to the loss

    There are R replicas with a batch each, inputs (R, P, N_in) with labels (R, P) or targets (R, P, N_out), or with the
    same one where R is 1 there.
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

    def losses(self, weights: Any, inputs: Any, targets: Any) -> Any:
        """The losses (R, K) of K networks with `weights` (R, K, size) over the batch of each replica."""
        return self._losses(weights, self._signals(self._layers(weights), inputs)[-1], targets)

    def losses_and_gradients(self, weights: Any, inputs: Any, targets: Any) -> tuple[Any, Any]:
        """The same, and their gradients (R, K, size)."""
        layers = self._layers(weights)
        signals = self._signals(layers, inputs)
        losses = self._losses(weights, signals[-1], targets)
        return losses, self._backwards(weights, layers, signals, targets)[0]

    def gradients(self, weights: Any, inputs: Any, targets: Any) -> Any:
        """The gradients (R, K, size) alone."""
        layers = self._layers(weights)
        return self._backwards(weights, layers, self._signals(layers, inputs), targets)[0]

    def gradient_and_product(self, weights: Any, inputs: Any, targets: Any) -> tuple[Any, Callable[[Any], Any]]:
        """The gradients (R, size) at `weights` (R, size), and v -> H v for vectors v, (R, K, size).

        A product is the derivative of the gradient along v. Source: Pearlmutter 1994.
        """
        here = weights[:, None]
        layers = self._layers(here)
        signals = self._signals(layers, inputs)
        gradient, slopes, reached = self._backwards(here, layers, signals, targets)
        chances = softmax(signals[-1], -2) if self.classify else None

        def product(vectors: Any) -> Any:
            moving = self._layers(vectors)
            moves = self._moves(layers, moving, signals)
            found, move = self.decay * vectors, _move_of_slope(chances, moves[-1])
            for layer, (matrix, _) in reversed(list(enumerate(layers))):
                by_matrix = _outer(move, signals[layer])
                if layer:
                    by_matrix += _outer(slopes[layer], moves[layer])
                self._add(found, layer, by_matrix, move)
                if layer:
                    move = matmul(matrix.mT, move) + matmul(moving[layer][0].mT, slopes[layer])
                    if not self.linear:
                        move = through_tanh(move, signals[layer])
                        move -= moves[layer] * (2 * signals[layer] * reached[layer])
            return found

        return gradient[:, 0], product

    def _losses(self, weights: Any, outputs: Any, targets: Any) -> Any:
        if self.classify:
            own = outputs.gather(-2, targets[:, None, None].expand(*outputs.shape[:2], 1, -1))[:, :, 0]
            highest = outputs.amax(dim=-2, keepdim=True)
            value = (exp_(outputs - highest).sum(dim=-2).log_() + highest[:, :, 0] - own).mean(dim=-1)
        else:
            value = 0.5 * (outputs - targets[:, None].mT).square().sum(dim=-2).mean(dim=-1)
        return value + 0.5 * self.decay * weights.square().sum(dim=-1)

    def _places(self) -> list[int]:
        """Where the weights of each layer begin, and where they end."""
        return list(itertools.accumulate(((a + self.biases) * b for a, b in pairwise(self.widths)), initial=0))

    def _layers(self, weights: Any) -> list[tuple[Any, Any]]:
        """The matrix (..., N_out, N_in) and the biases (..., N_out, 1) of each layer; None without biases."""
        found = []
        for place, (a, b) in zip(self._places(), pairwise(self.widths), strict=False):
            matrix = weights[..., place : place + a * b].unflatten(-1, (a, b)).mT
            biases = weights[..., place + a * b : place + (a + 1) * b, None] if self.biases else None
            found.append((matrix, biases))
        return found

    def _signals(self, layers: Sequence[tuple[Any, Any]], inputs: Any) -> list[Any]:
        """The inputs and what every layer makes of them, (R, K, neurons, P) each; K is 1 for the inputs."""
        signals = [inputs[:, None].mT]
        for layer, (matrix, biases) in enumerate(layers):
            field = _times(matrix, signals[-1])
            if biases is not None:
                field += biases
            signals.append(field if self.linear or layer + 1 == len(layers) else tanh_(field))
        return signals

    def _backwards(
        self, weights: Any, layers: Sequence[tuple[Any, Any]], signals: Sequence[Any], targets: Any
    ) -> tuple[Any, list[Any], list[Any]]:
        """Gradients by the weights, by the fields of every layer, and by the signals that it receives."""
        found = self.decay * weights
        slope = self._slope_at_the_end(signals[-1], targets)
        slopes: list[Any] = [slope]
        reached: list[Any] = []
        for layer, (matrix, _) in reversed(list(enumerate(layers))):
            self._add(found, layer, _outer(slope, signals[layer]), slope)
            if layer:
                reached.append(matmul(matrix.mT, slope))
                slope = reached[-1] if self.linear else through_tanh(reached[-1], signals[layer])
                slopes.append(slope)
        return found, slopes[::-1], [None, *reached[::-1]]

    def _moves(
        self, layers: Sequence[tuple[Any, Any]], moving: Sequence[tuple[Any, Any]], signals: Sequence[Any]
    ) -> list[Any]:
        """How the signals move where the weights do."""
        moves: list[Any] = [None]
        for layer, ((matrix, _), (towards, shift)) in enumerate(zip(layers, moving, strict=True)):
            move = _times(towards, signals[layer])
            if layer:
                move += matmul(matrix, moves[-1])
            if shift is not None:
                move += shift
            inside = not self.linear and layer + 1 < len(layers)
            moves.append(through_tanh(move, signals[layer + 1]) if inside else move)
        return moves

    def _slope_at_the_end(self, outputs: Any, targets: Any) -> Any:
        """The gradient of the loss by the outputs (R, K, N_out, P)."""
        if not self.classify:
            return (outputs - targets[:, None].mT).div_(outputs.shape[-1])
        slope = softmax(outputs, -2)
        own = targets[:, None, None].expand(*slope.shape[:2], 1, -1)
        slope.scatter_add_(-2, own, slope.new_tensor(-1.0).expand(own.shape))
        return slope.div_(slope.shape[-1])

    def _add(self, found: Any, layer: int, by_matrix: Any, by_field: Any) -> None:
        """Add to weights (R, K, size) those of a layer, (R, K, N_out, N_in), and the sums over examples, its biases."""
        place, (a, b) = self._places()[layer], self.widths[layer : layer + 2]
        found[..., place : place + a * b].unflatten(-1, (a, b)).add_(by_matrix.mT)
        if self.biases:
            found[..., place + a * b : place + (a + 1) * b] += by_field.sum(dim=-1)

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


def _move_of_slope(chances: Any, move: Any) -> Any:
    """How the gradient by the outputs moves with them, (R, K, N_out, P); `chances` of the classes, None for targets."""
    if chances is None:
        return move / move.shape[-1]
    weighted = chances * move
    return weighted.sub_(chances * weighted.sum(dim=-2, keepdim=True)).div_(move.shape[-1])


def _times(matrices: Any, signals: Any) -> Any:
    """Products (R, K, b, P) of matrices (R, K, b, a) with signals (R, K, a, P), K 1 or the same."""
    if signals.shape[1] > 1 or matrices.shape[1] == 1:
        return matmul(matrices, signals)
    return matmul(matrices.flatten(1, 2), signals[:, 0]).unflatten(1, matrices.shape[1:3])


def _outer(slopes: Any, signals: Any) -> Any:
    """Sums (R, K, b, a) over the examples of slopes (R, K, b, P) times signals (R, K, a, P), K 1 or the same."""
    if signals.shape[1] > 1 or slopes.shape[1] == 1:
        return matmul(slopes, signals.mT)
    return matmul(slopes.flatten(1, 2), signals[:, 0].mT).unflatten(1, slopes.shape[1:3])


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
