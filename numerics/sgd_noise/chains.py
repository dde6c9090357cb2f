"""Chains that forget and are stirred: autoregressive noise, its limit in continuous time, and Langevin samplers."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.sgd_noise.bowls import DRAWINGS, deviations, mean_gradients
from numerics.streams import Stream


def autoregression(
    *,
    kept: tuple[float, ...],
    noise: float,
    steps: int,
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Variance of chains that keep a part of themselves at every step and add lopsided noise.

    kept, noise   parts, each for chains of its own, and the root mean square of the noise (exponential less its mean)
    steps         after which the variance is measured for the first time

    Values have shape (2, parts): the variance after `steps` from the start at 0, and in the stationary state, sampled
    ten times at distances of a relaxation. The axis is the part that is kept. Given: noise and steps. It runs
    on the CPU.
    """
    parts = np.asarray(kept, dtype=float)
    if steps < 1 or np.any(abs(parts) >= 1):
        raise ValueError(f"needs at least one step and parts between -1 and 1, not {steps} and {kept}")
    generator, samples = stream.generator(), np.empty((replicas, 2, parts.size))
    for place, part in enumerate(parts):
        values, relaxation = np.zeros((replicas, chains)), max(2, round(-1 / np.log(abs(part))))

        def run(count: int, values: np.ndarray = values, part: float = part) -> np.ndarray:
            for _ in range(count):
                values *= part
                values += noise * (generator.standard_exponential(values.shape) - 1)
            return values.var(axis=1, ddof=1)

        samples[:, 0, place] = run(steps)
        run(7 * relaxation)
        samples[:, 1, place] = np.mean([run(relaxation) for _ in range(10)], axis=0)
    return from_replicas(
        samples,
        axis=parts,
        given={"noise": noise, "steps": steps},
        resolution={"chains": float(replicas * chains)},
    )


def random_signs(
    *,
    decay: float,
    noise: float,
    times: tuple[float, ...],
    chains: int,
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Spread and covariance of a value that is pulled to 0 and pushed up or down by a random sign at every small step.

    decay, noise   per unit of time: of `width` steps in it, each takes decay/width off and adds +-noise/sqrt(width)
    times          at which the value is read; multiples of the step

    Values have shape (2, times): variance at these times after a start at 0, and the covariance of a settled value with
    that later by these times, both over steps of one width. Given: decay and noise. It runs on the CPU.
    """
    counts = [round(time * width) for time in times]
    if not np.allclose(np.divide(counts, width), times) or counts[0] < 1:
        raise ValueError(f"the times {times} are no multiples of a step of 1/{width}")
    generator, samples = stream.generator(), np.empty((replicas, 2, len(times)))
    values, kept = np.zeros((replicas, chains)), 1 - decay / width  # in pushes of noise/sqrt(width)

    def run(count: int) -> None:
        for _ in range(count):
            raw = np.frombuffer(generator.bytes(-(-values.size // 8)), dtype=np.uint8)
            signs = np.unpackbits(raw, count=values.size).view(np.int8).reshape(values.shape)
            signs *= 2
            signs -= 1
            np.multiply(values, kept, out=values)
            np.add(values, signs, out=values)

    for place, count in enumerate(np.diff([0, *counts])):
        run(count)
        samples[:, 0, place] = np.mean(values**2, axis=1)
    run(round(4 * width / decay))
    before = values.copy()
    for place, count in enumerate(np.diff([0, *counts])):
        run(count)
        samples[:, 1, place] = np.mean(before * values, axis=1)
    return from_replicas(
        samples * noise**2 / width,
        axis=np.asarray(times, dtype=float),
        given={"decay": decay, "noise": noise},
        resolution={"step": 1 / width, "chains": float(replicas * chains)},
    )


def langevin_sampler(
    *,
    curvature: float,
    spread: float,
    examples: int,
    batch: int,
    learning_rates: tuple[float, ...],
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Variance of a weight that is sampled with minibatches and added Gaussian noise, at several learning rates.

    curvature, spread   of the mean loss, and root mean square of the linear terms of the examples' losses
    A step goes down the gradient of a minibatch's mean loss, times the learning rate, and adds Gaussian noise whose
    variance is twice the learning rate over the number of examples.

    Values have shape (learning rates,). Given: gradients (examples,), the linear terms; curvature and batch. It runs on
    the CPU whatever the device.
    """
    linear, generator = deviations(examples, spread), stream.generator()
    samples = np.empty((replicas, len(learning_rates)))
    for place, rate in enumerate(learning_rates):
        if not 0 < rate * curvature < 2:
            raise ValueError(f"a sampler of step {rate:g} in a bowl of curvature {curvature:g} is not stable")
        relaxation = max(1, round(-1 / np.log(abs(1 - rate * curvature))))
        weights, stirred = np.zeros(replicas * chains), np.sqrt(2 * rate / examples)
        noise, found = mean_gradients(generator, linear, batch, weights.size, DRAWINGS[0]), []
        for step in range(14 * relaxation):
            weights -= rate * (curvature * weights + next(noise))
            weights += stirred * generator.standard_normal(weights.size)
            if step >= 4 * relaxation and step % relaxation == 0:
                found.append(np.mean(weights.reshape(replicas, chains) ** 2, axis=1))
        samples[:, place] = np.mean(found, axis=0)
    return from_replicas(
        samples,
        axis=np.asarray(learning_rates, dtype=float),
        given={"gradients": linear, "curvature": curvature, "batch": batch},
        resolution={"chains": float(replicas * chains)},
    )
