"""Train and test errors, over time, of linear students of any depth that learn the noisy labels of a teacher."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from numerics.backend import resolve_device
from numerics.deep_linear.training import Descent, Task, orthonormal, updates_between
from numerics.generalization.noisy_data import training_data
from numerics.measurement import Measurement
from numerics.streams import Stream


def error_curves(
    *,
    students: Sequence[tuple[Sequence[int], float]],
    strength: float,
    examples_per_input: float,
    test_inputs: int,
    tau: float,
    times: Sequence[float],
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train students on one and the same draw of data and record both errors of each.

    students     pairs (widths of all layers, strength at the start of each mode of the data); all have the same numbers
                 of inputs and outputs; a student carries as many modes as its narrowest layer has neurons, the largest
    strength     singular value of the teacher, of rank one; labels have noise of variance 1 / inputs
    test_inputs  number of fresh white inputs, whose labels carry no noise
    times        in the unit of tau, on the step grid
    Values (2 students, T): test and train error of each student, sums of squared errors over those of a student that
    says nothing. Given: teacher, tau, labels (the sum of their squares), singular_values and overlaps (K,) of the
    data's modes, and one entry a student: layers, initial, carried (number of modes).
    """
    sizes = {(widths[0], widths[-1]) for widths, _ in students}
    if len(sizes) != 1:
        raise ValueError("all students need the same numbers of inputs and outputs")
    if min(initial for _, initial in students) <= 0:
        raise ValueError("the strength at the start must be positive")
    ((n_in, n_out),) = sizes
    drawn = training_data(
        width=n_in,
        strength=strength,
        ratio=n_out / n_in,
        replicas=1,
        examples_per_input=examples_per_input,
        generator=stream.child("data").generator(),
        place=resolve_device("cpu"),
    )
    inputs, labels, *teacher = (np.asarray(part[0]) for part in (drawn[0], drawn[1], *drawn[2]))
    target = strength * teacher[0] @ teacher[1].T
    left, found, right = np.linalg.svd(labels @ inputs.T, full_matrices=False)
    fresh = orthonormal(test_inputs, n_in, stream.child("test").generator()).T
    truth, length = target @ fresh, float((labels**2).sum())
    counts = updates_between(times, step)
    curves, carried = [], []
    for number, (widths, initial) in enumerate(students):
        modes, generator = min(widths), stream.child(number).generator()
        task = Task(
            inputs=inputs, outputs=labels, left=left[:, :modes], right=right[:modes].T, singular_values=found[:modes]
        )
        frames = [task.right, *(orthonormal(width, modes, generator) for width in widths[1:-1]), task.left]
        factor = initial ** (1 / (len(widths) - 1))
        weights = [factor * high @ low.T for low, high in itertools.pairwise(frames)]
        descent = Descent(task=task, weights=weights, device=device, on_examples=True)
        maps = zip(range(counts[-1] + 1), descent.run(step / tau), strict=False)
        seen = [total.cpu().numpy() for count, total in maps if count in set(counts)]
        curves.append([((total @ fresh - truth) ** 2).sum() / (truth**2).sum() for total in seen])
        curves.append([((labels - total @ inputs) ** 2).sum() / length for total in seen])
        carried.append(modes)
    given = {
        "teacher": strength,
        "tau": tau,
        "labels": length,
        "singular_values": found,
        "overlaps": (left.T @ teacher[0])[:, 0] * (right @ teacher[1])[:, 0],
        "layers": np.array([len(widths) for widths, _ in students]),
        "initial": np.array([initial for _, initial in students]),
        "carried": np.array(carried),
    }
    return Measurement(
        values=np.array(curves), axis=np.asarray(times, dtype=float), given=given, resolution={"step": step}
    )
