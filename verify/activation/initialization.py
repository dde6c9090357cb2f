"""sigma_w and sigma_b of an initialization as PyTorch, JAX and Keras state it.

sigma_w^2 is fan-in times the variance of a weight, sigma_b^2 the variance of a bias. What is typed is read by Python's
parser, of which only calls with plain arguments are taken; nothing is executed.
"""

from __future__ import annotations

import ast
import difflib
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import mpmath

from verify.activation.catalogue import FRAMEWORKS, key
from verify.activation.laws import LAWS, Arguments, Fans, InitializationError, Law, calculate_gain, shown

LENGTH, DIGITS = 300, 110  # of the text, of the results
LARGEST, POWER = 1e6, 4  # of a number in the text, of an exponent
WIDTHS, SAME_DIGITS = (2, 1000, 10**6), 1e-15  # at which a text with fan_in is tried; of sigma_w at two of them


@dataclass(frozen=True, kw_only=True)
class Initialization:
    """sigma_w and sigma_b as decimal text, and in one sentence each how they come about."""

    sigma_w: str
    sigma_b: str
    weights: str
    biases: str
    notes: tuple[str, ...] = ()


def initialization(text: str, fan_in: int | None = None, fan_out: int | None = None) -> Initialization:
    """What "kaiming_normal_(nonlinearity='relu')", "nn.Linear" or "he_normal; bias normal_(std=0.1)" means.

    Raises InitializationError in one line for what is unknown, draws no random weights or weights with a mean, or needs
    a fan-in that was not given.
    """
    if fan_in is None and re.search(r"\bfan_in\b(?!['\"])", text):
        return _whatever_the_width(text, fan_out)
    if len(text) > LENGTH or not text.isascii() or not text.isprintable():
        raise InitializationError(f"an initialization is a line of printable ASCII, {LENGTH} characters at most")
    fans = Fans(fan_in, fan_out)
    first, _, second = text.partition(";")
    with mpmath.workdps(DIGITS):
        layer = LAYERS.get(_plain(first))
        if layer is not None and not second.strip():
            first, second = layer
        weight = _law(first, fans)
        if weight.plain == 0 or weight.scaled == 0:
            raise InitializationError(f"{first.strip()!r} draws no random weights; the theory is for random ones")
        if second.strip():
            words = second.strip()
            bias = _law(words.removeprefix("bias").lstrip(" =:"), fans, of_bias=True)
        else:
            bias = Law("none, or zero", plain=mpmath.mpf(0), note=_default_bias(first))
        sigma_w = _root(weight, fans, "a standard deviation of weights", scaled=True)
        sigma_b = _root(bias, fans, "a standard deviation of biases", scaled=False)
        return Initialization(
            sigma_w=mpmath.nstr(sigma_w, DIGITS - 5),
            sigma_b=mpmath.nstr(sigma_b, DIGITS - 5),
            weights=f"{weight.text}: sigma_w = {shown(sigma_w)}",
            biases=f"{bias.text}: sigma_b = {shown(sigma_b)}",
            notes=_notes(weight, bias, fans),
        )


def _whatever_the_width(text: str, fan_out: int | None) -> Initialization:
    """The same where the text is written with fan_in, and fan_in cancels."""
    found = [initialization(text, width, width if fan_out is None else fan_out) for width in WIDTHS]
    with mpmath.workdps(DIGITS):
        rows = [[mpmath.mpf(v) for v in (one.sigma_w, one.sigma_b)] for one in found]
        alike = [all(mpmath.almosteq(a, b, SAME_DIGITS) for a, b in zip(row, rows[-1], strict=True)) for row in rows]
        last = rows[-1]
    if not alike[1]:
        raise InitializationError(f"{text.strip()!r} depends on the number of inputs: give it with --fan-in")
    weights, _, biases = text.partition(";")
    every = "for every fan_in" if alike[0] else f"for every fan_in from {WIDTHS[1]} on"
    notes = [f"sigma_w and sigma_b are the same {every}."]
    if fan_out is None and "fan_out" in text:
        notes.append("fan_out was taken to be fan_in; give both with --fan-in and --fan-out.")
    return replace(
        found[-1],
        weights=f"{weights.strip()}: sigma_w = {shown(last[0])}",
        biases=f"{biases.strip().removeprefix('bias ')}: sigma_b = {shown(last[1])}"
        if biases.strip()
        else found[-1].biases,
        notes=(*notes, *found[-1].notes),
    )


def _root(law: Law, fans: Fans, what: str, scaled: bool) -> mpmath.mpf:
    """sigma: the root of the variance, times fan-in for weights."""
    if law.plain is not None:
        return mpmath.sqrt(law.plain * fans.inputs(f"{what} as in {law.text!r}") if scaled else law.plain)
    assert law.scaled is not None
    return mpmath.sqrt(law.scaled if scaled else law.scaled / fans.inputs(f"{what} as in {law.text!r}"))


def _notes(weight: Law, bias: Law, fans: Fans) -> tuple[str, ...]:
    notes = [law.note for law in (weight, bias) if law.note]
    if weight.by_ratio and (fans.fan_in is None or fans.fan_out is None):
        notes.append(
            "This initialization depends on fan-out / fan-in, taken to be 1; give both with --fan-in and --fan-out."
        )
    return tuple(notes)


def _default_bias(weights: str) -> str:
    if not _plain(weights).endswith("_") and not weights.strip().startswith(("torch", "nn.init")):
        return ""
    return (
        "torch.nn.init leaves biases as nn.Linear made them, uniform within 1 / sqrt(fan-in): zero them, or append "
        "'; bias uniform_(-1/sqrt(fan_in), 1/sqrt(fan_in))'."
    )


# ------------------------------------------------------------------------------------------------ names

SAME = {"kaiming_normal": "kaiming_normal_", "kaiming_uniform": "kaiming_uniform_"}
SAME |= {"xavier_normal": "xavier_normal_", "xavier_uniform": "xavier_uniform_", "trunc_normal": "trunc_normal_"}
WORDS = {"stddev": "std", "scale": "gain", "minval": "a", "maxval": "b", "negative_slope": "a", "sigma": "std"}
IGNORED = ("seed", "generator", "dtype", "in_axis", "out_axis", "tensor")
PYTORCH_LAYER = ("kaiming_uniform_(a=sqrt(5))", "uniform_(-1/sqrt(fan_in), 1/sqrt(fan_in))")
LAYERS = {
    **{name: PYTORCH_LAYER for name in ("nnlinear", "nnconv1d", "nnconv2d", "nnconv3d", "pytorch", "torch")},
    **{name: ("glorot_uniform", "zeros") for name in ("keras", "dense", "kerasdense")},
    **{name: ("lecun_normal", "zeros") for name in ("flax", "nndense", "linendense", "flaxdense")},
}
BY_KEY = {key(name): name for name in (*LAWS, *SAME)} | {key(name) + "_": name for name in LAWS if name.endswith("_")}


def _plain(text: str) -> str:
    """The name of a layer without what spelling and modules add."""
    name = text.strip().split("(")[0].strip()
    parts = [p for p in name.split(".") if p and p not in ("layers", "init", "initializers")]
    if len(parts) > 1 and parts[0] in ("torch", "flax", "jax", "tf") and parts[1] in ("nn", "linen", "keras"):
        parts = parts[1:]
    return "".join(parts).lower().replace(" ", "")


def _law(text: str, fans: Fans, of_bias: bool = False) -> Law:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise InitializationError(
            f"{text.strip()!r} is no call of an initializer, as in xavier_uniform_(gain=1)"
        ) from None
    call = tree if isinstance(tree, ast.Call) else ast.Call(func=tree, args=[], keywords=[])
    path = _dotted(call.func)
    name = None if path is None else _named(path)
    if name is None:
        raise InitializationError(_unknown(text))
    defaults, law = LAWS[name]
    found = law(_arguments(name, call, defaults, fans), fans)
    if of_bias and found.by_ratio:
        raise InitializationError(f"{text.strip()!r} has a fan-out, which biases have not; give normal_ or uniform_")
    return found


def _named(path: str) -> str | None:
    *prefixes, last = path.split(".")
    known = {*FRAMEWORKS, "init", "initializers", "hk", "haiku"}
    if not all(p in known for p in prefixes):
        return None
    spelled = key(last) + ("_" if last.endswith("_") else "")
    name = BY_KEY.get(spelled) or BY_KEY.get(key(last))
    return SAME.get(name, name) if name else None


def _unknown(text: str) -> str:
    typed = key(text.split("(")[0].rsplit(".", 1)[-1])
    close = [name for k, name in BY_KEY.items() if typed and k.startswith(typed)]  # he, xavier, lecun
    close = close[:3] or [BY_KEY[k] for k in difflib.get_close_matches(typed, list(BY_KEY), n=3, cutoff=0.6)]
    if typed in ("ones", "eye", "dirac", "constant", "identity"):
        return f"{text.strip()!r} draws no random weights; the theory is for random ones"
    hint = f"did you mean {' or '.join(dict.fromkeys(close))}?" if close else f"known are {', '.join(LAWS)}"
    return f"{text.strip()!r} is no initializer that is known: {hint}"


def _dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    inner = _dotted(node.value) if isinstance(node, ast.Attribute) else None
    return f"{inner}.{node.attr}" if inner and isinstance(node, ast.Attribute) else None


def _arguments(name: str, call: ast.Call, defaults: Arguments, fans: Fans) -> dict[str, object]:
    values = dict(defaults)
    positional = [a for a in call.args if not (isinstance(a, (ast.Name, ast.Attribute)) and _is_tensor(a))]
    if len(positional) > len(defaults):
        raise InitializationError(f"{name} takes {', '.join(defaults) or 'no arguments'}")
    order = ("mean", "std") if name == "normal" and len(positional) == 2 else tuple(defaults)  # JAX's takes std alone
    given = list(zip(order, positional, strict=False))
    for keyword in call.keywords:
        word = keyword.arg or ""
        target = word if word in defaults else WORDS.get(word, "gain" if "gain" in defaults else word)
        if word in IGNORED:
            continue
        if target not in defaults:
            raise InitializationError(f"{name} has no argument {word!r}; it has: {', '.join(defaults) or 'none'}")
        given.append((target, keyword.value))
    for target, node in given:
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        values[target] = node.value if text else _value(node, fans)  # type: ignore[attr-defined]
    missing = [target for target, value in values.items() if value is None]
    if missing:
        raise InitializationError(f"{name} needs {' and '.join(missing)}")
    return values


def _is_tensor(node: ast.AST) -> bool:
    """What stands for the tensor itself: w, layer.weight, m.bias."""
    path = _dotted(node) or ""
    return path.rsplit(".", 1)[-1] in ("w", "weight", "weights", "tensor", "bias", "b", "kernel")


OPERATORS: dict[type, Callable[[mpmath.mpf, mpmath.mpf], mpmath.mpf]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(node: ast.AST, fans: Fans) -> mpmath.mpf:
    """A number, worked out from numbers, pi, sqrt, fan_in, fan_out and calculate_gain."""
    refused = InitializationError(
        f"{ast.unparse(node)!r} is no number; plain numbers, + - * /, sqrt, fan_in and fan_out are read"
    )
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        if abs(node.value) > LARGEST:
            raise InitializationError(f"{ast.unparse(node)} is too large a number; {LARGEST:g} at most")
        return mpmath.mpf(repr(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, fans)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, fans), _value(node.right, fans)
        if isinstance(node.op, ast.Pow) and abs(right) <= POWER and left > 0:
            return left**right
        if type(node.op) not in OPERATORS or (isinstance(node.op, ast.Div) and right == 0):
            raise refused
        return OPERATORS[type(node.op)](left, right)
    path = _dotted(node.func if isinstance(node, ast.Call) else node) or ""
    name = path.rsplit(".", 1)[-1]
    if isinstance(node, ast.Call) and name == "sqrt" and len(node.args) == 1 and not node.keywords:
        inside = _value(node.args[0], fans)
        if inside < 0:
            raise refused
        return mpmath.sqrt(inside)
    if isinstance(node, ast.Call) and name == "calculate_gain" and 1 <= len(node.args) <= 2:
        word = node.args[0]
        slope = _value(node.args[1], fans) if len(node.args) > 1 else None
        if isinstance(word, ast.Constant) and isinstance(word.value, str):
            return calculate_gain(word.value, slope)
    if name == "pi":
        return +mpmath.pi
    if name == "fan_in":
        return fans.inputs("fan_in")
    if name == "fan_out" and fans.fan_out is not None:
        return mpmath.mpf(fans.fan_out)
    raise refused
