"""The smallest test error on the way of a linear student that is trained on the noisy labels of a teacher."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.controls import controlled
from numerics.deep_linear.weight_space import slopes
from numerics.generalization.noisy_data import leading_modes, noise_controls, training_data
from numerics.measurement import Measurement, from_replicas
from numerics.portions import portions
from numerics.streams import Stream

PATIENCE, MAX_UPDATES = 3, 20_000  # updates after the smallest error; updates in all
SETTLED = 1e-7  # relative change of a strength in one update
FLAT = 1e-12  # a faint start changes the error by less than rounding at first


@dataclass(frozen=True, kw_only=True)
class Student:
    """Who learns from whom.

    teacher, ratio  singular value of the teacher, and outputs per input
    initial         strength at the start of each mode of the data that the hidden neurons can hold, equal in all layers
    hidden          hidden neurons per input in every hidden layer, at least one neuron
    matrices        of weights: 2 for three layers
    """

    teacher: float
    ratio: float
    initial: float
    hidden: float = 0.0
    matrices: int = 2


def smallest_test_error(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    students: Sequence[Student],
    examples_per_input: float,
    learning_rate: float,
) -> Measurement:
    """Train students by gradient descent and record where their test error is smallest.

    width     number N_1 of inputs
    students  one a row of values
    The test error is the squared distance of the maps of student and teacher (the mean over white test inputs), over
    the squared singular value. Values (students, 2): strength u^T W v of the data's largest mode and test error, both
    at the vertex of the parabola through the smallest error and its neighbours. Given, one entry a student: teacher,
    ratio.
    """
    place = resolve_device(device)
    if min(student.initial for student in students) <= 0 or learning_rate <= 0:
        raise ValueError("the initial strength and the learning rate must be positive")
    samples = []
    for number, student in enumerate(students):
        generator, ends, controls = stream.child(number).generator(), [], []
        for count in portions(replicas, round(examples_per_input * width) * width):
            end, noise = _ends(width, count, generator, place, student, examples_per_input, learning_rate)
            ends.append(end)
            controls.append(noise)
        samples.append(controlled(np.concatenate(ends), np.concatenate(controls)))
    given = {name: np.array([float(getattr(s, name)) for s in students]) for name in ("teacher", "ratio")}
    return from_replicas(np.stack(samples, axis=1), given=given, resolution={"width": width})


def _ends(
    width: int,
    count: int,
    generator: np.random.Generator,
    place: str,
    student: Student,
    examples_per_input: float,
    learning_rate: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Strength and error where the error is smallest, (count, 2), and what the noise in the data says of them."""
    torch, strength = load_torch(), student.teacher
    inputs, labels, teacher = training_data(
        width=width,
        strength=strength,
        ratio=student.ratio,
        replicas=count,
        examples_per_input=examples_per_input,
        generator=generator,
        place=place,
    )
    # white inputs: half the squared error on the examples is that on the correlation, plus a constant
    correlation, target = labels @ inputs.mT, strength * teacher[0] @ teacher[1].mT
    neurons = max(1, round(student.hidden * width))
    left, _, right = leading_modes(correlation, neurons)
    modes = left.shape[-1]
    drawn = [generator.standard_normal((count, neurons, modes)) for _ in range(student.matrices - 1)]
    hidden = [torch.linalg.qr(torch.as_tensor(draws, device=place))[0] for draws in drawn]
    sides = itertools.pairwise([right.mT, *hidden, left])
    weights = [student.initial ** (1 / student.matrices) * above @ below.mT for below, above in sides]
    run = _descent(torch, weights, correlation, target, learning_rate, left[:, :, :1], right[:, :1])
    found = _vertex(*(path / scale for path, scale in zip(run, (1.0, strength**2), strict=True)))
    return found, noise_controls(correlation - target, *teacher)


def _descent(
    torch: Any, weights: list, correlation: Any, target: Any, learning_rate: float, left: Any, right: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Strength of the largest mode and squared distance to the target along the descent, each (updates, replicas)."""
    weights = [w.clone() for w in weights]
    strengths: list[np.ndarray] = []
    errors: list[np.ndarray] = []
    smallest, since = np.full(len(correlation), np.inf), np.zeros(len(correlation))
    while len(errors) < MAX_UPDATES:
        total, gradients = slopes(weights, correlation)
        strengths.append((left[..., :1].mT @ total @ right[..., :1, :].mT)[:, 0, 0].cpu().numpy())
        errors.append(torch.linalg.vector_norm(total - target, dim=(1, 2)).cpu().numpy() ** 2)
        torch._foreach_add_(weights, gradients, alpha=-learning_rate)
        improved = errors[-1] <= smallest * (1 + FLAT)
        smallest, since = np.minimum(smallest, errors[-1]), np.where(improved, 0, since + 1)
        still = len(errors) > 1 and np.abs(strengths[-1] - strengths[-2]) <= SETTLED * np.abs(strengths[-1])
        if np.all((since >= PATIENCE) | still):
            return np.array(strengths), np.array(errors)
    raise ValueError(f"some test error still falls after {MAX_UPDATES} updates")


def _vertex(strengths: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Strength and error, (replicas, 2), at the vertex of the parabola error(strength) through three updates.

    Through strength and not through time, in which the path is skewed: the vertex would depend on the learning rate.
    """
    at, column = np.clip(np.argmin(errors, axis=0), 1, len(errors) - 2), np.arange(errors.shape[1])
    (x, y, z), (e, f, g) = ([path[at + k, column] for k in (-1, 0, 1)] for path in (strengths, errors))
    with np.errstate(all="ignore"):
        slope, next_slope = (f - e) / (y - x), (g - f) / (z - y)
        bend = (next_slope - slope) / (z - x)
        best = (x + y) / 2 - slope / (2 * bend)
        level = f + (best - y) * (slope + bend * (best - x))
    settled = np.abs(z - y) <= 10 * SETTLED * y  # the error falls to the end of learning: no vertex on the way
    return np.stack([np.where(settled, y, best), np.where(settled, f, level)], axis=1)
