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


def through_tanh(slope: Any, signal: Any) -> Any:
    """The gradient by the field of a neuron from that by its signal, the tanh of the field."""
    return load_torch().ops.aten.tanh_backward(slope, signal)


def through_relu(slope: Any, signal: Any) -> Any:
    """The gradient by the field of a neuron from that by its signal, the relu of the field; in a tenth of `where`."""
    return load_torch().ops.aten.threshold_backward(slope, signal, 0)


def descend(
    weights: list[Any], images: Any, labels: Any, step: Any, *, activation: str, last_only: bool = False
) -> Any:
    """An update of the weights of many networks, in place; returns the losses before it, (networks, examples).

    weights     (networks, N_l, N_(l+1)) each; images (networks, examples, N_0); labels (networks, examples)
    step        less the learning rate of each network, (networks, 1, 1)
    activation  of the hidden layers, "tanh" or "relu"
    last_only   only the last matrix learns
    The loss is the mean cross-entropy over a network's examples. Where gradients are no numbers nothing is learned.
    """
    torch, layers, tanh = load_torch(), [images], activation == "tanh"
    for weight in weights[:-1]:
        field = matmul(layers[-1], weight)
        layers.append(tanh_(field) if tanh else field.relu_())
    loss, back = cross_entropy(matmul(layers[-1], weights[-1]), labels)
    for weight, signal in zip(weights[::-1], layers[::-1], strict=True):
        gradient = matmul(signal.mT, back)
        if not last_only and signal is not images:
            back = matmul(back, weight.mT)
            back = through_tanh(back, signal) if tanh else through_relu(back, signal)
        weight.addcmul_(torch.nan_to_num_(gradient), step)
        if last_only:
            break
    return loss


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
