"""Reading an activation from text: whatever is typed is a valid activation or is refused, and nothing is executed."""

from __future__ import annotations

import ast
import builtins
import math
import subprocess
import time

import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derivations.activations import ACTIVATIONS, Activation
from derivations.symbols import x
from verify.activation.language import FUNCTIONS
from verify.activation.reading import ActivationError, activation
from verify.activation.syntax import LENGTH
from verify.compile import numpy_function

SECONDS = 2  # of the processor, for one text
PLACES = np.linspace(-4, 4, 33)


def value(found: Activation, at: np.ndarray = PLACES, order: int = 0) -> np.ndarray:
    with np.errstate(all="ignore"):  # of the pieces that do not hold
        return np.broadcast_to(numpy_function(found, order)(at), at.shape)


def read(text: str) -> Activation | None:
    """The activation, or None where it is refused in one line; within bounded time."""
    start = time.process_time()
    try:
        found = activation(text)
    except ActivationError as refused:
        assert str(refused) and "\n" not in str(refused).strip()
        return None
    finally:
        assert time.process_time() - start < SECONDS
    assert isinstance(found, Activation) and found.expression.free_symbols == {x}
    assert list(found.breakpoints) == sorted(found.breakpoints)
    assert np.all(np.isfinite(value(found)))
    return found


# ------------------------------------------------------------------------------------------------ what is read


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_names(name):
    assert activation(name) is ACTIVATIONS[name]
    assert activation(f" {name} ") is ACTIVATIONS[name]


@pytest.mark.parametrize(
    ("text", "name"),
    (
        ("tanh(x)", "tanh"),
        ("max(0, x)", "relu"),
        ("x if x > 0 else 0", "relu"),
        ("(x + abs(x)) / 2", "relu"),
        ("clip(x, -1, 1)", "hard_tanh"),
        ("min(max(x, -1), 1)", "hard_tanh"),
        ("x*(1+erf(x/sqrt(2)))/2", "gelu"),
        ("x * sigmoid(x)", "silu"),
        ("log(1 + exp(x))", "softplus"),
        ("x if x > 0 else exp(x) - 1", "elu"),
        ("max(0, x) + min(0, exp(x) - 1)", "elu"),
        ("x * (x > 0)", "relu"),
        ("np.where(x > 0, x, 0)", "relu"),
        ("lambda z: z / (1 + np.exp(-z))", "silu"),
        ("torch.clamp(x, min=0)", "relu"),
    ),
)
def test_what_spells_a_named_activation_is_it(text, name):
    assert activation(text) == ACTIVATIONS[name]


def leaky(v):
    return np.where(v > 0, v, 0.1 * v)


@pytest.mark.parametrize(
    ("text", "function", "breakpoints", "smoothness"),
    (
        ("x * sigmoid(1.7 * x)", lambda v: v / (1 + np.exp(-1.7 * v)), (), None),
        ("x if x > 0 else 0.1 * x", leaky, (0,), 0),
        ("max(x, x / 10)", leaky, (0,), 0),
        ("0.1 * x if x <= 0 else x", leaky, (0,), 0),
        ("max(0, x)**2", lambda v: np.maximum(0, v) ** 2, (0,), 1),
        ("x / (1 + abs(x))", lambda v: v / (1 + np.abs(v)), (0,), 1),
        ("x * clip(x/6 + 1/2, 0, 1)", lambda v: v * np.clip(v / 6 + 0.5, 0, 1), (-3, 3), 0),
        ("abs(x**2 - 2)", lambda v: np.abs(v * v - 2), (-sp.sqrt(2), sp.sqrt(2)), 0),
        ("x^3 / 10", lambda v: v**3 / 10, (), None),
        ("relu(x - 1) - relu(-x - 0.5)", lambda v: np.maximum(v - 1, 0) - np.maximum(-v - 0.5, 0), (-0.5, 1), 0),
        ("e**2 * x / pi", lambda v: math.e**2 * v / math.pi, (), None),
        ("abs(abs(x) - 1)", lambda v: np.abs(np.abs(v) - 1), (-1, 0, 1), 0),
    ),
)
def test_expressions(text, function, breakpoints, smoothness):
    found = activation(text)
    np.testing.assert_allclose(value(found), function(PLACES), rtol=1e-14, atol=1e-14)
    assert [float(b) for b in found.breakpoints] == pytest.approx([float(b) for b in breakpoints])
    assert smoothness is None or found.smoothness == smoothness


@pytest.mark.parametrize("text", ("tanh(x)", "x if x > 0 else 0.1 * x", "max(0, x)**2", "x * sigmoid(1.7 * x)"))
def test_the_derivative_is_that_of_the_function(text):
    found, h = activation(text), 1e-6
    at = PLACES[PLACES != 0]
    slope = (value(found, at + h) - value(found, at - h)) / (2 * h)
    np.testing.assert_allclose(value(found, at, 1), slope, rtol=1e-8, atol=1e-8)


# ------------------------------------------------------------------------------------------------ what is refused


HOSTILE = {
    "import": "__import__('os').system('echo executed')",
    "attribute": "x.__class__.__mro__",
    "attribute of a number": "(1).__class__",
    "call of a call": "tanh(x)(x)",
    "unknown function": "system(x)",
    "lambda": "(lambda: x)()",
    "comprehension": "[x for x in (1,)]",
    "f-string": "f'{x}'",
    "string": "'x'",
    "walrus": "(x := 3)",
    "statement": "x; x",
    "assignment": "x = 3",
    "subscript": "x[0]",
    "keyword": "tanh(x=1)",
    "star": "max(*x)",
    "complex": "1j * x",
    "truth": "True * x",
    "huge power": "9**9**9 * x",
    "tower of powers": "((((x**16)**16)**16)**16)**16",
    "power of numbers": "(((9**16)**16)**16) * x",
    "variable exponent": "x**x",
    "nested exponentials": "exp(exp(exp(exp(x))))",
    "growing exponential": "exp(x**2)",
    "huge number": "1e400 * x",
    "large number": "1e31 * x",
    "number with a long exponent": "0e" + "7" * 40 + " + x * 1j",
    "number of many bits": "0x" + "f" * 30 + " * x",
    "deep": "(" * 98 + "[x]" + ")" * 98,
    "deep signs": "-" * 150 + "x",
    "deep calls": "tanh(" * 30 + "x" + ")" * 30,
    "wide": "+".join(["x"] * 90),
    "non-ASCII": "tanh(χ)",
    "full-width letters": "ｔａｎｈ(x)",
    "zero byte": "x\0",
    "line feed": "x\n+x",
    "empty": "",
    "blank": "   ",
    "million characters": "x+" * 500_000,
    "million brackets": "(" * 1_000_000,
    "pole": "1 / (x - 0.3)",
    "pole off the probes": "1 / (100 * x - 33) ** 2",
    "division by zero": "x / (1 - 1)",
    "root of negative": "sqrt(x)",
    "logarithm": "log(x)",
    "tangent": "tan(x)",
    "constant": "3",
    "constant after all": "x - x",
    "kink that cannot be placed": "abs(sin(x))",
    "chain of comparisons": "x if 0 < x < 1 else 0",
    "pole far out": "x / (x - 40)",
    "pole that is touched": "x / (1 + sin(x))",
    "pole beside a kink": "x if x < 0 else x / (x - 0.333)",
    "cancellation": "10000000 * (cosh(x)**2 - sinh(x)**2 - 1) + x",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_in_one_line(text, capfd):
    start = time.process_time()
    with pytest.raises(ActivationError) as refused:
        activation(text)
    assert time.process_time() - start < 5
    message = str(refused.value)
    assert message.count("\n") <= 0 and len(message) < LENGTH + 600
    assert "executed" not in capfd.readouterr().out


def test_nothing_is_executed(monkeypatch):
    """No text reaches eval, exec, import, open or a process."""

    def forbidden(*arguments, **_):
        raise AssertionError(f"called with {arguments}")

    texts = [*HOSTILE.values(), "eval('x')", "open('f', 'w')", "exec('x')", "breakpoint()", "compile('x', '', 'eval')"]
    with monkeypatch.context() as patch:
        for name in ("eval", "exec", "open", "input", "breakpoint"):
            patch.setattr(builtins, name, forbidden)
        patch.setattr(sp, "sympify", forbidden)
        patch.setattr(sp, "parse_expr", forbidden)
        patch.setattr(subprocess, "Popen", forbidden)
        refused = 0
        for text in texts:
            try:
                activation(text)
            except ActivationError:
                refused += 1
    assert refused == len(texts)


# ------------------------------------------------------------------------------------------------ generated text

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
SIGNS = ("(", ")", ",", "+", "-", "*", "/", "**", ">", "<", ".", "_", "[", "]", "'", "\\", " ", ":", "=", "%")
WORDS = ("x", "pi", "if", "else", "lambda", "import", "not", "and", "__class__", "0", "1", "2.5", "1e9")
TOKENS = (*FUNCTIONS, *ACTIVATIONS, *SIGNS, *WORDS)


@settings(QUICK, max_examples=200)
@given(st.text(max_size=40))
def test_any_unicode_text(text):
    read(text)


@settings(QUICK, max_examples=200)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_any_ascii_text(text):
    read(text)


@settings(QUICK, max_examples=150)
@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join))
def test_any_row_of_tokens(text):
    read(text)


def trees() -> st.SearchStrategy[str]:
    """Expressions in the language that is read, and just outside it."""
    numbers = st.sampled_from(("0", "1", "2", "0.5", "3", "1.7", "10", "0.01", "pi"))
    leaves = st.one_of(st.just("x"), st.just("x"), numbers)

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        called = st.tuples(st.sampled_from([n for n, (count, _) in FUNCTIONS.items() if count == 1]), inner)
        named = st.tuples(st.sampled_from(sorted(ACTIVATIONS)), inner)
        return st.one_of(
            st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            st.one_of(called, named).map(lambda t: f"{t[0]}({t[1]})"),
            st.tuples(st.sampled_from(("max", "min")), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
            st.tuples(inner, st.sampled_from(("2", "3", "1/2", "-1"))).map(lambda t: f"({t[0]})**({t[1]})"),
            st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} > 0 else {t[2]})"),
        )

    return st.recursive(leaves, grow, max_leaves=5)


@QUICK
@given(trees())
def test_any_expression_has_the_value_that_python_gives_it(text):
    """What is read means what Python means by the same text."""
    found = read(text)
    if found is None:
        return
    tree = ast.parse(text, mode="eval")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - {"x", "pi"}
    if "x" not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}:
        return  # elu(2) is elu with alpha = 2
    functions = {name: meaning(name) for name in names}
    code = compile(tree, "<test>", "eval")
    for place in PLACES[::4] + 0.0137213:  # the value at a jump is nobody's
        try:
            expected = eval(code, {"__builtins__": {}}, functions | {"x": float(place), "pi": math.pi})
        except (ValueError, ArithmeticError):  # x / x at zero, sqrt(x)**2 below it
            continue
        assert value(found, np.array([place]))[0] == pytest.approx(expected, rel=1e-7, abs=1e-7)


def meaning(name: str):
    """A function of the language in plain Python."""
    plain = {
        "max": max,
        "min": min,
        "abs": abs,
        "log1p": math.log1p,
        "ln": math.log,
        "arctan": math.atan,
        "sech": lambda v: 1 / math.cosh(v),
        "sign": lambda v: float(np.sign(v)),
        "step": lambda v: float(v > 0),
        "square": lambda v: v * v,
        "rsqrt": lambda v: 1 / math.sqrt(v),
        "sinc": np.sinc,
        "arcsinh": math.asinh,
        "clip": lambda v, low, high: min(max(v, low), high),
    }
    if name in ACTIVATIONS and not hasattr(math, name):
        return lambda v: float(numpy_function(ACTIVATIONS[name])(np.array([v]))[0] if name != "linear" else v)
    return plain.get(name) or getattr(math, name)
