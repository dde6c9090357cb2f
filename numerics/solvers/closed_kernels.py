"""Closed forms of E phi(h) phi(h') and E phi'(h) phi'(h') for two Gaussian fields, and of E phi(h).

Everywhere q and p are the variances of h and h', c is their correlation in [-1, 1]; arrays broadcast. A correlation,
not a covariance, is what they take: where h' = h it is 1 exactly, and no difference of nearly equal numbers is formed.
Sources: Williams 1996 (erf); Cho and Saul 2009 (rectified monomials); Tsuchida et al. 2021 (gelu); the others follow
from the characteristic function of a Gaussian.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import hermite_e

Pair = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Mean = Callable[[np.ndarray], np.ndarray]
RECTIFIED = 3  # highest order of a rectified monomial


@dataclass(frozen=True, kw_only=True)
class Base:
    """E f(h) f(h'), E f'(h) f'(h') (None where it is infinite at c = 1) and E f(h) of one function f."""

    product: Pair
    slope: Pair | None
    mean: Mean


@dataclass(frozen=True, kw_only=True)
class ClosedKernel:
    """phi(x) = outer f(inner x) + offset, where f is a base; `label` says which, for people."""

    label: str
    base: Base
    outer: float = 1.0
    inner: float = 1.0
    offset: float = 0.0

    def mean(self, q: np.ndarray) -> np.ndarray:
        """E phi(h)."""
        return self.outer * self.base.mean(self.inner**2 * np.asarray(q, dtype=float)) + self.offset

    def product(self, q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
        """E phi(h) phi(h')."""
        found = self.outer**2 * self.base.product(*self._scaled(q, p, c))
        if self.offset:
            found = found + self.offset * (self.mean(q) + self.mean(p) - self.offset)
        return found

    def slope(self, q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
        """E phi'(h) phi'(h'). Raises ArithmeticError where phi jumps."""
        if self.base.slope is None:
            raise ArithmeticError(f"{self.label} jumps: the average of its squared slope is infinite")
        return (self.outer * self.inner) ** 2 * self.base.slope(*self._scaled(q, p, c))

    def _scaled(self, q: np.ndarray, p: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, ...]:
        scaled = self.inner**2
        return scaled * np.asarray(q, dtype=float), scaled * np.asarray(p, dtype=float), np.asarray(c, dtype=float)


def _determinant(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
    """q p - K^2 = q p (1 - c)(1 + c)."""
    return q * p * ((1 - c) * (1 + c))


def _angle(c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sin and pi - angle of a correlation; the angle is arctan2(sin, c), exact at both ends."""
    sine = np.sqrt((1 - c) * (1 + c))
    return sine, np.arctan2(sine, -c)


# ------------------------------------------------------------------------------------------------ error functions


def _erf_product(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
    covariance = np.sqrt(q * p) * c
    rest = np.sqrt(0.25 + (q + p) / 2 + _determinant(q, p, c))
    return 2 / np.pi * np.arctan2(covariance, rest)


def _erf_slope(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
    return 4 / np.pi / np.sqrt(1 + 2 * (q + p) + 4 * _determinant(q, p, c))


ERF = Base(product=_erf_product, slope=_erf_slope, mean=np.zeros_like)


def _gelu_product(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
    covariance, gap = np.sqrt(q * p) * c, _determinant(q, p, c)
    wide, rest = (1 + q) * (1 + p), 1 + q + p + gap
    root = np.sqrt(rest)
    bend = (covariance**2 + q * p * rest) / (wide * root)
    return covariance / 4 + (bend + covariance * np.arctan2(covariance, root)) / (2 * np.pi)


def _gelu_slope(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
    covariance, gap = np.sqrt(q * p) * c, _determinant(q, p, c)
    rest = 1 + q + p + gap
    root = np.sqrt(rest)
    bend = covariance / root * (1 / rest + (1 - q * p) / ((1 + q) * (1 + p)) + 1)
    return 0.25 + (bend + np.arctan2(covariance, root)) / (2 * np.pi)


GELU = Base(product=_gelu_product, slope=_gelu_slope, mean=lambda q: q / np.sqrt(2 * np.pi * (1 + q)))


# ------------------------------------------------------------------------------------------------ exponentials


def _exp_product(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
    return np.exp((q + p) / 2 + np.sqrt(q * p) * c)


EXP = Base(product=_exp_product, slope=_exp_product, mean=lambda q: np.exp(q / 2))


def sine(phase: float) -> Base:
    """sin(x + phase)."""
    double, square = math.cos(2 * phase), math.sin(phase) ** 2

    def parts(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """E cos(h - h'), E cos(h + h') and their difference, which cancels where the fields are short."""
        covariance, apart = np.sqrt(q * p) * c, np.square(np.sqrt(q) - np.sqrt(p)) / 2
        cross = np.sqrt(q * p)
        minus, plus = np.exp(-apart - cross * (1 - c)), np.exp(-apart - cross * (1 + c))
        gap = np.sign(covariance) * np.maximum(minus, plus) * -np.expm1(-2 * np.abs(covariance))
        return minus, plus, gap

    def product(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
        _, plus, gap = parts(q, p, c)
        return gap / 2 + square * plus

    def slope(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
        minus, plus, _ = parts(q, p, c)
        return (minus + double * plus) / 2

    return Base(product=product, slope=slope, mean=lambda q: math.sin(phase) * np.exp(-q / 2))


def _bump_product(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
    return 1 / np.sqrt(1 + 2 * (q + p) + 4 * _determinant(q, p, c))


def _bump_slope(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
    return 4 * np.sqrt(q * p) * c * _bump_product(q, p, c) ** 3


BUMP = Base(product=_bump_product, slope=_bump_slope, mean=lambda q: 1 / np.sqrt(1 + 2 * q))  # exp(-x^2)


# ------------------------------------------------------------------------------------------------ monomials


def _arc_cosine(order: int, c: np.ndarray) -> np.ndarray:
    """J_n / (2 pi) of Cho and Saul: E max(z, 0)^n max(z', 0)^n for unit variances (a step for n = 0)."""
    sin, rest = _angle(c)
    found = {
        0: lambda: rest,
        1: lambda: sin + rest * c,
        2: lambda: 3 * sin * c + rest * (1 + 2 * c**2),
        3: lambda: sin * (4 + 11 * c**2) + rest * (9 * c + 6 * c**3),
    }[order]()
    return found / (2 * np.pi)


def rectified(order: int) -> Base:
    """max(x, 0)^order, for order 0 (the step) to RECTIFIED."""

    def product(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
        return (q * p) ** (order / 2) * _arc_cosine(order, c)

    def slope(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
        return order**2 * (q * p) ** ((order - 1) / 2) * _arc_cosine(order - 1, c)

    half_moment = 2 ** (order / 2 - 1) * math.gamma((order + 1) / 2) / math.sqrt(math.pi)
    return Base(product=product, slope=slope if order else None, mean=lambda q: half_moment * q ** (order / 2))


def _sign_product(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
    return 2 / np.pi * np.arctan2(c, np.sqrt((1 - c) * (1 + c))) + 0 * (q + p)


SIGN = Base(product=_sign_product, slope=None, mean=np.zeros_like)


def bent_line(below: float, above: float) -> Base:
    """below x for x < 0, above x for x > 0: relu, leaky relu, the absolute value."""
    straight, bend = below * above, (below - above) ** 2

    def product(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
        return np.sqrt(q * p) * (bend * _arc_cosine(1, c) + straight * c)

    def slope(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
        return bend * _arc_cosine(0, c) + straight + 0 * (q + p)

    return Base(product=product, slope=slope, mean=lambda q: (above - below) * np.sqrt(q / (2 * np.pi)))


def polynomial(coefficients: tuple[float, ...]) -> Base:
    """sum coefficients[k] x^k, by its Hermite coefficients: E f(h) f(h') = sum a_k(q) a_k(p) k! c^k."""
    values = np.asarray(coefficients, dtype=float)

    def series(ascending: np.ndarray) -> Pair:
        count = len(ascending)
        to_hermite = np.zeros((count, count))
        for k in range(count):
            to_hermite[k, : k + 1] = hermite_e.poly2herme(np.eye(count)[k, : k + 1])
        factorials = np.array([math.factorial(k) for k in range(count)], dtype=float)

        def product(q: np.ndarray, p: np.ndarray, c: np.ndarray) -> np.ndarray:
            powers = np.arange(count)
            a, b = (np.sqrt(v)[..., None] ** powers * ascending @ to_hermite for v in np.broadcast_arrays(q, p))
            return np.sum(a * b * factorials * np.asarray(c)[..., None] ** powers, axis=-1)

        return product

    def mean(q: np.ndarray) -> np.ndarray:
        even = range(0, len(values), 2)
        return sum((values[k] * math.prod(range(1, k, 2)) * q ** (k // 2) for k in even), np.zeros_like(q))

    return Base(product=series(values), slope=series(values[1:] * np.arange(1, len(values))), mean=mean)
