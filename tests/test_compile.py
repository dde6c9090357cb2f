"""One expression, four backends, one value; and ball arithmetic that is never wrong."""

from __future__ import annotations

from functools import partial

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations.activations import ACTIVATIONS, HARD_TANH, RELU, TANH
from derivations.calculus.gaussian import GaussE
from derivations.statement import Parameter
from derivations.symbols import phi, q, s, x, z
from verify import certify
from verify.catalogue import load
from verify.compile import (
    Candidate,
    CandidateError,
    LackingQuantity,
    Unsupported,
    kinks,
    mpmath_function,
    numpy_function,
    solved,
    torch_function,
)
from verify.compile.candidate import ARB, MPMATH, NUMPY

POSITIVE = sp.Interval.open(0, sp.oo)
Q = Parameter(symbol=q, meaning="length", domain=POSITIVE, typical=(0.3, 4))
S = Parameter(symbol=s, meaning="size", domain=POSITIVE, typical=(0.3, 4))
PHI = Parameter(symbol=phi, meaning="activation")
SLOPE = sp.Subs(sp.Derivative(phi(x), x), x, sp.sqrt(q) * z)

ELEMENTARY = [
    sp.exp(-q) * s,
    sp.log(1 + q),
    sp.tanh(q) ** 2 / s,
    sp.sech(q) ** 4,
    sp.erf(q) - sp.erfc(s),
    sp.sqrt(q) * s ** sp.Rational(3, 2),
    sp.sin(q) * sp.cos(s),
    sp.atan(q / s),
    sp.pi * q,
    sp.E**s,
    q**-3,
    sp.cosh(q) / sp.sinh(s),
    sp.Piecewise((q, q < s), (s**2, True)),
    sp.Max(q, s),
    sp.Abs(q - s),
    sp.polygamma(0, q) + sp.polygamma(1, s / 2),
]


@pytest.mark.parametrize("expression", ELEMENTARY, ids=str)
def test_backends_agree(expression):
    formula = Candidate((expression,), (), (Q, S))
    exact = formula.mpmath(40, q="1.37", s="0.83")
    assert abs(formula.numpy(q=1.37, s=0.83) - exact) < 1e-14 * (1 + abs(exact))
    assert abs(float(formula.torch(q=1.37, s=0.83)) - exact) < 1e-14 * (1 + abs(exact))
    if not expression.has(sp.Max, sp.Abs, sp.atan):
        enclosure = formula.arb(140, q="1.37", s="0.83")
        with certify.precision(140):
            assert enclosure.overlaps(certify.ball(mpmath.nstr(exact, 40)) + certify.arb(0, 1e-38))


def test_what_is_divided_by_zero_has_no_value():
    """Also by a number that stands in the formula, which Python would not divide by."""
    for power in (-1, -2):
        zero = sp.Pow(sp.Add(-1, 1, evaluate=False), power, evaluate=False)
        for expression in (s**power, zero * s):
            with pytest.raises(CandidateError, match="finite"):
                Candidate((expression,), (), (S,)).numpy(s=np.array([0.0, 1.0]))
        assert np.allclose(Candidate((sp.exp(-zero),), (), (S,)).numpy(s=0.5), 0)


def test_finite_sums_are_added_term_by_term():
    k, n = sp.Symbol("k", integer=True), sp.Symbol("n", integer=True, positive=True)
    count = Parameter(symbol=n, meaning="terms", domain=sp.S.Naturals, typical=(3, 9))
    formula = Candidate((sp.Sum(q**k / k, (k, 3, n)),), (), (Q, count))
    exact = sp.Rational(37, 10) ** 3 / 3 + sp.Rational(37, 10) ** 4 / 4
    assert abs(formula.mpmath(30, q="3.7", n=4) * exact.q - exact.p) < 1e-20
    assert np.allclose(formula.numpy(q=np.array([3.7, 3.7]), n=4), float(exact), rtol=1e-14)
    assert formula.arb(100, q="3.7", n=4).overlaps(certify.ball(exact))
    assert float(formula.torch(q=3.7, n=4)) == pytest.approx(float(exact), rel=1e-14)
    assert formula.mpmath(30, q="3.7", n=2) == 0
    with pytest.raises(CandidateError, match="whole"):
        formula.numpy(q=3.7, n=3.5)


RARELY = [
    *(sp.besselj(s, q), sp.besselk(1, q), sp.zeta(q + 1), sp.elliptic_k(q / 4), sp.legendre(s, q), sp.erfinv(q / 4)),
    *(sp.hermite(s, q), sp.Ei(q), sp.Si(q), sp.Mod(q, s), sp.frac(q), sp.sec(q), sp.atan2(s, q), sp.airyai(q)),
    *(sp.uppergamma(s, q), sp.expint(s, q), sp.harmonic(q), sp.dirichlet_eta(q), sp.chebyshevt(s, q)),
]


@pytest.mark.parametrize("expression", RARELY, ids=str)
def test_functions_without_a_rule_are_those_of_sympy(expression):
    """What a user writes in a formula of his own, to any precision, and as arrays."""
    exact = sp.N(expression.subs({q: sp.Rational(13, 10), s: sp.Rational(7, 10)}), 40)
    with mpmath.workdps(40):
        found = MPMATH.evaluate(expression, {q: mpmath.mpf(13) / 10, s: mpmath.mpf(7) / 10})
        assert abs(found - mpmath.mpf(str(exact))) < mpmath.mpf(10) ** -36
    array = NUMPY.evaluate(expression, {q: np.array([1.3, 1.4]), s: np.array(0.7)})
    assert array.shape == (2,) and array[0] == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(("order", "shift"), ((20, 30), (20, 1000), (102.2, 102.2), (1.5, 0.3), (-3, 7)))
def test_small_values_of_zeta_have_relative_digits(order, shift):
    with mpmath.workdps(400):
        exact = mpmath.zeta(mpmath.mpf(order), mpmath.mpf(shift))
    given = {s: mpmath.mpf(order), q: mpmath.mpf(shift)}
    for dps in (15, 30):
        with mpmath.workdps(dps):
            found = MPMATH.evaluate(sp.zeta(s, q), given)
        with mpmath.workdps(50):
            assert abs(found / exact - 1) < mpmath.mpf(10) ** (2 - dps)
    assert NUMPY.evaluate(sp.zeta(s, q), {s: float(order), q: np.array(float(shift))}) == pytest.approx(
        float(exact), rel=1e-13
    )


def test_a_value_of_zeta_that_takes_millions_of_digits_is_refused():
    with pytest.raises(OverflowError):
        MPMATH.evaluate(sp.zeta(s, q), {s: mpmath.mpf(10) ** 6, q: mpmath.mpf(1000)})


def test_jacobi_functions_of_fractional_degree():
    """P_n^(0, -1/2)(2 x^2 - 1) is Legendre's function of degree 2 n; mpmath gives 0 for n + b = 2 and a = 0."""
    degree, place = sp.symbols("degree place")
    given = {degree: mpmath.mpf("2.5"), place: 2 * mpmath.mpf("0.6") ** 2 - 1}
    assert MPMATH.evaluate(sp.jacobi(degree, 0, -sp.Rational(1, 2), place), given) == pytest.approx(
        -477 / 3125, rel=1e-13
    )


def test_matrices_stand_for_letters_that_do_not_commute():
    first, second = sp.symbols("A B", commutative=False)
    entries = [Parameter(symbol=m, meaning="matrix", domain=sp.Reals, typical=(-1, 1)) for m in (first, second)]
    low, high = mpmath.matrix([[1, 2], [3, 4], [5, 7]]), mpmath.matrix([[2, 3, 5], [7, 11, 14]])  # 3 x 2 and 2 x 3
    formula = Candidate((q * sp.transpose(first * second) * first,), (), (Q, *entries))
    assert formula.mpmath(20, q="1.5", A=low, B=high) == mpmath.mpf("1.5") * (low * high).T * low
    with pytest.raises(CandidateError, match="dimensions"):
        formula.mpmath(20, q="1.5", A=low, B=low)


def test_what_a_backend_lacks_is_named():
    with pytest.raises(Unsupported, match="stieltjes"):
        Candidate((sp.stieltjes(q),), (), (Q,)).numpy(q=3.3)
    with pytest.raises(Unsupported, match="transpose"):
        NUMPY.evaluate(sp.transpose(sp.Symbol("A", commutative=False)), {sp.Symbol("A", commutative=False): np.eye(2)})
    with pytest.raises(NotImplementedError, match="Abs"):
        Candidate((GaussE(sp.Abs(q * z), z),), (), (Q,)).arb(100, q="1.5")


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (sp.Abs(q - 3), "1.5"),
        (sp.Max(q, 2) - sp.Min(q, sp.Rational(1, 3)), "1.66666666666666666667"),
        (sp.sign(q - 3) + sp.floor(q) + sp.ceiling(q), "2"),
        (sp.acos(q / 3) + sp.asin(q / 3), "1.57079632679489661923"),
        (sp.atanh(q / 3) - sp.log(3) / 2 + sp.acosh(q) - sp.log(q + sp.sqrt(q**2 - 1)), "0"),
        (sp.gamma(q) - sp.factorial(q) / q + sp.loggamma(q) - sp.log(sp.gamma(q)) + sp.binomial(7, 3), "35"),
        (sp.LambertW(-q / 10, -1) * sp.exp(sp.LambertW(-q / 10, -1)), "-0.15"),
        (sp.Integral(sp.sqrt(x), (x, q, 4)), "4.1085884619417442842"),
    ],
    ids=str,
)
def test_functions_of_real_balls(formula, value):
    found = Candidate((formula,), (), (Q,)).arb(120, q="1.5")
    assert abs(found - certify.ball(value)) < 1e-14 and found.rad() < 1e-25


def test_a_jump_inside_a_ball_gives_no_value():
    wide = flint.arb(2, 1e-3)
    for formula in (sp.floor(q), sp.ceiling(q), sp.sign(q - 2), sp.Heaviside(q - 2)):
        assert not Candidate((formula,), (), (Q,)).arb(60, q=wide).is_finite()
    assert Candidate((sp.Abs(q - 2),), (), (Q,)).arb(60, q=wide).contains(0)


@pytest.mark.parametrize("size", [2, 7, 15, 45, 49, 98, 103])
def test_a_number_that_is_whole_but_for_rounding_has_itself_for_floor_and_ceiling(size):
    """A multiple times an inverse, and the logarithm of a power over that of its base."""
    parts = (
        sp.floor(s / q),
        sp.ceiling(s / q),
        sp.floor(sp.log(q**7) / sp.log(q)),
        sp.ceiling(sp.log(q**7) / sp.log(q)),
    )
    formula = Candidate(parts, (), (Q, S))
    for times in (1, 3, 5):
        assert formula.numpy(q=float(size), s=float(times * size)).tolist() == [times, times, 7, 7]
        for dps in (15, 30, 50):
            assert formula.mpmath(dps, q=size, s=times * size) == [times, times, 7, 7]
    between = formula.mpmath(30, q=size, s=3 * size + 1)
    assert between[:2] == [3, 4] and formula.numpy(q=float(size), s=3.0 * size + 1)[:2].tolist() == [3, 4]


def test_parameters_are_checked():
    with pytest.raises(TypeError, match="takes"):
        Candidate((q,), (), (Q,)).numpy(q=1.0, r=2.0)
    with pytest.raises(TypeError, match="float"):
        Candidate((q,), (), (Q,)).arb(100, q=1.37)


@pytest.mark.parametrize("expression", [1 / (q - q.subs(q, 3)), sp.log(3 - q), sp.sqrt(2 - q)], ids=str)
def test_values_that_are_not_finite_real_numbers_are_refused(expression):
    formula = Candidate((expression,), (), (Q,))
    with pytest.raises(CandidateError):
        formula.mpmath(30, q=3)
    with pytest.raises(CandidateError):
        formula.numpy(q=3.0)


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=lambda a: a.name)
def test_gaussian_averages_agree_and_are_certified(activation):
    formula = Candidate((GaussE(phi(sp.sqrt(q) * z) ** 2, z),), (), (Q, PHI))
    enclosure = formula.arb(140, q="1.37", phi=activation)
    assert enclosure.is_finite() and float(enclosure.rad()) < 1e-25
    with mpmath.workdps(40):
        proven = mpmath.mpf(enclosure.mid().str(35, radius=False))
        assert abs(formula.mpmath(30, q="1.37", phi=activation) - proven) < 1e-24
    assert abs(float(formula.numpy(q=1.37, phi=activation)) - float(enclosure.mid())) < 1e-12


@pytest.mark.parametrize(("q_value", "name"), [("0.05", "small"), ("16.3", "large")])
def test_gaussian_averages_where_gauss_hermite_fails(q_value, name):
    formula = Candidate((GaussE(SLOPE**2, z),), (), (Q, PHI))
    exact = float(formula.arb(140, q=q_value, phi=TANH).mid())
    assert abs(float(formula.numpy(q=float(q_value), phi=TANH)) - exact) < 1e-13 * exact


def test_closed_forms_of_erf_and_relu():
    formula = Candidate((GaussE(phi(sp.sqrt(q) * z) ** 2, z), GaussE(SLOPE**2, z)), (), (Q, PHI))
    arcsine, slope = formula.arb(140, q="0.9", phi=ACTIVATIONS["erf"])
    expected = mpmath.asin(mpmath.mpf(9) / 14) * 2 / mpmath.pi
    assert abs(mpmath.mpf(float(arcsine.mid())) - expected) < 1e-15
    assert abs(float(slope.mid()) - 4 / np.pi / np.sqrt(1 + 4 * 0.9)) < 1e-15
    half, step = formula.arb(140, q="0.9", phi=RELU)
    assert half.overlaps(certify.ball("0.45")) and step.overlaps(certify.ball("0.5"))


def test_a_kink_off_centre_is_split_not_smeared():
    """The trap of ball arithmetic: an unflagged kink gives a wrong value with a tiny radius."""
    shifted = sp.Piecewise((sp.Rational(3, 10) - z, z < sp.Rational(3, 10)), (z - sp.Rational(3, 10), True))
    value = Candidate((GaussE(shifted, z),), (), ()).arb(140)
    assert abs(float(value.mid()) - 0.83352248423442) < 1e-14 and float(value.rad()) < 1e-25
    assert kinks(shifted, z) == (sp.Rational(3, 10),)


def test_kinks_that_are_not_linear_are_refused():
    with pytest.raises(Unsupported, match="not linear"):
        kinks(sp.Piecewise((1, z**2 < 2), (0, True)), z)


def test_derivatives_beyond_a_kink_are_refused():
    with pytest.raises(ValueError, match="kinks"):
        HARD_TANH.derivative(2)


def test_an_integrand_without_a_growth_bound_is_refused():
    with pytest.raises(certify.Unbounded):
        Candidate((GaussE(sp.exp(z**2 / 4), z),), (), ()).arb(100)


@pytest.mark.parametrize(
    ("integrand", "exact"),
    [
        (sp.exp(3 * z), sp.exp(sp.Rational(9, 2))),
        (z**2 * sp.exp(-2 * z), 5 * sp.exp(2)),
        (sp.cosh(z) * sp.sinh(z) * z, sp.exp(2)),
        (sp.exp(1 + z + sp.atan(z)) * sp.exp(-sp.atan(z)), sp.exp(sp.Rational(3, 2))),
    ],
)
def test_integrands_that_grow_like_exponentials_are_enclosed(integrand, exact):
    found = Candidate((GaussE(integrand, z),), (), ()).arb(200)
    with certify.precision(200):
        assert abs(found - certify.ball(str(sp.N(exact, 70)))) < 1e-50


def test_infinite_integrals():
    y = sp.Symbol("y", real=True)
    formula = Candidate((sp.Integral(sp.exp(-q * y**2 / 2), (y, -sp.oo, sp.oo)),), (), (Q,))
    exact = np.sqrt(2 * np.pi / 1.3)
    assert abs(float(formula.mpmath(30, q="1.3")) - exact) < 1e-14
    assert np.allclose(formula.numpy(q=np.array([1.3, 1.3])), exact, rtol=1e-13)


def test_broadcasting_and_components():
    formula = Candidate((q * s, q + s), (), (Q, S))
    assert formula.numpy(q=np.ones((3, 1)), s=np.ones(4)).shape == (2, 3, 4)
    assert Candidate((s.subs(s, sp.Integer(7)),), (), (Q,)).numpy(q=np.ones(5)).shape == (5,)


def test_the_stable_form_serves_floats_only():
    overflow = sp.exp(q) / (1 + sp.exp(q))
    formula = Candidate((overflow,), (), (Q,), stable=(1 / (1 + sp.exp(-q)),))
    assert formula.numpy(q=1e4) == 1.0
    with pytest.raises(CandidateError):
        Candidate((overflow,), (), (Q,)).numpy(q=1e4)


@given(st.floats(-4, 4), st.sampled_from(sorted(ACTIVATIONS)))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_activations_agree_in_every_backend(value, name):
    import torch

    for order in (0, 1):
        exact = float(mpmath_function(ACTIVATIONS[name], order)(mpmath.mpf(value)))
        assert abs(float(numpy_function(ACTIVATIONS[name], order)(np.float64(value))) - exact) < 1e-13
        tensor = torch.tensor(value, dtype=torch.float64)
        assert abs(float(torch_function(ACTIVATIONS[name], order)(tensor)) - exact) < 1e-13


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_autograd_of_an_activation_is_its_derivative(name):
    import torch

    points = torch.tensor([-2.3, -0.7, 0.4, 1.9], dtype=torch.float64, requires_grad=True)
    torch_function(ACTIVATIONS[name])(points).sum().backward()
    expected = np.broadcast_to(numpy_function(ACTIVATIONS[name], 1)(points.detach().numpy()), (4,))
    assert np.allclose(points.grad.numpy(), expected, atol=1e-13)


def test_precision_is_restored():
    import flint

    before = flint.ctx.prec, mpmath.mp.dps
    Candidate((sp.sqrt(q),), (), (Q,)).arb(300, q="1.5")
    Candidate((sp.sqrt(q),), (), (Q,)).mpmath(80, q="1.5")
    assert (flint.ctx.prec, mpmath.mp.dps) == before


def test_certified_root():
    """The length map of a tanh network at sigma_w^2 = 1.69, sigma_b^2 = 0.09 has one fixed point near 0.4."""
    moment = Candidate((GaussE(phi(sp.sqrt(q) * z) ** 2, z),), (), (Q, PHI))
    slope = Candidate((GaussE(phi(sp.sqrt(q) * z) * SLOPE * z / sp.sqrt(q), z),), (), (Q, PHI))
    found = certify.root(
        lambda v: certify.ball("0.09") + certify.ball("1.69") * moment.arb(140, q=v, phi=TANH) - v,
        lambda v: certify.ball("1.69") * slope.arb(140, q=v, phi=TANH) - 1,
        "0.7",
    )
    iterated = 0.7
    for _ in range(400):
        iterated = 0.09 + 1.69 * float(moment.numpy(q=iterated, phi=TANH))
    assert abs(float(found.mid()) - iterated) < 1e-13 and float(found.rad()) < 1e-20
    with pytest.raises(ArithmeticError):
        certify.root(lambda v: v * v + 1, lambda v: 2 * v, "0.7")


# ------------------------------------------------------------------------------------------------ quantities

RATE, AGE, WIDTH = sp.Symbol("xi", positive=True), sp.Function("age"), sp.Symbol("N", positive=True)


@pytest.mark.parametrize(
    ("left", "name", "value"),
    [
        (RATE, "xi", q),
        (1 - RATE, "xi", 1 - q),
        (RATE**2, "xi", sp.sqrt(q)),
        (1 / RATE, "xi", 1 / q),
        (3 * RATE / sp.sqrt(WIDTH), "xi", q * sp.sqrt(WIDTH) / 3),
        (sp.exp(-RATE), "xi", -sp.log(q)),
        (2**RATE, "xi", sp.log(q) / sp.log(2)),
        (1 - sp.tanh(RATE) ** 3, "xi", sp.atanh((1 - q) ** sp.Rational(1, 3))),
        (RATE**2, "xi**2", q),  # a part that is named as a whole
        (sp.log(AGE(WIDTH)), "age(N)", sp.exp(q)),
        (sp.Derivative(AGE(WIDTH), WIDTH), "Derivative(age(N), N)", q),
    ],
)
def test_an_equation_is_solved_for_its_quantity(left, name, value):
    (found,) = solved((left,), (q,), (name,))
    assert sp.simplify(found - value) == 0


def test_quantities_come_in_the_order_in_which_they_are_named():
    width, rate = solved((RATE, 2 * WIDTH), (q, s), ("N", "xi"))
    assert (sp.expand(width - s / 2), rate) == (0, q)


@pytest.mark.parametrize(
    ("left", "quantities", "message"),
    [
        ((WIDTH,), ("xi",), "lacks xi"),
        ((RATE + RATE**2,), ("xi",), "more than once"),
        ((RATE, 2 * RATE), ("xi", "N"), "more than once"),
        ((RATE * WIDTH, s), ("xi", "N"), "not one for each"),
        ((RATE, WIDTH), ("xi",), "not one for each"),
        ((sp.cos(RATE),), ("xi",), "does not determine"),
        ((sp.Limit(WIDTH**2 * AGE(WIDTH), WIDTH, sp.oo),), ("Limit(N*age(N), N, oo, dir='-')",), "lacks Limit"),
    ],
)
def test_a_left_hand_side_that_does_not_give_the_quantity_is_told_in_a_sentence(left, quantities, message):
    with pytest.raises(LackingQuantity, match=message):
        solved(left, (q,) * len(left), quantities)


# ------------------------------------------------------------------------------------------------ traps


@pytest.mark.parametrize("branch", [0, -1])
def test_the_branches_of_lambert_w_are_right_where_they_meet(branch):
    formula = Candidate((sp.LambertW(q, branch),), (), (Q,))
    start = float(-sp.exp(-1))
    assert formula.numpy(q=start) == formula.numpy(q=np.nextafter(start, -1)) == -1
    gaps = np.array([0.0, *np.geomspace(1e-16, 0.3, 60)])
    places = start + gaps
    found = formula.numpy(q=places)
    with mpmath.workdps(40):
        exact = [mpmath.re(mpmath.lambertw(mpmath.mpf(float(x)), branch)) for x in places]
        wrong = [abs(w - e) / max(abs(1 + e), mpmath.mpf("1e-7")) for w, e in zip(found, exact, strict=True)]
        assert max(wrong[1:]) < 1e-8


@pytest.mark.parametrize(("branch", "place"), [(0, -0.4), (-1, -0.4), (-1, 0.2), (1, 0.2)])
def test_lambert_w_has_no_value_where_it_is_complex(branch, place):
    with pytest.raises(CandidateError):
        Candidate((sp.LambertW(q, branch),), (), (Q,)).numpy(q=place)


K, Y, TAU = sp.Symbol("k", integer=True, positive=True), sp.Symbol("y", real=True), sp.Symbol("tau", real=True)
WITH_LETTERS_OF_THEIR_OWN = [
    sp.Product(1 + s / K**2, (K, 1, 7)),
    sp.Product(s, (K, 3, 2)),
    sp.Product(sp.Product(s + K * Y, (K, 1, Y)), (Y, 1, 3)),
    sp.Sum(s**K / (K + Y), (K, 1, Y), (Y, 1, 4)),
    sp.Integral(sp.exp(-s * Y) * TAU, (Y, 0, TAU), (TAU, 0, 1)),
    sp.hyper((s, 2), (3,), sp.Rational(1, 3)),
    sp.meijerg([[1], []], [[s], [0]], sp.S.Half),
    sp.meijerg([[], []], [[0], []], s),
    sp.jn(2, s) * sp.yn(1, s) + sp.fibonacci(s),
    sp.appellf1(s, 1, 1, 2, sp.Rational(1, 3), sp.Rational(1, 4)),
    sp.lerchphi(s / 4, 2, 1),
    sp.Derivative(sp.sin(s * x) / x, x).subs(x, 2),
    sp.Subs(sp.Derivative(sp.exp(-s * x), x), x, 2),
    sp.Determinant(sp.Matrix([[s, 1], [2, s**2]])),
]


@pytest.mark.parametrize("expression", WITH_LETTERS_OF_THEIR_OWN, ids=str)
def test_what_binds_letters_or_takes_lists_has_numbers(expression):
    formula = Candidate((expression,), (), (S,))
    assert formula.lacking == ""
    for place in ("0.83", "1.7"):
        exact = expression.doit().subs(s, sp.Rational(place)).evalf(25)
        with mpmath.workdps(25):
            assert abs(formula.mpmath(20, s=place) / mpmath.mpf(exact) - 1) < 1e-18
        assert formula.numpy(s=float(place)) == pytest.approx(float(exact), rel=1e-11)


def test_products_are_those_of_every_backend():
    formula = Candidate((sp.Product(1 + s / K**2, (K, 1, 7)),), (), (S,))
    exact = formula.mpmath(30, s="0.83")
    assert formula.arb(60, s="0.83").overlaps(flint.arb(mpmath.nstr(exact, 28))) and float(
        formula.torch(s=0.83)
    ) == pytest.approx(float(exact), rel=1e-14)
    assert formula.numpy(s=np.array([[0.83, 1.7]])).shape == (1, 2)


@pytest.mark.parametrize(
    ("expression", "reason"),
    {
        sp.Limit(sp.sin(s * x) / x, x, 0): "cannot evaluate Limit",
        s * sp.Sum(1 / K**2, (K, 1, sp.oo)): "an infinite sum",
        sp.Product(1 + s / K**2, (K, 1, sp.oo)): "an infinite product",
        sp.Integral(sp.exp(s * x), x): "an integral without limits",
        sp.Integral(s, (x, 0, 1), (Y, 0, 1), (TAU, 0, 1)): "more than two variables",
        sp.exp(sp.I * s): "cannot evaluate ImaginaryUnit",
        sp.Derivative(sp.besselj(s, s), s): "cannot evaluate Derivative",
        sp.Piecewise((sp.DiracDelta(s - 1), s < 2), (s, True)): "cannot evaluate DiracDelta",
        sp.hyper((s, sp.bell(s)), (3,), sp.Rational(1, 3)): "cannot evaluate bell",
        sp.rootof(x**5 - x - 1, 0) * s: "cannot evaluate ComplexRootOf",
    }.items(),
    ids=str,
)
def test_what_has_no_numbers_is_named(expression, reason):
    formula = Candidate((expression,), (), (S,))
    assert reason in formula.lacking
    with pytest.raises(Unsupported, match=reason):
        formula.mpmath(20, s="0.83")


def test_functions_that_are_inserted_later_are_not_lacking():
    formula = Candidate((GaussE(SLOPE**2, z) + phi(s),), (), (Q, S, PHI))
    assert formula.lacking == ""


def test_a_sum_whose_limits_cross_has_no_value_in_any_backend():
    """SymPy's doit gives -4 for the sum of k from 5 to 3 (Karr's convention), an empty sum would be 0."""
    k, count = sp.Symbol("k", integer=True), sp.Symbol("n", integer=True)
    limit = Parameter(symbol=count, meaning="end", domain=sp.Integers, typical=(3, 9))
    formula = Candidate((q * sp.Sum(k, (k, 5, count)),), (), (Q, limit))
    for end, value in ((7, 18), (5, 5), (4, 0)):
        assert (
            formula.mpmath(20, q=1, n=end) == formula.numpy(q=1.0, n=end) == float(formula.torch(q=1.0, n=end)) == value
        )
        assert formula.arb(60, q=1, n=end).overlaps(flint.arb(value))
    calls = (partial(formula.mpmath, 20, q=1), partial(formula.numpy, q=1.0), partial(formula.torch, q=1.0))
    for call in (*calls, partial(formula.arb, 60, q=1)):
        with pytest.raises(CandidateError, match="limits cross"):
            call(n=3)


@pytest.mark.parametrize("steps", [1, 3, 12, 24])
def test_decimated_couplings_keep_their_digits_in_floating_point(steps):
    """tanh K rounds to 1 from K = 19 on, and loses digits long before; numbers below 1e-300 are left out."""
    formula, couplings = load("cheap_learning.renormalization").candidate(), np.geomspace(0.01, 200, 60)
    found = formula.numpy(K=couplings, l=steps)
    for column, coupling in zip(found.T, couplings, strict=True):
        exact = formula.mpmath(500, K=mpmath.mpf(coupling), l=steps)
        apart = [abs(value / one - 1) for value, one in zip(column, exact, strict=True) if abs(one) > 1e-300]
        assert max(apart) < 1e-13, coupling


def test_an_integral_beside_branch_cuts_needs_the_analytic_flag():
    """Without it the ball for sqrt(1 + x^2) on [-1, 1] is narrow and wrong (python-flint 0.9.0)."""

    def root(x, analytic):
        return certify.power(1 + x * x, None, sp.S.Half, analytic=analytic)

    def careless(x, analytic):
        return root(x, False)

    with certify.precision(100):
        exact = flint.arb(2).sqrt() + (1 + flint.arb(2).sqrt()).log()
        right, wrong = (flint.acb.integral(f, -1, 1).real for f in (root, careless))
        assert right.overlaps(exact) and right.rad() < 1e-25
        assert wrong.rad() < 1e-25 and not wrong.overlaps(exact)


def test_formulas_pass_the_analytic_flag_to_what_has_branch_cuts(monkeypatch):
    seen = []
    for name in ("power", "logarithm"):
        real = getattr(certify, name)
        monkeypatch.setattr(
            certify, name, lambda *a, analytic=False, real=real: seen.append(analytic) or real(*a, analytic=analytic)
        )
    inside = sp.log(1 + sp.exp(3 * z)) + 1 / sp.sqrt(2 + sp.tanh(z))
    ARB.analytic, before = True, ARB.analytic
    try:
        ARB.evaluate(inside, {z: flint.acb(0.3)})
    finally:
        ARB.analytic = before
    assert seen and all(seen)


@pytest.mark.parametrize("choose", [sp.Max, sp.Min])
def test_complex_numbers_have_no_largest_one(choose):
    """A wrong formula may take the larger of two numbers of which one is complex: it has no value there."""
    formula = Candidate((choose(1, sp.sqrt(2 - q)),), (), (Q,))
    with pytest.raises(CandidateError, match="complex"):
        formula.mpmath(20, q="3.7")


@pytest.mark.parametrize("relation", [sp.Lt, sp.Le, sp.Gt, sp.Ge])
def test_complex_numbers_decide_no_branch(relation):
    """As it stands a wrong condition may compare the root of a negative number, which raised a TypeError."""
    formula = Candidate((sp.Piecewise((q, relation(sp.sqrt(2 - q), 1, evaluate=False)), (1, True)),), (), (Q,))
    with pytest.raises(CandidateError, match="complex"):
        formula.mpmath(20, q="3.7")
