"""What a linear student can know of a teacher whose labels carry noise: the input-output correlation of the data."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.portions import portions
from numerics.streams import Stream

TRACKED = 2  # rows and columns of the correlation whose entries are followed one by one


def correlation_statistics(
    *,
    inputs: int,
    outputs: int,
    examples: Sequence[int],
    strength: float,
    noise: float,
    draws: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Statistics of sum_mu y x^T over fresh data sets of one teacher, for several numbers of examples.

    strength  singular value of the teacher, of rank one;  noise  standard deviation in each label
    draws     data sets a replica, over which covariances are taken
    Inputs are drawn anew and whitened. Values (rows, numbers of examples); rows are the mean squared length of the
    correlation, the squared error of the best linear fit to the examples, the means of the first TRACKED^2 entries,
    and their covariances in the order of np.triu_indices. Axis: numbers of examples. Given: teacher, noise, inputs,
    outputs, and the first entries of the teacher's directions, left and right. Raises ValueError where the examples do
    not span the inputs.
    """
    if min(examples) < inputs or min(inputs, outputs) < TRACKED or draws < 2 or min(strength, noise) <= 0:
        raise ValueError("need examples that span the inputs, two draws, and a positive strength and noise")
    torch, place = load_torch(), resolve_device(device)
    start = stream.child("teacher").generator()
    u, v = (_direction(size, start) for size in (outputs, inputs))
    teacher = torch.as_tensor(strength * np.outer(u, v), device=place)
    columns = []
    for count in examples:
        generator = stream.child(count).generator()
        parts = [
            _statistics(generator, teacher, noise, shape=(size, draws, count))
            for size in portions(replicas, count * inputs * draws)
        ]
        columns.append(np.concatenate(parts))
    given: dict[str, np.ndarray | float] = {
        "teacher": strength,
        "noise": noise,
        "inputs": inputs,
        "outputs": outputs,
        "left": u[:TRACKED],
        "right": v[:TRACKED],
    }
    return from_replicas(
        np.stack(columns, axis=-1),
        axis=np.asarray(examples, dtype=float),
        given=given,
        resolution={"samples": replicas * draws},
    )


def _statistics(generator: np.random.Generator, teacher: Any, noise: float, shape: tuple[int, int, int]) -> np.ndarray:
    """The rows of `correlation_statistics` for each replica; shape (replicas, draws, examples)."""
    torch, (replicas, draws, examples), (outputs, inputs) = load_torch(), shape, teacher.shape

    def draw(*shape: int) -> Any:
        return torch.as_tensor(normal(generator, replicas * draws, *shape), device=teacher.device)

    x = torch.linalg.qr(draw(examples, inputs))[0].mT
    labels = teacher @ x + noise * draw(outputs, examples)
    correlation = labels @ x.mT
    fitted = torch.linalg.lstsq(x.mT, labels.mT).solution
    rest = ((labels.mT - x.mT @ fitted) ** 2).sum(dim=(1, 2))
    length = (correlation**2).sum(dim=(1, 2))
    totals = torch.stack([length, rest], dim=1).reshape(replicas, draws, 2).mean(dim=1).cpu().numpy()
    entries = correlation[:, :TRACKED, :TRACKED].reshape(replicas, draws, -1).cpu().numpy()
    apart, pairs = entries - entries.mean(axis=1, keepdims=True), np.triu_indices(TRACKED**2)
    products = np.einsum("rdp,rdp->rp", apart[..., pairs[0]], apart[..., pairs[1]]) / (draws - 1)
    return np.concatenate([totals, entries.mean(axis=1), products], axis=1)


def correlation_size(*, widths: Sequence[int], examples: int, stream: Stream, device: str) -> Measurement:
    """Rows and columns of the input-output correlation of a teacher of two matrices: values (2,).

    widths   of its three layers, in the order in which a signal meets them
    A signal is sent through layer by layer, each weight by its receiving and its sending neuron. `device` is unused.
    Given: hidden, the width of the middle layer.
    """
    generator = stream.generator()
    signal = inputs = generator.standard_normal((widths[0], examples))
    for sending, receiving in itertools.pairwise(widths):
        signal = generator.standard_normal((receiving, sending)) @ signal
    correlation = signal @ inputs.T
    return Measurement(values=np.array(correlation.shape, dtype=float), given={"hidden": float(widths[1])})


def _direction(size: int, generator: np.random.Generator) -> np.ndarray:
    """A unit vector without small entries, whose means could not be told from zero."""
    vector = generator.choice((-1.0, 1.0), size) * generator.uniform(0.6, 1.4, size)
    return np.asarray(vector / np.linalg.norm(vector))
