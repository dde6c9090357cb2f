"""Balanced linear networks with as many outputs as inputs, whose map may start with a determinant of the wrong sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.deep_linear.training import Descent, Network, Task, orthonormal, updates_between
from numerics.deep_linear.weight_space import slopes
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def singular_value_rates(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    initial: Sequence[float],
    tau: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Change of the singular values of the map in one update of gradient descent, per unit of time.

    networks         widths of each network, first inputs, last as many outputs; no hidden layer narrower
    singular_values  of the input-output correlation, one for each input
    initial          singular values of the map at the start, all different; its directions are random, those of the
                     hidden layers too, and every matrix has the same singular values
    Values (networks, singular values in the order of `initial`). Given, of the same shape: layers, singular_value
    (of the map) and asked, the correlation along its singular vectors, p^T (sum of y x^T) q; tau.
    Raises ValueError for a step that is not positive.
    """
    if step <= 0:
        raise ValueError(f"the step must be positive, not {step}")
    begin, rates, asked = np.sort(np.asarray(initial, dtype=float))[::-1], [], []
    for number, widths in enumerate(networks):
        child = stream.child(number)
        depth = len(widths) - 1
        task = _square_task(widths, singular_values, examples, child)
        frames = _frames(widths, child)
        descent = Descent(task=task, weights=_balanced(frames, begin ** (1 / depth)), device=device)
        run = descent.run(step / tau)
        values = [np.linalg.svd(next(run).cpu().numpy(), compute_uv=False) for _ in range(2)]
        rates.append((values[1] - values[0]) / step)
        asked.append(np.einsum("ik,ij,jk->k", frames[-1], task.outputs @ task.inputs.T, frames[0]))
    layers = np.repeat([[float(len(widths))] for widths in networks], len(begin), axis=1)
    given: dict[str, np.ndarray | float] = {
        "layers": layers,
        "singular_value": np.tile(begin, (len(networks), 1)),
        "asked": np.array(asked),
        "tau": tau,
    }
    return Measurement(values=np.array(rates), given=given, resolution={"step": step})


def signed_curves(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    initial: Sequence[float],
    tau: float,
    times: Sequence[float],
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train from decoupled starts and record the strengths of all modes; a negative one has a reversed direction.

    initial  strength of each mode in the map at the start, (K,), equal in size in all layers
    times    observation times, in the unit of tau, on the step grid
    Values   (networks * K, T): size of the mode strengths, with the sign that the mode had at the start. Given, one
             entry a row: layers, singular_value, initial (signed); tau.
    """
    begin, rows, facts = np.asarray(initial, dtype=float), [], []
    values, counts = np.asarray(singular_values, dtype=float), updates_between(times, step)
    for number, widths in enumerate(networks):
        depth = len(widths) - 1
        strengths = np.tile(np.abs(begin) ** (1 / depth), (depth, 1))
        strengths[-1] *= np.sign(begin)
        network = Network(widths=widths, singular_values=singular_values, strengths=strengths, examples=examples)
        descent = network.descent(stream=stream.child(number), device=device)
        maps = zip(range(counts[-1] + 1), descent.run(step / tau), strict=False)
        path = np.stack([descent.strengths(total) for _, total in maps])
        rows.append(path[counts].T * np.sign(begin)[:, None])
        facts.append(np.stack([np.full(len(begin), len(widths)), values, begin]))
    names = ("layers", "singular_value", "initial")
    given = dict(zip(names, np.concatenate(facts, axis=1), strict=True)) | {"tau": tau}
    return Measurement(
        values=np.concatenate(rows), axis=np.asarray(times, dtype=float), given=given, resolution={"step": step}
    )


def remaining_loss(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    same_sign: bool,
    until: float,
    courant: float,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Gradient flow from random orthogonal starts, whose map has a determinant of the same sign as the data or not.

    networks   widths of each network, first inputs, last as many outputs; hidden layers may be wider: then every
               matrix has singular values 1 between random frames
    until      time of training in the unit of tau, in Runge-Kutta steps of courant / (number of matrices)
    The inputs are white, so that the loss is half the squared distance of the map from the correlation, plus what no
    map can explain; values (networks,) are that half squared distance at the end. Given: smallest, the smallest
    singular value of the correlation. Raises ValueError for widths that do not fit.
    """
    torch, place = load_torch(), resolve_device(device)
    values, samples = np.asarray(singular_values, dtype=float), []
    for number, widths in enumerate(networks):
        starts, targets, depth = [], [], len(widths) - 1
        for replica in range(replicas):
            child = stream.child(number).child(replica)
            frames, generator = _frames(widths, child), child.child("data").generator()
            left, right = (orthonormal(widths[0], len(values), generator) for _ in range(2))
            targets.append(left * values @ right.T)
            if (np.linalg.det(frames[-1] @ frames[0].T) * np.linalg.det(targets[-1]) > 0) != same_sign:
                frames[-1][:, 0] *= -1
            starts.append(_balanced(frames, np.ones(len(values))))
        target = torch.as_tensor(np.stack(targets), device=place)
        weights = [torch.as_tensor(np.stack(w), device=place) for w in zip(*starts, strict=True)]
        loss = _trained(torch, weights, target, courant / depth, round(until * depth / courant))
        samples.append(loss)
    given = {"smallest": float(values.min())}
    axis = np.array([len(widths) - 1.0 for widths in networks])
    return from_replicas(np.stack(samples, axis=1), axis=axis, given=given, resolution={"time": until})


def _trained(torch: Any, weights: list, target: Any, size: float, count: int) -> np.ndarray:
    """Half the squared distance of the maps from their targets after Runge-Kutta steps of gradient flow, (replicas,).

    Plain descent would not do: its steps unbalance the layers, and unbalanced layers let the determinant cross zero
    after a while.
    """

    def down(at: list) -> list:
        return [-slope for slope in slopes(at, target)[1]]

    for _ in range(count):
        k1 = down(weights)
        k2 = down(torch._foreach_add(weights, k1, alpha=size / 2))
        k3 = down(torch._foreach_add(weights, k2, alpha=size / 2))
        k4 = down(torch._foreach_add(weights, k3, alpha=size))
        for k, weight in zip((k1, k2, k3, k4), (1, 2, 2, 1), strict=True):
            weights = torch._foreach_add(weights, k, alpha=size * weight / 6)
    return _loss(weights, target).cpu().numpy()


def _loss(weights: list, target: Any) -> Any:
    total = weights[0]
    for weight in weights[1:]:
        total = weight @ total
    return ((target - total) ** 2).sum(dim=(-2, -1)) / 2


def _frames(widths: Sequence[int], stream: Stream) -> list[np.ndarray]:
    """Random orthonormal directions in every layer, as many as inputs."""
    if widths[-1] != widths[0] or min(widths) < widths[0]:
        raise ValueError(f"widths {tuple(widths)} need as many outputs as inputs and no narrower layer")
    generator = stream.child("start").generator()
    return [orthonormal(width, widths[0], generator) for width in widths]


def _balanced(frames: Sequence[np.ndarray], strengths: np.ndarray) -> list[np.ndarray]:
    """Matrices between neighbouring frames, all with the same singular values."""
    return [frames[k + 1] * strengths @ frames[k].T for k in range(len(frames) - 1)]


def _square_task(widths: Sequence[int], singular_values: Sequence[float], examples: int, stream: Stream) -> Task:
    ones = np.ones((len(widths) - 1, len(singular_values)))
    return Network(widths=widths, singular_values=singular_values, strengths=ones, examples=examples).task(stream)
