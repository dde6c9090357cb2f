"""Linear regression on fresh examples: how far stochastic gradient descent spreads around the teacher."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def spread_of_regression(
    *,
    inputs: tuple[float, float],
    label_noise: float,
    batch: int,
    learning_rates: tuple[float, ...],
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Variance of two weights that are fitted to a noisy linear teacher, each step on a minibatch of fresh examples.

    inputs        root mean squares of the two Gaussian inputs, independent of each other
    label_noise   root mean square of the Gaussian noise of the labels

    Values have shape (2, learning rates): mean squared distance of each weight from the teacher's, once settled. Given:
    inputs (2,), label_noise and batch. The axis is the learning rate. It runs on the CPU whatever the device. Raises
    ValueError if descent diverges.
    """
    scales, generator = np.asarray(inputs, dtype=float), stream.generator()
    teacher, samples = np.array([0.7, -1.3])[:, None], np.empty((replicas, 2, len(learning_rates)))
    for place, rate in enumerate(learning_rates):
        weights = np.repeat(teacher, replicas * chains, axis=1)
        relaxation, found = max(2, round(0.5 / (rate * scales.min() ** 2))), []
        for step in range(20 * relaxation):
            x = scales[:, None, None] * generator.standard_normal((2, batch, replicas * chains))
            y = np.einsum("w,wbc->bc", teacher[:, 0], x) + label_noise * generator.standard_normal(x.shape[1:])
            errors = np.einsum("wc,wbc->bc", weights, x) - y
            weights -= rate * np.einsum("bc,wbc->wc", errors, x) / batch
            if step >= 6 * relaxation and step % max(1, relaxation // 2) == 0:
                found.append(np.mean((weights - teacher).reshape(2, replicas, chains) ** 2, axis=2).T)
        if not np.all(np.isfinite(weights)):
            raise ValueError(f"descent at the learning rate {rate:g} diverges")
        samples[..., place] = np.mean(found, axis=0)
    return from_replicas(
        samples,
        axis=np.asarray(learning_rates, dtype=float),
        given={"inputs": scales, "label_noise": label_noise, "batch": batch},
        resolution={"chains": float(replicas * chains)},
    )
