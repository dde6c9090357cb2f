"""Proofs for activations with closed forms: powers, and sums of x^m exp(r x)."""

from __future__ import annotations

import math

import numpy as np

from numerics.solvers import closed
from numerics.solvers.nonlinearity import Nonlinearity
from verify.activation.enclosed import ROUNDING, NotEnclosed
from verify.activation.tails import LONGEST


def exact(phi: Nonlinearity, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Closed forms of sums of exponentials, and their rounding."""
    first = closed.derivative(phi.terms)
    columns = [closed.expectation(closed.product(part, part), q) for part in (phi.terms, first)]
    fastest = max(abs(r) for _, _, r in phi.terms)
    rounding = ROUNDING * (32 + 2 * fastest**2 * q)
    return np.stack([v for v, _ in columns], axis=1), np.stack([rounding * s for _, s in columns], axis=1)


def size(phi: Nonlinearity, longest: float) -> np.ndarray:
    """Bounds for |q| <= longest with Re q >= 0, where exp(r^2 q / 2) of an imaginary r is at most 1."""
    found = []
    for part in (phi.terms, closed.derivative(phi.terms)):
        total = 0.0
        for c, m, r in closed.product(part, part):
            rate = 0.0 if abs(r.real) == 0 else abs(r) ** 2 * longest / 2
            if rate > closed.OVERFLOW:
                return np.array([math.inf, math.inf])
            moved = sum(
                math.comb(m, 2 * k) * math.prod(range(1, 2 * k, 2)) * (abs(r) * longest) ** (m - 2 * k) * longest**k
                for k in range(m // 2 + 1)
            )
            total += abs(c) * moved * math.exp(rate)
        found.append(total)
    return np.array(found)


def roots_of_power(power: tuple[float, float, float], weight: float, bias: float) -> tuple[int | None, str]:
    """How many positive roots sigma_b^2 + c q^p = q has, and why; None where two are not told from none."""
    left, right, p = power
    c = weight**2 * (left**2 + right**2) / 2 * closed.absolute_moment(2 * p)
    shape = f"V is {'concave' if p < 1 else 'convex'}"
    if p < 1 or bias == 0:
        return 1, shape
    turn = (1 / (c * p)) ** (1 / (p - 1))  # V' = 1, where V(q) - q is least
    least = bias**2 - (1 - 1 / p) * turn
    if abs(least) < 1e-12 * turn:
        return None, f"V touches the diagonal at q = {turn:.6g} to rounding"
    return (2 if least < 0 else 0), shape


def convex(phi: Nonlinearity) -> bool:
    """Whether E phi^2 is a power series in q with positive coefficients, by its closed form."""
    squares = closed.product(phi.terms, phi.terms)
    return bool(squares) and all(
        abs(c.imag if isinstance(c, complex) else 0) == 0
        and r.imag == 0
        and (np.real(c) >= 0 if m % 2 == 0 else np.real(c) * r.real >= 0)
        for c, m, r in ((complex(c), m, complex(r)) for c, m, r in squares)
    )


def convex_end(phi: Nonlinearity, w2: float, b2: float) -> float:
    """A length beyond which the convex V(q) stays above q."""
    for k in range(-40, 41):
        q = np.array([2.0**k])
        if q[0] > closed.largest(phi.terms) / 2:
            break
        found = closed.exponentials(phi.terms, q)
        if found is not None and w2 * found[3][0] > 1.001 and b2 + w2 * found[0][0] > 1.001 * q[0]:
            return float(q[0])
    raise NotEnclosed(
        f"lengths beyond q = {min(closed.largest(phi.terms), LONGEST):.4g} are out of the range of float64"
    )
