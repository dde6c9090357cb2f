"""Balanced linear networks with as many outputs as inputs, whose map may start with a determinant of the wrong sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.deep_linear.training import Descent, Network, Task, orthonormal, updates_between
from numerics.deep_linear.weight_space import product, slopes
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

EARLY, FINER = 6.0, 5.0  # tau of training in finer steps, and how much finer they are


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


def strength_curves(
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


def loss_after_training(
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
    """Gradient flow from balanced starts whose map is orthogonal, its determinant of the same sign as the data or not.

    networks   widths of each network, first inputs, last as many outputs; hidden layers may be wider. At the start
               every matrix has singular values 1, between random orthonormal frames
    until      time of training in the unit of tau, in Runge-Kutta steps of courant / (number of matrices)
    The inputs are white, so that the loss is half the squared distance of the map from the correlation, plus what no
    map can explain; values (networks,) are that half squared distance at the end, mean over `replicas` of data and
    start. Given: smallest, the smallest singular value of the correlation; last_quarter (networks,), the mean size of
    the change in the last quarter of the training. Raises ValueError for widths that do not fit.
    """
    values, samples, late = np.asarray(singular_values, dtype=float), [], []
    for number, widths in enumerate(networks):
        begin = _starts(widths, values, same_sign, replicas, stream.child(number), device)
        before = _trained(*begin, 0.75 * until, courant)
        end = _steps(before, begin[1], 0.25 * until, courant)
        samples.append(_loss(end, begin[1]))
        late.append(float(np.mean(np.abs(_loss(before, begin[1]) - samples[-1]))))
    given: dict[str, np.ndarray | float] = {"smallest": float(values.min()), "last_quarter": np.array(late)}
    axis = np.array([len(widths) - 1.0 for widths in networks])
    return from_replicas(np.stack(samples, axis=1), axis=axis, given=given, resolution={"time": until})


def loss_by_training_time(
    *,
    networks: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    starts: int,
    courant: float,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """The loss of `loss_after_training` after the time 1 / `step`, from several starts whose determinant has the wrong
    sign: values (networks, starts). Given: smallest.
    """
    values, rows = np.asarray(singular_values, dtype=float), []
    for number, widths in enumerate(networks):
        weights, target = _starts(widths, values, False, starts, stream.child(number), device)
        rows.append(_loss(_trained(weights, target, 1 / step, courant), target))
    given: dict[str, np.ndarray | float] = {"smallest": float(values.min())}
    return Measurement(values=np.stack(rows), given=given, resolution={"time": 1 / step})


def _starts(
    widths: Sequence[int], values: np.ndarray, same_sign: bool, count: int, stream: Stream, device: str
) -> tuple[list, Any]:
    """Orthogonal networks, a tensor (count, out, in) for each matrix, and correlations (count, outputs, inputs)."""
    torch, place = load_torch(), resolve_device(device)
    starts, targets = [], []
    for replica in range(count):
        child = stream.child(replica)
        frames, generator = _frames(widths, child), child.child("data").generator()
        left, right = (orthonormal(widths[0], len(values), generator) for _ in range(2))
        targets.append(left * values @ right.T)
        if (np.linalg.det(frames[-1] @ frames[0].T) * np.linalg.det(targets[-1]) > 0) != same_sign:
            frames[-1][:, 0] *= -1
        starts.append(_balanced(frames, np.ones(len(values))))
    weights = [torch.as_tensor(np.stack(w), device=place) for w in zip(*starts, strict=True)]
    return weights, torch.as_tensor(np.stack(targets), device=place)


def _trained(weights: list, target: Any, time: float, courant: float) -> list:
    """The weights after Runge-Kutta steps of gradient flow, of courant over the number of matrices or a little less.

    Plain descent would not do: its steps unbalance the layers, and unbalanced layers let the determinant cross zero
    after a while. While the map still turns, for EARLY tau, the steps are FINER times shorter for that reason.
    """
    if time > EARLY:
        weights, time = _steps(weights, target, EARLY, courant / FINER), time - EARLY
    return _steps(weights, target, time, courant)


def _steps(weights: list, target: Any, time: float, courant: float) -> list:
    torch = load_torch()
    count = int(np.ceil(time * len(weights) / courant))
    size = time / count

    def down(at: list) -> list:
        return [-slope for slope in slopes(at, target)[1]]

    for _ in range(count):
        k1 = down(weights)
        k2 = down(torch._foreach_add(weights, k1, alpha=size / 2))
        k3 = down(torch._foreach_add(weights, k2, alpha=size / 2))
        k4 = down(torch._foreach_add(weights, k3, alpha=size))
        for k, weight in zip((k1, k2, k3, k4), (1, 2, 2, 1), strict=True):
            weights = torch._foreach_add(weights, k, alpha=size * weight / 6)
    return weights


def _loss(weights: list, target: Any) -> np.ndarray:
    """Half the squared distance of the maps from their targets, (starts,)."""
    return (((target - product(weights)) ** 2).sum(dim=(-2, -1)) / 2).cpu().numpy()


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
