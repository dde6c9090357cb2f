"""The stationary variance of a noisy linear map: what is claimed, in a sentence.

This file is a template: it holds as it stands. Replace statement, derivation, reference and experiment by your own,
then run `rederive check` on it. Delete what you do not need; without an experiment or a published number (`Literature`)
nothing is independent of the derivation, and the verdict is undecided at best.
"""

import mpmath
import numpy as np
import sympy as sp

from rederive import Claim, Exact, Parameter, Precision, Replicas, Source, Statement, Step, from_replicas

# ---------------------------------------------------------------------------------------------- what is claimed

s = sp.Symbol("s", positive=True)
a = sp.Symbol("a", positive=True)
V = sp.Symbol("V", positive=True)

STATEMENT = Statement(
    module=__name__,
    title="Stationary variance of a noisy linear map",
    formula=sp.Eq(V, s**2 / (1 - a**2)),
    parameters=(  # every letter of the right-hand side: its domain, and the range from which checks draw
        Parameter(symbol=s, meaning="size of the noise", domain=sp.Interval.open(0, sp.oo), typical=(0.3, 3)),
        Parameter(symbol=a, meaning="factor of the map", domain=sp.Interval.open(0, 1), typical=(0.2, 0.9)),
    ),
    assumptions=("The noise of different steps is independent.",),
    regime=Exact(),
    sources=(Source(citation="My notes", where="equation 1"),),
)

# ---------------------------------------------------------------------------------------------- why it is true


def derivation():
    """Steps whose obligations vanish; SymPy decides each of them."""
    variance = STATEMENT.formula.rhs
    return (
        Step(
            claim="A step of the map leaves the variance as it is.",
            because="x' = a x + s z with independent z has the variance a^2 V + s^2.",
            obligation=a**2 * variance + s**2 - variance,
        ),
    )


# ---------------------------------------------------------------------------------------------- the number otherwise


def summed(dps, point):
    """The same number without the formula: noise of k steps ago, summed over k, at `dps` digits."""
    size, factor = (mpmath.mpf(point[name]) for name in ("s", "a"))
    return mpmath.nsum(lambda k: (size * factor**k) ** 2, [0, mpmath.inf])


# ---------------------------------------------------------------------------------------------- what happens

FACTORS = np.array([0.33, 0.55, 0.77])
SIZE = 0.83


def simulated(*, replicas, stream, device):
    """Chains that run until they have forgotten their start. `from_replicas` takes one row for each replica."""
    noise = stream.generator()
    x = np.zeros((replicas, 400, len(FACTORS)))
    for _ in range(120):
        x = FACTORS * x + SIZE * noise.normal(size=x.shape)
    return from_replicas((x**2).mean(axis=1), axis=FACTORS, given={"s": SIZE})


def predicted(formula, measured):
    """What the formula says of the measured values."""
    return formula.numpy(s=measured.given["s"], a=measured.axis)


CLAIM = Claim(
    statement=STATEMENT,
    checks=(
        Precision(
            name="summed noise",
            reference=summed,
            against="a sum over the noise of all steps",
            parameters=STATEMENT.parameters,
            count=4,
        ),
        Replicas(
            name="simulated chains",
            quick=simulated,
            predict=predicted,
            replicas=60,
            axis="factor of the map",
            quantity="variance",
        ),
    ),
    independence="The simulation knows the map alone.",
)
