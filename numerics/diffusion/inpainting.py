"""Filling in an unknown half of Gaussian data by a reverse chain: kernels tilted, or the known half replaced."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

SINGLE = np.float32  # 1e-7 of a sample, where moments are known to 1e-3


def filled_in(
    *,
    correlation: float,
    known: float,
    duration: float,
    samples: int,
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Mean and variance of the unknown half, by tilted kernels and by replacement.

    correlation  of the halves, which have mean 0 and variance 1
    known        value of the known half
    duration     sum of the variances that the chain's `width` steps add, minus the logarithm of what they leave
    samples      in a replica

    Every reverse kernel is the Gaussian of the joint covariance of neighbouring steps. Tilting conditions that
    covariance on the known half of the datum; replacement puts the known half, with fresh noise of the step, into the
    state before each kernel. Values (4,): mean and variance tilted, mean and variance replaced; the axis counts them.
    Given: correlation, known. It runs on the CPU whatever the device.
    """
    generator = stream.generator()
    noise = 1 - np.exp(-duration / width)
    data = np.array([[1.0, correlation], [correlation, 1.0]])
    keep = np.sqrt(1 - noise)

    def noisy(mean: np.ndarray | float, variance: float) -> np.ndarray:
        found = normal(generator, replicas, samples, scale=np.sqrt(variance), dtype=SINGLE)
        found += mean
        return found

    tilted, free = noisy(0.0, 1.0), noisy(0.0, 1.0)
    for number in range(width, 0, -1):
        shares = np.exp(-duration * np.array([number - 1, number]) / width)
        before, after = (share * data + (1 - share) * np.eye(2) for share in shares)
        # Unknown half before a step, from both halves after it; and with the datum's known half, from its own.
        slopes, spread = _conditional(before[0, 0], keep * before[0], after)
        replaced = noisy(np.sqrt(shares[1]) * known, 1 - shares[1])
        free = noisy(slopes[0] * free + slopes[1] * replaced, spread)
        seen = np.array([[after[0, 0], np.sqrt(shares[1]) * correlation], [np.sqrt(shares[1]) * correlation, 1.0]])
        slopes, spread = _conditional(before[0, 0], np.array([keep, np.sqrt(shares[0]) * correlation]), seen)
        tilted = noisy(slopes[0] * tilted + slopes[1] * known, spread)
    moments = [f(x, axis=1, dtype=float) for x in (tilted, free) for f in (np.mean, _unbiased)]
    return from_replicas(
        np.stack(moments, axis=1),
        axis=np.arange(1.0, 5.0),
        given={"correlation": correlation, "known": known},
        resolution={"steps": float(width), "samples": float(replicas * samples)},
    )


def _conditional(variance: float, covariances: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, float]:
    """Slopes in what is seen, and the variance that is left."""
    slopes = np.linalg.solve(seen, covariances)
    return slopes.astype(SINGLE), float(variance - slopes @ covariances)


def _unbiased(x: np.ndarray, axis: int, dtype: type) -> np.ndarray:
    return np.var(x, axis=axis, ddof=1, dtype=dtype)
