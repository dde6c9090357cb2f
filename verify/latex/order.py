"""Products as a reader expects them: what stands above and below the bar, and in which order."""

from __future__ import annotations

import sympy as sp

from derivations.calculus.gaussian import GaussE

HALF = sp.Rational(1, 2)


def negative(expr: sp.Expr) -> bool:
    """Whether an expression prints with a leading minus sign."""
    lead = expr.args[0] if expr.is_Mul else expr
    return bool(lead.is_Number and lead.is_negative)


def open_ended(expr: sp.Expr) -> bool:
    """Whether what follows the printed expression would read as a part of it."""
    return isinstance(expr, (GaussE, sp.Sum, sp.Product, sp.Limit)) or (expr.is_Mul and open_ended(expr.args[-1]))


def split(product: sp.Mul) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """Factors above and below the bar of a fraction, in reading order."""
    above: list[sp.Expr] = []
    below: list[sp.Expr] = []
    for factor in product.as_ordered_factors():
        if factor.is_Rational:
            above += [sp.Integer(factor.p)] if factor.p != 1 else []
            below += [sp.Integer(factor.q)] if factor.q != 1 else []
        elif factor.is_Pow and negative(factor.exp) and factor.is_commutative:
            below.append(factor.base if factor.exp == -1 else sp.Pow(factor.base, -factor.exp, evaluate=False))
        else:
            above.append(factor)
    _join_roots(above, below)
    return ordered(above), ordered(below)


def _join_roots(above: list[sp.Expr], below: list[sp.Expr]) -> None:
    r"""sqrt(2) x / (2 sqrt(pi)), as SymPy keeps it, becomes x / sqrt(2 pi), as it is written."""
    for root in [f for f in above if f.is_Pow and f.exp == HALF and f.base.is_Integer]:
        for number in [f for f in below if f.is_Integer and f % root.base == 0]:
            above.remove(root)
            below.remove(number)
            below += [n for n in (number / root.base, root) if n != 1]
            break
    for side in (above, below):
        roots = [f for f in side if f.is_Pow and f.exp == HALF and f.base.is_nonnegative and not f.base.is_Add]
        if len(roots) > 1:
            joined = sp.Pow(sp.Mul(*(r.base for r in roots)), HALF, evaluate=False)
            side[:] = [f for f in side if f not in roots] + [joined]


def ordered(factors: list[sp.Expr]) -> list[sp.Expr]:
    """Factors as a reader expects them: letters, then brackets, then cases, then integrals and sums."""
    if not all(f.is_commutative for f in factors):
        return factors

    def rank(factor: sp.Expr) -> int:
        inside = factor.base if factor.is_Pow else factor
        if isinstance(inside, (GaussE, sp.Integral, sp.Sum, sp.Product)):
            return 4
        if inside.is_Number:
            return 0
        return 3 if isinstance(factor, sp.Piecewise) else 2 if inside.is_Add else 1

    return sorted(factors, key=rank)
