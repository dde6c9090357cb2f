"""Control variates: what fluctuates with quantities of known mean is taken off the replicas of an experiment."""

from __future__ import annotations

import numpy as np

FOLDS = 5


def controlled(samples: np.ndarray, controls: np.ndarray) -> np.ndarray:
    """Samples (R, ...) less their regression on controls (R, K) of mean zero: the same mean, a smaller spread.

    The coefficients for each fold of the replicas come from the other folds, so that no replica sees its own noise and
    the mean stays exact. Where the other folds have too few replicas for so many controls the samples stay as they are.
    Raises ValueError for controls of another number of replicas.
    """
    count, number = controls.shape
    folds = np.arange(count) % FOLDS
    if len(samples) != count:
        raise ValueError(f"{len(samples)} replicas but controls of {count}")
    if count - np.bincount(folds).max() < 2 * (number + 1):
        return samples
    found = np.array(samples, dtype=float).reshape(count, -1)
    design = np.concatenate([np.ones((count, 1)), controls / controls.std(axis=0)], axis=1)
    adjusted = np.empty_like(found)
    for fold in range(FOLDS):
        own = folds == fold
        coefficients = np.linalg.lstsq(design[~own], found[~own], rcond=None)[0]
        adjusted[own] = found[own] - design[own, 1:] @ coefficients[1:]
    return adjusted.reshape(np.shape(samples))
