"""Steps on minibatches whose gradient is taken before, inside or after the step."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.sgd_noise.bowls import DRAWINGS, mean_gradients
from numerics.sgd_noise.minibatch_descent import SINGLE, polynomial_losses
from numerics.streams import Stream


def settled_after_implicit_steps(
    *,
    stiffness: float,
    slope: float,
    tilt: float,
    bend: float,
    examples: int,
    batch: int,
    parts: tuple[float, ...],
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
    """Density of a weight in bins, where each step's gradient is taken inside it, after it has settled in a bowl.

    stiffness, slope   of the mean loss at 0; the examples deviate as in `minibatch_descent.polynomial_losses`
    parts          of the way from the weight before a step to that after, where its gradient is taken; chains of its
                   own for each. The equation for the weight after the step is linear, and solved
    learning_rate  at width 1; at width n it is n times smaller and the deviations are sqrt(n) times larger
    settle, duration   times before and during which samples are taken, one each 0.25
    edges          of the bins; chains start uniformly between the outer ones

    Values have shape (parts, bins). Given: losses (examples, coefficients), the examples' loss polynomials at this
    width, constant first; learning_rate, batch, edges and parts. It runs on the CPU whatever the device.
    """
    if width < 1 or batch < 1 or chains < 1 or learning_rate <= 0 or min(parts) < 0 or max(parts) > 1:
        raise ValueError("width, batch, chains and learning rate must be positive, and parts between 0 and 1")
    landscape = (0.0, slope, stiffness / 2)
    losses = polynomial_losses(landscape, tilt * np.sqrt(width), bend * np.sqrt(width), examples)
    rate, borders, generator = learning_rate / width, np.asarray(edges, dtype=float), stream.generator()
    slopes = rate * np.stack([losses[:, 1], 2 * losses[:, 2]])  # constant and linear part
    weights = generator.uniform(borders[0], borders[-1], size=(len(parts), replicas * chains)).astype(SINGLE)
    steps = mean_gradients(generator, slopes.astype(SINGLE), batch, weights.size, DRAWINGS[0])
    counts, bins = np.zeros((replicas, len(parts), borders.size - 1)), borders.size - 1
    gap, taken = max(1, round(0.25 / rate)), 0
    after = np.array(parts, dtype=SINGLE)[:, None]
    before = 1 - after
    first = bins * (len(parts) * np.repeat(np.arange(replicas), chains) + np.arange(len(parts))[:, None])
    for step in range(1, round((settle + duration) / rate) + 1):
        shift, pull = next(steps).reshape(2, *weights.shape)
        weights = (weights * (1 - before * pull) - shift) / (1 + after * pull)
        if step * rate > settle and step % gap == 0:
            place = np.searchsorted(borders.astype(SINGLE), weights, side="right") - 1
            inside = (place >= 0) & (place < bins)
            counts += np.bincount((first + place)[inside], minlength=counts.size).reshape(counts.shape)
            taken += 1
    return from_replicas(
        counts / (taken * chains * np.diff(borders)),
        axis=(borders[1:] + borders[:-1]) / 2,
        given={
            "losses": losses,
            "learning_rate": rate,
            "batch": batch,
            "edges": borders,
            "parts": np.asarray(parts, dtype=float),
        },
        resolution={"learning_rate": rate, "chains": float(replicas * chains)},
    )
