"""The smallest test error of linear students of several widths that are trained on the same noisy examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch
from numerics.deep_linear.weight_space import slopes
from numerics.generalization.students import Data, Setting, check_students, decoupled_start, drawn_data
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

MAX_UPDATES = 100_000
REACH, RISEN = 3, 1.01  # updates on either side of the smallest error that are interpolated; rise that ends a run
PATIENCE = 30  # a run also ends this many updates after twice those to the smallest error


def errors_over_width(
    *,
    setting: Setting,
    teachers: Sequence[float],
    initials: Sequence[float],
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train students of all widths on one set of examples of each teacher, and record their smallest test errors.

    teachers  singular values
    initials  strengths at the start of each mode of the data that the hidden neurons can hold
    step      learning rate
    The test error is the squared distance of the maps of student and teacher over the squared singular value. Values
    (teachers, initials, widths), with the widths as axis. Given: teacher (teachers,); singular_values and overlaps
    (u^T ubar)(v^T vbar) of the data's modes, (teachers, 1, modes); initial (initials,); width (widths,).
    """
    check_students(setting, initials, step)
    rows, values, overlaps = [], [], []
    for number, teacher in enumerate(teachers):
        data, generator = drawn_data(setting, teacher, 1, stream.child(number), device)
        paths = [_train(setting, data, width, initials, step, generator) for width in setting.widths]
        rows.append(np.stack([_lowest(path)[:, 0] for path in paths], axis=-1) / teacher**2)
        values.append(data.values.cpu().numpy())
        overlaps.append(data.overlaps.cpu().numpy())
    given = {
        "teacher": np.asarray(teachers, dtype=float),
        "singular_values": np.stack(values),
        "overlaps": np.stack(overlaps),
        "initial": np.asarray(initials, dtype=float),
    }
    axis = np.asarray(setting.widths, dtype=float)
    return Measurement(values=np.stack(rows), axis=axis, given=given, resolution={"step": step})


def errors_over_time(
    *,
    setting: Setting,
    teachers: Sequence[float],
    initials: Sequence[float],
    times: Sequence[float],
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """The test errors of `errors_over_width` at given times, in the unit of tau and on the step grid.

    Values (teachers, initials, widths, T), with the times as axis. Given as for `errors_over_width`, and width
    (widths,).
    """
    check_students(setting, initials, step)
    counts = [round(time / step) for time in times]
    rows, values, overlaps = [], [], []
    for number, teacher in enumerate(teachers):
        data, generator = drawn_data(setting, teacher, 1, stream.child(number), device)
        paths = [_train(setting, data, w, initials, step, generator, counts[-1])[counts] for w in setting.widths]
        rows.append(np.stack([path[:, :, 0].T for path in paths], axis=1) / teacher**2)
        values.append(data.values.cpu().numpy())
        overlaps.append(data.overlaps.cpu().numpy())
    given = {
        "teacher": np.asarray(teachers, dtype=float),
        "singular_values": np.stack(values),
        "overlaps": np.stack(overlaps),
        "initial": np.asarray(initials, dtype=float),
        "width": np.asarray(setting.widths, dtype=float),
    }
    return Measurement(
        values=np.stack(rows), axis=np.asarray(times, dtype=float), given=given, resolution={"step": step}
    )


def changes_by_width(
    *,
    setting: Setting,
    teacher: float,
    initials: Sequence[float],
    learning_rate: float,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """How far the smallest test error of each width lies above that of the first, over replicas of the data.

    Values (initials, widths - 1). Given: teacher; singular_values and overlaps, (replicas, modes); initial; width;
    layers, of neurons.
    """
    check_students(setting, initials, learning_rate)
    data, generator = drawn_data(setting, teacher, replicas, stream, device)
    found = [
        _lowest(_train(setting, data, width, initials, learning_rate, generator)) / teacher**2
        for width in setting.widths
    ]
    samples = np.stack([(error - found[0]).T for error in found[1:]], axis=-1)
    given = {
        "teacher": teacher,
        "singular_values": data.values.cpu().numpy(),
        "overlaps": data.overlaps.cpu().numpy(),
        "initial": np.asarray(initials, dtype=float),
        "width": np.asarray(setting.widths, dtype=float),
        "layers": float(setting.matrices + 1),
    }
    return from_replicas(
        samples, axis=np.asarray(setting.widths[1:], dtype=float), given=given, resolution={"step": learning_rate}
    )


def _train(
    setting: Setting,
    data: Data,
    width: int,
    initials: Sequence[float],
    learning_rate: float,
    generator: np.random.Generator,
    updates: int | None = None,
) -> np.ndarray:
    """Squared distances to the teacher along descents from decoupled starts, (updates, initials, replicas).

    Without a number of updates the run ends where all errors have risen from their smallest value, or have stayed
    close to it for as long as they took to fall.
    """
    weights = decoupled_start(setting, data, width, initials, generator)
    errors: list[np.ndarray] = []
    smallest = np.full((len(initials), len(data.correlation)), np.inf)
    place_of = np.zeros(smallest.shape)
    for count, total in enumerate(_descent(weights, data, learning_rate)):
        errors.append(((total - data.target) ** 2).sum(dim=(-2, -1)).cpu().numpy())
        if count == updates:
            break
        if updates is None:
            place_of = np.where(errors[-1] < smallest, count, place_of)
            smallest = np.minimum(smallest, errors[-1])
            risen = (errors[-1] > RISEN * smallest) & (count >= place_of + REACH)
            if np.all(risen | (count >= 2 * place_of + PATIENCE)):
                break
    return np.array(errors)


def _descent(weights: list[Any], data: Data, learning_rate: float) -> Iterator[Any]:
    """Gradient descent; yields the map before the first and after each update. Raises ValueError if it does not end."""
    torch = load_torch()
    for _ in range(MAX_UPDATES):
        total, gradients = slopes(weights, data.correlation)
        yield total
        torch._foreach_add_(weights, gradients, alpha=-learning_rate)
    raise ValueError(f"some student is not done after {MAX_UPDATES} updates")


def _lowest(path: np.ndarray) -> np.ndarray:
    """Minimum over the first axis of the polynomial through the smallest value and REACH neighbours on either side."""
    middle = np.clip(np.argmin(path, axis=0), REACH, len(path) - 1 - REACH)
    near = np.stack([np.take_along_axis(path, middle[None] + k, axis=0)[0] for k in range(-REACH, REACH + 1)])
    nodes = np.arange(-REACH, REACH + 1, dtype=float)
    fine = np.linspace(-1, 1, 2001)
    basis = np.polynomial.polynomial.polyvander(fine, 2 * REACH) @ np.linalg.inv(
        np.polynomial.polynomial.polyvander(nodes, 2 * REACH)
    )
    return np.minimum(near[REACH], np.tensordot(basis, near, axes=1).min(axis=0))
