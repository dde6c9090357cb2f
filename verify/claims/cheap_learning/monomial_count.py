"""Coefficients of a polynomial of given degree.

Products of sums of all variables are multiplied out and their monomials counted; in the full profile the features that
scikit-learn builds are counted, too. Homogeneous polynomials are the control.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

from derivations.cheap_learning import monomial_count
from derivations.statement import Source
from numerics.cheap_learning.monomials import expanded
from numerics.measurement import Measurement
from verify.checks import Enumeration, Literature, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

SHAPES = tuple((n, d) for d in (2, 3, 5) for n in (1, 3, 4, 5, 6))


def terms(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Coefficients, by number of variables and degree, for every way to count."""
    n, d = np.asarray(measured.given["shapes"]).T
    return np.stack([candidate.numpy(n=n, d=d)] * len(measured.values))


def bars_between_stars(dps: int, point: Point) -> int:
    """Exponents with a sum of d at most, one after the other."""
    n, d = int(point["n"]), int(point["d"])
    return sum(1 for exponents in itertools.product(range(d + 1), repeat=n) if sum(exponents) <= d)


def tetrahedral(candidate: Candidate) -> float:
    """Monomials of degree at most 4 in three variables."""
    return float(candidate.numpy(n=3, d=4))


CLAIM = Claim(
    statement=monomial_count.STATEMENT,
    checks=(
        Literature(
            name="tetrahedral numbers",
            published="35",
            source=Source(document="oeis", where="A000292, entry 5"),
            evaluate=tetrahedral,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
        Precision(
            name="exponents one by one",
            reference=bars_between_stars,
            points=({"n": 3, "d": 5}, {"n": 5, "d": 3}, {"n": 4, "d": 7}),
            against="the number of exponents whose sum is d at most",
        ),
        Enumeration(
            name="products multiplied out",
            predict=terms,
            quick=functools.partial(expanded, shapes=SHAPES),
            full=functools.partial(expanded, shapes=(*SHAPES, (9, 4), (12, 3), (4, 9)), features=True),
            control=functools.partial(expanded, shapes=SHAPES, homogeneous=True),
            axis="number of the polynomial",
            quantity="number of monomials",
            series=("monomials of a product of sums", "polynomial features"),
            style="stem",
        ),
    ),
    quantities=("N(n, d)",),
    convention="The constant is a monomial of degree zero, and counts.",
    independence="Dictionaries of exponents, multiplied out, and scikit-learn's features; no binomial coefficient.",
)
