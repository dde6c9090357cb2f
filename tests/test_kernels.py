"""Kernels in closed form against 40-digit quadrature, the peer's own table of them, and tangent kernels in depth."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
import sympy as sp

from derivations.activations import TANH, Activation
from derivations.symbols import q as length
from derivations.symbols import x
from numerics.solvers import closed_kernels, error_functions
from numerics.solvers.chaos import fixed_correlations
from numerics.solvers.closed_kernels import ClosedKernel
from numerics.solvers.correlation import average_product
from numerics.solvers.kernel import kernel
from numerics.solvers.length import lengths
from numerics.solvers.moments import moments
from numerics.solvers.tangent import pair_averages, tangent
from verify import catalogue
from verify.activation.closed_form import c as correlation
from verify.activation.closed_form import closed_form
from verify.activation.kernel import NoKernel, kernel_answer
from verify.activation.reading import activation
from verify.activation.unit import unit
from verify.compile.nonlinearity import nonlinearity

# What neural-tangents 0.6.5 has in closed form, in its own parameters where it has some.
FAMILIES = {
    "erf": "erf(x)",
    "relu": "relu(x)",
    "gelu": "gelu(x)",
    "sin": "sin(x)",
    "cos": "cos(x)",
    "leaky relu": "x if x > 0 else 0.1*x",
    "abs": "abs(x)",
    "gaussian": "exp(-x**2)",
    "cubic": "x**3",
    "hermite 2": "(x**2 - 1)/sqrt(2)",
    "hermite 3": "(x**3 - 3*x)/sqrt(6)",
    "abrelu": "-0.3*min(x,0) + 1.7*max(x,0)",
    "rbf": "sqrt(2)*sin(sqrt(2*0.7)*x + pi/4)",
    "scaled sine": "1.3*sin(0.7*x - 0.4)",
    "exp": "exp(x)",
    "scaled exp": "0.7*exp(0.4*x)",
    "rectified 2": "max(x,0)**2",
    "rectified 3": "max(x,0)**3",
    "shifted erf": "0.5*erf(x/2.4) + 0.5",
    "steep erf": "erf(3*x) - 0.2",
    "wide gelu": "x*(1 + erf(1.3*x))/2",
    "sum of waves": "sin(x) + cos(x)",
    "lifted bump": "3*exp(-x**2/2 + 1) - 1",
    "left cubic": "min(x,0)**3 + 0.2",
    "line": "2*x + 1",
}
SIGMOID_LIKE = sp.Rational("2.4020563531719796")  # its constant, which has more digits than are typed
LENGTHS, CORRELATIONS = (0.4, 1.0, 2.7), (-1.0, -0.6, 0.0, 0.3, 0.999999, 1.0)


@functools.cache
def chosen(name: str) -> Activation:
    if name == "sigmoid-like":
        return Activation(name=name, expression=(1 + sp.erf(x / SIGMOID_LIKE)) / 2)
    return activation(FAMILIES[name])


NAMES = (*FAMILIES, "sigmoid-like")


# ------------------------------------------------------------------------------------------------ one layer


@pytest.mark.parametrize("name", NAMES)
def test_closed_forms_agree_with_nested_averages(name):
    """Averages and those of slopes, at equal and unequal lengths, in units of what Cauchy and Schwarz allow: 2e-13."""
    form, phi = closed_form(chosen(name)).kernel, replace(nonlinearity(chosen(name)), closed=None)
    compared = 0
    for q, p, c in itertools.product(LENGTHS, LENGTHS, CORRELATIONS):
        for order, function in enumerate((form.product, form.slope)):
            size = math.sqrt(float(function(q, q, 1.0) * function(p, p, 1.0)))
            try:
                expected = average_product(phi, q, c, order, other=p)
            except ArithmeticError:
                continue
            compared += 1
            assert abs(float(function(q, p, c)) - expected) <= 2e-13 * size, (q, p, c, order)
    assert compared == 2 * len(LENGTHS) ** 2 * len(CORRELATIONS) or "exp" in name


@pytest.mark.parametrize("name", NAMES)
def test_printed_formulas_are_the_numbers(name):
    form = closed_form(chosen(name))
    for q, c in itertools.product(LENGTHS, (-0.6, 0.0, 0.3, 0.97)):
        at = {length: sp.Float(q, 40), correlation: sp.Float(c, 40)}
        for formula, number in (
            (form.product, form.kernel.product(q, q, c)),
            (form.slope, form.kernel.slope(q, q, c)),
            (form.mean, form.kernel.mean(np.asarray(q))),
        ):
            exact = float(sp.re(sp.N(formula.subs(at), 30)))
            assert abs(float(number) - exact) <= 2e-14 * (abs(exact) + float(form.kernel.product(q, q, 1.0))), (q, c)


@pytest.mark.parametrize("name", NAMES)
def test_an_input_with_itself_is_no_special_case(name):
    """On the diagonal the peer has NaN for rectified monomials; the mean and the variance agree with averages there."""
    form, phi = closed_form(chosen(name)).kernel, nonlinearity(chosen(name))
    for q in (1e-12, 1e-4, 1.0, 9.0):
        found = float(form.product(q, q, 1.0))
        assert np.isfinite(found) and np.isfinite(float(form.slope(q, q, 1.0)))
        assert found >= float(form.mean(np.asarray(q))) ** 2 * (1 - 1e-14)
    z = np.arange(-12, 12, 1 / 4096) + 1 / 8192
    weight = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) / 4096
    assert float(form.mean(np.asarray(1.3))) == pytest.approx(weight @ phi.value(np.sqrt(1.3) * z), abs=1e-7)


@pytest.mark.parametrize("order", (1, 2, 3))
def test_rectified_monomials_have_the_moments_of_half_a_gaussian(order):
    """E max(h, 0)^(2n) = q^n (2n - 1)!! / 2."""
    base = closed_kernels.rectified(order)
    for q in (0.3, 1.0, 6.0):
        expected = q**order * math.prod(range(1, 2 * order, 2)) / 2
        assert float(base.product(*map(np.asarray, (q, q, 1.0)))) == pytest.approx(expected, rel=1e-15)
        assert float(base.product(*map(np.asarray, (q, q, -1.0)))) == pytest.approx(0, abs=1e-15 * expected)


@pytest.mark.parametrize("values", ((-1, 1), (0, 1), (2, -3)))
def test_steps(values):
    """sign, heaviside and the like: the average of a product is the arc-sine law; there is no tangent kernel."""
    low, high = values
    step = Activation(
        name="step",
        expression=sp.Piecewise((low, x < 0), (high, True), evaluate=False),
        breakpoints=(sp.Integer(0),),
        smoothness=-1,
    )
    form = closed_form(step)
    for c in CORRELATIONS:
        both = 0.25 + math.asin(c) / (2 * math.pi)  # both positive
        expected = (low**2 + high**2) * both + 2 * low * high * (0.5 - both)
        assert float(form.kernel.product(0.7, 3.0, c)) == pytest.approx(expected, abs=1e-15 * (low**2 + high**2))
    assert float(form.kernel.mean(np.asarray(2.0))) == (low + high) / 2
    assert form.slope is None
    with pytest.raises(ArithmeticError, match="jumps"):
        form.kernel.slope(1.0, 1.0, 0.5)


@pytest.mark.parametrize(
    "text", ("tanh(x)", "x*tanh(x)", "silu(x)", "hard_tanh(x)", "x*sin(x)", "max(x,x**2)", "elu(x)")
)
def test_what_is_not_known_is_not_guessed(text):
    assert closed_form(activation(text)) is None


def test_short_fields_lose_no_digits():
    """E sin sin, E erf erf and E gelu gelu at lengths where they are almost linear."""
    for name, factor in (("sin", 1.0), ("erf", 4 / math.pi), ("gelu", 0.25)):
        form = closed_form(chosen(name)).kernel
        for q in (1e-30, 1e-20):
            assert float(form.product(q, q, 0.37)) == pytest.approx(
                factor * 0.37 * q, rel=1e-9 if name == "gelu" else 1e-14
            )


# ------------------------------------------------------------------------------------------------ tangent kernels


@functools.cache
def in_depth(name: str, layers: int, sigma_w: float, sigma_b: float, q: float, c: float) -> list[tuple[float, ...]]:
    """Length, covariance, tangent kernel apart and alike in 50 digits, by the printed formulas."""
    form = closed_form(chosen(name))
    average, slope = (sp.lambdify((length, correlation), f, "mpmath") for f in (form.product, form.slope))
    with mpmath.workdps(50):
        w2, b2 = mpmath.mpf(sigma_w) ** 2, mpmath.mpf(sigma_b) ** 2
        alike, apart = mpmath.mpf(q), mpmath.mpf(q) * mpmath.mpf(c)
        rows, theta, theta_alike = [], apart, alike
        for _ in range(layers):
            r = apart / alike
            stretch, stretch_alike = w2 * mpmath.re(slope(alike, r)), w2 * mpmath.re(slope(alike, mpmath.mpf(1)))
            alike, apart = b2 + w2 * mpmath.re(average(alike, mpmath.mpf(1))), b2 + w2 * mpmath.re(average(alike, r))
            theta, theta_alike = apart + stretch * theta, alike + stretch_alike * theta_alike
            rows.append(tuple(float(v) for v in (alike, apart, theta, theta_alike)))
    return rows


# sigma_w, sigma_b with lengths that stay finite for 30 layers, or as many as their numbers stay well conditioned
DEEP = {
    "erf": (1.1, 0.2),
    "relu": (1.4, 0.1),
    "gelu": (1.6, 0.3),
    "sin": (1.05, 0.3),
    "cos": (0.9, 0.1),
    "leaky relu": (1.4, 0.1),
    "abs": (0.9, 0.2),
    "gaussian": (0.8, 0.3),
    "cubic": (0.2, 0.5),
    "hermite 2": (0.6, 0.4),
    "hermite 3": (0.5, 0.4),
    "abrelu": (0.9, 0.1),
    "rbf": (0.9, 0.2),
    "scaled sine": (1.1, 0.2),
    "exp": (0.3, 0.2),
    "rectified 2": (0.5, 0.3),
    "rectified 3": (0.2, 0.4),
    "sigmoid-like": (2.0, 0.3),
}


@pytest.mark.parametrize("name", DEEP)
def test_tangent_kernels_through_thirty_layers(name):
    """1e-13 of the kernel of an input with itself, in every layer."""
    weight, bias = DEEP[name]
    found = tangent(
        nonlinearity(chosen(name)), closed_form(chosen(name)).kernel, 0.8, np.array([0.3]), weight, bias, 30
    )
    for k, (alike, apart, theta, theta_alike) in enumerate(in_depth(name, 30, weight, bias, 0.8, 0.3), 1):
        assert found.q[k] == pytest.approx(alike, rel=1e-13)
        assert found.nngp[k, 0] == pytest.approx(apart, abs=1e-13 * alike)
        assert found.ntk[k, 0] == pytest.approx(theta, abs=1e-13 * theta_alike)
        assert found.ntk_alike[k] == pytest.approx(theta_alike, rel=1e-13)


@pytest.mark.parametrize("name", ("erf", "relu", "gelu", "sin"))
def test_tangent_kernels_without_closed_forms(name):
    """The same by Mehler's series, or pair by pair, as for any activation."""
    phi, c = replace(nonlinearity(chosen(name)), closed=None), np.array([0.3, -0.7])
    weight, bias = DEEP[name]
    plain, closed = (tangent(phi, form, 0.8, c, weight, bias, 4) for form in (None, closed_form(chosen(name)).kernel))
    np.testing.assert_allclose(plain.nngp, closed.nngp, atol=1e-12)
    np.testing.assert_allclose(plain.ntk, closed.ntk, atol=3e-12)


def test_the_tangent_kernel_of_the_command_is_that_of_the_claim():
    """`rederive activation --kernel` works with one length for all inputs; the claim's formula with any."""
    weight, bias, q, c = 1.4, 0.3, 0.8, 0.3
    found = tangent(nonlinearity(TANH), None, q, np.array([c]), weight, bias, 2)
    formula, theta = catalogue.load("wide_training.tangent_kernel").candidate(), q * c
    other = {"Omega_IJ": 0.1, "T_IJ": 0.2, "N^l": 3, "n_0": 3}
    for k in range(2):
        known = {"K_II": found.q[k], "K_JJ": found.q[k], "K_IJ": float(found.nngp[k, 0]), "Theta_IJ": theta}
        theta = float(formula.numpy(phi=TANH, sigma_w=weight, sigma_b=bias, **known, **other)[2])
        assert found.ntk[k + 1, 0] == pytest.approx(theta, rel=1e-11)


def gradients_of_one_network(
    rng: np.random.Generator, width: int, weight: float, bias: float, first: np.ndarray
) -> float:
    """The sum of products of the gradients, by all weights and biases, of a network of three layers at two inputs."""
    phi = nonlinearity(chosen("erf"))
    h = np.linalg.cholesky(first) @ rng.normal(size=(2, width))  # the first layer's preactivations are Gaussian
    fields, matrices = [h], []
    for n in (width, 1):
        matrices.append(rng.normal(size=(n, width)))
        h = weight / np.sqrt(width) * phi.value(h) @ matrices[-1].T + bias * rng.normal(size=n)
        fields.append(h)
    delta, theta = np.ones((2, 1)), 0.0  # gradients by the preactivations of a layer, from the last one back
    for k in (1, 0):
        inputs = phi.value(fields[k])
        theta += (weight**2 / width * inputs[0] @ inputs[1] + bias**2) * (delta[0] @ delta[1])
        delta = weight / np.sqrt(width) * (delta @ matrices[k]) * phi.first(fields[k])
    return theta + first[0, 1] * (delta[0] @ delta[1])


def test_the_tangent_kernel_of_finite_networks():
    """Every weight and bias in NTK parametrization: the mean of 40 networks within 5 standard errors and 3 / width."""
    width, weight, bias, q, c = 400, 1.2, 0.3, 0.8, 0.3
    form = closed_form(chosen("erf")).kernel
    expected = tangent(nonlinearity(chosen("erf")), form, q, np.array([c]), weight, bias, 2).ntk[-1, 0]
    rng, first = np.random.default_rng(7), q * np.array([[1, c], [c, 1]])
    found = [gradients_of_one_network(rng, width, weight, bias, first) for _ in range(40)]
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert error < 0.03 * expected
    assert abs(np.mean(found) - expected) <= 5 * error + 3 / width * expected


def test_layers_that_repeat_are_not_worked_out_again():
    """A thousand layers of a network that has settled: the tangent kernel is a geometric series."""
    found = tangent(nonlinearity(activation("tanh")), None, 1.0, np.array([0.2]), 0.9, 0.5, 1000)
    q, w2 = found.q[-1], 0.81
    chi = w2 * float(pair_averages(nonlinearity(activation("tanh")), None, q, np.ones(1), order=1)[0])
    assert found.ntk_alike[-1] == pytest.approx(q / (1 - chi), rel=1e-12)


# ------------------------------------------------------------------------------------------------ answers


def test_an_answer_at_a_fixed_length():
    found = kernel_answer(activation("erf"), (0.3, -0.4), 1.5, 0.2, 0.9, depth=3)
    assert found.length == 0.9 and found.length_is.startswith("the fixed length")
    assert [row.layer for row in found.layers] == [0, 1, 2, 3]
    assert found.layers[0].ntk == found.layers[0].nngp
    first = found.pairs[0]
    assert first.mapped == pytest.approx(
        first.product / float(closed_form(activation("erf")).kernel.product(0.9, 0.9, 1))
    )
    assert kernel_answer(activation("erf"), (0.3,), None, 0.0, None).layers == ()
    assert kernel_answer(activation("tanh"), (0.3,), None, 0.0, None).formula is None


@pytest.mark.parametrize(
    ("text", "options", "why"),
    (
        ("tanh", {"depth": 20_000}, "layers at most"),
        ("selu", {"depth": 1000}, "no closed form"),
        ("tanh", {"length": 1e13}, "offered at lengths"),
    ),
)
def test_kernels_out_of_reach_are_refused(text, options, why):
    with pytest.raises(NoKernel, match=why):
        kernel_answer(activation(text), (0.3,), 1.1, 0.0, None, **options)


@pytest.mark.parametrize(
    ("text", "depth", "length", "product", "why"),
    (
        ("exp(x)", 30, 1.0, math.exp(1.3), "exceed the numbers"),
        ("x**3", 50, 1e-3, 1e-9 * (9 * 0.3 + 6 * 0.3**3), "shrink to length zero"),
    ),
)
def test_layers_out_of_reach_take_no_averages_down(text, depth, length, product, why):
    found = kernel_answer(activation(text), (0.3,), 1.1, 0.0, None, length, depth)
    assert found.pairs[0].product == pytest.approx(product, rel=1e-13)
    assert found.layers == () and found.parametrization is None
    assert len(found.notes) == 1 and why in found.notes[0]


@pytest.mark.parametrize(
    ("text", "mean", "square"),
    (
        ("relu", 1 / math.sqrt(2 * math.pi), 0.5),
        ("selu", 0.0, 1.0),
        ("erf", 0.0, 2 / math.pi * math.asin(2 / 3)),
        ("exp(x)", math.exp(0.5), math.exp(2)),
        ("sin(30*x)", 0.0, -math.expm1(-1800) / 2),
        ("abs(x)", math.sqrt(2 / math.pi), 1.0),
        ("softplus", 0.8060591833474398, 0.9212459088593003),
    ),
)
def test_averages_at_unit_variance(text, mean, square):
    found = unit(activation(text))
    assert found.mean == pytest.approx(mean, rel=1e-13, abs=1e-15)
    assert found.square == pytest.approx(square, rel=1e-13)
    assert found.variance == pytest.approx(square - mean**2, rel=1e-12)
    assert found.one_over_std == pytest.approx((square - mean**2) ** -0.5, rel=1e-12)
    assert found.gain_forward == pytest.approx(square**-0.5, rel=1e-13)


# ------------------------------------------------------------------------------------------------ networks of erf


def test_fixed_lengths_of_error_functions():
    """Without a search on a table: the same lengths, averages and correlations, and lengths beyond it."""
    weights, biases = np.linspace(0.1, 4, 40)[:, None], np.array([0, 1e-3, 0.01, 0.4, 2.0])
    erf = nonlinearity(activation("erf"))
    plain = replace(erf, closed=None)
    found, expected = lengths(erf, weights, biases), lengths(plain, weights, biases)
    for name in ("q", "chi1", "chi2", "slope", "depth"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-12)
    apart = [fixed_correlations(phi, found.q, weights, found.chi1) for phi in (erf, plain)]
    np.testing.assert_allclose(apart[0].c, apart[1].c, atol=1e-11)
    np.testing.assert_allclose(apart[0].slope, apart[1].slope, atol=1e-10)


def test_three_steps_reach_the_lengths_of_all_networks_of_error_functions():
    """Weights and biases over decades, and next to criticality: what is left over is rounding."""
    source = np.random.default_rng(1)
    weights = np.concatenate(
        [10 ** source.uniform(-3, 4, 3000), np.sqrt(np.pi / 4) * (1 + 10 ** source.uniform(-9, -1, 3000))]
    )
    biases = 10 ** source.uniform(-9, 4, 6000)
    at = error_functions.fixed_lengths(weights, biases)
    kept = biases**2 + weights**2 * moments(nonlinearity(activation("erf")), at["q"]).square
    np.testing.assert_array_less(np.abs(kept / at["q"] - 1), 2e-15)


@pytest.mark.parametrize(
    ("w2", "b2"), ((1e6, 0.1), (0.785398163397449, 1e-14), (0.7853982, 0.0), (1.0, 1e-18), (5.0, 0.0))
)
def test_fixed_points_of_error_functions_solve_their_equations(w2, b2):
    weight, bias = np.sqrt(np.array([w2])), np.sqrt(np.array([b2]))
    at = error_functions.fixed_lengths(weight, bias)
    q = at["q"]
    with mpmath.workdps(50):
        w, b = (mpmath.mpf(float(v[0])) ** 2 for v in (weight, bias))
        root = mpmath.findroot(
            lambda v: b + w * 2 / mpmath.pi * mpmath.asin(2 * v / (1 + 2 * v)) - v, mpmath.mpf(float(q[0]))
        )
        assert float(q[0]) == pytest.approx(float(root), rel=1e-8 if w2 < 0.79 else 1e-13)
    if at["chi1"][0] > 1:
        c, slope = error_functions.fixed_correlations(q, weight**2)
        with mpmath.workdps(50):
            v, s = mpmath.mpf(float(q[0])), mpmath.mpf(float(c[0]))
            excess = (
                v
                - v * s
                - w * 2 / mpmath.pi * (mpmath.asin(2 * v / (1 + 2 * v)) - mpmath.asin(2 * v * s / (1 + 2 * v)))
            )
            assert abs(float(excess / v)) <= 1e-13
        assert 0 <= slope[0] < 1


def test_identical_and_opposite_inputs():
    """Rounding takes correlations past 1; what comes out is symmetric, finite, and right at both ends."""
    vectors = np.array([[1.0, 0.5], [1.0, 0.5], [-1.0, -0.5], [2.0, 1.0], [0.3, -0.7]])
    first = vectors @ vectors.T
    for name in ("relu", "erf"):
        found = kernel(nonlinearity(activation(name)), first, 1.4, 0.2, 40)
        np.testing.assert_array_equal(found, found.T)
        assert found[0, 1] == pytest.approx(found[0, 0], rel=1e-14)
        opposite = closed_form(activation(name)).kernel.product(first[0, 0], first[0, 0], -1.0)
        one = kernel(nonlinearity(activation(name)), first, 1.4, 0.2, 1)
        assert one[0, 2] == pytest.approx(0.04 + 1.96 * float(opposite), abs=1e-15)


def test_a_kernel_that_is_larger_than_the_cache():
    """More rows than are carried at a time, against pairs."""
    vectors = np.random.default_rng(2).normal(size=(300, 4)) * np.linspace(0.5, 1.5, 300)[:, None]
    first = vectors @ vectors.T / 4
    for name in ("relu", "erf"):
        form: ClosedKernel = closed_form(activation(name)).kernel
        q = np.diagonal(first)
        r = np.clip(first / np.sqrt(np.multiply.outer(q, q)), -1, 1)
        np.fill_diagonal(r, 1.0)
        expected = 0.04 + 1.96 * form.product(q[:, None], q, r)
        np.testing.assert_allclose(
            kernel(nonlinearity(activation(name)), first, 1.4, 0.2, 1), expected, rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize("name", ("tanh", "gelu", "selu", "tanh(30*x)", "x*exp(-x**2)", "sin(3*x)+0.1*x"))
def test_many_averages_at_once_are_those_one_by_one(name):
    """On grids they come from series in ln q, or from sums where those do not settle: 1e-14 of each size."""
    phi = replace(nonlinearity(activation(name)), closed=None)
    q = np.geomspace(1e-3, 300, 6000)
    many = moments(phi, q)
    few = [moments(phi, value) for value in q[::499]]
    sizes = {"square": many.square, "gradient": many.gradient, "slope": np.sqrt(many.square * many.gradient / q)}
    if many.curvature is not None:
        sizes["curvature"] = many.curvature + many.gradient / phi.reach**2
    for column, size in sizes.items():
        one_by_one = np.array([float(getattr(at, column)) for at in few])
        assert np.all(np.abs(getattr(many, column)[::499] - one_by_one) <= 1e-14 * size[::499]), column


@pytest.mark.parametrize("power", [1.3, 1.5])
@pytest.mark.parametrize("c", [0.95, 0.9999, -0.97])
def test_powers_at_a_kink_of_inputs_that_are_nearly_alike(power, c):
    """E |h h'|^a and its slope, by Gauss's series: panels at the kink resolve a root of the distance, too."""
    phi, a, square = nonlinearity(activation(f"abs(x)**{power}")), mpmath.mpf(str(power)), mpmath.mpf(c) ** 2
    product = 2**a / mpmath.pi * mpmath.gamma((a + 1) / 2) ** 2 * mpmath.hyp2f1(-a / 2, -a / 2, 0.5, square)
    b = 1 - a / 2
    tilt = a**2 * 2**a / mpmath.pi * mpmath.gamma((a + 1) / 2) ** 2 * c * mpmath.hyp2f1(b, b, 1.5, square)
    assert average_product(phi, 1.0, c) == pytest.approx(float(product), rel=1e-13)
    assert average_product(phi, 1.0, c, order=1) == pytest.approx(float(tilt), rel=1e-13)
