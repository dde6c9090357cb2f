"""Activations as people paste them: names of frameworks, jumps and kinks of any kind, and any text at all."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy as sp
from scipy.stats import norm

from derivations.activations import ACTIVATIONS, Sinc
from derivations.symbols import x
from numerics.solvers.moments import moments
from tests.activation_texts import MEGABYTES, SECONDS
from verify import certify
from verify.activation import catalogue
from verify.activation import zeros as module_of_zeros
from verify.activation.certified import FORMULAS
from verify.activation.opaque import PLAIN, plain
from verify.activation.pieces import approximate
from verify.activation.reading import ActivationError, activation, read
from verify.activation.zeros import Unlocated, number, zeros
from verify.compile import mpmath_function, numpy_function
from verify.compile.exact import Mpmath
from verify.compile.float64 import sinc
from verify.compile.intervals import Interval, Intervals
from verify.compile.nonlinearity import nonlinearity
from verify.compile.structure import decimal, expanded_terms, hard_constants, monomial, terms

ROOT = Path(__file__).resolve().parent.parent
TEXTS = int(os.environ.get("REDERIVE_TEXTS", "1000"))
PLACES = np.linspace(-6, 6, 240) + 0.0037  # beside all jumps


def value(text: str, at: np.ndarray = PLACES, order: int = 0) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.broadcast_to(numpy_function(activation(text), order)(at), at.shape)


# ------------------------------------------------------------------------------------------------ any text at all


@pytest.mark.slow
def test_no_text_takes_more_than_two_seconds_or_300_megabytes():
    """Texts of a grammar, each read in a process with that limit; REDERIVE_TEXTS draws more, REDERIVE_SEED others."""
    command = [sys.executable, "-m", "tests.activation_texts", str(TEXTS), os.environ.get("REDERIVE_SEED", "1")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, env=_environment())
    found = json.loads(done.stdout)
    assert found["failed"] == []
    assert found["read"] + found["refused"] == TEXTS and found["read"] > TEXTS / 10
    assert found["seconds"] < SECONDS and found["megabytes"] < MEGABYTES


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def test_reading_an_ordinary_text_starts_no_process(monkeypatch):
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("a process was started"))
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: pytest.fail("a process was started"))
    assert activation("max(x, tanh(x))").smoothness == 2


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("(max(x,0)**3)**0.5", "max(x,0)**1.5"),
        ("(abs(x)**3)**0.5", "abs(x)**1.5"),
        ("(4*max(0,x-1)**3)**0.5", "2*max(0,x-1)**1.5"),
        ("(-min(x,0)**3)**0.5", "max(-x,0)**1.5"),
        ("((max(x,0)**5)**0.5)**0.5", "max(x,0)**1.25"),
        ("(max(x,0)**2 + max(x,0)**3)**0.5", "max(x,0)*sqrt(1 + max(x,0))"),
    ],
)
def test_powers_of_powers_have_the_slope_of_the_whole_power_at_their_kink(text, same):
    for order in (0, 1):
        np.testing.assert_allclose(value(text, order=order), value(same, order=order), rtol=1e-9, atol=1e-12)
    found, expected = (moments(nonlinearity(activation(written)), 1.0).gradient for written in (text, same))
    assert found == pytest.approx(expected, rel=1e-10)


def test_a_slope_of_zero_by_zero_at_a_kink_is_its_limit():
    """E phi'^2 at variance 1 by tanh-sinh quadrature of the slope as written out by hand."""
    found = activation("sqrt(1 - exp(-max(x,0)**2))")

    def slope_square(z: mpmath.mpf) -> mpmath.mpf:
        return (z * mpmath.exp(-z * z)) ** 2 / -mpmath.expm1(-z * z) * mpmath.npdf(z)

    expected = float(mpmath.quad(slope_square, [1e-12, 1, 3, 6, 12]))
    assert moments(nonlinearity(found), 1.0).gradient == pytest.approx(expected, rel=1e-9)
    assert found.smoothness == 0


# ------------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize("name", [n.name for n in catalogue.TABLE if n.name in ACTIVATIONS])
def test_the_catalogue_agrees_with_the_definitions(name):
    """What the catalogue spells is the activation that the claims use, not a second definition of it."""
    text = catalogue.NAMES[catalogue.key(name)].text.replace("beta", "1").replace("alpha", "1")
    text = text.replace("min_val", "(-1)").replace("max_val", "1")
    assert activation(text) is ACTIVATIONS[name]


PYTORCH = (
    *("relu", "relu6", "elu", "selu", "celu", "leaky_relu", "rrelu", "gelu", "logsigmoid", "tanhshrink", "softsign"),
    *(
        "softplus",
        "softshrink",
        "hardshrink",
        "hardsigmoid",
        "silu",
        "mish",
        "hardtanh",
        "hardswish",
        "sigmoid",
        "tanh",
    ),
)
LAYERS = (
    *("ReLU", "ReLU6", "ELU", "SELU", "CELU", "LeakyReLU", "PReLU", "GELU", "LogSigmoid", "Hardshrink", "Tanhshrink"),
    *("Softsign", "Softplus", "Softshrink", "Hardsigmoid", "SiLU", "Mish", "Hardtanh", "Hardswish", "Sigmoid", "Tanh"),
    "Identity",
)


@pytest.mark.parametrize("name", PYTORCH)
def test_functions_of_pytorch(name):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn.functional, name)(torch.tensor(PLACES)).numpy()
    for text in (f"torch.nn.functional.{name}", f"F.{name}(x)", name.upper(), name.replace("_", "")):
        np.testing.assert_allclose(value(text), theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "text",
    [f"nn.{name}()" for name in LAYERS]
    + [
        "nn.LeakyReLU(0.2)",
        "nn.ELU(alpha=0.5)",
        "nn.CELU(0.3)",
        "nn.GELU(approximate='tanh')",
        "nn.Softplus(beta=2)",
        "nn.Hardtanh(-0.5, 2)",
        "nn.Softshrink(0.7)",
        "nn.Threshold(0.1, 20)",
        "nn.ReLU(inplace=True)",
        "nn.PReLU(init=0.1)",
    ],
)
def test_modules_of_pytorch(text):
    torch = pytest.importorskip("torch")
    theirs = eval(text, {"nn": torch.nn}).double()(torch.tensor(PLACES)).detach().numpy()
    np.testing.assert_allclose(value(text), theirs, rtol=1e-8, atol=1e-8)  # Softplus is linear above 20 there
    np.testing.assert_allclose(value(f"torch.{text}(x)"), theirs, rtol=1e-8, atol=1e-8)


def _relu6(v: np.ndarray) -> np.ndarray:
    return np.clip(v, 0, 6)


# From the sources of jax.nn 0.10 and Keras 3.15, whose functions were compared with these readings at 41 places once.
OTHERS = {
    "jax.nn.gelu": lambda v: v * (1 + np.tanh(np.sqrt(2 / np.pi) * (v + 0.044715 * v**3))) / 2,
    "jax.nn.gelu(x, approximate=False)": lambda v: value("gelu", v),
    "keras.activations.gelu": lambda v: value("gelu", v),
    "jax.nn.leaky_relu": lambda v: np.where(v > 0, v, 0.01 * v),
    "keras.activations.leaky_relu": lambda v: np.where(v > 0, v, 0.2 * v),
    "jax.nn.leaky_relu(x, negative_slope=0.1)": lambda v: np.where(v > 0, v, 0.1 * v),
    "jax.nn.squareplus": lambda v: (v + np.sqrt(v**2 + 4)) / 2,
    "jax.nn.sparse_plus": lambda v: np.where(v <= -1, 0, np.where(v >= 1, v, (v + 1) ** 2 / 4)),
    "jax.nn.hard_silu": lambda v: v * _relu6(v + 3) / 6,
    "keras.activations.hard_sigmoid": lambda v: _relu6(v + 3) / 6,
    "hard_sigmoid_keras2": lambda v: np.clip(0.2 * v + 0.5, 0, 1),
    "keras.activations.exponential": np.exp,
    "flax.linen.swish": lambda v: v / (1 + np.exp(-v)),
    "jnp.sinc": np.sinc,
    "quick_gelu": lambda v: v / (1 + np.exp(-1.702 * v)),
    "gelu_new": lambda v: value("nn.GELU(approximate='tanh')", v),
    "snake(2)": lambda v: v + np.sin(2 * v) ** 2 / 2,
    "ReLU Squared": lambda v: np.maximum(v, 0) ** 2,
    "expm1": np.expm1,
    "hard-swish": lambda v: v * _relu6(v + 3) / 6,
    "lambda z: z * torch.sigmoid(1.702 * z)": lambda v: v / (1 + np.exp(-1.702 * v)),
    "np.where(x > 0, x, 0.3 * x)": lambda v: np.where(v > 0, v, 0.3 * v),
    "torch.clamp(x, min=-1, max=2)": lambda v: np.clip(v, -1, 2),
    "jnp.maximum(x, 0.1 * x)": lambda v: np.maximum(v, 0.1 * v),
    "-softplus(-x)": lambda v: -np.log1p(np.exp(-v)),
    "max(0,x)+min(0,exp(x)-1)": lambda v: np.where(v > 0, v, np.expm1(v)),
    "relu(tanh(x))": lambda v: np.maximum(np.tanh(v), 0),
    "max(x,tanh(x))": lambda v: np.maximum(v, np.tanh(v)),
    "abs(x)**1.5": lambda v: np.abs(v) ** 1.5,
    "max(x, 0)**1.5": lambda v: np.maximum(v, 0) ** 1.5,
    "x/sqrt(1+x^2)": lambda v: v / np.sqrt(1 + v**2),
    "sign": np.sign,
    "heaviside": lambda v: (v > 0).astype(float),
    "x * (x > 0)": lambda v: np.maximum(v, 0),
    "1.41421356237309504880168872420969807856967187537694807317667973799 * x": lambda v: np.sqrt(2) * v,
    "1e-25 * x": lambda v: 1e-25 * v,
    "max(x, tanh(0.37))": lambda v: np.maximum(v, np.tanh(0.37)),
    "x if sigmoid(x) > 0.7 else 0": lambda v: np.where(1 / (1 + np.exp(-v)) > 0.7, v, 0),
    "x if 1/x > 0 else 2*x": lambda v: np.where(v > 0, v, 2 * v),
    "max(x * exp(-x**2), 0.1)": lambda v: np.maximum(v * np.exp(-(v**2)), 0.1),
}


@pytest.mark.parametrize("text", OTHERS)
def test_other_texts(text):
    np.testing.assert_allclose(value(text), OTHERS[text](PLACES), rtol=1e-12, atol=1e-12)


def test_every_name_is_read_and_is_an_activation():
    """All of them reach the solvers: three derivatives' worth of callables that are finite."""
    for named in catalogue.TABLE:
        if named.name == "threshold":
            continue
        phi = nonlinearity(activation(named.name))
        for function in (phi.value, phi.first, phi.second):
            assert function is None or np.all(np.isfinite(function(np.linspace(-30, 30, 101)))), named.name


def test_what_is_meant_is_said_where_frameworks_differ():
    for text, words in (
        ("hard_sigmoid", "relu6(x + 3) / 6 as in PyTorch"),
        ("leaky_relu", "0.01"),
        ("keras.activations.leaky_relu", "here 0.2"),
        ("sinc", "sin(pi x) / (pi x)"),
    ):
        assert any(words in note for note in read(text).notes), text
    assert read("tanh").notes == read("mish").notes == ()
    assert activation("jax.nn.gelu").name == "gelu_tanh" and activation("F.gelu").name == "gelu"
    assert activation("nn.LeakyReLU(0.2)").name == "leaky_relu(negative_slope=0.2)"


@pytest.mark.parametrize(
    ("text", "words"),
    (
        ("tahn", "did you mean tanh"),
        ("mihs(x)", "did you mean mish"),
        ("nn.LeakyRLU(0.1)", "did you mean leaky_relu"),
        ("softmax(x)", "no function of one number"),
        ("nn.GLU()", "no function of one number"),
        ("torch.load(x)", "is refused"),
        ("os.system(x)", "is refused"),
        ("leaky_relu(x, slope_typo=0.1)", "no parameter of leaky_relu"),
        ("nn.GELU(approximate='sigmoid')", "approximate is 'tanh' or 'none'"),
        ("threshold", "needs threshold and value"),
        ("elu(x, x)", "alpha of elu is a number"),
        ("x**1.5", "not real"),
        ("sqrt(x)", "not real"),
        ("abs(x)**0.5", "no finite slope"),
        ("abs(sin(x))", "too many"),
        ("max(squareplus(min(1, -0.34 / x)), x)", "cannot be located"),
        ("x * 1j", "only plain numbers"),
        ("exp(exp(exp(5))) * x", "infinite or too large"),
        ("x if relu(5) <= sinh(exp(relu(1e14))) else 2 * x", "infinite or too large"),  # a constant only once settled
        ("((x**16)**16)**16", "too high a degree"),
        ("mish(mish(mish(mish(mish(mish(x))))))", "at most are read"),
    ),
)
def test_refusals_name_the_reason(text, words):
    with pytest.raises(ActivationError) as refused:
        activation(text)
    assert words in str(refused.value) and "\n" not in str(refused.value)


# ------------------------------------------------------------------------------------------------ kinks and jumps


def test_jumps_are_marked():
    for text, places in (
        ("sign", [0]),
        ("heaviside(x - 0.5)", [0.5]),
        ("hard_shrink", [-0.5, 0.5]),
        ("x > 0.3", [0.3]),
    ):
        phi = nonlinearity(activation(text))
        assert phi.jumps and phi.second is None and list(phi.breakpoints) == places
    assert not nonlinearity(activation("relu")).jumps and not nonlinearity(activation("tanh")).jumps
    assert activation("sign").smoothness == -1
    with pytest.raises(ValueError, match="derivative of order 1 is not a function"):
        activation("sign").derivative(1)


@pytest.mark.parametrize("place", ("1e-12", "1e-30"))
def test_kinks_may_lie_next_to_zero(place):
    """The series at zero ends at the kink; in its own units no coefficient is infinite."""
    phi = nonlinearity(activation(f"max(x, {place})"))
    q = np.array([8e-31, 1e-24, 1e-8, 1.0])
    z = float(place) / np.sqrt(q)
    expected = z**2 * norm.cdf(z) + norm.sf(z) + z * norm.pdf(z)
    np.testing.assert_allclose(moments(phi, q).square / q, expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("text", "places", "smoothness"),
    (
        ("max(tanh(x), 0.3)", [np.arctanh(0.3)], 0),
        ("max(x, tanh(x))", [0], 2),
        ("relu(exp(x) - 1)", [0], 0),
        ("min(x, x**3)", [-1, 0, 1], 0),
        ("abs(x)**1.5", [0], 1),
        ("abs(x)**3", [0], 2),
        ("max(x**3 - x - 1, 0)", [1.324717957244746], 0),
        ("max(0, arctan(x) - 1)", [np.tan(1)], 0),
        ("max(log(1 + exp(x)), 2)", [np.log(np.exp(2) - 1)], 0),
    ),
)
def test_kinks_are_placed(text, places, smoothness):
    found = activation(text)
    assert [float(b) for b in found.breakpoints] == pytest.approx(places, abs=1e-15)
    assert found.smoothness == smoothness


def test_digits_are_not_proven_where_a_kink_has_no_formula():
    assert approximate(activation("max(x**3 - x - 1, 0)")) and not approximate(activation("max(tanh(x), 0.3)"))


def test_polynomials_get_no_exact_exponentials():
    constant = sp.exp(sp.Rational(1, 3))
    assert hard_constants(constant * x + 1) and not hard_constants(sp.sqrt(2) * sp.pi * x + sp.exp(x))
    assert decimal(constant * x).atoms(sp.exp) == set() and decimal(sp.Rational(1, 3) * x) == x / 3
    assert expanded_terms((x + sp.sin(x) + 1) ** 16) == math.comb(3 + 1 + 15, 16)
    assert terms(activation("(x + 1)**4 * exp(x)")) and not terms(activation("((x + sin(x) + exp(x) + 1) / 1e4)**16"))


def test_curvature_exists_where_it_can_be_averaged():
    """phi'' ~ |x|^(p - 2) has a finite mean square for p > 3/2 only."""
    assert nonlinearity(activation("abs(x)**1.5")).second is None
    assert nonlinearity(activation("abs(x)**1.6")).second is not None


@pytest.mark.parametrize(
    ("function", "places"),
    (
        (x - sp.tanh(x), [0]),
        (sp.exp(x) - 1 - x, [0]),
        (sp.cosh(x) - 1, [0]),
        (sp.sin(x) - x / 10, [-8.423203932360493, -7.068174358095818, -2.8523418944500916, 0, 2.8523418944500916]),
        (x * sp.exp(-x * x) - sp.Rational(1, 10), [0.10102584831568519, 1.6796306104284499]),
        (x**2 + sp.exp(x) + 1, []),
        (sp.exp(x) - sp.exp(100), [100]),
    ),
)
def test_all_zeros_are_found(function, places):
    found = [float(p.value) for p in zeros(function, -mpmath.inf, mpmath.inf)]
    assert found[: len(places)] == pytest.approx(places, abs=1e-14) and (len(found) == len(places) or places[0] < -8)


def test_a_zero_takes_few_evaluations(monkeypatch):
    """Newton's method ends where its last step meets an end of the bracket, and does not halve it 400 times."""
    calls = []
    monkeypatch.setattr(module_of_zeros, "number", lambda *at: calls.append(1) or number(*at))
    assert len(zeros(sp.cos(sp.exp(x / 2)), -mpmath.inf, mpmath.mpf(8))) == 17
    assert len(calls) < 17 * 40


@pytest.mark.parametrize("text", ["log(x) if x > 0 else x", "x if x < 0 else log(x)"])
def test_what_has_no_bound_beside_a_kink_is_refused(text):
    with pytest.raises(ActivationError, match="at x = 0 it is not a real number"):
        activation(text)


def test_a_division_by_zero_inside_a_bounded_function_is_a_jump():
    phi = activation("arctan(maximum(1/x, 2.5))")
    assert [float(place) for place in phi.breakpoints] == [0, 0.4]
    np.testing.assert_allclose(
        value("arctan(maximum(1/x, 2.5))", np.array([-1.0, 0.2])), [np.arctan(2.5), np.arctan(5)]
    )


def test_what_is_no_power_is_seen_at_once():
    phi = activation("isru(((1 - 0.27551864109280373616766132380558956 * x))**16)")
    start = time.process_time()
    assert monomial(phi) is None
    assert time.process_time() - start < 1


def test_zeros_without_end_are_refused():
    with pytest.raises(Unlocated, match="too many"):
        zeros(sp.exp(x) - sp.sin(x), -mpmath.inf, mpmath.inf)


# ------------------------------------------------------------------------------------------------ arithmetic


@pytest.mark.parametrize(
    "text", ("tanh(x) * exp(-x**2)", "sin(3*x) / (2 + cos(x))", "x**3 - 2 * x", "erf(x) * asinh(x)")
)
def test_intervals_contain_every_value(text):
    function, backend = activation(text).expression, Intervals()
    edges = np.sort(np.random.default_rng(1).uniform(-5, 5, 400))
    found = backend.evaluate(function, {x: Interval(edges[:-1], edges[1:])})
    for share in (0, 0.3, 1):
        at = edges[:-1] + share * np.diff(edges)
        inside = value(text, at)
        assert np.all(found.low <= inside) and np.all(inside <= found.high)
    assert np.median(found.high - found.low) < 1


@pytest.mark.parametrize("opaque", PLAIN)
def test_what_is_not_worked_out_is_the_same_function(opaque):
    base = PLAIN[opaque]
    assert plain(opaque(x)) == base(x)
    at = mpmath.mpf("0.7")
    for order in range(3):
        ours, theirs = (Mpmath().evaluate(f(x).diff(x, order) if order else f(x), {x: at}) for f in (opaque, base))
        assert mpmath.almosteq(ours, theirs, 1e-13)


@pytest.mark.parametrize("text", ("max(log(celu(-3)), x)", "abs(log(celu(-3)) - x)"))
def test_a_complex_constant_at_a_kink_is_refused(text):
    with pytest.raises(ActivationError, match="complex"):
        activation(text)


@pytest.mark.parametrize("text", ("sigmoid(10000*x)", "softplus(10000*x)", "silu(1000000*x)"))
def test_what_overflows_on_the_way_is_read(text):
    assert np.all(np.isfinite(nonlinearity(activation(text)).first(PLACES)))


def test_sinc_keeps_its_digits():
    places = np.concatenate([10.0 ** np.arange(-8, 6, 0.5), np.linspace(0, 40, 101)])
    for order in range(4):
        exact = [float(mpmath.hyp0f1(order + 1.5, -(mpmath.mpf(float(v)) ** 2) / 4)) for v in places]
        np.testing.assert_allclose(sinc(order, places), exact, atol=1e-14)
    assert Sinc(0, x).diff(x).subs(x, 0) == 0
    assert float(Sinc(0, sp.Rational(1, 3)).evalf()) == pytest.approx(3 * np.sin(1 / 3))


@pytest.mark.parametrize("text", ("arctan", "asinh", "softsign", "x/sqrt(1+x^2)", "sinc", "softsign(2*x - 0.3)"))
def test_balls_of_functions_with_branch_cuts_enclose_the_averages(text):
    found = activation(text)
    for order, name in enumerate(("square", "gradient", "curvature")):
        if found.breakpoints and order > found.smoothness + 1:
            continue
        with certify.precision(100):
            enclosed = FORMULAS[name].arb(100, q=certify.ball("1.7"), phi=found)
        derivative = mpmath_function(found, order)
        with mpmath.workdps(25):
            scale = mpmath.sqrt(mpmath.mpf("1.7"))
            kinks = [Mpmath().evaluate(place, {}) / scale for place in found.breakpoints]
            exact = mpmath.quad(
                lambda z, f=derivative, s=scale: f(s * z) ** 2 * mpmath.npdf(z), sorted([*range(-12, 13), *kinks])
            )
            middle = mpmath.mpf(enclosed.mid().str(25, radius=False))
            assert abs(middle - exact) < mpmath.mpf(10) ** -20 and enclosed.rad() < 1e-22


def test_a_ball_across_a_branch_cut_is_no_number():
    from flint import acb, arb

    wide = acb(arb(0, 0.1), arb(1.5, 0.1))
    for function in (certify.BRANCHED[sp.atan], certify.BRANCHED[sp.asinh]):
        assert not function(wide, analytic=True).is_finite()
        assert function(acb(0.3, 0.2), analytic=True).is_finite()
