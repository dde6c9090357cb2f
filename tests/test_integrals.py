"""Integrals in formulas: small ones, narrow ones, endless ones, and those of which a rule gets no digits."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.statement import Parameter
from verify.checks import Context, Precision
from verify.compile import Candidate, CandidateError, quadrature
from verify.evidence import Holds

a = sp.Symbol("a", positive=True)
A = Parameter(symbol=a, meaning="size", domain=sp.Interval.open(0, sp.oo), typical=(0.3, 20))
x, z = sp.symbols("x z", real=True)
BEYOND = sp.Piecewise(((z - a) ** 2, z > a), (0, True))


def formula(right):
    return Candidate((right,), (), (A,))


def beyond(edge):
    """E (z - a)^2 where z > a."""
    return (1 + edge**2) * mpmath.erfc(edge / mpmath.sqrt(2)) / 2 - edge * mpmath.npdf(edge)


def lorentzian(share):
    return mpmath.sqrt(share) ** -1 * 2 * mpmath.atan(50 / mpmath.sqrt(share)) / 50


CASES = {  # integral, value of a, and what it is
    "narrow": (sp.Integral(1 / (a + 2500 * x**2), (x, -1, 1)), 1, lorentzian),
    "narrow and small": (
        sp.Integral(sp.exp(-150) / (a + 2500 * x**2), (x, -1, 1)),
        1,
        lambda v: mpmath.exp(-150) * lorentzian(v),
    ),
    "a peak aside": (
        sp.Integral(sp.exp(-a * (x - 1) ** 2), (x, -sp.oo, sp.oo)),
        10**6,
        lambda v: mpmath.sqrt(mpmath.pi / v),
    ),
    "slow decay": (sp.Integral(1 / (a + x**2), (x, -sp.oo, sp.oo)), 2, lambda v: mpmath.pi / mpmath.sqrt(v)),
    "half a line": (sp.Integral(x**3 / (sp.exp(a * x) - 1), (x, 0, sp.oo)), 2, lambda v: mpmath.pi**4 / 15 / v**4),
    "the other half": (
        sp.Integral(sp.exp(a * x) * x**2, (x, -sp.oo, -40)),
        2,
        lambda v: mpmath.gammainc(3, 40 * v) / v**3,
    ),
    "singular ends": (sp.Integral(1 / sp.sqrt(a - x**2), (x, -sp.sqrt(a), sp.sqrt(a))), 3, lambda v: mpmath.pi),
    "odd": (sp.Integral(x * sp.exp(-a * x**2), (x, -1, 1)), 1, lambda v: mpmath.mpf(0)),
    "waves": (
        sp.Integral(sp.exp(-90 - a * x) * sp.cos(40 * x), (x, 0, 3)),
        1,
        lambda v: mpmath.exp(-90) * mpmath.re((1 - mpmath.exp(-3 * (v - 40j))) / (v - 40j)),
    ),
    "small mean": (GaussE(sp.exp(-80) * sp.exp(-a * z**2), z), 3, lambda v: mpmath.exp(-80) / mpmath.sqrt(1 + 2 * v)),
    "mean far out": (
        GaussE(sp.exp(-a * (z - 10) ** 2), z),
        1,
        lambda v: mpmath.exp(-100 * v / (1 + 2 * v)) / mpmath.sqrt(1 + 2 * v),
    ),
    "growing": (GaussE(sp.exp(a * z), z), 12, lambda v: mpmath.exp(v**2 / 2)),
    "odd mean": (GaussE(z * sp.exp(-a * z**2), z), 1, lambda v: mpmath.mpf(0)),
    "beyond a kink": (GaussE(BEYOND, z), 9, beyond),
    "root at a kink": (
        GaussE(sp.Piecewise((sp.sqrt(z), z > 0), (0, True)) * a, z),
        1,
        lambda v: v * mpmath.gamma(0.75) / (2 ** mpmath.mpf(0.75) * mpmath.sqrt(mpmath.pi)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_integrals_have_the_digits_that_were_asked_for(name):
    """mpmath.quad alone gives 5.4 times the second one, and float64 with 80 nodes 0.92 times the first."""
    integral, value, exact = CASES[name]
    size = 1 if name.startswith("odd") else 0
    for dps in (20, 30, 50):
        with mpmath.workdps(dps + 30):
            expected = exact(mpmath.mpf(value))
            apart = abs(formula(integral).mpmath(dps, a=value) - expected)
            share = quadrature.SHARE if name.startswith("singular") else 1
            assert apart <= mpmath.mpf(10) ** (-share * dps) * max(abs(expected), size), (dps, mpmath.nstr(apart, 3))


@pytest.mark.parametrize("name", CASES)
def test_integrals_in_float64_are_right_at_several_values_at_once(name):
    integral, value, exact = CASES[name]
    values = np.array([[value], [1.25 * value]])
    found = formula(integral).numpy(a=values)
    with mpmath.workdps(40):
        expected = np.array([[float(exact(mpmath.mpf(v)))] for v in values.flat])
    size = 1 if name.startswith("odd") else 0
    assert found.shape == (2, 1)
    assert np.all(
        abs(found - expected) <= (1e-7 if name.startswith("singular") else 1e-9) * np.maximum(abs(expected), size)
    )
    assert formula(integral).numpy(a=float(value)) == pytest.approx(found[0, 0], rel=1e-7, abs=1e-15)


def test_far_kinks_lie_within_the_reach_of_mpmath():
    for dps in (20, 50):
        with mpmath.workdps(dps + 200):
            expected = beyond(mpmath.mpf(30))
            assert abs(formula(GaussE(BEYOND, z)).mpmath(dps, a=30) / expected - 1) < mpmath.mpf(10) ** -dps


@pytest.mark.parametrize(
    "integral",
    [
        sp.Integral(sp.Mod(10**9 * a * x, 1), (x, 0, 1)),
        sp.Integral(1 / (1 + a * x**2) ** sp.Rational(1, 2), (x, -sp.oo, sp.oo)),  # infinite
        GaussE(sp.exp(a * z**2), z),  # infinite
        GaussE(sp.sin(10**6 * a * z) ** 2 * sp.sign(sp.sin(10**5 * z)), z),
    ],
)
def test_what_does_not_settle_is_refused_and_not_rounded(integral):
    for way in (lambda f: f.numpy(a=1.0), lambda f: f.mpmath(20, a=1)):
        with pytest.raises((CandidateError, NotImplementedError)):
            way(formula(integral))


def test_sharp_averages_get_more_nodes():
    """With nodes 1/64 apart tanh(1000 z)^2 is off by 0.4 %."""
    average, values = formula(GaussE(sp.tanh(a * z) ** 2, z)), (100, 1000)
    with mpmath.workdps(40):
        for value, found in zip(values, average.numpy(a=np.array(values, dtype=float)), strict=True):
            exact = 1 - _mean_of_sech(value)
            assert abs(average.mpmath(30, a=value) - exact) < mpmath.mpf(10) ** -25
            assert found == pytest.approx(float(exact), rel=1e-9)


def _mean_of_sech(value):
    """E sech(v z)^2, by panels that are as narrow as the function is."""
    ends = [mpmath.mpf(k) / value for k in (0, 1, 2, 4, 8, 16, 32, 64)]
    return 2 * mpmath.quad(lambda u: mpmath.sech(value * u) ** 2 * mpmath.npdf(u), ends)


def test_a_rule_knows_whether_it_has_settled():
    node, weight = quadrature.legendre(80)
    for width, settled in ((1.0, True), (0.3, True), (0.02, False)):
        value, found = quadrature.by_legendre(weight / (1 + (node / width) ** 2), 80)
        assert bool(found) is settled and bool(abs(value - 2 * width * math.atan(1 / width)) < 1e-12) is settled
    terms = np.exp(-(np.arange(-9, 9.1, 0.25) ** 2))
    assert quadrature.halved(terms)[1] and quadrature.halved(terms[8:])[1]
    assert not quadrature.halved(terms[30:])[1]  # it begins within the peak
    assert not quadrature.halved(terms[::4])[1]


SUMS = {  # a reference that stops at an absolute error, the formula, and what mpmath gives for it with 30 digits
    "sum": (
        lambda dps, p: mpmath.nsum(lambda k: (k + mpmath.mpf(p["a"])) ** -30, [0, mpmath.inf]),
        sp.zeta(30, a),
        "100",
    ),
    "integral": (
        lambda dps, p: mpmath.quad(
            lambda u: (u - mpmath.mpf(p["a"])) ** 2 * mpmath.npdf(u), [mpmath.mpf(p["a"]), mpmath.inf]
        ),
        GaussE(BEYOND, z),
        "14",
    ),
}


@pytest.mark.parametrize("name", SUMS)
def test_a_small_reference_is_worked_out_with_more_digits(name):
    """With 30 and 50 digits mpmath.nsum gives the same sum, 6 % off: the right formula was refuted."""
    reference, right, value = SUMS[name]
    check = Precision(name="small", against="mpmath", reference=reference, points=({"a": value},))
    context = Context(claim="sample", false_alarms=1e-7)
    prepared = check.prepare(context)
    assert prepared[0].agrees and prepared[0].digits > 50
    assert check.judge(formula(right), prepared, context).verdict is Holds.HOLDS
    assert check.judge(formula(right * (1 + sp.Rational(1, 10**15))), prepared, context).verdict is Holds.REFUTED


def test_references_of_common_size_have_the_digits_of_the_check():
    context = Context(claim="sample", false_alarms=1e-7)
    for size, more in ((1, 0), (2e-9, 0), (2e-13, 12), (2e-200, 199), (1e-310, 0), (0, 0)):
        values = [mpmath.mpf(size), 2]
        check = Precision(name="size", against="", reference=lambda dps, p, v=values: v, points=({"a": "1"},))
        prepared = check.prepare(context)
        assert prepared[0].digits == 50 + more
        found = check.judge(Candidate(tuple(map(sp.Float, values)), (), (A,)), prepared, context)
        assert ("more of them for small values" in found.detail) is (more > 0)


def test_a_value_that_is_finite_by_chance_is_refused():
    """A place between the nodes of the rule has no value."""
    with mpmath.workdps(20):
        (probe, *_) = quadrature._probes([mpmath.mpf(0), mpmath.mpf(1)])
        with pytest.raises(CandidateError, match="not settled"):
            quadrature.with_digits(
                lambda u: mpmath.nan if u == probe else mpmath.exp(u), [mpmath.mpf(0), mpmath.mpf(1)]
            )
        endless = quadrature.with_digits(lambda u: mpmath.inf, [mpmath.mpf(0), mpmath.mpf(1)])
        assert not mpmath.isfinite(endless)


@pytest.mark.parametrize("frequency", (24, 49, 50, 400))
def test_waves_that_are_in_time_with_the_nodes_are_told(frequency):
    """E cos(50 z) came out as 0.965 from nodes 1/4 and 1/8 apart, which lie on its crests."""
    with mpmath.workdps(40):
        assert abs(formula(GaussE(sp.cos(frequency * z), z)).mpmath(30, a=1)) < mpmath.mpf(10) ** -30


@pytest.mark.parametrize("frequency", (18.8, 30, 37.7, 50, 201, 402.12, 603, 804.2, 1608.5))
@pytest.mark.parametrize("nested", (False, True))
def test_waves_that_are_in_time_with_the_nodes_are_told_in_float64(frequency, nested):
    """E cos(402.12 z) came out as 1 from nodes 1/64 and 1/32 apart, and E (E cos(18.8 (z + z' / 100)))^2 as 0.95."""
    shift = sp.Symbol("shift", real=True)
    wave = GaussE(GaussE(sp.cos(a * (z + shift / 100)), shift) ** 2, z) if nested else GaussE(sp.cos(a * z + 1), z)
    exact = math.exp(-((frequency / 100) ** 2)) / 2 if nested else 0
    try:
        found = formula(wave).numpy(a=frequency)
    except CandidateError:
        assert frequency > (30 if nested else 1000)
        return
    assert found == pytest.approx(exact, rel=1e-6, abs=1e-12)


def test_long_waves_settle():
    for frequency in (0.5, 3, 20, 100):
        found = formula(GaussE(sp.cos(a * z + 1), z)).numpy(a=frequency)
        assert found == pytest.approx(math.exp(-(frequency**2) / 2) * math.cos(1), abs=1e-15)


def test_short_waves_do_not_settle_by_chance():
    """Of evenly spaced nodes, every other gives the same where a wave is a whole number of steps long."""
    t = np.arange(-9, 9.1, 1 / 8)
    for frequency in np.arange(30, 400, 0.37):
        place = 1.5 * np.sinh(t / 1.5)
        terms = np.exp(-(place**2) / 2) * np.cosh(t / 1.5) * (2 + np.cos(frequency * place))
        assert not quadrature.halved(terms, 1e-3)[1]


@pytest.mark.parametrize("correlation", (0.05, 0.6, 0.97, 0.9999))
def test_averages_in_one_another_are_judged_together(correlation):
    """Far out in one field the other's average does not settle by itself: E phi'(u) phi'(v) of tanh was refused."""
    variances = np.array([0.1, 2, 15, 80])
    u, v = sp.sqrt(a) * z, sp.sqrt(a) * (correlation * z + math.sqrt(1 - correlation**2) * x)
    kernel = formula(GaussE(sp.sech(u) ** 2 * GaussE(sp.sech(v) ** 2, x), z))
    found = kernel.numpy(a=variances)
    places = np.arange(-9, 9, 1 / 128)
    weight = np.exp(-(places**2) / 2) / math.sqrt(2 * math.pi) / 128
    for variance, value in zip(variances, found, strict=True):
        first, second = places[:, None], correlation * places[:, None] + math.sqrt(1 - correlation**2) * places
        slopes = 1 / np.cosh(math.sqrt(variance) * first) ** 2 / np.cosh(math.sqrt(variance) * second) ** 2
        assert value == pytest.approx(float(weight @ slopes @ weight), rel=1e-8)
        assert kernel.numpy(a=variance) == pytest.approx(value, rel=1e-8)


def test_too_many_averages_in_one_another_are_refused():
    places = sp.symbols("p1:5", real=True)
    inner = sp.Integer(1) + sp.tanh(sp.Integer(40) * sum(places))
    for place in places:
        inner = GaussE(inner**2, place)
    with pytest.raises(CandidateError, match="not settled"):
        formula(a * inner).numpy(a=1.0)


def _dawson(frequency):
    """E of the wave beyond its kink at zero: cos(1) of half a Gaussian, sin(1) of Dawson's integral."""
    from scipy import special

    half, other = math.exp(-(frequency**2) / 2) / 2, special.dawsn(frequency / math.sqrt(2)) / math.sqrt(math.pi)
    return math.cos(1) * half - math.sin(1) * other


WAVES = {
    "segment": (sp.Integral(sp.cos(a * x + 1), (x, 0, 1)), lambda k: (math.sin(k + 1) - math.sin(1)) / k),
    "half a line": (
        sp.Integral(sp.cos(a * x + 1) * sp.exp(-x), (x, 0, sp.oo)),
        lambda k: (math.cos(1) - k * math.sin(1)) / (1 + k * k),
    ),
    "line": (
        sp.Integral(sp.cos(a * x + 1) * sp.exp(-(x**2) / 2), (x, -sp.oo, sp.oo)),
        lambda k: math.sqrt(2 * math.pi) * math.exp(-(k**2) / 2) * math.cos(1),
    ),
    "beyond a kink": (GaussE(sp.Piecewise((sp.cos(a * z + 1), z > 0), (0, True)), z), _dawson),
}


@pytest.mark.parametrize("name", WAVES)
def test_waves_of_any_length_are_right_or_refused(name):
    integral, exact = WAVES[name]
    for frequency in np.geomspace(0.7, 2500, 60):
        try:
            found = formula(integral).numpy(a=frequency)
        except CandidateError:
            assert frequency > 1000
            continue
        assert found == pytest.approx(exact(frequency), abs=1e-7)  # of what is of order one before it cancels


@pytest.mark.parametrize(("variance", "correlation"), ((1, 0.3), (8, 0.97), (15, 0.999)))
def test_averages_in_one_another_are_judged_together_in_mpmath(variance, correlation):
    """1 - tanh^2 is rounding noise far out: E phi'(u) phi'(v) had no value at variance 8 and correlation 0.97."""
    u, v = sp.sqrt(a) * z, sp.sqrt(a) * (correlation * z + sp.sqrt(1 - sp.Rational(str(correlation)) ** 2) * x)
    kernel = formula(GaussE((1 - sp.tanh(u) ** 2) * GaussE(1 - sp.tanh(v) ** 2, x), z))
    assert float(kernel.mpmath(15, a=variance)) == pytest.approx(float(kernel.numpy(a=variance)), rel=1e-9)


def test_averages_of_averages_may_be_zero():
    odd = formula(GaussE(sp.sin(a * z) * GaussE(sp.sin(a * z + x) ** 2, x), z))
    mean = sp.exp(-sp.Rational(1, 2)) / sp.sqrt(2 * sp.pi) + (1 + sp.erf(1 / sp.sqrt(2))) / 2  # of max(z, 1)
    kinked = formula(GaussE((sp.Max(z, 1) - mean) * GaussE(sp.tanh(a * x) ** 2, x), z))
    for average in (odd, kinked):
        assert abs(average.mpmath(20, a=2)) < 1e-15
        assert abs(average.numpy(a=2.0)) < 1e-14


def test_a_sum_in_a_sum_is_a_field_like_any_other():
    """Mutants have sums that SymPy did not put together: the kink of one was no polynomial, and the claim an error."""
    field = sp.Add(sp.Rational(3, 5) * z, sp.Add(x, sp.Rational(4, 5), evaluate=False), evaluate=False)
    kinked = formula(GaussE(sp.Max(z, 0) * GaussE(sp.Max(field, 0), x), z))
    smooth = formula(GaussE(sp.tanh(z) * GaussE(sp.tanh(field), x), z))
    together = formula(GaussE(sp.Max(z, 0) * GaussE(sp.Max(sp.Rational(3, 5) * z + x + sp.Rational(4, 5), 0), x), z))
    assert kinked.numpy(a=1.0) == pytest.approx(together.numpy(a=1.0), rel=1e-12)
    assert float(smooth.arb(60, a=1).mid()) == pytest.approx(float(smooth.numpy(a=1.0)), rel=1e-9)
