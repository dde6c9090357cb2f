"""`rederive activation`: what it prints, its JSON, its figures, its PyTorch lines, and what it refuses."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import sympy as sp

from derivations.activations import ACTIVATIONS
from numerics.solvers.correlation import average_product
from verify.activation.certified import certified
from verify.activation.consequences import consequences
from verify.activation.network import propagation
from verify.activation.reading import activation
from verify.command.cli import main
from verify.compile.nonlinearity import nonlinearity

ROOT = Path(__file__).resolve().parent.parent
KEYS = {
    "schema",
    "activation",
    "expression",
    "sigma_w",
    "sigma_b",
    "q_star",
    "chi1",
    "chi2",
    "variance_slope",
    "stable",
    "c_star",
    "xi_q",
    "xi_c",
    "xi_grad",
    "phase",
    "gain_forward",
    "gain_backward",
    "fixed_points",
    "critical",
    "critical_points",
    "depth",
    "notes",
    "unit",
    "input_square",
    "stable_from",
    "stable_to",
    "fixed_points_proof",
    "critical_points_proof",
}


@pytest.fixture
def command(capsys):
    """Runs `rederive activation`: (exit code, stdout, stderr)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["activation", *arguments])
        caught = capsys.readouterr()
        return code, caught.out, caught.err

    return call


@pytest.fixture
def data(command):
    """Runs it with --json and returns the data."""

    def call(*arguments: str) -> dict:
        code, out, err = command(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    return call


def said(found: dict, text: str) -> bool:
    return any(text in note for note in found["notes"])


# ------------------------------------------------------------------------------------------------ numbers


def test_keys(data):
    found = data("tanh", "--sigma-w", "1.5", "--sigma-b", "0.3")
    assert set(found) == KEYS and found["schema"] == 1
    assert set(found["critical"]) == {
        "sigma_w",
        "sigma_b",
        "q_star",
        "chi1",
        "variance_slope",
        "stable",
        "decay",
    }
    assert found["fixed_points_proof"]["proved"] and "growth" in found["critical_points_proof"]["how"]
    assert all(
        isinstance(found[key], float)
        for key in KEYS
        - {
            "schema",
            "activation",
            "expression",
            "stable",
            "unit",
            "phase",
            "fixed_points",
            "critical",
            "critical_points",
            "depth",
            "notes",
            "fixed_points_proof",
            "critical_points_proof",
            "stable_to",
        }
    )
    assert (found["phase"], found["stable"], found["notes"], found["depth"]) == ("chaotic", True, [], None)
    alone = data("tanh", "--sigma-b", "0.3")
    assert set(alone) == KEYS and alone["critical"] == found["critical"]
    assert (alone["q_star"], alone["sigma_w"], alone["sigma_b"]) == (None, None, 0.3)


def test_published_critical_points_of_tanh(data):
    found = data("tanh", "--sigma-b", repr(math.sqrt(0.05)))["critical"]
    assert found["sigma_w"] ** 2 == pytest.approx(1.760955, abs=5e-7)
    assert found["q_star"] == pytest.approx(0.570048, abs=5e-7) and found["stable"] is True
    found = data("tanh", "--sigma-b", repr(math.sqrt(2.01052e-5)))["critical"]
    assert found["sigma_w"] ** 2 == pytest.approx(1.05, abs=1e-6)
    assert found["q_star"] == pytest.approx(0.0259209, rel=1e-5)


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
    """Schoenholz et al. 2017, figure 5, evaluated once with 601 trapezoid nodes at sigma_b = 0.3."""
    found = propagation(ACTIVATIONS["tanh"], weight, 0.3)
    assert found.xi_q == pytest.approx(xi_q, abs=6e-6) and found.xi_c == pytest.approx(xi_c, abs=6e-6)
    assert (found.xi_grad == pytest.approx(found.xi_c)) == (found.phase == "ordered")
    assert math.exp(-1 / found.xi_grad) == pytest.approx(found.chi1)


def test_phases_meet_at_the_critical_point():
    weight = propagation(ACTIVATIONS["tanh"], None, 0.3).critical.sigma_w
    below, at, above = (propagation(ACTIVATIONS["tanh"], w, 0.3) for w in (0.999 * weight, weight, 1.001 * weight))
    assert (below.phase, at.phase, above.phase) == ("ordered", "critical", "chaotic")
    assert below.xi_grad > 100 and above.xi_grad < -100 and at.xi_grad is None and at.xi_c is None
    assert any("1 / xi_grad is 0" in note for note in at.notes) and any("1 / xi_c is 0" in note for note in at.notes)
    assert at.c_star == below.c_star == 1 and 0.9 < above.c_star < 1


def test_gains_keep_what_they_say():
    """With sigma_w = gain_forward (no biases) the length stays; with gain_backward squared gradients do."""
    found = propagation(ACTIVATIONS["tanh"], 1.5, 0.3)
    forward = propagation(ACTIVATIONS["tanh"], found.gain_forward, 0.0)
    assert forward.q_star == pytest.approx(found.q_star, rel=1e-10)
    assert found.gain_backward**2 * found.chi1 / 1.5**2 == pytest.approx(1, rel=1e-12)
    relu = propagation(ACTIVATIONS["relu"], 1.0, 0.0)
    assert relu.gain_forward == relu.gain_backward == pytest.approx(math.sqrt(2))  # He's gain
    selu = propagation(ACTIVATIONS["selu"], 1.0, 0.0)
    assert (selu.q_star, selu.gain_forward) == pytest.approx((1, 1), rel=1e-9)  # selu keeps the unit Gaussian


# ------------------------------------------------------------------------------------------------ named cases


def test_gelu_is_unstable_where_chi1_is_one(data):
    found = data("gelu", "--sigma-b", "0.1")
    assert found["critical"]["stable"] is False and found["critical"]["variance_slope"] > 1
    assert said(found, "Warning") and said(found, "unstable")


def test_softplus_has_no_critical_line(data):
    found = data("softplus")
    assert found["critical"] is None and found["critical_points"] == [] and said(found, "no critical line")


def test_relu_keeps_every_length_at_sqrt_2(data):
    found = data("relu", "--sigma-w", repr(math.sqrt(2)))
    assert (found["phase"], found["q_star"], found["c_star"], found["xi_grad"]) == ("critical", None, 1, None)
    assert found["critical"]["sigma_w"] == pytest.approx(math.sqrt(2)) and found["critical"]["stable"] is None
    assert said(found, "every length is a fixed point")
    biased = data("relu", "--sigma-b", "0.1")
    assert biased["critical"] is None and said(biased, "lengths grow there")


@pytest.mark.parametrize(
    ("name", "bias", "power"), (("relu", 0.0, 2), ("abs(x)", 0.0, 2), ("hard_tanh", 0.5, 2), ("tanh", 0.5, 1))
)
def test_correlations_approach_1_at_the_critical_point_as_is_said(name, bias, power):
    """A kink takes a part like (1 - c)^(3/2) from 1 - c, a smooth bend one like (1 - c)^2: iterated 1280 times."""
    chosen = activation(name)
    point = propagation(chosen, None, bias).critical
    found = propagation(chosen, point.sigma_w, bias)
    phi, q, left = nonlinearity(chosen), found.q_star or 1.0, {}
    c = 0.9
    for layer in range(1, 1281):
        c = (bias**2 + point.sigma_w**2 * float(average_product(phi, q, c))) / q
        left[layer] = 1 - c
    assert math.log2(left[640] / left[1280]) == pytest.approx(power, abs=0.12)
    law = "1 / depth^2" if power == 2 else "1 / depth"
    assert found.c_star == 1 and any(f"approach 1 as {law} (" in note for note in found.notes)
    assert consequences(chosen, found)["correlations"] == f"critical: they approach 1 as {law}"


def test_a_linear_network_keeps_correlations():
    found = propagation(ACTIVATIONS["linear"], 1.0, 0.0)
    assert found.c_star is None and any("Correlations are kept" in note for note in found.notes)


@pytest.mark.parametrize(("name", "weight"), (("relu", "2"), ("linear", "1.1"), ("gelu", "3"), ("softplus", "2")))
def test_lengths_that_explode(name, weight, data):
    found = data(name, "--sigma-w", weight, "--sigma-b", "0.1")
    assert (found["q_star"], found["c_star"], found["phase"], found["stable"]) == (None, None, None, None)
    assert said(found, "grow without bound")
    assert (found["chi1"] is None) == (name in ("gelu", "softplus"))


def test_without_biases_weak_weights_lose_every_input(data):
    """Erratum E16: c* = 1 of the ordered phase needs sigma_b > 0."""
    found = data("tanh", "--sigma-w", "0.8")
    assert (found["q_star"], found["c_star"], found["xi_c"], found["phase"]) == (0, None, None, "ordered")
    assert found["gain_forward"] == found["gain_backward"] == 1 and found["xi_grad"] == pytest.approx(
        -1 / math.log(0.64)
    )
    assert said(found, "shrink every input to length zero") and said(found, "No sigma_b was given")


def test_only_short_inputs_are_lost_where_long_ones_grow(data):
    """V(0.591059...) = 0.591059... for gelu at sigma_w = 1.6: shorter inputs shrink, longer ones grow."""
    notes = data("gelu", "--sigma-w", "1.6")["notes"]
    assert any("shrink inputs shorter than q = 0.591059 to length zero" in note for note in notes)
    assert any("longer than q = 0.591059 grow without bound" in note for note in notes)
    assert not any("every input" in note for note in notes)
    said = data("gelu", "--init", "lecun_normal", "--sigma-b", "0")["initialization"]["lengths"]
    assert said.startswith("shrink to zero, in the end by a factor 0.25")
    said = data("gelu", "--init", "variance_scaling(2.56, 'fan_in', 'normal')")["initialization"]["lengths"]
    assert said.startswith("shrink to zero if below q = 0.591059, in the end by a factor 0.64")


def test_several_fixed_points_are_listed(data):
    found = data("silu", "--sigma-w", "1.5", "--sigma-b", "0.3")
    assert [p["stable"] for p in found["fixed_points"]] == [True, False]
    assert found["q_star"] == found["fixed_points"][0]["q"] and said(found, "Inputs longer than")
    found = data("tanh", "--sigma-w", "1.5", "--sigma-b", "0")
    assert [p["stable"] for p in found["fixed_points"]] == [False, True] and found["fixed_points"][0]["q"] == 0
    assert found["c_star"] == pytest.approx(0, abs=1e-9)  # erratum E15: V* is not unique


def test_a_derivative_that_jumps_has_no_chi2(data):
    found = data("hard_tanh", "--sigma-w", "1.2", "--sigma-b", "0.2")
    assert found["chi2"] is None and said(found, "chi2 does not exist")
    assert data("elu", "--sigma-w", "1.2", "--sigma-b", "0.2")["chi2"] is not None


def test_critical_hard_tanh_without_biases():
    found = propagation(ACTIVATIONS["hard_tanh"], 1.0, 0.0)
    assert (found.q_star, found.phase, found.critical.stable) == (0, "critical", True)


def test_an_expression_equals_the_activation_that_it_spells(data):
    ours = data("x * (1 + erf(x / sqrt(2))) / 2", "--sigma-w", "1.5", "--sigma-b", "0.1")
    assert ours == data("gelu", "--sigma-w", "1.5", "--sigma-b", "0.1")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_named_activation_answers(name, data):
    for arguments in (["--sigma-w", "0.9"], ["--sigma-w", "1.2", "--sigma-b", "0.2"], []):
        found = data(name, *arguments)
        assert set(found) == KEYS
        if arguments and found["q_star"] is None:
            assert found["notes"]


# ------------------------------------------------------------------------------------------------ depth


def test_depth(data):
    found = data("tanh", "--sigma-w", "1.5", "--sigma-b", "0.3", "--depth", "50")
    reach = found["depth"]
    assert reach["layers"] == 50
    assert reach["squared_gradient"] == pytest.approx(found["chi1"] ** 50)
    assert reach["correlation_deviation"] == pytest.approx(math.exp(-50 / found["xi_c"]))
    assert reach["length_deviation"] == pytest.approx(math.exp(-50 / found["xi_q"]))
    assert reach["sigma_w_low"] < found["critical"]["sigma_w"] < reach["sigma_w_high"]


@pytest.mark.parametrize(("name", "bias"), (("tanh", 0.3), ("hard_tanh", 0.2), ("sin", 0.1)))
def test_at_the_ends_of_the_range_correlations_reach_that_depth(name, bias):
    reach = propagation(ACTIVATIONS[name], None, bias, depth=20).reach
    for weight in (reach.sigma_w_low, reach.sigma_w_high):
        assert propagation(ACTIVATIONS[name], weight, bias).xi_c == pytest.approx(20, rel=1e-4)


def test_ranges_without_an_end(data):
    assert said(data("tanh", "--sigma-b", "0.3", "--depth", "2"), "At no sigma_w up to")
    start = data("tanh", "--depth", "30")
    assert start["depth"]["sigma_w_low"] == 1 and said(start, "shrink to length zero")
    none = data("softplus", "--depth", "5")
    assert none["depth"]["sigma_w_low"] is None and said(none, "No range of sigma_w")
    huge = data("tanh", "--sigma-w", "4", "--sigma-b", "0.3", "--depth", "1000000")
    assert huge["depth"]["squared_gradient"] is None and said(huge, "too large a number")


# ------------------------------------------------------------------------------------------------ proven digits


@pytest.mark.parametrize("name", [n for n in ACTIVATIONS if n not in ("sigmoid", "silu")])
def test_certified_digits_agree_with_float64(name):
    chosen = ACTIVATIONS[name]
    found = propagation(chosen, 1.1, 0.2)
    proven = certified(chosen, found, 20, "1.1", "0.2")
    for key in ("q_star", "chi1", "chi2", "variance_slope"):
        ours, text = getattr(found, key), getattr(proven, key)
        assert (text is None) == (ours is None), key
        assert ours is None or ours == pytest.approx(float(text), rel=1e-12), key
    if found.critical:
        assert found.critical.sigma_w == pytest.approx(float(proven.critical["sigma_w"]), rel=1e-12)


def test_a_hundred_digits(data):
    mpmath = pytest.importorskip("mpmath")
    proven = data("erf", "--sigma-w", "1.3", "--sigma-b", "0.3", "--digits", "100")["certified"]
    assert all(len(proven[key].lstrip("0.").replace(".", "")) == 100 for key in ("q_star", "chi1", "chi2"))
    with mpmath.workdps(110):
        q = mpmath.mpf(proven["q_star"])
        w2, b2 = mpmath.mpf("1.69"), mpmath.mpf("0.09")
        assert abs(b2 + w2 * 2 / mpmath.pi * mpmath.asin(2 * q / (1 + 2 * q)) - q) < mpmath.mpf(10) ** -99
        assert abs(w2 * 4 / (mpmath.pi * mpmath.sqrt(1 + 4 * q)) - mpmath.mpf(proven["chi1"])) < mpmath.mpf(10) ** -98


def test_digits_at_length_zero(data):
    proven = data("erf", "--sigma-w", "0.5", "--digits", "30")["certified"]
    assert proven["q_star"] == "0" and proven["chi1"] == "0.318309886183790671537767526745"  # 1 / pi
    assert proven["critical"]["sigma_w"] == "0.886226925452758013649083741671"  # sqrt(pi) / 2


@pytest.mark.parametrize(
    ("text", "square", "gradient"),
    [
        ("exp", lambda q: sp.exp(2 * q), lambda q: sp.exp(2 * q)),
        ("expm1", lambda q: sp.exp(2 * q) - 2 * sp.exp(q / 2) + 1, lambda q: sp.exp(2 * q)),
        ("sinh(x)", lambda q: (sp.exp(2 * q) - 1) / 2, lambda q: (sp.exp(2 * q) + 1) / 2),
    ],
)
def test_digits_of_activations_that_grow_exponentially(data, text, square, gradient):
    proven = data(text, "--sigma-w", "0.3", "--sigma-b", "0.1", "--digits", "30")["certified"]
    q, w2 = sp.Rational(proven["q_star"]), sp.Rational(9, 100)
    assert abs(sp.N(sp.Rational(1, 100) + w2 * square(q) - q, 40)) < 1e-30
    assert abs(sp.N(w2 * gradient(q) - sp.Rational(proven["chi1"]), 40)) < 1e-29
    point = proven["critical"]
    q = sp.Rational(point["q_star"])
    assert abs(sp.N(square(q) / gradient(q) + sp.Rational(1, 100) - q, 40)) < 1e-28


def test_digits_of_telu(data):
    """tanh of an exponential is bounded, its derivatives are products of both."""
    found = data("telu", "--sigma-w", "1", "--sigma-b", "0.3", "--digits", "25")
    for key in ("q_star", "chi1", "chi2", "variance_slope"):
        assert float(found["certified"][key]) == pytest.approx(found[key], rel=1e-12)


def test_digits_that_are_out_of_reach_take_no_others_down(data, command, monkeypatch):
    from verify.activation import certified as module

    def beyond(bits: int, **values: object) -> object:
        raise ArithmeticError("it grows too fast")

    unbounded = module.FORMULAS | {"curvature": SimpleNamespace(arb=beyond)}
    monkeypatch.setattr(module, "FORMULAS", unbounded)
    found = data("tanh", "--sigma-w", "1.5", "--sigma-b", "0.3", "--digits", "20")
    assert found["certified"]["chi2"] is None and len(found["certified"]["q_star"].lstrip("0.")) == 20
    assert found["chi2"] == pytest.approx(0.680726587) and said(found, "Not proven to 20 digits: chi2")
    monkeypatch.setattr(module, "FORMULAS", dict.fromkeys(unbounded, unbounded["curvature"]))
    code, out, err = command("tanh", "--sigma-w", "1.5", "--sigma-b", "0.3", "--digits", "20")
    assert (code, out) == (2, "") and "no digits of tanh can be proven" in err and err.count("\n") == 1


def test_digits_of_jumps(data):
    steps = data("heaviside", "--sigma-w", "2", "--sigma-b", "0.5", "--digits", "20")["certified"]
    assert (steps["q_star"], steps["variance_slope"], steps["chi1"]) == ("2.2500000000000000000", "0", None)
    shrunk = data("hard_shrink", "--sigma-w", "0.9", "--digits", "20")["certified"]
    assert (shrunk["q_star"], shrunk["chi1"]) == ("0", "0")
    assert said(data("heaviside", "--digits", "20"), "no number whose digits could be proven")


def test_digits_of_an_expression(data):
    proven = data("x * sigmoid(1.7 * x)", "--sigma-w", "1.3", "--sigma-b", "0.3", "--digits", "15")
    assert float(proven["certified"]["q_star"]) == pytest.approx(proven["q_star"], rel=1e-12)


# ------------------------------------------------------------------------------------------------ PyTorch


@pytest.mark.parametrize("kind", ("gaussian", "orthogonal"))
@pytest.mark.parametrize("shape", ((300, 700), (700, 300)))
def test_printed_pytorch_gives_the_stated_variances(kind, shape, data):
    torch = pytest.importorskip("torch")
    code = data("tanh", "--sigma-w", "1.5", "--sigma-b", "0.3", "--pytorch", kind)["pytorch"]
    space: dict = {}
    exec(code, space)
    torch.manual_seed(1)
    layer, convolution = torch.nn.Linear(shape[1], shape[0]), torch.nn.Conv2d(8, 64, 5)
    torch.nn.Sequential(layer, convolution, torch.nn.Tanh()).apply(space["initialize"])
    for weight in (layer.weight, convolution.weight):
        fan_in = weight[0].numel()
        assert math.sqrt(fan_in * float(weight.detach().square().mean())) == pytest.approx(1.5, rel=0.02)
    assert float(layer.bias.detach().std()) == pytest.approx(0.3, rel=0.15)
    if kind == "orthogonal":
        values = torch.linalg.svdvals(layer.weight.detach())
        assert float(values.max() / values.min()) == pytest.approx(1, abs=1e-4)


def test_pytorch_at_the_critical_point(command, data):
    code, out, _ = command("relu", "--pytorch")
    assert code == 0 and "SIGMA_W, SIGMA_B = 1.41421356" in out
    exec(data("tanh", "--sigma-b", "0.2", "--pytorch")["pytorch"], space := {})
    assert space["SIGMA_W"] == data("tanh", "--sigma-b", "0.2")["critical"]["sigma_w"] and space["SIGMA_B"] == 0.2
    for name in ("softplus", "gelu"):
        code, out, err = command(name, "--sigma-b", "0.1", "--pytorch")
        assert (code, out) == (2, "") and "critical point" in err and err.count("\n") == 1


# ------------------------------------------------------------------------------------------------ figures


@pytest.mark.parametrize("suffix", ("svg", "png", "pdf"))
def test_figures(suffix, command, tmp_path):
    path = tmp_path / "new" / f"phases.{suffix}"
    code, out, _ = command("tanh", "--sigma-w", "1.5", "--sigma-b", "0.3", "--plot", str(path))
    content = path.read_bytes()
    assert code == 0 and str(path) in out
    assert content.startswith({"svg": b"<?xml", "png": b"\x89PNG\r\n", "pdf": b"%PDF"}[suffix]) and len(content) > 5000
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    if suffix == "svg":
        text = content.decode()
        assert all(word in text for word in ("ordered", "chaotic", "this network", "tanh"))
        assert "<script" not in text and "http://www.w3.org" in text


@pytest.mark.parametrize("name", ("relu", "gelu", "softplus", "hard_tanh", "x * exp(-x**2)"))
def test_figures_of_other_shapes(name, tmp_path):
    from verify.activation.diagram import draw

    chosen = activation(name)
    draw(chosen, propagation(chosen, None, None), tmp_path / "phases.svg")
    assert (tmp_path / "phases.svg").stat().st_size > 5000


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_averages_near_the_end_of_float64_warn_of_nothing():
    """E (x e^x)^2 = (q + 4 q^2) e^(2q)."""
    from numerics.solvers.moments import moments
    from numerics.solvers.octaves import octaves
    from verify.compile.nonlinearity import nonlinearity

    phi = nonlinearity(activation("x*exp(x)"))
    assert octaves(phi).edges[-1] > 100
    assert float(moments(phi, 2.0).square) == pytest.approx(18 * math.exp(4), rel=1e-13)


@pytest.mark.parametrize("name", ("x", "abs(x)"))
def test_no_length_is_singled_out_where_slopes_are_exactly_one(name, tmp_path):
    """V(q) = sigma_w^2 q + sigma_b^2, q* = sigma_b^2 / (1 - sigma_w^2) below sigma_w = 1, none from there on."""
    from numerics.solvers.length import lengths
    from verify.activation.diagram import draw
    from verify.compile.nonlinearity import nonlinearity

    chosen = activation(name)
    found = lengths(nonlinearity(chosen), [0.5, 1.0, 1.2], [[0.0], [0.3]])
    assert found.q[:, 0].tolist() == pytest.approx([0, 0.12], rel=1e-14)
    assert all(math.isnan(q) for q in found.q[:, 1:].ravel())
    draw(chosen, propagation(chosen, None, None), tmp_path / "phases.svg")
    assert (tmp_path / "phases.svg").stat().st_size > 5000


def test_the_figure_of_a_jump_has_lengths_and_infinite_chi1(tmp_path):
    """E phi^2 of a step is 1/2: every network keeps a length, and none is ordered."""
    from verify.activation.diagram import draw

    chosen = activation("heaviside")
    draw(chosen, propagation(chosen, 1.5, 0.3), tmp_path / "phases.svg")
    text = (tmp_path / "phases.svg").read_text()
    assert "chi1 is infinite" in text and "chaotic" in text
    assert "ordered" not in text and "without bound" not in text and "correlations decay" not in text


# ------------------------------------------------------------------------------------------------ refusing

REFUSED = {
    "no expression": ([], "the following arguments are required: EXPR"),
    "unknown name": (["tahn"], "'tahn' is refused"),
    "code": (["__import__('os')"], "is refused"),
    "no weights": (["tanh", "--sigma-w", "0"], "--sigma-w: 0 is out of range"),
    "negative weights": (["tanh", "--sigma-w", "-1"], "--sigma-w: -1 is out of range"),
    "negative biases": (["tanh", "--sigma-b=-0.1"], "--sigma-b: -0.1 is out of range"),
    "nan": (["tanh", "--sigma-w", "nan"], "'nan' is not a decimal number"),
    "inf": (["tanh", "--sigma-b", "inf"], "'inf' is not a decimal number"),
    "underscore": (["tanh", "--sigma-w", "1_0"], "'1_0' is not a decimal number"),
    "other digits": (["tanh", "--sigma-w", "١"], "is not a decimal number"),
    "depth 0": (["tanh", "--depth", "0"], "--depth: 0 is out of range"),
    "depth 1.5": (["tanh", "--depth", "1.5"], "--depth: '1.5' is not a whole number"),
    "no digits": (["tanh", "--digits", "0"], "--digits: 0 is out of range; give 1 to 100"),
    "many digits": (["tanh", "--digits", "101"], "--digits: 101 is out of range; give 1 to 100"),
    "suffix": (["tanh", "--plot", "phases.jpg"], "phases.jpg is no .svg, .png or .pdf file"),
    "no suffix": (["tanh", "--plot", "phases"], "phases is no .svg, .png or .pdf file"),
    "nowhere": (["tanh", "--plot", "/proc/phases.svg"], "cannot write /proc/phases.svg"),
    "kind": (["tanh", "--pytorch", "uniform"], "--pytorch: invalid choice: 'uniform'"),
    "growth": (["x**3 * exp(x**2)"], "is not a real number below 1e+15"),
    "near": (["tahn(x)"], "did you mean tanh"),
    "collective": (["softmax"], "no function of one number"),
}


@pytest.mark.parametrize(("arguments", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_named_in_one_line(arguments, reason, command):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert reason in err and err.count("\n") == 1 and "Traceback" not in err


def test_text(command):
    code, out, _ = command("tanh", "--sigma-w", "1.5", "--sigma-b", "0.3", "--depth", "50")
    assert code == 0
    for text in (
        "sigma_w = 1.5, sigma_b = 0.3: chaotic",
        "q_star          0.96084428",
        "xi_grad         -16.8935468",
        "After 50 layers",
        "1.36323858 to 1.43162344",
        "1.39558398       0.3   0.763474767",
    ):
        assert text in out
    assert max(map(len, out.splitlines())) <= 140


def test_text_has_no_heading_without_rows_and_no_endless_line(command):
    code, out, _ = command("gelu", "--depth", "5", "--kernel", "0.3")
    assert code == 0 and "After 5 layers" not in out and "No range of sigma_w is given for depth 5" in out
    assert max(map(len, out.splitlines())) <= 110  # the formula of the kernel has 300 characters


def test_it_loads_neither_torch_nor_matplotlib():
    script = (
        "import sys\nfrom verify.command.cli import main\n"
        "main(['activation', 'tanh', '--sigma-w', '1.5', '--pytorch', '--digits', '15', '--depth', '9'])\n"
        "print([m for m in ('torch', 'matplotlib', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.splitlines()[-1] == "[]"
