"""Work done on a particle in a harmonic trap that is dragged or stiffened: every rest is sampled exactly."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def rested(
    x: np.ndarray, center: float, stiffness: float, duration: float, generator: np.random.Generator
) -> np.ndarray:
    """Particles after a rest in a trap, drawn from the exact law of dx = -k (x - c) dt + sqrt(2) dW."""
    keep = np.exp(-stiffness * duration)
    noise = generator.standard_normal(x.shape)
    noise *= np.sqrt((1 - keep**2) / stiffness)
    noise += center + keep * (x - center)
    return noise


def work_of_dragging(
    *,
    speed: float,
    times: tuple[float, ...],
    rests: int,
    particles: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Mean work on particles in a trap of stiffness 1 that is dragged, and the share on which it is negative.

    The trap moves in jumps, with `rests` rests to the unit of time and half a jump at both ends; the work is the change
    of energy in the jumps. Particles start in equilibrium. `times` are multiples of a rest. Values (2, T). Given:
    speed. It runs on the CPU whatever the device.
    """
    generator, duration = stream.generator(), 1 / rests
    x = generator.standard_normal((replicas, particles))
    work, place, columns = np.zeros_like(x), 0.0, []
    seen = {round(time * rests): time for time in times}

    def jump(length: float) -> None:
        nonlocal place
        np.subtract(work, length * (x - place - length / 2), out=work)
        place += length

    for number in range(max(seen)):
        jump(speed * duration / 2)
        x = rested(x, place, 1.0, duration, generator)
        jump(speed * duration / 2)
        if number + 1 in seen:
            columns.append(np.stack([work.mean(axis=1), (work < 0).mean(axis=1)], axis=1))
    return from_replicas(
        np.stack(columns, axis=-1),
        axis=np.asarray(times),
        given={"speed": speed},
        resolution={"rest": duration, "particles": float(replicas * particles)},
    )


def work_of_stiffening(
    *,
    protocols: tuple[tuple[float, ...], ...],
    rests: tuple[tuple[float, ...], ...],
    exponents: tuple[float, ...],
    particles: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Means of exponentials of the work on particles in a trap whose stiffness jumps, forwards and in reverse.

    protocols  stiffnesses, first to last
    rests      durations after each jump of a protocol; in reverse a particle rests before each
    exponents  a: the mean of exp(-a W) over that of exp(-(1 - a) W) in the reversed protocol

    Values (1 + exponents, protocols): the mean of exp(-W), and the ratios. Given: protocols 0, protocols 1, ... It runs
    on the CPU whatever the device.
    """
    columns = []
    given: dict[str, np.ndarray | float] = {}
    for number, (stiffness, durations) in enumerate(zip(protocols, rests, strict=True)):
        generator = stream.child(number).generator()
        forward = _work(stiffness, (0.0, *durations[:-1]), (replicas, particles), generator)
        reverse = _work(stiffness[::-1], (0.0, *durations[::-1][1:]), (replicas, particles), generator)
        means = [np.exp(-forward).mean(axis=1)]
        means += [np.exp(-a * forward).mean(axis=1) / np.exp(-(1 - a) * reverse).mean(axis=1) for a in exponents]
        columns.append(np.stack(means, axis=1))
        given[f"protocols {number}"] = np.asarray(stiffness)
    return from_replicas(np.stack(columns, axis=-1), given=given, resolution={"particles": float(particles)})


def _work(
    stiffness: tuple[float, ...], before: tuple[float, ...], size: tuple[int, int], generator: np.random.Generator
) -> np.ndarray:
    """Work of the jumps, each after a rest of the duration `before` it, from equilibrium."""
    x = generator.standard_normal(size) / np.sqrt(stiffness[0])
    work = np.zeros(size)
    for here, there, duration in zip(stiffness, stiffness[1:], before, strict=False):
        if duration > 0:
            x = rested(x, 0.0, here, duration, generator)
        work += (there - here) * x**2 / 2
    return work
