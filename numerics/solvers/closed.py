"""Gaussian averages in closed form: named activations, powers, and sums of x^m exp(r x) such as cos, snake and exp."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from numerics.solvers.nonlinearity import NearZero

Term = tuple[complex, int, complex]
CANCELLED = 50.0  # sum of absolute terms over their sum beyond which a closed form has lost too many digits
OVERFLOW = 700.0  # exponents that float64 holds


def relu(q: np.ndarray) -> tuple[np.ndarray, ...]:
    """E phi^2, E phi'^2, E phi''^2 away from the kink, and d/dq E phi^2 of max(x, 0), each of the shape of q."""
    half = np.full_like(q, 0.5)
    return q / 2, half, np.zeros_like(q), half


def erf(q: np.ndarray) -> tuple[np.ndarray, ...]:
    """Source: Williams 1996, Computing with infinite networks; phi = erf(x)."""
    wide = 1 + 2 * q
    root = np.sqrt(1 + 4 * q)
    slope = 4 / (np.pi * wide * root)
    # arcsin(2 q / (1 + 2 q)) as an arc tangent: near 1 the arc sine doubles no error of its argument
    return 2 / np.pi * np.arctan2(2 * q, root), 4 / (np.pi * root), 16 * q / (np.pi * root**3), slope


def hard_tanh(q: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same of x cut off at -1 and 1."""
    # erf(a) - 2 a exp(-a^2) / sqrt(pi), a = 1 / sqrt(2 q), as one function: the terms cancel when q is large.
    slope = special.gammainc(1.5, 0.5 / q)
    edge = 1 / np.sqrt(2 * q)
    return q * slope + special.erfc(edge), special.erf(edge), np.zeros_like(q), slope


def sin(q: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same of sin(x)."""
    decay = np.exp(-2 * q)
    square = -np.expm1(-2 * q) / 2
    return square, (1 + decay) / 2, square, decay


CLOSED = {"relu": relu, "erf": erf, "hard_tanh": hard_tanh, "sin": sin}


def absolute_moment(n: float) -> float:
    """E |z|^n for standard Gaussian z; infinite for n <= -1."""
    return float(2 ** (n / 2) * special.gamma((n + 1) / 2) / np.sqrt(np.pi)) if n > -1 else math.inf


def monomial(left: float, right: float, power: float, q: np.ndarray) -> tuple[np.ndarray, ...]:
    """Averages of left |x|^p below zero and right x^p above: E phi^2, E phi'^2, E phi''^2, d/dq E phi^2."""
    size = (left**2 + right**2) / 2

    def average(factor: float, exponent: float) -> np.ndarray:
        if factor == 0:
            return np.zeros_like(q)
        return size * factor**2 * absolute_moment(2 * exponent) * q**exponent

    jumps = power == 0 and left != right
    gradient = np.full_like(q, math.inf) if jumps else average(power, power - 1)
    square = average(1.0, power)
    return square, gradient, average(power * (power - 1), power - 2), power * square / q


def series(near: NearZero, q: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same from the series around length zero."""
    s = np.sqrt(q) / near.unit
    square, gradient, curvature = (
        np.polynomial.polynomial.polyval(s, c or (0.0,)) for c in (near.square, near.gradient, near.curvature)
    )
    tilt = [k / 2 * c for k, c in enumerate(near.square)]  # q d/dq s^k = k s^k / 2
    return square, gradient, curvature, np.polynomial.polynomial.polyval(s, tilt) / q


def largest(terms: Sequence[Term]) -> float:
    """The variance up to which float64 holds the averages of squares of a sum of exponentials."""
    growth = max((r.real for _, _, r in terms), default=0.0), max((-r.real for _, _, r in terms), default=0.0)
    return OVERFLOW / (2 * max(growth) ** 2) if max(growth) > 0 else math.inf


def exponentials(terms: Sequence[Term], q: np.ndarray) -> tuple[np.ndarray, ...] | None:
    """The same for phi = sum c x^m exp(r x), all from E x^m exp(r x); None where the terms cancel too far."""
    first = derivative(terms)
    products = (
        product(terms, terms),
        product(first, first),
        product(derivative(first), derivative(first)),
        product(product(terms, first), ((1.0, 1, 0.0),)),
    )
    found = []
    for k, whole in enumerate(products):
        value, size = expectation(whole, q)
        with np.errstate(over="ignore"):  # the longest lengths: the sum is finite, the allowance for it need not be
            cancelled = np.any(size > CANCELLED * np.abs(value))
        if k < 2 and cancelled:
            return None
        found.append(value)
    found[3] = found[3] / q
    return tuple(found)


def derivative(terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms of the derivative of a sum of c x^m exp(r x)."""
    lowered = [(c * m, m - 1, r) for c, m, r in terms if m]
    return _collected([*lowered, *((c * r, m, r) for c, m, r in terms if r)])


def product(left: Sequence[Term], right: Sequence[Term]) -> tuple[Term, ...]:
    """The terms of a product of two such sums."""
    return _collected([(c * d, m + n, r + s) for c, m, r in left for d, n, s in right])


def _collected(terms: Sequence[Term]) -> tuple[Term, ...]:
    total: dict[tuple[int, complex], complex] = {}
    for c, m, r in terms:
        total[m, r] = total.get((m, r), 0.0) + c
    return tuple((c, m, r) for (m, r), c in total.items() if c)


def expectation(terms: Sequence[Term], q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """E sum c x^m exp(r x), x of variance q, and the sum of the sizes of its terms: the weight exp(r x) moves x."""
    value, size = np.zeros_like(q), np.zeros_like(q)
    with np.errstate(over="ignore", invalid="ignore"):
        for c, m, r in terms:
            moved = sum(
                math.comb(m, 2 * k) * math.prod(range(1, 2 * k, 2)) * (r * q) ** (m - 2 * k) * q**k
                for k in range(m // 2 + 1)
            )
            term = c * moved * np.exp(r * r * q / 2)
            value, size = value + np.real(term), size + np.abs(term)
    return value, size


def product_expectation(terms: Sequence[Term], q: float, other: float, c: float) -> float | None:
    """E f(h) f(h') for f = sum c x^m exp(r x), variances q and `other`, correlation c; None where the terms cancel."""
    cross, value, size = c * math.sqrt(q * other), 0.0, 0.0
    for a, m, r in terms:
        for b, n, s in terms:
            exponent = (r * r * q + s * s * other) / 2 + r * s * cross
            if exponent.real > OVERFLOW:
                return None
            moved = _mixed(m, n, (r * q + s * cross, s * other + r * cross), (q, other, cross))
            term = a * b * moved * np.exp(exponent)
            value, size = value + float(np.real(term)), size + abs(term)
    bound = math.sqrt(abs(expectation(product(terms, terms), np.array([q]))[0][0]))
    bound *= math.sqrt(abs(expectation(product(terms, terms), np.array([other]))[0][0]))
    return value if size <= CANCELLED * bound else None


def _mixed(m: int, n: int, means: tuple[complex, complex], covariance: tuple[float, float, float]) -> complex:
    """E x^m y^n for Gaussian (x, y) with these means, by Stein's lemma, row by row."""
    (mu, nu), (q, other, cross) = means, covariance
    table: dict[tuple[int, int], complex] = {(0, 0): 1.0}
    for j in range(n + 1):
        for i in range(m + 1):
            if i:
                table[i, j] = mu * table[i - 1, j] + q * (i - 1) * table.get((i - 2, j), 0.0)
                table[i, j] += cross * j * table.get((i - 1, j - 1), 0.0)
            elif j:
                table[0, j] = nu * table[0, j - 1] + other * (j - 1) * table.get((0, j - 2), 0.0)
    return table[m, n]
