"""Wrong formulas that no check notices: which are found to equal the right one, or not, without a simplification."""

from __future__ import annotations

import signal

import numpy as np
import pytest
import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import n, phi, s, x
from verify.audit.audit import (
    _differs_somewhere,
    _equal_inside,
    _place,
    _provably_equal,
    _reflected,
    _same_total,
    _simplifies_to_zero,
)
from verify.audit.mutants import written
from verify.compile.float64 import GAUSS_RANGE, _panels

k, N = sp.symbols("k N", integer=True, positive=True)
a, z = sp.symbols("a z", positive=True)
v = sp.Symbol("v", real=True)
letter = sp.Symbol("letter", real=True)
LEFT = y, _ = sp.symbols("y_1 y_2", positive=True)
PARAMETERS = (
    Parameter(symbol=s, meaning="a number", domain=sp.Interval(0, sp.oo), typical=(1.1, 1.9)),
    Parameter(symbol=n, meaning="a whole number", domain=sp.Range(1, sp.oo), typical=(3, 6)),
    Parameter(symbol=phi, meaning="any function"),
)


def binomials(low: sp.Expr, high: sp.Expr = N, of: sp.Expr = N) -> sp.Sum:
    return sp.Sum(sp.binomial(of, k), (k, low, high))


def test_sums_that_differ_by_terms_that_vanish_are_the_same():
    assert _same_total(binomials(sp.S.Zero), binomials(sp.S.NegativeOne))
    assert _same_total(binomials(sp.Integer(-2)), binomials(sp.S.Zero))


@pytest.mark.parametrize(
    "other",
    [
        binomials(sp.S.One),
        binomials(sp.S.NegativeOne, N - 1),
        binomials(sp.S.NegativeOne, of=N + 1),
        binomials(N),
        sp.Sum(sp.binomial(N, k), (k, -1, N), (N, 0, 3)),
        sp.binomial(N, 2),
    ],
)
def test_sums_that_differ_by_more_are_not(other):
    assert not _same_total(binomials(sp.S.Zero), other)


def test_unknown_functions_at_different_places_differ():
    def slope(place: sp.Expr) -> sp.Expr:
        return sp.Subs(sp.Derivative(phi(x), x), x, place)

    for function in (phi, slope, lambda place: slope(place) ** 2):
        assert _differs_somewhere(function(a * z) - function(-a * z), ())
        assert not _differs_somewhere(function(a * z) - function(z * a + sp.sin(a) ** 2 + sp.cos(a) ** 2 - 1), ())
    assert not _differs_somewhere(phi(a).diff(a) - sp.Derivative(phi(a * z), a), ())  # nothing is known of it


def statement(*sides: sp.Expr, where: tuple[sp.Eq, ...] = ()) -> Statement:
    return Statement(
        module="derivations.sample.equal",
        title="Equal",
        formula=sp.Eq(sp.Tuple(*LEFT[: len(sides)]), sp.Tuple(*sides), evaluate=False),
        where=where,
        parameters=PARAMETERS,
        assumptions=(),
        regime=Exact(),
        sources=(Source(document="001", where="nowhere"),),
        covers=("A1",),
    )


def whole(integrand: sp.Expr) -> sp.Integral:
    return sp.Integral(integrand, (v, -sp.oo, sp.oo))


@pytest.mark.parametrize("over", [lambda f: GaussE(f, v), whole], ids=["average", "integral"])
def test_an_integral_over_the_whole_line_is_the_same_of_the_mirrored_function(over):
    even, odd = over(phi(s * v) * sp.exp(v)), over(v * sp.sin(v) * phi(v))
    assert _reflected(even) == _reflected(over(phi(-s * v) * sp.exp(-v)))
    assert _reflected(odd) == _reflected(over(v * sp.sin(v) * phi(-v)))
    assert _reflected(over(-phi(v))) == -_reflected(over(phi(v))) != 0
    assert _reflected(over(v * phi(v))) == -_reflected(over(v * phi(-v))) != 0
    assert _reflected(over(phi(v).diff(v))) == _reflected(over(sp.Subs(phi(x).diff(x), x, -v)))
    assert len({_reflected(e) for e in (even, odd, over(phi(v)), over(phi(v) ** 2))}) == 4
    assert _reflected(odd).func is odd.func and _reflected(odd).args[1:] == odd.args[1:]


def test_an_integral_over_a_part_of_the_line_is_not():
    for ends in ((0, sp.oo), (-sp.oo, 0), (-1, 2)):
        part = sp.Integral(phi(v), (v, *ends))
        assert _reflected(part) == part


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        (sp.sin(s) ** 2 + sp.cos(s) ** 2, True),  # seen after a simplification
        ((s + 1) ** 2 - s**2 - 2 * s, True),
        (1 + sp.Rational(1, 10**9), False),
        (sp.cos(s), False),
        (whole(sp.exp(-(v**2))) / sp.sqrt(sp.pi), True),  # no point is looked at, and SymPy knows it
    ],
)
def test_a_formula_is_provably_equal_or_not(other, equal):
    true = statement(s, sp.S.One)
    wrong = written(true, "wrong", right=(s, other))
    assert _provably_equal(wrong, true, ("y_1", "y_2")) is equal
    assert not _provably_equal(written(true, "wrong", relation=sp.Le), true, ("y_1", "y_2"))


def test_a_wrong_left_hand_side_or_definition_is_provably_equal_or_not():
    definition = sp.Eq(letter, s + n, evaluate=False)
    true = statement(letter**2, where=(definition,))
    for where, right, equal in (
        (sp.Eq(letter, -s - n, evaluate=False), letter**2, True),
        (sp.Eq(letter, s - n, evaluate=False), letter**2, False),
        (sp.Eq(letter, (s + n) ** 2, evaluate=False), letter, True),
    ):
        assert _provably_equal(written(true, "wrong", right=(right,), where=(where,)), true, ("y_1",)) is equal
    one = statement(sp.S.One)
    for left, equal in ((y**2, True), (1 / y, True), (2 * y, False), (1 - y, False)):
        assert _provably_equal(written(one, "wrong", left=(left,)), one, ("y_1",)) is equal


def test_parts_that_are_equal_are_seen_inside_what_is_not_worked_out(monkeypatch):
    """The sign under a square need not wait for the integral around it."""
    inside = whole(sp.exp(sp.cos(v) * phi((s - n) ** 2)))
    true = statement(inside)
    assert _equal_inside(inside, whole(sp.exp(sp.cos(v) * phi((n - s) ** 2))), true)
    assert _equal_inside(inside, whole(sp.exp(sp.cos(v) * phi(s**2 - 2 * s * n + n**2))), true)
    assert not _equal_inside(inside, whole(sp.exp(sp.cos(v) * phi((s + n) ** 2))), true)
    assert not _equal_inside(inside, whole(sp.exp(sp.sin(v) * phi((s - n) ** 2))), true)
    with monkeypatch.context() as without:
        without.setattr(
            "verify.audit.audit._simplifies_to_zero", lambda d: not d.has(sp.Integral) and sp.expand(d) == 0
        )
        wrong = written(statement(inside), "wrong", right=(whole(sp.exp(sp.cos(v) * phi((n - s) ** 2))),))
        assert _provably_equal(wrong, statement(inside), ("y_1",))
    sums = [phi(sp.Sum(sp.binomial(n, k), (k, low, n))) for low in (0, -1, 1)]
    assert _equal_inside(*sums[:2], true) and not _equal_inside(*sums[::2], true)


def test_letters_are_drawn_from_their_own_ranges():
    """sin(pi n) vanishes at whole numbers, and the other difference where s is typical."""
    for difference, apart in (
        (s - n, True),
        (sp.sin(sp.pi * sp.floor(n + sp.Rational(1, 3))) * s, False),
        (sp.Max(s, 2) - 2, False),
        (sp.Max(s, 1) - 1, True),
        (sp.Max(n, 6) - 6, False),
        (a - 1, True),  # one that is defined elsewhere
        (phi(a) * 0 + whole(s * sp.exp(-(v**2))), False),  # it has a number that takes seconds
    ):
        assert _differs_somewhere(difference, PARAMETERS) is apart, difference


def test_a_simplification_leaves_no_clock_that_ends_the_process():
    before = signal.getsignal(signal.SIGVTALRM)
    assert _simplifies_to_zero(sp.sin(a) ** 2 + sp.cos(a) ** 2 - 1) and not _simplifies_to_zero(sp.sin(a))
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0) and signal.getsignal(signal.SIGVTALRM) is before


def test_what_takes_too_long_is_not_called_equal(monkeypatch):
    def for_ever(difference):
        while True:
            pass

    monkeypatch.setattr("verify.audit.audit.EQUALITY_SECONDS", 0.02)
    monkeypatch.setattr(sp, "simplify", for_ever)
    assert not _simplifies_to_zero(sp.sin(a))
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_a_survivor_shows_its_slip_and_its_relation():
    true = statement(s * n)
    assert _place(written(true, "wrong", right=(s * n**2,)), true) == "s*«n^2»"
    assert _place(written(true, "wrong", left=(2 * y,)), true) == "«2*y_1»"
    assert _place(written(true, "wrong", relation=sp.Ge), true) == ">="
    assert _place(written(true, "wrong", relation=sp.Ge, right=(s,)), true) == "«s»; >="


def test_nodes_between_kinks_follow_the_kinks():
    for kinks in ([0.0, 1.0], [0.0, 2.0], [-1.0, 20.0]):
        z, weight = _panels((2, 1), np.array(kinks).tobytes())
        assert z.shape == weight.shape == (2, 320)
        assert np.allclose(np.sum(weight, axis=-1), 1, rtol=1e-13)
        assert all(np.sum(nodes < min(kink, GAUSS_RANGE)) in (160, 320) for nodes, kink in zip(z, kinks, strict=True))
