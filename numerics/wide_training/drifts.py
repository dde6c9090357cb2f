"""How fast tangent kernels of networks with one hidden layer change, at the start of training and until its end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[Any], Any]
INPUTS = 5


def third_kernels(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[tuple[Function, float, float, float]],
    widths: Sequence[int],
    batch: int,
) -> Measurement:
    """What a kernel changes by per error, times the output, and squared; averages over random networks.

    networks   activation (of a tensor), sigma_w, sigma_b, mean square of the entries of the input
    widths     of the hidden layer
    batch      networks of a replica

    The kernel is the squared gradient of the output by all parameters (NTK parametrization); its gradient times that of
    the output is what it changes by over time, times tau, if the error is -1. Values have shape (networks, 2, widths),
    the averages times the width and its square. Given: squares of the inputs.
    """
    torch, samples = load_torch(), []
    for k in range(replicas):
        rows = []
        for width, output, leaves in one_layer_networks(stream.child(k).generator(), networks, widths, batch, device):
            first = torch.autograd.grad(output.sum(), leaves, create_graph=True)
            theta = sum((g**2).reshape(batch, -1).sum(-1) for g in first)
            second = torch.autograd.grad(theta.sum(), leaves[:-1], allow_unused=True)
            third = sum((g * h).reshape(batch, -1).sum(-1) for g, h in zip(first, second, strict=False))
            rows.append([width * (output * third).mean().item(), width**2 * (third**2).mean().item()])
        samples.append(np.moveaxis(np.array(rows).reshape(len(widths), len(networks), 2), 0, -1))
    return from_replicas(
        np.array(samples),
        axis=np.array(widths, dtype=float),
        given={"squares": np.array([square for *_, square in networks])},
    )


def one_layer_networks(
    generator: np.random.Generator,
    networks: Sequence[tuple[Function, float, float, float]],
    widths: Sequence[int],
    batch: int,
    device: str,
) -> Iterator[tuple[int, Any, list[Any]]]:
    """Width, outputs (batch,) and parameters of random networks with one hidden layer, for one input of all.

    Parameters are unit normal tensors with gradients: weights and biases of the hidden layer, then those of the output.
    Networks come by width, then by kind; all kinds of a width have the same draws, in single precision. The entries of
    the input are over the root of their number.
    """
    torch, device = load_torch(), resolve_device(device)
    direction = generator.standard_normal(INPUTS)
    direction /= np.linalg.norm(direction)
    for width in widths:
        shapes = (width, INPUTS), (width,), (width,), ()
        draws = [normal(generator, batch, *shape, dtype=np.float32) for shape in shapes]
        for phi, weight, bias, square in networks:
            w, b, a, c = leaves = [torch.as_tensor(d, device=device).requires_grad_() for d in draws]
            signal = torch.as_tensor((math.sqrt(square) * direction).astype(np.float32), device=device)
            output = weight / math.sqrt(width) * (a * phi(weight * (w @ signal) + bias * b)).sum(-1) + bias * c
            yield width, output, leaves


def final_kernels(
    *,
    step: float,
    stream: Stream,
    device: str,
    widths: Sequence[int],
    sigma_w: float,
    square: float,
    target: float,
    time: float,
) -> Measurement:
    """Kernels of linear networks without biases after training on one example by steps of `step`, (widths,).

    The sum of squares of both gradients, by the weights of both layers. Given: widths, starts (outputs and kernels at
    the start, (widths, 2)). `device` is unused.
    """
    found, starts = [], []
    for width in widths:
        generator = stream.child(width).generator()
        signal = generator.standard_normal(INPUTS)
        signal *= math.sqrt(square) / np.linalg.norm(signal)  # over sqrt(fan-in)
        first, second = generator.standard_normal((width, INPUTS)), generator.standard_normal(width)
        scale = sigma_w**2 / math.sqrt(width)
        for number in range(round(time / step) + 1):
            by_first = scale * np.multiply.outer(second, signal)
            by_second = scale * (first @ signal)
            output, kernel = float(second @ by_second), float(np.sum(by_first**2) + np.sum(by_second**2))
            if not number:
                starts.append((output, kernel))
            first = first - step * (output - target) * by_first
            second = second - step * (output - target) * by_second
        found.append(kernel)
    return Measurement(
        values=np.array(found),
        axis=np.array(widths, dtype=float),
        given={"starts": np.array(starts)},
        resolution={"step": step},
    )
