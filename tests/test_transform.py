"""Activations shaped by DKS and TAT: their maps by 30-digit quadrature, the papers' own figures, their PyTorch code."""

from __future__ import annotations

import json
import math

import mpmath
import numpy as np
import pytest
import torch

from numerics.solvers.kernel_shaping import averages, kernel_shaped, leaky, line_map, shape_of, tailored, tailored_line
from verify.activation.reading import activation
from verify.activation.torch_code import torch_code
from verify.activation.transform import NoTransform, TransformAnswer, transform_answer
from verify.command.cli import main
from verify.compile import mpmath_function
from verify.compile.nonlinearity import nonlinearity

LAYERS = 20
SMOOTH = ("tanh", "softplus", "gelu", "silu", "sigmoid", "erf", "atan(x)", "asinh(x)", "elu", "(sqrt(x**2+1)-1)/2+x")
FURTHER = ("x/(1+abs(x))", "x*sigmoid(1.7*x)", "x*tanh(log(1+exp(x)))", "sin(x)+0.5*x")
KINKED = ("selu", "max(x,0)+0.2*x**2")

# alpha, beta, gamma, delta of dks 0.1.2 for 20 layers at zeta = 1.5 and tau = 0.3. Where phi is odd about a point the
# mirror image of a solution is one, too: there the signs are those found here.
DKS = {
    "tanh": (0.20561832410960, 0.60214738475560, 6.8292066735067, -0.52314949513548),
    "softplus": (0.53673706878432, 0.41401000164299, 3.0949791905059, -0.95492536889865),
    "gelu": (0.19480505438112, 0.25356837914948, 7.3524456373256, -0.16611104262475),
    "silu": (0.29790762591254, 0.34647052528798, 5.0109516910186, -0.22344958411440),
    "erf": (0.17780475516327, 0.60834157001496, 7.2046517068778, -0.59591708441031),
}
TAT = {
    "tanh": (0.12971202511430, 0.53783586037096, 10.135855000104, -0.49373569694005),
    "softplus": (0.34112733397892, 0.54767875331975, 4.6170277459408, -0.99864752975233),
    "gelu": (0.13010250528770, 0.32616095072464, 10.209112636475, -0.20232659184234),
    "silu": (0.19693590384704, 0.44879116163485, 7.0658643112237, -0.27037981979890),
}


def shaped(text: str, method: str, layers: int = LAYERS, target: float | None = None) -> TransformAnswer:
    return transform_answer(activation(text), method, layers, target)


def maps(text: str, found: TransformAnswer) -> tuple[float, ...]:
    """Q(1), Q'(1), C(0), C'(1), C''(1) of one layer by quadrature over the expression, cut at the kinks."""
    chosen = activation(text)
    phi, first = mpmath_function(chosen, 0), mpmath_function(chosen, 1)
    second = None if nonlinearity(chosen).second is None else mpmath_function(chosen, 2)
    with mpmath.workdps(30):
        a, b, g, d = (mpmath.mpf(v) for v in (found.alpha, found.beta, found.gamma, found.delta))
        cuts = [(mpmath.mpf(float(place)) - b) / a for place in chosen.breakpoints]
        places = sorted(mpmath.mpf(v) for v in (-13, -6, -2, 0, 2, 6, 13, *cuts))

        def average(function) -> float:
            return float(mpmath.quad(lambda z: function(z) * mpmath.npdf(z), places))

        def h(z):
            return g * (phi(a * z + b) + d)

        def slope(z):
            return g * a * first(a * z + b)

        rows = [average(lambda z: h(z) ** 2), average(lambda z: z * h(z) * slope(z)), average(h) ** 2]
        rows.append(average(lambda z: slope(z) ** 2))
        if second is not None:
            rows.append(average(lambda z: (g * a * a * second(a * z + b)) ** 2))
    return tuple(rows)


@pytest.mark.parametrize("text", (*SMOOTH, *FURTHER, *KINKED))
def test_deep_kernel_shaping_meets_its_conditions(text):
    found = shaped(text, "dks")
    length, stretch, apart, slope, *_ = maps(text, found)
    assert (length, stretch) == pytest.approx((1, 1), abs=1e-11)
    assert apart == pytest.approx(0, abs=1e-11) and slope == pytest.approx(1.5 ** (1 / LAYERS), abs=1e-11)
    assert found.network["C'(1)"] == pytest.approx(1.5, rel=1e-12)
    assert (found.maps["C''(1)"] is None) == (text in KINKED)


@pytest.mark.parametrize("text", (*SMOOTH, *FURTHER, "x**3+x"))
def test_tailored_transformations_meet_their_conditions(text):
    found = shaped(text, "tat")
    length, stretch, apart, slope, curvature = maps(text, found)
    assert (length, stretch, slope) == pytest.approx((1, 1, 1), abs=1e-11)
    assert curvature == pytest.approx(0.3 / LAYERS, abs=1e-12)
    assert found.maps["C(0)"] == pytest.approx(apart, abs=1e-12)
    assert found.network["C''(1)"] == pytest.approx(0.3, rel=1e-10)


@pytest.mark.parametrize(("method", "text"), [*(("dks", text) for text in DKS), *(("tat", text) for text in TAT)])
def test_parameters_are_those_of_the_papers_own_code(method, text):
    """To 1e-8, relative where they are larger than 1."""
    found, expected = shaped(text, method), (DKS if method == "dks" else TAT)[text]
    assert (found.alpha, found.beta, found.gamma, found.delta) == pytest.approx(expected, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("layers", (3, 10, 100, 1000))
def test_networks_of_any_depth(layers):
    for text in ("tanh", "gelu", "softplus"):
        assert shaped(text, "dks", layers).network["C'(1)"] == pytest.approx(1.5, rel=1e-11)
        assert shaped(text, "tat", layers).network["C''(1)"] == pytest.approx(0.3, rel=1e-8)


def test_lines_bent_at_zero():
    """TAT of relu is a leaky relu (dks 0.1.2: 0.18138027...), DKS of it another; both without input shift."""
    found = shaped("relu", "tat")
    assert found.negative_slope == pytest.approx(0.18138027749, abs=1e-8)
    assert found.gamma == pytest.approx(math.sqrt(2 / (1 + found.negative_slope**2)), rel=1e-13)
    c = 0.0
    for _ in range(LAYERS):
        c = line_map(c, found.negative_slope)
    assert c == pytest.approx(0.9, abs=1e-14) and found.network["C(0)"] == c
    same = shaped("x if x > 0 else 0.3*x", "tat")
    assert same.negative_slope == found.negative_slope and found.maps["C''(1)"] is None
    kernel = shaped("relu", "dks")
    assert kernel.negative_slope == pytest.approx(0.694315014594776, abs=1e-8)
    at = averages(leaky(kernel.negative_slope))
    variance = at.square - at.mean**2
    assert at.gradient / variance == pytest.approx(1.5 ** (1 / LAYERS), rel=1e-13)


def test_the_map_of_a_leaky_relu_is_that_of_its_averages():
    from numerics.solvers.correlation import average_product

    for below in (0.0, 0.3, 0.9):
        for c in (-0.4, 0.0, 0.7):
            expected = average_product(leaky(below), 1.0, c) / ((1 + below**2) / 2)
            assert line_map(c, below) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "method", "layers", "target", "why"),
    (
        ("selu", "tat", 20, None, r"the slope of selu jumps, so that C''\(1\) is infinite"),
        ("abs(x)", "tat", 20, None, "jumps"),
        ("hard_tanh", "tat", 20, None, "jumps"),
        ("linear", "dks", 20, None, "straight line"),
        ("tanh", "dks", None, None, "give --depth"),
        ("tanh", "dks", 10**6, None, "up to 100000 layers"),
        ("tanh", "dks", 20, 0.9, "zeta"),
        ("tanh", "tat", 20, 0.0, "tau"),
        ("relu", "tat", 20, 1.2, "eta"),
        ("relu", "tat", 1, 0.9, "1 layers of relu take orthogonal inputs to correlation 0.31831"),
        ("relu", "dks", 1, 5.0, "more than a line bent at zero can have"),
        ("x**2", "dks", 20, None, "no shift and scale"),
        ("x**3+x", "dks", 20, None, "no shift and scale"),  # it needs phi' phi''' < 0 where it is almost straight
    ),
)
def test_what_cannot_be_is_refused_in_one_line(text, method, layers, target, why):
    with pytest.raises(NoTransform, match=why) as caught:
        transform_answer(activation(text), method, layers, target)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ("tanh", "gelu", "elu", "softplus", "silu", "x/(1+abs(x))", "x*sigmoid(1.7*x)"))
def test_printed_code_is_the_activation(text):
    """Values to 1e-13, and gradients that are finite far out, in float32 too."""
    found = shaped(text, "dks")
    space: dict = {}
    exec(found.pytorch, space)
    x = torch.linspace(-30, 30, 4001, dtype=torch.float64)
    expected = found.gamma * (nonlinearity(activation(text)).value(found.alpha * x.numpy() + found.beta) + found.delta)
    np.testing.assert_allclose(space["activation"](x).numpy(), expected, rtol=1e-13, atol=1e-13)
    far = torch.linspace(-3000, 3000, 601, requires_grad=True)
    space["activation"](far).sum().backward()
    assert torch.isfinite(far.grad).all()


@pytest.mark.parametrize(
    "text",
    (
        "sech(x)",
        "x*erfc(x)",
        "sqrt(2)*x+pi",
        "x if x<1 else 2*x-1",
        "exp(x)-1 if x<0 else sin(x)",
        "max(x,0.3)",
        "log(1+x**2)",
    ),
)
def test_any_expression_as_code(text):
    chosen = activation(text)
    x = torch.linspace(-5, 5, 401, dtype=torch.float64)
    found = eval(torch_code(chosen), {"torch": torch, "x": x})
    np.testing.assert_allclose(found.numpy(), nonlinearity(chosen).value(x.numpy()), rtol=1e-14, atol=1e-14)


def test_averages_keep_their_digits_where_phi_is_almost_constant():
    """softplus over a narrow Gaussian: its variance is 1e-12 of its mean square, and right to 1e-13."""
    phi, width = nonlinearity(activation("softplus")), 1e-6
    at = averages(phi, width, 0.4)
    with mpmath.workdps(40):
        exact = mpmath.quad(
            lambda z: (mpmath.log1p(mpmath.exp(width * z + 0.4)) - mpmath.log1p(mpmath.exp(0.4))) ** 2 * mpmath.npdf(z),
            [-13, -4, 0, 4, 13],
        )
    assert at.square == pytest.approx(float(exact), rel=1e-9)  # phi itself has 16 digits, of which a million is lost
    shape = shape_of(phi, 0.3, 0.4)
    assert shape.apart == 0 and shape.stretch == pytest.approx(1, abs=0.2)


def test_solvers_refuse_what_has_no_curvature():
    with pytest.raises(ValueError, match="infinite"):
        tailored(leaky(0.2), 0.01)
    assert kernel_shaped(nonlinearity(activation("tanh")), 1.02).slope == pytest.approx(1.02, abs=1e-13)
    assert tailored_line(30, 0.5).apart > 0


# ------------------------------------------------------------------------------------------------ the command


def test_the_command(capsys):
    assert main(["activation", "tanh", "--transform", "tat", "--depth", "20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["transform"]
    assert (found["alpha"], found["gamma"]) == pytest.approx((0.12971202511, 10.135855), rel=1e-8)
    assert found["maps"]["C''(1)"] == pytest.approx(0.015, rel=1e-9)
    assert main(["activation", "relu", "--transform", "tat", "--depth", "20", "--target", "0.8"]) == 0
    text = capsys.readouterr().out
    assert "eta = 0.8" in text and "leaky_relu(x, NEGATIVE_SLOPE)" in text and "infinite" in text


def test_kernels_by_the_command(capsys):
    assert (
        main(["activation", "erf", "--kernel", "0.3", "-0.5", "--sigma-w", "1.4", "--sigma-b", "0.1", "--depth", "30"])
        == 0
    )
    text = capsys.readouterr().out
    assert (
        "2*asin(2*c*q/(2*q + 1))/pi" in text
        and "Layer by layer from c = -0.5" in text
        and "NTK parametrization" in text
    )
    assert main(["activation", "tanh", "--kernel", "0.3", "--length", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["kernel"]
    assert found["length"] == 2 and found["layers"] == [] and found["formula"] is None
    assert set(found["pairs"][0]) == {"c", "product", "slope", "mapped"}


@pytest.mark.parametrize(
    ("options", "why"),
    (
        (["--kernel", "1.2"], "out of range"),
        (["--length", "1"], "--length is that of --kernel"),
        (["--target", "1.5"], "--target is that of --transform"),
        (["--transform", "dks"], "give --depth"),
        (["--kernel", *["0.1"] * 21], "20 correlations at most"),
    ),
)
def test_options_that_do_not_fit_are_refused(options, why, capsys):
    assert main(["activation", "tanh", *options]) == 2
    caught = capsys.readouterr()
    assert why in caught.err and caught.out == ""
