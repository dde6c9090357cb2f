"""Pairs of inputs through one layer with a residual branch, dropout or a normalization, and a gradient sent back.

The neurons in front of the layer are independent Gaussian pairs. What the layer does is computed as in a framework, and
the gradient by automatic differentiation, in single precision as usual there. Nothing is averaged over Gaussians, and
widths differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

WIDER = 1.5  # outputs of a layer, and neurons of a branch, over its inputs
Function = Callable[[Any], Any]
Setting = tuple[Function, dict[str, float]]  # activation (of tensors), and numbers
Draw = Callable[..., Any]  # sizes -> independent standard normal numbers
Step = Callable[[Any, Function, dict[str, float], Draw], list[Any]]  # what is behind layers that share their weights


def residual_layers(
    *, width: int, replicas: int, stream: Stream, device: str, settings: Sequence[Setting], siblings: int
) -> Measurement:
    """h + U phi(W h + b): mean square, mean product, and squared norm of a gradient in front over that behind.

    settings   activation; numbers variance and correlation of the pairs in front, sigma_w, sigma_b, sigma_u
    width      neurons of the stream; the branch has WIDER times as many
    siblings   pairs that pass through each draw of the weights

    Values have shape (3, settings). Raises ValueError for a width below 4, or no sibling.
    """
    return _measured(_branch, width, replicas, stream, device, settings, siblings, batch=False)


def dropout_layers(
    *, width: int, replicas: int, stream: Stream, device: str, settings: Sequence[Setting], siblings: int
) -> Measurement:
    """W (m phi(h) / p) + b with masks m of its own for each input; p_keep is a number of a setting, else as above."""
    return _measured(_masked, width, replicas, stream, device, settings, siblings, batch=False)


def normalized_layers(
    *, width: int, replicas: int, stream: Stream, device: str, settings: Sequence[Setting], siblings: int
) -> Measurement:
    """W n(phi(h)) + b, n over the features: mean square, and product and gradient for layer and for RMS normalization.

    Values have shape (5, settings): mean square; product and gradient with the mean taken off; and without.
    """
    return _measured(_normalized, width, replicas, stream, device, settings, siblings, batch=False)


def batch_normalized_layers(
    *, width: int, replicas: int, stream: Stream, device: str, settings: Sequence[Setting], share: float
) -> Measurement:
    """W phi(n(h)) + b, n over a batch of `share` times `width` inputs: rows as below, for each setting.

    settings   activation; numbers variance, correlation of a pair and c_batch of other inputs, sigma_w, sigma_b
    Values have shape (4, settings): mean square, product of a pair, product of others, and of squared gradients.
    """
    siblings = max(2, round(share * width / 2))
    return _measured(_batched, width, replicas, stream, device, settings, siblings, batch=True)


def _measured(
    step: Step,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    settings: Sequence[Setting],
    siblings: int,
    batch: bool,
) -> Measurement:
    if width < 4 or siblings < 1:
        raise ValueError("needs a width of 4, and a pair of inputs")
    torch, where = load_torch(), resolve_device(device)
    samples = []
    for k in range(replicas):
        draw = partial(_drawn, stream.child(k).generator(), where)
        columns = []
        for phi, numbers in settings:
            front = _pairs(draw, siblings, width, numbers).requires_grad_()
            layers = step(front, phi, numbers, draw)
            cotangent = draw(*layers[0].shape)
            length, rows = (cotangent**2).sum(), [(layers[0].detach() ** 2).mean()]
            for behind in layers:
                (gradient,) = torch.autograd.grad(behind, front, cotangent, retain_graph=behind is not layers[-1])
                first, second = behind.detach()[:siblings], behind.detach()[siblings:]
                rows.append((first * second).mean())
                rows += [(first * second.roll(1, 0)).mean()] if batch else []
                rows.append((gradient**2).sum() / length)
            columns.append(torch.stack(rows))
        samples.append(torch.stack(columns, dim=1).double().cpu().numpy())
    return from_replicas(np.array(samples), resolution={"width": width})


def _drawn(generator: np.random.Generator, where: str, *shape: int) -> Any:
    return load_torch().as_tensor(normal(generator, *shape, dtype=np.float32), device=where)


def _pairs(draw: Draw, siblings: int, width: int, numbers: dict[str, float]) -> Any:
    """Inputs (2 siblings, width): the k-th and the (siblings + k)-th are a pair; others share what c_batch says."""
    total, pair, common = numbers["variance"], numbers["correlation"], numbers.get("c_batch", 0.0)
    one, other = draw(2, siblings, width)
    sign = 1.0 if pair >= common else -1.0  # a pair may also be less correlated than the others
    shared = abs(pair - common)
    rest = 1 - common - shared
    both = draw(siblings, width)
    first = shared**0.5 * both + rest**0.5 * one
    second = sign * shared**0.5 * both + rest**0.5 * other
    front = common**0.5 * draw(1, width) + _stacked(first, second)
    return total**0.5 * front


def _stacked(first: Any, second: Any) -> Any:
    return load_torch().cat([first, second])


def _layer(signal: Any, numbers: dict[str, float], draw: Draw) -> Any:
    """W x + b with WIDER times as many outputs."""
    size = signal.shape[1]
    outputs = round(WIDER * size)
    return numbers["sigma_w"] / size**0.5 * signal @ draw(size, outputs) + numbers["sigma_b"] * draw(1, outputs)


def _branch(front: Any, phi: Function, numbers: dict[str, float], draw: Draw) -> list[Any]:
    inside = phi(_layer(front, numbers, draw))
    size = inside.shape[1]
    return [front + numbers["sigma_u"] / size**0.5 * inside @ draw(size, front.shape[1])]


def _masked(front: Any, phi: Function, numbers: dict[str, float], draw: Draw) -> list[Any]:
    torch = load_torch()
    level = torch.special.ndtri(torch.tensor(numbers["p_keep"], dtype=front.dtype))
    mask = draw(*front.shape) < level
    return [_layer(phi(front) * mask / numbers["p_keep"], numbers, draw)]


def _normalized(front: Any, phi: Function, numbers: dict[str, float], draw: Draw) -> list[Any]:
    """Behind layer normalization and behind RMS normalization, with the same weights."""
    signal, torch = phi(front), load_torch()
    rests = signal - signal.mean(1, keepdim=True), signal
    normed = torch.cat([rest / (rest**2).mean(1, keepdim=True).sqrt() for rest in rests])
    return list(_layer(normed, numbers, draw).chunk(2))


def _batched(front: Any, phi: Function, numbers: dict[str, float], draw: Draw) -> list[Any]:
    rest = front - front.mean(0, keepdim=True)
    return [_layer(phi(rest / (rest**2).mean(0, keepdim=True).sqrt()), numbers, draw)]
