"""Numbers with proven digits: every certified check refutes a wrong formula, and the fast routes give its numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
from flint import acb, arb

from derivations.activations import ERF, RELU, TANH
from derivations.calculus.gaussian import GaussE
from derivations.statement import Parameter
from derivations.symbols import phi, q, x
from verify import catalogue, certify
from verify.checks import Certified, Context, Literature
from verify.compile import Candidate, CandidateError, Unsupported, candidate
from verify.evidence import Holds
from verify.references import ball_spectra, balls
from verify.references.mean_field import SHIFTED, output_kernel

CLAIMS = [name for name in catalogue.ids() if "Certified(" in catalogue.entry_file(name).read_text(encoding="utf-8")]
FLOAT64 = 1e-9  # relative; float64 loses digits where terms cancel
MPMATH = mpmath.mpf(10) ** -20


class Fast:
    """A formula whose balls are the values of another backend."""

    def __init__(self, formula: Candidate, backend: str):
        self.formula, self.backend = formula, backend

    def arb(self, bits: int, **values: Any) -> Any:
        if self.backend == "float64":
            found = self.formula.numpy(**{name: _float(value) for name, value in values.items()})
            balls_ = [arb(float(value)) for value in np.atleast_1d(found)]
        else:
            found = self.formula.mpmath(30, **{name: _text(value) for name, value in values.items()})
            balls_ = [arb(mpmath.nstr(value, 38)) for value in (found if isinstance(found, list) else [found])]
        return balls_[0] if len(balls_) == 1 else balls_


def _float(value: Any) -> Any:
    if isinstance(value, str):
        return float(sp.Rational(value))
    return float(value.mid()) if isinstance(value, arb) else value


def _text(value: Any) -> Any:
    return value.mid().str(45, radius=False) if isinstance(value, arb) else value


def certified(claim: Any) -> list[Certified]:
    return [check for check in claim.checks if isinstance(check, Certified)]


@pytest.mark.parametrize("name", CLAIMS)
def test_numbers_of(name):
    """They hold; every part that is compared is refuted where it is off by a part in a million; fast routes agree."""
    claim = catalogue.load(name)
    context, formula = Context(claim=name), claim.candidate() if certified(claim) else None
    for check in certified(claim):
        prepared = check.prepare(context)
        found = check.judge(formula, prepared, context)
        assert found.verdict is Holds.HOLDS, found.detail
        right = _parts(claim.statement.formula.rhs)
        wrong = [[part * (1 + sp.Rational(j == k, 10**6)) for k, part in enumerate(right)] for j in range(len(right))]
        assert any(check.refutes(_changed(claim, parts), prepared, context) for parts in wrong)
        for point, reference in prepared:
            for backend, tolerance in (("float64", FLOAT64), ("mpmath", MPMATH)):
                with certify.precision(check.bits):
                    values = check.evaluate(Fast(formula, backend), check.bits, point)
                for value, expected in zip(values if isinstance(values, list) else [values], reference, strict=True):
                    apart, size = abs(mpmath.mpf(_text(value - expected))), abs(mpmath.mpf(_text(expected)))
                    proven = mpmath.mpf(10) ** -(check.digits - 3)
                    assert apart <= max(mpmath.mpf(tolerance), proven) * size, (backend, point, value, expected)


def _parts(right: sp.Basic) -> list[sp.Expr]:
    return list(right.args) if isinstance(right, sp.Tuple) else [right]


def _changed(claim: Any, parts: list[sp.Expr]) -> Candidate:
    relation = claim.statement.formula
    right = sp.Tuple(*parts) if isinstance(relation.rhs, sp.Tuple) else parts[0]
    return candidate(claim.statement, relation.func(relation.lhs, right, evaluate=False), claim.quantities)


def test_the_table_of_the_documentation_is_true():
    kept = {"certified": 0, "literature": 0}
    for name in catalogue.ids():
        for kind in {check.kind for check in catalogue.load(name).checks} & set(kept):
            kept[kind] += 1
    text = (Path(__file__).parents[1] / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert kept == {kind: int(re.search(rf"\| {kind} \| (\d+) \|", text)[1]) for kind in kept}
    assert kept["certified"] >= 60 and kept["literature"] >= 30


def test_published_numbers_refute_a_wrong_formula():
    """A part of the formula that is a tenth larger, or every letter of it, is noticed wherever one number is a part."""
    seen = 0
    for name in catalogue.ids():
        claim = catalogue.load(name)
        for check in (c for c in claim.checks if isinstance(c, Literature)):
            context = Context(claim=name)
            prepared = check.prepare(context)
            assert check.judge(claim.candidate(), prepared, context).verdict is Holds.HOLDS
            tenth = sp.Rational(11, 10)
            right = _parts(claim.statement.formula.rhs)
            wrong = [[part * tenth if j == k else part for k, part in enumerate(right)] for j in range(len(right))]
            seen += any(_refuted(check, _changed(claim, parts), prepared, context) for parts in wrong)
    assert seen >= 25  # slopes that are ratios of two values of one part see changes of their definitions only


def test_every_published_number_says_whether_it_was_looked_up():
    """In the evidence itself, which the page and the terminal show."""
    for name in catalogue.ids():
        claim = catalogue.load(name)
        for check in (c for c in claim.checks if isinstance(c, Literature)):
            context = Context(claim=name)
            found = check.judge(claim.candidate(), check.prepare(context), context)
            assert found.detail.endswith(f"(read {check.seen})" if check.seen else "(not looked up)"), found.detail


def _refuted(check: Literature, formula: Candidate, prepared: Any, context: Context) -> bool:
    try:
        return check.refutes(formula, prepared, context)
    except CandidateError:
        return False


# --------------------------------------------------------------------------------------------------------- references


@pytest.fixture(autouse=True)
def bits():
    with certify.precision(120):
        yield


def test_references_against_closed_forms():
    half, third = arb(1) / 2, arb(1) / 3
    mode = balls.mode(arb(2), arb(1))
    time = balls.travel(mode, half, arb(3) / 2)
    assert abs(time - arb(9).log() / 4) < 1e-30  # log(a_f (s - a_0) / (a_0 (s - a_f))) / (2 s) at s = 2
    assert abs(balls.arrival(mode, half, time, "1.5") - arb(3) / 2) < 1e-30
    assert abs(balls.slope(lambda v: v.exp(), third, 3) - third.exp()) < 1e-30
    assert abs(balls.average(lambda z: z**4, (1, 4, 0)) - 3) < 1e-30
    assert abs(balls.average(lambda z: acb(1), beyond=third) - (third / arb(2).sqrt()).erfc() / 2) < 1e-30
    assert abs(balls.fading(lambda v: v**3, 1, 3) - 6) < 1e-30
    wide = balls.spread(lambda v: v.sech() ** 2, lambda end: 4 * (-2 * abs(end)).exp() / 2, [arb(-50), arb(0), arb(50)])
    assert abs(wide - 2) < 1e-30
    assert balls.fraction("-0.37") == flint.fmpq(-37, 100)


def test_spectra_against_known_ones():
    catalan = ball_spectra.moments(lambda z: 1 / (1 + z), 5)
    assert [int(m.unique_fmpz()) for m in catalan] == [1, 2, 5, 14, 42]
    assert abs(ball_spectra.edge(lambda z: 1 / (1 + z), "0.9") - 4) < 1e-30
    with pytest.raises(ArithmeticError, match="no eigenvalue"):
        ball_spectra.branch(flint.fmpq_poly([-1, 0, 1]))


# --------------------------------------------------------------------------------------------------------- two fields

Q = Parameter(symbol=q, meaning="length", domain=sp.Interval.open(0, sp.oo), typical=(0.3, 4))
C = Parameter(symbol=sp.Symbol("c", real=True), meaning="correlation", domain=sp.Interval(-1, 1), typical=(-0.9, 0.9))
PHI = Parameter(symbol=phi, meaning="activation")
z_1, z_2 = sp.symbols("z_1 z_2", real=True)
OTHER = sp.sqrt(q) * (C.symbol * z_1 + sp.sqrt(1 - C.symbol**2) * z_2)
PAIR = GaussE(phi(sp.sqrt(q) * z_1) * GaussE(phi(OTHER), z_2), z_1)


@pytest.mark.parametrize("activation", [SHIFTED, ERF], ids=lambda a: a.name)
@pytest.mark.parametrize("c", ["-0.6", "0.3", "0.9"])
def test_averages_over_two_fields_are_closed_kernels(activation, c):
    found = Candidate((PAIR,), (), (Q, C, PHI)).arb(90, q="0.7", c=c, phi=activation)
    length, covariance = certify.ball("0.7"), certify.ball("0.7") * certify.ball(c)
    assert found.overlaps(output_kernel(activation, covariance, length)) and found.rad() < 1e-17


def test_averages_over_two_fields_with_a_gradient():
    """E x f(y) is the covariance times E f'(y), also where one function grows."""
    linear = GaussE(sp.sqrt(q) * z_1 * GaussE(phi(OTHER), z_2), z_1)
    mean = GaussE(sp.Subs(sp.Derivative(phi(x), x), x, sp.sqrt(q) * z_1), z_1)
    left, right = Candidate((linear, q * C.symbol * mean), (), (Q, C, PHI)).arb(90, q="0.7", c="0.37", phi=TANH)
    assert left.overlaps(right) and left.rad() < 1e-15


def test_what_two_fields_cannot_prove_is_said():
    formula = Candidate((PAIR,), (), (Q, C, PHI))
    with pytest.raises(Unsupported, match="kinks"):
        formula.arb(60, q="0.7", c="0.3", phi=RELU)
    with pytest.raises(CandidateError, match="converge"):
        formula.arb(60, q="40", c="0.9999", phi=TANH)
    twisted = GaussE(phi(z_1) * GaussE(phi(z_2 * z_1), z_2), z_1)
    with pytest.raises(Unsupported, match="two fields"):
        Candidate((twisted,), (), (PHI,)).arb(60, phi=SHIFTED)
