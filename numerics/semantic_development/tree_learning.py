"""Linear networks that learn the items of trees: their starts, their way along the gradient, and when categories part.

Arrays have the replica first; weights are those of one matrix or of two. Time is in the unit of tau.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.deep_linear.training import orthonormal
from numerics.deep_linear.weight_space import slopes
from numerics.semantic_development.trees import Pair
from numerics.stepping import require_order
from numerics.streams import Stream

RUNGE_KUTTA, TOLERANCE = 4, 2e-4  # order of the steps; what half of them may change, of the largest output
TRIED = 28  # steps
COURANT = 0.28  # Runge-Kutta step times the largest singular value; times are off by less than 1e-4 of themselves


def initial_weights(
    targets: np.ndarray, hidden: int, initial: float, balanced: bool, stream: Stream
) -> list[np.ndarray]:
    """First and last weights, (R, hidden, items) and (R, outputs, hidden), for targets (R, outputs, items).

    Balanced: every mode of the targets has the strength `initial` in the map, the same in both layers, along
    orthonormal hidden directions. Otherwise all weights are Gaussian with variance 2 initial / hidden.
    """
    replicas, outputs, items = targets.shape
    generator = stream.child("start").generator()
    if initial <= 0 or hidden < items:
        raise ValueError(f"{hidden} hidden neurons and a start of {initial} do not carry {items} modes")
    if not balanced:
        scale = np.sqrt(2 * initial / hidden)
        return [scale * generator.standard_normal((replicas, *shape)) for shape in ((hidden, items), (outputs, hidden))]
    left, _, right = np.linalg.svd(targets, full_matrices=False)
    frames = np.stack([orthonormal(hidden, items, generator) for _ in range(replicas)])
    return [np.sqrt(initial) * frames, np.sqrt(initial) * left @ right @ np.swapaxes(frames, 1, 2)]


class Learner:
    """Networks of one or two matrices, one a replica, on half the squared error.

    targets   (R, outputs, items); with a `square` (R, N_in, N_in) of the inputs, their products with these
    """

    def __init__(
        self, targets: np.ndarray, weights: Sequence[np.ndarray], device: str, square: np.ndarray | None = None
    ):
        self._torch = load_torch()
        place = {"dtype": self._torch.float64, "device": resolve_device(device)}
        self._targets = self._torch.tensor(targets, **place)
        self._square = None if square is None else self._torch.tensor(square, **place)
        self.weights = [self._torch.tensor(w, **place) for w in weights]

    def output(self, weights: Sequence[Any]) -> Any:
        """What the networks answer to the items, (R, outputs, items)."""
        return weights[0] if len(weights) == 1 else weights[1] @ weights[0]

    def slopes(self, weights: Sequence[Any]) -> list[Any]:
        """Gradient of the loss at weights."""
        return slopes(weights, self._targets, self._square)[1]

    def descended(self, directions: Sequence[Any], size: float) -> list[Any]:
        """Weights moved against directions, times size; the present ones stay as they are."""
        return [self._torch.sub(w, slope, alpha=size) for w, slope in zip(self.weights, directions, strict=True)]

    def euler(self, step: float) -> None:
        """One step of plain gradient descent."""
        self.weights = self.descended(self.slopes(self.weights), step)

    def runge_kutta(self, step: float) -> None:
        """One step of fourth order."""
        mean = last = self.slopes(self.weights)
        for ahead, part in ((0.5, 2.0), (0.5, 2.0), (1.0, 1.0)):
            last = self.slopes(self.descended(last, ahead * step))
            mean = [m.add(slope, alpha=part) for m, slope in zip(mean, last, strict=True)]
        self.weights = self.descended(mean, step / 6)

    def advance(self, time: float, step: float) -> None:
        """Runge-Kutta steps, as many and at most as large as `step`, over a time."""
        count = int(np.ceil(time / step))
        for _ in range(count):
            self.runge_kutta(time / count)


def time_step(targets: np.ndarray) -> float:
    """The step, in the unit of tau, with which networks learn targets (R, properties, items)."""
    return COURANT / float(np.max(np.linalg.norm(targets, ord=2, axis=(1, 2))))


def at_times(
    targets: np.ndarray, start: list[np.ndarray], times: np.ndarray, device: str, finer: float = 1.0
) -> Iterator[tuple]:
    """Weights, one array (R, ...) for each matrix, and outputs, at increasing times in the unit of tau.

    finer  number by which steps are divided, where what is left to learn is followed until it is small
    """
    learner, step, now = Learner(targets, start, device), time_step(targets) / finer, 0.0
    _try_steps(targets, start, step, device)
    if np.any(np.diff(times) <= 0) or times[0] < 0:
        raise ValueError("observation times must be nonnegative and increasing")
    for time in times:
        learner.advance(time - now, step)
        now = time
        yield [w.cpu().numpy() for w in learner.weights], learner.output(learner.weights).cpu().numpy()


def taught(activity: np.ndarray, times: np.ndarray, device: str) -> np.ndarray:
    """Rows of weights from zero that learn to answer 1 to one activity (R, hidden, 1), at increasing times.

    Shape (T, R, 1, hidden); time in the unit of tau, along the gradient of half the squared error.
    """
    square = activity @ np.swapaxes(activity, 1, 2)
    learner = Learner(np.swapaxes(activity, 1, 2), [np.zeros_like(activity).swapaxes(1, 2)], device, square)
    step, found = COURANT / float(np.max(np.sum(activity**2, axis=1))), []
    for time in np.diff(times, prepend=0.0):
        learner.advance(time, step)
        found.append(learner.weights[0].cpu().numpy())
    return np.stack(found)


def descend(targets: np.ndarray, start: list[np.ndarray], step: float, device: str) -> Iterator[np.ndarray]:
    """Outputs under plain gradient descent, before the first and after each update."""
    learner = Learner(targets, start, device)
    while True:
        yield learner.output(learner.weights).cpu().numpy()
        learner.euler(step)


def flow(targets: np.ndarray, start: list[np.ndarray], step: float, device: str) -> Iterator[np.ndarray]:
    """Outputs along the gradient flow, at the start and after each step."""
    learner = Learner(targets, start, device)
    while True:
        yield learner.output(learner.weights).cpu().numpy()
        learner.runge_kutta(step)


def half_times(targets: np.ndarray, start: list[np.ndarray], groups: Sequence, device: str) -> np.ndarray:
    """Times (R, groups) at which the mean squared distance of each group's pairs is a quarter of its last value."""
    step = time_step(targets)
    _try_steps(targets, start, step, device)
    return passages(flow(targets, start, step, device), spread(targets, groups) / 4, groups, step)


def _try_steps(targets: np.ndarray, start: list[np.ndarray], step: float, device: str) -> None:
    """Whether the first replica shows the order of the Runge-Kutta steps."""

    def outputs(size: float) -> np.ndarray:
        every = round(4 * step / size)
        run = flow(targets[:1], [w[:1] for w in start], size, device)
        return np.stack(list(itertools.islice(run, 0, TRIED * every // 4 + 1, every)))

    require_order(outputs, step, order=RUNGE_KUTTA, tolerance=TOLERANCE)


def spread(outputs: np.ndarray, groups: Sequence[Sequence[Pair]]) -> np.ndarray:
    """Mean squared distance between the centroids of the pairs of each group, (R, groups)."""
    rows = []
    for pairs in groups:
        apart = [outputs[:, :, list(a)].mean(axis=2) - outputs[:, :, list(b)].mean(axis=2) for a, b in pairs]
        rows.append(np.mean([np.sum(e**2, axis=1) for e in apart], axis=0))
    return np.stack(rows, axis=1)


def passages(run: Iterator[np.ndarray], goals: np.ndarray, groups: Sequence, step: float) -> np.ndarray:
    """Times at which the spreads along a run pass their goals, by Lagrange's t(log spread) through four points."""
    path: list[np.ndarray] = []
    spare = 2
    for outputs in run:
        path.append(spread(outputs, groups))
        spare -= bool(np.all(path[-1] > goals))
        if not spare:
            break
        if len(path) > 100_000:
            raise ValueError("not all categories are told apart within 100000 steps")
    curves, times = np.log(np.maximum(np.stack(path), 1e-300)), np.empty(goals.shape)
    for place, goal in np.ndenumerate(np.log(goals)):
        curve = curves[(slice(None), *place)]
        first = max(int(np.argmax(curve > goal)) - 2, 0)
        near = curve[first : first + 4]
        gaps = near[:, None] - near
        np.fill_diagonal(gaps, 1)
        factors = np.tile(goal - near, (4, 1))
        np.fill_diagonal(factors, 1)
        times[place] = np.prod(factors / gaps, axis=1) @ (first + np.arange(4)) * step
    return times
