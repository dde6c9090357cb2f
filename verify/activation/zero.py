"""Averages at short lengths with proven errors: the series at zero, and what they leave out."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from derivations.activations import Activation
from numerics.solvers.closed import absolute_moment
from verify.activation.enclosed import ROUNDING, NotEnclosed, beyond
from verify.certify import precision
from verify.compile.enclosure import ORDER, SERIES_BITS, SHORT, cleaned, gap, series_at_zero

HALVINGS = 160


@dataclass(frozen=True, kw_only=True)
class Short:
    """Series in sqrt(q) / radius of E phi^2, E phi'^2 and q E phi'^2 - E phi^2, for q up to `largest`.

    radius, size  a disc around zero on which phi is analytic on either side, and its bound there
    """

    activation: Activation
    radius: float
    size: float
    square: tuple[float, ...]
    gradient: tuple[float, ...]
    gap: tuple[float, ...]

    @property
    def largest(self) -> float:
        """The longest length, as a variance."""
        return (self.radius / SHORT) ** 2

    def rest(self, s: np.ndarray | float, order: int) -> np.ndarray | float:
        """A bound of what the series of E phi^2 or E phi'^2 leaves out.

        On half the disc the terms of phi^2 from x^n on are at most (n + 1) S^2 (|x| / r)^n times 1.9, those of phi'^2
        at most n^3 / r^2 as large; outside it both phi^2 and the polynomial carry no weight.
        """
        n = ORDER - 2 * order
        growth = 2.5 * (n + 3) ** (1 + 2 * order) / self.radius ** (2 * order)
        inside = growth * self.size**2 * (np.asarray(s) / self.radius) ** n * absolute_moment(n)
        with np.errstate(under="ignore", divide="ignore", over="ignore"):
            outside = growth * self.size**2 * np.exp(-((self.radius / np.asarray(s)) ** 2) / 8)
            return inside + outside + beyond(self.activation, order, np.asarray(s) ** 2, self.radius / 2)

    def averages(self, q: np.ndarray, longest: float, cosine: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values at lengths q with errors, each (len(q), 2), and bounds (2,) for complex q up to `longest` in size."""
        s = np.sqrt(q)
        values, errors, whole = [], [], []
        for order, coefficients in enumerate((self.square, self.gradient)):
            value, error, bound = self._summed(coefficients, s, longest)
            values.append(value)
            errors.append(error + self.rest(s, order))
            whole.append(bound + self.rest(math.sqrt(longest / cosine), order) / math.sqrt(cosine))
        return np.stack(values, axis=1), np.stack(errors, axis=1), np.array(whole, dtype=float)

    def difference(self, q: np.ndarray, longest: float, cosine: float) -> tuple[np.ndarray, np.ndarray, float]:
        """q E phi'^2 - E phi^2 with its error and bound; terms that cancel are left out exactly."""
        s, far = np.sqrt(q), math.sqrt(longest / cosine)
        value, error, bound = self._summed(self.gap, s, longest)
        error = error + q * self.rest(s, 1) + self.rest(s, 0)
        rest = far * far * self.rest(far, 1) + self.rest(far, 0)
        return value, error, bound + float(rest) / math.sqrt(cosine)

    def _summed(
        self, coefficients: Sequence[float], s: np.ndarray, longest: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        c = np.asarray(coefficients)
        powers = (s[:, None] / self.radius) ** np.arange(len(c))
        error = 32 * ROUNDING * (powers @ np.abs(c))
        return powers @ c, error, float(np.abs(c) @ (math.sqrt(longest) / self.radius) ** np.arange(len(c)))


@functools.lru_cache(maxsize=16)
def short(activation: Activation) -> Short | None:
    """None where phi has no series at zero."""
    with precision(SERIES_BITS):
        found = series_at_zero(activation)
        if found is None:
            return None
        radius, size, (square, gradient, _, _) = found
        count = ORDER - 2
        difference = cleaned(gap(square, gradient), size)
        gradient = [c * arb(radius) ** -2 for c in gradient]
        columns = [[float(c.mid()) for c in column] for column in (square, gradient, difference)]
    return Short(
        activation=activation,
        radius=radius,
        size=size,
        square=tuple(columns[0][:ORDER]),
        gradient=tuple(columns[1][:count]),
        gap=tuple(columns[2]),
    )


def leading(coefficients: Sequence[float], rest: Callable[[float], Any], series: Short) -> float:
    """A length q up to which the first term of a series outweighs all others. Raises NotEnclosed if there is none."""
    largest = series.largest
    first = next((n for n, c in enumerate(coefficients) if c), None)
    if first is None:
        raise NotEnclosed(f"up to q = {largest:.3g} a difference that decides is zero to rounding")
    for k in range(HALVINGS):
        s = math.sqrt(largest) * 2.0**-k
        t = s / series.radius
        others = sum(abs(c) * t ** (n + first + 1) for n, c in enumerate(coefficients[first + 1 :]))
        if abs(coefficients[first]) * t**first > 1.000001 * (others + float(rest(s))):
            return s * s
    raise NotEnclosed("the series at length zero decides too late")
