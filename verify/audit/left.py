"""Wrong left-hand sides: those of a statement permuted, rescaled, replaced, or with another name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import sympy as sp

from derivations.statement import Statement
from verify.compile.quantities import places

Path = tuple[int, ...]


def other_left_sides(statement: Statement, quantities: tuple[str, ...]) -> Iterator[tuple[tuple[sp.Expr, ...], str]]:
    """Left-hand sides that are one slip away from a statement's, each with a word for the slip."""
    left = statement.left
    for one, other in itertools.combinations(range(len(left)), 2):
        swapped = list(left)
        swapped[one], swapped[other] = left[other], left[one]
        yield tuple(swapped), "left-hand sides swapped"
    stands = places(left, quantities)
    found = [_part(left[k], path) for k, path in stands]
    letters = tuple(p.symbol for p in statement.parameters if not p.is_function)
    for number, (k, path) in enumerate(stands):
        slips = list(_slips(found[number], letters))
        if len(found) > 1:
            slips.append((found[number - 1], "name of another quantity on the left"))
        for new, change in slips:
            yield (*left[:k], replaced(left[k], path, new), *left[k + 1 :]), change
        for other_path, node in (*_beside(left[k], path), *_inside(found[number], path)):
            for new, change in _slips_beside(node, letters):
                changed = replaced(left[k], other_path, new)
                if not changed.has(sp.zoo, sp.nan):
                    yield (*left[:k], changed, *left[k + 1 :]), change


def _slips(quantity: sp.Expr, letters: tuple[sp.Symbol, ...]) -> Iterator[tuple[sp.Expr, str]]:
    yield 2 * quantity, "left-hand side times 2"
    yield quantity / 2, "left-hand side by 2"
    yield -quantity, "sign of the left-hand side"
    if not quantity.is_commutative:
        return
    yield 1 - quantity, "left-hand side taken from 1"
    yield quantity**2, "left-hand side squared"
    yield sp.sqrt(quantity), "root of the left-hand side"
    yield 1 / quantity, "left-hand side inverted"
    for letter in letters:
        if letter.is_commutative:
            yield quantity * letter, f"left-hand side times {letter}"
            yield quantity / letter, f"left-hand side by {letter}"


def _slips_beside(node: sp.Expr, letters: tuple[sp.Symbol, ...]) -> Iterator[tuple[sp.Expr, str]]:
    """Of what stands beside the quantity: another power, another letter, a number moved by one."""
    if node.is_Number:
        yield node + 1, "number on the left plus 1"
        yield node - 1, "number on the left minus 1"
        return
    yield node**2, "other power on the left"
    yield 1 / node, "inverted on the left"
    yield -node, "sign on the left"
    for letter in letters:
        if node.is_Symbol and letter not in (node,):
            yield letter, f"{node} for {letter} on the left"


def _part(node: sp.Basic, path: Path) -> sp.Expr:
    for k in path:
        node = node.args[k]
    return node


def _beside(node: sp.Basic, path: Path, above: Path = ()) -> Iterator[tuple[Path, sp.Expr]]:
    """The parts of a left-hand side that do not contain what stands at `path`, largest first."""
    if not path:
        return
    for k, part in enumerate(node.args):
        if k == path[0]:
            yield from _beside(part, path[1:], (*above, k))
        else:
            yield from _all(part, (*above, k))


def _inside(quantity: sp.Expr, path: Path) -> Iterator[tuple[Path, sp.Expr]]:
    """The parts of what a limit is taken of, and where it is taken; not the letter that goes there."""
    if isinstance(quantity, sp.Limit):
        inner, letter, towards, _ = quantity.args
        yield from (found for found in _all(inner, (*path, 0)) if found[1] != letter)
        if towards.is_finite:
            yield (*path, 2), towards


def _all(node: sp.Basic, path: Path) -> Iterator[tuple[Path, sp.Expr]]:
    yield path, node
    for k, part in enumerate(node.args):
        yield from _all(part, (*path, k))


def replaced(node: sp.Basic, path: Path, new: sp.Basic) -> sp.Basic:
    """The expression with what stands at `path` replaced, in SymPy's canonical form."""
    if not path:
        return new
    arguments = list(node.args)
    arguments[path[0]] = replaced(arguments[path[0]], path[1:], new)
    return node.func(*arguments)
