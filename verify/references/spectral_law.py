"""Spectra as the statements give them, singular value and fraction above it by an angle, turned into what is measured.

Beside them the functional equation of the moments, x = z / (1 + z) S(z) at x = 1 / lambda, solved as a power series:
its coefficients are the moments, and their growth is the largest squared singular value. It knows no angle and no edge.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import flint
import mpmath
import numpy as np

from verify import certify

Law = Callable[[np.ndarray], np.ndarray]  # angles -> (singular values, fractions above them)
ANGLES = 2000  # of a tabulated spectrum; linear interpolation then errs by less than 1e-6
NODES = 96  # of the Chebyshev interpolation along the angle
TERMS = 160  # moments from whose growth the edge is extrapolated
ORDER = 24  # of that extrapolation


def fraction_above(law: Law, end: float, levels: np.ndarray) -> np.ndarray:
    """Fraction of the singular values above each level; the angle of a level is interpolated between 0 and `end`."""
    angles = end * (np.arange(ANGLES) + 0.5) / ANGLES
    values, fractions = law(angles)
    return np.interp(levels, values[::-1], fractions[::-1])  # singular values fall as the angle grows


def mean_powers(law: Law, end: float, orders: Sequence[int]) -> list[float]:
    """Means of the powers s^(2 k) over the singular values of the continuous part, along the angle.

    The fraction is interpolated in Chebyshev polynomials, and differentiated.
    """
    values, fractions = law(end * places())
    return powers_at_places(values, fractions, orders)


def places() -> np.ndarray:
    """Chebyshev's nodes between 0 and 1, at which `powers_at_places` takes a spectrum."""
    return (1 + _along_chebyshev()[0]) / 2


def powers_at_places(values: np.ndarray, fractions: np.ndarray, orders: Sequence[int]) -> list[float]:
    """Means of the powers s^(2 k) from singular values, and the fractions above them, at `places`."""
    _, slope, weights = _along_chebyshev()
    density, squares = weights * (slope @ fractions), values**2
    return [float(density @ squares**k) for k in orders]


@functools.cache
def _along_chebyshev() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes, the matrix from values there to the derivative of their interpolation, and weights of the integral."""
    nodes = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    coefficients = 2 / NODES * np.polynomial.chebyshev.chebvander(nodes, NODES - 1).T
    coefficients[0] /= 2
    derivatives = np.polynomial.chebyshev.chebder(coefficients)
    return nodes, np.polynomial.chebyshev.chebvander(nodes, NODES - 2) @ derivatives, _fejer()


def _fejer() -> np.ndarray:
    """Weights of the integral over (-1, 1) by values at Chebyshev's nodes (Fejer's first rule)."""
    angle = np.pi * (np.arange(NODES) + 0.5) / NODES
    waves = np.arange(1, NODES // 2 + 1)
    inner = np.cos(2 * np.outer(angle, waves)) / (4 * waves**2 - 1)
    return 2 / NODES * (1 - 2 * inner.sum(axis=1))


def moments_by_series(logarithm: Callable[[Any], Any], count: int, bits: int) -> list:
    """Moments m_0 to m_count of the law with S-transform S(z) = exp(logarithm(z)); as balls.

    logarithm   takes the power series z and gives that of ln S without its constant, which must be 0 for a mean of 1
    """
    with certify.precision(bits, count + 1):
        z = flint.arb_series([0, 1])
        series = z / (1 + z) * logarithm(z).exp()
        found = series.reversion()
        return [flint.arb(1), *(found[k] for k in range(1, count + 1))]


def edge_by_growth(moments: Sequence[Any], dps: int) -> Any:
    """The largest squared singular value: the ratio of neighbouring moments, extrapolated in powers of 1 / k.

    The series of the ratio in 1 / k is that of a density which vanishes like a root at its edge.
    """
    with mpmath.workdps(3 * dps + 2 * ORDER):
        last = len(moments) - 1
        places = [last - ORDER + j for j in range(ORDER + 1)]
        ratios = [mpmath.mpf(moments[k]) / mpmath.mpf(moments[k - 1]) for k in places]
        # Richardson: the value at 1 / k = 0 of the polynomial through the ratios
        weights = [
            mpmath.mpf(-1) ** (ORDER + j) * mpmath.mpf(k) ** ORDER / (math.factorial(j) * math.factorial(ORDER - j))
            for j, k in enumerate(places)
        ]
        return mpmath.fdot(weights, ratios)
