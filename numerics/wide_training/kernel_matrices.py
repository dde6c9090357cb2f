"""Tangent kernels of several inputs of one length and one correlation, from the gradients of random networks."""

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

Function = Callable[[Any], Any]
Network = tuple[Function, float, float, float, float]  # activation, sigma_w, sigma_b, mean square and mean product
CHUNK = 2**20  # entries of one layer's weights, over all copies of networks that are worked on at once


def kernel_matrices(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    ratios: Sequence[float],
    inputs: int,
    examples: int,
    batch: int,
) -> Measurement:
    """Mean eigenvalues of the tangent kernel of `examples` inputs, for a neuron of each layer but the first.

    networks   activation (of a tensor), sigma_w, sigma_b, mean square of an input's entries, mean product of those of
               two inputs; all kinds have the same draws
    ratios     width of each hidden layer over `width`; a last layer has one neuron
    inputs     entries of an input, at least `examples`; directions are random
    batch      networks of a replica

    Parameters are unit normal numbers that a layer multiplies by sigma_w / sqrt(fan-in) and sigma_b; gradients are
    taken by automatic differentiation. Values have the shape (networks, 2, layers - 1), along the number of the layer:
    the mean over all directions of sum 0 of the kernel's quadratic form, and that form for the mean of all outputs.
    Given: width. Raises ValueError for mean products that no such inputs have.
    """
    if any(not -square <= (examples - 1) * product <= (examples - 1) * square for *_, square, product in networks):
        raise ValueError("the mean square and the mean product of inputs must form a covariance")
    sizes = [inputs, *(round(width * ratio) for ratio in ratios), 1]
    device, samples = resolve_device(device), []
    most = max(1, CHUNK // (batch * examples * max(a * b for a, b in itertools.pairwise(sizes))))
    for begin in range(0, replicas, most):
        generators = [stream.child(k).generator() for k in range(begin, min(begin + most, replicas))]
        frames = np.array([np.linalg.qr(g.standard_normal((inputs, examples)))[0] for g in generators])
        draws = [
            np.array([normal(g, batch, 1, after, size, dtype=np.float32) for g in generators])
            for before, after in itertools.pairwise(sizes)
            for size in (before, 1)
        ]
        samples.append(np.array([_forms(network, frames, draws, device) for network in networks]))
    return from_replicas(
        np.moveaxis(np.concatenate(samples, axis=-1), -1, 0),
        axis=np.arange(2.0, len(sizes)),
        given={"width": float(width)},
        resolution={"width": width},
    )


def _forms(network: Network, frames: np.ndarray, draws: Sequence[np.ndarray], device: str) -> np.ndarray:
    """Both mean quadratic forms behind every layer but the first, averaged over a batch, (2, layers - 1, replicas).

    Every input has a copy of the network, so that one pass backwards gives the gradients of all.
    """
    torch = load_torch()
    phi, sigma_w, sigma_b, square, product = network
    inputs, count = frames.shape[1:]
    # Symmetric root of the matrix with `square` on its diagonal and `product` off it.
    alone, together = math.sqrt(square - product), math.sqrt(square + (count - 1) * product)
    columns = math.sqrt(inputs) * frames @ (alone * np.eye(count) + (together - alone) / count)
    signal = torch.as_tensor(np.swapaxes(columns, 1, 2).astype(np.float32), device=device)[:, None, :, :, None]
    copies = [torch.as_tensor(part, device=device).repeat(1, 1, count, 1, 1).requires_grad_() for part in draws]
    rows = []
    for number, (weight, bias) in enumerate(zip(copies[::2], copies[1::2], strict=True)):
        field = sigma_w / math.sqrt(weight.shape[-1]) * (weight @ signal) + sigma_b * bias
        if number:
            gradients = torch.autograd.grad(field[..., 0, 0].sum(), copies[: 2 * number + 2], retain_graph=True)
            trace, whole = (sum(_squares(g) for g in gradients), sum(_squares(g.sum(dim=2)) for g in gradients))
            rows.append([(trace - whole / count) / (count - 1), whole / count])
        signal = phi(field)
    return np.moveaxis(np.array(rows), 0, 1)


def _squares(gradient: Any) -> np.ndarray:
    """Sum of the squares of each network, averaged over a batch, (replicas,)."""
    found: np.ndarray = gradient.square().flatten(2).sum(dim=2).double().mean(dim=1).cpu().numpy()
    return found
