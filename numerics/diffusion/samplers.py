"""Samplers that go back in one step from noisy data, with a denoiser learned by least squares."""

from __future__ import annotations

import numpy as np

from numerics.diffusion.regressions import fitted, walked
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def variance_after_an_update(
    *,
    variances: tuple[float, ...],
    betas: tuple[float, ...],
    pair: tuple[int, int],
    etas: tuple[float, ...],
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Variance of samples that are taken back from step t to step s, with some shares of new noise.

    variances  of the Gaussian data of one chain each
    pair       numbers (s, t) of the steps
    etas       standard deviation of the new noise over that of step s given the datum and step t
    chains     in a replica

    Everything is learned from chains by least squares: the datum from step t, the amplitudes of signal and noise at
    both steps, and what is left of step s given both. New noise is added, and the noise that the denoiser sees in step
    t is scaled to what is then lacking of the noise of step s. Values (variances, etas). Given: betas, pair, variances.
    It runs on the CPU whatever the device.
    """
    s, t = pair
    rows = []
    for number, variance in enumerate(variances):
        branch = stream.child(number)
        start = np.sqrt(variance) * branch.generator().standard_normal((replicas, chains))
        steps = walked(start, betas, {s, t}, branch)
        (_, posterior), (signal_s, noise_s) = fitted(steps[s], start, steps[t]), fitted(steps[s], start)
        (signal_t, noise_t), (slope, _) = fitted(steps[t], start), fitted(start, steps[t])
        datum = slope * steps[t]
        noise = (steps[t] - signal_t * datum) / np.sqrt(noise_t)[:, None]
        fresh = branch.child("new").generator().standard_normal(datum.shape)
        made = []
        for eta in etas:
            new = eta**2 * posterior
            sample = signal_s * datum + np.sqrt(noise_s - new)[:, None] * noise + np.sqrt(new)[:, None] * fresh
            made.append(np.mean(sample**2, axis=1))
        rows.append(np.stack(made, axis=1))
    return from_replicas(
        np.stack(rows, axis=1),
        axis=np.asarray(etas),
        given={
            "betas": np.asarray(betas),
            "pair": np.asarray(pair, dtype=float),
            "variances": np.asarray(variances),
        },
        resolution={"chains": float(chains)},
    )
