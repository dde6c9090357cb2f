"""Averages over data sets of a noisy teacher: overlaps of all modes, and students that follow the gradient flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.controls import controlled
from numerics.deep_linear.training import updates_between
from numerics.deep_linear.weight_space import slopes
from numerics.generalization.noisy_data import SINGLE, largest_mode, noise_controls, training_data
from numerics.measurement import Measurement, from_replicas
from numerics.portions import portions
from numerics.stepping import require_order
from numerics.streams import Stream

RUNGE_KUTTA, TOLERANCE = 4, 1e-3  # order of the steps; what half of them may change, of the largest value
FEW = 2  # replicas on which the steps are put to the test


def bulk_moments(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    teachers: Sequence[tuple[float, float]],
    cross_powers: Sequence[int],
    powers: Sequence[int],
    examples_per_input: float,
) -> Measurement:
    """Sums over all modes of the data but the largest.

    width         number N_1 of inputs
    teachers      pairs (singular value, outputs per input), one a row of values
    cross_powers  odd k of sum_b (u_b^T ubar)(v_b^T vbar) s_b^k;  powers  even k of sum_b s_b^k / N_1
    Values (teachers, cross_powers and powers). Given: teacher, ratio, one entry a teacher; cross_powers, powers.
    """
    if any(k % 2 == 0 for k in cross_powers):
        raise ValueError(f"sums of overlaps exist for odd powers, not for all of {tuple(cross_powers)}")
    if any(k % 2 for k in powers):
        raise ValueError(f"sums of singular values are taken of even powers, not of all of {tuple(powers)}")
    place, samples = resolve_device(device), []
    for number, (strength, ratio) in enumerate(teachers):
        generator, parts = stream.child(number).generator(), []
        for size in portions(replicas, round(max(1.0, ratio) * width) * width):
            data = training_data(
                width=width,
                strength=strength,
                ratio=ratio,
                replicas=size,
                examples_per_input=examples_per_input,
                generator=generator,
                place=place,
                dtype=SINGLE,
            )
            parts.append(_sums_over_modes(*data, strength=strength, cross_powers=cross_powers, powers=powers))
        found, controls = (np.concatenate(part) for part in zip(*parts, strict=True))
        crossed = len(cross_powers)  # powers of s alone are all but controls themselves: no error would be left of them
        samples.append(np.concatenate([controlled(found[:, :crossed], controls), found[:, crossed:]], axis=1))
    strengths, ratios = (np.array(column, dtype=float) for column in zip(*teachers, strict=True))
    given = {
        "teacher": strengths,
        "ratio": ratios,
        "cross_powers": np.array(cross_powers),
        "powers": np.array(powers),
    }
    return from_replicas(np.stack(samples, axis=1), given=given, resolution={"width": width})


def _sums_over_modes(
    inputs: Any,
    labels: Any,
    teacher: tuple[Any, Any],
    *,
    strength: float,
    cross_powers: Sequence[int],
    powers: Sequence[int],
) -> tuple[np.ndarray, np.ndarray]:
    """The sums of `bulk_moments` and the controls of each replica, both (replicas, ...)."""
    torch, (u, v), width = load_torch(), teacher, inputs.shape[1]
    correlation = labels @ inputs.mT
    largest, left, right = largest_mode(correlation)
    overlap = (left * u[..., 0]).sum(dim=1) * (right * v[..., 0]).sum(dim=1)
    words = [correlation @ v]  # C v, C C^T C v, ...: their products with u are sums over all modes
    for _ in range(max(cross_powers) // 2):
        words.append(correlation @ (correlation.mT @ words[-1]))
    sums = [(u * words[k // 2]).sum(dim=(1, 2)) - overlap * largest**k for k in cross_powers]
    sums += [(trace - largest**k) / width for k, trace in zip(powers, _traces(correlation, powers), strict=True)]
    return torch.stack(sums, dim=1).double().cpu().numpy(), noise_controls(correlation - strength * u @ v.mT, u, v)


def _traces(correlation: Any, powers: Sequence[int]) -> list[Any]:
    """Sums of even powers of the singular values, (replicas,) each."""
    gram = (
        correlation @ correlation.mT if correlation.shape[1] <= correlation.shape[2] else correlation.mT @ correlation
    )
    return [load_torch().linalg.matrix_power(gram, k // 2).diagonal(dim1=1, dim2=2).sum(dim=1) for k in powers]


def mean_curves(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    strength: float,
    ratio: float,
    hidden: float,
    initial: float,
    tau: float,
    times: Sequence[float],
    step: float,
) -> Measurement:
    """Students with one hidden layer, each on a data set of its own with as many examples as inputs.

    width    number N_1 of inputs;  ratio, hidden  outputs and hidden neurons per input
    initial  strength at the start of each mode of the data, equal in both layers
    times    in the unit of tau, on the grid of `step`, the Runge-Kutta step of the gradient flow
    Values (3, T): ubar^T W vbar, |W|^2 / N_1 and the squared error on the examples over N_1, means over the data sets.
    Given: teacher (its singular value), ratio, initial, tau, inputs; test_error (T,), the mean over that of a student
    that says nothing.
    """
    torch, place = load_torch(), resolve_device(device)
    neurons = round(hidden * width)
    if neurons < min(1.0, ratio) * width or initial <= 0:
        raise ValueError("the hidden neurons must carry all modes of the data, from a positive strength")
    generator = stream.generator()
    inputs, labels, (u, v) = training_data(
        width=width,
        strength=strength,
        ratio=ratio,
        replicas=replicas,
        examples_per_input=1.0,
        generator=generator,
        place=place,
    )
    correlation = labels @ inputs.mT  # with white inputs all that the gradient knows of the data
    left, found, right = torch.linalg.svd(correlation, full_matrices=False)
    draws = torch.as_tensor(generator.standard_normal((replicas, neurons, found.shape[1])), device=place)
    frame = torch.linalg.qr(draws)[0] * np.sqrt(initial)
    weights = [frame @ right, left @ frame.mT]
    few = [w[:FEW] for w in weights]
    require_order(
        lambda size: np.stack([total.cpu().numpy() for total in _maps(few, correlation[:FEW], times, size, tau)]),
        step,
        order=RUNGE_KUTTA,
        tolerance=TOLERANCE,
    )
    target = strength * u @ v.mT
    controls, rows, tests = noise_controls(correlation - target, u, v), [], []
    weights = [w.float() for w in weights]  # 1e-6 of a map, where means over data sets are known to 1e-3
    inputs, labels, u, v, correlation, target = (x.float() for x in (inputs, labels, u, v, correlation, target))
    for total in _maps(weights, correlation, times, step, tau):
        signal = (u.mT @ total @ v)[:, 0, 0]
        length, left_over = (total**2).sum(dim=(1, 2)), ((labels - total @ inputs) ** 2).sum(dim=(1, 2))
        rows.append(torch.stack([signal, length / width, left_over / width], dim=1).double().cpu().numpy())
        tests.append((((total - target) ** 2).sum(dim=(1, 2)) / strength**2).double().cpu().numpy())
    test = np.stack(tests, axis=1)  # (replicas, T)
    given = {
        "teacher": strength,
        "ratio": ratio,
        "initial": initial,
        "tau": tau,
        "inputs": width,
        "test_error": test.mean(axis=0),
    }
    samples = controlled(np.stack(rows, axis=-1), controls)
    return from_replicas(samples, axis=np.asarray(times, dtype=float), given=given, resolution={"width": width})


def _maps(weights: list, correlation: Any, times: Sequence[float], step: float, tau: float) -> Iterator[Any]:
    """The students' maps at the times, along the gradient flow."""
    counts = updates_between(times, step)
    for count in range(counts[-1] + 1):
        if count in counts:
            yield weights[1] @ weights[0]
        weights = _runge_kutta(weights, correlation, step / tau)


def _runge_kutta(weights: list, correlation: Any, step: float) -> list:
    """Weights after one step of the classical method, of fourth order, along the descent of the loss."""

    def descent(shifts: list | None, size: float) -> list:
        moved = weights if shifts is None else [w + size * d for w, d in zip(weights, shifts, strict=True)]
        return [-slope for slope in slopes(moved, correlation)[1]]

    first = descent(None, 0.0)
    second = descent(first, step / 2)
    third = descent(second, step / 2)
    fourth = descent(third, step)
    stages = zip(weights, first, second, third, fourth, strict=True)
    return [w + step / 6 * (a + 2 * b + 2 * c + d) for w, a, b, c, d in stages]
