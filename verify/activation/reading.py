"""An activation from what a user types: a name, or an expression in x. Nothing typed is ever executed.

The text is read by Python's own parser into a syntax tree, and only the nodes listed here are turned into SymPy
objects; `sympify` and `eval` would run any code hidden in it. Kinks (abs, max, min, relu, if) are located exactly,
and the function is rewritten as one smooth piece between each two of them.
"""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import ACTIVATIONS, Activation
from derivations.symbols import x
from verify.compile import mpmath_function, numpy_function

LENGTH, NODES, DEPTH, DIGITS = 200, 100, 20, 12  # of the text, of its tree, of its nesting, of one number
SMALLEST, LARGEST, BITS = 1e-6, 1e6, 400  # size of a number in the text, and of one worked out from it
EXPONENT = 16  # largest numerator and denominator of an exponent
PROBES, HIGHEST = np.linspace(-8, 8, 1601), 1e6  # where a function must be real, finite and below a bound
EXACT = 80  # every so many of them are compared with mpmath
LINE, TOUCHES = np.linspace(-64, 64, 12801), 1e-10  # where zeros of denominators are looked for, relative size of one
TOP_ORDER = 3  # derivatives compared at a kink
KINKED = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise)

FUNCTIONS: dict[str, tuple[int, Callable[..., sp.Expr]]] = {
    "exp": (1, sp.exp),
    "log": (1, sp.log),
    "ln": (1, sp.log),
    "log1p": (1, lambda a: sp.log(1 + a)),
    "sqrt": (1, sp.sqrt),
    "sin": (1, sp.sin),
    "cos": (1, sp.cos),
    "tan": (1, sp.tan),
    "sinh": (1, sp.sinh),
    "cosh": (1, sp.cosh),
    "tanh": (1, sp.tanh),
    "sech": (1, sp.sech),
    "asinh": (1, sp.asinh),
    "atan": (1, sp.atan),
    "arctan": (1, sp.atan),
    "erf": (1, sp.erf),
    "erfc": (1, sp.erfc),
    "abs": (1, sp.Abs),
    "sign": (1, sp.sign),
    "max": (2, sp.Max),
    "min": (2, sp.Min),
    "clip": (3, lambda a, low, high: sp.Min(sp.Max(a, low), high)),
}
OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: dict[type, Any] = {ast.Lt: sp.Lt, ast.LtE: sp.Le, ast.Gt: sp.Gt, ast.GtE: sp.Ge}


class ActivationError(ValueError):
    """The text is not an activation; the message says what is refused, why, and what to write instead."""


def activation(text: str) -> Activation:
    """The activation that a text names or spells, as in "tanh", "x * sigmoid(1.7 * x)", "x if x > 0 else 0.1 * x".

    Raises ActivationError with one line for a text that is too long, uses anything but the whitelisted functions,
    jumps, is complex or infinite somewhere in [-8, 8], or does not depend on x.
    """
    name = text.strip()
    if name in ACTIVATIONS:
        return ACTIVATIONS[name]
    expression = _expression(name)
    if x not in expression.free_symbols:
        raise ActivationError(f"{name!r} does not depend on x; an activation is a function of x, as in tanh(x)")
    pieces, places = _merged(_split(expression, -sp.oo, sp.oo))
    _refuse_singular(name, pieces, places)
    whole = pieces[0]
    if places:
        below = [(piece, x < place) for piece, place in zip(pieces[:-1], places, strict=True)]
        whole = sp.Piecewise(*below, (pieces[-1], True), evaluate=False)
    for known in ACTIVATIONS.values():
        if known.breakpoints == places and sp.expand(known.expression - whole) == 0:
            return known
    found = Activation(name=name, expression=whole, breakpoints=places, smoothness=_smoothness(name, pieces, places))
    _probe(name, found)
    return found


def _expression(text: str) -> sp.Expr:
    if len(text) > LENGTH:
        raise ActivationError(f"the expression has {len(text)} characters; {LENGTH} at most are read")
    if not text.isascii() or not text.isprintable():
        raise ActivationError(
            f"{text!r} has characters outside printable ASCII; write it with x, digits and + - * / **"
        )
    if not text:
        raise ActivationError("the expression is empty; give a name such as tanh or an expression in x")
    try:
        tree = ast.parse(text.replace("^", "**"), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as problem:
        reason = problem.msg if isinstance(problem, SyntaxError) else "nested too deeply"
        raise ActivationError(f"{text!r} is not an expression ({reason}); write it as in x * tanh(x)") from None
    count = sum(1 for _ in ast.walk(tree))
    if count > NODES:
        raise ActivationError(f"the expression has {count} parts; {NODES} at most are read")
    return _Reader(text).read(tree.body, 0)


class _Reader:
    """Turns a syntax tree into a SymPy expression, node by node."""

    def __init__(self, text: str):
        self.text = text

    def read(self, node: ast.AST, depth: int) -> sp.Expr:
        if depth > DEPTH:
            raise ActivationError(f"the expression is nested more than {DEPTH} deep")
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise self._refused(node, "only numbers, x, + - * / **, listed functions and 'a if x > 0 else b' are read")
        return _bounded(method(node, depth + 1))

    def _refused(self, node: ast.AST, reason: str) -> ActivationError:
        part = ast.get_source_segment(self.text.replace("^", "**"), node) if hasattr(node, "lineno") else None
        return ActivationError(f"{(part or type(node).__name__)!r} is refused: {reason}")

    def _constant(self, node: ast.Constant, depth: int) -> sp.Expr:
        if not isinstance(node.value, (int, float)) or isinstance(node.value, bool):
            raise self._refused(node, "only plain numbers are read")
        digits = (ast.get_source_segment(self.text.replace("^", "**"), node) or str(node.value)).replace("_", "")
        if sum(d.isdigit() for d in digits) > DIGITS or digits[:2].lower() in ("0x", "0o", "0b"):
            raise self._refused(node, f"a number has {DIGITS} decimal digits at most")
        if node.value and not SMALLEST <= node.value <= LARGEST:
            raise self._refused(node, f"a number is 0 or lies from {SMALLEST:g} to {LARGEST:g}")
        return sp.Rational(digits)

    def _name(self, node: ast.Name, depth: int) -> sp.Expr:
        names = {"x": x, "pi": sp.pi, "e": sp.E}
        if node.id in names:
            return names[node.id]
        hint = f"write {node.id}(x)" if node.id in FUNCTIONS or node.id in ACTIVATIONS else "the variable is x"
        raise self._refused(node, hint)

    def _unaryop(self, node: ast.UnaryOp, depth: int) -> sp.Expr:
        if not isinstance(node.op, (ast.USub, ast.UAdd)):
            raise self._refused(node, "of signs only + and - are read")
        value = self.read(node.operand, depth)
        return -value if isinstance(node.op, ast.USub) else value

    def _binop(self, node: ast.BinOp, depth: int) -> sp.Expr:
        left, right = self.read(node.left, depth), self.read(node.right, depth)
        if isinstance(node.op, ast.Pow):
            if not right.is_Rational or max(abs(right.p), right.q) > EXPONENT:
                raise self._refused(
                    node, f"an exponent is a number such as 2 or 1/3, up to {EXPONENT}; use exp otherwise"
                )
            return left**right
        if type(node.op) not in OPERATORS:
            raise self._refused(node, "of operators + - * / ** are read")
        if isinstance(node.op, ast.Div) and right == 0:
            raise self._refused(node, "it divides by zero")
        return OPERATORS[type(node.op)](left, right)

    def _call(self, node: ast.Call, depth: int) -> sp.Expr:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name not in FUNCTIONS and name not in ACTIVATIONS:
            listed = ", ".join(sorted({*FUNCTIONS, *ACTIVATIONS}))
            raise self._refused(node.func, f"the functions that are read: {listed}")
        count = FUNCTIONS[name][0] if name in FUNCTIONS else 1
        if node.keywords or len(node.args) != count or any(isinstance(a, ast.Starred) for a in node.args):
            raise self._refused(node, f"{name} takes {count} plain argument{'s' if count > 1 else ''}")
        arguments = [self.read(a, depth) for a in node.args]
        return FUNCTIONS[name][1](*arguments) if name in FUNCTIONS else ACTIVATIONS[name].expression.subs(x, *arguments)

    def _ifexp(self, node: ast.IfExp, depth: int) -> sp.Expr:
        test = node.test
        if not isinstance(test, ast.Compare) or len(test.ops) != 1 or type(test.ops[0]) not in COMPARISONS:
            raise self._refused(test, "a condition is one comparison, as in x > 0")
        left, right = self.read(test.left, depth), self.read(test.comparators[0], depth)
        condition = COMPARISONS[type(test.ops[0])](left, right)
        return sp.Piecewise((self.read(node.body, depth), condition), (self.read(node.orelse, depth), True))


def _bounded(value: sp.Expr) -> sp.Expr:
    """The value itself, unless a number in it has grown beyond BITS or is not real and finite."""
    if value.has(sp.zoo, sp.oo, -sp.oo, sp.nan, sp.I):
        raise ActivationError("a part of the expression is infinite or complex; an activation is real and finite")
    for number in value.atoms(sp.Rational):
        if max(int(number.p).bit_length(), int(number.q).bit_length()) > BITS:
            raise ActivationError(f"a number in the expression needs more than {BITS} bits; write it smaller")
    return value


def _split(expression: sp.Expr, low: sp.Expr, high: sp.Expr) -> list[tuple[sp.Expr, sp.Expr]]:
    """Smooth pieces from left to right, each with the place where it ends, of an expression between two places."""
    node = next((n for n in sp.postorder_traversal(expression) if isinstance(n, KINKED)), None)
    if node is None:
        return [(expression, high)]
    inside = sorted({zero for switch in _switches(node) for zero in _zeros(switch) if low < zero < high})
    result = []
    for start, end in itertools.pairwise([low, *inside, high]):
        if start == -sp.oo:
            middle = end - 1 if end != sp.oo else sp.S.Zero
        else:
            middle = start + 1 if end == sp.oo else (start + end) / 2
        result += _split(expression.xreplace({node: _settled(node, middle)}), start, end)
    return result


def _switches(node: sp.Expr) -> list[sp.Expr]:
    """The expressions at whose zeros a node of one of the KINKED kinds, smooth inside, changes its form."""
    if isinstance(node, (sp.Abs, sp.sign)):
        return [node.args[0]]
    if isinstance(node, (sp.Max, sp.Min)):
        return [a - b for a, b in itertools.combinations(node.args, 2)]
    return [r.lhs - r.rhs for _, condition in node.args for r in condition.atoms(sp.core.relational.Relational)]


def _zeros(switch: sp.Expr) -> list[sp.Expr]:
    if x not in switch.free_symbols:
        return []
    if not switch.is_polynomial(x) or sp.degree(switch, x) > 2:
        raise ActivationError(
            f"a kink where {switch} = 0 cannot be located; inside abs, max, min and if use lines and parabolas in x"
        )
    return [root for root in sp.roots(sp.Poly(switch, x)) if root.is_real]


def _settled(node: sp.Expr, place: sp.Expr) -> sp.Expr:
    """What a node of one of the KINKED kinds is around one place."""
    if isinstance(node, sp.Abs):
        return node.args[0] * sp.sign(node.args[0].subs(x, place))
    if isinstance(node, sp.sign):
        return sp.sign(node.args[0].subs(x, place))
    if isinstance(node, (sp.Max, sp.Min)):
        choose = max if isinstance(node, sp.Max) else min
        return choose(node.args, key=lambda a: sp.N(a.subs(x, place), 30))
    return next(value for value, condition in node.args if condition == sp.true or bool(condition.subs(x, place)))


def _merged(pieces: list[tuple[sp.Expr, sp.Expr]]) -> tuple[list[sp.Expr], tuple[sp.Expr, ...]]:
    """The different pieces, and the places between them."""
    kept = [pieces[0]]
    for piece, end in pieces[1:]:
        if piece == kept[-1][0]:
            kept[-1] = (piece, end)
        else:
            kept.append((piece, end))
    return [piece for piece, _ in kept], tuple(end for _, end in kept[:-1])


def _smoothness(name: str, pieces: list[sp.Expr], places: tuple[sp.Expr, ...]) -> int:
    """The order of the highest derivative that is continuous at every kink."""
    smoothest = TOP_ORDER
    for place, left, right in zip(places, pieces[:-1], pieces[1:], strict=True):
        for order in range(TOP_ORDER + 1):
            step = left - right
            jump = sp.N((step.diff(x, order) if order else step).subs(x, place), 30)
            if not jump.is_finite:
                if order < 2:
                    raise ActivationError(f"{name!r} is refused: at x = {place} it has no finite slope")
                smoothest = min(smoothest, order - 1)
                break
            if abs(jump) > 1e-20:
                if order == 0:
                    raise ActivationError(
                        f"{name!r} jumps at x = {place}, where gradients are infinite; make it continuous"
                    )
                smoothest = min(smoothest, order - 1)
                break
    return smoothest


def _refuse_singular(name: str, pieces: list[sp.Expr], places: tuple[sp.Expr, ...]) -> None:
    """Refuse a function with a pole or a branch point on the real line, which probes at single places may miss."""
    for piece, (low, high) in zip(pieces, itertools.pairwise([-sp.oo, *places, sp.oo]), strict=True):
        for node in sp.preorder_traversal(piece):
            critical = None
            if isinstance(node, sp.Pow) and not (node.exp.is_Integer and node.exp > 0):
                critical = node.base
            elif isinstance(node, (sp.log, sp.tan)):
                critical = sp.cos(node.args[0]) if isinstance(node, sp.tan) else node.args[0]
            if critical is not None and x in critical.free_symbols:
                zero = _zero_between(critical, low, high)
                if zero is not None:
                    raise ActivationError(f"{name!r} is refused: near x = {zero:.4g} it is not smooth and finite")


def _zero_between(function: sp.Expr, low: sp.Expr, high: sp.Expr) -> float | None:
    """A zero strictly between two places: exact for a polynomial, otherwise looked for on LINE."""
    if function.is_polynomial(x) and all(c.is_Rational for c in sp.Poly(function, x).all_coeffs()):
        roots = [root for root in sp.real_roots(sp.Poly(function, x), multiple=False) if low < root[0] < high]
        return float(roots[0][0]) if roots else None
    line = LINE[(float(low) < LINE) & (float(high) > LINE)]
    evaluate = numpy_function(Activation(name="part", expression=function))
    with np.errstate(all="ignore"):
        values = np.broadcast_to(np.asarray(evaluate(line), dtype=float), line.shape)
        changes = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
        if len(changes):
            return float(line[changes[0]])
        if not len(line) or not np.any(np.isfinite(values)):
            return None
        nearest = int(np.nanargmin(np.abs(values)))
        around = np.abs(values[[max(nearest - 1, 0), min(nearest + 1, len(line) - 1)]])
        below, above = line[max(nearest - 1, 0)], line[min(nearest + 1, len(line) - 1)]
        for _ in range(4):  # a zero that is touched, not crossed
            fine = np.linspace(below, above, 101)
            size = np.abs(np.broadcast_to(evaluate(fine), fine.shape))
            nearest = int(np.nanargmin(size))
            below, above = fine[max(nearest - 1, 0)], fine[min(nearest + 1, 100)]
        inside = float(low) < fine[nearest] < float(high)
        return float(fine[nearest]) if inside and size[nearest] <= TOUCHES * np.max(around) else None


def _probe(name: str, found: Activation) -> None:
    """Refuse a function that is complex, infinite or huge, and one whose digits float64 cannot keep."""
    with np.errstate(all="ignore"):
        for order in (0, 1):
            try:
                values = np.broadcast_to(np.asarray(numpy_function(found, order)(PROBES), dtype=complex), PROBES.shape)
            except (TypeError, OverflowError, ZeroDivisionError, NotImplementedError) as problem:
                raise ActivationError(f"{name!r} cannot be evaluated: {problem}") from None
            bad = ~np.isfinite(values) | (np.abs(values) > HIGHEST) | (np.abs(values.imag) > 0)
            if bad.any():
                place = PROBES[int(np.argmax(bad))]
                what = "its derivative" if order else "it"
                raise ActivationError(
                    f"{name!r} is refused: at x = {place:g} {what} is not a real number below {HIGHEST:g}"
                )
    exact = mpmath_function(found, 0)
    for place in PROBES[::EXACT]:
        with mpmath.workdps(30):
            precise = float(mpmath.re(exact(mpmath.mpf(float(place)))))
        with np.errstate(all="ignore"):
            fast = float(np.broadcast_to(numpy_function(found, 0)(np.array([place])), 1)[0])
        if abs(precise - fast) > 1e-9 * (1 + abs(precise)):
            raise ActivationError(
                f"{name!r} loses its digits in float64 at x = {place:g}; write it in a form that does not cancel"
            )
