"""Text to an expression in x, with inert kinks: Python's parser, a whitelist of nodes, and bounds on every size.

Only the nodes listed here are turned into SymPy objects; `sympify` and `eval` would run any code hidden in a text. What
an expression may grow to is measured as it is built, before anything is worked out from it.
"""

from __future__ import annotations

import ast
import functools
import re
import warnings
from collections.abc import Mapping
from typing import Any

import sympy as sp

from derivations.symbols import x
from verify.activation import catalogue
from verify.activation.bounds import ActivationError, Measure
from verify.activation.catalogue import Named
from verify.activation.language import ENDS, FUNCTIONS, OPERATORS, largest, power, smallest
from verify.activation.pieces import Choice, Maximum, Minimum, Step

LENGTH, NODES, DEPTH = 500, 100, 20  # of the text, of its tree, of its nesting
READ = 600  # nodes, with all names written out
SMALLEST, LARGEST = 1e-30, 1e30  # size of a number in the text
NUMERATOR, DENOMINATOR, POWER = 64, 20, 16  # of an exponent
WORD = re.compile(r"[A-Za-z][\w.]*([ -][\w.]+)*", re.ASCII)


ABOVE, BELOW = (ast.Gt, ast.GtE), (ast.Lt, ast.LtE)


EXAMPLES = ("mish", "leaky_relu(0.2)", "nn.GELU(approximate='tanh')", "jax.nn.silu")


def parsed(text: str) -> tuple[Reader, sp.Expr]:
    """The expression that a text spells, and its reader, which knows its title and notes; raises ActivationError."""
    if len(text) > LENGTH:
        raise ActivationError(f"the expression has {len(text)} characters; {LENGTH} at most are read")
    if not text.isascii() or not text.isprintable():
        raise ActivationError(
            f"{text!r} has characters outside printable ASCII; write it with x, digits and + - * / **"
        )
    if not text:
        raise ActivationError("the expression is empty; give a name such as tanh or an expression in x")
    source = text.replace("^", "**")
    reader = Reader(source)
    if WORD.fullmatch(text) and catalogue.key(text) not in ("x", "pi", "e"):  # "leaky relu", "hard-swish"
        found = catalogue.find(text) if "." in text else catalogue.find(catalogue.key(text))
        if found is not None:
            return reader, reader.named(*found, [x], {}, None, 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # of what is refused below
            tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as problem:
        reason = problem.msg if isinstance(problem, SyntaxError) else "nested too deeply"
        raise ActivationError(f"{text!r} is not an expression ({reason}); write it as in x * tanh(x)") from None
    count = sum(1 for _ in ast.walk(tree))
    if count > NODES:
        raise ActivationError(f"the expression has {count} parts; {NODES} at most are read")
    return reader, reader.whole(tree)


class Reader:
    """Turns a syntax tree into a SymPy expression, node by node."""

    def __init__(self, text: str, names: Mapping[str, sp.Expr] | None = None, outer: Reader | None = None):
        self.text = text
        self.names = {"x": x, "pi": sp.pi, "e": sp.E} if names is None else names
        self.outer = outer
        self.notes: list[str] = []
        self.title: str | None = None  # of what is a name and nothing else
        self.measure: Measure = outer.measure if outer else Measure()
        self.count: list[int] = outer.count if outer else [0]

    # -------------------------------------------------------------------------------------------- the whole text

    def whole(self, node: ast.AST) -> sp.Expr:
        """A text: an expression, or a function without its argument, as nn.LeakyReLU(0.2) and lambda x: x**2."""
        if isinstance(node, ast.Lambda):
            plain = node.args
            if len(plain.args) == 1 and not (plain.vararg or plain.kwarg or plain.kwonlyargs or plain.posonlyargs):
                self.names = {"pi": sp.pi, "e": sp.E, plain.args[0].arg: x}
                return self.read(node.body, 0)
        path = _path(node.func) if isinstance(node, ast.Call) else _path(node)
        found = catalogue.find(path) if path and path not in self.names else None
        if found is None:
            return self.read(node, 0)
        if isinstance(node, ast.Call):
            values, keywords = self._arguments(node, 0)
            if not self._varies(node):
                return self.named(*found, [x, *values], keywords, node, 0)
            if values[0] == x:
                return self.named(*found, values, keywords, node, 0)
            return self.read(node, 0)
        return self.named(*found, [x], {}, node, 0)

    def named(
        self,
        named: Named,
        defaults: Mapping[str, str],
        values: list[Any],
        keywords: Mapping[str, Any],
        node: ast.AST | None,
        depth: int,
    ) -> sp.Expr:
        """A named activation at its first value, with parameters from the others and from keywords."""
        if named.name in ("gelu", "gelu_tanh"):
            chosen = keywords.get("approximate", values[1] if len(values) > 1 else None)
            if chosen is not None:
                if chosen not in ("tanh", "none", True, False):
                    raise self._refused(node, "approximate is 'tanh' or 'none'")
                named = catalogue.NAMES["gelutanh" if chosen in ("tanh", True) else "gelu"]
            values, keywords = values[:1], {k: v for k, v in keywords.items() if k != "approximate"}
        given = self._parameters(named, values[1:], keywords, node)
        inside: dict[str, sp.Expr] = {"x": values[0], "pi": sp.pi}
        shown = dict(named.parameters) | dict(defaults)
        for parameter, default in shown.items():
            value = given.get(parameter)
            if value is None and not default:
                raise self._refused(node, f"{named.name} needs {' and '.join(named.parameters)}")
            if parameter != "approximate":
                inside[parameter] = Reader(default).read(_parsed(default), 0) if value is None else value
        if named.note:
            self.note(named.note.format(**{k: _decimal(inside[k]) for k in shown if k in inside}))
        if values[0] == x and self.outer is None and depth == 0:
            parts = [f"{k}={_decimal(given[k])}" for k in named.parameters if k in given and inside.get(k) is not None]
            self.title = named.name + (f"({', '.join(parts)})" if parts else "")
        return Reader(named.text, inside, self).read(_parsed(named.text), depth)

    def _parameters(
        self, named: Named, values: list[Any], keywords: Mapping[str, Any], node: ast.AST | None
    ) -> dict[str, sp.Expr]:
        if len(values) > len(named.parameters):
            allowed = f"x and {', '.join(named.parameters)}" if named.parameters else "x alone"
            raise self._refused(node, f"{named.name} takes {allowed}")
        given = dict(zip(named.parameters, values, strict=False))
        for word, value in keywords.items():
            if word in catalogue.IGNORED:
                continue
            match = next((p for p in named.parameters if word == p), None) or next(
                (p for p in named.parameters if word in catalogue.SAME_ARGUMENT.get(p, ())), None
            )
            if match is None:
                allowed = ", ".join(named.parameters) or "none"
                raise self._refused(node, f"{word!r} is no parameter of {named.name} (it has: {allowed})")
            given[match] = value
        for parameter, value in given.items():
            if not isinstance(value, sp.Expr) or x in value.free_symbols:
                raise self._refused(node, f"{parameter} of {named.name} is a number")
        return given

    def _varies(self, node: ast.AST) -> bool:
        """Whether the variable stands in a part of the text."""
        return any(isinstance(n, ast.Name) and self.names.get(n.id) == x for n in ast.walk(node))

    def note(self, text: str) -> None:
        (self if self.outer is None else self.outer).notes.append(text)

    # -------------------------------------------------------------------------------------------- nodes

    def read(self, node: ast.AST, depth: int) -> sp.Expr:
        self.count[0] += 1
        if depth > DEPTH:
            raise ActivationError(f"the expression is nested more than {DEPTH} deep")
        if self.count[0] > READ:
            raise ActivationError("the expression is too long, with its names written out")
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise self._refused(node, "only numbers, x, + - * / **, listed functions and 'a if x > 0 else b' are read")
        return self.measure.bounded(method(node, depth + 1))

    def _refused(self, node: ast.AST | None, reason: str) -> ActivationError:
        part = ast.get_source_segment(self.text, node) if node is not None and hasattr(node, "lineno") else self.text
        return ActivationError(f"{(part or type(node).__name__)!r} is refused: {reason}")

    def _constant(self, node: ast.Constant, depth: int) -> sp.Expr:
        if not isinstance(node.value, (int, float)) or isinstance(node.value, bool):
            raise self._refused(node, "only plain numbers are read")
        digits = (ast.get_source_segment(self.text, node) or str(node.value)).replace("_", "")
        if digits[:2].lower() in ("0x", "0o", "0b"):
            raise self._refused(node, "a number is written in decimal digits")
        if not node.value:
            return sp.S.Zero  # whatever its exponent
        if not SMALLEST <= node.value <= LARGEST:
            raise self._refused(node, f"a number is 0 or lies from {SMALLEST:g} to {LARGEST:g}")
        return sp.Rational(digits)

    def _name(self, node: ast.Name, depth: int) -> sp.Expr:
        if node.id in self.names:
            return self.names[node.id]
        if node.id in FUNCTIONS or catalogue.find(node.id):
            raise self._refused(node, f"write {node.id}(x)")
        raise self._unknown(node, node.id, "the variable is x")

    def _attribute(self, node: ast.Attribute, depth: int) -> sp.Expr:
        path = _path(node)
        if path and path.rpartition(".")[0] in ("math", "np", "numpy", "torch", "jnp") and path.endswith((".pi", ".e")):
            return sp.pi if path.endswith(".pi") else sp.E
        if path is None:
            raise self._refused(node, "it is no function that is read")
        if path.rsplit(".", 1)[-1] in FUNCTIONS or catalogue.find(path):
            raise self._refused(node, f"write {path}(x)")
        raise self._unknown(node, path, "write it with the functions that are read")

    def _unaryop(self, node: ast.UnaryOp, depth: int) -> sp.Expr:
        if not isinstance(node.op, (ast.USub, ast.UAdd)):
            raise self._refused(node, "of signs only + and - are read")
        value = self.read(node.operand, depth)
        return -value if isinstance(node.op, ast.USub) else value

    def _binop(self, node: ast.BinOp, depth: int) -> sp.Expr:
        left, right = self.read(node.left, depth), self.read(node.right, depth)
        if isinstance(node.op, ast.Pow):
            return self._raised(node, left, right)
        if type(node.op) not in OPERATORS:
            raise self._refused(node, "of operators + - * / ** are read")
        if isinstance(node.op, ast.Div) and right == 0:
            raise self._refused(node, "it divides by zero")
        return OPERATORS[type(node.op)](left, right)

    def _raised(self, node: ast.AST, left: sp.Expr, right: sp.Expr) -> sp.Expr:
        if not right.is_Rational or abs(right.p) > NUMERATOR or right.q > DENOMINATOR or abs(right) > POWER:
            raise self._refused(node, "an exponent is a number such as 2 or 1.5, up to 16; use exp otherwise")
        if left == 0 and right <= 0:
            raise self._refused(node, "it divides by zero")
        if not self.measure.power(left, right):
            raise self._refused(node, "such a power has too high a degree or too long numbers")
        return power(left, right)

    def _call(self, node: ast.Call, depth: int) -> sp.Expr:
        if isinstance(node.func, ast.Call):  # nn.LeakyReLU(0.2)(x)
            path = _path(node.func.func)
            found = catalogue.find(path) if path else None
            parameters, keywords = self._arguments(node.func, depth)
            values, more = self._arguments(node, depth)
            if found is None or len(values) != 1 or more or self._varies(node.func):
                raise self._refused(node.func, "of calls of calls only those as nn.ELU(0.5)(x) are read")
            return self.named(*found, [*values, *parameters], keywords, node, depth)
        path = _path(node.func)
        if path is None:
            raise self._refused(node.func, "it is no function that is read")
        *prefixes, last = path.split(".")
        if last in FUNCTIONS and all(p in catalogue.FRAMEWORKS for p in prefixes):
            return self._function(node, last, depth)
        found = catalogue.find(path)
        if found is None:
            raise self._unknown(node.func, path, "write it with the functions that are read")
        values, keywords = self._arguments(node, depth)
        if not values or not isinstance(values[0], sp.Expr):
            raise self._refused(node, f"{last} needs its argument, as in {last}(x)")
        return self.named(*found, values, keywords, node, depth)

    def _function(self, node: ast.Call, name: str, depth: int) -> sp.Expr:
        count, function = FUNCTIONS[name]
        values, keywords = self._arguments(node, depth)
        if name in ENDS:
            return self._clipped(node, values, keywords)
        enough = len(values) == count or (function in (largest, smallest) and 2 <= len(values) <= 8)
        if keywords or not enough or not all(isinstance(v, sp.Expr) for v in values):
            raise self._refused(node, f"{name} takes {count} plain argument{'s' if count > 1 else ''}")
        return function(*values)

    def _clipped(self, node: ast.Call, values: list[Any], keywords: Mapping[str, Any]) -> sp.Expr:
        ends = dict(zip(("min", "max"), values[1:], strict=False))
        for word, value in keywords.items():
            end = {"a_min": "min", "a_max": "max", "min": "min", "max": "max"}.get(word)
            if end is None or end in ends:
                raise self._refused(node, "clip takes x, min and max")
            ends[end] = value
        numbers = {end: value for end, value in ends.items() if value is not None}
        if not values or len(values) > 3 or not numbers or not all(isinstance(v, sp.Expr) for v in numbers.values()):
            raise self._refused(node, "clip takes x, min and max")
        result = Maximum(values[0], numbers["min"]) if "min" in numbers else values[0]
        return Minimum(result, numbers["max"]) if "max" in numbers else result

    def _arguments(self, node: ast.Call, depth: int) -> tuple[list[Any], dict[str, Any]]:
        """Values of a call; words, truths and None stay what they are."""
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            raise self._refused(node, "plain arguments are read")

        def value(argument: ast.AST) -> Any:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, (str, bool, type(None))):
                return argument.value
            return self.read(argument, depth)

        return [value(a) for a in node.args], {str(k.arg): value(k.value) for k in node.keywords}

    def _compare(self, node: ast.Compare, depth: int) -> sp.Expr:
        """A comparison as a number: 1 where it holds, 0 elsewhere."""
        return Step(self._switch(node, depth))

    def _switch(self, node: ast.AST, depth: int) -> sp.Expr:
        """What is positive where a comparison holds."""
        if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], (*ABOVE, *BELOW)):
            raise self._refused(node, "a condition is one comparison, as in x > 0")
        left, right = self.read(node.left, depth), self.read(node.comparators[0], depth)
        return left - right if isinstance(node.ops[0], ABOVE) else right - left

    def _ifexp(self, node: ast.IfExp, depth: int) -> sp.Expr:
        switch = self._switch(node.test, depth)
        return Choice(switch, self.read(node.body, depth), self.read(node.orelse, depth))

    def _unknown(self, node: ast.AST, path: str, otherwise: str) -> ActivationError:
        last = path.rsplit(".", 1)[-1]
        if catalogue.key(last) in catalogue.COLLECTIVE:
            return self._refused(node, "it is no function of one number; an activation acts on each neuron alone")
        close = catalogue.nearest(path, tuple(FUNCTIONS))
        hint = f"did you mean {' or '.join(close)}?" if close else otherwise
        return self._refused(node, f"{hint} (names such as {', '.join(EXAMPLES)} are read, and expressions in x)")


def _decimal(value: sp.Expr) -> str:
    """A number as decimal text, where that is what it is."""
    if not value.is_Rational:
        return str(value)
    text = f"{float(value):.12g}"
    return text if value == sp.Rational(text) else str(value)


@functools.cache
def _parsed(text: str) -> ast.AST:
    return ast.parse(text, mode="eval").body


def _path(node: ast.AST) -> str | None:
    """A dotted name, or None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    inner = _path(node.value) if isinstance(node, ast.Attribute) else None
    return f"{inner}.{node.attr}" if inner and isinstance(node, ast.Attribute) else None
