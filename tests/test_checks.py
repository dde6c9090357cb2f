"""Each kind of check can hold, can refute, and knows when it decides nothing."""

from __future__ import annotations

import dataclasses
import importlib
import math
import time
from functools import partial
from pathlib import Path

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
from scipy import special

from derivations.calculus.gaussian import GaussE
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import a_0, s, t
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream
from verify.audit.audit import audit
from verify.audit.mutants import evaluable, mutants, scaled
from verify.checks import (
    Approach,
    Certified,
    Context,
    Enumeration,
    FiniteSize,
    Ladder,
    Literature,
    Precision,
    Property,
    Replicas,
    Trend,
    independence,
)
from verify.checks.base import Comparing, Comparison, resolved
from verify.checks.draws import _value, place, simpler
from verify.checks.simulation import Sample, alone, threshold_for, twice
from verify.claim import Claim
from verify.compile import Candidate, CandidateError, candidate
from verify.evidence import Audit, Curve, Evidence, Holds, Plane, Standing
from verify.run.examine import conclude

POSITIVE = sp.Interval.open(0, sp.oo)
T = Parameter(symbol=t, meaning="time", domain=sp.Interval(0, sp.oo), typical=(0.1, 3))
S = Parameter(symbol=s, meaning="rate", domain=POSITIVE, typical=(0.3, 3))
A = Parameter(symbol=a_0, meaning="start", domain=POSITIVE, typical=(0.3, 3))
FORMULA = a_0 * sp.exp(-s * t)
TRUE = Candidate((FORMULA,), (), (T, S, A))
WRONG = Candidate((FORMULA * sp.Rational(101, 100),), (), (T, S, A))
CONTEXT = Context(claim="sample.decay", false_alarms=1e-7)
SOURCE = Source(document="001", where="nowhere")


def decide(check, formula, context=CONTEXT) -> Evidence:
    return check.judge(formula, check.prepare(context), context)


def euler(*, step: float, stream: Stream, device: str, order: int = 1) -> Measurement:
    """Explicit Euler for y' = -s y from y(0) = a, on a grid of times."""
    rate, start, times = 1.3, 0.7, np.arange(1, 6) * 0.4
    factor = 1 - step * rate + (step**2 * rate**2 / 2 if order == 2 else 0)
    values = start * factor ** np.round(times / step)
    return Measurement(values=values[None], axis=times, given={"s": rate, "a_0": start}, resolution={"step": step})


def decay(candidate: Candidate, measured: Measurement) -> np.ndarray:
    return candidate.numpy(t=measured.axis, **measured.given)[None]


def noisy(
    *, replicas: int, stream: Stream, device: str, spread: float = 0.05, width: float = np.inf, rate: float = 1.3
) -> Measurement:
    times = np.arange(1, 6) * 0.4
    clean = 0.7 * np.exp(-rate * times) * (1 + 2 / width)
    samples = clean + spread * stream.generator().normal(size=(replicas, 1, 5))
    return from_replicas(samples, axis=times, given={"s": 1.3, "a_0": 0.7})


LADDER = Ladder(name="ladder", predict=decay, quick=euler, steps=(0.1, 0.05, 0.025, 0.0125))
REPLICAS = Replicas(name="replicas", predict=decay, quick=partial(noisy, spread=0.002), replicas=400)
SIZES = FiniteSize(
    name="sizes",
    predict=decay,
    quick=partial(noisy, spread=0.002),
    sizes=((50, 300), (100, 300), (200, 300), (400, 300)),
)
PRECISION = Precision(
    name="ode",
    against="the equation solved numerically",
    parameters=(T, S, A),
    count=3,
    reference=lambda dps, p: mpmath.odefun(lambda x, y: -mpmath.mpf(p["s"]) * y, 0, mpmath.mpf(p["a_0"]))(
        mpmath.mpf(p["t"])
    ),
    digits=(20, 30),
)
PROPERTY = Property(
    name="equation",
    sentence="dy/dt = -s y",
    parameters=(T, S, A),
    residual=lambda c, p, dps: (
        mpmath.diff(lambda v: c.mpmath(dps + 20, t=v, s=p["s"], a_0=p["a_0"]), mpmath.mpf(p["t"]))
        + mpmath.mpf(p["s"]) * c.mpmath(dps, **p)
    ),
    dps=20,
)
CERTIFIED = Certified(
    name="ball",
    against="repeated squaring",
    points=({"t": 2, "s": "0.7", "a_0": "1.3"},),
    reference=lambda bits, p: (
        1 / ((TRUE.arb(bits, t=1, s="0.7", a_0="1") ** -1) ** 2) * TRUE.arb(bits, t=0, s="0.7", a_0="1.3")
    ),
)
LITERATURE = Literature(
    name="book", published="0.3679", source=SOURCE, evaluate=lambda c: float(c.numpy(t=1.0, s=1.0, a_0=1.0))
)


@pytest.mark.parametrize("check", [LADDER, REPLICAS, SIZES, PRECISION, CERTIFIED, LITERATURE], ids=lambda c: c.name)
def test_a_check_holds_and_refutes(check):
    right, wrong = decide(check, TRUE), decide(check, WRONG)
    assert right.verdict is Holds.HOLDS and right.points > 0, right.detail
    assert wrong.verdict is Holds.REFUTED, wrong.detail
    assert right.resolution_median <= right.resolution < 0.02


@pytest.mark.parametrize(("share", "verdict"), [("0", Holds.HOLDS), ("1e-5", Holds.UNDECIDED)])
def test_balls_that_are_too_small_for_a_float_are_judged_by_their_relative_width(share, verdict):
    """exp(-2000): its radius is zero as a float, so that five digits were taken for all."""
    check = dataclasses.replace(
        CERTIFIED,
        points=({"t": 2000, "s": "1", "a_0": "1.3"},),
        reference=lambda bits, p: TRUE.arb(bits, **p) * flint.arb(1, share),
    )
    found = decide(check, TRUE)
    assert found.verdict is verdict
    assert decide(check, WRONG).verdict is Holds.REFUTED


SQUARED = Candidate((a_0 * sp.exp(-s * t**2),), (), (T, S, A))


def test_a_property_holds_refutes_and_finds_a_small_counterexample():
    assert decide(PROPERTY, TRUE).verdict is Holds.HOLDS
    assert decide(PROPERTY, SQUARED).verdict is Holds.REFUTED
    told = decide(PROPERTY, SQUARED).detail
    assert "fails at" in told
    values = [part.rpartition(" = ")[2] for part in told.partition("fails at ")[2].split(", ")]
    assert len(values) == 3 and sum(map(len, values)) <= 9, told


def test_a_residual_is_small_by_the_digits_it_was_worked_out_with():
    for size, verdict in (("1e-13", Holds.HOLDS), ("1e-11", Holds.REFUTED)):  # tolerance 1e-12 at 20 digits
        check = dataclasses.replace(PROPERTY, examples=3, residual=lambda c, p, dps, size=size: mpmath.mpf(size))
        found = decide(check, TRUE)
        assert found.verdict is verdict and found.uncertainty == pytest.approx(1e-12, abs=0)


def test_a_counterexample_is_shrunk_letter_by_letter_as_long_as_it_fails():
    def residual(candidate, point, dps):
        if point.get("a_0") == "1.4":  # no value there
            raise CandidateError("no value")
        return mpmath.mpf("1e-11" if float(point["s"]) > 1.234 and point["t"] != "0.3" else "1e-13")

    check = dataclasses.replace(PROPERTY, residual=residual, constraint=lambda point: point.get("a_0") != "1")
    shrunk = check.shrunk(TRUE, {"t": "0.31234", "s": "1.23456", "a_0": "1.38642"})
    assert shrunk == {"t": "0.31", "s": "1.23456", "a_0": "1.39"}
    assert check.shrunk(TRUE, {"s": "1.6789", "t": "0.31234"}) == {"s": "1.7", "t": "0.31"}  # 2 hides errors


@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        (S, "1.23456", ["1.2", "1.23"]),
        (S, "0.31234", ["0.3", "0.31", "0.312"]),
        (S, "2.9876", ["3", "2.99"]),
        (S, "1.9996", []),
        ("count", 60, [3, 4, 5, 7, 10]),
        ("count", 3, [3]),
    ],
)
def test_simpler_values_have_fewer_digits_or_are_smaller_and_lie_in_the_range(parameter, value, expected):
    found = simpler(COUNT if parameter == "count" else parameter, value)
    assert list(dict.fromkeys(found)) == expected


@pytest.mark.parametrize(
    ("parameter", "bits", "value"),
    [
        (S, "00 0000 011", "1"),  # one digit of 0.3 + 2.7 * 3 / 8
        (S, "01 0000 011", "1.3"),
        (S, "10 0000 011", "1.31"),
        (S, "11 1101 010", "0.975"),
        (S, "00 1111 011", "0.3"),
        (S, "00 1110 011", "3"),
        ("count", "00 0000 100", 94),  # the root of 3 * 3001
        ("count", "00 1111 100", 3),
        ("count", "00 1110 100", 3000),
    ],
)
def test_bits_choose_digits_an_end_or_a_place(parameter, bits, value):
    drawn = tuple(bit == "1" for bit in bits.replace(" ", ""))
    assert _value(COUNT if parameter == "count" else parameter, drawn) == value


@pytest.mark.parametrize(
    ("low", "high", "share", "value"),
    [(1, 99, 0.5, 50), (1, 100, 0.5, 10), (0, 1e6, 0.5, 5e5), (-1e3, 1e3, 0.25, -500)],
)
def test_a_place_is_a_share_of_the_range_or_of_its_exponents(low, high, share, value):
    assert place(low, high, share) == pytest.approx(value)


WIDE = Parameter(symbol=s, meaning="rate", domain=POSITIVE, typical=(1e-6, 1e6))
COUNT = Parameter(
    symbol=sp.Symbol("n", integer=True, positive=True), meaning="count", domain=sp.S.Naturals, typical=(3, 3000)
)


def test_draws_of_a_wide_range_are_spread_over_its_decades_and_reach_its_ends():
    check = dataclasses.replace(PROPERTY, parameters=(T, WIDE, COUNT), examples=200)
    points = check.prepare(CONTEXT)
    exponents = np.log10([float(p["s"]) for p in points])
    assert all(np.sum((exponents >= k) & (exponents <= k + 2)) > 10 for k in range(-6, 6, 2))
    assert {-6.0, 6.0} <= set(exponents) and {3, 3000} <= {p["n"] for p in points}
    assert np.sum(np.array([p["n"] for p in points]) < 100) > 50
    drawn = dataclasses.replace(PRECISION, parameters=(WIDE,), count=30, reference=lambda dps, p: mpmath.mpf(1))
    assert np.ptp(np.log10([float(given.point["s"]) for given in drawn.prepare(CONTEXT)])) > 6


def test_draws_differ_from_one_another_and_avoid_what_hides_errors():
    unit = [Parameter(symbol=p.symbol, meaning="", domain=POSITIVE, typical=(0.5, 3)) for p in (S, A)]
    points = dataclasses.replace(PROPERTY, parameters=tuple(unit), examples=200).prepare(CONTEXT)
    assert len(points) > 100
    for point in points:
        values = {float(v) for v in point.values()}
        assert len(values) == 2 and not values & {0.0, 1.0, 2.0} and all(0.5 <= v <= 3 for v in values)


def test_examples_do_not_depend_on_the_modules_that_are_loaded(tmp_path, monkeypatch):
    """Hypothesis borrows constants from the source of local modules; a worker's history must not show."""
    before = PROPERTY.prepare(CONTEXT)
    numbers = ", ".join(str(n) for n in range(3000, 9000, 7))
    (tmp_path / "module_full_of_numbers.py").write_text(f"NUMBERS = [{numbers}]\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("module_full_of_numbers")
    assert PROPERTY.prepare(CONTEXT) == before


def test_a_reference_by_the_same_law_is_told_and_not_counted():
    check = dataclasses.replace(PRECISION, same_law=True)
    found = decide(check, TRUE)
    assert found.verdict is Holds.HOLDS and found.same_law and found.detail.startswith("the same law")
    assert decide(check, WRONG).verdict is Holds.REFUTED  # it still guards against slips
    certificate = Evidence(check="derivation", kind="certificate", verdict=Holds.HOLDS, points=1)
    simulated = Evidence(check="training", kind="simulation", verdict=Holds.HOLDS, points=1)
    claim = Claim(statement=STATEMENT, checks=(check,), quantities=("y",), convention="One.", independence="All.")
    report = Audit(mutants=1, rejected=1)
    assert conclude(claim, (certificate, found, simulated), (), report)[1] == "by certificate, simulation"
    assert conclude(claim, (certificate, decide(PRECISION, TRUE), simulated), (), report)[1] == (
        "by certificate, precision, simulation"
    )
    assert conclude(claim, (certificate, found), (), report)[0] is Standing.UNDECIDED


def test_a_ladder_off_its_order_decides_nothing():
    off = Ladder(name="ladder", predict=decay, quick=partial(euler, order=2), steps=(0.1, 0.05, 0.025, 0.0125), order=1)
    assert decide(off, TRUE).verdict is Holds.UNDECIDED


def test_a_ladder_needs_three_steps_in_constant_ratio():
    with pytest.raises(ValueError, match="constant ratio"):
        Ladder(name="ladder", predict=decay, quick=euler, steps=(0.1, 0.05)).prepare(CONTEXT)
    assert decide(dataclasses.replace(LADDER, steps=(0.1, 0.05, 0.025)), TRUE).verdict is Holds.HOLDS


def test_a_ladder_takes_out_every_power_of_the_step():
    """Values c0 + c1 h + c2 h^2 at three steps give c0 exactly; the uncertainty is what the last power moved."""

    def parabola(*, step, stream, device):
        return Measurement(values=np.array([1 + 2 * step + 3 * step**2]), resolution={"step": step})

    rungs = dataclasses.replace(LADDER, quick=parabola, steps=(0.4, 0.2, 0.1)).prepare(CONTEXT)
    assert rungs.values == pytest.approx(1, abs=1e-12) and rungs.uncertainty == pytest.approx(3 * 0.2 * 0.1)
    assert rungs.finest.resolution == {"step": 0.1}


def test_a_ruler_that_disagrees_with_itself_decides_nothing():
    blunt = Precision(
        name="blunt",
        against="a coarse rule",
        points=({"t": "0.7", "s": "1.3", "a_0": "0.9"},),
        reference=lambda dps, p: mpmath.mpf(dps),
    )
    assert decide(blunt, TRUE).verdict is Holds.UNDECIDED


@pytest.mark.parametrize(("factor", "verdict"), [(1 + 1e-15, Holds.UNDECIDED), (1 + 1e-9, Holds.REFUTED)])
def test_a_reference_in_doubles_refutes_only_what_doubles_can_tell(factor, verdict):
    """A formula of double precision is off by its rounding, which says nothing of the one that it is compared with."""

    def doubles(dps, p):
        return float(p["a_0"]) * math.exp(-float(p["s"]) * float(p["t"])) * factor

    found = decide(dataclasses.replace(PRECISION, reference=doubles, digits=(30, 50)), TRUE)
    assert found.verdict is verdict
    assert ("the reference is a double at 3 points" in found.detail) == (verdict is Holds.UNDECIDED)
    assert decide(dataclasses.replace(PRECISION, reference=doubles, digits=(30, 50)), WRONG).verdict is Holds.REFUTED


def test_a_reference_that_returns_nothing_is_told():
    def forgotten(dps, p):
        mpmath.exp(p["t"])

    with pytest.raises(TypeError, match="forgotten returns nothing"):
        decide(dataclasses.replace(PRECISION, reference=forgotten), TRUE)


@pytest.mark.parametrize("check", [LADDER, REPLICAS, SIZES], ids=lambda c: c.name)
def test_an_experiment_returns_a_measurement(check):
    with pytest.raises(TypeError, match=f"{check.name}: the experiment returns ndarray, not a Measurement"):
        dataclasses.replace(check, quick=lambda **_: np.ones(5)).prepare(CONTEXT)


def test_replicas_that_do_not_scatter_are_told():
    """A difference has no size in standard errors that are zero."""
    found = decide(dataclasses.replace(REPLICAS, quick=partial(noisy, spread=0.0)), WRONG)
    assert found.verdict is Holds.REFUTED
    assert "of the largest, and the replicas do not scatter at axis = " in found.detail


def test_the_worst_point_of_a_precision_check_is_told():
    """It is where the formula is off by most in relation, not where the values are largest."""
    points = ({"t": "0.7", "s": "1.3", "a_0": "0.9"}, {"t": "2.1", "s": "1.3", "a_0": "0.9"})
    found = decide(
        dataclasses.replace(PRECISION, points=points, count=0), Candidate((FORMULA * (1 + t),), (), (T, S, A))
    )
    assert "worst at t = 2.1, " in found.detail and found.discrepancy == pytest.approx(2.1)
    assert found.uncertainty == pytest.approx(1e-12, abs=0)


@pytest.mark.parametrize(
    ("published", "half_unit"), [("0.3679", 5e-5), ("-1.25e-3", 5e-6), ("1.2E+4", 500.0), ("7", 0.5)]
)
def test_a_published_number_is_as_precise_as_its_last_digit(published, half_unit):
    check = dataclasses.replace(LITERATURE, published=published)
    assert check.allowed == pytest.approx(half_unit)
    for off, verdict in ((0.9, Holds.HOLDS), (1.1, Holds.REFUTED)):
        check = dataclasses.replace(check, evaluate=lambda c, v=float(published) + off * half_unit: v)
        assert decide(check, TRUE).verdict is verdict


def test_the_distance_from_a_published_zero_is_absolute():
    check = dataclasses.replace(LITERATURE, published="0", uncertainty=0.25, evaluate=lambda c: 0.5)
    found = decide(check, TRUE)
    assert (found.verdict, found.discrepancy, found.uncertainty) == (Holds.REFUTED, 0.5, 0.25)


def subsets(*, sizes: tuple[int, ...], most: int, stream: Stream, device: str) -> Measurement:
    """How many subsets of at most so many members a set has."""
    sets = [[k for k in range(2**n) if k.bit_count() <= most] for n in sizes]
    return Measurement(values=np.array([len(found) for found in sets], dtype=float), axis=np.array(sizes, dtype=float))


COUNTS = Enumeration(
    name="subsets", predict=lambda c, m: c.numpy(t=m.axis, s=1.0, a_0=1.0), quick=partial(subsets, sizes=(3, 5), most=9)
)
POWER = Candidate((2**t,), (), (T, S, A))


def test_counts_are_met_one_by_one():
    good = decide(COUNTS, POWER)
    assert good.verdict is Holds.HOLDS and good.points == 2 and 0 < good.resolution < 1e-10
    for wrong in (2**t + 1, 2**t + t - 3, 2**t * (1 + sp.Rational(1, 10**9))):
        formula = Candidate((wrong,), (), (T, S, A))
        assert decide(COUNTS, formula).verdict is Holds.REFUTED
        assert COUNTS.refutes(formula, COUNTS.prepare(CONTEXT), CONTEXT)
    assert not COUNTS.refutes(POWER, COUNTS.prepare(CONTEXT), CONTEXT)


@pytest.mark.parametrize(("most", "verdict"), [(2, Holds.HOLDS), (5, Holds.UNDECIDED)])
def test_counts_decide_nothing_where_the_control_meets_the_formula_too(most, verdict):
    check = dataclasses.replace(COUNTS, control=partial(subsets, sizes=(3, 5), most=most))
    found = decide(check, POWER)
    assert found.verdict is verdict
    assert f"{2 if most == 2 else 0} of 2 are others in the control" in found.detail
    wrong = decide(check, Candidate((2**t + 1,), (), (T, S, A)))
    assert wrong.verdict is Holds.REFUTED and "control" not in wrong.detail


def test_only_whole_numbers_are_counts():
    for values in (np.array([2.5]), np.array([1e12])):
        check = dataclasses.replace(COUNTS, quick=lambda values=values, **_: Measurement(values=values))
        with pytest.raises(ValueError, match="counts"):
            check.prepare(CONTEXT)


def test_two_stages_forgive_one_unlucky_measurement():
    """A point must be off in two independent measurements; here the second one is good."""
    first = REPLICAS.prepare(CONTEXT)[1]
    unlucky = {1: dataclasses.replace(first, values=REPLICAS.expected(TRUE, first.measured) + 5 * first.errors)}
    evidence = REPLICAS.judge(TRUE, unlucky, CONTEXT)
    assert evidence.verdict is Holds.HOLDS and "stages run: 2" in evidence.detail


@pytest.mark.parametrize(
    ("sigmas", "first_sample_only", "refuted", "drawn"),
    [
        (60, False, True, False),  # beyond doubt: the second sample is not drawn
        (5, True, False, False),  # in doubt, and nothing may be drawn
        (5, False, False, True),  # in doubt: drawn, and good
    ],
)
def test_an_audit_draws_a_second_sample_only_where_the_first_leaves_a_doubt(sigmas, first_sample_only, refuted, drawn):
    first = REPLICAS.prepare(CONTEXT)[1]
    prepared = {1: dataclasses.replace(first, values=REPLICAS.expected(TRUE, first.measured) + sigmas * first.errors)}
    context = dataclasses.replace(CONTEXT, first_sample_only=first_sample_only)
    assert REPLICAS.refutes(TRUE, prepared, context) is refuted
    assert (2 in prepared) is drawn


def test_a_declared_bias_is_allowed_and_no_more():
    biased = Replicas(
        name="replicas",
        predict=decay,
        quick=partial(noisy, spread=0.002, rate=1.31),
        replicas=400,
        bias=lambda candidate, measured: 0.025 * np.abs(measured.values),
        bias_note="rate off by 0.01",
    )
    assert decide(biased, TRUE).verdict is Holds.HOLDS
    assert decide(biased, Candidate((FORMULA * sp.Rational(11, 10),), (), (T, S, A))).verdict is Holds.REFUTED


def test_the_order_of_a_ladder_does_not_jump_with_the_place_of_the_largest_change():
    """First order everywhere; one place has a large second order, and the largest change only on fine rungs."""

    def uneven(*, step, stream, device):
        return Measurement(values=1 + np.array([step * (1 - 6 * step), 0.8 * step, 0.5 * step]))

    for steps in ((0.04, 0.02, 0.01, 0.005), (0.045, 0.015, 0.005, 0.005 / 3)):
        check = Ladder(name="ladder", predict=decay, quick=uneven, steps=steps)
        assert check.prepare(CONTEXT).order == pytest.approx(1, abs=0.01)


def test_a_width_ladder_that_does_not_follow_its_powers_decides_nothing():
    def crooked(*, width, replicas, stream, device):
        return noisy(replicas=replicas, stream=stream, device=device, spread=0.0002, width=40 if width == 100 else 1e9)

    check = FiniteSize(
        name="sizes", predict=decay, quick=crooked, sizes=((50, 100), (100, 100), (200, 100), (400, 100))
    )
    assert decide(check, TRUE).verdict is Holds.UNDECIDED


def test_false_alarms_are_as_rare_as_the_budget_says():
    """Both stages of a true claim exceed together with the declared probability (measured at 0.04)."""
    alarms = 0
    check = Replicas(name="replicas", predict=decay, quick=partial(noisy, spread=0.05), replicas=12)
    for seed in range(500):
        context = Context(claim="sample.decay", seed=seed, false_alarms=0.04)
        alarms += decide(check, TRUE, context).verdict is Holds.REFUTED
    assert alarms <= 40  # expected 20 at most; 40 has probability below 1e-4


EVERY_KIND = (LADDER, REPLICAS, SIZES, PRECISION, PROPERTY, CERTIFIED, LITERATURE, COUNTS)


class Says:
    """In a check's formula's place: gives the same for every point, or raises."""

    def __init__(self, value: float | None):
        self.value = value

    def _given(self) -> float:
        if self.value is None:
            raise CandidateError("no value")
        return self.value

    def mpmath(self, dps, **point):
        return mpmath.mpf(self._given())

    def arb(self, bits, **point):
        return flint.arb(self._given())

    def numpy(self, **point):
        return np.full(np.broadcast_shapes(*(np.shape(v) for v in point.values())), self._given())


def formula_of(check, what: str):
    true, wrong = (
        (POWER, Candidate((2**t * sp.Rational(101, 100),), (), (T, S, A)))
        if check is COUNTS
        else (TRUE, SQUARED if check is PROPERTY else WRONG)
    )
    said = {"nan": float("nan"), "inf": float("inf"), "crash": None}
    return {"true": true, "wrong": wrong}[what] if what in ("true", "wrong") else Says(said[what])


@pytest.mark.parametrize("check", EVERY_KIND, ids=lambda c: c.name)
@pytest.mark.parametrize("what", ["true", "wrong", "nan", "inf", "crash"])
def test_one_rule_for_every_kind_of_check(check, what):
    """The right formula holds; one that is off is refuted; nan and infinity agree with nothing.

    Where a ruler gives a finite number a formula that says nan or infinity is refuted. A ball that is not finite is no
    value; that, a residual that is nan and a formula that could not be evaluated decide nothing.
    """
    formula, prepared = formula_of(check, what), check.prepare(CONTEXT)
    evidence = check.judge(formula, prepared, CONTEXT)
    expected = {"true": Holds.HOLDS, "crash": Holds.UNDECIDED}.get(what, Holds.REFUTED)
    if (check is CERTIFIED and what in ("nan", "inf")) or (check is PROPERTY and what in ("nan", "inf")):
        expected = Holds.UNDECIDED
    assert evidence.verdict is expected, evidence.detail
    if what == "crash" or (check is CERTIFIED and what in ("nan", "inf")):
        assert evidence.points == 0 and ("no value" in evidence.detail or "no finite ball" in evidence.detail)
        with pytest.raises(CandidateError):
            check.refutes(formula, prepared, CONTEXT)
    else:
        assert check.refutes(formula, prepared, CONTEXT) is (expected is Holds.REFUTED)


@pytest.mark.parametrize("value", [mpmath.nan, mpmath.inf], ids=str)
def test_a_ruler_that_gives_no_number_decides_nothing(value):
    """Neither of the right formula nor of a wrong one, nor of one that gives the same."""
    reference = dataclasses.replace(PRECISION, reference=lambda dps, point: value)
    published = dataclasses.replace(LITERATURE, published=str(float(value)), uncertainty=0.1)
    ball = dataclasses.replace(CERTIFIED, reference=lambda bits, point: flint.arb(str(value).strip("+")))
    for check in (reference, published, ball):
        for formula in (TRUE, WRONG, Says(float(value))):
            assert decide(check, formula).verdict is Holds.UNDECIDED, check.name
            assert not check.refutes(formula, check.prepare(CONTEXT), CONTEXT)


def test_a_residual_that_is_nan_decides_nothing_and_one_that_is_infinite_does_not_vanish():
    for value, verdict in ((mpmath.nan, Holds.UNDECIDED), (mpmath.inf, Holds.REFUTED)):
        for residual in (value, [mpmath.mpf(0), value], [value, mpmath.mpf(0)]):
            check = dataclasses.replace(PROPERTY, residual=lambda c, p, dps, residual=residual: residual)
            assert decide(check, TRUE).verdict is verdict


@pytest.mark.parametrize("check", [PRECISION, PROPERTY, CERTIFIED], ids=lambda c: c.name)
def test_a_check_that_compared_nothing_decides_nothing(check):
    assert check.judge(TRUE, [], CONTEXT).verdict is Holds.UNDECIDED
    assert not check.refutes(WRONG, [], CONTEXT)


def test_a_formula_that_has_no_value_at_one_point_is_still_refuted_at_another():
    """A crash neither hides a refutation nor stands for one."""

    def evaluate(candidate, dps, point):
        if candidate is WRONG and point["s"] == "1.3":
            raise CandidateError("no value there")
        return candidate.mpmath(dps, **point)

    points = ({"t": "0.7", "s": "1.3", "a_0": "0.9"}, {"t": "0.7", "s": "1.7", "a_0": "0.9"})
    check = dataclasses.replace(PRECISION, points=points, count=0, evaluate=evaluate)
    assert decide(check, WRONG).verdict is Holds.REFUTED
    assert check.refutes(WRONG, check.prepare(CONTEXT), CONTEXT)
    only = dataclasses.replace(check, points=points[:1])
    assert decide(only, WRONG).verdict is Holds.UNDECIDED


def test_a_bias_that_is_no_number_allows_nothing():
    for bias in (np.nan, -1.0):
        check = dataclasses.replace(REPLICAS, bias=lambda candidate, measured, bias=bias: bias)
        assert decide(check, TRUE).verdict is Holds.UNDECIDED


def test_thresholds_grow_with_points_and_with_few_replicas():
    assert threshold_for(100, 50, 1e-7, 2) > threshold_for(1, 50, 1e-7, 2)
    assert threshold_for(1, 5, 1e-7, 2) > threshold_for(1, 500, 1e-7, 2) > 3
    assert threshold_for(1, 500, 1e-7, 1) > threshold_for(1, 500, 1e-7, 2) + 1


@pytest.mark.parametrize(("points", "freedom"), [(1, 5), (40, 400)])
def test_the_two_ways_to_be_off_spend_the_budget_together(points, freedom):
    sample = Sample(values=np.zeros(points), errors=np.ones(points), freedom=freedom, measured=None)
    beyond = [2 * special.stdtr(freedom, -limit(sample, CONTEXT)) for limit in (alone, twice)]
    assert points * (beyond[0] + beyond[1] ** 2) == pytest.approx(CONTEXT.false_alarms)


@pytest.mark.parametrize("seed", range(3))
def test_a_ladder_of_few_replicas_takes_its_errors_as_estimates(seed):
    """Standard errors from four replicas scatter by 40 %: chi-square would call many good ladders crooked."""
    crooked = refuted = 0
    sizes = tuple((width, 4) for width in (50, 100, 200, 400))
    check = FiniteSize(name="sizes", predict=decay, quick=partial(noisy, spread=0.02), sizes=sizes)
    for run in range(150):
        context = Context(claim="sample.decay", seed=1000 * seed + run, false_alarms=0.05)
        verdict = decide(check, TRUE, context).verdict
        crooked, refuted = crooked + (verdict is Holds.UNDECIDED), refuted + (verdict is Holds.REFUTED)
    assert crooked <= 19 and refuted <= 19  # 7.5 expected at most; 19 has probability below 1e-4


def test_what_is_known_of_a_size_is_taken_off_before_the_fit():
    """Means that a width takes N^(-2/3) of: without the factor the extrapolation is off, or follows no power of 1/N."""

    def left(measured):
        return np.asarray(1 - measured.resolution["width"] ** (-2 / 3))

    def shifted(*, width, **others):
        found = noisy(width=width, spread=0.002, **others)
        found = dataclasses.replace(found, resolution={"width": width})
        factor = left(found)
        return dataclasses.replace(found, values=found.values * factor, errors=found.errors * factor)

    assert decide(dataclasses.replace(SIZES, quick=shifted), TRUE).verdict is not Holds.HOLDS
    found = decide(dataclasses.replace(SIZES, quick=shifted, factor=left), TRUE)
    plain = decide(SIZES, TRUE)
    assert found.verdict is Holds.HOLDS
    assert (found.uncertainty, found.resolution) == pytest.approx((plain.uncertainty, plain.resolution))


def test_a_trend_is_seen_or_refuted_by_chance_as_rarely_as_the_budget_says():
    """Nothing there, in trend and control: both must not be called clear of zero, or negative."""

    def nothing(*, replicas, stream, device):
        return from_replicas(stream.generator().normal(size=(replicas, 3)))

    check = Trend(name="trend", quick=nothing, control=nothing, replicas=12)
    verdicts = []
    for seed in range(500):
        context = Context(claim="sample.decay", seed=seed, false_alarms=0.04)
        verdicts.append(decide(check, None, context).verdict)
    assert verdicts.count(Holds.REFUTED) <= 25  # 10 expected, half of the budget for each sign; 25: below 1e-4
    assert verdicts.count(Holds.HOLDS) <= 25


@pytest.mark.parametrize(
    ("sigmas", "again", "verdict", "drawn"),
    [
        (8, 0, Holds.HOLDS, False),  # beyond doubt: no second sample
        (5, 5, Holds.HOLDS, True),
        (5, 2, Holds.UNDECIDED, True),
        (2, 9, Holds.UNDECIDED, False),  # nothing is seen, and nothing is drawn
        (-2, -9, Holds.UNDECIDED, False),
        (-5, 5, Holds.UNDECIDED, True),
        (-5, -5, Holds.REFUTED, True),
        (-8, 9, Holds.REFUTED, False),
    ],
)
def test_a_trend_is_measured_again_only_in_doubt(sigmas, again, verdict, drawn):
    """At 29 degrees of freedom one sample must be 7.1 standard errors off, or both of two 4.3."""

    def rising(*, replicas, stream, device, level):
        sample = from_replicas(stream.generator().normal(size=(replicas, 2)))
        return dataclasses.replace(sample, values=level * sample.errors)

    check = Trend(name="trend", quick=partial(rising, level=again), control=partial(rising, level=0.0), replicas=30)
    first = dataclasses.replace(check, quick=partial(rising, level=sigmas)).prepare(CONTEXT)
    found = check.judge(None, first, CONTEXT)
    assert found.verdict is verdict and (2 in first) is drawn and f"stages run: {2 if drawn else 1}" in found.detail
    if sigmas == 8:
        needed = twice(first[1], CONTEXT)
        assert found.resolution == pytest.approx(needed / 8) and check.judge(TRUE, first, CONTEXT).resolution is None


def test_the_full_profile_has_its_own_sizes_and_the_quick_one_does_not_take_them():
    ran = []

    def told(*, stream, device, kind, **sizes):
        ran.append((kind, *(sizes[name] for name in sorted(sizes))))
        draws = stream.generator().normal(size=(sizes.get("replicas", 3), 2))
        return from_replicas(draws) if "replicas" in sizes else Measurement(values=np.array([1 + sizes["step"]]))

    quick, full = partial(told, kind="quick"), partial(told, kind="full")
    pairs = tuple((width, 4) for width in (50, 100, 200)), tuple((width, 5) for width in (60, 120, 240))
    control = {"control": partial(told, kind="control"), "full_control": partial(told, kind="full control")}
    common = {"name": "c", "quick": quick, "full": full}
    checks = (
        Replicas(**common, predict=decay, replicas=4, full_replicas=5),
        FiniteSize(**common, predict=decay, sizes=pairs[0], full_sizes=pairs[1]),
        Approach(**common, predict=decay, sizes=pairs[0][::2], full_sizes=pairs[1][::2]),
        Trend(**common, **control, replicas=4, full_replicas=5),
        Ladder(**common, predict=decay, steps=(0.4, 0.2, 0.1), full_steps=(0.8, 0.4, 0.2)),
    )
    expected = {
        "quick": [
            [("quick", 4)],
            [("quick", r, n) for n, r in pairs[0]],
            [("quick", 4, 50), ("quick", 4, 200)],
            [("quick", 4), ("control", 4)],
            [("quick", h) for h in (0.4, 0.2, 0.1)],
        ],
        "full": [
            [("full", 5)],
            [("full", r, n) for n, r in pairs[1]],
            [("full", 5, 60), ("full", 5, 240)],
            [("full", 5), ("full control", 5)],
            [("full", h) for h in (0.8, 0.4, 0.2)],
        ],
    }
    for profile, calls in expected.items():
        for check, sizes in zip(checks, calls, strict=True):
            ran.clear()
            check.prepare(dataclasses.replace(CONTEXT, profile=profile))
            assert ran == sizes, (profile, type(check))
    assert [check.stochastic for check in checks] == [True, True, True, True, False]


def test_an_observation_needs_its_control():
    def rising(*, replicas, stream, device, slope):
        return from_replicas(slope + 0.01 * stream.generator().normal(size=(replicas, 3)))

    good = Trend(name="trend", quick=partial(rising, slope=1.0), control=partial(rising, slope=0.0), replicas=30)
    blind = Trend(name="trend", quick=partial(rising, slope=1.0), control=partial(rising, slope=1.0), replicas=30)
    false = Trend(name="trend", quick=partial(rising, slope=-1.0), control=partial(rising, slope=0.0), replicas=30)
    assert [decide(c, None).verdict for c in (good, blind, false)] == [Holds.HOLDS, Holds.UNDECIDED, Holds.REFUTED]


@pytest.mark.parametrize(
    ("control", "shared", "verdict"),
    [
        ((0.0, 0.0), {}, Holds.HOLDS),
        ((1.0, 0.0), {}, Holds.UNDECIDED),
        ((1.0, 0.0), {1: "it falls in both"}, Holds.HOLDS),
        ((0.0, 1.0), {1: "it falls in both"}, Holds.UNDECIDED),
        ((1.0, 1.0), {1: "it falls in both", 2: "it falls in both"}, Holds.UNDECIDED),
    ],
)
def test_a_control_shows_no_quantity_unless_it_is_said_why(control, shared, verdict):
    """A quantity that the control shows as well may say nothing of what was observed."""

    def rising(*, replicas, stream, device, slopes):
        return from_replicas(np.array(slopes) + 0.01 * stream.generator().normal(size=(replicas, 2)))

    run = {"quick": partial(rising, slopes=(1.0, 1.0)), "control": partial(rising, slopes=control)}
    found = decide(Trend(name="trend", **run, replicas=30, shared=shared), None)
    assert found.verdict is verdict and ("the control shows" in found.detail) is (verdict is Holds.UNDECIDED)
    assert ("the control may show quantity 1" in found.detail) is bool(shared)


def test_an_observation_on_real_data_gets_the_folder_and_draws_what_it_measured():
    def rising(*, replicas, stream, device, data, slope):
        assert data == Path("folder")
        return from_replicas(slope + 0.01 * stream.generator().normal(size=(replicas, 3)), axis=np.arange(3.0))

    def drawn(measured):
        return (
            Curve(
                label="measured",
                axis_label="depth",
                value_label="epochs",
                axis=tuple(measured.axis),
                theory=(float("nan"),) * 3,
                measured=tuple(measured.values),
                error=tuple(measured.errors),
            ),
        )

    check = Trend(
        name="trend",
        quick=partial(rising, slope=1.0),
        control=partial(rising, slope=0.0),
        replicas=30,
        on_data=True,
        curves=drawn,
    )
    context = dataclasses.replace(CONTEXT, data=Path("folder"))
    found = check.judge(None, check.prepare(context), context)
    assert found.verdict is Holds.HOLDS and found.curves[0].axis == (0.0, 1.0, 2.0)


def test_pictures_are_made_only_when_they_are_wanted():
    def picture(candidate, measured):
        return (Plane(title="map", x_label="x", y_label="y", paths=()),)

    for check in (REPLICAS, LADDER):
        check = dataclasses.replace(check, picture=picture)
        prepared = check.prepare(CONTEXT)
        assert check.judge(TRUE, prepared, CONTEXT).planes == ()
        assert len(check.judge(TRUE, prepared, dataclasses.replace(CONTEXT, pictures=True)).planes) == 1


def test_evidence_that_compared_nothing_cannot_hold():
    with pytest.raises(ValueError, match="compared nothing"):
        Evidence(check="c", kind="property", verdict=Holds.HOLDS, points=0)


@pytest.mark.parametrize(
    ("predicted", "along_axis", "worst", "median"),
    [
        ([[4.0, 2.0, 1.0]], True, 0.1, 0.05),  # each point by its own size
        ([[4.0, 0.01, -4.0]], True, 0.25, 0.025),  # a crossing of zero: by a tenth of the curve
        ([[4.0, 0.01, -4.0], [4.0, 2.0, 1.0]], True, 0.25, 0.0375),  # two curves, each by its own largest value
        ([[4.0, 1.0], [0.0, 0.0]], True, 0.1, 0.1 / np.sqrt(17 / 4)),  # a curve that is nowhere told from zero
        ([4.0, -0.5, 1.0], False, 0.2, 0.1),  # values of different quantities
        ([4.0, 0.01, 1.0], False, 0.1, 0.1 / np.sqrt(17.0001 / 3)),  # one that is not told from zero
    ],
)
def test_resolution_is_relative_at_every_point(predicted, along_axis, worst, median):
    found = resolved(np.asarray(0.1), np.array(predicted), along_axis=along_axis)
    assert found == pytest.approx({"resolution": worst, "resolution_median": median})


@pytest.mark.parametrize("check", [REPLICAS, SIZES, LADDER, COUNTS], ids=lambda c: c.name)
def test_figures_of_the_evidence_do_not_depend_on_units(check):
    """Wrong formula and measurement both times 16: distances, errors and resolution are parts of what is measured."""

    def larger(**keywords):
        found = check.quick(**keywords)
        errors = None if found.errors is None else 16 * found.errors
        return dataclasses.replace(found, values=16 * found.values, errors=errors)

    formula = formula_of(check, "wrong")
    one = decide(check, formula)
    other = decide(dataclasses.replace(check, quick=larger, predict=lambda c, m: 16 * check.predict(c, m)), formula)
    assert 0.005 < one.discrepancy < 0.011 and one.verdict is other.verdict is Holds.REFUTED
    for figure in ("discrepancy", "uncertainty", "resolution", "resolution_median"):
        assert getattr(other, figure) == pytest.approx(getattr(one, figure)), figure


def test_the_formula_sees_the_widest_experiment_of_a_ladder():
    def told(**keywords):
        return dataclasses.replace(SIZES.quick(**keywords), given={"width": keywords["width"]})

    assert dataclasses.replace(SIZES, quick=told).prepare(CONTEXT)[1][0].measured.given == {"width": 400}


def test_a_point_that_is_seen_badly_shows_in_the_resolution():
    """The common change of all points that would be seen says nothing of a single layer, row or bin."""

    def uneven(*, replicas, stream, device):
        samples = noisy(replicas=replicas, stream=stream, device=device, spread=0.002)
        errors = samples.errors * np.array([1, 1, 1, 1, 20])
        return dataclasses.replace(samples, errors=errors)

    found = decide(dataclasses.replace(REPLICAS, quick=uneven), TRUE)
    even = decide(REPLICAS, TRUE)
    assert found.verdict is Holds.HOLDS and found.resolution > 15 * even.resolution
    assert found.resolution_median == pytest.approx(even.resolution_median)


def test_curves_carry_theory_measurement_and_error():
    assert decide(REPLICAS, TRUE).curves == ()  # a quantity without a name is not drawn
    (curve,) = decide(dataclasses.replace(REPLICAS, quantity="strength"), TRUE).curves
    assert len(curve.axis) == len(curve.theory) == len(curve.measured) == len(curve.error) == 5
    assert np.allclose(curve.theory, 0.7 * np.exp(-1.3 * np.array(curve.axis)))


STATEMENT = Statement(
    module="derivations.sample.decay",
    title="Decay",
    formula=sp.Eq(sp.Symbol("y"), FORMULA),
    parameters=(T, S, A),
    assumptions=(),
    regime=Exact(),
    sources=(SOURCE,),
    covers=("A9",),
)


def test_mutants_are_different_formulas_and_all_are_rejected():
    wrong = mutants(STATEMENT)
    assert len(wrong) > 20 and len({(m.left, m.right) for m in wrong}) == len(wrong)
    assert (STATEMENT.left, STATEMENT.right) not in {(m.left, m.right) for m in wrong}
    prepared = {c.name: c.prepare(CONTEXT) for c in (PRECISION, LADDER)}
    for mutant in wrong:
        formula = candidate(STATEMENT, sp.Eq(mutant.left[0], mutant.right[0], evaluate=False), ("y",))
        assert Holds.REFUTED in {c.judge(formula, prepared[c.name], CONTEXT).verdict for c in (PRECISION, LADDER)}, (
            mutant
        )


def test_a_mutant_without_a_value_anywhere_is_not_planted_and_one_with_some_is_counted_apart():
    """sqrt(a - s) at points where a exceeds s: s - a has no root at any, another mutant none at some."""

    def at(candidate, dps, point):
        return candidate.mpmath(dps, t="0", **point)

    statement = dataclasses.replace(STATEMENT, formula=sp.Eq(sp.Symbol("y"), sp.sqrt(a_0 - s)))
    points = ({"s": "0.7", "a_0": "0.9"}, {"s": "0.4", "a_0": "2.9"})
    check = Precision(
        name="root",
        against="mpmath",
        points=points,
        evaluate=at,
        reference=lambda dps, p: mpmath.sqrt(mpmath.mpf(p["a_0"]) - mpmath.mpf(p["s"])),
    )
    claim = Claim(statement=statement, checks=(check,), quantities=("y",), convention="One.", independence="All.")
    report = audit(claim, {"root": check.prepare(CONTEXT)}, CONTEXT)
    assert report.senseless > 0 and report.crashed == 0 and report.missed == 0
    fixed = 4  # each letter at each of its two values
    assert report.mutants + report.senseless == len(mutants(statement)) + fixed
    assert report.rejected == report.mutants - len(report.survivors)


def test_a_mutant_without_a_real_value_somewhere_is_planted_with_absolute_values():
    """Where those are the formula itself, the mutant is the formula or has no value: nothing is planted."""
    statement = dataclasses.replace(STATEMENT, formula=sp.Eq(sp.Symbol("y"), sp.sqrt(a_0 - s) + sp.log(a_0)))
    (mirrored,) = (m for m in mutants(statement) if m.right == (sp.sqrt(s - a_0) + sp.log(a_0),))
    assert evaluable(mirrored, statement) is None
    wrong = dataclasses.replace(mirrored, right=(sp.sqrt(a_0 - 2 * s) + sp.log(a_0),))
    assert evaluable(wrong, statement).right == (sp.sqrt(sp.Abs(a_0 - 2 * s)) + sp.log(a_0),)
    odd = sp.Symbol("D", integer=True)
    root = dataclasses.replace(mirrored, right=(sp.sqrt(1 / ((-sp.sin(s)) ** odd * sp.sin(t))),))
    true = dataclasses.replace(mirrored, right=(sp.sqrt(1 / (sp.sin(s) ** odd * sp.sin(t))),))
    assert evaluable(root, true) is None
    letter = sp.Symbol("chi", positive=True)
    defined = dataclasses.replace(
        STATEMENT,
        formula=sp.Eq(sp.Symbol("y"), letter**t),
        where=(sp.Eq(letter, a_0 * sp.cos(s) ** 2, evaluate=False),),
    )
    negative = [m for m in mutants(defined) if m.where == (sp.Eq(letter, -a_0 * sp.cos(s) ** 2, evaluate=False),)]
    assert negative and all(evaluable(m, defined) is None for m in negative)


def test_what_survives_with_absolute_values_is_missed_and_shown_with_them():
    """Of the root of a t - s, at points where a - s has the same size, and no root at one of them."""
    statement = dataclasses.replace(STATEMENT, formula=sp.Eq(sp.Symbol("y"), sp.sqrt(a_0 * t - s)))
    points = ({"t": "5", "s": "3", "a_0": "1"}, {"t": "1", "s": "2", "a_0": "4"})
    check = Precision(name="root", against="mpmath", points=points, reference=lambda dps, p: mpmath.sqrt(2))
    proven = dataclasses.replace(CERTIFIED, points=points, reference=lambda bits, p: flint.arb(2).sqrt())
    claim = Claim(
        statement=statement, checks=(check, proven), quantities=("y",), convention="One.", independence="All."
    )
    report = audit(claim, {c.name: c.prepare(CONTEXT) for c in claim.checks}, CONTEXT)
    assert {one.equivalent for one in report.survivors if one.place == "sqrt(«Abs(a_0 - s)»)"} == {False}
    assert report.crashed == 0


def test_a_power_with_a_value_at_some_points_only_is_no_crash():
    """(-a)^t is a^t where t is 2 and has no value where it is a half: it was counted as crashed."""
    statement = dataclasses.replace(STATEMENT, formula=sp.Eq(sp.Symbol("y"), a_0**t))
    check = Precision(
        name="power",
        against="mpmath",
        points=({"t": "0.5", "a_0": "2.9"}, {"t": "2", "a_0": "0.9"}),
        evaluate=lambda candidate, dps, point: candidate.mpmath(dps, s="0.3", **point),
        reference=lambda dps, p: mpmath.mpf(p["a_0"]) ** mpmath.mpf(p["t"]),
    )
    claim = Claim(statement=statement, checks=(check,), quantities=("y",), convention="One.", independence="All.")
    report = audit(claim, {"power": check.prepare(CONTEXT)}, CONTEXT)
    assert (report.crashed, report.missed) == (0, 0) and report.senseless > 0


def test_what_is_averaged_over_is_not_inverted():
    """f(1 / z) has no value in the middle of an average over z."""
    z = sp.Symbol("z", real=True)
    statement = dataclasses.replace(STATEMENT, formula=sp.Eq(sp.Symbol("y"), GaussE(sp.tanh(a_0 * z) ** 2, z)))
    integrands = {e.integrand for m in mutants(statement) for e in m.right[0].atoms(GaussE)}
    assert sp.tanh(a_0 / z) ** 2 not in integrands and sp.tanh(z / a_0) ** 2 in integrands


BOUND = dataclasses.replace(STATEMENT, formula=sp.Le(sp.Symbol("y"), FORMULA, evaluate=False))


def attained(candidate, point, dps):
    """Values at the bound and below it must not break it."""
    with mpmath.workdps(dps):
        value, bound = PRECISION.reference(dps, point), candidate.mpmath(dps, **point)
        return [candidate.broken(share * value, bound, mpmath.mpf(10) ** -20) for share in (1, mpmath.mpf("0.4"))]


def test_the_relation_of_an_inequality_is_planted_wrongly_too():
    bounded = Property(name="bound", sentence="y stays below", residual=attained, parameters=(T, S, A), examples=5)
    claim = Claim(
        statement=BOUND, checks=(bounded, PRECISION), quantities=("y",), convention="One.", independence="All."
    )
    wrong = [m for m in mutants(BOUND, ("y",)) if m.relation is not sp.Le]
    assert [m.change for m in wrong] == [">= for <=", "< for <=", "== for <="]
    prepared = {check.name: check.prepare(CONTEXT) for check in claim.checks}
    assert bounded.judge(claim.candidate(), prepared["bound"], CONTEXT).verdict is Holds.HOLDS
    assert audit(claim, prepared, CONTEXT).missed == 0
    blind = dataclasses.replace(claim, checks=(PRECISION,))
    reasons = [survivor.reason for survivor in audit(blind, prepared, CONTEXT).survivors]
    assert [r for r in reasons if "for <=" in r] == [f"not noticed by any check ({m.change})" for m in wrong]


def test_letters_inside_a_limit_on_the_left_are_planted_wrongly_too():
    inside = sp.Limit(t * sp.Symbol("y") / s, t, sp.oo)
    statement = dataclasses.replace(STATEMENT, formula=sp.Eq(inside, FORMULA, evaluate=False))
    planted = {m.left[0] for m in mutants(statement, (str(inside),))}
    assert sp.Limit(t * sp.Symbol("y") / a_0, t, sp.oo) in planted
    assert sp.Limit(t * sp.Symbol("y") * s, t, sp.oo) in planted


def test_equality_is_asked_for_seconds_of_the_processor(monkeypatch):
    """On a busy machine a mutant that is provably equal was called missed."""
    from verify.audit import audit as audited

    def asleep(difference):
        time.sleep(0.3)
        return sp.S.Zero

    monkeypatch.setattr(audited, "EQUALITY_SECONDS", 0.1)
    monkeypatch.setattr(sp, "simplify", asleep)
    assert audited._simplifies_to_zero(s - s)


def test_every_node_can_be_scaled():
    for node, scale in scaled(STATEMENT):
        mutant = scale(sp.Rational(1, 1000))
        changed = mutant.right[0].subs([(d.lhs, d.rhs) for d in mutant.where])
        assert sp.simplify(changed - FORMULA) != 0, node
        assert not node.is_Symbol or changed == FORMULA.subs(node, node * sp.Rational(1001, 1000))


def test_streams_are_named_not_counted():
    one, two = Stream(1, ("claim", "a")), Stream(1, ("claim", "b"))
    assert one.generator().random() == Stream(1, ("claim",)).child("a").generator().random()
    assert len({one.integer(), two.integer(), Stream(2, ("claim", "a")).integer()}) == 3


def test_streams_of_other_seeds_and_paths_are_other_streams():
    """NumPy's own entropy lists pad with zeros and split seeds from 2^32 on."""
    paths = ((), ("",), ("", ""), ("a",), ("a", ""), ("", "a"), ("ab",), ("a", "b"), ("b", "a"), ("0",), ("5",))
    seeds = (0, 1, 5, 2**32, 2**32 + 5, 5 * 2**32, 2**64, -1)
    drawn = {Stream(seed, path).integer() for seed in seeds for path in paths}
    assert len(drawn) == len(seeds) * len(paths)
    assert Stream(5).child("").integer() != Stream(5).integer()


@pytest.mark.parametrize(
    "fields",
    [
        {"values": np.array([])},
        {"values": np.array([np.nan])},
        {"values": np.ones(3), "errors": np.ones(2), "replicas": 3},
        {"values": np.ones(3), "errors": np.ones(3)},
        {"values": np.ones(3), "errors": np.array([1, np.nan, 1]), "replicas": 3},
        {"values": np.ones(3), "errors": np.array([1, -0.1, 1]), "replicas": 3},
        {"values": np.ones(3), "axis": np.ones(2)},
    ],
)
def test_measurements_check_themselves(fields):
    with pytest.raises(ValueError):
        Measurement(**fields)


# ------------------------------------------------------------------------------------------------ replicas


def test_replicas_may_be_a_tensor():
    import torch

    rows = np.random.default_rng(1).normal(size=(6, 3))
    assert np.array_equal(from_replicas(torch.as_tensor(rows)).values, from_replicas(rows).values)


def test_replicas_that_are_equal_are_refused():
    rows = np.random.default_rng(1).normal(size=(6, 3))
    with pytest.raises(ValueError, match="only 3 are different"):
        from_replicas(np.concatenate([rows[:3], rows[:3]]))
    assert from_replicas(rows).replicas == 6
    assert from_replicas(np.ones((6, 3)) / 3).replicas == 6  # an experiment without chance
    assert from_replicas(np.array([[1.0], [0.0], [1.0]])).replicas == 3  # counts may coincide
    converged = 1 - np.finfo(float).eps * np.array([[0.0], [1.0], [0.0]])
    assert from_replicas(converged).replicas == 3  # so may correlations that have become 1
    with pytest.raises(ValueError, match="only 2 are different"):
        from_replicas(np.hstack([converged, rows[[0, 1, 0], :1]]))
    assert from_replicas(np.array([[1.0, 0.9999999], [0.0, 0.9999998], [1.0, 0.9999997]])).replicas == 3


def with_shared_noise(*, replicas, stream, device, share):
    """A part `share` of the variance is one noise for all replicas."""
    generator = stream.generator()
    one, own = generator.normal(size=(1, 5)), generator.normal(size=(replicas, 5))
    return from_replicas(0.7 + 0.1 * (np.sqrt(share) * one + np.sqrt(1 - share) * own))


def one_minibatch_for_all_chains(*, replicas, stream, device):
    """Noisy descent in a bowl; all chains draw the same examples."""
    generator, theta = stream.generator(), np.linspace(-1, 1, replicas)
    for _ in range(200):
        theta = theta - 0.05 * (theta + generator.normal()) + 0.001 * generator.normal(size=replicas)
    return from_replicas(theta[:, None])


@pytest.mark.parametrize(
    ("experiment", "independent"),
    [
        (partial(with_shared_noise, share=0.0), True),
        (partial(with_shared_noise, share=0.5), False),
        (partial(with_shared_noise, share=0.9), False),
        (one_minibatch_for_all_chains, False),
        (partial(noisy, spread=0.05), True),
    ],
)
def test_replicas_that_share_their_noise_are_noticed(experiment, independent):
    check = dataclasses.replace(REPLICAS, quick=experiment, predict=lambda c, m: np.zeros(m.values.shape))
    found = independence.chance(check, TRUE, CONTEXT, replicas=20)
    assert (found > 1e-3) if independent else (found < 1e-6)


def test_independent_replicas_seem_dependent_as_rarely_as_is_said():
    check = dataclasses.replace(REPLICAS, quick=partial(noisy, spread=0.05))
    chances = [independence.chance(check, TRUE, Context(claim="c", seed=seed), replicas=4) for seed in range(400)]
    assert 5 <= sum(c < 0.05 for c in chances) <= 38  # about 19 expected; either end has probability below 1e-4


@pytest.mark.parametrize(
    ("median", "verdict"),
    [
        (None, Holds.HOLDS),
        (0.99, Holds.HOLDS),
        (1.0, Holds.UNDECIDED),
        (math.inf, Holds.UNDECIDED),
        (math.nan, Holds.UNDECIDED),
    ],
)
def test_a_check_that_sees_nothing_decides_nothing(median, verdict):
    """Nor does one whose resolution is no number."""

    class Sees(Comparing):
        name, kind = "sees", "simulation"

        def compare(self, candidate, prepared, context):
            yield Comparison(verdict=Holds.HOLDS)

        def describe(self, found, prepared, context):
            return {"detail": "", "resolution": median, "resolution_median": median}

    assert Sees().judge(None, None, CONTEXT).verdict is verdict
