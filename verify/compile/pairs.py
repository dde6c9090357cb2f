"""Averages over two correlated Gaussian fields in ball arithmetic, by their Hermite coefficients.

E_z1 f(z1) E_z2 g(a z1 + b z2) is the sum of a_n b_n rho^n, where a_n and b_n are the coefficients of f(z) and of
g(r z), r^2 = a^2 + b^2 and rho = a / r. What is left beyond n terms is at most |rho|^n times the root of the product of
what the squares of the coefficients leave of E f^2 and E g^2: the series carries its own proof.
"""

from __future__ import annotations

import functools
from typing import Any

import flint
import sympy as sp
from flint import arb

from derivations.calculus.gaussian import GaussE
from verify.compile.walker import CandidateError, Unsupported, flat, letters

TERMS = (24, 48, 96)  # of the series, until the rest is negligible
SPREAD = sp.Dummy("spread", positive=True)  # the standard deviation r of the field inside


@functools.lru_cache(maxsize=1024)
def split(node: GaussE) -> tuple[sp.Expr, GaussE, tuple[sp.Expr, sp.Expr], sp.Expr] | None:
    """(f, the average inside, (a, b), g with SPREAD times the inner variable as its field), or None for one average.

    Raises Unsupported where the inner function does not depend on the variables by one linear field alone.
    """
    inside = [part for part in node.integrand.atoms(GaussE) if node.variable in letters(part)]
    if not inside:
        return None
    factors = sp.Mul.make_args(node.integrand)
    inner = next((f for f in factors if isinstance(f, GaussE)), None)
    rest = [f for f in factors if f is not inner]
    if len(inside) != 1 or inner is None or any(f.atoms(GaussE) & set(inside) for f in rest):
        raise Unsupported("an average within an average that is not one factor, in ball arithmetic")
    outer, variable = node.variable, inner.variable
    direction: list[tuple[sp.Expr, sp.Expr]] = []

    def on_field(part: sp.Expr) -> sp.Expr:
        """The part with its linear fields in terms of one variable."""
        if not letters(part) & {outer, variable}:
            return part
        if isinstance(part, sp.Expr) and part.is_polynomial(outer, variable):
            line = sp.Poly(flat(part), outer, variable)
            if line.total_degree() == 1:
                a, b, still = (line.coeff_monomial(m) for m in (outer, variable, 1))
                direction.append((a, b))
                a_0, b_0 = direction[0]
                if sp.expand(a * b_0 - b * a_0) != 0:
                    raise Unsupported("an average over two fields inside another one, in ball arithmetic")
                scale = b / b_0 if b_0 != 0 else a / a_0
                return still + sp.cancel(scale) * SPREAD * variable
        if not part.args:
            raise Unsupported("an average within an average that is no function of one field, in ball arithmetic")
        return part.func(*(on_field(a) for a in part.args))

    function = on_field(inner.integrand)
    return sp.Mul(*rest), inner, direction[0], function


def average(node: GaussE, env: dict, backend: Any) -> Any:
    """Enclosure of a nested average. Raises CandidateError where the series does not converge."""
    found = split(node)
    assert found is not None
    first, inner, (a, b), second = found
    along, across = (backend.evaluate(part, env) for part in (a, b))
    spread = (along * along + across * across).sqrt()
    share = along / spread
    within = {**env, SPREAD: spread}
    sizes = [
        backend.evaluate(GaussE(function**2, variable), values)
        for function, variable, values in ((first, node.variable, env), (second, inner.variable, within))
    ]
    for count in TERMS:
        rows = [
            backend.hermite(function, variable, values, count)
            for function, variable, values in ((first, node.variable, env), (second, inner.variable, within))
        ]
        total, power = arb(0), arb(1)
        for one, other in zip(*rows, strict=True):
            total, power = total + one * other * power, power * share
        left = [abs(size - sum((c * c for c in row), arb(0))).upper() for size, row in zip(sizes, rows, strict=True)]
        rest = abs(power) * (left[0] * left[1]).sqrt()
        if rest < arb(2) ** (20 - flint.ctx.prec) * (sizes[0] * sizes[1]).sqrt():
            return total + arb(0, rest.upper())
    raise CandidateError("the Hermite series of an average over two fields does not converge")
