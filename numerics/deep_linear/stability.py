"""How steep the loss of a deep linear network is at its minimum, and at which learning rate descent leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch
from numerics.deep_linear.training import Descent, Network
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

MAX_UPDATES = 20_000
AT_REST = 1e-13  # largest gradient entry, relative to the largest singular value, at which training ends
WIDENING = 1.15  # factor between trial learning rates
# Deviations shrunk to rounding, relative to the singular values, or grown, relative to the push. Both are told by their
# size: beyond the threshold a deviation may settle on a cycle of two updates, where it no longer grows.
VANISHED, GROWN = 1e-10, 5.0
SETTLING = 40  # updates after which only the least stable deviation is left, in networks of up to about 6 matrices


def top_curvature(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    initial: Sequence[float],
    courant: float,
    examples: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Largest eigenvalue of the Hessian of the loss by all weights, at the minimum reached by training.

    The networks, with widths `networks`, start decoupled with mode strengths `initial`, equal in all layers, and are
    trained at learning rate courant / (number of matrices). Lanczos iteration on exact Hessian-vector products.
    Values (networks,), mean over `replicas` draws of examples and hidden directions. Given: layers, singular_value (the
    largest). The axis is the number of matrices.
    """
    samples = np.empty((replicas, len(networks)))
    for replica in range(replicas):
        for number, widths in enumerate(networks):
            child = stream.child(replica).child(number)
            descent = _trained(widths, singular_values, initial, courant, examples, child, device)
            samples[replica, number] = largest_eigenvalue(descent, child)
    axis = np.array([len(widths) - 1.0 for widths in networks])
    return from_replicas(samples, axis=axis, given=_given(networks, singular_values))


def largest_eigenvalue(descent: Descent, stream: Stream) -> float:
    """Largest eigenvalue of the Hessian of the loss by all weights, at the present weights."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    size, times_hessian = sum(weight.numel() for weight in descent.weights), descent.curvature()

    def product(vector: np.ndarray) -> np.ndarray:
        directions = _unflattened(vector.ravel(), descent)
        return np.concatenate([part.cpu().numpy().ravel() for part in times_hessian(directions)])

    operator = LinearOperator((size, size), matvec=product, dtype=float)
    begin = stream.child("probe").generator().standard_normal(size)
    return float(eigsh(operator, k=1, which="LA", v0=begin, return_eigenvectors=False)[0])


def stability_threshold(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    initial: Sequence[float],
    courant: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Learning rate at which a deviation of relative size `step` from the trained minimum neither shrinks nor grows.

    Trained as in `top_curvature`; then all weights are moved at random by `step` times their root mean square, and the
    learning rate is searched at which the deviation of the mode strengths, after it has settled, is as large as two
    updates before. Values (networks,); given: layers, singular_value (the largest).
    """
    from scipy.optimize import brentq

    thresholds = []
    for number, widths in enumerate(networks):
        child = stream.child(number)
        descent = _trained(widths, singular_values, initial, courant, examples, child, device)
        rest = [weight.detach().clone() for weight in descent.weights]
        generator = child.child("push").generator()
        size = np.sqrt(np.mean(np.concatenate([weight.cpu().numpy().ravel() for weight in rest]) ** 2))
        push = [size * generator.standard_normal(tuple(weight.shape)) for weight in rest]
        arguments = (descent, rest, push, step)
        low = courant / (len(widths) - 1)
        while _growth(low * WIDENING, *arguments) < 0:
            low *= WIDENING
        thresholds.append(brentq(_growth, low, low * WIDENING, args=arguments, xtol=1e-14, rtol=1e-13))
    given, axis = _given(networks, singular_values), np.array([len(widths) - 1.0 for widths in networks])
    return Measurement(values=np.array(thresholds), axis=axis, given=given, resolution={"step": step})


def _growth(
    learning_rate: float, descent: Descent, rest: Sequence[Any], push: Sequence[np.ndarray], step: float
) -> float:
    """Logarithm of the growth of the deviation of the mode strengths over two updates; -1 or 1 if vanished or grown."""
    torch = load_torch()
    with torch.no_grad():
        for weight, still, away in zip(descent.weights, rest, push, strict=True):
            weight.copy_(still + step * torch.as_tensor(away, dtype=still.dtype, device=still.device))
    run = descent.run(learning_rate)
    path = np.array([descent.strengths(next(run)) for _ in range(SETTLING + 3)]) - descent.task.singular_values
    pushed, before, after = np.linalg.norm(path[[0, -3, -1]], axis=1)
    if not after < GROWN * pushed:  # or not a number
        return 1.0
    return float(np.log(after / before)) if after > VANISHED * max(descent.task.singular_values) else -1.0


def _trained(
    widths: Sequence[int],
    singular_values: Sequence[float],
    initial: Sequence[float],
    courant: float,
    examples: int,
    stream: Stream,
    device: str,
) -> Descent:
    """A network after gradient descent to its minimum."""
    depth = len(widths) - 1
    if courant <= 0 or min(initial) <= 0:
        raise ValueError(f"courant and the initial strengths must be positive, not {courant} and {initial}")
    start = np.tile(np.asarray(initial, dtype=float) ** (1 / depth), (depth, 1))
    network = Network(widths=widths, singular_values=singular_values, strengths=start, examples=examples)
    descent = network.descent(stream=stream, device=device)
    for _ in range(MAX_UPDATES):
        _, gradients = descent.gradients()
        if max(float(g.abs().max()) for g in gradients) < AT_REST * max(singular_values):
            return descent
        descent.shift(gradients, -courant / depth)
    raise ValueError(f"widths {tuple(widths)} are not trained after {MAX_UPDATES} updates at {courant / depth}")


def _unflattened(vector: np.ndarray, descent: Descent) -> list[Any]:
    """A vector of all weights as tensors of the shapes of the matrices."""
    torch, parts, first = load_torch(), [], 0
    for weight in descent.weights:
        part = vector[first : first + weight.numel()].reshape(tuple(weight.shape))
        parts.append(torch.tensor(part, dtype=weight.dtype, device=weight.device))
        first += weight.numel()
    return parts


def _given(networks: Sequence[Sequence[int]], singular_values: Sequence[float]) -> dict[str, np.ndarray | float]:
    return {"layers": np.array([len(widths) for widths in networks]), "singular_value": float(max(singular_values))}
