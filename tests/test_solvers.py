"""The float64 solvers of mean-field theory against ball arithmetic, closed forms, mpmath, and themselves."""

from __future__ import annotations

import functools
import itertools
from dataclasses import replace

import mpmath
import numpy as np
import pytest

from derivations.activations import ACTIVATIONS
from numerics.solvers import hermite
from numerics.solvers.chaos import fixed_correlations
from numerics.solvers.correlation import average_product, slope
from numerics.solvers.fixed_correlation import fixed_correlation
from numerics.solvers.kernel import kernel
from numerics.solvers.length import critical_line, critical_points, fixed_points, lengths, scale_free
from numerics.solvers.moments import LARGEST, SMALLEST, moments
from numerics.solvers.nonlinearity import Nonlinearity
from verify.activation.certified import FORMULAS
from verify.activation.reading import activation
from verify.compile.nonlinearity import nonlinearity

LENGTHS = ("0.000001", "0.003", "0.4", "7.3", "120", "10000")
BITS = 75
NAMED = tuple(ACTIVATIONS)
CLOSED = ("relu", "erf", "hard_tanh", "sin")
COLUMNS = {"square": "square", "gradient": "gradient", "curvature": "curvature", "slope": "square_slope"}


def phi(name: str) -> Nonlinearity:
    return nonlinearity(activation(name))


def generic(name: str) -> Nonlinearity:
    """The same without its closed forms, so that the quadrature rules are what is tested."""
    return replace(phi(name), closed=None)


@functools.cache
def certified(name: str, average: str, q: str) -> float | None:
    """None where the enclosure is not finite, as that of softplus at large q, whose logarithm has branch points."""
    ball = FORMULAS[average].arb(BITS, q=q, phi=ACTIVATIONS[name])
    if not ball.is_finite():
        return None
    assert ball.rel_accuracy_bits() > 45 or abs(ball) < 1e-18
    return float(ball.mid())


# ------------------------------------------------------------------------------------------------ averages


@pytest.mark.parametrize("name", NAMED)
def test_averages_agree_with_ball_arithmetic(name):
    """1e-12 over ten decades of the variance; the slope, where terms cancel, relative to what Cauchy-Schwarz allows."""
    compared = 0
    for q in LENGTHS:
        found = moments(phi(name) if name == "sin" else generic(name), float(q))
        size = {column: getattr(found, column) for column in COLUMNS}
        size["slope"] = np.sqrt(found.square * found.gradient / float(q))
        for column, average in COLUMNS.items():
            if size[column] is None:
                continue
            exact = certified(name, average, q)
            if exact is not None:
                compared += 1
                assert abs(getattr(found, column) - exact) <= 1e-12 * abs(size[column]), (column, q)
    assert compared >= 3 * (len(LENGTHS) - 1)


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_agree_with_the_rules(name):
    q = np.geomspace(SMALLEST, 400 if name == "sin" else 1e5, 60)
    closed, rule = moments(phi(name), q), moments(generic(name), q)
    size = np.sqrt(closed.square * closed.gradient / q)
    np.testing.assert_allclose(rule.square, closed.square, rtol=1e-12)
    np.testing.assert_allclose(rule.gradient, closed.gradient, rtol=1e-12)
    assert np.all(np.abs(rule.slope - closed.slope) <= 1e-12 * size)
    assert (closed.curvature is None) == (name in ("relu", "hard_tanh"))


@pytest.mark.parametrize(
    "name", ("max(0,x)**2", "x*clip(x/6+1/2,0,1)", "x * sigmoid(1.7 * x)", "x*exp(-x**2)", "abs(x)")
)
def test_averages_of_typed_activations(name):
    cuts = np.array(sorted({-40.0, 40.0, 0.0, *map(float, activation(name).breakpoints)}))
    edges = np.unique(np.concatenate([np.linspace(a, b, 9) for a, b in itertools.pairwise(cuts)]))
    middle, half = (edges[1:] + edges[:-1])[:, None] / 2, np.diff(edges)[:, None] / 2
    nodes, weights = np.polynomial.legendre.leggauss(400)
    h = middle + half * nodes
    for q in (0.05, 2.2):
        density = half * weights * np.exp(-h * h / 2 / q) / np.sqrt(2 * np.pi * q)
        found = moments(phi(name), q)
        assert found.square == pytest.approx(np.sum(phi(name).value(h) ** 2 * density), rel=1e-12)
        assert found.gradient == pytest.approx(np.sum(phi(name).first(h) ** 2 * density), rel=1e-12)


def test_variances_outside_the_domain_are_refused():
    for q in (0.0, -1.0, SMALLEST / 2, 2 * LARGEST, np.nan, np.inf):
        with pytest.raises(ValueError, match="are offered"):
            moments(phi("tanh"), q)


def test_an_activation_that_grows_too_fast_is_refused():
    fast = Nonlinearity(name="exp(x^2)", value=lambda v: np.exp(v * v), first=lambda v: 2 * v * np.exp(v * v))
    with pytest.raises(ArithmeticError, match="grows too fast"):
        moments(fast, 10.0)


def test_a_rule_that_does_not_resolve_an_activation_is_refused():
    wild = Nonlinearity(name="wild", value=lambda v: np.sin(1e5 * v * v), first=lambda v: np.cos(1e5 * v), reach=10.0)
    with pytest.raises(ArithmeticError, match="do not settle"):
        moments(wild, 1.0)


@pytest.mark.parametrize("wrong", ({"reach": 0.0}, {"breakpoints": (1.0, -1.0)}, {"breakpoints": (1.0, 1.0)}))
def test_a_nonlinearity_checks_itself(wrong):
    with pytest.raises(ValueError):
        Nonlinearity(name="wrong", value=np.tanh, first=np.tanh, **wrong)


# ------------------------------------------------------------------------------------------------ lengths


@pytest.mark.parametrize("name", NAMED)
def test_grids_agree_with_single_points(name):
    weights, biases = np.linspace(0.3, 3, 7), np.array([0.05, 0.4, 1.1])
    grid = lengths(phi(name), weights[:, None], biases)
    for i, weight in enumerate(weights):
        for j, bias in enumerate(biases):
            stable = [p for p in fixed_points(phi(name), weight, bias) if p.stable]
            assert np.isnan(grid.q[i, j]) == (not stable), (weight, bias)
            if stable:
                assert grid.q[i, j] == pytest.approx(stable[-1].q, rel=1e-12)
                assert grid.slope[i, j] == pytest.approx(stable[-1].slope, rel=1e-10, abs=1e-13)


def test_a_fixed_point_solves_its_equation():
    for name in ("tanh", "selu", "silu", "sigmoid", "x*exp(-x**2)"):
        for p in fixed_points(phi(name), 1.3, 0.2):
            assert 0.04 + 1.69 * float(moments(phi(name), p.q).square) == pytest.approx(p.q, rel=1e-13)


def test_lengths_without_biases():
    found = lengths(phi("tanh"), np.array([0.5, 1.5]), 0.0)
    assert found.q[0] == 0 and found.chi1[0] == 0.25 and found.q[1] > 0
    assert [p.q for p in fixed_points(phi("hard_tanh"), 1.0, 0.0)] == [0.0]  # though tiny lengths hardly shrink


def test_fixed_points_outside_the_table_are_refused():
    with pytest.raises(ArithmeticError, match="every length"):
        fixed_points(phi("relu"), np.sqrt(2), 0.0)
    with pytest.raises(ArithmeticError, match="below"):
        fixed_points(phi("tanh"), 0.5, 1e-16)
    with pytest.raises(ArithmeticError, match="above"):
        fixed_points(phi("tanh"), 3e6, 0.0)
    assert fixed_points(phi("relu"), 1.6, 0.1) == ()


@pytest.mark.parametrize("name", ("tanh", "erf", "gelu", "silu", "selu", "hard_tanh", "sigmoid", "sin", "elu"))
def test_critical_points_lie_on_the_critical_line(name):
    for point in critical_points(phi(name), 0.3):
        line = critical_line(phi(name), point.q)
        assert (float(line.sigma_w), float(line.sigma_b)) == pytest.approx((float(point.sigma_w), 0.3), rel=1e-10)
        assert point.sigma_w**2 * moments(phi(name), point.q).gradient == pytest.approx(1, rel=1e-13)
        assert bool(point.stable) == (abs(float(point.slope)) < 1)


def test_series_of_the_critical_line_of_tanh():
    """sigma_w^2 = 1 + 2 q - 3 q^2 + 34 q^3 / 3, sigma_b^2 = 4 q^3 / 3 - 8 q^4 for short lengths."""
    q = np.array([1e-3, 2e-3, 4e-3])
    line = critical_line(phi("tanh"), q)
    np.testing.assert_allclose(line.sigma_w**2, 1 + 2 * q - 3 * q**2 + 34 * q**3 / 3, atol=80 * 4e-3**4)
    error = np.abs(line.sigma_b**2 - 4 * q**3 / 3 + 8 * q**4)
    assert np.all(error < 100 * q**5)


def test_published_critical_point():
    found = critical_points(phi("tanh"), np.sqrt(0.05))[0]
    assert float(found.sigma_w) ** 2 == pytest.approx(1.760955, abs=5e-7)
    assert float(found.q) == pytest.approx(0.570048, abs=5e-7)


FREE = ("relu", "linear", "max(x, x/10)", "abs(x)")


@pytest.mark.parametrize("name", (*FREE, "tanh", "elu", "gelu", "hard_tanh"))
def test_scale_free(name):
    assert scale_free(phi(name)) == (name in FREE)
    if name in FREE:
        with pytest.raises(ArithmeticError, match="every length"):
            critical_points(phi(name), 0.0)


# ------------------------------------------------------------------------------------------------ correlations


def arc_cosine(q: float, c: float) -> float:
    return q * (np.sqrt(1 - c * c) + c * (np.pi - np.arccos(c))) / (2 * np.pi)


@pytest.mark.parametrize("c", (-1.0, -0.6, 0.0, 0.3, 0.99, 1 - 1e-9, 1.0))
@pytest.mark.parametrize("q", (0.01, 1.7, 60.0))
def test_averages_of_two_inputs_against_closed_forms(q, c):
    assert average_product(phi("relu"), q, c) == pytest.approx(arc_cosine(q, c), rel=1e-12, abs=1e-14 * q)
    erf = 2 / np.pi * np.arcsin(2 * q * c / (1 + 2 * q))
    assert average_product(phi("erf"), q, c) == pytest.approx(erf, rel=1e-12, abs=1e-14)
    assert average_product(phi("sin"), q, c) == pytest.approx(np.exp(-q) * np.sinh(q * c), rel=1e-9, abs=1e-13)
    assert slope(phi("relu"), q, c) == pytest.approx((np.pi - np.arccos(c)) / (2 * np.pi), rel=1e-12, abs=1e-15)


def test_different_variances():
    q, other, c = 0.7, 2.9, 0.4
    erf = 2 / np.pi * np.arcsin(2 * c * np.sqrt(q * other) / np.sqrt((1 + 2 * q) * (1 + 2 * other)))
    assert average_product(phi("erf"), q, c, other=other) == pytest.approx(erf, rel=1e-12)
    for name in ("tanh", "selu"):
        ours = average_product(phi(name), q, -c, other=other)
        assert ours == pytest.approx(average_product(phi(name), other, -c, other=q), rel=1e-12)


def test_what_no_average_exists_for_is_refused():
    with pytest.raises(ValueError, match="no derivative of order 2"):
        average_product(phi("relu"), 1.0, 0.5, order=2)
    with pytest.raises(ValueError, match="from -1 to 1"):
        average_product(phi("tanh"), 1.0, 1.01)
    with pytest.raises(ValueError, match="length zero"):
        fixed_correlation(phi("tanh"), 0.0, 1.5)


@pytest.mark.parametrize(
    ("weight", "xi_q", "xi_c"),
    (
        (1.1, 1.40588, 4.25701),
        (1.3, 1.33767, 16.10817),
        (1.7, 1.01496, 9.47063),
        (2.5, 0.68834, 5.10892),
        (4.0, 0.49029, 3.63935),
    ),
)
def test_depth_scales_of_tanh(weight, xi_q, xi_c):
    """Evaluated once with 601 trapezoid nodes and iterated maps, at sigma_b = 0.3."""
    found = lengths(phi("tanh"), weight, 0.3)
    assert float(found.depth) == pytest.approx(xi_q, abs=6e-6)
    assert fixed_correlation(phi("tanh"), float(found.q), weight).depth == pytest.approx(xi_c, abs=6e-6)


def test_fixed_correlation_of_tanh_in_mpmath():
    """c* and the slope there, by a brute-force double sum with 30 digits."""
    weight, bias = 2.5, 0.3
    q = float(lengths(phi("tanh"), weight, bias).q)
    found = fixed_correlation(phi("tanh"), q, weight)
    with mpmath.workdps(30):
        root, step, count = mpmath.sqrt(mpmath.mpf(q)), mpmath.mpf("0.12"), 75
        c = mpmath.mpf(found.c)
        side = mpmath.sqrt(1 - c * c)
        grid = [(k * step, mpmath.npdf(k * step) * step) for k in range(-count, count + 1)]
        tanh = mpmath.tanh
        first = [(s, w, tanh(root * s)) for s, w in grid]
        image = gradient = mpmath.mpf(0)
        for s, w, value in first:
            second = [(v, tanh(root * (c * s + side * t))) for t, v in grid]
            image += w * value * mpmath.fsum(v * u for v, u in second)
            gradient += w * (1 - value**2) * mpmath.fsum(v * (1 - u * u) for v, u in second)
        image = (mpmath.mpf(bias) ** 2 + mpmath.mpf(weight) ** 2 * image) / q
        assert abs(image - c) < 1e-12
        assert abs(mpmath.mpf(weight) ** 2 * gradient - found.slope) < 1e-12


def test_erf_has_its_fixed_correlation_in_closed_form():
    weight, bias = 2.2, 0.25
    q = float(lengths(phi("erf"), weight, bias).q)
    found = fixed_correlation(phi("erf"), q, weight)
    image = bias**2 + weight**2 * 2 / np.pi * np.arcsin(2 * q * found.c / (1 + 2 * q))
    assert image / q == pytest.approx(found.c, abs=1e-13)


@pytest.mark.parametrize(("text", "k"), (("erf(10*x)", 10), ("erf(100*x)", 100)))
@pytest.mark.parametrize("excess", (1.02, 1.5, 8.0))
def test_fixed_correlations_of_steep_error_functions(text, k, excess):
    """From next to 1 to well apart; the closed form of phi(k x) is that of phi at k sigma_w."""
    steep = nonlinearity(activation(text))
    weight = excess * float(critical_points(steep, 0.3)[0].sigma_w)
    q = float(lengths(steep, weight, 0.3).q)
    found = fixed_correlation(steep, q, weight)
    with mpmath.workdps(30):
        image = functools.partial(arc_sine, mpmath.mpf(weight), mpmath.mpf("0.3"), k**2 * mpmath.mpf(q))
        c = mpmath.mpf(found.c)
        slope = mpmath.diff(lambda v: image(k**2 * q * v) / q, c)
        # what is left of the equation comes from q, which is right to 1e-16 of itself
        left = (image(k**2 * q * c) - image(k**2 * mpmath.mpf(q))) / q + 1 - c
        assert abs(left / (1 - slope)) < 3e-14 and abs(slope / found.slope - 1) < 1e-11


def test_close_to_criticality():
    """1 - c* = 2 (chi1 - 1) / (chi2 q) to first order, without losing digits to cancellation."""
    point = critical_points(phi("tanh"), 0.3)[0]
    for excess in (1e-3, 1e-5):
        weight = float(point.sigma_w) * (1 + excess)
        at = lengths(phi("tanh"), weight, 0.3)
        found = fixed_correlation(phi("tanh"), float(at.q), weight)
        leading = 2 * (float(at.chi1) - 1) / (float(at.chi2) * float(at.q))
        assert (1 - found.c) / leading == pytest.approx(1, abs=30 * excess)
        assert found.slope < 1 < at.chi1


def arc_sine(sigma_w, sigma_b, length, covariance):
    """The covariance one layer of error functions further on. Source: Williams 1996, the kernel of error functions."""
    return sigma_b**2 + sigma_w**2 * 2 / mpmath.pi * mpmath.asin(2 * covariance / (1 + 2 * length))


@pytest.mark.parametrize("excess", ["1e-7", "1e-6", "1e-5", "1e-4", "1e-3", "1e-2"])
def test_grids_of_correlations_close_to_criticality(excess):
    """Just above the critical line of erf its closed kernel, with thirty digits, crosses the diagonal at c*."""
    biases = np.array([0.2, 0.9, 1.7])
    weights = np.array([float(critical_points(phi("erf"), b)[0].sigma_w) for b in biases]) * (1 + float(excess))
    at = lengths(phi("erf"), weights, biases)
    found = fixed_correlations(phi("erf"), at.q, weights, at.chi1)
    with mpmath.workdps(30):
        for weight, bias, start, c in zip(weights, biases, at.q, found.c, strict=True):
            image = functools.partial(arc_sine, mpmath.mpf(weight), mpmath.mpf(bias))
            q = mpmath.findroot(lambda length, image=image: image(length, length) - length, start)
            before, behind = (mpmath.mpf(c) + shift for shift in (-1e-10, 1e-10))
            assert image(q, q * before) > q * before and image(q, q * behind) < q * behind and behind < 1


@pytest.mark.parametrize("name", ("tanh", "erf", "hard_tanh"))
def test_grids_of_correlations_agree_with_single_points(name):
    weights, biases = np.array([1.0, 1.6, 2.4]), np.array([0.3, 0.7])
    at = lengths(phi(name), weights[:, None], biases)
    coarse = 1e-5 if name == "hard_tanh" else None  # in full it takes seconds
    grid = fixed_correlations(phi(name), at.q, weights[:, None], at.chi1, coarse)
    tolerance = 1e-4 if coarse else 2e-11
    for i, weight in enumerate(weights):
        for j in range(len(biases)):
            found = fixed_correlation(phi(name), float(at.q[i, j]), float(weight))
            assert grid.c[i, j] == pytest.approx(found.c, abs=tolerance)
            assert grid.slope[i, j] == pytest.approx(found.slope, abs=tolerance)
    nothing = fixed_correlations(phi(name), np.array([np.nan, 0.0]), 1.0, np.array([np.nan, 0.5]))
    assert np.all(np.isnan(nothing.c)) and np.all(np.isnan(nothing.depth))


# ------------------------------------------------------------------------------------------------ kernels


def inputs(count: int) -> np.ndarray:
    """A covariance of vectors with different lengths."""
    vectors = np.random.default_rng(3).normal(size=(count, 6)) * np.linspace(0.5, 1.5, count)[:, None]
    return vectors @ vectors.T / 6


@pytest.mark.parametrize("name", ("relu", "erf", "tanh", "selu"))
def test_kernels_agree_with_pairs(name):
    first = inputs(4)
    found = kernel(phi(name), first, 1.3, 0.2, 2)
    expected = first
    for _ in range(2):
        q = np.diagonal(expected)
        correlation = np.clip(expected / np.sqrt(np.multiply.outer(q, q)), -1, 1)
        expected = np.array(
            [
                [0.04 + 1.69 * average_product(generic(name), q[i], correlation[i, j], other=q[j]) for j in range(4)]
                for i in range(4)
            ]
        )
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)
    np.testing.assert_array_equal(found, found.T)


def test_mehler_agrees_with_the_arc_sine():
    first = inputs(20)
    closed, series = kernel(phi("erf"), first, 1.5, 0.3, 3), kernel(generic("erf"), first, 1.5, 0.3, 3)
    np.testing.assert_allclose(series, closed, rtol=1e-12)
    np.testing.assert_array_equal(kernel(phi("erf"), first, 1.5, 0.3, 0), first)


@pytest.mark.parametrize("wrong", (np.ones(3), np.array([[1.0, 0.2], [0.3, 1.0]]), np.zeros((2, 2))))
def test_what_is_no_covariance_is_refused(wrong):
    with pytest.raises(ValueError):
        kernel(phi("tanh"), wrong, 1.0, 0.0, 1)


def test_hermite_coefficients():
    found = hermite.coefficients(phi("tanh"), np.array([0.4, 3.0]))
    for q, row in zip((0.4, 3.0), found, strict=True):
        c = 0.35
        assert np.sum(row**2 * c ** np.arange(len(row))) == pytest.approx(average_product(phi("tanh"), q, c), rel=1e-12)
    assert np.max(np.abs(found[:, ::2])) < 1e-14  # tanh is odd
    with pytest.raises(ArithmeticError, match="Hermite coefficients"):
        hermite.coefficients(phi("hard_tanh"), np.array([1.0]))


def test_two_inputs_beside_a_step_that_hardly_any_reaches_stay_parallel():
    """1 - c = k sqrt(1 - c) for a deviation, with k below rounding: c* is 1 to rounding, and the slope there is 1/2."""
    step = nonlinearity(activation("np.step(x - 1.7)"))
    found = fixed_correlation(step, 0.04, 1.3)
    assert found.c == 1.0 and found.slope == pytest.approx(0.5, abs=1e-12)
