"""Spectra of products of free matrices with proven digits: moments, edges and fractions from an S-transform.

With chi(z) = z S(z) / (1 + z) the moments are the coefficients of the inverse series of chi, and edges are stationary
values of 1 / chi. An S-transform takes balls and power series.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flint import arb_series, fmpq_poly

from verify.references.balls import stationary

Transform = Callable[[Any], Any]


def moments(transform: Transform, count: int) -> list[Any]:
    """The first moments of the eigenvalues."""
    z = arb_series([0, 1], prec=count)
    layers = transform(z) / (1 + z)
    found = arb_series([0, *(layers[k] for k in range(count))], prec=count + 1).reversion()
    return [found[k] for k in range(1, count + 1)]


def transform_of(found: Sequence[Any]) -> Any:
    """The S-transform as a power series, to as many terms as there are moments."""
    chi = arb_series([0, *found], prec=len(found) + 1).reversion()
    shifted = arb_series([chi[k] for k in range(1, len(found) + 1)], prec=len(found))
    return shifted * arb_series([1, 1], prec=len(found))


def edge(transform: Transform, guess: str) -> Any:
    """The eigenvalue 1 / chi where chi is stationary, near a guess for z."""

    def chi(z: Any) -> Any:
        return z * transform(z) / (1 + z)

    return 1 / chi(stationary(chi, guess))


def branch(equation: fmpq_poly) -> Any:
    """The root z of a polynomial in the upper half plane for which 1 + z is nearest to the positive axis.

    Raises ArithmeticError where none lies above the axis.
    """
    found: Any = equation.complex_roots()
    roots = [z for z, _ in found if z.imag > 0]
    if not roots:
        raise ArithmeticError("no eigenvalue lies there")
    return min(roots, key=lambda z: float((1 + z).arg().mid()))
