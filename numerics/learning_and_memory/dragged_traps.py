"""Overdamped particles in traps that are dragged, as sensors of where the trap is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

SETTLING, WINDOW = 6.0, 30.0  # relaxation times until a particle has forgotten its start, and over which it is watched
FORGOTTEN = 9.0  # relaxation times after which forces are taken as independent: a ten thousandth of the memory is cut
SINGLE = np.float32  # 1e-7 of a place, where means over particles are known to 1e-2
DRAWN = 16  # steps whose kicks are drawn together


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

        x = np.zeros((2, replicas, particles), dtype=SINGLE)  # at rest, and dragged
        moving = np.array([0.0, step * speed], dtype=SINGLE)[:, None, None]
        kicks = _kicks(generator, x.shape, float(np.sqrt(2 * temperature * step / friction)))
        for _ in range(int(SETTLING * width)):
            x += step / friction * pull(x) - moving + next(kicks)
        count = int(WINDOW * width)
        resting = np.empty((count, replicas, particles), dtype=SINGLE)  # forces on the particles at rest
        dragging, scatter = np.zeros((2, replicas))
        for number in range(count):
            force = pull(x)
            resting[number] = force[0]
            dragging += np.sum(force[1], axis=1)
            scatter += np.sum(x[0] ** 2, axis=1)
            x += step / friction * force - moving + next(kicks)
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


def _kicks(generator: np.random.Generator, shape: tuple[int, ...], scale: float) -> Iterator[np.ndarray]:
    """Endless normal numbers of mean zero and standard deviation `scale`, an array of this shape for every step."""
    while True:
        yield from normal(generator, DRAWN, *shape, scale=scale, dtype=SINGLE)


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
