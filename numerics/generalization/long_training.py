"""When the test error of linear students turns round, and how far it rises, in the limit of slow learning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from numerics.backend import load_torch
from numerics.controls import controlled
from numerics.deep_linear.weight_space import product
from numerics.generalization.students import Data, Setting, advanced, decoupled_start, drawn_data, single
from numerics.measurement import Measurement, from_replicas
from numerics.stepping import require_order
from numerics.streams import Stream

RUNGE_KUTTA, TOLERANCE = 4, 1e-3  # order of the steps; what half of them may change, of the largest value
FEW = 2  # replicas on which the steps are put to the test
REACH = 0.52  # largest step times singular value of the data at which half of it changes less than TOLERANCE

Student = tuple[float, float, float]  # teacher's singular value, outputs per input, initial strength of every mode


def error_minimum_of_one_neuron(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    students: Sequence[Student],
    examples_per_input: float,
    end: float,
    step: float,
) -> Measurement:
    """Time at which the test error of students of one hidden neuron is smallest, and its rise from there to the end.

    width      number N_1 of inputs
    end, step  of the run, in the unit of tau; the descent advances by Runge-Kutta steps
    Values (students, 2): time in the unit of tau, and rise relative to the teacher's squared singular value, both by
    the polynomial through the smallest error and two neighbours on either side. Given, one entry a student: teacher,
    ratio, initial.
    """
    samples = []
    for number, student in enumerate(students):
        setting = _setting(width, student, examples_per_input, neurons=1)
        data, generator = drawn_data(setting, student[0], replicas, stream.child(number), device)
        fine = _fine(step, data)
        if number == 0:
            _try_steps(setting, data, student[2], np.arange(0, end, step), fine, stream)
        times = np.arange(0, end + step / 2, step)
        path = _errors(setting, single(data), student[2], times, fine, generator) / student[0] ** 2
        at, lowest = _turn(path)
        samples.append(controlled(np.stack([at * step, path[-1] - lowest], axis=1), data.controls))
    return from_replicas(np.stack(samples, axis=1), given=_given(students), resolution={"width": width})


def error_per_output(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    students: Sequence[Student],
    examples_per_input: float,
    times: Sequence[float],
    step: float,
) -> Measurement:
    """Test error per output of students with more hidden neurons than the data have modes, over time.

    times   in the unit of tau, on the grid of steps, which are finer where the data have a stronger mode
    Values (students, T), relative to the teacher's squared singular value and divided by the number of outputs. Given,
    one entry a student: teacher, ratio, initial.
    """
    samples = []
    for number, student in enumerate(students):
        setting = _setting(width, student, examples_per_input, neurons=width + 1)
        data, generator = drawn_data(setting, student[0], replicas, stream.child(number), device)
        fine = _fine(step, data)
        if number == 0:
            _try_steps(setting, data, student[2], times, fine, stream)
        path = _errors(setting, single(data), student[2], times, fine, generator)
        samples.append(controlled(path.T / (student[0] ** 2 * data.target.shape[-2]), data.controls))
    return from_replicas(
        np.stack(samples, axis=1),
        axis=np.asarray(times, dtype=float),
        given=_given(students),
        resolution={"width": width},
    )


def error_from_minimum_to_end(
    *,
    setting: Setting,
    teacher: float,
    initial: float,
    end: float,
    step: float,
    noise: bool,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """How far the test error rises from its smallest value to the end of a run, for each width of the setting.

    Without noise the correlation of the data is the teacher's own map. Values (widths,).
    """
    data, generator = drawn_data(setting, teacher, replicas, stream, device)
    narrow = replace(setting, widths=setting.widths[:1])
    fine = _fine(step, data)
    _try_steps(narrow, data, initial, np.arange(0, end, step), fine, stream)
    if not noise:
        left, values, right = load_torch().linalg.svd(data.target, full_matrices=False)
        data = replace(data, correlation=data.target, left=left, values=values, right=right.mT)
    rises = []
    for width in setting.widths:
        path = _errors(replace(setting, widths=(width,)), data, initial, np.arange(0, end, step), fine, generator)
        rises.append((path[-1] - path.min(axis=0)) / teacher**2)
    return from_replicas(np.stack(rises, axis=1), resolution={"width": setting.inputs})


def _setting(width: int, student: Student, examples_per_input: float, neurons: int) -> Setting:
    if student[2] <= 0:
        raise ValueError(f"the initial strength must be positive, not {student[2]}")
    return Setting(inputs=width, ratio=student[1], examples=round(examples_per_input * width), widths=(neurons,))


def _given(students: Sequence[Student]) -> dict[str, np.ndarray]:
    return dict(zip(("teacher", "ratio", "initial"), np.array(students, dtype=float).T, strict=True))


def _turn(path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each column is smallest, in rows, and how small: by Newton's method on a polynomial of fourth degree."""
    middle = np.clip(np.argmin(path, axis=0), 2, len(path) - 3)
    near = np.stack([path[middle + k, np.arange(path.shape[1])] for k in range(-2, 3)])
    coefficients = np.linalg.solve(np.polynomial.polynomial.polyvander(np.arange(-2.0, 3.0), 4), near)
    powers = np.arange(5)[:, None]
    shift = np.zeros(path.shape[1])
    for _ in range(6):
        slope = np.sum(powers[1:] * coefficients[1:] * shift ** powers[:-1], axis=0)
        bend = np.sum(powers[2:] * powers[1:-1] * coefficients[2:] * shift ** powers[:-2], axis=0)
        shift = shift - slope / bend
    return middle + shift, np.sum(coefficients * shift**powers, axis=0)


def _fine(step: float, data: Data) -> float:
    """The step, or a whole part of it where the strongest of all modes needs one: it is that of an unlikely sample."""
    return step / math.ceil(step * float(data.values.max()) / REACH)


def _try_steps(
    setting: Setting, data: Data, initial: float, times: Sequence[float] | np.ndarray, step: float, stream: Stream
) -> None:
    """Whether a few replicas show the order of the Runge-Kutta steps."""
    few = Data(**{field.name: getattr(data, field.name)[:FEW] for field in fields(data)})

    def path(size: float) -> np.ndarray:
        return _errors(setting, few, initial, times, size, stream.child("steps").generator())

    require_order(path, step, order=RUNGE_KUTTA, tolerance=TOLERANCE)


def _errors(
    setting: Setting,
    data: Data,
    initial: float,
    times: Sequence[float] | np.ndarray,
    step: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """Squared distances to the teacher at the times, (T, replicas), of students of the setting's first width."""
    weights: list[Any] = decoupled_start(setting, data, setting.widths[0], (initial,), generator)
    counts = [round(float(time) / step) for time in times]
    found, norm = [], load_torch().linalg.vector_norm
    for count in range(counts[-1] + 1):
        if count in counts:
            total = product(weights)[0]
            found.append(norm(total - data.target, dim=(-2, -1)).double().cpu().numpy() ** 2)
        weights = advanced(weights, data, step)
    return np.array(found)
