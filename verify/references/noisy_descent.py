"""Descent with noise: losses and noise of a weight, where the update rule itself settles, and densities in bins."""

from __future__ import annotations

import functools
import hashlib
import itertools
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import Activation
from derivations.symbols import x
from numerics.measurement import Measurement
from verify.compile import Candidate

NODES, WEIGHTS = np.polynomial.legendre.leggauss(4)


@dataclass(frozen=True, kw_only=True)
class Polynomial(Activation):
    """A polynomial in the weight. Its derivatives stay nested: NumPy's powers are far slower than products."""

    coefficients: tuple  # constant first

    def derivative(self, order: int) -> sp.Expr:
        falling = [c * sp.ff(k, order) for k, c in enumerate(map(sp.sympify, self.coefficients))][order:]
        return functools.reduce(lambda inner, c: c + x * inner, reversed(falling), sp.S.Zero)


@functools.lru_cache(maxsize=256)
def polynomial(coefficients: tuple) -> Polynomial:
    """The polynomial with these coefficients, constant first, under a name that is its own."""
    name = "polynomial " + hashlib.sha256(repr(coefficients).encode()).hexdigest()[:12]
    nested = functools.reduce(lambda inner, c: sp.sympify(c) + x * inner, reversed(coefficients), sp.S.Zero)
    return Polynomial(name=name, expression=nested, coefficients=coefficients)


def loss_and_noise(losses: np.ndarray) -> dict[str, Polynomial]:
    """Mean loss and gradient covariance of examples with polynomial losses, (examples, degree + 1), as functions."""
    slopes = (losses * np.arange(losses.shape[1]))[:, 1:]
    deviations = slopes - slopes.mean(axis=0)
    products = deviations.T @ deviations / len(losses)
    noise = [float(np.trace(products[::-1], n - len(products) + 1)) for n in range(2 * len(products) - 1)]
    while len(noise) > 1 and abs(noise[-1]) < 1e-12 * noise[0]:
        noise.pop()
    return {"L": polynomial(tuple(losses.mean(axis=0))), "F": polynomial(tuple(noise))}


def minibatches_of_pairs(point: Any) -> list[tuple[Any, Any, Any]]:
    """Every minibatch of the point's examples, drawn with replacement: its probability and its mean deviation (x, y).

    An example's gradient deviates from the mean by x + y theta; the point's `pairs` (x, y) come with both signs.
    """
    examples = [(sign * mpmath.mpf(x), sign * mpmath.mpf(y)) for x, y in point["pairs"] for sign in (1, -1)]
    size, found = point["B"], []
    for batch in itertools.combinations_with_replacement(range(len(examples)), size):
        orders = mpmath.factorial(size)
        for s in set(batch):
            orders /= mpmath.factorial(batch.count(s))
        x, y = (mpmath.fsum(examples[s][k] for s in batch) / size for k in (0, 1))
        found.append((orders / mpmath.mpf(len(examples)) ** size, x, y))
    return found


def noise_of_pairs(point: Any) -> tuple[sp.Rational, ...]:
    """Coefficients of the covariance of the examples' gradients, whose spread grows like epsilon^(-1/2)."""
    pairs = [(sp.Rational(x), sp.Rational(y)) for x, y in point["pairs"]]
    squares = (sum(term) / len(pairs) for term in zip(*((x * x, 2 * x * y, y * y) for x, y in pairs), strict=True))
    return tuple(square / sp.Rational(point["epsilon"]) for square in squares)


def settled_moments(dps: int, point: Any) -> list:
    """Means of theta^2, theta^3 and theta^4 in which descent on a bowl settles, at any learning rate.

    From the update rule alone: the mean loss is tilt theta + stiffness theta^2 / 2, so that the mean of a power after a
    step is a sum of means of lower and equal powers before it, which in the stationary state are the same. The gradient
    is taken after the part `alpha` of a step, by default before it.
    """
    with mpmath.workdps(3 * dps):
        rate, tilt, stiffness = (mpmath.mpf(point[name]) for name in ("epsilon", "tilt", "stiffness"))
        spread = mpmath.sqrt(rate)
        part, steps = mpmath.mpf(point.get("alpha", 0)), []
        for chance, x, y in minibatches_of_pairs(point):
            pull, after = rate * stiffness + spread * y, 1 + part * (rate * stiffness + spread * y)
            steps.append((chance, (1 - (1 - part) * pull) / after, -(rate * tilt + spread * x) / after))
        means = [mpmath.mpf(1)]
        for n in range(1, 5):
            shares = [
                mpmath.binomial(n, k)
                * mpmath.fsum(chance * factor**k * shift ** (n - k) for chance, factor, shift in steps)
                for k in range(n + 1)
            ]
            means.append(mpmath.fsum(s * m for s, m in zip(shares, means, strict=False)) / (1 - shares[n]))
        return means[2:]


def density_moments(candidate: Candidate, point: Any, **functions: Any) -> list[float]:
    """The same means by the formula's density, on a trapezoid rule far into its tails."""
    grid = np.arange(-9, 9, 0.1)
    bowl = polynomial((sp.S.Zero, sp.Rational(point["tilt"]), sp.Rational(point["stiffness"]) / 2))
    known = {"epsilon": point["epsilon"], "B": point["B"], "N": 2 * len(point["pairs"])}
    density = candidate.numpy(theta=grid, L=bowl, **known, **functions) * 0.1
    return [float(np.sum(density * grid**n)) for n in (2, 3, 4)]


def mean_density_in_bins(candidate: Candidate, measured: Measurement, **functions: Any) -> np.ndarray:
    """Mean density in each bin."""
    given = measured.given
    edges = np.asarray(given["edges"])
    places = edges[:-1, None] + np.diff(edges)[:, None] * (1 + NODES) / 2
    return candidate.numpy(theta=places, epsilon=given["learning_rate"], B=given["batch"], **functions) @ WEIGHTS / 2


def first_two_moments(dps: int, point: Any) -> tuple[Any, Any]:
    """Means of theta and theta^2 in which descent on the bowl of `settled_moments` settles."""
    with mpmath.workdps(3 * dps):
        rate, tilt, stiffness = (mpmath.mpf(point[name]) for name in ("epsilon", "tilt", "stiffness"))
        spread, found = mpmath.sqrt(rate), minibatches_of_pairs(point)
        steps = [(p, 1 - rate * stiffness - spread * y, -rate * tilt - spread * x) for p, x, y in found]
        mean = mpmath.fsum(p * b for p, _, b in steps) / (1 - mpmath.fsum(p * a for p, a, _ in steps))
        added = mpmath.fsum(p * (2 * a * b * mean + b**2) for p, a, b in steps)
        return mean, added / (1 - mpmath.fsum(p * a**2 for p, a, _ in steps))
