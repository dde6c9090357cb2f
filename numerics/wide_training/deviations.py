"""Single networks of finite width: how their tangent kernels scatter, and what they say of digits after training."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from numerics.backend import load_torch
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream
from numerics.wide_training.drifts import INPUTS, one_layer_networks
from numerics.wide_training.function_space import Flow, chosen_digits

Function = Callable[[Any], Any]
CHUNK = 2**20  # entries of one layer's weights, over all networks that are worked on at once


def kernel_variances(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[tuple[Function, float, float, float]],
    widths: Sequence[int],
    batch: int,
) -> Measurement:
    """Variance over random networks with one hidden layer of their squared gradient, times the width.

    networks   activation (of a tensor), sigma_w, sigma_b, mean square of the entries of the input
    widths     of the hidden layer
    batch      networks of a replica, over which a variance is taken without bias

    Gradients are those by all parameters (NTK parametrization). Values have shape (networks, widths). Given: squares of
    the inputs.
    """
    torch, samples = load_torch(), []
    for k in range(replicas):
        rows = []
        for width, output, leaves in one_layer_networks(stream.child(k).generator(), networks, widths, batch, device):
            gradients = torch.autograd.grad(output.sum(), leaves)
            rows.append(width * sum((g**2).reshape(batch, -1).sum(-1) for g in gradients).var().item())
        samples.append(np.array(rows).reshape(len(widths), len(networks)).T)
    return from_replicas(
        np.array(samples),
        axis=np.array(widths, dtype=float),
        given={"squares": np.array([square for *_, square in networks])},
    )


def trained_variances(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    network: tuple[Function, float, float],
    square: float,
    target: float,
    times: tuple[float, ...],
    step: float,
    batch: int,
    tau: float,
) -> Measurement:
    """Variance over networks with one hidden layer of what training on one example adds to the output, times the width.

    network  activation (of a tensor), sigma_w, sigma_b; NTK parametrization
    square   mean square of the entries of the example; `target` is what training is to add to its output
    times    at which outputs are taken, by the method of Runge and Kutta with steps of `step` tau at most
    batch    networks of a replica, over which a variance is taken without bias

    Values have shape (times,). Given: square, target, tau.
    """
    flow = Flow(network, [width], np.array([[math.sqrt(INPUTS * square)]]), INPUTS, device)
    flow.draw([stream.child(k).generator() for k in range(replicas)], batch, pairs=False)
    start = flow.outputs()
    found = [flow.outputs() - start for _ in flow.until(times, step, start + target, tau)]
    samples = np.array(found).reshape(len(times), replicas, batch).var(axis=2, ddof=1)
    return from_replicas(
        width * samples.T,
        axis=np.array(times),
        given={"square": square, "target": target, "tau": tau},
        resolution={"width": width, "step": step},
    )


def apart_from(
    *,
    expected: Callable[[np.ndarray, np.ndarray, int, float], np.ndarray],
    widths: Sequence[int],
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
    network: tuple[Function, float, float],
    ratios: Sequence[float],
    classes: tuple[int, int],
    examples: int,
    unseen: int,
    time: float,
    step: float,
    between: tuple[float, float],
    mean_field: float = 0.0,
) -> Measurement:
    """How the distance of single trained networks from what is expected of them falls with the width.

    expected    (mean products of entries of all digits, labels of the examples, how many digits, time over tau) -> what
                training adds to the outputs for the others
    widths      of the first hidden layer; `ratios` are those of all hidden layers over it
    network     activation (of a tensor), sigma_w, sigma_b; NTK parametrization
    classes     two digits, which training is to move by 1 and -1; `examples` are learnt, `unseen` are not
    time        of gradient flow, over tau; `step` as of `mean_outputs`
    between     two exponents
    mean_field  if not 0: outputs are divided by this number and the root of the width, and time runs faster by the
                square: the kernel at the start is the same, and it is as if targets were larger by that

    A distance is the root mean square over unseen digits. Values (2,): the exponent with which it falls less the first
    of `between`, and the second one less it; from each replica's line through the logarithms. Given: "widths",
    "distance" over the root mean square of what is expected, root mean squares over replicas, "distance_error".
    """
    inputs, labels = chosen_digits(classes, examples, unseen, data)
    added = expected(inputs.T @ inputs / len(inputs), labels[:examples], len(labels), time)
    coordinates, rows = np.linalg.qr(inputs)[1], []
    for width in widths:
        sizes, found = [round(width * ratio) for ratio in ratios], []
        flow, unit = Flow(network, sizes, coordinates, len(inputs), device), mean_field * math.sqrt(width) or 1.0
        most = max(1, CHUNK // max(a * b for a, b in itertools.pairwise(flow.sizes)))
        for begin in range(0, replicas, most):
            kept = [stream.child(width).child(k) for k in range(begin, min(begin + most, replicas))]
            flow.draw([child.generator() for child in kept], 1, pairs=False)
            start = flow.outputs()
            for _ in flow.until((time,), step, start[:, :examples] + unit * labels[:examples], 1.0):
                found.append((flow.outputs() - start)[:, examples:] / unit - added)
        rows.append(np.sqrt(np.mean(np.square(np.concatenate(found)), axis=1) / np.mean(added**2)))
    exponents = -np.polyfit(np.log(widths), np.log(rows), 1)[0]
    squares = np.square(rows)
    distance = np.sqrt(squares.mean(axis=1))
    return from_replicas(
        np.stack([exponents - between[0], between[1] - exponents], axis=1),
        given={
            "widths": np.array(widths, dtype=float),
            "distance": distance,
            "distance_error": squares.std(axis=1, ddof=1) / math.sqrt(replicas) / (2 * distance),
        },
        resolution={"step": step},
    )
