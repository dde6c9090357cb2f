"""The stationary variance of x' = a x + s z, stated as s^2 / (2 (1 - a)), which is its limit at a = 1."""

import mpmath
import sympy as sp

from rederive import POSITIVE, Claim, Exact, Parameter, Precision, Statement, Step

s, a, V = sp.symbols("s a V", positive=True)
STATEMENT = Statement(
    module=__name__,
    title="Stationary variance of a noisy linear map, in continuous time",
    formula=sp.Eq(V, s**2 / (2 * (1 - a))),
    parameters=(
        Parameter(symbol=s, meaning="size of the noise", domain=POSITIVE, typical=(0.3, 3)),
        Parameter(symbol=a, meaning="factor of the map", domain=sp.Interval.open(0, 1), typical=(0.2, 0.9)),
    ),
    assumptions=(),
    regime=Exact(),
)


def derivation():
    """The balance of a step, which does not vanish."""
    v = STATEMENT.right[0]
    return (Step(claim="A step keeps it.", because="Variances add.", obligation=a**2 * v + s**2 - v),)


def summed(dps, point):
    size, factor = (mpmath.mpf(point[name]) for name in ("s", "a"))
    return mpmath.nsum(lambda k: (size * factor**k) ** 2, [0, mpmath.inf])


CLAIM = Claim(
    statement=STATEMENT,
    checks=(Precision(name="summed", reference=summed, against="a sum", points=({"s": "1", "a": "0.9"},)),),
)
