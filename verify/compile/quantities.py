"""What a statement says of the quantities that its checks measure: its equations, solved for them.

A left-hand side need not be the quantity itself: 1 - c^l = f says that c^l is 1 - f. Checks name what they measure, and
get that. So a left-hand side that is permuted, rescaled or replaced gives other numbers, or lacks the name.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import sympy as sp
from sympy.core.function import AppliedUndef

from verify.compile.walker import with_arguments

OPAQUE = (AppliedUndef, sp.Derivative, sp.Limit, sp.Subs, sp.Integral, sp.Sum, sp.Product)  # known by name as a whole
INVERTIBLE = (sp.exp, sp.log, sp.sinh, sp.asinh, sp.tanh, sp.atanh, sp.asin, sp.atan, sp.erf)  # one value everywhere


class LackingQuantity(ValueError):
    """A left-hand side from which a quantity cannot be had. The message is a sentence for people."""


def names(left: Sequence[sp.Expr]) -> tuple[str, ...]:
    """The left-hand sides as names of quantities, where nothing else is declared."""
    return tuple(map(_name, left))


@functools.lru_cache(maxsize=2**14)
def _name(node: sp.Basic) -> str:
    """A node as SymPy prints it, which takes long: wrong formulas share most of their left-hand sides."""
    return str(node)


def solved(left: Sequence[sp.Expr], right: Sequence[sp.Expr], quantities: Sequence[str]) -> tuple[sp.Expr, ...]:
    """The values of the quantities, in their order, by the equations left = right, as they stand.

    A quantity is named as SymPy prints it: a symbol, a function with its arguments, a derivative, a limit, or any other
    part of a left-hand side. Each equation must contain one of them, once. Raises LackingQuantity otherwise.
    """
    return tuple(_inverted(left[k], path, right[k]) for k, path in places(tuple(left), tuple(quantities)))


@functools.lru_cache(maxsize=256)
def places(left: tuple[sp.Expr, ...], quantities: tuple[str, ...]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Where each quantity stands: which left-hand side, and the path in it. Raises LackingQuantity as `solved` does."""
    found = []
    for name in quantities:
        paths = [(k, path) for k, side in enumerate(left) for path in _paths(side, name)]
        if not paths:
            raise LackingQuantity(f"the left-hand side lacks {name}, which the checks measure; it is {_listed(left)}")
        if len(paths) > 1:
            raise LackingQuantity(f"{name} stands more than once on the left-hand side, which is {_listed(left)}")
        found += paths
    if sorted(k for k, _ in found) != list(range(len(left))):
        listed = ", ".join(quantities)
        raise LackingQuantity(f"the checks measure {listed}, not one for each left-hand side: {_listed(left)}")
    return tuple(found)


def _listed(left: Sequence[sp.Expr]) -> str:
    return "; ".join(map(str, left))


def _paths(node: sp.Basic, name: str) -> list[tuple[int, ...]]:
    """Where a part of that name stands."""
    if _name(node) == name:
        return [()]
    if isinstance(node, OPAQUE):
        return []
    return [(k, *path) for k, part in enumerate(node.args) for path in _paths(part, name)]


def _inverted(node: sp.Expr, path: tuple[int, ...], value: sp.Expr) -> sp.Expr:
    """What stands at `path` if the node equals `value`."""
    if not path:
        return value
    k, part = path[0], node.args[path[0]]
    rest = node.args[:k] + node.args[k + 1 :]
    if node.is_Add:
        return _inverted(part, path[1:], with_arguments(node, (value, -sp.Add(*rest))))
    if node.is_Mul:
        return _inverted(part, path[1:], with_arguments(node, (value, 1 / sp.Mul(*rest))))
    if node.is_Pow and k == 0:  # the principal root: where it is the wrong one, the checks see it
        return _inverted(part, path[1:], with_arguments(node, (value, 1 / node.exp)))
    if node.is_Pow and k == 1:
        return _inverted(part, path[1:], sp.log(value) / sp.log(node.base))
    if isinstance(node, sp.exp):
        return _inverted(part, path[1:], sp.log(value))
    if isinstance(node, INVERTIBLE):
        return _inverted(part, path[1:], node.inverse()(value))
    raise LackingQuantity(f"{node} does not determine {part}")
