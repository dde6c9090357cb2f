"""Activation functions, each defined once as a SymPy expression.

`verify` compiles the expression and its derivatives and hands the callables to experiments and solvers, so no other
place in the project writes an activation down. `breakpoints` are the kinks (integrators split there); `pole_distance`
is the distance of the nearest complex singularity from the real axis (it places quadrature nodes), None if entire or
piecewise.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derivations.symbols import x


@dataclass(frozen=True, kw_only=True)
class Activation:
    """A named activation: `expression` in the real symbol x."""

    name: str
    expression: sp.Expr
    breakpoints: tuple[sp.Rational, ...] = ()
    pole_distance: sp.Expr | None = None

    def derivative(self, order: int) -> sp.Expr:
        """The derivative of the given order, as an expression in x.

        Raises ValueError beyond the first derivative of an activation with kinks: SymPy would silently drop the
        Dirac deltas that the second derivative has there.
        """
        if self.breakpoints and order > 1:
            raise ValueError(f"{self.name} has kinks; its derivative of order {order} is not a function")
        return self.expression.diff(x, order) if order else self.expression


TANH = Activation(name="tanh", expression=sp.tanh(x), pole_distance=sp.pi / 2)
ERF = Activation(name="erf", expression=sp.erf(x))
SIN = Activation(name="sin", expression=sp.sin(x))
LINEAR = Activation(name="linear", expression=x)
SIGMOID = Activation(name="sigmoid", expression=1 / (1 + sp.exp(-x)), pole_distance=sp.pi)
SOFTPLUS = Activation(name="softplus", expression=sp.log(1 + sp.exp(x)), pole_distance=sp.pi)
GELU = Activation(name="gelu", expression=x * (1 + sp.erf(x / sp.sqrt(2))) / 2)
RELU = Activation(name="relu", expression=sp.Piecewise((0, x < 0), (x, True)), breakpoints=(sp.Integer(0),))
HARD_TANH = Activation(
    name="hard_tanh",
    expression=sp.Piecewise((-1, x < -1), (x, x < 1), (1, True)),
    breakpoints=(sp.Integer(-1), sp.Integer(1)),
)

ACTIVATIONS = {a.name: a for a in (TANH, ERF, SIN, LINEAR, SIGMOID, SOFTPLUS, GELU, RELU, HARD_TANH)}
