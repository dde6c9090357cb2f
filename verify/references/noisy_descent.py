"""Descent with noise: losses and noise of one or several weights, and stationary densities by quadrature."""

from __future__ import annotations

import functools
import hashlib
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


def loss_and_noise_coefficients(point: Any) -> tuple[tuple, tuple]:
    """Coefficients of loss and gradient covariance at a point: a tilted double well, a slanted and positive noise."""
    tilt, well, heat, slant, bulge = (sp.Rational(point[k]) for k in ("tilt", "well", "heat", "slant", "bulge"))
    gamma = heat * 2 * point["B"] / sp.Rational(point["epsilon"])
    return (sp.S.Zero, tilt, -well / 2, sp.Rational(1, 7), sp.Rational(3, 10)), (gamma, slant * gamma, bulge * gamma)


def batch_settings(point: Any) -> dict[str, Any]:
    """Learning rate, batch and examples of a point."""
    return {k: point[k] for k in ("epsilon", "B", "N")}


def zero_current(dps: int, point: Any) -> list:
    """Density at the point's weights from the differential equation of zero current, integrated and normalized."""
    loss, noise = ([mpmath.mpf(c.p) / c.q for c in side] for side in loss_and_noise_coefficients(point))
    scale = mpmath.mpf(point["epsilon"]) / (2 * point["B"])
    slope, steeper = ([k * c for k, c in enumerate(side)][:0:-1] for side in (loss, noise))

    def run(sign: int) -> tuple[list, Any]:
        """Unnormalized density at the weights on one side of 0, and its integral over that side."""

        def right(distance, state):
            at = sign * distance
            push = mpmath.polyval(slope, at) / scale + mpmath.polyval(steeper, at)
            return [-sign * push * state[0] / mpmath.polyval(noise[::-1], at), state[0]]

        solution = mpmath.odefun(right, 0, [mpmath.mpf(1), mpmath.mpf(0)])
        values = [solution(abs(mpmath.mpf(p)))[0] for p in point["theta"] if float(p) * sign > 0]
        return values, solution(mpmath.mpf(point["end"]))[1]

    (left, left_mass), (right, right_mass) = run(-1), run(1)
    return [value / (left_mass + right_mass) for value in (*left, *right)]


def mean_density_in_bins(candidate: Candidate, measured: Measurement, **functions: Any) -> np.ndarray:
    """Mean density in each bin."""
    given = measured.given
    edges = np.asarray(given["edges"])
    places = edges[:-1, None] + np.diff(edges)[:, None] * (1 + NODES) / 2
    return candidate.numpy(theta=places, epsilon=given["learning_rate"], B=given["batch"], **functions) @ WEIGHTS / 2
