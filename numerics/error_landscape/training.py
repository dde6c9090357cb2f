"""Small networks trained on digits by several methods from the same weights on the same minibatches."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.error_landscape.networks import Net, minibatches, principal_digits
from numerics.error_landscape.saddle_free import best_step, curvature_of, step
from numerics.error_landscape.sum_of_functions import SumOfFunctions
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

CLASSES = 10
AT_REST = 1e-6  # of a weight in the last step to a minimum, beyond which the loss changes by rounding only
DAMPINGS = (1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class Course:
    """How networks are trained.

    components  principal components of the digits that they see
    hidden      neurons of the hidden layer; 0 for none, which makes the loss convex
    spread      of the weights at the start, over the root of the inputs
    examples    in the training set of each replica;  batch  in a minibatch
    passes      through the training set
    rates       learning rates of gradient descent, of which the best counts
    order       of the Krylov space of saddle-free steps; None for the whole Hessian
    decay       of the weights, as of `Net`
    """

    components: int
    hidden: int
    spread: float
    examples: int
    batch: int
    passes: int
    rates: tuple[float, ...]
    order: int | None
    decay: float = 0.0

    @property
    def net(self) -> Net:
        """The network."""
        return Net(widths=(self.components, *([self.hidden] if self.hidden else []), CLASSES), decay=self.decay)


class Class:
    """Replicas that learn side by side: each has a training set, weights and an order of minibatches of its own."""

    def __init__(self, course: Course, replicas: int, stream: Stream, device: str, data: Path | None):
        torch = load_torch()
        self.course, self.net, self.replicas = course, course.net, replicas
        place: dict[str, Any] = {"dtype": torch.float64, "device": resolve_device(device)}
        pixels, labels = principal_digits(course.components, data)
        generator = stream.generator()
        rows = np.stack([generator.permutation(len(labels))[: course.examples] for _ in range(replicas)])
        self.inputs = torch.as_tensor(pixels[rows], **place)
        self.labels = torch.as_tensor(labels[rows], device=place["device"])
        self.start = torch.as_tensor(self.net.start(course.spread, replicas, generator), **place)
        orders = [minibatches(course.examples, course.batch, course.passes, generator) for _ in range(replicas)]
        self.orders = torch.as_tensor(np.stack(orders, axis=1), device=place["device"])  # (updates, replicas, batch)

    @property
    def whole(self) -> tuple[Any, Any]:
        """All examples."""
        return self.inputs, self.labels

    @functools.cached_property
    def batches(self) -> list[tuple[Any, Any]]:
        """The minibatches in their order, each with a leading axis of replicas."""
        rows = load_torch().arange(self.replicas, device=self.orders.device)[:, None]
        chosen = self.orders + rows * self.course.examples  # of the examples of all replicas
        inputs, labels = self.inputs.flatten(0, 1), self.labels.flatten()
        return [(inputs[own], labels[own]) for own in chosen]

    def losses(self, weights: Any) -> np.ndarray:
        """The loss over all examples, (replicas,)."""
        found = self.net.losses(weights[:, None], *self.whole)[:, 0]
        return np.asarray(load_torch().nan_to_num(found, nan=1e3, posinf=1e3).cpu().numpy())

    def descended(self, weights: Any, rates: Sequence[float], times: int = 1) -> Any:
        """Weights (rates, replicas, size) after stochastic gradient descent over the minibatches, `times` over.

        Single precision, as is usual for training.
        """
        single = load_torch().float32
        each = load_torch().as_tensor(rates, dtype=single, device=weights.device)[:, None]
        batches = [(inputs.to(single), labels) for inputs, labels in self.batches]
        found = weights.to(single)[:, None].expand(-1, len(rates), -1)
        for _ in range(times):
            for batch in batches:
                found = found - each * self.net.gradients(found, *batch)
        return found.transpose(0, 1).to(weights.dtype)

    def best_descended(self, weights: Any, times: int = 1) -> tuple[Any, float]:
        """The same at the learning rate that leaves the smallest mean logarithm of the loss, and this rate."""
        found = self.descended(weights, self.course.rates, times)
        best = int(np.argmin([np.log(self.losses(end)).mean() for end in found]))
        return found[best], self.course.rates[best]

    def stepped(self, weights: Any, rule: str, order: int | None = None) -> Any:
        """Weights after steps of a rule of curvature over the minibatches, each at its best damping."""
        for batch in self.batches:
            weights = weights + best_step(self.net, weights, *batch, rule=rule, dampings=DAMPINGS, order=order)
        return weights

    def summed(self, replica: int, generator: np.random.Generator) -> Any:
        """Weights (1, size) of one replica after the sum-of-functions optimizer has seen as many minibatches.

        Its subfunctions are the losses of parts of the training set, each of the size of a minibatch.
        """
        torch = load_torch()
        parts = generator.permutation(self.course.examples).reshape(-1, self.course.batch)
        data = [(self.inputs[[replica], part][None], self.labels[[replica], part][None]) for part in parts]

        def evaluate(weights: np.ndarray, number: int) -> tuple[float, np.ndarray]:
            place = torch.as_tensor(weights, device=self.inputs.device)[None, None]
            value, slope = self.net.losses_and_gradients(place, *data[number])
            return float(value), slope[0, 0].cpu().numpy()

        optimizer = SumOfFunctions(evaluate, self.start[replica].cpu().numpy(), len(parts), generator)
        while optimizer.evaluations < len(self.orders):
            optimizer.step()
        return torch.as_tensor(optimizer.accepted, device=self.inputs.device)[None]

    def newton(self, weights: Any, steps: int) -> Any:
        """Weights after steps of Newton's method on all examples."""
        for _ in range(steps):
            weights = weights + step(self.net, weights, *self.whole, rule="newton")
        return weights


def saddle_free_lead(
    *,
    courses: Sequence[Course],
    times: int = 1,
    growth: bool = False,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
) -> Measurement:
    """By how much saddle-free Newton is ahead of gradient descent after the same minibatches, for several networks.

    times   how often gradient descent goes over the minibatches, for once of saddle-free Newton
    growth  whether it is measured by how much the last network is ahead of the first instead
    Values (courses,), or (1,): logarithm of the loss of stochastic gradient descent over that of saddle-free Newton,
    over all examples, mean over `replicas`. Given: weights (courses,), rates, the best learning rates, and loss
    (2, courses), mean losses of gradient descent and of saddle-free Newton.
    """
    rows, rates, means = [], [], []
    for number, course in enumerate(courses):
        learners = Class(course, replicas, stream.child(number), device, data)
        descended, rate = learners.best_descended(learners.start, times)
        slow = learners.losses(descended)
        fast = learners.losses(learners.stepped(learners.start, "saddle-free", course.order))
        rows.append(np.log(slow / fast))
        rates.append(rate)
        means.append([slow.mean(), fast.mean()])
    given = {
        "weights": np.array([float(course.net.size) for course in courses]),
        "rates": np.array(rates),
        "loss": np.transpose(means),
    }
    samples = (rows[-1] - rows[0])[:, None] if growth else np.stack(rows, axis=1)
    return from_replicas(samples, given=given)


def newton_trap(
    *, course: Course, steps: int, replicas: int, stream: Stream, device: str, data: Path | None
) -> Measurement:
    """Where Newton's method ends from small weights, and where damped and saddle-free Newton get from there on.

    Values (4,): the part of the loss after `steps` of Newton's method on all examples by which that of saddle-free
    Newton over the course is smaller; how negative the lowest curvature is where Newton's method ends, as a part of the
    largest one there; the logarithm of the loss of damped over that of saddle-free Newton; and, after a course of
    gradient descent, the logarithm of the loss after another one over that after one of saddle-free Newton. Mean over
    `replicas`. Given: gradient, the largest one where Newton's method ends, and loss (5,), means of Newton's, damped,
    saddle-free Newton, of two courses of descent, and of the last. The first two have no heavy tail where Newton's
    method has gone far off.
    """
    learners = Class(course, replicas, stream, device, data)
    end = learners.newton(learners.start, steps)
    at_end = curvature_of(learners.net, end, *learners.whole)
    descended, rate = learners.best_descended(learners.start)
    ends = (
        end,
        learners.stepped(learners.start, "damped"),
        learners.stepped(learners.start, "saddle-free"),
        learners.descended(descended, [rate])[0],
        learners.stepped(descended, "saddle-free"),
    )
    stuck, damped, free, further, switched = map(learners.losses, ends)
    given = {
        "gradient": float(at_end.gradient.abs().max()),
        "loss": np.array([loss.mean() for loss in (stuck, damped, free, further, switched)]),
    }
    curvatures = at_end.values.cpu().numpy()
    negative = -curvatures[:, 0] / np.abs(curvatures).max(axis=1)
    found = [1 - free / stuck, negative, np.log(damped / free), np.log(further / switched)]
    return from_replicas(np.stack(found, axis=1), given=given)


def sum_of_functions_lead(
    *, courses: Sequence[Course], steps: int, replicas: int, stream: Stream, device: str, data: Path | None
) -> Measurement:
    """By how much the sum-of-functions optimizer is ahead of gradient descent after as many minibatches.

    steps  of saddle-free Newton's method on all examples, by which the minimum of a convex loss is found
    Values (courses,): logarithm of the loss of stochastic gradient descent over that of the optimizer, over all
    examples; for a network without hidden layer, whose loss is convex, both are less the loss at the minimum. Mean
    over `replicas`. Given: rates, the best learning rates of descent, and loss (3, courses): means of descent, of the
    optimizer, and of the minimum (0 where it is not known). Raises ValueError where the minimum is not found.
    """
    torch, rows, rates, means = load_torch(), [], [], []
    for number, course in enumerate(courses):
        child = stream.child(number)
        learners = Class(course, replicas, child, device, data)
        lowest = np.zeros(replicas)
        if not course.hidden:
            weights = learners.start
            for _ in range(steps):
                move = best_step(learners.net, weights, *learners.whole, rule="saddle-free", dampings=(0.0, *DAMPINGS))
                weights = weights + move
                if float(move.abs().max()) < AT_REST:
                    break
            else:
                raise ValueError(f"the minimum is not found in {steps} steps")
            lowest = learners.losses(weights)
        descended, rate = learners.best_descended(learners.start)
        found = [learners.summed(k, child.child(k).child("subfunctions").generator()) for k in range(replicas)]
        slow, fast = (learners.losses(end) for end in (descended, torch.cat(found)))
        rows.append(np.log((slow - lowest) / (fast - lowest)))
        rates.append(rate)
        means.append([slow.mean(), fast.mean(), lowest.mean()])
    given = {"rates": np.array(rates), "loss": np.transpose(means)}
    return from_replicas(np.stack(rows, axis=1), given=given)


def sum_of_functions_in_networks(
    *, course: Course, replicas: int, stream: Stream, device: str, data: Path | None
) -> Measurement:
    """By how much the sum-of-functions optimizer is ahead of gradient descent, and of saddle-free Newton, in a network.

    All see as many minibatches of one size: descent and saddle-free Newton the same ones, shuffled before each pass;
    the optimizer's subfunctions stay. Values (2,): logarithm of the loss over all examples of stochastic gradient
    descent, and of saddle-free Newton, over that of the optimizer. Mean over `replicas`. Given: rate, the best learning
    rate of descent, and loss (3,): means of descent, saddle-free Newton and the optimizer.
    """
    learners = Class(course, replicas, stream, device, data)
    descended, rate = learners.best_descended(learners.start)
    found = [learners.summed(k, stream.child(k).child("subfunctions").generator()) for k in range(replicas)]
    ends = (descended, learners.stepped(learners.start, "saddle-free", course.order), load_torch().cat(found))
    slow, free, summed = map(learners.losses, ends)
    given = {"rate": rate, "loss": np.array([loss.mean() for loss in (slow, free, summed)])}
    return from_replicas(np.stack([np.log(slow / summed), np.log(free / summed)], axis=1), given=given)
