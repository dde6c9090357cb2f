"""Vectors multiplied by random matrices, and how much their lengths change."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream


def matrices(kind: float, shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    """Independent entries of variance 1: Gaussian for 0, else signs times a size in a share 1 / kind, and 0."""
    if kind == 0:
        return generator.standard_normal(shape)
    return generator.choice([-1.0, 1.0], shape) * np.sqrt(kind) * (generator.random(shape) * kind < 1)


def length_variances(
    *,
    kinds: tuple[float, ...],
    powers: tuple[float, ...],
    dimension: int,
    projections: int,
    samples: int,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Variances of squared lengths of projected vectors, shape (kinds, powers).

    Entry k of the vector is k^(-power), and its length 1. A kind is 0 for Gaussian entries of the matrices, 1 for
    signs, and s for entries of which a share 1/s is not zero. A replica is the variance over `samples` matrices, each
    divided by the root of the number of `projections`. Given: vectors, (powers, dimension); kinds; projections.
    `device` is unused.
    """
    vectors = np.array([np.arange(1.0, dimension + 1) ** -power for power in powers])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = np.empty((replicas, len(kinds), len(powers)))
    for number, kind in enumerate(kinds):
        generator = stream.child(number).generator()
        for row in range(replicas):
            drawn = matrices(kind, (samples, projections, dimension), generator)
            lengths = np.mean((drawn @ vectors.T) ** 2, axis=1)
            found[row, number] = np.var(lengths, axis=0, ddof=1)
    given = {"vectors": vectors, "kinds": np.array(kinds), "projections": float(projections)}
    return from_replicas(found, axis=np.array(powers), given=given, resolution={"samples": samples})


def distorted(
    *,
    distortions: tuple[float, ...],
    points: int,
    dimension: int,
    projections: int,
    samples: int,
    replicas: int,
    stream: Stream,
    device: str,
    right_angles: bool = True,
) -> Measurement:
    """How often a projection changes the squared length of any of several vectors by more than each distortion.

    Vectors of length 1 are at right angles to each other, drawn anew for each replica; or, without `right_angles`, in
    any directions near to one of them. Values, shape (1, distortions), are shares of `samples` Gaussian matrices.
    Given: points, projections. `device` is unused.
    """
    counts = np.empty((replicas, 1, len(distortions)))
    generator = stream.generator()
    for row in range(replicas):
        vectors = np.linalg.qr(generator.standard_normal((dimension, points)))[0]
        if not right_angles:
            vectors = vectors * 0.1 + vectors[:, :1]
            vectors /= np.linalg.norm(vectors, axis=0)
        drawn = matrices(0, (samples, projections, dimension), generator)
        off = np.max(np.abs(np.mean((drawn @ vectors) ** 2, axis=1) - 1), axis=1)
        counts[row, 0] = np.mean(off[:, None] > np.array(distortions), axis=0)
    given = {"points": float(points), "projections": float(projections)}
    return from_replicas(counts, axis=np.array(distortions), given=given, resolution={"samples": samples})
