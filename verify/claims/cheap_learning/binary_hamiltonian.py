"""Functions of bits are polynomials in one way.

The polynomials of all tables are worked out at once, and told apart; monomials that occur are counted, the determinant
of their values is eliminated with fractions. Variables -1 and 1 are the control.
"""

from __future__ import annotations

import functools

import numpy as np

from derivations.cheap_learning import binary_hamiltonian
from derivations.statement import Source
from numerics.cheap_learning.tables import polynomials
from numerics.measurement import Measurement
from verify.checks import Enumeration, Literature, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate


def counts(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Coefficients, determinant and tables without the last one, by number of bits."""
    return candidate.numpy(n=measured.axis)


def sets_of_places(dps: int, point: Point) -> list[int]:
    """Subsets of the bits; determinant from the diagonal; balanced sets of places, counted by their surplus."""
    n = int(point["n"])
    diagonal = 1
    for chosen in range(2**n):
        diagonal *= int(chosen & chosen == chosen)
    surplus = {0: 1}  # ones at even places less ones at odd places -> sets of places
    for place in range(2**n):
        sign = 1 - 2 * (bin(place).count("1") % 2)
        found = dict(surplus)
        for value, ways in surplus.items():
            found[value + sign] = found.get(value + sign, 0) + ways
        surplus = found
    return [2**n, diagonal, surplus[0]]


def balanced(candidate: Candidate) -> float:
    """Sets of half of the places, for four bits."""
    return float(candidate.numpy(n=4)[2])


CLAIM = Claim(
    statement=binary_hamiltonian.STATEMENT,
    checks=(
        Literature(
            name="balanced functions of four bits",
            published="12870",
            source=Source(document="oeis", where="A037293, entry 4"),
            evaluate=balanced,
            uncertainty=1e-6,
            seen="in the data of the sequence",
        ),
        Precision(
            name="sets of places",
            reference=sets_of_places,
            points=({"n": 3}, {"n": 5}, {"n": 6}),
            against="sets of places, place by place, by the surplus of even ones",
        ),
        Enumeration(
            name="all tables taken apart",
            predict=counts,
            quick=functools.partial(polynomials, bits=(1, 2, 3, 4)),
            control=functools.partial(polynomials, bits=(1, 2, 3, 4), signs=True),
            axis="number of bits n",
            quantity="number counted",
            series=("monomials that occur", "determinant", "tables without the last monomial"),
        ),
    ),
    quantities=("N(n)", "Delta(n)", "U(n)"),
    convention="Bits are 0 and 1; the determinant is taken with its absolute value.",
    independence="Whole numbers: all tables are listed, their polynomials compared with one another.",
)
