"""What mean-field theory knows of one tensor of a network: second moments over random weights, place by place.

A tensor holds, for every input of the batch, T places (tokens, pixels; one in a fully connected network) of N
features each. Features are exchangeable, so that averages over them stand for averages over weights.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

# Rows of a covariance: an input with itself, with its partner, with another one; its derivative with itself.
SAME, PAIR, OTHER, TANGENT = range(4)
FULL = 512  # places up to which covariances between different places are kept


@dataclass(frozen=True, kw_only=True)
class Field:
    """Predicted moments of a tensor.

    covariance  (4, T, T) between places, or (4, T) of each place with itself alone; rows SAME, PAIR, OTHER, and TANGENT
                for the derivative along a random direction u of the input, J u
    mean        (T,), mean over features
    features    N
    gaussian    whether a feature is Gaussian over the weights
    sources     the layers of weights whose randomness it carries; tensors that share one are not independent
    spread      relative variances of length and tangent, and the variance of the correlation, from finite widths
    rest        sum of 1 / N over the layers before: the size of what the leading order leaves out
    white       whether far places of one input are as correlated as different inputs are, where only (4, T) is kept
    offsets     (N,), the part of each feature that all inputs and places share, around its mean, where the law of these
                numbers is no Gaussian one (uniform or learnt biases)
    gains       (N,), factors of the features, of mean square 1, where they differ
    """

    covariance: np.ndarray
    mean: np.ndarray
    features: int
    gaussian: bool = True
    sources: frozenset[int] = frozenset()
    spread: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rest: float = 0.0
    white: bool = True
    offsets: np.ndarray | None = None
    gains: np.ndarray | None = None

    @property
    def places(self) -> int:
        """T."""
        return self.covariance.shape[1]

    @property
    def full(self) -> bool:
        """Whether covariances between different places are known."""
        return self.covariance.ndim == 3

    @property
    def diagonal(self) -> np.ndarray:
        """(4, T): covariances of each place with itself."""
        return np.diagonal(self.covariance, axis1=1, axis2=2) if self.full else self.covariance

    @functools.cached_property
    def length(self) -> float:
        """Mean square of a feature, over all places."""
        return float(np.mean(self.diagonal[SAME]))

    @functools.cached_property
    def correlation(self) -> float:
        """Of an input and its partner: mean product over mean square; nan where the length is zero."""
        return float(np.mean(self.diagonal[PAIR])) / self.length if self.length else float("nan")

    @functools.cached_property
    def stretch(self) -> float:
        """Mean squared derivative, over all places."""
        return float(np.mean(self.diagonal[TANGENT]))

    def scaled(self, factors: np.ndarray | float) -> Field:
        """Times a number, or one for each feature, (N,)."""
        numbers = np.atleast_1d(np.asarray(factors, dtype=float))
        square = float(np.mean(numbers**2))
        even = len(numbers) == 1 or not square
        return replace(
            self,
            covariance=self.covariance * square,
            mean=self.mean * float(np.mean(numbers)),
            offsets=_times(self.offsets, numbers),
            gains=self.gains if even else _times(numbers / np.sqrt(square), self.gains),
        )

    def at(self, places: np.ndarray) -> Field:
        """The field at these places, in this order."""
        if len(places) == self.places and np.array_equal(places, np.arange(self.places)):
            return self
        chosen = self.covariance[:, places][:, :, places] if self.full else self.covariance[:, places]
        return replace(self, covariance=chosen, mean=self.mean[places])

    def mixed(self, matrix: np.ndarray) -> Field:
        """Every new place is a sum of old ones with these weights, (T', T); the covariance must be full."""
        new = np.array([matrix @ c @ matrix.T for c in self.covariance])
        return replace(self, covariance=new, mean=matrix @ self.mean)


def _times(values: np.ndarray | None, factors: np.ndarray | None) -> np.ndarray | None:
    """Numbers of features times others; those of a part of the features count by their root mean square."""
    if values is None or factors is None:
        return values
    return values * (factors if len(factors) in (1, len(values)) else np.sqrt(np.mean(factors**2)))


def shifts(covariance: np.ndarray, by: np.ndarray | float) -> np.ndarray:
    """What a part that all inputs share adds to a covariance: nothing to its tangent."""
    return np.array([1.0, 1.0, 1.0, 0.0]).reshape(4, *(1,) * (covariance.ndim - 1)) * by


def measured(samples: np.ndarray, tangents: np.ndarray | None, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Covariance (4, T, T) or (4, T) and mean (T,) of numbers of shape (2 pairs, T, N)."""
    first, second = samples[:pairs], samples[pairs:]
    other = np.roll(second, 1, axis=0) if pairs > 1 else second
    moved = np.zeros_like(samples) if tangents is None else tangents
    couples = ((samples, samples), (first, second), (first, other), (moved, moved))
    if samples.shape[1] <= FULL:
        rows = [np.einsum("btn,bsn->ts", a, b, optimize=True) / (len(a) * a.shape[2]) for a, b in couples]
        return np.array([(row + row.T) / 2 for row in rows]), samples.mean(axis=(0, 2))
    return np.array([np.mean(a * b, axis=(0, 2)) for a, b in couples]), samples.mean(axis=(0, 2))


def independent_sum(first: Field, second: Field) -> Field:
    """The sum of two independent fields of the same places."""
    if first.full != second.full:
        a, b = first.diagonal, second.diagonal
    else:
        a, b = first.covariance, second.covariance
    total = first.length + second.length
    share = (first.length / total, second.length / total) if total else (0.5, 0.5)
    stretch = first.stretch + second.stretch
    steps = (first.stretch / stretch, second.stretch / stretch) if stretch > 0 else share
    parts = tuple(
        float(sum(w * np.sqrt(f.spread[k]) for w, f in zip(weights, (first, second), strict=True)) ** 2)
        for k, weights in enumerate((share, steps, share))
    )
    return Field(
        covariance=a + b,
        mean=first.mean + second.mean,
        features=first.features,
        gaussian=first.gaussian and second.gaussian,
        sources=first.sources | second.sources,
        spread=(parts[0], parts[1], parts[2]),
        rest=share[0] * first.rest + share[1] * second.rest,
        white=first.white and second.white,
        offsets=max((f.offsets for f in (first, second) if f.offsets is not None), key=np.var, default=None),
    )
