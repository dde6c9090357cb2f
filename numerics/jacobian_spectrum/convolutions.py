"""Very deep convolutional networks trained on digits, with delta-orthogonal and with Gaussian kernels.

Gradients follow from the chain rule, layer by layer, and each kernel learns as soon as its gradient is known: behind
ten thousand layers of a few channels automatic differentiation takes six times as long, and four times the memory.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from numerics.backend import load_torch
from numerics.digits import standardised
from numerics.jacobian_spectrum.learning import CLASSES, WINDOW
from numerics.jacobian_spectrum.products import rotations
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

SHIFTS = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1))  # of a kernel of 3 by 3 places
MIDDLE = SHIFTS.index((0, 0))
STRIDE = 2  # of the first layer, as in the published networks: the others see a quarter of the places


def kernels(count: int, channels: int, gain: float, *, orthogonal: bool, generator: np.random.Generator) -> np.ndarray:
    """Initial kernels, (count, inputs, outputs, places), for 3 by 3 places and as many inputs as outputs.

    Delta-orthogonal: a uniformly random orthogonal matrix in the middle, nothing around it. If not, independent
    Gaussian weights of the same mean square of the output.
    """
    if orthogonal:
        found = np.zeros((count, len(SHIFTS), channels, channels))
        found[:, MIDDLE] = gain * rotations(count, channels, generator)
    else:
        rows = len(SHIFTS) * channels
        found = gain * generator.standard_normal((count, len(SHIFTS), channels, channels)) / np.sqrt(rows)
    return np.moveaxis(found, 1, 3)


@functools.cache
def neighbours(side: int, stride: int) -> np.ndarray:
    """Which places of a torus of side by side the places of a layer see, shift by shift: (9 * places,)."""
    corners = [(row, column) for row in range(0, side, stride) for column in range(0, side, stride)]
    return np.array([(row + i) % side * side + (column + j) % side for i, j in SHIFTS for row, column in corners])


def seen(signal: np.ndarray, places: np.ndarray) -> np.ndarray:
    """A signal (networks, channels, places, batch) as a layer sees it, (networks, channels * 9, places * batch)."""
    networks, channels = signal.shape[:2]
    return np.take(signal, places, axis=2).reshape(networks, channels * len(SHIFTS), -1)


class Chain:
    """Hidden tanh layers of many networks side by side, circular convolutions without biases, in single precision.

    weights  (layers, networks, inputs, outputs, 9), trained in place
    places   a layer's `neighbours`
    """

    def __init__(self, weights: np.ndarray, places: np.ndarray) -> None:
        self._weights, self._places = weights, places
        self._opposite = places.reshape(len(SHIFTS), -1)[::-1].reshape(-1)  # who sees a place
        self._signals: list[np.ndarray] = []

    def forward(self, signal: np.ndarray) -> np.ndarray:
        """The signal behind all layers, (networks, channels, places, batch) as the one before them."""
        self._signals = [signal]
        for kernel in self._weights:
            of_outputs = kernel.swapaxes(1, 2).reshape(*kernel.shape[:2], -1)
            signal = np.tanh(of_outputs @ seen(signal, self._places)).reshape(signal.shape)
            self._signals.append(signal)
        return signal

    def learn(self, gradient: np.ndarray, rate: float) -> np.ndarray:
        """A step of descent of every kernel, from the gradient by the last signal; returns that by the first one."""
        signal = self._signals.pop()
        for kernel in self._weights[::-1]:
            back = seen(gradient * (1 - signal**2), self._opposite)
            signal = self._signals.pop()
            of_inputs = kernel.reshape(*kernel.shape[:2], -1)
            gradient = (of_inputs @ back).reshape(signal.shape)
            of_inputs -= rate * (signal.reshape(*kernel.shape[:2], -1) @ back.swapaxes(1, 2))
        return gradient


@contextlib.contextmanager
def flushed() -> Iterator[None]:
    """Numbers too small for full precision count as zero: signals of thousands of Gaussian layers crawl otherwise.

    PyTorch sets this for the thread, and so for NumPy.
    """
    torch = load_torch()
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
    mean cross-entropy. All networks run at once. `device` is unused.
    squared_length  of the first preactivations, per neuron; the read-out is scaled so that its outputs are of order
                    one for signals of this length
    constant        learning rate times the number of layers
    level           of the gain, in nats, that is taken off
    Values    (1,): ln 10 less the cross-entropy of the last WINDOW minibatches, before a network learns from them, less
              the level. Given: layers and "accuracy" on these minibatches.
    """
    images, labels = standardised(data)
    side = round(images.shape[1] ** 0.5)
    short = -(-side // STRIDE)
    generator, rate = stream.generator(), constant / layers
    root, size = np.sqrt(squared_length), channels * short**2
    first = root * generator.standard_normal((replicas, len(SHIFTS), channels)) / np.sqrt(len(SHIFTS))
    first = first.swapaxes(1, 2).astype(np.float32)
    hidden = np.empty((layers, replicas, channels, channels, len(SHIFTS)), dtype=np.float32)
    for layer in hidden:
        layer[:] = kernels(replicas, channels, gain, orthogonal=orthogonal, generator=generator)
    last = generator.standard_normal((replicas, short**2, channels, CLASSES)) / (root * np.sqrt(size))
    last = last.swapaxes(1, 2).reshape(replicas, size, CLASSES).astype(np.float32)
    chain, fine = Chain(hidden, neighbours(short, 1)), neighbours(side, STRIDE)
    right, left = 0.0, np.zeros(replicas)
    with flushed():
        for update in range(updates):
            chosen = generator.integers(len(labels), size=(replicas, batch))
            pictures = images[chosen].astype(np.float32).swapaxes(1, 2)[:, None]  # (networks, 1, places, batch)
            before = seen(pictures, fine)
            start = np.tanh(first @ before).reshape(replicas, channels, -1, batch)
            signal = chain.forward(start).reshape(replicas, size, batch)
            outputs = last.swapaxes(1, 2) @ signal  # (networks, classes, batch)
            losses, slopes = cross_entropy(outputs, labels[chosen])
            back = (last @ slopes).reshape(start.shape)
            last -= rate * (signal @ slopes.swapaxes(1, 2))
            back = chain.learn(back, rate) * (1 - start**2)
            first -= rate * (back.reshape(replicas, channels, -1) @ before.swapaxes(1, 2))
            if update >= updates - WINDOW:
                right += float(np.mean(outputs.argmax(axis=1) == labels[chosen]))
                left += losses.mean(axis=1)
    given = {"layers": float(layers), "accuracy": right / WINDOW}
    gained = np.log(CLASSES) - left / WINDOW
    return from_replicas(gained[:, None] - level, given=given, resolution={"width": channels, "updates": updates})


def cross_entropy(outputs: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Losses of examples, (networks, batch), and the gradient of their mean by the outputs (networks, classes, batch).

    truth  the right classes, (networks, batch)
    """
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    chances = np.exp(shifted)
    totals = chances.sum(axis=1, keepdims=True)
    chosen = np.expand_dims(truth, 1)
    losses = (np.log(totals) - np.take_along_axis(shifted, chosen, axis=1))[:, 0]
    slopes = chances / totals
    np.put_along_axis(slopes, chosen, np.take_along_axis(slopes, chosen, axis=1) - 1, axis=1)
    return losses, slopes / truth.shape[1]
