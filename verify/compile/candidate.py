"""A formula as a callable: all that a check ever sees of it."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from derivations.activations import Activation
from derivations.statement import Statement, components
from derivations.symbols import x as ACTIVATION_ARGUMENT
from verify import certify
from verify.compile.exact import Arb, Mpmath
from verify.compile.float64 import Numpy, Torch
from verify.compile.quantities import names, solved
from verify.compile.walker import KEPT_OF_NODES, Backend, CandidateError, has_average, letters, with_arguments

MPMATH, NUMPY, TORCH, ARB = Mpmath(), Numpy(), Torch(), Arb()


def insert(expression: sp.Expr, function: Any, activation: Activation, canonical: bool = True) -> sp.Expr:
    """The expression with an undefined function and its derivatives replaced by an activation.

    Every part is kept: formulas that differ in one place share all others. Sums, products and powers are brought to
    SymPy's canonical form where that is wanted, as for bounds of balls; it takes longer than to evaluate what is left.
    """
    return _inserting(function.__name__, activation, canonical)(expression)


@functools.lru_cache(maxsize=64)
def _inserting(name: str, activation: Activation, canonical: bool) -> Callable[[sp.Basic], sp.Basic]:
    """`insert` for the function of that name: to compare undefined functions takes longer than to look up a node."""

    def stands_for_it(node: sp.Basic) -> bool:
        return isinstance(node, AppliedUndef) and node.func.__name__ == name

    @functools.lru_cache(maxsize=2**14)
    def inserted(node: sp.Basic) -> sp.Basic:
        if isinstance(node, sp.Subs) and isinstance(node.expr, sp.Derivative):
            inner, point = node.expr, dict(zip(node.variables, node.point, strict=True))
            if stands_for_it(inner.expr):
                place = inserted(point[inner.variables[0]])
                return _at(activation.derivative(inner.derivative_count), place, canonical)
        if isinstance(node, sp.Derivative) and stands_for_it(node.expr):
            return _at(activation.derivative(node.derivative_count), node.expr.args[0], canonical)
        if stands_for_it(node):
            return _at(activation.expression, inserted(node.args[0]), canonical)
        arguments = [inserted(a) if a.args else a for a in node.args]
        if all(new is old for new, old in zip(arguments, node.args, strict=True)):
            return node
        slow = not canonical or any(map(has_average, arguments))  # SymPy asks at length whether averages are positive
        if slow and isinstance(node, (sp.Add, sp.Mul, sp.Pow, sp.log, sp.exp)):
            return with_arguments(node, arguments)
        return node.func(*arguments)

    return inserted


def _at(expression: sp.Expr, place: sp.Expr, canonical: bool) -> sp.Expr:
    """An expression in the argument of activations, at a place; as it stands where no canonical form is wanted."""
    return expression.xreplace({ACTIVATION_ARGUMENT: place}) if canonical else _as_it_stands(expression, place)


@functools.lru_cache(maxsize=2**16)
def _as_it_stands(node: sp.Basic, place: sp.Expr) -> sp.Basic:
    if node == ACTIVATION_ARGUMENT:
        return place
    if ACTIVATION_ARGUMENT not in letters(node):
        return node
    return with_arguments(node, [_as_it_stands(a, place) for a in node.args])


def forget() -> None:
    """Drop what is kept of formulas, which those of another claim hardly share: up to 200 MB after a hundred claims."""
    for backend in (MPMATH, NUMPY, TORCH, ARB):
        backend.forget()
    for kept in (_inserting, _as_it_stands, *KEPT_OF_NODES):
        kept.cache_clear()


@dataclass(frozen=True)
class Letter:
    """A letter that stands only on a left-hand side, beside the quantity; a formula takes its value by name."""

    symbol: sp.Symbol

    @property
    def name(self) -> str:
        return str(self.symbol.name)


class Candidate:
    """A formula as a callable: the right-hand side of a statement, of a printed form, or of a mutant.

    Parameters are given by name (`tau=1.5`); an undefined function takes an Activation. Every method returns one
    value for a formula with one component, and a list (mpmath, arb) or an array with a leading component axis
    (numpy, torch) for several. Raises CandidateError where the formula has no finite real value.
    """

    def __init__(
        self,
        right: tuple[sp.Expr, ...],
        where: tuple[sp.Eq, ...] = (),
        parameters: tuple = (),
        stable: tuple[sp.Expr, ...] | None = None,
        relation: type[sp.Rel] = sp.Eq,
    ):
        self._right, self._where, self._stable, self._relation = right, where, stable, relation
        self._symbols = {p.name: p.symbol for p in parameters}
        self._bound: dict[tuple, tuple] = {}
        self._note: Callable[[Mapping[str, Any]], None] | None = None

    def telling(self, note: Callable[[Mapping[str, Any]], None]) -> Candidate:
        """The same formula; it tells `note` the values of its parameters, by name, whenever it is evaluated."""
        other = copy.copy(self)
        other._note = note
        return other

    @property
    def takes(self) -> frozenset[str]:
        """The names of the parameters."""
        return frozenset(self._symbols)

    @property
    def lacking(self) -> str:
        """Why the formula has no numbers, whatever its letters are; empty where it has."""
        parts = (*self._right, *(definition.rhs for definition in self._where))
        return next((reason for part in parts if (reason := MPMATH.lacking(part))), "")

    def broken(self, value: Any, stated: Any, slack: Any) -> Any:
        """By how much a value breaks the formula's relation (=, <= ...) to what it states, relative to that.

        Nothing where it holds. A strict inequality is broken, by 1, where both agree to `slack`. Both are positive mpf.
        """
        apart = value / stated - 1
        if self._relation in (sp.Eq, sp.Ne):
            return abs(apart)
        if self._relation in (sp.Lt, sp.Gt) and abs(apart) <= slack:
            return mpmath.mpf(1)
        return max(mpmath.mpf(0), apart if self._relation in (sp.Le, sp.Lt) else -apart)

    def _given(self, values: Mapping[str, Any], convert: Callable[[Any], Any]) -> tuple[dict, tuple]:
        """The numbers, converted, by their letters, and the activations with their names."""
        if values.keys() != self._symbols.keys():
            raise TypeError(f"the formula takes {sorted(self._symbols)}, not {sorted(values)}")
        if self._note is not None:
            self._note(values)
        numbers: dict[Any, Any] = {}
        activations: list[tuple[str, Activation]] = []
        for name, value in values.items():
            if isinstance(value, Activation):
                activations.append((name, value))
            else:
                numbers[self._symbols[name]] = convert(value)
        return numbers, tuple(activations)

    def _inserted(self, activations: tuple, stable: bool, canonical: bool) -> tuple[tuple, list]:
        """Right-hand sides and definitions with activations inserted."""
        stable = stable and self._stable is not None
        key = (stable, canonical, *((name, activation.name) for name, activation in activations))
        if key not in self._bound:
            right = self._stable if stable and self._stable is not None else self._right
            where = [(d.lhs, d.rhs) for d in self._where]
            for name, activation in activations:
                function = self._symbols[name]
                right = tuple(insert(e, function, activation, canonical) for e in right)
                where = [(letter, insert(e, function, activation, canonical)) for letter, e in where]
            self._bound[key] = (right, where)
        return self._bound[key]

    def _run(self, backend: Backend, env: dict, activations: tuple, stable: bool = False) -> list:
        right, where = self._inserted(activations, stable, canonical=backend is ARB)
        try:
            if backend.memory:
                backend.memory.begin(env, backend.setting())
            for name, expression in where:
                value = env[name] = backend.side(expression)(env)
                if backend.memory:
                    backend.memory.define(name, value)
            return [backend.side(expression)(env) for expression in right]
        except (ZeroDivisionError, OverflowError, ValueError, FloatingPointError) as error:
            raise CandidateError(f"{type(error).__name__}: {error}") from error
        finally:
            if backend.memory:
                backend.memory.end()

    def mpmath(self, dps: int, **values: Any) -> Any:
        """Value at `dps` digits (mpf, or a list of them). Values may be strings, rationals, ints or mpf.

        A noncommuting letter takes an mpmath matrix; matrices that do not fit each other raise CandidateError.
        """
        with mpmath.workdps(dps + 10):
            found = self._run(MPMATH, *self._given(values, _to_mpf))
        found = [v.apply(_real(dps)) if isinstance(v, mpmath.matrix) else _real(dps)(v) for v in found]
        return found[0] if len(found) == 1 else found

    def numpy(self, **values: Any) -> np.ndarray:
        """Value in float64, broadcast over array parameters; the stable form where the statement has one."""
        numbers, activations = self._given(values, _float64)
        shapes = {number.shape for number in numbers.values()}
        with np.errstate(all="ignore"):
            found = [np.asarray(v) for v in self._run(NUMPY, numbers, activations, stable=True)]
        shape = shapes.pop() if len(shapes) == 1 else _together(*shapes)
        if any(v.dtype.kind == "c" for v in found):
            raise CandidateError("a value is not a finite real number")
        array = np.empty((len(found), *shape))
        for k, value in enumerate(found):
            array[k, ...] = value
        if not np.isfinite(array).all():
            raise CandidateError("a value is not a finite real number")
        return array[0, ...] if len(found) == 1 else array

    def torch(self, **values: Any) -> Any:
        """Value as a torch tensor of the dtype and device of the inputs, differentiable; the stable form."""
        torch = TORCH.torch
        found = self._run(TORCH, *self._given(values, TORCH.tensor), stable=True)
        found = [TORCH.tensor(v) for v in found]
        return found[0] if len(found) == 1 else torch.stack(torch.broadcast_tensors(*found))

    def arb(self, bits: int, **values: Any) -> Any:
        """Certified enclosure (flint.arb, or a list of them). Values are text, ints, rationals or arb, never floats."""
        with certify.precision(bits):
            found = self._run(ARB, *self._given(values, certify.ball))
        return found[0] if len(found) == 1 else found


def candidate(
    statement: Statement,
    formula: sp.Basic | None = None,
    quantities: tuple[str, ...] | None = None,
    where: tuple[sp.Eq, ...] | None = None,
) -> Candidate:
    """The statement's formula as a callable, or another formula (a printed form, a mutant) with the same parameters.

    Its values are those of the named quantities, for which the equations are solved; by default of the statement's
    left-hand sides as they stand. A letter of the left-hand side that is no parameter becomes one. Raises
    LackingQuantity where the formula's left-hand side does not give a quantity.
    """
    relation = statement.formula if formula is None else formula
    stable = components(statement.stable) if formula is None and statement.stable is not None else None
    sides = components(relation.lhs), components(relation.rhs)
    return candidate_of(statement, *sides, relation.func, quantities, where, stable)


def candidate_of(
    statement: Statement,
    left: tuple[sp.Expr, ...],
    right: tuple[sp.Expr, ...],
    relation: type[sp.Rel],
    quantities: tuple[str, ...] | None = None,
    where: tuple[sp.Eq, ...] | None = None,
    stable: tuple[sp.Expr, ...] | None = None,
) -> Candidate:
    """The same for a formula whose sides are given part by part."""
    named = names(statement.left) if quantities is None else quantities
    values = solved(left, right, named)
    definitions = statement.where if where is None else where
    parameters = _with_letters_of_the_left(statement, definitions, values)
    return Candidate(values, definitions, parameters, None if stable is None else solved(left, stable, named), relation)


def _with_letters_of_the_left(
    statement: Statement, where: tuple[sp.Eq, ...], values: tuple[sp.Expr, ...]
) -> tuple[Any, ...]:
    known = {p.symbol for p in statement.parameters} | {d.lhs for d in where}
    new = frozenset().union(*map(letters, values)) - known
    return (*statement.parameters, *(Letter(symbol) for symbol in sorted(new, key=lambda symbol: symbol.name)))


def numpy_function(activation: Activation, order: int = 0) -> Callable[[np.ndarray], np.ndarray]:
    """An activation or its derivative as a function of an array, in whose precision it works, for experiments."""
    return functools.partial(_apply, NUMPY, activation.derivative(order))


def torch_function(activation: Activation, order: int = 0) -> Callable[[Any], Any]:
    """An activation or its derivative as a differentiable function of a torch tensor, for experiments."""
    return functools.partial(_apply, TORCH, activation.derivative(order))


def mpmath_function(activation: Activation, order: int = 0) -> Callable[[Any], Any]:
    """An activation or its derivative as a function of an mpf at the working precision."""
    return functools.partial(_apply, MPMATH, activation.derivative(order))


def _apply(backend: Backend, expression: sp.Expr, argument: Any) -> Any:
    return backend.evaluate(expression, {ACTIVATION_ARGUMENT: argument})


def _real(dps: int) -> Callable[[Any], Any]:
    """The real part of a value that is finite and real to half its digits; raises CandidateError for others."""

    def real(value: Any) -> Any:
        if not isinstance(value, mpmath.mpf) and abs(mpmath.im(value)) > mpmath.mpf(10) ** (-dps // 2):
            raise CandidateError("the value is complex")
        if not mpmath.isfinite(value):
            raise CandidateError("the value is not finite")
        return mpmath.re(value)

    return real


def _to_mpf(value: Any) -> Any:
    if isinstance(value, mpmath.matrix):
        return value
    if isinstance(value, sp.Basic):
        return MPMATH.number(value)
    if isinstance(value, (np.floating, np.integer)):
        return mpmath.mpmathify(value.item())
    return _read(value, mpmath.mp.prec) if isinstance(value, str) else mpmath.mpmathify(value)


@functools.lru_cache(maxsize=4096)
def _read(text: str, bits: int) -> Any:
    """A number that is given as text, at the working precision, which is `bits`: every mutant gets the same ones."""
    return mpmath.mpmathify(text)


_together = functools.lru_cache(maxsize=1024)(np.broadcast_shapes)


def _float64(value: Any) -> Any:
    """A float64, or an array of them: with an array of no dimensions NumPy takes ten times as long."""
    array = np.asarray(float(value) if isinstance(value, (str, mpmath.mpf, sp.Basic)) else value, dtype=float)
    return array if array.shape else array[()]
