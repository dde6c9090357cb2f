"""Overdamped particles in traps that are dragged, as sensors of where the trap is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

SETTLING, WINDOW = 6.0, 30.0  # relaxation times until a particle has forgotten its start, and over which it is watched
FORGOTTEN = 6.0  # relaxation times after which forces are taken as independent


def sensed(
    *,
    powers: Sequence[float],
    stiffness: float,
    friction: float,
    temperature: float,
    speed: float,
    particles: int,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Power of dragging, scatter of the particle in a trap at rest, and correlation time of the trap's force.

    powers  of the distance in the energy of the traps, stiffness |x|^p / p
    width   steps to a relaxation time, of Euler and Maruyama
    Values (3, traps): work of dragging per unit of time, mean squared distance at rest, and time over which the trap's
    force stays correlated at rest: the sum of its products with later ones over its mean square. Given: stiffness,
    friction, temperature, speed, powers. `device` is unused.
    """
    samples = np.empty((replicas, 3, len(powers)))
    for column, power in enumerate(powers):
        generator = stream.child(column).generator()
        reach = (temperature / stiffness) ** (1 / power)  # of a particle in the trap
        step = friction * reach**2 / temperature / width

        def pull(x: np.ndarray, power: float = power) -> np.ndarray:
            return -stiffness * np.sign(x) * np.abs(x) ** (power - 1)

        kick = np.sqrt(2 * temperature * step / friction)
        shape = (2, replicas, particles)  # at rest, and dragged
        moving = np.array([0.0, speed])[:, None, None]
        x = np.zeros(shape)
        for _ in range(int(SETTLING * width)):
            x += step * (pull(x) / friction - moving) + kick * generator.standard_normal(shape)
        count = int(WINDOW * width)
        resting = np.empty((count, replicas, particles))  # forces on the particles at rest
        dragging, scatter = np.zeros((2, replicas))
        for number in range(count):
            force = pull(x)
            resting[number] = force[0]
            dragging += np.sum(force[1], axis=1)
            scatter += np.sum(x[0] ** 2, axis=1)
            x += step * (force / friction - moving) + kick * generator.standard_normal(shape)
        samples[:, 0, column] = speed * dragging / (count * particles)
        samples[:, 1, column] = scatter / (count * particles)
        samples[:, 2, column] = step * _correlated(resting, int(FORGOTTEN * width))
    given = {
        "powers": np.asarray(powers, dtype=float),
        "stiffness": stiffness,
        "friction": friction,
        "temperature": temperature,
        "speed": speed,
    }
    return from_replicas(samples, given=given, resolution={"width": width, "particles": particles})


def _correlated(forces: np.ndarray, lags: int) -> np.ndarray:
    """Steps over which forces (T, R, particles) stay correlated: half a step at lag 0, and whole ones up to `lags`."""
    count = len(forces)
    power = np.stack([_power(forces[:, replica]) for replica in range(forces.shape[1])], axis=1)
    products = np.fft.irfft(power, axis=0)[:lags] / (count - np.arange(lags))[:, None]
    total: np.ndarray = np.sum(products, axis=0) / products[0] - 0.5
    return total


def _power(forces: np.ndarray) -> np.ndarray:
    """The power in the waves of forces (T, particles) with as many zeros after them, mean over the particles."""
    waves = np.fft.rfft(forces, 2 * len(forces), axis=0)
    found: np.ndarray = np.mean(np.abs(waves) ** 2, axis=1)
    return found
