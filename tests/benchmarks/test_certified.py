"""Certified Gaussian integrals, and a certified fixed point, against mpmath's uncertified quadrature.

Every call has arguments of its own.
"""

from __future__ import annotations

import itertools

import mpmath
import pytest
import sympy as sp

from derivations.activations import TANH
from derivations.calculus.gaussian import GaussE
from derivations.symbols import phi, q, z
from verify.compile import Candidate
from verify.references.mean_field import PARAMETERS, length_fixed_point

MOMENT = Candidate((GaussE(phi(sp.sqrt(q) * z) ** 2, z),), (), tuple(p for p in PARAMETERS if p.symbol in (q, phi)))
GOALS = {30: 15, 50: 50}
MANY = 10  # integrals in one timing
numbers = itertools.count(1)


def unseen() -> str:
    """A number from 1 to 2 that no call had before."""
    return f"1.{next(numbers) * 7919 % 10**6:06d}"


def quadrature(digits: int) -> None:
    with mpmath.workdps(digits):
        root = mpmath.sqrt(mpmath.mpf(unseen()))
        mpmath.quad(lambda v: mpmath.tanh(root * v) ** 2 * mpmath.npdf(v), [-mpmath.inf, 0, mpmath.inf])


@pytest.mark.parametrize("digits", GOALS)
def test_certified_integral(ratio, digits):
    """The second moment of tanh against mpmath.quad, which proves nothing."""

    def integrals() -> None:
        for _ in range(MANY):
            MOMENT.arb(int(3.33 * digits) + 20, q=unseen(), phi=TANH)

    ratio(integrals, lambda: quadrature(digits), times=MANY, goal=GOALS[digits])


def test_certified_fixed_point(ratio):
    """q* of tanh with 50 digits against one 50-digit quadrature of mpmath."""
    ratio(lambda: length_fixed_point(TANH, f"1.3{unseen()[2:]}", "0.3", "0.6", 190), lambda: quadrature(50), goal=1)
