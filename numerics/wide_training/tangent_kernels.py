"""Tangent kernels of random networks of finite width, from the gradients of their outputs by all parameters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

PARAMETRIZATIONS = ("ntk", "standard")
Function = Callable[[Any], Any]
# activation (of a tensor), sigma_w, sigma_b, mean squares and mean product of two inputs' entries, parametrization
Network = tuple[Function, float, float, tuple[float, float, float], str]


def tangent_kernels(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    ratios: Sequence[float],
    inputs: int,
    batch: int,
) -> Measurement:
    """Tangent kernel of a preactivation of each layer but the first, for two inputs of random networks.

    networks   as `Network`; all kinds have the same draws
    ratios     width of each hidden layer over `width`; a last layer has one neuron
    inputs     entries of an input, whose direction is random
    batch      networks of a replica, over which a kernel is averaged

    A kernel is the sum over all parameters of the product of a neuron's derivatives for both inputs, by the chain
    rule. Parameters are unit normal numbers that a layer multiplies by sigma_w / sqrt(fan-in) and sigma_b
    ("ntk"), or weights and biases themselves ("standard"); then it is divided by `width`. Values have the shape
    (networks, 3, layers - 1): two inputs, the first and the second one with itself, along the number of the layer.
    Given: fan_ins of all layers, width. Raises ValueError for an unknown parametrization, and for inputs that no
    vectors have.
    """
    if any(kind not in PARAMETRIZATIONS for *_, kind in networks):
        raise ValueError(f"a parametrization is one of {', '.join(PARAMETRIZATIONS)}")
    if any(a <= 0 or b <= 0 or product**2 > a * b for *_, (a, b, product), _ in networks):
        raise ValueError("the mean squares and the mean product of two inputs must form a covariance")
    sizes = [inputs, *(round(width * ratio) for ratio in ratios), 1]
    device, samples = resolve_device(device), []
    for k in range(replicas):
        generator = stream.child(k).generator()
        frame, _ = np.linalg.qr(generator.standard_normal((inputs, 2)))
        draws = [
            (
                normal(generator, batch, after, before, dtype=np.float32),
                normal(generator, batch, after, 1, dtype=np.float32),
            )
            for before, after in itertools.pairwise(sizes)
        ]
        samples.append([_kernels(network, frame, draws, width, device) for network in networks])
    return from_replicas(
        np.array(samples),
        axis=np.arange(2.0, len(sizes)),
        given={"fan_ins": np.array(sizes[:-1], dtype=float), "width": float(width)},
        resolution={"width": width},
    )


def _kernels(
    network: Network, frame: np.ndarray, draws: Sequence[tuple[np.ndarray, np.ndarray]], width: int, device: str
) -> np.ndarray:
    """Kernels of the first neuron of every layer but the first, averaged over a batch, (3, layers - 1)."""
    torch = load_torch()
    phi, sigma_w, sigma_b, (first, second, product), kind = network
    root = math.sqrt(first)
    pair = np.array([[root, product / root], [0.0, math.sqrt(second - product**2 / first)]])
    signal = torch.as_tensor((math.sqrt(len(frame)) * frame @ pair).astype(np.float32), device=device)
    layers: list[tuple[Any, Any]] = []  # weights, products of derivatives by a neuron's own
    bends: list[Any] = []  # slopes of the activation at the fields
    rows = []
    for number, (weight, bias) in enumerate(draws):
        by_weight = sigma_w / math.sqrt(weight.shape[-1])
        weights = by_weight * torch.as_tensor(weight, device=device)
        field = weights @ signal + sigma_b * torch.as_tensor(bias, device=device)  # (batch, neurons, 2)
        own = _pairs(signal)
        layers.append((weights, by_weight**2 * own + sigma_b**2 if kind == "ntk" else own + 1))
        if number:
            rows.append(_kernel(layers, bends) / (width if kind == "standard" else 1))
        signal = phi(field.requires_grad_())
        bends += torch.autograd.grad(signal.sum(), field)
        signal = signal.detach()
    return np.array(rows).T


def _kernel(layers: Sequence[tuple[Any, Any]], bends: Sequence[Any]) -> np.ndarray:
    """That of the first neuron of the last layer, (3,): layer by layer, the gradient by a weight is that by its neuron
    times its input.
    """
    weights, total = layers[-1]
    slope = bends[-1] * weights[:, 0, :, None]
    for (weights, own), bend in zip(layers[-2::-1], [*bends[-2::-1], None], strict=True):
        total = total + _pairs(slope) * own
        if bend is not None:
            slope = bend * (weights.mT @ slope)
    found: np.ndarray = total.double().mean(dim=0).cpu().numpy()
    return found


def _pairs(columns: Any) -> Any:
    """Products of both columns (..., n, 2), of the first with itself, and of the second, (..., 3)."""
    return (columns.mT @ columns).flatten(-2)[..., [1, 0, 3]]
