"""Losses of one prediction, seen as one of the data, of the noise and of the velocity."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def losses_of_a_prediction(
    *,
    signals: tuple[float, ...],
    noises: tuple[float, ...],
    truncation: float,
    examples: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Mean squared errors of noise and velocity over that of the data, for predictions that are off by chance.

    signals, noises  amplitudes a and sigma of the levels: z = a x + sigma epsilon
    truncation       the error of the data counts at most so often
    examples         in a replica, with data of mean square 1

    Noise and velocity v = a epsilon - sigma x are solved for from z and the predicted datum. Values (4, levels): loss
    of the noise, loss of the velocity, the larger of the losses of noise and data, each over the loss of the data; and
    the data's loss, times the smaller of the truncation and the measured ratio of the mean squares of signal and noise,
    over the velocity's loss. Given: signals, noises, truncation. It runs on the CPU whatever the device.
    """
    generator = stream.generator()
    columns = []
    for a, sigma in zip(signals, noises, strict=True):
        x, noise, off, other = generator.standard_normal((4, replicas, examples))
        z = a * x + sigma * noise
        guess = x + 0.3 * off
        guessed = (z - a * guess) / sigma
        velocity = (a * guessed - sigma * guess) - (a * noise - sigma * x)
        # The data's loss is that of other examples: a ratio on the same ones would be a number without an error.
        of_data = np.mean((0.3 * other) ** 2, axis=1)
        of_noise, of_velocity = np.mean((guessed - noise) ** 2, axis=1), np.mean(velocity**2, axis=1)
        ratio = np.mean((a * x) ** 2, axis=1) / np.mean((sigma * noise) ** 2, axis=1)
        larger = np.where(of_noise.mean() > of_data.mean(), of_noise, np.mean((guess - x) ** 2, axis=1))
        counted = np.minimum(ratio, truncation) * of_data / of_velocity
        columns.append(np.stack([of_noise / of_data, of_velocity / of_data, larger / of_data, counted], axis=1))
    return from_replicas(
        np.stack(columns, axis=-1),
        given={"signals": np.asarray(signals), "noises": np.asarray(noises), "truncation": truncation},
        resolution={"examples": float(examples)},
    )
