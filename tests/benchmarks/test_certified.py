"""Certified Gaussian integrals, and a certified fixed point, against mpmath's uncertified quadrature."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from derivations.activations import TANH
from derivations.calculus.gaussian import GaussE
from derivations.symbols import phi, q, z
from verify.compile import Candidate
from verify.references.mean_field import PARAMETERS, length_fixed_point

MOMENT = Candidate((GaussE(phi(sp.sqrt(q) * z) ** 2, z),), (), tuple(p for p in PARAMETERS if p.symbol in (q, phi)))


def quadrature(digits: int) -> None:
    with mpmath.workdps(digits):
        root = mpmath.sqrt(mpmath.mpf("1.37"))
        mpmath.quad(lambda v: mpmath.tanh(root * v) ** 2 * mpmath.npdf(v), [-mpmath.inf, 0, mpmath.inf])


@pytest.mark.parametrize("digits", [30, 50])
def test_certified_integral(ratio, digits):
    """Goal: at least 5 times faster than mpmath.quad at 30 digits."""
    ratio(lambda: MOMENT.arb(int(3.33 * digits) + 20, q="1.37", phi=TANH), lambda: quadrature(digits))


def test_certified_fixed_point(ratio):
    """Goal: q* with 50 digits costs no more than one 50-digit quadrature of mpmath (ratio at least 1)."""

    def fixed_point() -> None:
        length_fixed_point.cache_clear()
        length_fixed_point(TANH, "1.3", "0.3", "0.6", 190)

    ratio(fixed_point, lambda: quadrature(50))
