"""Plain stochastic gradient descent on one weight: what one step does, and the histogram in which it settles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.sgd_noise.bowls import DRAWINGS, mean_gradients
from numerics.streams import Stream

SINGLE = np.float32  # 1e-7 of a weight, which moves by 1e-3 of it in a step
GOLDEN, SILVER = (np.sqrt(5) - 1) / 2, np.sqrt(2) - 1


def polynomial_losses(landscape: tuple[float, ...], tilt: float, bend: float, examples: int) -> np.ndarray:
    """Losses of the examples as polynomials in the weight: coefficients (examples, degree + 1), constant first.

    The loss of an example is the landscape plus x times the weight plus y times half its square. The pairs (x, y) are
    points of an additive recurrence on [-tilt, tilt] x [-bend, bend], each followed by its negative, so that the mean
    loss is the landscape and the data set looks the same on both sides of it.
    """
    if examples < 4 or examples % 2:
        raise ValueError(f"examples come in pairs, at least two of them, not {examples}")
    if len(landscape) < 3:
        raise ValueError("the landscape needs coefficients up to the square of the weight")
    index = np.arange(1, examples // 2 + 1)
    # x and y share a part, so the gradients of the examples vary most away from the origin
    x, y = (2 * np.mod(index * ratio, 1) - 1 for ratio in (GOLDEN, SILVER))
    deviations = np.concatenate([[tilt * x, bend * (x + y) / 2], [-tilt * x, -bend * (x + y) / 2]], axis=1)
    coefficients = np.tile(np.asarray(landscape, dtype=float), (examples, 1))
    coefficients[:, 1] += deviations[0]
    coefficients[:, 2] += deviations[1] / 2
    return coefficients


def descend(
    weights: np.ndarray,
    coefficients: np.ndarray,
    *,
    learning_rate: float,
    batch: int,
    steps: int,
    generator: np.random.Generator,
) -> None:
    """Run `steps` updates in place, every weight with minibatches of its own, drawn with replacement."""
    slopes = _slopes(coefficients.astype(weights.dtype))
    varying = [k for k, column in enumerate(slopes) if np.ndim(column)]
    means = mean_gradients(generator, np.stack([slopes[k] for k in varying]), batch, weights.size, DRAWINGS[0])
    for _ in range(steps):
        for k, mean in zip(varying, next(means), strict=True):
            slopes[k] = mean
        weights -= learning_rate * _by_horner(slopes, weights)


def _by_horner(coefficients: Sequence | np.ndarray, places: np.ndarray) -> np.ndarray:
    """The polynomial of two coefficients or more, constant first: numbers, or of the shape of the places."""
    found = places * coefficients[-1]
    found += coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        found *= places
        found += coefficient
    return found


def _slopes(coefficients: np.ndarray) -> list:
    """Coefficients of the examples' gradients, constant first, (examples,) each; a number where all have the same."""
    columns = (coefficients[:, 1:] * np.arange(1, coefficients.shape[1])).T
    return [np.ascontiguousarray(column) if np.ptp(column) > 0 else column[0] for column in columns]


def _update(weights: np.ndarray, steps: list, drawn: np.ndarray) -> None:
    """One step in place, every weight with its minibatch; `drawn` has shape (batch, weights).

    steps  the examples' slopes times the learning rate, over the size of a minibatch where they are not all the same
    """
    weights -= _by_horner([column.take(drawn).sum(axis=0) if np.ndim(column) else column for column in steps], weights)


def change_of_means(
    *,
    landscape: tuple[float, ...],
    tilt: float,
    bend: float,
    examples: int,
    batch: int,
    learning_rate: float,
    starts: tuple[float, ...],
    functions: tuple[Callable[[np.ndarray], np.ndarray], ...],
    chains: int,
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
    steps: int = 1,
) -> Measurement:
    """Mean change of test functions of the weight in one step or in many, over the learning rate and their number.

    Arguments as in `settled_histogram`; every start has `chains` minibatches in a replica, and with each of them that
    of the opposite examples, so that most of the noise of the mean cancels. At width n there are n times as many steps,
    if they are more than one.
    Values have shape (functions, starts). Given: losses (examples, coefficients), the examples' loss polynomials,
    constant first, and learning_rate, both at this width; batch; steps. It runs on the CPU whatever the device.
    """
    if not starts or not functions:
        raise ValueError("starts and functions must be given")
    _require(width, batch, chains, learning_rate, edges=(0.0, 1.0))
    coefficients = polynomial_losses(landscape, tilt * np.sqrt(width), bend * np.sqrt(width), examples)
    opposite = np.roll(coefficients, -(examples // 2), axis=0)
    rate, generator, places = learning_rate / width, stream.generator(), np.asarray(starts, dtype=float)
    samples = np.zeros((replicas, len(functions), places.size))
    both = [[rate * slope / (batch if np.ndim(slope) else 1) for slope in _slopes(c)] for c in (coefficients, opposite)]
    count = steps * width if steps > 1 else 1
    for k in range(replicas):
        pair = [np.tile(places, chains), np.tile(places, chains)]
        for _ in range(count):
            drawn = generator.integers(0, examples, size=(batch, chains * places.size))
            for weights, own in zip(pair, both, strict=True):
                _update(weights, own, drawn)
        for weights in pair:
            means = [function(weights).reshape(chains, -1).mean(axis=0) - function(places) for function in functions]
            samples[k] += np.array(means) / (2 * rate * count)
    return from_replicas(
        samples,
        axis=places,
        given={"losses": coefficients, "learning_rate": rate, "batch": batch, "steps": count},
        resolution={"learning_rate": rate, "samples": float(chains * replicas)},
    )


def settled_histogram(
    *,
    landscape: tuple[float, ...],
    tilt: float,
    bend: float,
    examples: int,
    batch: int,
    learning_rate: float,
    settle: float,
    duration: float,
    edges: tuple[float, ...],
    chains: int,
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Mean density of the weight in each bin, after it has settled.

    landscape      coefficients of the mean loss, constant first
    tilt, bend     largest deviations of an example's slope and curvature, at width 1
    learning_rate  at width 1; at width n it is n times smaller and the deviations are sqrt(n) times larger
    settle, duration   times (steps times learning rate) before and during which samples are taken, one each 0.5
    chains         independent weights in a replica, started uniformly between the outer edges

    Values have shape (bins,): share of samples in a bin over its width. Given: losses, learning_rate and batch as for
    `change_of_means`; edges (bins + 1,). It runs on the CPU whatever the device: the updates are too small for a GPU.
    """
    _require(width, batch, chains, learning_rate, edges)
    coefficients = polynomial_losses(landscape, tilt * np.sqrt(width), bend * np.sqrt(width), examples)
    rate, borders, generator = learning_rate / width, np.asarray(edges, dtype=float), stream.generator()
    weights = generator.uniform(borders[0], borders[-1], size=replicas * chains).astype(SINGLE)

    def run(steps: int) -> np.ndarray:
        descend(weights, coefficients, learning_rate=rate, batch=batch, steps=steps, generator=generator)
        return weights

    samples = _settled(run, rate=rate, settle=settle, duration=duration, borders=borders, replicas=replicas)
    return from_replicas(
        samples,
        axis=(borders[1:] + borders[:-1]) / 2,
        given={"losses": coefficients, "learning_rate": rate, "batch": batch, "edges": borders},
        resolution={"learning_rate": rate, "chains": float(chains * replicas)},
    )


def valley_histogram(
    *,
    landscape: tuple[float, ...],
    stiffness: float,
    curve: float,
    tilt: float,
    examples: int,
    batch: int,
    learning_rate: float,
    settle: float,
    duration: float,
    edges: tuple[float, ...],
    chains: int,
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """As `settled_histogram`, for the first of two weights a and b that descend in a curved valley.

    The mean loss is the landscape of a plus stiffness (b - curve a^2)^2 / 2; an example adds x a + y b, where the
    vectors (x, y) are evenly spaced on a circle of radius `tilt` (at width 1), so no direction is preferred. Given:
    landscape; tilts (examples, 2), the vectors at this width; learning_rate, batch and edges.
    """
    _require(width, batch, chains, learning_rate, edges)
    if examples < 4 or examples % 2:
        raise ValueError(
            f"the vectors on the circle come in opposite pairs, at least two of them, not {examples} vectors"
        )
    rate, borders, generator = learning_rate / width, np.asarray(edges, dtype=float), stream.generator()
    angle = 2 * np.pi * (np.arange(examples) + 0.3) / examples
    x, y = tilt * np.sqrt(width) * np.cos(angle), tilt * np.sqrt(width) * np.sin(angle)
    slopes = (np.asarray(landscape[1:]) * np.arange(1, len(landscape))).astype(SINGLE)
    a = generator.uniform(borders[0], borders[-1], size=replicas * chains).astype(SINGLE)
    b = curve * a**2
    noise = mean_gradients(generator, np.stack([x, y]).astype(SINGLE), batch, a.size, DRAWINGS[0])

    def run(steps: int) -> np.ndarray:
        nonlocal a, b
        for _ in range(steps):
            push = next(noise)
            off = stiffness * (b - curve * a * a)
            along = _by_horner(slopes, a) - 2 * curve * a * off + push[0]
            a, b = a - rate * along, b - rate * (off + push[1])
        return a

    samples = _settled(run, rate=rate, settle=settle, duration=duration, borders=borders, replicas=replicas)
    return from_replicas(
        samples,
        axis=(borders[1:] + borders[:-1]) / 2,
        given={
            "landscape": np.asarray(landscape),
            "tilts": np.stack([x, y], axis=1),
            "learning_rate": rate,
            "batch": batch,
            "edges": borders,
        },
        resolution={"learning_rate": rate, "chains": float(chains * replicas)},
    )


def _require(width: int, batch: int, chains: int, learning_rate: float, edges: tuple[float, ...]) -> None:
    if width < 1 or batch < 1 or chains < 1 or learning_rate <= 0:
        raise ValueError("width, batch, chains and learning rate must be positive")
    if len(edges) < 2 or np.any(np.diff(edges) <= 0):
        raise ValueError("edges must be at least two and increase")


def _settled(
    run: Callable[[int], np.ndarray], *, rate: float, settle: float, duration: float, borders: np.ndarray, replicas: int
) -> np.ndarray:
    """Density in each bin, (replicas, bins), sampled each half unit of time; `run` makes steps and returns weights."""
    weights = run(round(settle / rate))
    edges, bins = borders.astype(SINGLE), borders.size - 1
    counts = np.zeros((replicas, bins + 2))  # the first and the last beyond the edges
    first = (bins + 2) * np.repeat(np.arange(replicas), weights.size // replicas)
    samples, gap = max(1, round(2 * duration)), max(1, round(0.5 / rate))
    for _ in range(samples):
        weights = run(gap)
        if not np.all(np.isfinite(weights)):
            raise ValueError(f"stochastic gradient descent diverges at the learning rate {rate:g}")
        where = first + np.searchsorted(edges, weights, side="right")
        counts += np.bincount(where, minlength=counts.size).reshape(counts.shape)
    return counts[:, 1:-1] / (samples * weights.size / replicas * np.diff(borders))
