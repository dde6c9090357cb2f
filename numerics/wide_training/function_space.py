"""Networks of finite width that learn handwritten digits by gradient flow, and what they say of others meanwhile."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from numerics import digits
from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[Any], Any]
CHUNK = 2**18  # entries of one layer's weights, over all networks that are worked on at once


def chosen_digits(classes: tuple[int, int], examples: int, unseen: int, data: Path | None) -> tuple[np.ndarray, ...]:
    """Digits of two classes in turn, (entries, examples + unseen), of one mean square 1, and their labels 1 and -1."""
    images, labels = digits.standardised(data)
    count = examples + unseen
    rows = np.stack([np.flatnonzero(labels == kind)[:count] for kind in classes], axis=1).reshape(-1)[:count]
    found = images[rows] / np.sqrt(np.mean(images[rows] ** 2, axis=1, keepdims=True))
    return found.T, np.where(labels[rows] == classes[0], 1.0, -1.0)


def mean_outputs(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    network: tuple[Function, float, float],
    ratios: Sequence[float],
    classes: tuple[int, int],
    examples: int,
    unseen: int,
    offset: float,
    times: tuple[float, ...],
    step: float,
    batch: int,
    tau: float = 1.0,
    data: Path | None = None,
) -> Measurement:
    """Mean outputs for digits, of random networks that are trained on some of them.

    network    activation (of a tensor), sigma_w, sigma_b; NTK parametrization
    ratios     width of each hidden layer over `width`
    classes    two digits, which are to be 1 and -1; `examples` are learnt, `unseen` are not
    offset     what is added to the output, times the label, and 1, 2 or 3 for the digits in turn
    times      at which outputs are taken; `step` is the longest step of the method of Runge and Kutta, over tau
    batch      pairs of networks of a replica, whose output weights and output biases have opposite signs
    tau        time scale: tau d theta / dt is minus the gradient of half the sum of the squared errors

    Inputs are given by their coordinates in the space that they span: weights across it neither change nor matter.
    Values have shape (examples + unseen, times), averaged over pairs. Given: products (mean products of entries of all
    digits), labels, start (offsets), examples, tau. Raises ValueError where times do not ascend from above 0.
    """
    if list(times) != sorted(times) or times[0] <= 0:
        raise ValueError("times have to ascend, from above zero")
    inputs, labels = chosen_digits(classes, examples, unseen, data)
    coordinates = np.linalg.qr(inputs)[1]
    start = offset * labels * (1.0 + np.arange(len(labels)) % 3)
    targets, found = (labels - start)[:examples], []
    widths = [round(width * ratio) for ratio in ratios]
    flow = Flow(network, widths, coordinates, len(inputs), device)
    most = max(1, CHUNK // (2 * batch * max(a * b for a, b in itertools.pairwise(flow.sizes))))
    for begin in range(0, replicas, most):
        kept = [stream.child(k) for k in range(begin, min(begin + most, replicas))]
        flow.draw([child.generator() for child in kept], batch)
        rows = [flow.outputs() for _ in flow.until(times, step, targets, tau)]  # (times, networks, digits)
        found.append(np.array(rows).reshape(len(times), len(kept), 2 * batch, -1).mean(axis=2))
    samples = np.moveaxis(np.concatenate(found, axis=1), 0, 2)
    return from_replicas(
        samples + start[:, None],
        axis=np.array(times),
        given={
            "products": inputs.T @ inputs / len(inputs),
            "labels": labels,
            "start": start,
            "examples": float(examples),
            "tau": tau,
        },
        resolution={"width": width, "step": step},
    )


class Flow:
    """A batch of networks with several outputs under gradient flow; the first `frozen` layers do not learn.

    By default they come in pairs that differ in the sign of their last layer.
    """

    def __init__(
        self,
        network: tuple[Function, float, float],
        widths: Sequence[int],
        coordinates: np.ndarray,
        inputs: int,
        device: str,
        outputs: int = 1,
        frozen: int = 0,
    ) -> None:
        self.torch, self.device = load_torch(), resolve_device(device)
        self.phi, self.sigma_w, self.sigma_b = network
        self.sizes, self.fixed = [len(coordinates), *widths, outputs], 2 * frozen
        self.scales = [self.sigma_w / math.sqrt(n) for n in (inputs, *widths)]
        self.signal = self.torch.as_tensor(coordinates.astype(np.float32), device=self.device)
        self.parameters: list[Any] = []

    def draw(self, generators: Sequence[np.random.Generator], batch: int, pairs: bool = True) -> None:
        """Draw `batch` pairs of networks with each generator; or single ones."""
        self.parameters = []
        for number, (before, after) in enumerate(itertools.pairwise(self.sizes)):
            sign = -1 if number == len(self.sizes) - 2 else 1
            for size in (before, 1):
                halves = [normal(generator, batch, after, size, dtype=np.float32) for generator in generators]
                drawn = [part for half in halves for part in ((half, sign * half) if pairs else (half,))]
                self.parameters.append(self.torch.as_tensor(np.concatenate(drawn), device=self.device))

    def fields(self, parameters: Sequence[Any], first: int | None = None) -> Any:
        """All outputs of all networks for the first inputs, or all of them, (networks * outputs, inputs)."""
        weight, bias = parameters[-2:]
        below = self.features(parameters[:-2], first)
        return (self.scales[-1] * (weight @ below) + self.sigma_b * bias).flatten(0, 1)

    def features(self, parameters: Sequence[Any], first: int | None = None) -> Any:
        """Activities of the last hidden layer, (networks, neurons, inputs)."""
        signal = self.signal[:, :first]
        for scale, weight, bias in zip(self.scales, parameters[::2], parameters[1::2], strict=False):
            signal = self.phi(scale * (weight @ signal) + self.sigma_b * bias)
        return signal

    def outputs(self) -> np.ndarray:
        """The outputs now."""
        with self.torch.no_grad():
            found: np.ndarray = self.fields(self.parameters).double().cpu().numpy()
        return found

    def slope(self, parameters: Sequence[Any], targets: Any, tau: float) -> list[Any]:
        """Minus the gradient of half the sum of the squared errors, over tau, by what learns."""
        leaves = [p.detach().requires_grad_() for p in parameters[self.fixed :]]
        outputs = self.fields([*parameters[: self.fixed], *leaves], targets.shape[-1])
        return list(self.torch.autograd.grad(outputs, leaves, grad_outputs=(targets - outputs.detach()) / tau))

    def until(self, times: Sequence[float], step: float, targets: np.ndarray, tau: float) -> Any:
        """Move to each of the times in turn, by the method of Runge and Kutta of order 4."""
        wanted, now = self.torch.as_tensor(targets.astype(np.float32), device=self.device), 0.0
        for time in times:
            count = max(1, math.ceil((time - now) / (step * tau) - 1e-9))
            size, now = (time - now) / count, time
            for _ in range(count):
                self.parameters = self._moved(size, wanted, tau)
            yield time

    def _moved(self, size: float, targets: Any, tau: float) -> list[Any]:
        fixed, here = self.parameters[: self.fixed], self.parameters[self.fixed :]
        place, moved = self.parameters, [p.clone() for p in here]
        for share, ahead in ((1, 0.5), (2, 0.5), (2, 1.0), (1, None)):
            slope = self.slope(place, targets, tau)
            for parameter, s in zip(moved, slope, strict=True):
                parameter.add_(s, alpha=share * size / 6)
            if ahead is not None:
                place = [*fixed, *(self.torch.add(p, s, alpha=ahead * size) for p, s in zip(here, slope, strict=True))]
        return [*fixed, *moved]
