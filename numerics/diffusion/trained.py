"""Trained diffusion models of a Swiss roll and of patches of dead leaves, against Gaussians."""

from __future__ import annotations

import numpy as np

from numerics.diffusion.forward import diffused
from numerics.diffusion.leaves import images
from numerics.diffusion.networks import Architecture, ReverseNetworks, gaussian_log_likelihood, nearer
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

SHOWN = 80  # points of a frame


def swiss_roll(size: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    """A noisy spiral in the plane, (replicas, n, 2), scaled to about unit variance."""
    turn = 1.5 * np.pi * (1 + 2 * np.sqrt(generator.random(size)))
    roll = np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=-1) / 7.5
    return roll + 0.07 * generator.standard_normal(roll.shape)


def as_gaussian(data: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Gaussian data of the same mean and covariance, all replicas taken together."""
    flat = data.reshape(-1, data.shape[-1])
    factor = np.linalg.cholesky(np.cov(flat.T))
    return flat.mean(axis=0) + generator.standard_normal(data.shape) @ factor.T


def lead_on_a_swiss_roll(
    *,
    size: Architecture,
    gaussian: bool,
    examples: int,
    judged: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """By how much trained models lead Gaussians with the data's mean and covariance, on a Swiss roll.

    Networks learn what is to be added to the noise that the denoiser of these Gaussians finds.
    gaussian  replaces the roll by Gaussian data of its mean and covariance
    examples  for training, of each replica; `judged` fresh ones, and as many samples, for judgement

    Values (2,): bound of the model less the log likelihood of the Gaussian, in nats; energy distance of the Gaussian's
    samples from the data less that of the model's. Given: frames (6, points, 2), of one replica: data, a fifth of the
    steps and all of them forwards; noise, a fifth of the steps left, and samples of the reverse chain.
    """
    generator = stream.generator()
    data = swiss_roll((replicas, examples + 2 * judged), generator)
    if gaussian:
        data = as_gaussian(data, generator)
    learned, fresh, others = np.split(data, [examples, examples + judged], axis=1)
    networks = ReverseNetworks(size, 2, replicas, stream, device)
    networks.train(learned, stream.child("training"))
    stages = (size.steps, size.steps // 5, 0)
    betas = tuple(map(float, size.betas))
    forward = [x[0, :SHOWN].copy() for x in diffused(fresh[:1], betas, stream.child("forward").generator())]
    frames = networks.samples(judged, stages, stream.child("samples"))
    plain = np.stack(
        [generator.multivariate_normal(part.mean(axis=0), np.cov(part.T), size=judged) for part in learned]
    )
    shown = [fresh[0, :SHOWN], forward[stages[1] - 1], forward[-1], *(frame[0, :SHOWN] for frame in frames)]
    ahead = networks.bound(fresh, stream.child("bound")) - gaussian_log_likelihood(learned, fresh)
    return from_replicas(
        np.stack([ahead, nearer(plain, frames[-1], others)], axis=1),
        given={"frames": np.stack(shown)},
        resolution={"updates": float(size.updates)},
    )


def lead_on_dead_leaves(
    *,
    size: Architecture,
    gaussian: bool,
    radius: float,
    patch: int,
    levels: int,
    examples: int,
    judged: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """By how many bits per pixel trained models lead Gaussians, on patches of dead leaves with noisy grey levels.

    Networks learn what is to be added to the noise that the denoiser of these Gaussians finds.
    gaussian  replaces the patches by Gaussian data of their mean and covariance
    radius    of the leaves; `patch` is the side of a patch in pixels
    levels    of grey; noise is uniform within a level
    examples, judged   as of `lead_on_a_swiss_roll`

    Values (1,): bits per pixel of the Gaussian less those of the model's bound. Given: bits (2,), of the Gaussian and
    of the model, for grey levels.
    """
    generator = stream.generator()
    shape = (replicas, examples + judged, patch * patch)
    leaves = images(replicas * (examples + judged), patch, radius, generator).reshape(shape)
    data = (np.floor(levels * leaves) + generator.random(shape)) / levels
    scale = np.sqrt(12.0)  # greys are uniform
    data = (data - 0.5) * scale
    if gaussian:
        data = as_gaussian(data, generator)
    learned, fresh = np.split(data, [examples], axis=1)
    networks = ReverseNetworks(size, patch * patch, replicas, stream, device)
    networks.train(learned, stream.child("training"))
    pixels, offset = patch * patch * np.log(2), np.log2(levels / scale)
    plain = -gaussian_log_likelihood(learned, fresh) / pixels + offset
    model = -networks.bound(fresh, stream.child("bound")) / pixels + offset
    return from_replicas(
        (plain - model)[:, None],
        given={"bits": np.array([plain.mean(), model.mean()])},
        resolution={"updates": float(size.updates)},
    )
