"""Edges and moments of Bernoulli spectra with proven digits: balls and exact rationals.

A layer keeps a neuron with probability p; weights have a gain of 1 / p. J J^T then has chi(z) = z S(z) / (1 + z) with
S = ((1 + z) / (p + z))^L p^L for orthogonal weights and (p / (p + z))^L for Gaussian ones; p = 1 is the linear network.
The largest eigenvalue is 1 / chi where chi is stationary at z > 0, moments are coefficients (Lagrange).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb, fmpq, fmpq_series

from verify import certify

BITS = 200


def moments(share: Fraction, depth: int, weights: str, count: int) -> tuple[Fraction, ...]:
    """The first moments of J J^T, exactly: m_k = [z^(k-1)] ((1 + z) / S(z))^k / k."""
    p = fmpq(share.numerator, share.denominator)
    one, kept = fmpq_series([1, 1], prec=count), fmpq_series([1, 1 / p], prec=count)  # 1 + z and 1 + z / p
    layers = kept**depth / one ** (depth - 1) if weights == "orthogonal" else kept**depth * one
    found = []
    for k in range(1, count + 1):
        coefficient = (layers**k)[k - 1] / k
        found.append(Fraction(int(coefficient.p), int(coefficient.q)))
    return tuple(found)


def largest(share: Fraction, depth: int, weights: str) -> Any:
    """A ball around the largest eigenvalue outside atoms, or the linear Gaussian one for share 1.

    Raises ValueError where the stationary point is not at z > 0: for orthogonal weights with L (1 - p) < 1 the density
    ends below an atom. At L (1 - p) = 1 it lies at infinity, and the density diverges at the edge.
    """
    with certify.precision(BITS):
        p, layers = arb(fmpq(share.numerator, share.denominator)), arb(depth)
        if weights == "orthogonal":
            # d log lambda: 1 / (1 + z) - 1 / z + L (1 / (p + z) - 1 / (1 + z)) = 0
            if depth * (1 - share) < 1:
                raise ValueError(f"{depth} orthogonal layers that keep {share} have no edge beyond an atom")
            if depth * (1 - share) == 1:
                return p ** (-depth)
            z = p / (layers * (1 - p) - 1)
            return (1 + z) / z * ((1 + z / p) / (1 + z)) ** depth
        # L z^2 + (L - 1) z - p = 0
        z = ((layers - 1) ** 2 + 4 * layers * p).sqrt() - (layers - 1)
        z = z / (2 * layers)
        return (1 + z) / z * (1 + z / p) ** depth
