"""Walking an expression through a table of functions, the same way for every number system."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.function import AppliedUndef

from derivations.calculus.gaussian import GaussE
from verify.compile.memory import Memory

Evaluation = Callable[[dict], Any]  # of the symbols' values
KEPT = 100_000  # evaluations of nodes that a backend keeps
KEPT_VALUES = 64  # values of one average that are kept
SCOPES = ((sp.Integral, "integral"), (sp.Sum, "total"), (sp.Product, "total"), (sp.Piecewise, "piecewise"))
SWITCHES = (sp.Piecewise, sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min)
COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    sp.StrictLessThan: operator.lt,
    sp.LessThan: operator.le,
    sp.StrictGreaterThan: operator.gt,
    sp.GreaterThan: operator.ge,
    sp.Equality: operator.eq,
    sp.Unequality: operator.ne,
}


class Unsupported(NotImplementedError):
    """A backend has no evaluation for a node."""


class CandidateError(ArithmeticError):
    """A formula has no finite real value at a point."""


@dataclass(frozen=True)
class Lacking:
    """The evaluation of a node for which a backend has none."""

    reason: str

    def __call__(self, env: dict) -> Any:
        raise Unsupported(self.reason)


class Backend:
    """Evaluation of nodes in one number system. `table` maps SymPy classes to functions of evaluated arguments.

    A node is looked at once and becomes a function of the symbols' values, which is kept: formulas that differ in one
    place share all other nodes. With a `memory` so do their values.
    """

    memory: Memory | None = None

    @property
    def table(self) -> Mapping[type, Callable[..., Any]]:
        """SymPy classes and the functions that evaluate them."""
        raise NotImplementedError

    def number(self, value: sp.Number | sp.NumberSymbol) -> Any:
        raise NotImplementedError

    def setting(self) -> Hashable:
        """What values depend on besides the letters: the working precision."""
        return None

    def constant(self, value: sp.Number | sp.NumberSymbol) -> Evaluation:
        """A number as a function of the symbols' values; a backend of fixed precision converts it once."""
        return lambda env: self.number(value)

    def power(self, base: Any, exponent: Any, node: sp.Pow) -> Any:
        return base**exponent

    def raised(self, base: Evaluation, exponent: Evaluation, node: sp.Pow) -> Evaluation:
        """A power as a function of the symbols' values."""
        return lambda env: self.power(base(env), exponent(env), node)

    def piecewise(self, node: sp.Piecewise, env: dict) -> Any:
        raise Unsupported("Piecewise")

    def gauss(self, node: GaussE, env: dict) -> Any:
        raise Unsupported("GaussE")

    def remembered(self, values: list, env: dict) -> Hashable | None:
        """What an average at these values of its letters is kept under; None where it is not worth keeping."""
        return None

    def averaged(self, node: GaussE) -> Evaluation:
        """A Gaussian average that keeps what it found: formulas that differ elsewhere ask for the same numbers."""
        held = sorted(letters(node), key=str)
        found: dict[Hashable, Any] = {}

        def averaged(env: dict) -> Any:
            key = self.remembered([env[letter] for letter in held], env)
            if key is None:
                return self._in_scope(self.gauss, node, env)
            if key not in found:
                if len(found) >= KEPT_VALUES:
                    found.clear()
                found[key] = self._in_scope(self.gauss, node, env)
            return found[key]

        return averaged

    def integral(self, node: sp.Integral, env: dict) -> Any:
        raise Unsupported("Integral")

    def total(self, node: sp.Sum | sp.Product, env: dict) -> Any:
        """A finite sum or product, term by term, empty if it ends just before its start.

        Limits must not vary over an array. Of several variables the last is the outermost, as in SymPy.
        """
        *inner, (variable, *ends) = node.limits
        what, operation, start = ("sum", operator.add, 0) if isinstance(node, sp.Sum) else ("product", operator.mul, 1)
        try:
            low, high = (float(self.evaluate(end, env)) for end in ends)
        except TypeError as error:  # an array of several numbers
            raise CandidateError(f"the limits of a {what} vary over an array") from error
        if not (low.is_integer() and high.is_integer()):
            raise CandidateError(f"the limits of a {what} are not whole numbers")
        if high < low - 1:  # empty, or minus the terms in between (Karr, as SymPy's doit): no number is meant
            raise CandidateError(f"a {what} from {low:g} to {high:g}, whose limits cross")
        term = self.evaluation(node.func(node.function, *inner) if inner else node.function)
        inside, result = dict(env), self.number(sp.Integer(start))
        for k in range(int(low), int(high) + 1):
            inside[variable] = self.number(sp.Integer(k))
            result = operation(result, term(inside))
        return result

    def evaluate(self, node: sp.Basic, env: dict) -> Any:
        """Value of `node` where `env` maps symbols to numbers of this backend."""
        return self.evaluation(node)(env)

    @functools.cached_property
    def _known(self) -> dict[sp.Basic, Evaluation]:
        return {}

    def evaluation(self, node: sp.Basic) -> Evaluation:
        """The node as a function of the symbols' values."""
        return self._once(node, self._known, lambda: self._kept(node, self.built(node), not _is_cheap(node)))

    @functools.cached_property
    def _sides(self) -> dict[sp.Basic, Evaluation]:
        return {}

    def side(self, node: sp.Basic) -> Evaluation:
        """`evaluation` of a whole side of a formula: its value is kept, however quickly it is put together."""
        return self._once(node, self._sides, lambda: self._kept(node, self.evaluation(node), _is_cheap(node)))

    def _once(self, node: sp.Basic, known: dict, build: Callable[[], Evaluation]) -> Evaluation:
        found = known.get(node)
        if found is None:
            if len(known) >= KEPT:
                known.clear()
            found = known[node] = build()
        return found

    def _kept(self, node: sp.Basic, found: Evaluation, worth_it: bool) -> Evaluation:
        return self.memory.kept(letters(node), found) if self.memory is not None and node.args and worth_it else found

    def forget(self) -> None:
        """Drop what is kept of nodes and their values."""
        self._known.clear()
        self._sides.clear()
        if self.memory is not None:
            self.memory.clear()

    def built(self, node: sp.Basic) -> Evaluation:
        """The function of a node that is met for the first time."""
        if node.is_Symbol:
            return operator.itemgetter(node)
        if node.is_Add or node.is_Mul:
            return _folded(operator.add if node.is_Add else operator.mul, tuple(map(self.evaluation, node.args)))
        if node.is_Number or isinstance(node, sp.NumberSymbol):
            return self.constant(node)
        if node.is_Pow:
            base, exponent = map(self.evaluation, node.args)
            return self.raised(base, exponent, node)
        if isinstance(node, GaussE):
            return self.averaged(node)
        for cls, scope in SCOPES:
            if isinstance(node, cls):
                reason = endless(node) if isinstance(node, ExprWithLimits) else ""
                return Lacking(reason) if reason else functools.partial(self._in_scope, getattr(self, scope), node)
        if (done := worked_out(node)) is not None:
            return self.evaluation(done)
        function = next((self.table[cls] for cls in type(node).__mro__ if cls in self.table), None)
        function = self.otherwise(node) if function is None else function
        if function is None:
            return Lacking(f"{type(self).__name__} cannot evaluate {type(node).__name__}")
        return _applied(function, tuple(map(self.evaluation, operands(node))))

    def _in_scope(self, scope: Callable[[Any, dict], Any], node: sp.Basic, env: dict) -> Any:
        """What has letters of its own, which take other values while it is evaluated."""
        if self.memory is None:
            return scope(node, env)
        with self.memory.paused():
            return scope(node, env)

    def otherwise(self, node: sp.Basic) -> Callable[..., Any] | None:
        """The function, of its operands, of a node that is not in the table; None where there is none."""
        return None

    def lacking(self, node: sp.Basic) -> str:
        """Why a node cannot be evaluated whatever its letters are; empty where it can. Functions are still inserted."""
        if isinstance(node, (AppliedUndef, sp.Derivative, sp.Subs)) and node.has(AppliedUndef):
            return ""
        if (done := worked_out(node)) is not None:
            return self.lacking(done)
        found = self.built(node) if isinstance(node, sp.Expr) else None
        if isinstance(found, Lacking):
            return found.reason
        return next((reason for part in operands(node) if (reason := self.lacking(part))), "")


def worked_out(node: sp.Basic) -> sp.Basic | None:
    """What a derivative, a substitution or a determinant is; None for one that stays, and for any other node."""
    if not isinstance(node, (sp.Derivative, sp.Subs, sp.Determinant)):
        return None
    done = node.doit()
    return None if done.has(type(node)) else done


def operands(node: sp.Basic) -> tuple[sp.Basic, ...]:
    """What is evaluated of a node: its arguments, those in tuples one by one; of one that binds letters, not these."""
    if isinstance(node, ExprWithLimits):
        return (node.function, *(end for limit in node.limits for end in limit[1:]))
    if isinstance(node, GaussE):
        return (node.integrand,)
    return tuple(part for a in node.args for part in (operands(a) if isinstance(a, sp.Tuple) else (a,)))


def endless(node: ExprWithLimits) -> str:
    """Why a sum, product or integral is none that can be worked out; empty for others."""
    what = type(node).__name__.lower()
    article = "an" if what == "integral" else "a"
    if any(len(limit) != 3 for limit in node.limits):
        return f"{article} {what} without limits"
    if isinstance(node, sp.Integral):
        return "an integral over more than two variables" if len(node.limits) > 2 else ""
    return f"an infinite {what}" if any(end.is_infinite for limit in node.limits for end in limit[1:]) else ""


def _is_cheap(node: sp.Basic) -> bool:
    """Whether a node's own operations take no longer than to look its value up."""
    return node.is_Add or node.is_Mul or (node.is_Pow and bool(node.exp.is_Integer)) or not isinstance(node, sp.Expr)


def _folded(operation: Callable[[Any, Any], Any], parts: tuple[Evaluation, ...]) -> Evaluation:
    """The parts added up or multiplied, from the left."""
    if len(parts) == 2:
        left, right = parts
        return lambda env: operation(left(env), right(env))
    first, *rest = parts

    def folded(env: dict) -> Any:
        value = first(env)
        for part in rest:
            value = operation(value, part(env))
        return value

    return folded


def _applied(function: Callable[..., Any], parts: tuple[Evaluation, ...]) -> Evaluation:
    if len(parts) == 1:
        (argument,) = parts
        return lambda env: function(argument(env))
    return lambda env: function(*[part(env) for part in parts])


def with_arguments(node: sp.Basic, arguments: Iterable[sp.Basic]) -> sp.Basic:
    """The node with other arguments, as it stands.

    SymPy's constructors look at length for what is simpler, and with evaluate=False still ten times as long as this.
    """
    if node.is_Add or node.is_Mul:
        return node.func._from_args(tuple(arguments))
    if node.is_Pow:
        base, exponent = arguments
        power = sp.Expr.__new__(sp.Pow, base, exponent)
        power.is_commutative = base.is_commutative and exponent.is_commutative
        return power
    if isinstance(node, (sp.Rel, sp.Function, sp.Piecewise)):
        return sp.Basic.__new__(node.func, *arguments)
    return node.func(*arguments)


@functools.lru_cache(maxsize=2**16)
def letters(node: sp.Basic) -> frozenset[sp.Symbol]:
    """The free symbols of a node. Those of every part are kept: formulas that differ in one place share all others."""
    if isinstance(node, ExprWithLimits) and all(limit[0].is_Symbol for limit in node.limits):
        held = letters(node.function)  # SymPy's own would build the function anew
        for bound, *ends in node.limits:
            held = frozenset().union(held - {bound}, *map(letters, ends)) if ends else held | {bound}
        return held
    if isinstance(node, GaussE):
        return letters(node.integrand) - {node.variable}
    if type(node).free_symbols is not sp.Basic.free_symbols:  # a symbol, or a node that binds one
        return frozenset(node.free_symbols)
    return frozenset().union(*map(letters, node.args))


@functools.lru_cache(maxsize=2**16)
def has_average(node: sp.Basic) -> bool:
    """Whether a node is a Gaussian average, or one stands in it."""
    return isinstance(node, GaussE) or any(map(has_average, node.args))


def whole(value: Any) -> int:
    """A number that must be a nonnegative integer, such as the order of a derivative; raises CandidateError if not."""
    if value != int(value) or value < 0:
        raise CandidateError(f"{value} is not a nonnegative integer")
    return int(value)


@functools.lru_cache(maxsize=1024)
def is_even(integrand: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether the expression is visibly even in the variable."""
    return integrand.subs(variable, -variable) == integrand


@functools.lru_cache(maxsize=2**16)
def has_switch(node: sp.Basic) -> bool:
    """Whether a node may have kinks or jumps."""
    return isinstance(node, SWITCHES) or any(map(has_switch, node.args))


@functools.lru_cache(maxsize=1024)
def kinks(integrand: sp.Expr, variable: sp.Symbol) -> tuple[sp.Expr, ...]:
    """Places where an integrand may have a kink or a jump: roots, in `variable`, of its branch conditions.

    Conditions must be linear in the variable; raises Unsupported otherwise. What an average or an integral inside
    smooths out, a place that depends on its variable, is none.
    """
    if not has_switch(integrand):
        return ()
    smoothed = _averaged_over(integrand)
    found = (_kink(switch, variable) for switch in _switching(integrand) if not letters(switch) & smoothed)
    return tuple(sorted({place for place in found if place is not None}, key=sp.default_sort_key))


@functools.lru_cache(maxsize=2**12)
def _switching(node: sp.Basic) -> frozenset[sp.Expr]:
    """What is zero where a part of a node switches. Those of every part are kept, as in `letters`."""
    if not has_switch(node):
        return frozenset()
    found: set[sp.Expr] = set().union(*map(_switching, node.args))
    if isinstance(node, sp.Piecewise):
        found |= {r.lhs - r.rhs for _, c in node.args for r in c.atoms(sp.core.relational.Relational)}
    elif isinstance(node, (sp.Abs, sp.sign, sp.Heaviside)):
        found.add(node.args[0])
    elif isinstance(node, (sp.Max, sp.Min)):
        found |= {a - b for a in node.args for b in node.args if a != b}
    return frozenset(found)


@functools.lru_cache(maxsize=2**12)
def _averaged_over(node: sp.Basic) -> frozenset[sp.Symbol]:
    """The variables of all averages and integrals in a node."""
    own = {node.variable} if isinstance(node, GaussE) else set()
    own |= set(node.variables) if isinstance(node, sp.Integral) else set()
    return frozenset(own).union(*map(_averaged_over, node.args))


def flat(expression: sp.Expr) -> sp.Expr:
    """The expression without sums in sums and products in products, which mutants have and SymPy's Poly refuses."""
    return expression.replace(lambda part: part.is_Add or part.is_Mul, lambda part: part.func(*part.args))


@functools.lru_cache(maxsize=2**12)
def _kink(switch: sp.Expr, variable: sp.Symbol) -> sp.Expr | None:
    """The root of a switch, linear in the variable; None where the variable does not stand in it."""
    if variable not in letters(switch):
        return None
    line = sp.Poly(flat(switch), variable) if switch.is_polynomial(variable) else None
    if line is None or line.degree() != 1:
        raise Unsupported(f"a branch condition that is not linear in {variable}: {switch}")
    return sp.together(-line.nth(0) / line.nth(1))


def compare(condition: sp.Basic, backend: Backend, env: dict) -> Any:
    """Truth of a condition made of strict or weak inequalities, elementwise for arrays."""
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, (sp.And, sp.Or)):
        parts = [compare(a, backend, env) for a in condition.args]
        return functools.reduce((lambda a, b: a & b) if isinstance(condition, sp.And) else (lambda a, b: a | b), parts)
    left, right = (backend.evaluate(a, env) for a in condition.args)
    try:
        return COMPARISONS[type(condition)](left, right)
    except TypeError as problem:
        raise CandidateError("a condition between complex numbers") from problem


KEPT_OF_NODES = (letters, has_average, has_switch, kinks, _switching, _averaged_over, _kink)  # what is kept of nodes
