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
from derivations.symbols import n, s, t
from verify.audit import audit as audited
from verify.audit.jury import Jury
from verify.audit.mutants import mutants
from verify.checks import Certified, Context
from verify.claim import Claim
from verify.compile import CandidateError, Unsupported

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


@dataclass(frozen=True, kw_only=True)
class Proven(Certified):
    """A check that proves digits, at a point where the whole formula is seen."""

    asked: list[str] = field(default_factory=list, compare=False)

    def prepare(self, context):
        return 3 * mpmath.mpf("0.9") ** 2 + mpmath.exp(-mpmath.mpf("1.7"))

    def refutes(self, candidate, prepared, context):
        self.asked.append(self.name)
        return bool(abs(candidate.mpmath(20, s="0.9", t="1.7") - prepared) > 1e-9)


PROVEN = {"name": "proven", "against": "digits", "points": ({"s": "0.9", "t": "1.7"},), "reference": None}


def audit_of(*checks, waiting=()):
    """An audit by these checks; others of the claim are `waiting`: they run in another profile."""
    everyone = (*waiting, *checks)
    claim = Claim(statement=STATEMENT, checks=everyone, quantities=("y",), convention="One.", independence="All.")
    prepared = {check.name: check.prepare(CONTEXT) for check in checks}
    begin = time.perf_counter()
    found = audited.audit(claim, prepared, CONTEXT)
    assert 0 < found.seconds <= time.perf_counter() - begin
    return dataclasses.replace(found, seconds=0.0)


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


def test_digits_are_proven_of_those_mutants_only_that_no_other_check_refutes(monkeypatch):
    """It stands first in the claim, and sees every mutant that the other cannot."""
    monkeypatch.setattr(audited, "_blind_spots", lambda *_: ())
    proven, half = Proven(**PROVEN), Point(name="half", at=("0", "1.3"))
    alone = audit_of(half)
    both = audit_of(proven, half)
    assert alone.missed > 5 and both.missed == 0 and both.rejected == both.mutants
    assert alone.missed <= len(proven.asked) <= both.mutants - alone.rejected + 2  # and the formula itself, to note it


def test_a_mutant_that_has_no_value_for_one_check_is_refuted_by_the_digits_of_another(monkeypatch):
    """If no check refutes what one cannot evaluate it counts as crashed, and is neither rejected nor missed."""

    @dataclass(frozen=True, kw_only=True)
    class Crashing(Point):
        def refutes(self, candidate, prepared, context):
            if super().refutes(candidate, prepared, context):
                raise CandidateError("no value")
            return False

    monkeypatch.setattr(audited, "_blind_spots", lambda *_: ())
    crashing = Crashing(name="crashing", at=("0.9", "1.7"))
    alone, both = audit_of(crashing), audit_of(crashing, Proven(**PROVEN))
    assert alone.missed == both.missed == 2  # right where the only point is
    assert (alone.crashed, alone.rejected) == (alone.mutants - 2, 0)
    assert (both.crashed, both.rejected) == (0, both.mutants - 2)


def test_a_check_that_did_not_run_is_not_asked():
    waiting, alone = Point(name="waiting", at=("0.9", "1.7")), Point(name="half", at=("0", "1.3"))
    assert audit_of(alone, waiting=(waiting,)) == audit_of(alone) and waiting.asked == []


def test_what_one_check_cannot_evaluate_is_put_to_the_others():
    """It is asked first, and says nothing of any wrong formula."""

    @dataclass(frozen=True, kw_only=True)
    class Lacking(Point):
        def refutes(self, candidate, prepared, context):
            if super().refutes(candidate, prepared, context):
                raise Unsupported("a table without functions")
            return False

    found = audit_of(Lacking(name="lacking", at=("0.9", "1.7")), Point(name="all", at=("0.9", "1.7")))
    assert found == audit_of(Point(name="all", at=("0.9", "1.7"))) and found.crashed == 0


def test_the_map_asks_for_digits_where_no_other_check_sees_a_node():
    """Half of the formula is seen by a reference, down to 1e-9, and the other half by digits alone."""
    proven, half = Proven(**PROVEN), Point(name="half", at=("0", "1.3"))
    nodes = audit_of(proven, half).nodes
    assert all(node.smallest == 1e-8 or node.smallest == 1e-9 for node in nodes), nodes
    assert all(node.independent == node.smallest for node in nodes if node.independent is not None)
    assert any(node.smallest is None for node in audit_of(half).nodes)


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
        ((n - 1) * sp.log(n - 1), {n: sp.S.One}, False),  # 0 times infinity
        (sp.log(n - 1), {n: sp.S.One}, True),
    ):
        assert audited._is_apart(difference, point) is apart


@pytest.mark.parametrize("kind", ["certified", "simulation"])
def test_the_finest_change_that_is_noticed_is_found_from_every_guess(monkeypatch, kind):
    """Whatever the search begins with; an exact check may notice all that is asked, a measurement beyond it."""
    jury, asked = Jury([Point(name="one", at=("0.7", "1.3"), kind=kind)]), []
    beyond = audited.FINEST + (kind != "certified")
    for edge in range(-1, beyond):

        def fate(change, *_, edge=edge):
            asked.append(change)
            return "rejected" if change >= sp.Rational(1, 10 ** max(edge, 0)) and edge >= 0 else "survived"

        monkeypatch.setattr(audited, "_fate", fate)
        for guess in range(beyond):
            asked.clear()
            found = audited._finest(lambda change: change, None, jury, {}, CONTEXT, guess)
            assert found == (edge if edge >= 0 else None)
            assert len(asked) == len(set(asked)) <= (3 if guess == edge else 9)
    assert audited._finest(None, None, Jury([]), {}, CONTEXT, 1) is None


def test_no_change_is_finer_than_the_finest(monkeypatch):
    monkeypatch.setattr(audited, "_fate", lambda *_: "crashed")
    for kind in ("certified", "simulation"):
        jury = Jury([Point(name="one", at=("0.7", "1.3"), kind=kind)])
        assert audited._finest(lambda change: change, None, jury, {}, CONTEXT, 1) == audited.FINEST


def test_what_costs_least_for_what_it_rejects_is_asked_first(monkeypatch):
    """Seconds of a call by the share of mutants that it rejects; who was never asked is asked at once."""
    clock = iter([0.0, 4.0, 4.0, 8.0, 8.0, 9.0])
    monkeypatch.setattr(time, "thread_time", lambda: next(clock))
    one, two, three = (Point(name=name, at=("0.7", "1.3")) for name in ("one", "two", "three"))
    jury = Jury((one, two, three))
    for _ in range(2):  # four seconds a call, and every mutant is rejected
        with jury.timed(one):
            jury.convicted(one)
    with jury.timed(two):  # one second, and none is
        pass
    assert [check.name for check in jury.quickest_first()] == ["three", "two", "one"]
    prices = [jury._records[name].price for name in ("one", "two", "three")]
    assert prices == pytest.approx([16 / 3, 3.0, 0.0])


def test_the_map_of_blind_spots_tells_what_independent_checks_notice_from_what_any_does(monkeypatch):
    """A measurement sees 10^-3 and a reference 10^-5; the search at a node begins where that before it ended."""
    points = tuple(Point(name=kind, at=("0.7", "1.3"), kind=kind) for kind in ("certificate", "simulation"))
    claim = Claim(statement=STATEMENT, checks=points, quantities=("y",), convention="One.", independence="All.")
    guesses = {"certificate": [], "simulation": []}

    def finest(scale, claim, jury, prepared, context, guess):
        (check,) = jury.members
        guesses[check.kind].append(guess)
        return {"certificate": 5, "simulation": 3}[check.kind]

    monkeypatch.setattr(audited, "_finest", finest)
    nodes = audited._blind_spots(claim, points, {}, CONTEXT)
    assert nodes and {(node.independent, node.smallest) for node in nodes} == {(1e-3, 1e-5)}
    assert guesses["simulation"][:2] == [1, 3] and guesses["certificate"][:2] == [audited.FINEST, 5]
