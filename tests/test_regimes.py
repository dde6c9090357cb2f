"""Regimes and domains are judged: wrong rates, and domains that reach to where a formula has no value, are refuted."""

from __future__ import annotations

import dataclasses
import functools
import math

import mpmath
import numpy as np
import pytest
import sympy as sp

from derivations.statement import Exact, LeadingOrder, Limit, Parameter
from numerics.measurement import from_replicas
from verify import catalogue
from verify.checks import Approach, Context, Domain, Rate
from verify.checks.approach import LEEWAY
from verify.compile import Candidate
from verify.evidence import Holds

N, c = sp.Symbol("N", positive=True), sp.Symbol("c", positive=True)
CONSTANT = Parameter(symbol=c, meaning="a constant", domain=sp.Interval.open(0, sp.oo), typical=(0.3, 3))
LIMIT = Candidate((sp.exp(c),), (), (CONSTANT,))


def approach(dps, point):
    """(1 + c / N)^N, which comes to e^c like 1 / N."""
    c, size = mpmath.mpf(point["c"]), mpmath.mpf(point["N"])
    return (1 + c / size) ** size


CHECK = Rate(
    name="compound interest",
    exact=approach,
    against="(1 + c/N)^N",
    points=({"c": "0.83"}, {"c": "2.3"}),
    values=("1e3", "1e4", "1e5", "1e6"),
)


def judged(regime, check=CHECK, formula=LIMIT):
    context = Context(claim="test.rate", regime=regime)
    return check.judge(formula, check.prepare(context), context)


def test_the_right_rate_holds():
    found = judged(Limit(parameter=N, towards=sp.oo, rate=1 / N))
    assert found.verdict is Holds.HOLDS and found.discrepancy < 1e-3, found.detail
    assert judged(Limit(parameter=N, towards=sp.oo, rate=7 * c / (N + 3))).verdict is Holds.HOLDS  # factors say nothing


@pytest.mark.parametrize("rate", [1 / N**2, 1 / sp.sqrt(N), N ** sp.Rational(-6, 5), sp.exp(-N / 10**4), sp.Integer(1)])
def test_another_rate_is_refuted(rate):
    try:
        found = judged(Limit(parameter=N, towards=sp.oo, rate=rate))
    except ZeroDivisionError:  # a rate that does not vanish at all
        assert not rate.has(N)
        return
    assert found.verdict is Holds.REFUTED


def test_a_formula_that_is_not_the_limit_is_refuted():
    wrong = Candidate((sp.exp(c) * (1 + sp.Rational(1, 10**4)),), (), (CONSTANT,))
    assert judged(Limit(parameter=N, towards=sp.oo, rate=1 / N), formula=wrong).verdict is Holds.REFUTED


def test_a_formula_that_is_exact_shows_no_rate():
    exact = Rate(
        name="exact",
        exact=lambda dps, point: mpmath.exp(mpmath.mpf(point["c"])),
        against="the formula itself",
        points=({"c": "0.83"},),
        values=CHECK.values,
    )
    assert judged(Limit(parameter=N, towards=sp.oo, rate=1 / N), check=exact).verdict is Holds.UNDECIDED


@pytest.mark.parametrize("broken", [mpmath.nan, mpmath.inf])
def test_what_is_no_number_shows_no_rate(broken):
    """Not even beside another quantity that has the rate: a broken ruler is undecided, a broken formula refuted."""
    regime = Limit(parameter=N, towards=sp.oo, rate=1 / N)
    pair = Candidate((sp.exp(c), sp.exp(c)), (), (CONSTANT,))
    ruler = dataclasses.replace(CHECK, exact=lambda dps, point: [approach(dps, point), broken])
    assert judged(regime, ruler, pair).verdict is Holds.UNDECIDED
    sound = dataclasses.replace(CHECK, exact=lambda dps, point: [approach(dps, point)] * 2)
    assert judged(regime, sound, pair).verdict is Holds.HOLDS
    spoilt = dataclasses.replace(
        sound, evaluate=lambda formula, dps, point: [mpmath.exp(mpmath.mpf(point["c"])), broken]
    )
    assert judged(regime, spoilt, pair).verdict is Holds.REFUTED


def test_the_end_of_the_ladder_counts():
    """1/N + 10^4 / N^2 comes to its rate at the last two values only."""
    late = dataclasses.replace(
        CHECK,
        exact=lambda dps, p: mpmath.exp(mpmath.mpf(p["c"])) + 1 / mpmath.mpf(p["N"]) + 1e4 / mpmath.mpf(p["N"]) ** 2,
    )
    found = judged(Limit(parameter=N, towards=sp.oo, rate=1 / N), late)
    assert found.verdict is Holds.HOLDS and 0.03 < found.discrepancy < 0.04
    assert judged(Limit(parameter=N, towards=sp.oo, rate=1 / N**2), late).verdict is Holds.REFUTED


def test_an_order_is_a_rate():
    """1 - cos x - x^2 / 2 is of fourth order."""
    x = sp.Symbol("x", positive=True)
    angle = Parameter(symbol=x, meaning="angle", domain=sp.Interval.open(0, 1), typical=(0.1, 0.5))
    check = Rate(
        name="series",
        exact=lambda dps, point: 1 - mpmath.cos(mpmath.mpf(point["x"])),
        against="the cosine",
        points=({},),
        values=("0.1", "0.01", "0.001", "0.0001"),
    )
    formula = Candidate((x**2 / 2,), (), (angle,))
    assert judged(LeadingOrder(parameter=x, order=4), check, formula).verdict is Holds.HOLDS
    assert judged(LeadingOrder(parameter=x, order=3), check, formula).verdict is Holds.REFUTED


def drawn_near_the_limit(*, width, replicas, stream, device, spread=0.01):
    """Noisy values of (1 + c / N)^N, beside one that is exact."""
    means = np.array([(1 + 0.83 / width) ** width, 1.0])
    noise = spread * stream.generator().standard_normal((replicas, 2))
    return from_replicas(means + noise, given={"c": 0.83})


def limits(formula, measured):
    return np.array([float(formula.numpy(c=measured.given["c"])), 1.0])


APPROACH = Approach(
    name="interest in few terms", predict=limits, quick=drawn_near_the_limit, sizes=((16, 400), (64, 400))
)


@pytest.mark.parametrize(
    ("rate", "verdict"),
    [
        (1 / N, Holds.HOLDS),
        (7 / (N + 1), Holds.HOLDS),
        (1 / sp.sqrt(N), Holds.REFUTED),
        (1 / N**2, Holds.REFUTED),
    ],
)
def test_an_exponent_is_measured_between_two_sizes(rate, verdict):
    found = judged(Limit(parameter=N, towards=sp.oo, rate=rate), APPROACH)
    assert found.verdict is verdict and found.resolution is None, found.detail


def test_too_much_noise_shows_no_exponent():
    loud = dataclasses.replace(APPROACH, quick=functools.partial(drawn_near_the_limit, spread=0.5))
    assert judged(Limit(parameter=N, towards=sp.oo, rate=1 / N), loud).verdict is Holds.UNDECIDED


@pytest.mark.parametrize("wrong", [sp.exp(c) * sp.Rational(9, 10), sp.exp(c) + 1])
def test_a_formula_off_the_limit_has_no_exponent(wrong):
    found = judged(Limit(parameter=N, towards=sp.oo, rate=1 / N), APPROACH, Candidate((wrong,), (), (CONSTANT,)))
    assert found.verdict is not Holds.HOLDS


def test_sizes_of_an_approach_lie_apart():
    with pytest.raises(ValueError, match="twice apart"):
        dataclasses.replace(APPROACH, sizes=((16, 400), (24, 400)))
    assert dataclasses.replace(APPROACH, sizes=((16, 400), (32, 400))).sizes[1] == (32, 400)


@pytest.mark.parametrize(
    ("errors_off", "second", "first_sample_only", "verdict", "drawn"),
    [
        (3, 9, False, Holds.HOLDS, False),
        (4.7, 9, True, Holds.UNDECIDED, False),  # in doubt, and nothing may be drawn
        (4.7, 3, False, Holds.HOLDS, True),
        (4.7, 4.8, False, Holds.REFUTED, True),
        (-4.7, -4.8, False, Holds.REFUTED, True),
        (6.5, 3, False, Holds.REFUTED, False),  # beyond doubt
    ],
)
def test_an_exponent_is_measured_again_only_in_doubt(errors_off, second, first_sample_only, verdict, drawn):
    """With 399 degrees of freedom one exponent must be 5.6 errors beyond its leeway, or both of two 3.8."""
    relative = 0.02  # errors of both distances: 2 % of them
    error = relative * math.sqrt(2) / math.log(4)

    def exponent_off(*, width, replicas, stream, device, by):
        power = 1 + math.copysign(LEEWAY, by) + by * error
        apart = 0.3 * (16 / width) ** power
        sample = from_replicas(stream.generator().normal(size=(replicas, 1)), given={"c": 0.83})
        return dataclasses.replace(sample, values=np.exp([0.83]) + apart, errors=np.array([relative * apart]))

    check = dataclasses.replace(
        APPROACH,
        predict=lambda formula, measured: np.array([float(formula.numpy(c=0.83))]),
        quick=functools.partial(exponent_off, by=second),
    )
    regime = Limit(parameter=N, towards=sp.oo, rate=1 / N)
    context = Context(claim="test.rate", regime=regime, false_alarms=1e-7, first_sample_only=first_sample_only)
    prepared = dataclasses.replace(check, quick=functools.partial(exponent_off, by=errors_off)).prepare(context)
    found = check.judge(LIMIT, prepared, context)
    assert found.verdict is verdict and (2 in prepared) is drawn
    assert found.uncertainty == pytest.approx(error) and found.discrepancy == pytest.approx(
        LEEWAY + abs(errors_off) * error
    )


def test_a_check_of_the_full_profile_says_why():
    """Its rate is then measured there only, and the entry says so."""
    claim = catalogue.load("manifold_geometry.boundary_flattening")
    assert claim.rate == "measured in the full profile only: few networks do not tell it from its root"
    names = [{check.name for check in claim.checks_in(profile)} for profile in ("quick", "full")]
    assert names[1] - names[0] == {"narrow networks"}


def test_a_regime_without_a_rate_has_nothing_to_measure():
    with pytest.raises(ValueError, match="states no rate"):
        judged(Exact())


@pytest.mark.parametrize(
    ("domain", "verdict"),
    [
        (sp.Range(4, sp.oo), Holds.HOLDS),
        (sp.Range(3, sp.oo), Holds.REFUTED),  # the formula has a pole at 3
    ],
)
def test_a_domain_that_reaches_to_a_pole_is_refuted(domain, verdict):
    layers = sp.Symbol("n", integer=True, positive=True)
    parameter = Parameter(symbol=layers, meaning="number of layers", domain=domain, typical=(4, 9))
    check, context = Domain(parameters=(parameter,)), Context(claim="test.domain")
    found = check.judge(Candidate((1 / (layers - 3),), (), (parameter,)), check.prepare(context), context)
    assert found.verdict is verdict and found.points == 1, found.detail


@pytest.mark.parametrize(
    ("typical", "formula", "verdict"),
    [
        ((0.5, 1.1), lambda x, c: sp.log(c - x), Holds.HOLDS),  # a value at the upper end of what is typical
        ((0.9, 1.5), lambda x, c: sp.log(sp.Rational(19, 20) - c * x), Holds.HOLDS),  # and at the lower one
        ((0.5, 0.9), lambda x, c: sp.log(c - x), Holds.REFUTED),
    ],
)
def test_an_end_is_asked_for_with_the_others_inside_and_at_their_ends(typical, formula, verdict):
    x = Parameter(symbol=sp.Symbol("x", real=True), meaning="x", domain=sp.Interval.Lopen(0, 1), typical=(0.1, 0.2))
    other = dataclasses.replace(CONSTANT, typical=typical)
    check, context = Domain(parameters=(x, other)), Context(claim="test.domain")
    found = check.judge(Candidate((formula(x.symbol, c),), (), (x, other)), check.prepare(context), context)
    assert found.verdict is verdict and ("no finite value at the end of its domain x = 1.0" in found.detail) is (
        verdict is Holds.REFUTED
    )


def test_open_ends_are_not_asked():
    check, context = Domain(parameters=(CONSTANT,)), Context(claim="test.domain")
    assert check.prepare(context)[1] == ()
