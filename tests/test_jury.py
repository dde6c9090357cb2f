"""An audit asks cheap checks first, and finds the same whatever their order is."""

from __future__ import annotations

import dataclasses
import itertools
import time
from dataclasses import dataclass, field

import mpmath
import pytest
import sympy as sp

from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import s, t
from verify.audit import audit as audited
from verify.audit.jury import Jury
from verify.audit.mutants import mutants
from verify.checks import Context
from verify.claim import Claim

CONTEXT = Context(claim="jury.power")
PARAMETERS = tuple(
    Parameter(symbol=symbol, meaning=str(symbol), domain=sp.Interval.open(0, sp.oo), typical=(0.5, 3.0))
    for symbol in (s, t)
)
STATEMENT = Statement(
    module="derivations.jury.power",
    title="A power",
    formula=sp.Eq(sp.Symbol("y"), 3 * s**2 + sp.exp(-t)),
    parameters=PARAMETERS,
    assumptions=(),
    regime=Exact(),
    sources=(Source(document="001", where="nowhere"),),
    covers=("A1",),
)


@dataclass(frozen=True, kw_only=True)
class Point:
    """A check at one point; `raises` on every formula that is off there, and each call takes `seconds`."""

    name: str
    at: tuple[str, str]
    raises: bool = False
    seconds: float = 0.0
    kind: str = "precision"
    stochastic: bool = False
    asked: list[str] = field(default_factory=list, compare=False)

    def prepare(self, context):
        value = mpmath.mpf(self.at[0])
        return 3 * value**2 + mpmath.exp(-mpmath.mpf(self.at[1]))

    def refutes(self, candidate, prepared, context):
        self.asked.append(self.name)
        end = time.thread_time() + self.seconds
        while time.thread_time() < end:
            pass
        off = abs(candidate.mpmath(20, s=self.at[0], t=self.at[1]) - prepared) > 1e-9
        if off and self.raises:
            raise TypeError("the check cannot stand this formula")
        return bool(off)


def audit_of(*checks):
    claim = Claim(statement=STATEMENT, checks=checks, quantities=("y",), convention="One.", independence="All.")
    prepared = {check.name: check.prepare(CONTEXT) for check in checks}
    return dataclasses.replace(audited.audit(claim, prepared, CONTEXT), seconds=0.0)


def test_an_audit_finds_the_same_in_every_order_of_the_checks():
    """One check sees little, one nothing but half of the formula, and one raises on what the others refute."""
    checks = [Point(name="half", at=("0", "1.3")), Point(name="raises", at=("1.1", "0.7"), raises=True)]
    checks.append(Point(name="all", at=("0.9", "1.7")))
    found = [audit_of(*order) for order in itertools.permutations(checks)]
    assert found.count(found[0]) == len(found)
    everywhere = len(mutants(STATEMENT, ("y",)))  # besides those that are right at the checks' own points only
    assert found[0].mutants > everywhere > 20 and found[0].rejected == found[0].mutants and found[0].missed == 0


def test_what_a_check_raises_on_a_mutant_that_no_other_refutes_is_no_rejection():
    with pytest.raises(TypeError, match="cannot stand"):
        audit_of(Point(name="half", at=("0", "1.3")), Point(name="raises", at=("1.1", "0.7"), raises=True))


def test_a_check_that_takes_long_is_asked_where_others_let_a_mutant_pass():
    """It stands first in the claim, and was asked of every mutant."""
    slow, quick = Point(name="slow", at=("0.9", "1.7"), seconds=0.004), Point(name="quick", at=("1.1", "0.7"))
    found = audit_of(slow, quick)
    assert found.missed == 0
    assert len(slow.asked) < len(quick.asked) / 4


def test_the_price_of_a_check_is_its_time_for_each_rejection():
    slow, blind, quick = (Point(name=name, at=("0", "0")) for name in ("slow", "blind", "quick"))
    jury = Jury([slow, blind, quick])
    assert jury.quickest_first() == [slow, blind, quick]
    for check, seconds, convicts in ((slow, 0.5, True), (blind, 0.2, False), (quick, 0.1, True)):
        record = jury._records[check.name]
        record.calls, record.seconds, record.convictions = 10, 10 * seconds, 10 * convicts
    assert jury.quickest_first() == [quick, slow, blind]


def test_a_difference_is_told_from_zero_as_sympy_tells_it():
    """By mpmath where it has a value, with the answer that SymPy gives, also for what only SymPy evaluates."""
    third = sp.Rational(1, 3)
    for difference, point, apart in (
        (sp.sin(s) ** 2 + sp.cos(s) ** 2 - 1, {s: third}, False),
        (sp.sqrt(s**2) - s + sp.Rational(1, 10**20), {s: third}, True),
        (sp.sqrt(s - 1) - sp.I * sp.sqrt(1 - s), {s: third}, False),
        (sp.besselj(1, s) - s / 2, {s: third}, True),
        (s - t, {s: third}, False),  # no number
    ):
        assert audited._is_apart(difference, point) is apart
