"""Polynomials, expanded: which monomials they have."""

from __future__ import annotations

import itertools

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

Exponents = tuple[int, ...]


def products(variables: int, degree: int, constant: bool) -> dict[Exponents, int]:
    """A product of `degree` sums of all variables (and of 1, if `constant`): exponents -> coefficient."""
    units = [tuple(int(j == k) for j in range(variables)) for k in range(variables)]
    summands = [*units, (0,) * variables] if constant else units
    polynomial = {(0,) * variables: 1}
    for _ in range(degree):
        found: dict[Exponents, int] = {}
        for (exponents, coefficient), extra in itertools.product(polynomial.items(), summands):
            monomial = tuple(a + b for a, b in zip(exponents, extra, strict=True))
            found[monomial] = found.get(monomial, 0) + coefficient
        polynomial = found
    return polynomial


def expanded(
    *,
    shapes: tuple[tuple[int, int], ...],
    stream: Stream,
    device: str,
    homogeneous: bool = False,
    features: bool = False,
) -> Measurement:
    """Monomials of products of sums for (variables, degree).

    Values have shape (1, shapes); with `features` (2, shapes): scikit-learn's polynomial features are counted, too.
    `homogeneous` leaves out the constant of every sum. `stream` and `device` are unused. Given: `shapes`.
    """
    rows = [[len(products(variables, degree, not homogeneous)) for variables, degree in shapes]]
    if features:
        from sklearn.preprocessing import PolynomialFeatures  # takes a second to import

        nothing = [np.zeros((1, variables)) for variables, _ in shapes]
        fitted = [PolynomialFeatures(degree).fit(row) for (_, degree), row in zip(shapes, nothing, strict=True)]
        rows.append([found.n_output_features_ for found in fitted])
    return Measurement(
        values=np.array(rows, dtype=float),
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )
