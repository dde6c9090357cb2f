"""The stationary variance of Langevin steps, stated as T / (h (1 - eps h)); the step counts by half."""

import sympy as sp

from rederive import POSITIVE, Claim, Exact, Parameter, Property, Statement

T, h, eps, W = sp.symbols("T h eps W", positive=True)
STATEMENT = Statement(
    module=__name__,
    title="Stationary variance of Langevin steps, with the whole step",
    formula=sp.Eq(W, T / (h * (1 - eps * h))),
    parameters=(
        Parameter(symbol=T, meaning="temperature", domain=POSITIVE, typical=(0.3, 3)),
        Parameter(symbol=h, meaning="curvature", domain=sp.Interval.open(0, 3), typical=(0.3, 1.5)),
        Parameter(symbol=eps, meaning="step", domain=sp.Interval.open(0, sp.Rational(1, 2)), typical=(0.05, 0.4)),
    ),
    assumptions=(),
    regime=Exact(),
)


def balance(formula, point, dps):
    """A step x' = (1 - eps h) x + sqrt(2 eps T) z, relative to its noise."""
    heat, bend, step = (sp.Rational(point[name]) for name in ("T", "h", "eps"))
    w = formula.mpmath(dps, **point)
    return [((1 - step * bend) ** 2 * sp.Float(w, dps) + 2 * step * heat - sp.Float(w, dps)) / (2 * step * heat)]


CLAIM = Claim(
    statement=STATEMENT,
    checks=(
        Property(
            name="balance",
            sentence="a step keeps the variance",
            residual=balance,
            parameters=STATEMENT.parameters,
            examples=10,
        ),
    ),
)
