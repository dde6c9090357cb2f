"""Greedy pretraining of a linear network by an autoencoder, and what is learned from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from numerics.deep_linear.training import Descent, Task, orthonormal, updates_between
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

PRETRAINING_RATE, MAX_UPDATES, AT_REST = 0.1, 20_000, 1e-13  # largest gradient entry at which pretraining ends


def autoencoder_curves(
    *,
    widths: tuple[int, int],
    eigenvalues: Sequence[float],
    initial: Sequence[float],
    tau: float,
    times: Sequence[float],
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train an autoencoder of one matrix and its transpose from a start along the principal components.

    eigenvalues  of the input correlation, one for each input
    initial      strengths v^T W^T W v of the first components at the start, one for each hidden neuron
    times        observation times, in the unit of tau, on the step grid
    device       unused: the work is small
    Values (hidden, T): strengths over time. Given: eigenvalues, initial (hidden,); tau.
    """
    inputs, right = _examples(widths[0], eigenvalues, examples, stream)
    begin = np.asarray(initial, dtype=float)
    if len(begin) != widths[1] or widths[1] > widths[0]:
        raise ValueError(f"{len(begin)} initial strengths for {widths[1]} hidden neurons and {widths[0]} inputs")
    frame = orthonormal(widths[1], widths[1], stream.child("start").generator())
    kept, counts = right[:, : widths[1]], updates_between(times, step)
    path, run = [], _autoencoder(frame * np.sqrt(begin) @ kept.T, inputs, step / tau)
    for _, (weight, _) in zip(range(counts[-1] + 1), run, strict=False):
        path.append(np.sum((weight @ kept) ** 2, axis=0))
    given: dict[str, np.ndarray | float] = {
        "eigenvalues": np.asarray(eigenvalues, dtype=float)[: widths[1]],
        "initial": begin,
        "tau": tau,
    }
    return Measurement(
        values=np.stack(path)[counts].T, axis=np.asarray(times, dtype=float), given=given, resolution={"step": step}
    )


def learning_after_pretraining(
    *,
    widths: tuple[int, int, int],
    eigenvalues: Sequence[float],
    singular_values: Sequence[float],
    tau: float,
    times: Sequence[float],
    examples: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Pretrain the first matrix as an autoencoder from small random weights until it rests, then train both on outputs.

    The second matrix starts at zero. The input modes of the outputs are the leading principal components.
    Values (K, T): strengths u^T W v over time. Given: eigenvalues, singular_values (K,); tau.
    """
    descent = _pretrained(widths, eigenvalues, singular_values, True, examples, stream, device)
    counts = updates_between(times, step)
    maps = zip(range(counts[-1] + 1), descent.run(step / tau), strict=False)
    path = np.stack([descent.strengths(total) for _, total in maps])
    given: dict[str, np.ndarray | float] = {
        "eigenvalues": np.asarray(eigenvalues, dtype=float)[: len(singular_values)],
        "singular_values": descent.task.singular_values,
        "tau": tau,
    }
    return Measurement(
        values=path[counts].T, axis=np.asarray(times, dtype=float), given=given, resolution={"step": step}
    )


def coupling_after_pretraining(
    *,
    widths: tuple[int, int, int],
    eigenvalues: Sequence[float],
    singular_values: Sequence[float],
    aligned: bool,
    allowed: float,
    updates: int,
    learning_rate: float,
    examples: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """As `learning_after_pretraining`, but the input modes of the outputs are random directions unless `aligned`.

    Values (1,): `allowed` minus the largest |u_i^T W v_j| between different modes on the way, over the smallest
    singular value.
    """
    samples = []
    for k in range(replicas):
        descent = _pretrained(widths, eigenvalues, singular_values, aligned, examples, stream.child(k), device)
        largest = 0.0
        for _, total in zip(range(updates), descent.run(learning_rate), strict=False):
            between = descent.task.left.T @ total.cpu().numpy() @ descent.task.right
            largest = max(largest, float(np.abs(between - np.diag(np.diag(between))).max()))
        samples.append([allowed - largest / min(singular_values)])
    return from_replicas(np.array(samples))


def _pretrained(
    widths: tuple[int, int, int],
    eigenvalues: Sequence[float],
    singular_values: Sequence[float],
    aligned: bool,
    examples: int,
    stream: Stream,
    device: str,
) -> Descent:
    values = np.asarray(singular_values, dtype=float)
    if len(values) != widths[1]:
        raise ValueError(f"{len(values)} singular values for {widths[1]} hidden neurons")
    inputs, right = _examples(widths[0], eigenvalues, examples, stream)
    generator = stream.child("outputs").generator()
    left = orthonormal(widths[2], len(values), generator)
    modes = right[:, : len(values)] if aligned else orthonormal(widths[0], len(values), generator)
    noise = generator.standard_normal((widths[2], examples))
    correlation = inputs @ inputs.T
    noise -= noise @ inputs.T @ np.linalg.solve(correlation, inputs)
    outputs = left * values @ modes.T @ np.linalg.solve(correlation, inputs) + noise
    weight = 0.1 * stream.child("start").generator().standard_normal((widths[1], widths[0]))
    for count, (pretrained, slope) in enumerate(_autoencoder(weight, inputs, PRETRAINING_RATE)):
        weight = pretrained
        if slope < AT_REST:
            break
        if count > MAX_UPDATES:
            raise ValueError(f"the autoencoder does not rest after {MAX_UPDATES} updates")
    task = Task(inputs=inputs, outputs=outputs, left=left, right=modes, singular_values=values)
    return Descent(task=task, weights=[weight, np.zeros((widths[2], widths[1]))], device=device)


def _examples(size: int, eigenvalues: Sequence[float], examples: int, stream: Stream) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (size, examples) whose correlation has the eigenvalues, and its eigenvectors."""
    values, generator = np.asarray(eigenvalues, dtype=float), stream.child("inputs").generator()
    if len(values) != size or np.any(np.diff(values) >= 0) or examples <= size:
        raise ValueError(f"{size} inputs need as many decreasing eigenvalues, and more examples")
    right = orthonormal(size, size, generator)
    return right * np.sqrt(values) @ orthonormal(examples, size, generator).T, right


def _autoencoder(weight: np.ndarray, inputs: np.ndarray, learning_rate: float) -> Iterator[tuple[np.ndarray, float]]:
    """Endless descent on half the squared error of an autoencoder; the matrix and its largest slope.

    The error |x - W^T W x|^2 depends on the examples through their correlation only, and so does its gradient.
    """
    correlation, free = inputs @ inputs.T, weight.copy()
    while True:
        missing = correlation - (correlation @ free.T) @ free
        gradient = -(free @ (missing + missing.T))
        yield free.copy(), float(np.abs(gradient).max())
        free -= learning_rate * gradient
