"""Where three-layer linear networks end, how their loss curves at rest points on the way, and how they leave those."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.deep_linear.training import Descent, Task, orthonormal, updates_between
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

MAX_UPDATES = 40_000
AT_REST = 1e-13  # largest gradient entry, relative to the largest singular value, at which training ends
SAMPLES = 40  # recorded points of a run


def end_points(
    *,
    inputs: int,
    outputs: int,
    hidden: Sequence[int],
    singular_values: Sequence[float],
    powers: Sequence[float],
    mixed: bool,
    spread: float,
    courant: float,
    examples: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train from small random weights to the end; the input-output map there, between modes.

    hidden   hidden neurons of each network;  spread  standard deviation of all weights at the start
    powers   eigenvalues of the inputs' correlation, (inputs,)
    mixed    False: the first K eigenvectors are the input directions of the modes of the input-output correlation, with
             `singular_values`. True: they have random directions, and modes and `singular_values` are those of the
             input-output correlation times the inverse root of the inputs' one; the map is multiplied by that root.
    courant  learning rate times the largest singular value times the largest power or 1
    Values   (1 + K K, networks): distance of the map from the input-output correlation, then u_k^T W v_l, row by row;
             mean over `replicas` of data and start. Without the distance if mixed. The axis is `hidden`.
    Given    hidden, singular_values, powers (K,; all 1 if mixed); remaining (networks,), the largest distance of a map
             from where its last updates lead; run_time, run_distance (networks, SAMPLES), the distance over time in the
             unit of tau, of the first replica.
    """
    values = np.asarray(singular_values, dtype=float)
    samples, runs, remaining = [], [], np.zeros(len(hidden))
    for replica in range(replicas):
        columns = []
        for number, neurons in enumerate(hidden):
            child = stream.child(replica).child(number)
            task, root = _task((inputs, outputs), values, np.asarray(powers, float), mixed, examples, child)
            descent = _random_start(task, neurons, spread, child, device)
            rate = courant / (float(np.max(values)) * max(1.0, *powers))
            maps = _train(descent, rate)
            apart = np.linalg.norm(maps - task.outputs @ task.inputs.T, axis=(1, 2))
            entries = task.left.T @ maps[-1] @ root @ task.right
            remaining[number] = max(remaining[number], _remaining(maps) * np.linalg.norm(root, 2))
            columns.append(np.concatenate([[] if mixed else [apart[-1]], entries.ravel()]))
            if replica == 0:
                kept = np.linspace(0, len(maps) - 1, SAMPLES).astype(int)
                runs.append((kept * rate, apart[kept]))
        samples.append(np.stack(columns, axis=1))
    count = len(values)
    given: dict[str, np.ndarray | float] = {
        "hidden": np.asarray(hidden),
        "singular_values": values,
        "powers": np.ones(count) if mixed else np.asarray(powers, dtype=float)[:count],
        "remaining": remaining,
        "run_time": np.array([time for time, _ in runs]),
        "run_distance": np.array([apart for _, apart in runs]),
    }
    return from_replicas(np.stack(samples), axis=np.asarray(hidden, dtype=float), given=given)


def rest_point_spectra(
    *,
    inputs: int,
    outputs: int,
    hidden: int,
    held: Sequence[Sequence[int]],
    singular_values: Sequence[float],
    powers: Sequence[float],
    spread: float,
    courant: float,
    examples: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """All eigenvalues of the Hessian, by all weights, at rest points that hold some modes only.

    A network with a hidden neuron for each mode of a set in `held` is trained on data that lack the others; then its
    map is split into balanced factors, silent hidden neurons fill up to `hidden`, and the other modes are shown.
    Values (sets, weights), increasing, mean over `replicas`; the axis counts the eigenvalues.
    Given: singular_values (K,), powers (inputs,), held (sets, K) of 0 and 1, hidden, outputs; remaining, the largest
    distance of a map from where the last updates of its training lead.
    """
    values, samples, remaining = np.asarray(singular_values, dtype=float), [], 0.0
    for replica in range(replicas):
        rows = []
        for number, modes in enumerate(held):
            child = stream.child(replica).child(number)
            descent, left = _at_rest(
                (inputs, hidden, outputs), modes, values, powers, spread, courant, examples, child, device
            )
            remaining = max(remaining, left)
            rows.append(np.linalg.eigvalsh(hessian(descent)))
        samples.append(rows)
    given: dict[str, np.ndarray | float] = {
        "singular_values": values,
        "powers": np.asarray(powers, dtype=float),
        "hidden": float(hidden),
        "held": np.array([[k in modes for k in range(len(values))] for modes in held], dtype=float),
        "outputs": float(outputs),
        "remaining": remaining,
    }
    axis = np.arange(1.0, len(rows[0]) + 1)
    return from_replicas(np.array(samples), axis=axis, given=given)


def pushed_rest_points(
    *,
    inputs: int,
    outputs: int,
    held: Sequence[int],
    singular_values: Sequence[float],
    powers: Sequence[float],
    push: float,
    times: Sequence[float],
    until: float,
    spread: float,
    courant: float,
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Push a network off a rest point and follow what it learns of the modes that it did not hold.

    The network has a hidden neuron for each mode of `held`. All weights to and from the other modes are moved at random
    by `push`, and gradient descent goes on with updates of duration `step` in the unit of tau.
    Values  (held * others, T): logarithm of the weight from the hidden direction of a held mode to the output direction
            of another one, relative to its value at the first of `times`. Given: held, other (indices of the modes, a
            row each), singular_values, powers; and the whole run until `until`: run_time (SAMPLES,), run_strength
            (K, SAMPLES), the diagonal of the map between modes.
    """
    values = np.asarray(singular_values, dtype=float)
    descent, _ = _at_rest((inputs, len(held), outputs), held, values, powers, spread, courant, examples, stream, device)
    task, generator = descent.task, stream.child("push").generator()
    first, last = (weight.detach().cpu().numpy() for weight in descent.weights)
    directions = last.T @ task.left[:, list(held)]
    directions /= np.linalg.norm(directions, axis=0)  # hidden direction of each held mode
    others = [k for k in range(len(values)) if k not in held]
    frames = task.right[:, others], task.left[:, others]
    pushes = [push * generator.standard_normal(weight.shape) for weight in (first, last)]
    descent.place([first + pushes[0] @ frames[0] @ frames[0].T, last + frames[1] @ frames[1].T @ pushes[1]])
    counts = updates_between(times, step)
    amplitudes, strengths, every = {}, [], max(round(until / step / SAMPLES), 1)
    for update, total in zip(range(every * SAMPLES), descent.run(step), strict=False):
        if update in counts:
            second = descent.weights[1].detach().cpu().numpy()
            amplitudes[update] = np.log(np.abs(task.left[:, others].T @ second @ directions)).T.ravel()
        if update % every == 0:
            strengths.append(descent.strengths(total))
    path = np.stack([amplitudes[count] for count in counts], axis=1)
    given: dict[str, np.ndarray | float] = {
        "held": np.repeat(held, len(others)),
        "other": np.tile(others, len(held)),
        "singular_values": values,
        "powers": np.asarray(powers, dtype=float),
        "run_time": step * every * np.arange(SAMPLES),
        "run_strength": np.stack(strengths, axis=1),
    }
    axis = np.asarray(times, dtype=float)
    return Measurement(values=path - path[:, :1], axis=axis, given=given, resolution={"step": step})


def hessian(descent: Descent) -> np.ndarray:
    """The Hessian of the loss by all weights, first layer first, row by row, at the present weights."""
    import torch

    shapes = [tuple(weight.shape) for weight in descent.weights]
    columns, times_hessian = [], descent.curvature()
    for layer, shape in enumerate(shapes):
        for place in np.ndindex(*shape):
            directions = [torch.zeros_like(weight) for weight in descent.weights]
            directions[layer][place] = 1.0
            columns.append(np.concatenate([c.cpu().numpy().ravel() for c in times_hessian(directions)]))
    return np.stack(columns)


def _task(
    sizes: tuple[int, int], values: np.ndarray, powers: np.ndarray, mixed: bool, examples: int, stream: Stream
) -> tuple[Task, np.ndarray]:
    """Data with the given correlations, and what the map is to be multiplied by; labels carry uncorrelated noise."""
    inputs, outputs = sizes
    if len(powers) != inputs or min(powers) <= 0:
        raise ValueError(f"{inputs} inputs need as many positive powers, not {tuple(powers)}")
    generator, count = stream.child("task").generator(), len(values)
    left, frame = orthonormal(outputs, count, generator), orthonormal(inputs, inputs, generator)
    white = orthonormal(examples, inputs, generator).T
    axes = orthonormal(inputs, inputs, generator) if mixed else frame
    root = axes * np.sqrt(powers) @ axes.T
    right = frame[:, :count]
    noise = generator.standard_normal((outputs, examples))
    noise -= noise @ white.T @ white
    seen = values if mixed else values / np.sqrt(powers[:count])
    task = Task(
        inputs=root @ white,
        outputs=left * seen @ right.T @ white + noise,
        left=left,
        right=right,
        singular_values=values,
    )
    return task, root if mixed else np.eye(inputs)


def _random_start(task: Task, neurons: int, spread: float, stream: Stream, device: str) -> Descent:
    generator = stream.child("start").generator()
    shapes = (neurons, len(task.inputs)), (len(task.outputs), neurons)
    return Descent(task=task, weights=[spread * generator.standard_normal(shape) for shape in shapes], device=device)


def _train(descent: Descent, learning_rate: float) -> np.ndarray:
    """Gradient descent until the weights are at rest; the map before every update, (updates, outputs, inputs)."""
    maps, scale = [], AT_REST * float(np.max(descent.task.singular_values))
    for _ in range(MAX_UPDATES):
        total, gradients = descent.gradients()
        maps.append(total.cpu().numpy().copy())
        if len(maps) > 10 and max(float(gradient.abs().max()) for gradient in gradients) < scale:
            return np.stack(maps)
        descent.shift(gradients, -learning_rate)
    raise ValueError(f"the weights are not at rest after {MAX_UPDATES} updates at {learning_rate}")


def _remaining(maps: np.ndarray) -> float:
    """Distance of the last map from its limit, by a geometric approach at the pace of the last quarter of updates."""
    part = len(maps) // 8
    before, after = (float(np.linalg.norm(maps[-k - 1] - maps[-k - 1 - part])) for k in (part, 0))
    if not 0 <= after < before:
        raise ValueError("the last updates do not approach a map")
    return after**2 / (before - after)


def _at_rest(
    widths: tuple[int, int, int],
    held: Sequence[int],
    values: np.ndarray,
    powers: Sequence[float],
    spread: float,
    courant: float,
    examples: int,
    stream: Stream,
    device: str,
) -> tuple[Descent, float]:
    """A network at the rest point that holds the modes `held`, balanced, before data that have all modes.

    And how far the map is from where the last updates of its training lead.
    """
    inputs, hidden, outputs = widths
    task, _ = _task((inputs, outputs), values, np.asarray(powers, dtype=float), False, examples, stream)
    absent = [k for k in range(len(values)) if k not in held]
    without = task.left[:, absent] @ task.left[:, absent].T @ (task.outputs @ task.inputs.T)
    part = np.linalg.solve(task.inputs @ task.inputs.T, task.inputs)
    lacking = Task(
        inputs=task.inputs,
        outputs=task.outputs - without @ part,
        left=task.left,
        right=task.right,
        singular_values=values,
    )
    learner = _random_start(lacking, len(held), spread, stream, device)
    maps = _train(learner, courant / (float(np.max(values)) * max(1.0, *powers)))
    u, s, vt = np.linalg.svd(maps[-1])
    mix = orthonormal(hidden, len(held), stream.child("mix").generator())
    size = np.sqrt(s[: len(held)])
    weights = [mix * size @ vt[: len(held)], u[:, : len(held)] * size @ mix.T]
    return Descent(task=task, weights=weights, device=device), _remaining(maps)
