"""Very deep convolutional networks trained on digits, with delta-orthogonal and with Gaussian kernels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.digits import standardised
from numerics.jacobian_spectrum.learning import CLASSES, WINDOW
from numerics.jacobian_spectrum.products import rotation
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

SIDE = 3  # of a kernel
STRIDE = 2  # of the first layer, as in the published networks: the others see a quarter of the places


def kernel(channels: int, gain: float, *, orthogonal: bool, generator: np.random.Generator) -> np.ndarray:
    """An initial kernel, (channels, channels, 3, 3).

    Delta-orthogonal: a uniformly random orthogonal matrix in the middle, nothing around it. If not, independent
    Gaussian weights of the same mean square of the output.
    """
    if not orthogonal:
        return gain * generator.standard_normal((channels, channels, SIDE, SIDE)) / np.sqrt(channels * SIDE**2)
    found = np.zeros((channels, channels, SIDE, SIDE))
    found[:, :, SIDE // 2, SIDE // 2] = gain * rotation(channels, generator)
    return found


def gain_in_loss(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
    orthogonal: bool,
    gain: float,
    layers: int,
    channels: int,
    batch: int,
    updates: int,
    constant: float,
    level: float,
) -> Measurement:
    """By how much the loss of deep tanh convolutional networks has fallen below that of a guess, less a level.

    Convolutions are circular, without biases, the first one of stride STRIDE; plain stochastic gradient descent on the
    mean cross-entropy. All networks run at once as groups of one.
    constant  learning rate times the number of layers
    level     of the gain, in nats, that is taken off
    Values    (1,): ln 10 less the cross-entropy of the last WINDOW minibatches, before a network learns from them, less
              the level. Given: layers and "accuracy" on these minibatches.
    """
    torch = load_torch()
    place: dict[str, Any] = {"dtype": torch.float32, "device": resolve_device(device)}
    images, labels = standardised(data)
    side = round(images.shape[1] ** 0.5)
    pictures = torch.as_tensor(images.reshape(-1, side, side), **place)
    truth = torch.as_tensor(labels, device=place["device"])
    generator = stream.generator()

    def together(tables: list[np.ndarray]) -> Any:
        return torch.as_tensor(np.concatenate(tables), **place).requires_grad_()

    first = together([generator.standard_normal((channels, 1, SIDE, SIDE)) / SIDE for _ in range(replicas)])
    hidden = [
        together([kernel(channels, gain, orthogonal=orthogonal, generator=generator) for _ in range(replicas)])
        for _ in range(layers)
    ]
    size = channels * (side // STRIDE) ** 2
    last = torch.as_tensor(generator.standard_normal((replicas, size, CLASSES)) / np.sqrt(size), **place)
    parameters = [first, *hidden, last.requires_grad_()]
    right, left = torch.zeros((), **place), torch.zeros(replicas, **place)
    for update in range(updates):
        chosen = torch.as_tensor(generator.integers(len(labels), size=(replicas, batch)), device=place["device"])
        signal = pictures[chosen].transpose(0, 1)  # (batch, networks, side, side)
        for number, weight in enumerate(parameters[:-1]):
            padded = torch.nn.functional.pad(signal, (1, 1, 1, 1), mode="circular")
            stride = 1 if number else STRIDE
            signal = torch.tanh(torch.nn.functional.conv2d(padded, weight, stride=stride, groups=replicas))
        flat = signal.reshape(batch, replicas, size).transpose(0, 1)
        output = torch.bmm(flat, parameters[-1])
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
