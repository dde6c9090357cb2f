"""Text to an expression in letters: Python's parser, a whitelist of nodes, bounds on every size; nothing runs."""

from __future__ import annotations

import ast
import difflib
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from derivations.calculus.gaussian import GaussE
from verify.compare.language import BINDING, CONSTANTS, FUNCTIONS, words

LENGTH, NODES, DEPTH, LETTERS = 500, 200, 25, 8
DIGITS, BITS, COUNT = 60, 4000, 1000  # of a number in the text; of a number that is worked out; of a factorial
LETTER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}", re.ASCII)
GAUSSIAN = "z"  # the letter that E averages over
RESERVED = "lambda"  # a letter of formulas and a word of Python, where it is read as lambda_


class ExpressionError(ValueError):
    """A text that is no expression. The message says what is refused, why, and what to write instead."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is known of a letter: an interval in which it lies, and whether it is an integer."""

    name: str
    low: sp.Expr = sp.S.NegativeInfinity
    high: sp.Expr = sp.S.Infinity
    integer: bool = False

    @property
    def symbol(self) -> sp.Symbol:
        """A symbol with the assumptions that follow."""
        known: dict[str, bool] = {"integer": True} if self.integer else {"real": True}
        if self.low > 0 or (self.low == 0 and not self.integer and self.open_low):
            known["positive"] = True
        elif self.low >= 0:
            known["nonnegative"] = True
        if self.high < 0:
            known["negative"] = True
        return sp.Symbol(self.name, **known)

    open_low: bool = False
    open_high: bool = False


def _with_letters(text: str) -> str:
    return re.sub(rf"\b{RESERVED}\b", f"{RESERVED}_", text)


def spelled(name: str) -> str:
    """The name of a letter as it was typed."""
    return RESERVED if name == f"{RESERVED}_" else name


# ------------------------------------------------------------------------------------------------ conditions


def conditions(text: str) -> dict[str, Letter]:
    """What `--where` says of letters: "s>0, 0<r<1, n integer". Raises ExpressionError."""
    letters: dict[str, Letter] = {}
    for part in filter(None, (p.strip() for p in _with_letters(text).split(","))):
        for letter in _condition(part):
            letters[letter.name] = _both(letters.get(letter.name), letter)
    for letter in letters.values():
        if not letter.low < letter.high and not (letter.low == letter.high and not letter.open_low):
            raise ExpressionError(f"--where leaves no value to {letter.name}; give an interval with more than one")
    return letters


def _condition(part: str) -> Iterable[Letter]:
    found = re.fullmatch(r"([A-Za-z]\w*)\s+(?:is\s+|an?\s+)*(integer|real|positive)", part)
    if found:
        name, kind = found.groups()
        _check_letter(name)
        positive = kind == "positive"
        return [Letter(name=name, integer=kind == "integer", low=sp.S.Zero if positive else -sp.oo, open_low=positive)]
    problem = ExpressionError(f"{part!r} is no condition; write s > 0, 0 < r < 1 or n integer, separated by commas")
    try:
        node = ast.parse(part, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise problem from None
    if not isinstance(node, ast.Compare) or len(part) > LENGTH:
        raise problem
    found_letters = []
    for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
        if isinstance(operator, (ast.Lt, ast.LtE)):
            low, high = left, right
        elif isinstance(operator, (ast.Gt, ast.GtE)):
            low, high = right, left
        else:
            raise problem
        strict = isinstance(operator, (ast.Lt, ast.Gt))
        if isinstance(high, ast.Name) and high.id not in CONSTANTS:
            _check_letter(high.id)
            found_letters.append(Letter(name=high.id, low=_bound(low, part), open_low=strict))
        elif isinstance(low, ast.Name) and low.id not in CONSTANTS:
            _check_letter(low.id)
            found_letters.append(Letter(name=low.id, high=_bound(high, part), open_high=strict))
        else:
            raise problem
    return found_letters


def _check_letter(name: str) -> None:
    if not LETTER.fullmatch(name) or name in words() or name == GAUSSIAN:
        raise ExpressionError(f"{name!r} is no letter of its own; --where restricts letters such as s and n")


def _bound(node: ast.AST, part: str) -> sp.Expr:
    value = Reader(part, {}).read(node, 0)  # which finds the digits of a number where it stands
    if value.free_symbols or not (value.is_Rational or value in (sp.oo, -sp.oo) or value.is_number):
        raise ExpressionError(f"{part!r} has no number as its bound; write it as in s > 0.5")
    if value.is_number and value not in (sp.oo, -sp.oo) and not value.is_Rational:
        value = sp.Rational(str(sp.N(value, 15)))
    return value


def _both(before: Letter | None, new: Letter) -> Letter:
    if before is None:
        return new
    low = max((before.low, before.open_low), (new.low, new.open_low), key=lambda end: (end[0], end[1]))
    high = min((before.high, not before.open_high), (new.high, not new.open_high), key=lambda end: (end[0], end[1]))
    return Letter(
        name=new.name,
        low=low[0],
        open_low=low[1],
        high=high[0],
        open_high=not high[1],
        integer=before.integer or new.integer,
    )


# ------------------------------------------------------------------------------------------------ expressions


def read(text: str, letters: Mapping[str, Letter]) -> sp.Expr:
    """The expression that a text spells, in the letters given and others, which are real. Raises ExpressionError."""
    if len(text) > LENGTH:
        raise ExpressionError(f"an expression has {len(text)} characters; {LENGTH} at most are read")
    if not text.strip():
        raise ExpressionError("an expression is empty; give one such as (1 - r**n) / (1 - r)")
    if not text.isascii() or not text.isprintable():
        raise ExpressionError(f"{text!r} has characters outside printable ASCII; write it with letters and + - * / **")
    source = _with_letters(text.strip().replace("^", "**"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as problem:
        reason = problem.msg if isinstance(problem, SyntaxError) else "nested too deeply"
        raise ExpressionError(f"{text!r} is no expression ({reason}); write it as in s**2 / (1 - a**2)") from None
    count = sum(1 for _ in ast.walk(tree))
    if count > NODES:
        raise ExpressionError(f"{text!r} has {count} parts; {NODES} at most are read")
    reader = Reader(source, {name: letter.symbol for name, letter in letters.items()})
    found = reader.read(tree, 0)
    if found.has(sp.zoo, sp.nan, sp.I):
        raise ExpressionError(f"{text!r} is infinite or complex as it stands; compare real expressions")
    if len(found.free_symbols) > LETTERS:
        raise ExpressionError(f"{text!r} has {len(found.free_symbols)} letters; {LETTERS} at most are read")
    return found


class Reader:
    """Turns a syntax tree into a SymPy expression, node by node."""

    def __init__(self, text: str, letters: Mapping[str, sp.Symbol]):
        self.text, self.names = text, dict(letters)

    def read(self, node: ast.AST, depth: int) -> sp.Expr:
        """The expression of a node. Raises ExpressionError."""
        if depth > DEPTH:
            raise ExpressionError(f"an expression is nested more than {DEPTH} deep")
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise self._refused(node, "numbers, letters, + - * / **, and listed functions are read")
        try:
            found = method(node, depth + 1)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError) as problem:
            if isinstance(problem, ExpressionError):
                raise
            raise self._refused(node, f"it has no value ({problem})") from None
        return self._bounded(node, found)

    def _refused(self, node: ast.AST, reason: str) -> ExpressionError:
        part = ast.get_source_segment(self.text, node) if hasattr(node, "lineno") else None
        return ExpressionError(f"{(part or self.text)!r} is refused: {reason}")

    def _bounded(self, node: ast.AST, value: sp.Expr) -> sp.Expr:
        if value.is_Rational and max(int(value.p).bit_length(), int(value.q).bit_length()) > BITS:
            raise self._refused(node, f"a number needs more than {BITS} bits")
        return value

    def _constant(self, node: ast.Constant, depth: int) -> sp.Expr:
        if not isinstance(node.value, (int, float)) or isinstance(node.value, bool):
            raise self._refused(node, "only plain numbers are read")
        digits = (ast.get_source_segment(self.text, node) or str(node.value)).replace("_", "")
        if not re.fullmatch(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", digits) or len(digits) > DIGITS:
            raise self._refused(node, f"a number is written in at most {DIGITS} decimal digits")
        return sp.Rational(digits)

    def _name(self, node: ast.Name, depth: int) -> sp.Expr:
        if node.id in self.names:
            return self.names[node.id]
        if node.id in CONSTANTS:
            return CONSTANTS[node.id]
        if node.id in FUNCTIONS or node.id in BINDING:
            raise self._refused(node, f"write {BINDING.get(node.id, f'{node.id}(x)')}")
        if not LETTER.fullmatch(node.id):
            raise self._refused(node, "a letter has at most 31 characters, letters, digits and _")
        self.names[node.id] = sp.Symbol(node.id, real=True)
        return self.names[node.id]

    def _unaryop(self, node: ast.UnaryOp, depth: int) -> sp.Expr:
        if not isinstance(node.op, (ast.USub, ast.UAdd)):
            raise self._refused(node, "of signs only + and - are read")
        value = self.read(node.operand, depth)
        return -value if isinstance(node.op, ast.USub) else value

    def _binop(self, node: ast.BinOp, depth: int) -> sp.Expr:
        left, right = self.read(node.left, depth), self.read(node.right, depth)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                if right == 0:
                    raise self._refused(node, "it divides by zero")
                return left / right
            case ast.Pow():
                return self._raised(node, left, right)
        raise self._refused(node, "of operators + - * / ** are read")

    def _raised(self, node: ast.AST, left: sp.Expr, right: sp.Expr) -> sp.Expr:
        if left == 0 and (right.is_number and right <= 0):
            raise self._refused(node, "it divides by zero")
        if right.is_Rational:
            bits = max((int(n).bit_length() for c in left.atoms(sp.Rational) for n in (c.p, c.q)), default=0)
            if bits * abs(right) > BITS or right.q > COUNT:
                raise self._refused(node, "such a power has too long numbers")
        return left**right

    def _compare(self, node: ast.Compare, depth: int) -> sp.Basic:
        raise self._refused(node, "a comparison stands in 'a if x > 0 else b'")

    def _ifexp(self, node: ast.IfExp, depth: int) -> sp.Expr:
        test = node.test
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            raise self._refused(test, "a condition is one comparison, as in x > 0")
        left, right = self.read(test.left, depth), self.read(test.comparators[0], depth)
        relation = {ast.Lt: sp.Lt, ast.LtE: sp.Le, ast.Gt: sp.Gt, ast.GtE: sp.Ge}.get(type(test.ops[0]))
        if relation is None:
            raise self._refused(test, "a condition is one comparison, as in x > 0")
        return sp.Piecewise((self.read(node.body, depth), relation(left, right)), (self.read(node.orelse, depth), True))

    def _call(self, node: ast.Call, depth: int) -> sp.Expr:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self._refused(node, "a function is written as tanh(x)")
        name = node.func.id
        if name in BINDING:
            return self._binding(node, name, depth)
        if name not in FUNCTIONS:
            close = difflib.get_close_matches(name, words(), n=2, cutoff=0.6)
            hint = f"did you mean {' or '.join(close)}?" if close else f"functions are {', '.join(sorted(FUNCTIONS))}"
            raise self._refused(node.func, hint)
        least, most, function = FUNCTIONS[name]
        if not least <= len(node.args) <= most:
            raise self._refused(node, f"{name} takes {least if least == most else f'{least} to {most}'} arguments")
        arguments = [self.read(a, depth) for a in node.args]
        if name in ("factorial", "gamma", "binomial", "zeta", "polygamma"):
            for a in arguments:
                if a.is_number and (a in (sp.oo, -sp.oo) or abs(a) > COUNT):
                    raise self._refused(node, f"its argument is larger than {COUNT}")
        return function(*arguments)

    def _binding(self, node: ast.Call, name: str, depth: int) -> sp.Expr:
        problem = self._refused(node, f"write {BINDING[name]}")
        arguments = node.args
        if name == "E" and len(arguments) == 1:
            return self._within(arguments[0], GAUSSIAN, {"real": True}, depth, GaussE)
        expected = {"diff": 2, "E": 2}.get(name, 4)
        if len(arguments) != expected or not isinstance(arguments[1], ast.Name) or arguments[1].id in CONSTANTS:
            raise problem
        letter = arguments[1].id
        if name == "E":
            return self._within(arguments[0], letter, {"real": True}, depth, GaussE)
        if name == "diff":
            variable = self.read(arguments[1], depth)
            return self.read(arguments[0], depth).diff(variable)
        low, high = (self.read(a, depth) for a in arguments[2:])
        if name == "integral":
            return self._within(
                arguments[0], letter, {"real": True}, depth, lambda f, v: sp.Integral(f, (v, low, high))
            )
        if name == "product" and sp.oo in (low, high):
            raise self._refused(node, "products are finite")
        kind = sp.Sum if name == "sum" else sp.Product
        return self._within(arguments[0], letter, {"integer": True}, depth, lambda f, v: kind(f, (v, low, high)))

    def _within(self, node: ast.AST, letter: str, known: Mapping[str, bool], depth: int, made: Any) -> sp.Expr:
        """What a bound letter makes of an expression in it."""
        outside = self.names.get(letter)
        bound = sp.Dummy(letter, **known)
        self.names[letter] = bound
        try:
            return made(self.read(node, depth), bound)
        finally:
            self.names.pop(letter) if outside is None else self.names.update({letter: outside})
