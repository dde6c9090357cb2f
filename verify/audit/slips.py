"""What a slip of the pen makes of one node of a formula."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp
from sympy.core.function import AppliedUndef

from derivations.calculus.gaussian import GaussE

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


def slips(
    node: sp.Basic, swaps: tuple[sp.Symbol, ...], bound: frozenset[sp.Symbol], scales_what_is_above: bool
) -> Iterator[tuple[sp.Basic, str]]:
    """What a slip of the pen can make of one node, with a word for it.

    swaps   letters that stand for each other by mistake
    bound   letters that are averaged or integrated over, which are not inverted
    scales_what_is_above   whether a multiple of the node is one of the node above, for which it is made
    """
    if isinstance(node, (sp.StrictLessThan, sp.LessThan, sp.StrictGreaterThan, sp.GreaterThan)):
        yield node.reversedsign.func(*node.args), "inequality reversed"
        yield node.func(node.lhs, node.rhs + sp.Rational(1, 10)), "breakpoint moved"
        return
    if not isinstance(node, sp.Expr) or node in (sp.oo, -sp.oo):
        return
    if not scales_what_is_above:  # or the slip is that of the node above
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
            if node.is_Add:
                yield node.func(*rest, -part), "term flipped"
            elif part not in bound:  # or it has no value in the middle of the average
                yield node.func(*rest, 1 / part), "factor inverted"
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
    yield from _one_branch(node)
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


def _one_branch(node: sp.Expr) -> Iterator[tuple[sp.Basic, str]]:
    """What equals a function with branches in one of them: on one side of a jump, or but at the jumps."""
    if isinstance(node, sp.Abs):
        yield node.args[0], "right where it is positive only"
        yield -node.args[0], "right where it is negative only"
    elif isinstance(node, (sp.Max, sp.Min)):
        yield from ((part, f"right where that is the {node.func.__name__.lower()} only") for part in node.args)
    elif isinstance(node, (sp.floor, sp.ceiling)):
        yield node.args[0], "right at whole numbers only"
        other = sp.ceiling(node.args[0]) - 1 if isinstance(node, sp.floor) else sp.floor(node.args[0]) + 1
        yield other, "right between whole numbers only"


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
