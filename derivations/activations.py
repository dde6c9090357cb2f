"""Activation functions, each defined once as a SymPy expression.

`verify` compiles the expression and its derivatives and hands the callables to experiments and solvers, so no other
place in the project writes an activation down. Integrators split at the breakpoints, and the pole distance places their
nodes.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import sympy as sp

from derivations.symbols import x


class Sinc(sp.Function):
    """Sinc(k, u) = (2k+1)!! j_k(u) / u^k with the spherical Bessel function j_k; Sinc(0, u) = sin(u) / u, entire in u.

    Its derivatives lose no digits near zero, as those of a quotient do. It is 0F1(; k + 3/2; -u^2/4).
    """

    nargs = 2
    is_real = True

    @classmethod
    def eval(cls, k: sp.Expr, u: sp.Expr) -> sp.Expr | None:
        if u == 0:
            return sp.S.One
        return sp.S.Zero if k == 0 and (u / sp.pi).is_Integer else None

    def fdiff(self, argindex: int = 2) -> sp.Expr:
        """The derivative in u, by j_k' = k j_k / u - j_(k+1)."""
        k, u = self.args
        if argindex != 2:
            raise sp.core.function.ArgumentIndexError(self, argindex)
        return -u / (2 * k + 3) * Sinc(k + 1, u)

    def _eval_evalf(self, prec: int) -> sp.Expr:
        k, u = self.args
        return sp.hyper((), (k + sp.Rational(3, 2),), -(u**2) / 4)._eval_evalf(prec)


@dataclass(frozen=True, kw_only=True)
class Activation:
    """A named activation: `expression` in the real symbol x.

    breakpoints    where the expression changes from one analytic function to another, in ascending order
    smoothness     order of the highest derivative that is continuous at every breakpoint (0: phi itself; -1: it jumps)
    pole_distance  distance of the nearest complex singularity from the real axis; None if entire or piecewise
    """

    name: str
    expression: sp.Expr
    breakpoints: tuple[sp.Expr, ...] = ()
    smoothness: int = 0
    pole_distance: sp.Expr | None = None

    def derivative(self, order: int) -> sp.Expr:
        """The derivative of the given order, as an expression in x.

        Raises ValueError for an order that is not a function: SymPy would silently drop the Dirac deltas that it has at
        the kinks.
        """
        if self.breakpoints and order > self.smoothness + 1:
            raise ValueError(f"{self.name} has kinks; its derivative of order {order} is not a function")
        return _derived(self.expression, order)


@functools.lru_cache(maxsize=256)
def _derived(expression: sp.Expr, order: int) -> sp.Expr:
    # one by one: for a higher one SymPy also simplifies, which may take seconds
    return _derived(expression, order - 1).diff(x) if order else expression


TANH = Activation(name="tanh", expression=sp.tanh(x), pole_distance=sp.pi / 2)
ERF = Activation(name="erf", expression=sp.erf(x))
SIN = Activation(name="sin", expression=sp.sin(x))
LINEAR = Activation(name="linear", expression=x)
SIGMOID = Activation(name="sigmoid", expression=1 / (1 + sp.exp(-x)), pole_distance=sp.pi)
SOFTPLUS = Activation(name="softplus", expression=sp.log(1 + sp.exp(x)), pole_distance=sp.pi)
GELU = Activation(name="gelu", expression=x * (1 + sp.erf(x / sp.sqrt(2))) / 2)
SILU = Activation(name="silu", expression=x / (1 + sp.exp(-x)), pole_distance=sp.pi)
RELU = Activation(name="relu", expression=sp.Piecewise((0, x < 0), (x, True)), breakpoints=(sp.Integer(0),))
HARD_TANH = Activation(
    name="hard_tanh",
    expression=sp.Piecewise((-1, x < -1), (x, x < 1), (1, True)),
    breakpoints=(sp.Integer(-1), sp.Integer(1)),
)
ELU = Activation(
    name="elu",
    expression=sp.Piecewise((sp.exp(x) - 1, x < 0), (x, True)),
    breakpoints=(sp.Integer(0),),
    smoothness=1,
)
# The constants keep the unit Gaussian: mean 0 and variance 1. Source: Klambauer et al. 2017.
SELU_SCALE = sp.Rational("1.0507009873554804934193349852946")
SELU_ALPHA = sp.Rational("1.6732632423543772848170429916717")
SELU = Activation(
    name="selu",
    expression=sp.Piecewise((SELU_SCALE * SELU_ALPHA * (sp.exp(x) - 1), x < 0), (SELU_SCALE * x, True)),
    breakpoints=(sp.Integer(0),),
)

ACTIVATIONS = {a.name: a for a in (TANH, ERF, SIN, LINEAR, SIGMOID, SOFTPLUS, GELU, SILU, RELU, HARD_TANH, ELU, SELU)}
