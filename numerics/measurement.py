"""What an experiment returns: numbers with their errors, and nothing that a theory would say about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

ROUNDED = 1e-6  # relative spread below which some of a hundred numbers of double precision can be equal by chance


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The result of one experiment.

    values      measured numbers, shape (..., T); the last axis runs along `axis` when that is given
    errors      standard errors of `values` from independent replicas, same shape; None for a deterministic run
    replicas    number of independent replicas behind `errors` (1 for a deterministic run)
    axis        positions along the last axis of `values`, shape (T,); None if there is no such axis
    given       what was drawn or chosen and a prediction must know: initial state, teacher, spectrum, ...
    resolution  what limits the accuracy: step, width, samples
    """

    values: np.ndarray
    errors: np.ndarray | None = None
    replicas: int = 1
    axis: np.ndarray | None = None
    given: Mapping[str, np.ndarray | float] = field(default_factory=dict)
    resolution: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.size == 0:
            raise ValueError("a measurement without values")
        if not np.all(np.isfinite(self.values)):
            raise ValueError(
                f"{np.sum(~np.isfinite(self.values))} of {self.values.size} measured values are not finite"
            )
        if self.errors is not None and (self.errors.shape != self.values.shape or self.replicas < 2):
            raise ValueError("standard errors need the shape of the values and at least two replicas")
        if self.errors is not None and not np.all(np.isfinite(self.errors) & (self.errors >= 0)):
            raise ValueError("a standard error is negative or no finite number")
        if self.axis is not None and self.values.shape[-1:] != self.axis.shape:
            raise ValueError(f"axis of shape {self.axis.shape} does not run along values of shape {self.values.shape}")


def from_replicas(samples: np.ndarray, **fields) -> Measurement:
    """A Measurement from independent replicas: `samples`, an array or a tensor, has shape (R, ...), R at least 2.

    Values are the mean over replicas and errors the standard error of that mean. Further fields are passed on. Raises
    ValueError if some replicas are equal and others are not: measured numbers are never equal by chance, unless they
    are whole (counts, signs), so close that rounding makes them equal (correlations that have become 1), or parts of a
    number, each of which other replicas have as well.
    """
    samples = np.asarray(samples)
    count = samples.shape[0]
    if count < 2:
        raise ValueError("a standard error needs at least two replicas")
    rows = samples.reshape(count, -1)
    whole = np.array_equal(rows, np.rint(rows))
    rounded = np.all(np.ptp(rows, axis=0) <= ROUNDED * np.max(np.abs(rows), axis=0))
    different = count if whole or rounded else len(np.unique(rows, axis=0))
    if 1 < different < count and np.any(_different(rows) == different):
        raise ValueError(f"{count} replicas, of which only {different} are different: they are not independent")
    spread = np.where(np.ptp(samples, axis=0) > 0, samples.std(axis=0, ddof=1), 0.0)  # equal ones have a rounded mean
    errors = spread / np.sqrt(count)
    return Measurement(values=samples.mean(axis=0), errors=errors, replicas=count, **fields)


def _different(rows: np.ndarray) -> np.ndarray:
    """How many different numbers each column has."""
    found: np.ndarray = 1 + np.count_nonzero(np.diff(np.sort(rows, axis=0), axis=0), axis=0)
    return found


def ratio_of_means(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Samples (R, ...) whose mean is the ratio of the means of two quantities over the replicas, (R, ...) each.

    They scatter as that ratio does, to first order. The mean of the ratios of single replicas lies above it, by the
    relative variance of what stands below.
    """
    mean = np.mean(below, axis=0)
    ratio = np.mean(above, axis=0) / mean
    return ratio + (above - ratio * below) / mean
