"""Full-batch gradient descent on linear networks of any depth and any widths.

The machinery of this chapter's experiments: whitened examples whose input-output correlation has given singular values,
decoupled starts in which each mode has directions of its own in every hidden layer, and the descent itself. One update
shows all P examples once, so with learning rate lambda it advances time by P presentations, and time over the time
constant P / lambda by lambda: `step` is lambda tau, the time of one update in the unit of `tau`.

Gradients come from the correlations of the examples, by products of matrices, or by automatic differentiation of the
error on the examples themselves; both are the same to rounding.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.deep_linear import weight_space
from numerics.streams import Stream

WHITE = 1e-13  # inputs are taken as white if their correlation is the unit matrix to rounding


@dataclass(frozen=True, kw_only=True)
class Task:
    """Examples to learn from.

    inputs   (N_in, P) with inputs @ inputs.T the unit matrix
    outputs  (N_out, P); outputs @ inputs.T = left @ diag(singular_values) @ right.T, the rest is noise
    left     (N_out, K) orthonormal columns;  right  (N_in, K) orthonormal columns
    """

    inputs: np.ndarray
    outputs: np.ndarray
    left: np.ndarray
    right: np.ndarray
    singular_values: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Network:
    """What to train: a linear network, the data that it learns and the strengths of the modes at the start.

    widths           neurons of each layer, first the inputs, last the outputs
    singular_values  of the input-output correlation, (K,)
    strengths        (len(widths) - 1, K): layer l carries mode k with strengths[l, k]
    examples         number P of examples
    Raises ValueError where the numbers do not fit together.
    """

    widths: Sequence[int]
    singular_values: Sequence[float]
    strengths: np.ndarray
    examples: int

    def __post_init__(self) -> None:
        modes = len(self.singular_values)
        if len(self.widths) < 2 or min(self.widths) < modes:
            raise ValueError(f"layers of widths {tuple(self.widths)} do not hold {modes} modes")
        if min(self.singular_values) <= 0:
            raise ValueError("singular values must be positive")
        if np.shape(self.strengths) != (len(self.widths) - 1, modes):
            raise ValueError(f"strengths need the shape {(len(self.widths) - 1, modes)}: matrices, modes")
        if self.examples <= self.widths[0]:
            raise ValueError(f"{self.examples} examples do not span {self.widths[0]} inputs and leave room for noise")

    def task(self, stream: Stream) -> Task:
        """Examples with exactly the given singular values.

        The outputs carry noise that is uncorrelated with the inputs, so that the loss does not vanish at the end.
        """
        generator, values = stream.child("task").generator(), np.asarray(self.singular_values, dtype=float)
        n_in, n_out, modes = self.widths[0], self.widths[-1], len(values)
        inputs = orthonormal(self.examples, n_in, generator).T
        left, right = orthonormal(n_out, modes, generator), orthonormal(n_in, modes, generator)
        noise = generator.standard_normal((n_out, self.examples))
        noise -= noise @ inputs.T @ inputs
        outputs = left * values @ right.T @ inputs + noise
        return Task(inputs=inputs, outputs=outputs, left=left, right=right, singular_values=values)

    def descent(self, *, stream: Stream, device: str, on_examples: bool = False) -> Descent:
        """The network at its decoupled start, between random orthonormal directions in every hidden layer."""
        task, generator = self.task(stream), stream.child("start").generator()
        hidden = [orthonormal(width, len(self.singular_values), generator) for width in self.widths[1:-1]]
        frames = [task.right, *hidden, task.left]
        weights = [frames[k + 1] * strength @ frames[k].T for k, strength in enumerate(self.strengths)]
        return Descent(task=task, weights=weights, device=device, on_examples=on_examples)


class Descent:
    """A linear network under gradient descent. `weights` are the trainable tensors, first layer first.

    on_examples  all P examples pass through the layers, and the error is sent back by automatic differentiation;
                 otherwise gradients come from their correlations, at a cost that does not grow with P
    """

    def __init__(self, *, task: Task, weights: Sequence[np.ndarray], device: str, on_examples: bool = False):
        self.task, self.on_examples = task, on_examples
        self._torch = load_torch()
        place = {"dtype": self._torch.float64, "device": resolve_device(device)}
        arrays = (task.inputs, task.outputs, task.left, task.right)
        self._inputs, self._outputs, self._left, self._right = (self._torch.tensor(a, **place) for a in arrays)
        self._cross, self._square = self._outputs @ self._inputs.mT, self._inputs @ self._inputs.mT
        unit = self._torch.eye(len(self._square), **place)
        self._white = bool(((self._square - unit).abs() < WHITE).all())
        self.weights = [self._torch.tensor(w, **place).requires_grad_() for w in weights]
        self._numbers = [weight.detach() for weight in self.weights]  # the same storage, out of sight of autograd
        seen = [*self._numbers, self._cross, self._square]
        if self._square.device.type == "cpu":  # there NumPy's products of small matrices are faster
            seen = [part.numpy() for part in seen]
        self._arrays, self._data = seen[:-2], (seen[-2], None if self._white else seen[-1])

    def gradients(self) -> tuple[Any, list[Any]]:
        """Input-output map at the present weights, and the loss gradients there; loss = 1/2 sum |y - W x|^2."""
        total, slopes = self._gradients()
        return self._tensor(total), [self._tensor(slope) for slope in slopes]

    def _gradients(self) -> tuple[Any, list[Any]]:
        """The same as arrays on a processor."""
        if not self.on_examples:
            return weight_space.slopes(self._arrays, *self._data)
        activity = self._inputs
        for weight in self.weights:
            activity = weight @ activity
        slopes = self._torch.autograd.grad(activity, self.weights, grad_outputs=activity.detach() - self._outputs)
        total = weight_space.product(self._arrays)
        return total, [slope.numpy() for slope in slopes] if isinstance(total, np.ndarray) else list(slopes)

    def _tensor(self, found: Any) -> Any:
        return self._torch.from_numpy(found) if isinstance(found, np.ndarray) else found

    def loss(self) -> Any:
        """Half the squared error on all examples, differentiable by the weights."""
        total = weight_space.product(self.weights)
        return weight_space.loss(total, self._cross, self._square, (self._outputs**2).sum())

    def curvature(self) -> Callable[[Sequence[Any]], Any]:
        """What multiplies directions (one tensor a matrix) by the Hessian of the loss at the present weights."""
        grad = self._torch.autograd.grad
        slopes = grad(self.loss(), self.weights, create_graph=True)
        return lambda directions: grad(slopes, self.weights, grad_outputs=list(directions), retain_graph=True)

    def shift(self, directions: Sequence[Any], size: float) -> None:
        """Add size times `directions` to the weights, in place."""
        self._torch._foreach_add_(self._numbers, list(directions), alpha=size)

    def place(self, matrices: Sequence[np.ndarray]) -> None:
        """Set the weights to given matrices, in place."""
        for weight, matrix in zip(self._numbers, matrices, strict=True):
            weight.copy_(self._torch.as_tensor(matrix, dtype=weight.dtype, device=weight.device))

    def run(self, learning_rate: float) -> Iterator[Any]:
        """Endless descent; yields the input-output map before the first and after each update."""
        total, gradients = self._gradients()
        while True:
            yield self._tensor(total)
            with np.errstate(over="ignore", invalid="ignore"):  # as PyTorch does
                for weight, gradient in zip(self._arrays, gradients, strict=True):
                    gradient *= learning_rate
                    weight -= gradient
                total, gradients = self._gradients()

    def strengths(self, total: Any) -> np.ndarray:
        """Diagonal of left^T W right, shape (K,): the mode strengths of an input-output map."""
        return np.einsum("ok,ok->k", self.task.left, total.cpu().numpy() @ self.task.right)

    def layer_norms(self) -> np.ndarray:
        """Squared norms of what the first layer carries of each input mode and the last of each output mode, (2, K)."""
        first = ((self._numbers[0] @ self._right) ** 2).sum(dim=0)
        last = ((self._numbers[-1].T @ self._left) ** 2).sum(dim=0)
        return self._torch.stack([first, last]).cpu().numpy()


def orthonormal(rows: int, columns: int, generator: np.random.Generator) -> np.ndarray:
    """A uniformly random (rows, columns) matrix with orthonormal columns. Raises ValueError if too wide."""
    if columns > rows:
        raise ValueError(f"{columns} orthonormal columns do not fit into {rows} dimensions")
    q, r = np.linalg.qr(generator.standard_normal((rows, columns)))
    return q * np.sign(np.diag(r))


def updates_between(times: Sequence[float], step: float) -> list[int]:
    """How many updates lie before each time. Raises ValueError for times off the step grid or not increasing.

    Off the grid a ladder of steps loses its order: the observation itself would shift from rung to rung.
    """
    if step <= 0:
        raise ValueError(f"the step must be positive, not {step}")
    counts = [round(time / step) for time in times]
    off = [float(t) for t, count in zip(times, counts, strict=True) if abs(t - count * step) > 1e-9 * max(1.0, abs(t))]
    if off:
        raise ValueError(f"observation times {off[:3]} do not lie on the grid of steps {step}")
    if counts[0] < 0 or any(b <= a for a, b in itertools.pairwise(counts)):
        raise ValueError("observation times must be nonnegative and increasing")
    return counts
