"""The audit plants formulas that are right at some values, on one side of a jump or for one activation only."""

from __future__ import annotations

import dataclasses

import mpmath
import numpy as np
import pytest
import sympy as sp

from derivations.activations import SIN, TANH
from derivations.calculus.gaussian import GaussE
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import n, phi, x
from verify.audit.audit import audit
from verify.audit.narrow import FEW, _plain, given, narrow
from verify.audit.slips import slips
from verify.checks import Context, Precision
from verify.claim import Claim

CONTEXT = Context(claim="sample.power", false_alarms=1e-7)
N = Parameter(symbol=n, meaning="width", domain=sp.Range(1, sp.oo), typical=(3, 9))
r = sp.Symbol("r", real=True)
R = Parameter(symbol=r, meaning="rate", domain=sp.Reals, typical=(0.3, 3))
STATEMENT = Statement(
    module="derivations.sample.power",
    title="Power",
    formula=sp.Eq(sp.Symbol("y"), n * sp.Abs(r)),
    parameters=(N, R),
    assumptions=(),
    regime=Exact(),
    sources=(Source(document="001", where="nowhere"),),
    covers=("A9",),
)


def claim_at(*points: dict, statement: Statement = STATEMENT) -> Claim:
    check = Precision(
        name="product",
        against="mpmath",
        points=points,
        reference=lambda dps, p: mpmath.mpf(p["n"]) * abs(mpmath.mpf(p["r"])),
    )
    return Claim(statement=statement, checks=(check,), quantities=("y",), convention="One.", independence="All.")


def missed(claim: Claim) -> set[str]:
    prepared = {check.name: check.prepare(CONTEXT) for check in claim.checks}
    return {survivor.reason for survivor in audit(claim, prepared, CONTEXT).survivors if not survivor.equivalent}


@pytest.mark.parametrize(
    ("points", "reasons"),
    [
        (({"n": 5, "r": "0.7"}, {"n": 5, "r": "-1.3"}), {"right for n = 5 only"}),
        (({"n": 5, "r": "0.7"}, {"n": 7, "r": "1.3"}), {"right where it is positive only"}),
        (({"n": 5, "r": "-0.7"}, {"n": 7, "r": "-1.3"}), {"right where it is negative only"}),
        (({"n": 5, "r": "0.7"}, {"n": 7, "r": "-1.3"}), set()),
    ],
)
def test_what_the_checks_cannot_tell_from_the_formula_is_missed(points, reasons):
    assert missed(claim_at(*points)) == {f"not noticed by any check ({reason})" for reason in reasons}


def test_a_letter_with_many_values_is_moved_and_one_that_is_no_plain_number_is_left_alone():
    claim = claim_at(*({"n": k, "r": "0.7"} for k in range(3, 4 + FEW)))
    (check,) = claim.checks
    found = given(claim, claim.checks, {check.name: check.prepare(CONTEXT)}, CONTEXT)
    assert found == {"n": None, "r": frozenset({sp.Rational(7, 10)})}
    noted: list = []
    claim.candidate().telling(noted.append).numpy(n=np.array([3.0, 4.0]), r=np.float64(0.5))
    assert [sorted(values) for values in noted] == [["n", "r"]]


def test_what_a_check_without_a_value_was_given_and_what_those_after_it_were_is_known():
    """The formula has no value at the first point; the check ends there, the other goes on."""
    pole = dataclasses.replace(STATEMENT, formula=sp.Eq(sp.Symbol("y"), n * sp.log(r), evaluate=False))
    at = ({"n": 5, "r": "-0.7"}, {"n": 7, "r": "1.3"})
    first, second = (claim_at(point, statement=pole).checks[0] for point in at)
    checks = (dataclasses.replace(first, name="first"), second)
    prepared = {check.name: check.prepare(CONTEXT) for check in checks}
    claim = dataclasses.replace(claim_at(*at, statement=pole), checks=checks)
    found = given(claim, checks, prepared, CONTEXT)
    assert found["n"] == frozenset({sp.Integer(5), sp.Integer(7)})


def test_one_activation_stands_for_all_of_them():
    letter = Parameter(symbol=phi, meaning="activation")
    statement = dataclasses.replace(
        STATEMENT, formula=sp.Eq(sp.Symbol("y"), n * phi(r) + phi(x).diff(x).subs(x, r)), parameters=(N, R, letter)
    )
    only, both = ({"phi": frozenset(found)} for found in ({TANH}, {TANH, SIN}))
    assert [m.change for m in narrow(statement, only)] == ["right for phi = tanh only"]
    assert next(narrow(statement, only)).right[0] == n * sp.tanh(r) + 1 - sp.tanh(r) ** 2
    assert len(list(narrow(statement, both))) == 2


def test_what_has_no_value_at_one_number_hides_no_slip_at_others():
    """1 / (n - 5) is nothing at 5."""
    pole = dataclasses.replace(
        STATEMENT, formula=sp.Eq(sp.Tuple(sp.Symbol("y"), sp.Symbol("w")), sp.Tuple(r / (n - 5), n * r), evaluate=False)
    )
    found = [m.right for m in narrow(pole, {"n": frozenset({sp.Integer(5), sp.Integer(7)})})]
    assert found == [(r / (n - 5), 5 * r), (r / 2, n * r), (r / (n - 5), 7 * r)]


def test_a_letter_is_fixed_in_one_side_or_definition_at_a_time():
    """What becomes of a definition of a positive letter is planted even where it is negative."""
    letters = sp.symbols("one two three four", positive=True)
    as_ = (r + 3, n + 1, phi(r).diff(r), r * n)  # no number stands in the place of what is differentiated by
    statement = dataclasses.replace(
        STATEMENT,
        formula=sp.Eq(sp.Symbol("y"), sp.Add(*letters) * r),
        where=tuple(sp.Eq(letter, side, evaluate=False) for letter, side in zip(letters, as_, strict=True)),
        parameters=(N, R, Parameter(symbol=phi, meaning="activation")),
    )
    found = [(m.right[0], *(d.rhs for d in m.where)) for m in narrow(statement, {"r": frozenset({sp.Integer(-1)})})]
    right = statement.right[0]
    assert found == [(-sp.Add(*letters), *as_), (right, 2, *as_[1:]), (right, *as_[:3], -n)]


def test_what_has_no_value_where_the_checks_look_is_not_planted():
    statement = dataclasses.replace(STATEMENT, formula=sp.Eq(sp.Symbol("y"), n / (1 + r)))
    found = narrow(statement, {"r": frozenset({sp.S.NegativeOne, sp.S.One})})
    assert [m.right[0] for m in found] == [n / 2]


u, v, z = sp.symbols("u v z", real=True)
f = sp.Function("f")
tenth = sp.Rational(1, 10)


@pytest.mark.parametrize(
    ("node", "planted"),
    [
        (sp.Integer(3), [4, 2]),
        (sp.Rational(3, 7), [sp.Rational(p, q) for p, q in ((4, 7), (2, 7), (3, 8), (3, 6))]),
        (sp.Rational(1, 2), [1, 0, sp.Rational(1, 3), 1]),
        (sp.pi, [3]),
        (u, [v]),
        (u + v, [u * v, v, v - u, u, u - v]),
        (u * v * z, [u + v + z, v * z, v * z / u, u * z, u * z / v, u * v]),  # z is averaged over, and not inverted
        (u**3, [u**4, u**2, u**-3, u, 3 * u]),
        (f(u), [u, f(-u), -f(-u)]),
        (f(u, v), [u]),
        (f(u) ** 2, [f(u) ** 3, f(u), f(u) ** -2, f(u), 2 * f(u), f(u) * f(-u), -f(u) * f(-u)]),
        (f(u) ** 3, [f(u) ** k for k in (4, 2, -3, 1)] + [3 * f(u), f(u) ** 2 * f(-u), -(f(u) ** 2) * f(-u)]),
        (f(u).diff(u), [f(u), f(u).diff(u, 2), sp.Subs(f(u).diff(u), u, -u), -sp.Subs(f(u).diff(u), u, -u)]),
        (
            sp.Subs(f(z).diff(z, 2), z, 2 * u),
            [sp.Subs(f(z).diff(z), z, 2 * u), sp.Subs(f(z).diff(z, 3), z, 2 * u)]
            + [sign * sp.Subs(f(z).diff(z, 2), z, -2 * u) for sign in (1, -1)],
        ),
        (sp.Subs(f(z).diff(z), z, 2 * u), [f(2 * u), sp.Subs(f(z).diff(z, 2), z, 2 * u)]),
        (sp.Abs(u), [u, -u, sp.sign(u)]),
        (sp.Max(u, v), [u, v, sp.Min(u, v)]),
        (sp.Min(u, v), [u, v, sp.Max(u, v)]),
        (sp.floor(u / v), [u / v, sp.ceiling(u / v) - 1, sp.ceiling(u / v)]),
        (sp.ceiling(u), [u, sp.floor(u) + 1, sp.floor(u)]),
        (sp.exp(u), [sp.cosh(u), sp.sinh(u)]),
        (u < v, [u > v, u < v + tenth]),
        (u <= v, [u >= v, u <= v + tenth]),
        (u > v, [u < v, u > v + tenth]),
        (u >= v, [u <= v, u >= v + tenth]),
        (GaussE(u * z**2, z), [u]),
        (sp.oo, []),
        (-sp.oo, []),
    ],
)
def test_slips_of_a_node(node, planted):
    found = [wrong for wrong, _ in slips(node, (u, v), frozenset({z}), True)]
    assert set(planted) <= set(found) and (len(found) == len(planted) or node.func is sp.Subs), found
    if isinstance(node, sp.Expr):
        multiples = [wrong for wrong, _ in slips(node, (), frozenset({z}), False)][:3]
        assert multiples == ([] if node.is_infinite else [-node, 2 * node, node / 2])


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ("0.7", {sp.Rational(7, 10)}),
        (3, {sp.Integer(3)}),
        (np.int64(3), {sp.Integer(3)}),
        (0.5, {sp.Rational(1, 2)}),
        (np.array([0.5, 0.5, 0.25]), {sp.Rational(1, 2), sp.Rational(1, 4)}),
        (np.arange(FEW), set(map(sp.Integer, range(FEW)))),
        (np.arange(FEW + 1), None),
        ([1.0, np.inf], None),
        (mpmath.mpf(1), None),
        (TANH, {TANH}),
    ],
)
def test_plain_numbers_in_what_a_check_inserts(value, numbers):
    found = _plain(value)
    assert found == (None if numbers is None else frozenset(numbers))
