"""The batch at which noise is as large as the squared gradient, stated upside down: g^2 / V in place of V / g^2."""

import mpmath
import sympy as sp

from rederive import POSITIVE, Claim, Exact, Parameter, Precision, Statement

g, V, S = sp.symbols("g V S", positive=True)
STATEMENT = Statement(
    module=__name__,
    title="Noise scale, upside down",
    formula=sp.Eq(S, g**2 / V),
    parameters=(
        Parameter(symbol=g, meaning="mean gradient", domain=POSITIVE, typical=(0.3, 3)),
        Parameter(symbol=V, meaning="variance over examples", domain=POSITIVE, typical=(0.3, 3)),
    ),
    assumptions=(),
    regime=Exact(),
)


def balanced(dps, point):
    mean, spread = (mpmath.mpf(point[name]) for name in ("g", "V"))
    return mpmath.findroot(lambda size: spread / size - mean**2, spread / mean**2 * 1.1)


CLAIM = Claim(
    statement=STATEMENT,
    checks=(
        Precision(name="balanced", reference=balanced, against="a root", parameters=STATEMENT.parameters, count=3),
    ),
)
