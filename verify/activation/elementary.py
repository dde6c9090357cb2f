"""Proofs for activations with closed forms: powers, and sums of x^m exp(r x)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from numerics.solvers import closed
from numerics.solvers.nonlinearity import Nonlinearity
from verify.activation.enclosed import ROUNDING, NotEnclosed
from verify.activation.tails import LONGEST, ROUNDED


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


Growth = dict[tuple[int, complex], complex]  # (a, b) -> C of a sum of C q^a exp(b q)


def averaged(terms: Sequence[closed.Term]) -> Growth:
    """E sum c x^m exp(r x) as a function of the variance q."""
    found: Growth = {}
    for c, m, r in terms:
        for k in range(m // 2 + 1):
            pairs = math.comb(m, 2 * k) * math.prod(range(1, 2 * k, 2))
            place = (m - k, complex(r * r / 2))
            found[place] = found.get(place, 0.0) + c * pairs * complex(r) ** (m - 2 * k)
    return found


def _summed(parts: Iterable[tuple[Growth, int, float]]) -> tuple[Growth, Growth]:
    """Sum of functions of q, each times q^n and a factor, and the sum of the sizes of its terms."""
    total: Growth = {}
    size: Growth = {}
    for growth, n, factor in parts:
        for (a, b), c in growth.items():
            total[a + n, b] = total.get((a + n, b), 0.0) + factor * c
            size[a + n, b] = size.get((a + n, b), 0.0) + abs(factor * c)
    return total, size


def length_end(phi: Nonlinearity, w2: float, b2: float) -> float:
    """A length beyond which V(q) - q keeps its sign, for a sum of x^m exp(r x)."""
    square = averaged(closed.product(phi.terms, phi.terms))
    return _last(*_summed([(square, 0, w2), ({(0, 0j): 1.0}, 0, b2), ({(1, 0j): 1.0}, 0, -1.0)]))


def critical_end(phi: Nonlinearity, b2: float) -> float:
    """A length beyond which q E phi'^2 - E phi^2 - sigma_b^2 E phi'^2 keeps its sign, for such a sum."""
    first = closed.derivative(phi.terms)
    square, gradient = (averaged(closed.product(part, part)) for part in (phi.terms, first))
    return _last(*_summed([(gradient, 1, 1.0), (gradient, 0, -b2), (square, 0, -1.0)]))


def _last(total: Growth, size: Growth) -> float:
    """Where the term that grows fastest outweighs all others from then on; one that is zero to rounding is doubted."""
    kept = {place: c for place, c in total.items() if c}
    if any(abs(c) < ROUNDED * abs(size[place]) for place, c in kept.items()):
        raise NotEnclosed("for long lengths growing terms cancel to rounding")
    power, rate = top = max(kept, key=lambda place: (place[1].real, place[0]))
    others = {place: abs(c) for place, c in kept.items() if place != top}
    if rate.imag or any((a, b.real) == (power, rate.real) for a, b in others):
        raise NotEnclosed("for long lengths growing terms oscillate")
    for k in range(-40, 41):
        q = 2.0**k
        slower = {place: rate.real - place[1].real for place in others}
        if any(a - power > q * slower[a, b] for a, b in others):  # it still gains on the first
            continue
        rest = sum(c * q ** (a - power) * math.exp(-min(slower[a, b] * q, 700.0)) for (a, b), c in others.items())
        if abs(kept[top]) > (1 + 1e-9) * rest:
            return q
    raise NotEnclosed(f"lengths beyond q = {LONGEST:.3g} are not covered: no term outgrows the others")


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
