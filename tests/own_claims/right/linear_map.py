"""A noisy linear map x' = a x + s z has the stationary variance s^2 / (1 - a^2)."""

import mpmath
import numpy as np
import sympy as sp

from rederive import POSITIVE, Claim, Exact, Parameter, Precision, Replicas, Statement, Step, from_replicas

s, a, V = sp.symbols("s a V", positive=True)
STATEMENT = Statement(
    module=__name__,
    title="Stationary variance of a noisy linear map",
    formula=sp.Eq(V, s**2 / (1 - a**2)),
    parameters=(
        Parameter(symbol=s, meaning="size of the noise", domain=POSITIVE, typical=(0.3, 3)),
        Parameter(symbol=a, meaning="factor of the map", domain=sp.Interval.open(0, 1), typical=(0.2, 0.9)),
    ),
    assumptions=(),
    regime=Exact(),
)
FACTORS = np.array([0.33, 0.55, 0.77])


def derivation():
    """The balance of a step."""
    v = STATEMENT.right[0]
    return (Step(claim="A step keeps it.", because="Variances add.", obligation=a**2 * v + s**2 - v),)


def summed(dps, point):
    size, factor = (mpmath.mpf(point[name]) for name in ("s", "a"))
    return mpmath.nsum(lambda k: (size * factor**k) ** 2, [0, mpmath.inf])


def simulated(*, replicas, stream, device):
    noise = stream.generator()
    x = np.zeros((replicas, 200, len(FACTORS)))
    for _ in range(60):
        x = FACTORS * x + 0.83 * noise.normal(size=x.shape)
    return from_replicas((x**2).mean(axis=1), axis=FACTORS, given={"s": 0.83})


def predicted(formula, measured):
    return formula.numpy(s=measured.given["s"], a=measured.axis)


CLAIM = Claim(
    statement=STATEMENT,
    checks=(
        Precision(name="summed", reference=summed, against="a sum", parameters=STATEMENT.parameters, count=3),
        Replicas(name="simulated", quick=simulated, predict=predicted, replicas=60, axis="a", quantity="variance"),
    ),
)
