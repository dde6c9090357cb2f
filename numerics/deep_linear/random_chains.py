"""Products of random Gaussian matrices: what they do to one signal, and which of their singular values are large."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

BATCH = 2000  # chains that are drawn at once


def signal_lengths(
    *, networks: Sequence[tuple[Sequence[int], Sequence[float]]], replicas: int, stream: Stream, device: str
) -> Measurement:
    """Send one fixed signal through random matrices and record its length behind each of them.

    networks  pairs (widths, variances of the weights); widths begin with the inputs, variances have one entry a matrix.
              All networks have the same number of matrices, and every replica has fresh Gaussian weights.
    device    unused: NumPy runs on the processor
    Values    (networks, 3, matrices): means of the squared length over that of the signal, of the logarithm of the
              length, and of its square. The axis is the number of matrices passed.
    Given     outputs and variances, (networks, matrices).
    Raises ValueError where the numbers of matrices differ, or a variance is not positive.
    """
    depths = {len(variances) for _, variances in networks} | {len(widths) - 1 for widths, _ in networks}
    if len(depths) != 1 or min(depths) < 1 or min(min(variances) for _, variances in networks) <= 0:
        raise ValueError("networks need equally many matrices, and one positive variance for each")
    samples = []
    for number, (widths, variances) in enumerate(networks):
        generator = stream.child(number).generator()
        squared = np.concatenate(
            [_passed(widths, variances, min(BATCH, replicas - start), generator) for start in range(0, replicas, BATCH)]
        )
        logarithm = np.log(squared) / 2
        samples.append(np.stack([squared, logarithm, logarithm**2], axis=1))
    given = {
        "outputs": np.array([widths[1:] for widths, _ in networks], dtype=float),
        "variances": np.array([variances for _, variances in networks]),
    }
    return from_replicas(np.stack(samples, axis=1), axis=np.arange(1.0, depths.pop() + 1), given=given)


def _passed(
    widths: Sequence[int], variances: Sequence[float], count: int, generator: np.random.Generator
) -> np.ndarray:
    """Squared length of a signal behind each matrix of `count` networks, over its own: (count, matrices)."""
    start = np.arange(1.0, widths[0] + 1)
    signal, columns = np.tile(start / np.linalg.norm(start), (count, 1)), []
    for (inputs, outputs), variance in zip(itertools.pairwise(widths), variances, strict=True):
        weights = normal(generator, count, outputs, inputs, scale=np.sqrt(variance))
        signal = np.einsum("rij,rj->ri", weights, signal)
        columns.append(np.sum(signal**2, axis=1))
    return np.stack(columns, axis=1)


def singular_value_fractions(
    *, depths: Sequence[int], levels: Sequence[float], width: int, replicas: int, stream: Stream, device: str
) -> Measurement:
    """Fraction of the singular values of a product of square random matrices that lie above each level.

    depths  numbers of matrices, increasing; shorter products are the beginnings of longer ones
    Weights are Gaussian of variance 1 / width, fresh in every replica.
    Values  (depths, levels); the axis is the level. Given: depths.
    Raises ValueError for depths that do not increase or levels that are not positive.
    """
    if min(depths) < 1 or any(b <= a for a, b in itertools.pairwise(depths)) or min(levels) <= 0:
        raise ValueError(f"no singular values above {tuple(levels)} at depths {tuple(depths)}")
    torch, generator = load_torch(), stream.generator()
    limits = torch.tensor(levels, dtype=torch.float64, device=resolve_device(device))
    product, fractions = None, []
    for depth in range(1, max(depths) + 1):
        draws = normal(generator, replicas, width, width, scale=width**-0.5)
        weight = torch.as_tensor(draws, device=limits.device)
        product = weight if product is None else weight @ product
        if depth in depths:
            values = torch.linalg.svdvals(product)
            fractions.append((values[:, :, None] > limits).double().mean(dim=1).cpu().numpy())
    return from_replicas(
        np.stack(fractions, axis=1),
        axis=np.asarray(levels, dtype=float),
        given={"depths": np.asarray(depths, dtype=float)},
        resolution={"width": width},
    )
