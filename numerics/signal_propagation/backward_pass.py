"""Gradients of a loss by the preactivations of random networks, by automatic differentiation and on fresh weights."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

CHUNK = 2**20  # entries of one layer's weights, over all replicas that are worked on at once
Function = Callable[[Any], Any]
Network = tuple[Function, float, float, float]  # activation, sigma_w, sigma_b, squared length of the first layer


def gradients_by_layer(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    layers: int,
    ratios: Sequence[float],
    outputs: int | None,
    inputs: int,
) -> Measurement:
    """Mean squared gradient by the preactivations of each layer, over that of the last layer, in squared norms.

    networks    activation (a differentiable function of a tensor), sigma_w, sigma_b, and squared length per neuron of
                the first preactivations, whose direction is random; all networks have the same weights but for scale
    layers      layers of preactivations; the last one is the outputs, whose loss is the cross-entropy of random labels
    ratios      width of successive layers over `width`, repeated; the last layer has `outputs`, or `width` for None
    inputs      directions, each met by networks with biases of its own, over which squared norms are averaged

    Values have shape (2 S, layers - 1), for S networks, two rows each: by automatic differentiation, and from the same
    gradient of the last layer sent back through weights that are drawn afresh. The axis is the layer. Given: widths of
    all layers. Raises ValueError for fewer than two layers, or a length or sigma_w that is not positive.
    """
    ratio, widths = _measured(width, replicas, stream, device, networks, layers, ratios, outputs, inputs, fresh=True)
    mean = from_replicas(ratio[..., :-1].reshape(replicas, -1, layers - 1))
    return replace(
        mean,
        axis=np.arange(1.0, layers),
        given={"widths": np.array(widths, dtype=float)},
        resolution={"width": width},
    )


def gradient_factors(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    layers: int,
    outputs: int | None,
    inputs: int,
) -> Measurement:
    """By what factor the squared gradient changes per layer on the way back; arguments as before.

    Automatic differentiation, between the first and the last but one layer; all hidden layers have one width.
    Values (S,): the geometric mean over layers and replicas, along the axis sigma_w of the networks.
    """
    ratio, _ = _measured(width, replicas, stream, device, networks, layers, (1.0,), outputs, inputs, fresh=False)
    growth = np.log(ratio[:, :, 0, 0] / ratio[:, :, 0, -2]) / (layers - 2)
    mean = from_replicas(growth, axis=np.array([w for _, w, *_ in networks]), resolution={"width": width})
    factor = np.exp(mean.values)
    return replace(mean, values=factor, errors=mean.errors * factor)


def _measured(
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    layers: int,
    ratios: Sequence[float],
    outputs: int | None,
    inputs: int,
    fresh: bool,
) -> tuple[np.ndarray, list[int]]:
    """Squared norms over that of the last layer, (replicas, networks, ways, layers), and the widths."""
    if layers < 3 or inputs < 1 or width < 2 or min(min(w, q) for _, w, _, q in networks) <= 0:
        raise ValueError("needs three layers, one input, a width of 2, and positive sigma_w and lengths")
    widths = [round(width * ratios[k % len(ratios)]) for k in range(layers - 1)] + [outputs or width]
    generator, found = stream.generator(), []
    most = max(1, CHUNK // max(a * b for a, b in itertools.pairwise(widths)))
    for start in range(0, replicas, most):
        count = min(most, replicas - start)
        found.append(_passes(widths, count, generator, resolve_device(device), networks, inputs, fresh))
    return np.concatenate(found), widths


def _passes(
    widths: Sequence[int],
    count: int,
    generator: np.random.Generator,
    device: str,
    networks: Sequence[Network],
    inputs: int,
    fresh: bool,
) -> np.ndarray:
    """Forward and backward through `count` draws of all networks at once; arrays (draws, networks, inputs, neurons).

    Single precision: 1e-7 of a neuron, where means over networks are known to 1e-2.
    """
    torch = load_torch()

    def drawn(*shape: int) -> Any:
        return torch.as_tensor(normal(generator, *shape, dtype=np.float32), device=device)

    def column(numbers: Sequence[float]) -> Any:
        return torch.tensor(numbers, dtype=torch.float32, device=device)[:, None, None]

    def through(signal: Any, weight: Any) -> Any:
        """One product with the same matrix for the signals of all networks, (draws, networks, inputs, neurons)."""
        return (signal.flatten(1, 2) @ weight).unflatten(1, (len(networks), inputs))

    def activation(layer: Any) -> Any:
        return torch.stack([phi(layer[:, k]) for k, (phi, *_) in enumerate(networks)], dim=1)

    _, *numbers = zip(*networks, strict=True)
    sigma_w, sigma_b, length = map(column, numbers)
    direction = drawn(count, 1, inputs, widths[0])
    direction = direction * (widths[0] ** 0.5 / direction.norm(dim=-1, keepdim=True))
    layer = (length.sqrt() * direction).requires_grad_()
    passed, squared_norms = [layer], []
    for before, after in itertools.pairwise(widths):
        weight, bias = drawn(count, before, after), drawn(count, 1, inputs, after)
        passed.append(sigma_w / before**0.5 * through(activation(passed[-1]), weight) + sigma_b * bias)
    output = passed[-1].reshape(-1, widths[-1])
    labels = torch.as_tensor(generator.integers(widths[-1], size=len(output)), device=device)
    loss = torch.nn.functional.cross_entropy(output, labels, reduction="sum")
    gradients = torch.autograd.grad(loss, passed)
    squared_norms.append([_mean_square(gradient) for gradient in gradients])
    if fresh:
        back, norms = gradients[-1], [_mean_square(gradients[-1])]
        for z in reversed(passed[:-1]):
            weight = drawn(count, back.shape[-1], z.shape[-1])
            (slope,) = torch.autograd.grad(activation(point := z.detach().requires_grad_()).sum(), point)
            back = slope * (sigma_w / z.shape[-1] ** 0.5 * through(back, weight))
            norms.append(_mean_square(back))
        squared_norms.append(norms[::-1])
    ways = np.array(squared_norms)  # (ways, layers, draws, networks)
    return np.moveaxis(ways / ways[:, -1:], (0, 1), (2, 3))


def _mean_square(gradient: Any) -> np.ndarray:
    """Squared norm over the neurons, averaged over the inputs: (draws, networks)."""
    return gradient.detach().square().sum(dim=-1).double().mean(dim=-1).cpu().numpy()
