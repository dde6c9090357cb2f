"""Linear students of a noisy teacher: their data, their decoupled starts, and their gradient flow."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.deep_linear.weight_space import slopes
from numerics.generalization.noisy_data import leading_modes, noise_controls, training_data
from numerics.streams import Stream


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Who learns from what.

    inputs, ratio, examples   numbers of inputs N_1 and of examples; outputs per input
    widths                    hidden neurons of each student, the same in all its hidden layers
    matrices                  of weights: 2 for three layers
    """

    inputs: int
    ratio: float
    examples: int
    widths: Sequence[int]
    matrices: int = 2


@dataclass(frozen=True, kw_only=True)
class Data:
    """White data of a teacher, of R replicas.

    correlation, target     of the data, and the teacher's map, (R, N_3, N_1)
    left, values, right     modes of the correlation, one for students of one neuron and else all of them
    overlaps                products of theirs with the teacher's directions
    controls                functions of the noise of mean zero, (R, K)
    """

    correlation: Any
    target: Any
    left: Any
    values: Any
    right: Any
    overlaps: Any
    controls: np.ndarray


def check_students(setting: Setting, initials: Sequence[float], step: float) -> None:
    """Raise ValueError for starts, steps, widths or numbers of matrices that no student has."""
    if min(initials) <= 0 or step <= 0:
        raise ValueError("the initial strengths and the learning rate must be positive")
    if min(setting.widths) < 1 or setting.matrices < 2:
        raise ValueError(f"no student of widths {tuple(setting.widths)} and {setting.matrices} matrices")


def drawn_data(
    setting: Setting, teacher: float, replicas: int, stream: Stream, device: str
) -> tuple[Data, np.random.Generator]:
    """Training sets of white inputs drawn for each replica, and the generator for what is drawn next."""
    generator = stream.generator()
    inputs, labels, (u, v) = training_data(
        width=setting.inputs,
        strength=teacher,
        ratio=setting.ratio,
        replicas=replicas,
        examples_per_input=setting.examples / setting.inputs,
        generator=generator,
        place=resolve_device(device),
    )
    # white inputs: half the squared error on the examples is that on the correlation, plus a constant
    correlation = labels @ inputs.mT
    left, values, right = leading_modes(correlation, 1 if max(setting.widths) == 1 else min(correlation.shape[1:]))
    overlaps = (left.mT @ u)[..., 0] * (right @ v)[..., 0]
    target = teacher * u @ v.mT
    controls = noise_controls(correlation - target, u, v)
    return Data(
        correlation=correlation,
        target=target,
        left=left,
        values=values,
        right=right.mT,
        overlaps=overlaps,
        controls=controls,
    ), generator


def single(data: Data) -> Data:
    """The data in single precision: 1e-6 of a map, where means over data sets are known to 1e-3."""
    tensors = ("correlation", "target", "left", "values", "right", "overlaps")
    return replace(data, **{name: getattr(data, name).float() for name in tensors})


def decoupled_start(
    setting: Setting, data: Data, width: int, initials: Sequence[float], generator: np.random.Generator
) -> list[Any]:
    """Weights, (initials, replicas, rows, columns) each, that carry every mode along hidden directions of its own."""
    torch = load_torch()
    modes, depth = min(width, data.values.shape[-1]), setting.matrices
    place = {"device": data.correlation.device, "dtype": data.correlation.dtype}
    draws = torch.as_tensor(generator.standard_normal((depth - 1, len(data.correlation), width, modes)), **place)
    frames = [data.right[..., :modes], *torch.linalg.qr(draws)[0], data.left[..., :modes]]
    scales = torch.as_tensor(np.asarray(initials, dtype=float) ** (1 / depth), **place)[:, None, None, None]
    return [scales * (b @ a.mT) for a, b in itertools.pairwise(frames)]


def advanced(weights: list[Any], data: Data, step: float) -> list[Any]:
    """Weights one step further along the gradient flow, by the classical Runge-Kutta rule of fourth order."""

    def moved(directions: Sequence[Any], size: float) -> list[Any]:
        return [w - size * direction for w, direction in zip(weights, directions, strict=True)]

    found = [slopes(weights, data.correlation)[1]]
    for share in (0.5, 0.5, 1.0):
        found.append(slopes(moved(found[-1], share * step), data.correlation)[1])
    return moved([a + 2 * b + 2 * c + d for a, b, c, d in zip(*found, strict=True)], step / 6)
