"""Wrong formulas that lie one slip away from a right one.

Every first-order mutant of an expression tree: integers and rationals moved by one, signs, exponents, factors and
terms dropped or inverted, symbols swapped, functions changed, the order of a derivative changed, breakpoints moved. A
mutant differs in one place and is written as it stands; of what no check tells from the original, the canonical form of
SymPy says whether it is the original.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.statement import Statement
from verify.audit.left import other_left_sides
from verify.audit.slips import slips
from verify.compile.quantities import LackingQuantity, names, solved
from verify.compile.walker import letters, with_arguments
from verify.latex import places

Path = tuple[int, ...]

INEQUALITIES: dict[type[sp.Rel], tuple[type[sp.Rel], type[sp.Rel]]] = {  # its reverse, and the strict or weak one
    sp.Le: (sp.Ge, sp.Lt),
    sp.Ge: (sp.Le, sp.Gt),
    sp.Lt: (sp.Gt, sp.Le),
    sp.Gt: (sp.Lt, sp.Ge),
}


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One wrong formula: its sides and definitions, what was done to which node, and how its sides are related."""

    left: tuple[sp.Expr, ...]
    right: tuple[sp.Expr, ...]
    where: tuple[sp.Eq, ...]
    change: str
    relation: type[sp.Rel] = sp.Eq

    def canonical(self) -> Mutant:
        """The same in SymPy's canonical form."""
        right, where = _canonical(self)
        return dataclasses.replace(self, right=right, where=where)

    def is_written_as(self, statement: Statement) -> bool:
        """Whether SymPy's canonical form makes it the statement itself."""
        same = self.left == statement.left and self.relation is statement.formula.func
        return same and _canonical(self) == _canonical(statement)


def mutants(statement: Statement, quantities: tuple[str, ...] | None = None) -> tuple[Mutant, ...]:
    """All first-order mutants of a statement's sides and definitions, without repetition.

    `quantities` are what the checks measure (the left-hand sides as they stand, if None): mutants that say the same of
    them are one.
    """
    named = names(statement.left) if quantities is None else quantities
    swaps = tuple(p.symbol for p in statement.parameters if not p.is_function)
    swaps += tuple(d.lhs for d in statement.where)
    seen: set[tuple] = {(statement.right, statement.where), (solved(statement.left, statement.right, named),)}
    bound, relation = _bound_letters(statement), statement.formula.func
    found = [written(statement, f"{other.rel_op} for {relation.rel_op}", relation=other) for other in _others(relation)]
    for right, where, change in _everywhere(
        statement, lambda place: slips(place.node, swaps, bound, place.scales_what_is_above)
    ):
        if (right, where) not in seen:
            seen.add((right, where))
            found.append(written(statement, change, right=right, where=where))
    for left, change in other_left_sides(statement, named):
        try:
            key = (solved(left, statement.right, named),)
        except LackingQuantity:
            key = (left,)
        if key not in seen and not any(side.has(sp.zoo, sp.nan) for side in key[0]):  # 1 / quantity = 0 says nothing
            seen.add(key)
            found.append(written(statement, change, left=left))
    return tuple(found)


def written(statement: Statement, change: str, **changed: Any) -> Mutant:
    """The statement as a mutant, with some of its parts changed."""
    parts = {name: getattr(statement, name) for name in ("left", "right", "where")}
    return Mutant(**{"relation": statement.formula.func, **parts, **changed}, change=change)


def _canonical(formula: Mutant | Statement) -> tuple[tuple[sp.Expr, ...], tuple[sp.Eq, ...]]:
    right = tuple(map(_built_anew, formula.right))
    return right, tuple(sp.Eq(d.lhs, _built_anew(d.rhs), evaluate=False) for d in formula.where)


@functools.lru_cache(maxsize=2**12)
def _built_anew(node: sp.Basic) -> sp.Basic:
    return node.func(*map(_built_anew, node.args)) if node.args else node


def _others(relation: type[sp.Rel]) -> tuple[type[sp.Rel], ...]:
    """What may be written for an inequality: the reverse, the strict or the weak one, an equation."""
    if relation not in INEQUALITIES:
        return ()
    reverse, sharper = INEQUALITIES[relation]
    return reverse, sharper, sp.Eq


def _bound_letters(statement: Statement) -> frozenset[sp.Symbol]:
    """What is averaged or integrated over."""
    nodes = set().union(*(e.atoms(GaussE, sp.Integral) for e in (*statement.right, *(d.rhs for d in statement.where))))
    return frozenset(letter for node in nodes for letter in node.bound_symbols)


def evaluable(mutant: Mutant, statement: Statement) -> Mutant | None:
    """A mutant that has no real value somewhere, with absolute values under its roots and logarithms.

    Definitions of letters that are not negative get one, too. That is what people evaluate who take a real root. None
    where it is the formula itself: the mutant then has the same value as the formula, or none.
    """
    right, where = _real(mutant)
    if mutant.left == statement.left and (right, where) == _real(statement):
        return None
    senseless = _senseless(statement)
    if any(e.has(*senseless) for e in (*right, *(d.rhs for d in where))):
        return None
    return dataclasses.replace(mutant, right=right, where=where)


def _real(formula: Mutant | Statement) -> tuple[tuple[sp.Expr, ...], tuple[sp.Eq, ...]]:
    right, where = _canonical(formula)
    definitions = ((d.lhs, _absolute(d.rhs)) for d in where)
    real = tuple(sp.Eq(e, sp.Abs(new) if e.is_nonnegative else new, evaluate=False) for e, new in definitions)
    return tuple(map(_absolute, right)), real


def _absolute(expression: sp.Basic) -> sp.Basic:
    def may_be_negative(node: sp.Basic) -> bool:
        of = isinstance(node, sp.log) or (node.is_Pow and node.exp.is_integer is not True)
        return of and not node.args[0].is_nonnegative

    return expression.replace(may_be_negative, lambda node: node.func(_size(node.args[0]), *node.args[1:]))


def _size(node: sp.Expr) -> sp.Expr:
    """The absolute value, factor by factor: SymPy leaves that of an inverse power as it is."""
    if node.is_Mul:
        return sp.Mul(*map(_size, node.args))
    if node.is_Pow and node.exp.is_integer:
        return _size(node.base) ** node.exp
    return sp.Abs(node)


FACTOR = sp.Dummy("k", positive=True)
ONE_PRODUCT = sp.Mul(sp.Dummy(), sp.Dummy())


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
        if not _has_a_size(place):
            continue
        if place.scales_what_is_above and place.path[:-1] in entries:
            entries[place.path] = (place.node, entries[place.path[:-1]][1])
            continue
        built = functools.cache(functools.partial(place.rebuild, with_arguments(ONE_PRODUCT, (FACTOR, place.node))))

        def scale(eps: sp.Rational, built: Callable = built) -> Mutant:
            right, where = built()
            return written(statement, "scaled", right=right, where=(_factor(eps), *where))

        entries[place.path] = (place.node, scale)
    return tuple(entries.values())


def standing(statement: Statement) -> tuple[str, ...]:
    """For each node of `scaled`, in its order, the side or definition in which it stands, with the node in marks."""
    sides = (*statement.left, *(d.lhs for d in statement.where))
    found = []
    for place in filter(_has_a_size, _places(statement)):
        try:
            right, where = place.rebuild(places.Marked(place.node))
        except (TypeError, ValueError, AttributeError):  # SymPy builds none of this kind around a mark
            found.append(places.line(places.Marked(place.node)))
            continue
        side = (*right, *(d.rhs for d in where))[place.path[0]]
        found.append(f"{places.line(sides[place.path[0]])} = {places.line(side)}")
    return tuple(found)


def _has_a_size(place: Place) -> bool:
    """Whether a node can be multiplied by something."""
    return isinstance(place.node, sp.Expr) and place.node not in (0, sp.oo, -sp.oo)


def _everywhere(statement: Statement, slips_at: Callable[[Place], Iterator[tuple[sp.Basic, str]]]) -> Iterator[tuple]:
    senseless = _senseless(statement)
    for place in _places(statement):
        for changed, change in slips_at(place):
            if changed.has(*senseless):
                continue
            try:
                right, where = place.rebuild(changed)
            except (TypeError, ValueError, ZeroDivisionError, AttributeError, RecursionError):
                continue  # SymPy refuses to build it: not a formula
            if where is statement.where or _is_in_order(where, place.path[0] - len(right)):
                yield right, where, change


def _senseless(statement: Statement) -> tuple[sp.Basic, ...]:
    """What no value has, and what none has in a statement that is real."""
    real = not any(e.has(sp.I) for e in (*statement.right, *(d.rhs for d in statement.where)))
    return (sp.zoo, sp.nan, sp.I) if real else (sp.zoo, sp.nan)


def _is_in_order(where: tuple[sp.Eq, ...], number: int) -> bool:
    """Whether the definition of that number uses no symbol that is defined by itself or later."""
    used = letters(where[number].rhs)
    return not any(d.lhs in used for d in where[number:])


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
                return (*right[:k], _put(right[k], path, new), *right[k + 1 :]), where

            yield Place(node=node, path=(k, *path), rebuild=in_right, scales_what_is_above=scales)
    for k, definition in enumerate(where):
        for path, node, scales in _walk(definition.rhs):

            def in_where(new: sp.Basic, k: int = k, path: Path = path) -> tuple:
                changed = sp.Eq(where[k].lhs, _put(where[k].rhs, path, new), evaluate=False)
                return right, (*where[:k], changed, *where[k + 1 :])

            yield Place(node=node, path=(len(right) + k, *path), rebuild=in_where, scales_what_is_above=scales)


def _put(node: sp.Basic, path: Path, new: sp.Basic) -> sp.Basic:
    """The expression with another part at `path`, as it stands."""
    if not path:
        return new
    arguments = list(node.args)
    arguments[path[0]] = _put(arguments[path[0]], path[1:], new)
    return with_arguments(node, arguments)


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
