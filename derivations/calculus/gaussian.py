r"""Expectations under the standard Gaussian measure, as one node that SymPy can carry through a derivation.

`GaussE(f, z)` is :math:`\int \mathcal{D}z\, f(z)` with :math:`\mathcal{D}z = e^{-z^2/2} dz / \sqrt{2\pi}`. It stays
unevaluated, so that results hold for any activation; `verify` evaluates it by quadrature or in ball arithmetic.
"""

from __future__ import annotations

from collections.abc import Collection

import sympy as sp


class GaussE(sp.Expr):
    r"""Expectation of `f` over a standard Gaussian `z` (bound): :math:`\int \mathcal{D}z\, f(z)`.

    >>> z, q = sp.symbols("z q", real=True)
    >>> GaussE(z**4, z).doit()
    3
    >>> GaussE(sp.Function("f")(q * z), z).free_symbols
    {q}
    """

    is_commutative = True
    is_extended_real = True

    def __new__(cls, integrand: sp.Expr, variable: sp.Symbol) -> GaussE:
        if not isinstance(variable, sp.Symbol):
            raise TypeError(f"GaussE integrates over a symbol, not {variable!r}")
        return sp.Expr.__new__(cls, sp.sympify(integrand), variable)

    @property
    def integrand(self) -> sp.Expr:
        return self.args[0]

    @property
    def variable(self) -> sp.Symbol:
        return self.args[1]

    @property
    def bound_symbols(self) -> list[sp.Symbol]:
        return [self.variable]

    @property
    def free_symbols(self) -> set:
        return self.integrand.free_symbols - {self.variable}

    def to_integral(self) -> sp.Integral:
        """The same expectation as an explicit integral over the real line."""
        z = self.variable
        weight = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
        return sp.Integral(self.integrand * weight, (z, -sp.oo, sp.oo))

    def doit(self, **hints) -> sp.Expr:
        """Exact value where the integrand is a polynomial in the variable; otherwise the node itself."""
        inner = self.integrand.doit(**hints)
        if not inner.is_polynomial(self.variable):
            return self.func(inner, self.variable)
        return moment(inner, (self.variable,))

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        return self.func(self.integrand.diff(symbol), self.variable)

    def _eval_subs(self, old, new):
        if old == self.variable:
            return self
        return None

    def _eval_is_positive(self):
        return True if self.integrand.is_positive else None

    def _eval_is_nonnegative(self):
        return True if self.integrand.is_nonnegative else None


def moment(polynomial: sp.Expr, variables: Collection[sp.Symbol]) -> sp.Expr:
    """Expectation of a polynomial in independent standard Gaussians. Raises ValueError for what is none."""
    return sp.Add(*(_moment_of_term(term, set(variables)) for term in sp.Add.make_args(sp.expand(polynomial))))


def _moment_of_term(term: sp.Expr, variables: set[sp.Symbol]) -> sp.Expr:
    powers = [factor.as_base_exp() for factor in sp.Mul.make_args(term)]
    coefficient = sp.Mul(*(base**order for base, order in powers if base not in variables))
    orders = [order for base, order in powers if base in variables]
    if coefficient.free_symbols & variables or not all(order.is_Integer and order > 0 for order in orders):
        raise ValueError(f"{term} is no monomial in {variables}")
    return sp.Mul(coefficient, *map(gaussian_moment, orders))


def gaussian_moment(order: int) -> sp.Integer:
    """E z^order of a standard Gaussian: 0 for odd order, (order-1)!! for even."""
    return sp.S.Zero if order % 2 else sp.factorial2(order - 1)
