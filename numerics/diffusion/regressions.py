"""What two steps of a chain and its datum say of each other, by least squares over many chains."""

from __future__ import annotations

import math

import numpy as np

from numerics.diffusion.forward import diffused, drawn
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def fitted(target: np.ndarray, *regressors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least squares over the last axis: coefficients (R, k) and unbiased variance of what is left (R,)."""
    design = np.stack(regressors, axis=1)
    gram = design @ np.swapaxes(design, 1, 2)
    coefficients = np.linalg.solve(gram, design @ target[..., None])[..., 0]
    left = target - np.einsum("rk,rkn->rn", coefficients, design)
    return coefficients, np.sum(left**2, axis=1) / (target.shape[1] - len(regressors))


def walked(start: np.ndarray, betas: tuple[float, ...], steps: set[int], stream: Stream) -> dict[int, np.ndarray]:
    """The chains at some steps; step 0 is the start."""
    found = {0: start} if 0 in steps else {}
    generator = stream.child("noise").generator()
    for number, x in enumerate(diffused(start, betas[: max(steps)], generator), start=1):
        if number in steps:
            found[number] = x.copy()
    return found


def earlier_from_later(
    *,
    points: tuple[float, ...],
    weights: tuple[float, ...],
    betas: tuple[float, ...],
    pairs: tuple[tuple[int, int], ...],
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Regress an earlier step of a chain on the datum and on a later step.

    points, weights  the data and their probabilities
    pairs            numbers (s, t) of the earlier and the later step
    chains           in a replica

    Values (3, pairs): coefficients of the datum and of the later step, and the variance of what is left. Given: betas;
    pairs. It runs on the CPU whatever the device.
    """
    generator = stream.generator()
    start = drawn(np.asarray(points), np.asarray(weights), (replicas, chains), generator)
    steps = walked(start, betas, {number for pair in pairs for number in pair}, stream)
    columns = []
    for s, t in pairs:
        coefficients, variance = fitted(steps[s], start, steps[t])
        columns.append(np.concatenate([coefficients, variance[:, None]], axis=1))
    return from_replicas(
        np.stack(columns, axis=-1),
        given={"betas": np.asarray(betas), "pairs": np.asarray(pairs, dtype=float)},
        resolution={"chains": float(replicas * chains)},
    )


def entropies_of_a_step(
    *,
    variances: tuple[float, ...],
    betas: tuple[float, ...],
    step: int,
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Entropies of a step backwards with the datum known, backwards, and forwards, for Gaussian data.

    variances  of the data of one chain each
    step       the number of the earlier of the two steps
    chains     in a replica

    Values (3, variances): each is the entropy of a Gaussian of the variance that least squares leave. Given: betas,
    variances and step. It runs on the CPU whatever the device.
    """
    columns = []
    for number, variance in enumerate(variances):
        branch = stream.child(number)
        start = np.sqrt(variance) * branch.generator().standard_normal((replicas, chains))
        steps = walked(start, betas, {step, step + 1}, branch)
        left = (
            fitted(steps[step], steps[step + 1], start)[1],
            fitted(steps[step], steps[step + 1])[1],
            fitted(steps[step + 1], steps[step])[1],
        )
        columns.append(np.stack([np.log(2 * np.pi * math.e * v) / 2 for v in left], axis=1))
    return from_replicas(
        np.stack(columns, axis=-1),
        given={"betas": np.asarray(betas), "variances": np.asarray(variances), "step": float(step)},
        resolution={"chains": float(chains)},
    )


def signal_and_noise_by_angle(
    *,
    offset: float,
    steps: int,
    largest: float,
    seen: tuple[int, ...],
    amplitude: float,
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Logarithm of the squared slope of a step on the datum over the variance of what is left.

    offset, steps  the signal's amplitude falls like the cosine of an angle from the offset's share to a right angle
    largest        the most variance that a step may add
    seen           numbers of the steps at which it is measured
    amplitude      the data are plus or minus this
    chains         in a replica

    A step adds what takes the squared amplitude of the signal to its next value. Values (seen,). Given: offset, steps,
    largest, amplitude. It runs on the CPU whatever the device.
    """
    cosine = np.cos(np.pi / 2 * (np.arange(steps + 1) / steps + offset) / (1 + offset))
    betas = np.minimum(1 - (cosine[1:] / cosine[:-1]) ** 2, largest)
    start = amplitude * (2.0 * stream.generator().integers(0, 2, size=(replicas, chains)) - 1)
    found = walked(start, tuple(betas), set(seen), stream)
    columns = []
    for number in seen:
        slope, variance = fitted(found[number], start)
        columns.append(np.log(slope[:, 0] ** 2 / variance))
    return from_replicas(
        np.stack(columns, axis=1),
        axis=np.asarray(seen, dtype=float),
        given={"offset": offset, "steps": float(steps), "largest": largest, "amplitude": amplitude},
        resolution={"chains": float(chains)},
    )
