"""Pieces of gradients by the chain rule, where automatic differentiation of many small matrices takes long."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.backend import load_torch


def matmul(first: Any, second: Any) -> Any:
    """Products of many small matrices (..., a, b) and (..., b, c); NumPy's on a processor take half as long there.

    Gradients do not pass through it.
    """
    if first.device.type != "cpu":
        return first @ second
    with np.errstate(over="ignore", invalid="ignore"):  # as PyTorch does
        return load_torch().from_numpy(np.matmul(first.numpy(), second.numpy()))


def tanh_(values: Any) -> Any:
    """tanh of a tensor, in its place; NumPy's on a processor, as PyTorch's takes ten times as long there."""
    if values.device.type != "cpu":
        return values.tanh_()
    np.tanh(values.numpy(), out=values.numpy())
    return values


def exp_(values: Any) -> Any:
    """Exponential of a tensor, in its place; NumPy's on a processor, where it takes half as long as PyTorch's."""
    if values.device.type != "cpu":
        return values.exp_()
    np.exp(values.numpy(), out=values.numpy())
    return values


def softmax(values: Any, dim: int) -> Any:
    """Softmax of a tensor along an axis."""
    found = exp_(values - values.amax(dim=dim, keepdim=True))
    return found.div_(found.sum(dim=dim, keepdim=True))


def through_tanh_(slope: Any, signal: Any) -> Any:
    """The gradient by the field of a neuron from that by its signal, the tanh of the field, in its place."""
    return slope.addcmul_(slope * signal, signal, value=-1)


def cross_entropy(output: Any, labels: Any) -> tuple[Any, Any]:
    """The cross-entropy of each example, and the gradient of its mean over a network's examples by the outputs.

    output (networks, examples, classes); labels (networks, examples)
    Sums over the classes run over whole arrays: PyTorch's, over few numbers in memory each, take ten times as long.
    """
    own = output.gather(-1, labels[..., None])[..., 0]
    values = output.movedim(-1, 0).contiguous()
    highest = values.amax(dim=0)
    sums = exp_(values.sub_(highest)).sum(dim=0)
    slope = values.div_(sums).movedim(0, -1).contiguous()
    slope.scatter_add_(-1, labels[..., None], slope.new_tensor(-1.0).expand(*labels.shape, 1))
    return sums.log_().add_(highest).sub_(own), slope.div_(labels.shape[-1])
