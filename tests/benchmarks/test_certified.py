"""Certified Gaussian integrals, and a certified fixed point, against mpmath's uncertified quadrature."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from derivations.activations import TANH
from derivations.calculus.gaussian import GaussE
from derivations.statement import Parameter
from derivations.symbols import phi, q, x, z
from verify import certify
from verify.compile import Candidate

POSITIVE = sp.Interval.open(0, sp.oo)
PARAMETERS = (
    Parameter(symbol=q, meaning="length", domain=POSITIVE, typical=(0.3, 4)),
    Parameter(symbol=phi, meaning="activation"),
)
MOMENT = Candidate((GaussE(phi(sp.sqrt(q) * z) ** 2, z),), (), PARAMETERS)
SLOPE = Candidate(
    (GaussE(phi(sp.sqrt(q) * z) * sp.Subs(sp.Derivative(phi(x), x), x, sp.sqrt(q) * z) * z / sp.sqrt(q), z),),
    (),
    PARAMETERS,
)


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
        certify.root(
            lambda v: certify.ball("0.09") + certify.ball("1.69") * MOMENT.arb(190, q=v, phi=TANH) - v,
            lambda v: certify.ball("1.69") * SLOPE.arb(190, q=v, phi=TANH) - 1,
            "0.607",
            bits=190,
        )

    ratio(fixed_point, lambda: quadrature(50))
