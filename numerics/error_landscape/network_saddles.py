"""Steps of four methods close to a saddle point of a real network: how they move, and how long they stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.deep_linear.training import orthonormal
from numerics.error_landscape.networks import Net
from numerics.error_landscape.saddle_free import curvature_of
from numerics.measurement import Measurement
from numerics.streams import Stream

METHODS = ("gradient descent", "newton", "damped", "saddle-free")
MAX_STEPS = 20_000


class Saddle:
    """A tanh network with one hidden layer, as many outputs as inputs and no biases, at weights of zero.

    Its examples are white, and their input-output correlation has the given singular values. All weights at zero are a
    critical point; its curvatures, all different from zero, are measured, with their eigenvectors.
    """

    def __init__(self, singular_values: Sequence[float], hidden: int, examples: int, stream: Stream, device: str):
        torch = load_torch()
        self.place: dict[str, Any] = {"dtype": torch.float64, "device": resolve_device(device)}
        generator, count = stream.generator(), len(singular_values)
        inputs = orthonormal(examples, count, generator) * np.sqrt(examples)
        left, right = (orthonormal(count, count, generator) for _ in range(2))
        targets = inputs @ (right * np.asarray(singular_values) @ left.T)
        noise = generator.standard_normal(targets.shape)
        targets = targets + noise - inputs @ (inputs.T @ noise) / examples
        self.net = Net(widths=(count, hidden, count), biases=False, classify=False)
        self.data = torch.as_tensor(inputs[None], **self.place), torch.as_tensor(targets[None], **self.place)
        origin = torch.zeros(1, self.net.size, **self.place)
        at_rest = curvature_of(self.net, origin, *self.data)
        self.curvatures = at_rest.values[0].cpu().numpy()
        self.directions = at_rest.directions[0]

    def starts(self, components: np.ndarray) -> Any:
        """Weights (R, size) with these components (R, size) along the eigenvectors."""
        load = load_torch()
        return load.as_tensor(components, **self.place) @ self.directions.T

    def components(self, weights: Any) -> np.ndarray:
        """Components (R, size) of weights along the eigenvectors."""
        return np.asarray((weights @ self.directions).cpu().numpy())

    def stepped(self, weights: Any, method: str, rate: float, damping: float) -> Any:
        """Weights (R, size) after one step of a method of METHODS."""
        if method == "gradient descent":
            return weights - rate * self.net.gradients(weights[:, None], *self.data)[:, 0]
        return weights + rate * curvature_of(self.net, weights, *self.data).step(method, damping)


def factors_of_steps(
    *,
    singular_values: Sequence[float],
    hidden: int,
    examples: int,
    rate: float,
    damping: float,
    steps: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """What several steps of each method multiply the components along the eigenvectors by, from a start nearby.

    step  the distance of the start from the critical point along every eigenvector, with random signs
    rate, damping  of the methods; gradient descent has no damping
    Values  (methods, curvatures): component after `steps` steps over that before, for METHODS in their order.
    Given: curvatures (in increasing order, along which the axis runs), rate, damping, steps.
    """
    saddle = Saddle(singular_values, hidden, examples, stream.child("network"), device)
    count = len(saddle.curvatures)
    signs = stream.child("start").generator().choice((-1.0, 1.0), size=(1, count))
    rows = []
    for method in METHODS:
        weights = saddle.starts(step * signs)
        for _ in range(steps):
            weights = saddle.stepped(weights, method, rate, damping)
        rows.append(saddle.components(weights)[0] / (step * signs[0]))
    given: dict[str, Any] = {"curvatures": saddle.curvatures, "rate": rate, "damping": damping, "steps": float(steps)}
    return Measurement(values=np.array(rows), axis=saddle.curvatures, given=given, resolution={"step": step})


def steps_to_escape(
    *,
    scales: Sequence[float],
    singular_values: Sequence[float],
    hidden: int,
    examples: int,
    rate: float,
    damping: float,
    share: float,
    methods: Sequence[str] = ("gradient descent", "saddle-free"),
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """How many steps methods take from close to a saddle to a given distance, along its most negative curvature.

    scales  of the singular values: a network for each
    step    the distance at which the plateau ends;  share  of it at which the weights start
    rate, damping  of the methods; gradient descent has no damping
    Values  (methods, scales): steps, with the fraction of the last by the logarithms of distances. Raises ValueError
            where a method does not get there.
    Given: curvatures, the most negative one of each network, rate, damping, start, end.
    """
    found, curvatures = np.empty((len(methods), len(scales))), np.empty(len(scales))
    for column, scale in enumerate(scales):
        values = [scale * value for value in singular_values]
        saddle = Saddle(values, hidden, examples, stream.child("network"), device)
        curvatures[column] = saddle.curvatures[0]
        for row, method in enumerate(methods):
            found[row, column] = _escape(saddle, method, rate, damping, share * step, step)
    given: dict[str, Any] = {
        "curvatures": curvatures,
        "rate": rate,
        "damping": damping,
        "start": share * step,
        "end": step,
    }
    return Measurement(values=found, axis=curvatures, given=given, resolution={"step": step})


def _escape(saddle: Saddle, method: str, rate: float, damping: float, before: float, end: float) -> float:
    """Steps from one distance to the other along the first eigenvector, with the fraction of the last one."""
    start = np.zeros((1, len(saddle.curvatures)))
    start[0, 0] = before
    weights = saddle.starts(start)
    for count in range(MAX_STEPS):
        weights = saddle.stepped(weights, method, rate, damping)
        now = abs(float(saddle.components(weights)[0, 0]))
        if now >= end:
            return count + float(np.log(end / before) / np.log(now / before))
        before = now
    raise ValueError(f"no escape by {method} within {MAX_STEPS} steps")
