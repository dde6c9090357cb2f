"""Averages by the trapezoidal rule: what is proved of them holds, and they are as narrow as the digits asked for."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from flint import acb, arb

from derivations.activations import ACTIVATIONS
from derivations.calculus.gaussian import GaussE
from derivations.symbols import phi, q
from verify import certify, trapezoid
from verify.compile import Candidate
from verify.references.mean_field import PARAMETERS

z = sp.Symbol("z", real=True)
MOMENT = Candidate((GaussE(phi(sp.sqrt(q) * z) ** 2, z),), (), tuple(p for p in PARAMETERS if p.symbol in (q, phi)))
SMOOTH = tuple(name for name, activation in ACTIVATIONS.items() if not activation.breakpoints)
INTEGRANDS = {
    "a pole near the axis": 1 / (z**2 + sp.Rational(1, 25)),
    "neither even nor odd": sp.exp(z / 3) / (1 + sp.exp(-2 * z)),
    "poles off the middle": 1 / ((z - 3) ** 2 + sp.Rational(1, 9)),
    "entire": sp.cos(5 * z) * sp.exp(z),
    "a power": z**6 + z,
}


def by_quadrature(integrand: sp.Expr, digits: int) -> mpmath.mpf:
    function = sp.lambdify(z, integrand, "mpmath")
    with mpmath.workdps(digits + 15):
        places = [-mpmath.inf, -8, *range(-5, 6), 8, mpmath.inf]
        return mpmath.quad(lambda v: function(mpmath.mpf(v)) * mpmath.npdf(v), places, maxdegree=9)


def contains(ball: arb, value: mpmath.mpf, digits: int) -> bool:
    return bool(ball.overlaps(arb(mpmath.nstr(value, digits + 5)) + arb(0, arb(10) ** -(digits - 2))))


@pytest.fixture
def taken(monkeypatch):
    """Whether the rule gave each average, in order."""
    found, rule = [], trapezoid.expectation

    def noted(*arguments, **options):
        found.append(rule(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(trapezoid, "expectation", noted)
    return found


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_activations_have_all_digits_by_the_rule(taken, name):
    enclosure = MOMENT.arb(150, q="0.83", phi=ACTIVATIONS[name])
    assert taken[-1] is not None and float(enclosure.rad()) < 1e-40
    panels = _by_panels(MOMENT, 150, q="0.83", phi=ACTIVATIONS[name])
    assert enclosure.overlaps(panels)


def _by_panels(formula: Candidate, bits: int, **values) -> arb:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(trapezoid, "expectation", lambda *arguments, **options: None)
        return Candidate(formula._right, (), tuple(p for p in PARAMETERS if p.symbol in (q, phi))).arb(bits, **values)


@pytest.mark.parametrize("name", INTEGRANDS)
def test_enclosures_contain_what_quadrature_finds(taken, name):
    with certify.precision(120):
        enclosure = Candidate((GaussE(INTEGRANDS[name], z),), (), ()).arb(120)
        assert taken[-1] is not None and float(enclosure.rad()) < 1e-30
        assert contains(enclosure, by_quadrature(INTEGRANDS[name], 25), 25)


@pytest.mark.parametrize("coarser", [2, 4, 8])
def test_the_bound_holds_where_the_step_is_far_too_large(monkeypatch, coarser):
    """With few nodes the rule is off, and says by how much at most."""
    step, true = trapezoid._step, by_quadrature(sp.tanh(z) ** 2, 30)
    monkeypatch.setattr(trapezoid, "_step", lambda *arguments: min(coarser * step(*arguments), trapezoid.STEPS))
    with certify.precision(100):
        enclosure = Candidate((GaussE(sp.tanh(z) ** 2, z),), (), ()).arb(100)
        assert contains(enclosure, true, 30)
        assert float(enclosure.rad()) > 1e-18


def test_what_is_not_holomorphic_around_the_axis_is_left_to_panels(taken):
    """A root that branches on the axis: the rule would give a wrong number with a narrow ball."""
    value = Candidate((GaussE(sp.sqrt(z**2 + sp.Rational(1, 10**8)), z),), (), ()).arb(80)
    assert taken[-1] is None
    with certify.precision(80):
        assert contains(value, by_quadrature(sp.sqrt(z**2 + sp.Rational(1, 10**8)), 12), 12)


def test_what_is_not_real_is_left_alone():
    with certify.precision(80):
        i = acb(0, 1)
        assert trapezoid.expectation(lambda v: v * i, lambda v: acb(v) * i, arb(11), even=False) is None
