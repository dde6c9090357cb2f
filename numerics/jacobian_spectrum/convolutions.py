"""Very deep convolutional networks trained on digits, with delta-orthogonal and with Gaussian kernels."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.digits import standardised
from numerics.jacobian_spectrum.learning import CLASSES, WINDOW
from numerics.jacobian_spectrum.products import rotations
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

SHIFTS = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1))  # of a kernel of 3 by 3 places
MIDDLE = SHIFTS.index((0, 0))
BLOCK = 500  # layers whose signals are computed again on the way back, so that memory holds those of one block
STRIDE = 2  # of the first layer, as in the published networks: the others see a quarter of the places


def kernels(count: int, channels: int, gain: float, *, orthogonal: bool, generator: np.random.Generator) -> np.ndarray:
    """Initial kernels, (count, places * inputs, outputs), for 3 by 3 places and as many inputs as outputs.

    Delta-orthogonal: a uniformly random orthogonal matrix in the middle, nothing around it. If not, independent
    Gaussian weights of the same mean square of the output.
    """
    rows = len(SHIFTS) * channels
    if not orthogonal:
        return gain * generator.standard_normal((count, rows, channels)) / np.sqrt(rows)
    found = np.zeros((count, len(SHIFTS), channels, channels))
    found[:, MIDDLE] = gain * rotations(count, channels, generator)
    return found.reshape(count, rows, channels)


@functools.cache
def neighbours(side: int, stride: int) -> np.ndarray:
    """Which places of a torus of side by side each place of a layer sees, place by place: (places * 9,)."""
    corners = [(row, column) for row in range(0, side, stride) for column in range(0, side, stride)]
    return np.array([(row + i) % side * side + (column + j) % side for row, column in corners for i, j in SHIFTS])


@contextlib.contextmanager
def flushed(torch: Any) -> Iterator[None]:
    """Numbers too small for full precision count as zero: signals of thousands of Gaussian layers crawl otherwise."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def gain_in_loss(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
    orthogonal: bool,
    gain: float,
    squared_length: float,
    layers: int,
    channels: int,
    batch: int,
    updates: int,
    constant: float,
    level: float,
) -> Measurement:
    """By how much the loss of deep tanh convolutional networks has fallen below that of a guess, less a level.

    Convolutions are circular, without biases, the first one of stride STRIDE; plain stochastic gradient descent on the
    mean cross-entropy. All networks run at once.
    squared_length  of the first preactivations, per neuron; the read-out is scaled so that its outputs are of order
                    one for signals of this length
    constant        learning rate times the number of layers
    level           of the gain, in nats, that is taken off
    Values    (1,): ln 10 less the cross-entropy of the last WINDOW minibatches, before a network learns from them, less
              the level. Given: layers and "accuracy" on these minibatches.
    """
    torch = load_torch()
    place: dict[str, Any] = {"dtype": torch.float32, "device": resolve_device(device)}
    images, labels = standardised(data)
    side = round(images.shape[1] ** 0.5)
    pictures = torch.as_tensor(images, **place)
    truth = torch.as_tensor(labels, device=place["device"])
    generator = stream.generator()

    def together(tables: np.ndarray) -> Any:
        return torch.as_tensor(tables, **place).requires_grad_()

    root, size = np.sqrt(squared_length), channels * (-(-side // STRIDE)) ** 2
    first = together(root * generator.standard_normal((replicas, len(SHIFTS), channels)) / np.sqrt(len(SHIFTS)))
    hidden = [
        together(kernels(replicas, channels, gain, orthogonal=orthogonal, generator=generator)) for _ in range(layers)
    ]
    last = together(generator.standard_normal((replicas, size, CLASSES)) / (root * np.sqrt(size)))
    parameters = [first, *hidden, last]
    fine, coarse = (
        torch.as_tensor(neighbours(length, stride), device=place["device"])
        for length, stride in ((side, STRIDE), (-(-side // STRIDE), 1))
    )

    def passed(signal: Any, *weights: Any, places: Any) -> Any:
        for weight in weights:
            seen = signal.index_select(2, places).reshape(replicas, -1, weight.shape[1])
            signal = torch.tanh(torch.bmm(seen, weight)).reshape(replicas, batch, -1, channels)
        return signal

    block = functools.partial(passed, places=coarse)
    if layers > BLOCK:
        from torch.utils.checkpoint import checkpoint

        block = functools.partial(checkpoint, block, use_reentrant=False, preserve_rng_state=False)
    right, left = torch.zeros((), **place), torch.zeros(replicas, **place)
    with flushed(torch):
        for update in range(updates):
            chosen = torch.as_tensor(generator.integers(len(labels), size=(replicas, batch)), device=place["device"])
            signal = pictures[chosen].unsqueeze(-1)  # (networks, batch, places, channels)
            signal = passed(signal, first, places=fine)
            for k in range(0, layers, BLOCK):
                signal = block(signal, *hidden[k : k + BLOCK])
            output = torch.bmm(signal.reshape(replicas, batch, size), last)
            losses = torch.nn.functional.cross_entropy(
                output.reshape(-1, CLASSES), truth[chosen].reshape(-1), reduction="none"
            )
            gradients = torch.autograd.grad(losses.sum() / batch, parameters)
            with torch.no_grad():
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.add_(gradient, alpha=-constant / layers)
                if update >= updates - WINDOW:
                    right += (output.argmax(dim=-1) == truth[chosen]).float().mean()
                    left += losses.detach().reshape(replicas, batch).mean(dim=-1)
    gained = np.log(CLASSES) - (left / WINDOW).cpu().numpy().astype(float)
    given = {"layers": float(layers), "accuracy": float(right / WINDOW)}
    return from_replicas(gained[:, None] - level, given=given, resolution={"width": channels, "updates": updates})
