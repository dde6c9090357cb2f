"""Wrong formulas that lie one slip away from a right one.

Every first-order mutant of an expression tree: integers and rationals moved by one, signs, exponents, factors and
terms dropped or inverted, symbols swapped, functions changed, the order of a derivative changed, breakpoints moved. A
mutant differs in one place; SymPy's canonical form removes those that are identical to the original or to each other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from derivations.calculus.gaussian import GaussE
from derivations.statement import Statement
from verify.audit.left import other_left_sides, replaced
from verify.compile.quantities import LackingQuantity, names, solved

Path = tuple[int, ...]

OTHER_FUNCTION: dict[type, tuple[type, ...]] = {
    sp.exp: (sp.cosh, sp.sinh),
    sp.log: (sp.sqrt, sp.exp),
    sp.sin: (sp.cos, sp.tan),
    sp.cos: (sp.sin,),
    sp.tan: (sp.sin,),
    sp.tanh: (sp.sin, sp.erf),
    sp.erf: (sp.tanh, sp.erfc),
    sp.erfc: (sp.erf,),
    sp.sinh: (sp.cosh,),
    sp.cosh: (sp.sinh,),
    sp.sech: (sp.cosh, sp.tanh),
    sp.acos: (sp.asin,),
    sp.asin: (sp.acos,),
    sp.atan: (sp.tanh,),
    sp.atanh: (sp.atan,),
    sp.gamma: (sp.factorial,),
    sp.loggamma: (sp.digamma,),
    sp.Max: (sp.Min,),
    sp.Min: (sp.Max,),
    sp.Abs: (sp.sign,),
    sp.floor: (sp.ceiling,),
    sp.ceiling: (sp.floor,),
}


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One wrong formula: its sides and definitions, and what was done to which node."""

    left: tuple[sp.Expr, ...]
    right: tuple[sp.Expr, ...]
    where: tuple[sp.Eq, ...]
    change: str


def mutants(statement: Statement, quantities: tuple[str, ...] | None = None) -> tuple[Mutant, ...]:
    """All first-order mutants of a statement's sides and definitions, without repetition.

    `quantities` are what the checks measure (the left-hand sides as they stand, if None): mutants that say the same of
    them are one.
    """
    named = names(statement.left) if quantities is None else quantities
    swaps = tuple(p.symbol for p in statement.parameters if not p.is_function)
    swaps += tuple(d.lhs for d in statement.where)
    seen = {(solved(statement.left, statement.right, named), statement.where)}
    found = []
    for right, where, change in _everywhere(statement, lambda place: _slips(place, swaps)):
        key = solved(statement.left, right, named), where
        if key not in seen:
            seen.add(key)
            found.append(Mutant(left=statement.left, right=right, where=where, change=change))
    for left, change in other_left_sides(statement, named):
        try:
            key = solved(left, statement.right, named), statement.where
        except LackingQuantity:
            key = left, statement.where
        if key not in seen and not any(side.has(sp.zoo, sp.nan) for side in key[0]):  # 1 / quantity = 0 says nothing
            seen.add(key)
            found.append(Mutant(left=left, right=statement.right, where=statement.where, change=change))
    return tuple(found)


FACTOR = sp.Dummy("k", positive=True)


@functools.cache
def _factor(eps: sp.Rational) -> sp.Eq:
    """The definition of FACTOR as 1 + eps."""
    return sp.Eq(FACTOR, 1 + eps, evaluate=False)


def scaled(statement: Statement) -> tuple[tuple[sp.Basic, Callable[[sp.Rational], Mutant]], ...]:
    """Every node with the mutants in which just that node is multiplied by 1 + eps, for the blind-spot map.

    The factor is a letter that the mutant defines, so that a formula is built once for all its values. A factor of a
    product comes with the function of the product: to scale either is the same.
    """
    entries: dict[Path, tuple[sp.Basic, Callable[[sp.Rational], Mutant]]] = {}
    for place in _places(statement):
        if not isinstance(place.node, sp.Expr) or place.node in (0, sp.oo, -sp.oo):
            continue
        if place.scales_what_is_above and place.path[:-1] in entries:
            entries[place.path] = (place.node, entries[place.path[:-1]][1])
            continue
        built = functools.cache(functools.partial(place.rebuild, FACTOR * place.node))

        def scale(eps: sp.Rational, built: Callable = built) -> Mutant:
            right, where = built()
            return Mutant(left=statement.left, right=right, where=(_factor(eps), *where), change="scaled")

        entries[place.path] = (place.node, scale)
    return tuple(entries.values())


def _everywhere(statement: Statement, slips: Callable[[Place], Iterator[tuple[sp.Basic, str]]]) -> Iterator[tuple]:
    real = not any(e.has(sp.I) for e in (*statement.right, *(d.rhs for d in statement.where)))
    senseless = (sp.zoo, sp.nan, sp.I) if real else (sp.zoo, sp.nan)
    for place in _places(statement):
        for changed, change in slips(place):
            try:
                right, where = place.rebuild(changed)
            except (TypeError, ValueError, ZeroDivisionError, AttributeError, RecursionError):
                continue  # SymPy refuses to build it: not a formula
            everything = (*right, *(d.rhs for d in where))
            if any(e.has(*senseless) for e in everything) or not _defined_in_order(where):
                continue
            yield right, where, change


def _defined_in_order(where: tuple[sp.Eq, ...]) -> bool:
    """Whether no definition uses a symbol that is defined by itself or later."""
    return not any(d.lhs in e.rhs.free_symbols for k, e in enumerate(where) for d in where[k:])


@dataclass(frozen=True, kw_only=True)
class Place:
    """A node of a formula: where it stands, and a function that rebuilds the formula around a change of it.

    scales_what_is_above   whether a multiple of the node makes the same multiple of the node above: a factor of a
                           product, what is averaged, integrated or added up
    """

    node: sp.Basic
    path: Path
    rebuild: Callable[[sp.Basic], tuple]
    scales_what_is_above: bool


def _places(statement: Statement) -> Iterator[Place]:
    """Every node of every right-hand side and definition."""
    right, where = statement.right, statement.where
    for k, expression in enumerate(right):
        for path, node, scales in _walk(expression):

            def in_right(new: sp.Basic, k: int = k, path: Path = path) -> tuple:
                return (*right[:k], replaced(right[k], path, new), *right[k + 1 :]), where

            yield Place(node=node, path=(k, *path), rebuild=in_right, scales_what_is_above=scales)
    for k, definition in enumerate(where):
        for path, node, scales in _walk(definition.rhs):

            def in_where(new: sp.Basic, k: int = k, path: Path = path) -> tuple:
                changed = sp.Eq(where[k].lhs, replaced(where[k].rhs, path, new), evaluate=False)
                return right, (*where[:k], changed, *where[k + 1 :])

            yield Place(node=node, path=(len(right) + k, *path), rebuild=in_where, scales_what_is_above=scales)


def _children(node: sp.Basic) -> Iterator[tuple[int, sp.Basic]]:
    """The arguments of a node that are part of the formula: not bound variables, not what is being differentiated."""
    if isinstance(node, GaussE):
        yield 0, node.args[0]
    elif isinstance(node, sp.Subs):
        yield 2, node.args[2]
    elif isinstance(node, sp.Derivative):
        return
    elif isinstance(node, sp.Integral):
        yield 0, node.args[0]
        for k, limit in enumerate(node.limits, start=1):
            yield k, sp.Tuple(*limit)
    else:
        yield from enumerate(node.args)


def _walk(node: sp.Basic, path: Path = (), scales: bool = False) -> Iterator[tuple[Path, sp.Basic, bool]]:
    """The nodes with their paths, and whether a multiple of each makes the same multiple of the node above."""
    yield path, node, scales
    for k, child in _children(node):
        bound = isinstance(node, sp.Tuple) and k == 0 and isinstance(child, sp.Symbol) and len(node) == 3
        if not bound:  # the first entry of an integral's limits
            linear = node.is_Mul or (k == 0 and isinstance(node, (GaussE, sp.Integral, sp.Sum)))
            yield from _walk(child, (*path, k), linear)


def _slips(place: Place, swaps: tuple[sp.Symbol, ...]) -> Iterator[tuple[sp.Basic, str]]:
    """What a slip of the pen can make of one node, with a word for it."""
    node = place.node
    if isinstance(node, (sp.core.relational.StrictLessThan, sp.core.relational.LessThan)):
        yield node.reversedsign.func(*node.args), "inequality reversed"
        yield node.func(node.lhs, node.rhs + sp.Rational(1, 10)), "breakpoint moved"
        return
    if isinstance(node, (sp.StrictGreaterThan, sp.GreaterThan)):
        yield node.func(node.lhs, node.rhs + sp.Rational(1, 10)), "breakpoint moved"
        return
    if not isinstance(node, sp.Expr) or node in (sp.oo, -sp.oo):
        return
    if not place.scales_what_is_above:  # or the slip is that of the node above
        yield -node, "sign"
        yield 2 * node, "factor 2"
        yield node / 2, "factor 1/2"
    if node.is_Symbol and node in swaps:
        yield from ((other, f"{node} for {other}") for other in swaps if other != node)
    elif node.is_Integer:
        yield node + 1, "integer plus 1"
        yield node - 1, "integer minus 1"
    elif node.is_Rational:
        yield sp.Rational(node.p + 1, node.q), "numerator plus 1"
        yield sp.Rational(node.p - 1, node.q), "numerator minus 1"
        yield sp.Rational(node.p, node.q + 1), "denominator plus 1"
        if node.q > 1:
            yield sp.Rational(node.p, node.q - 1), "denominator minus 1"
    elif node is sp.pi:
        yield sp.Integer(3), "pi rounded"
    elif node.is_Add or node.is_Mul:
        other = sp.Mul if node.is_Add else sp.Add
        yield other(*node.args), "sum for product" if node.is_Mul else "product for sum"
        for k, part in enumerate(node.args):
            rest = (*node.args[:k], *node.args[k + 1 :])
            yield node.func(*rest), f"{'term' if node.is_Add else 'factor'} dropped"
            yield (
                node.func(*rest, -part if node.is_Add else 1 / part),
                "term flipped" if node.is_Add else "factor inverted",
            )
    elif node.is_Pow:
        yield node.base ** (node.exp + 1), "exponent plus 1"
        yield node.base ** (node.exp - 1), "exponent minus 1"
        yield node.base ** (-node.exp), "exponent negated"
        yield node.base, "exponent dropped"
        yield node.base * node.exp, "product for power"
    elif isinstance(node, GaussE):
        yield node.integrand.subs(node.variable, 1), "average dropped"
    elif isinstance(node, (sp.Subs, sp.Derivative)):
        yield from _other_derivatives(node)
    elif isinstance(node, AppliedUndef):
        for argument in node.args[:1]:
            yield argument, "function dropped"
    yield from _right_for_odd_or_even(node)
    for function in OTHER_FUNCTION.get(node.func, ()):
        yield function(*node.args), f"{function.__name__} for {node.func.__name__}"


def _right_for_odd_or_even(node: sp.Expr) -> Iterator[tuple[sp.Basic, str]]:
    """What equals a function of the claim, one of its derivatives or powers if that function is odd, or even."""
    mirrored = _mirrored(node)
    if mirrored is not None:
        yield mirrored, "argument reflected"
        yield -mirrored, "argument reflected, sign"
    elif node.is_Pow and node.exp.is_Integer and node.exp > 1 and (mirrored := _mirrored(node.base)) is not None:
        yield node.base ** (node.exp - 1) * mirrored, "argument reflected in one factor"
        yield -(node.base ** (node.exp - 1)) * mirrored, "argument reflected in one factor, sign"


def _mirrored(node: sp.Basic) -> sp.Expr | None:
    """An undefined function of one argument, or a derivative of it, at minus its argument; None for all else."""
    if isinstance(node, AppliedUndef) and len(node.args) == 1:
        return node.func(-node.args[0])
    if isinstance(node, sp.Subs) and isinstance(node.expr, sp.Derivative) and isinstance(node.expr.expr, AppliedUndef):
        return sp.Subs(node.expr, node.variables, tuple(-place for place in node.point))
    if isinstance(node, sp.Derivative) and isinstance(node.expr, AppliedUndef) and len(node.variables) > 0:
        variable = node.variables[0]
        return sp.Subs(node, variable, -variable) if node.expr.args == (variable,) else None
    return None


def _other_derivatives(node: sp.Basic) -> Iterator[tuple[sp.Basic, str]]:
    derivative = node.args[0] if isinstance(node, sp.Subs) else node
    if not isinstance(derivative, sp.Derivative):
        return
    variable, order = derivative.variables[0], derivative.derivative_count
    for new in (order - 1, order + 1):
        inner = derivative.expr.diff(variable, new) if new else derivative.expr
        changed = sp.Subs(inner, node.args[1], node.args[2]) if isinstance(node, sp.Subs) else inner
        yield changed.doit() if new == 0 else changed, f"derivative of order {new} for {order}"
