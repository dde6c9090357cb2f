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


def slope_of_cross_entropy(output: Any, labels: Any) -> Any:
    """The gradient of the mean cross-entropy over the examples of a network by its outputs.

    output (networks, examples, classes); labels (networks, examples)
    """
    slope = load_torch().softmax(output, dim=-1)
    slope.scatter_add_(-1, labels[..., None], load_torch().full_like(slope[..., :1], -1.0))
    return slope.div_(labels.shape[-1])
