"""The variance of a minibatch's mean, stated as V B; it is V / B. Nothing but a simulation says so."""

import numpy as np
import sympy as sp

from rederive import POSITIVE, Claim, Exact, Parameter, Replicas, Statement, from_replicas

V, C = sp.symbols("V C", positive=True)
B = sp.Symbol("B", integer=True, positive=True)
STATEMENT = Statement(
    module=__name__,
    title="Variance of a minibatch gradient, multiplied by its size",
    formula=sp.Eq(C, V * B),
    parameters=(
        Parameter(symbol=V, meaning="variance over examples", domain=POSITIVE, typical=(0.3, 3)),
        Parameter(symbol=B, meaning="examples in a batch", domain=sp.Range(1, sp.oo), typical=(3, 40)),
    ),
    assumptions=(),
    regime=Exact(),
)
SIZES = np.array([3, 5, 9, 17])


def drawn(*, replicas, stream, device):
    generator = stream.generator()
    means = [generator.normal(scale=0.7, size=(replicas, 200, size)).mean(axis=2) for size in SIZES]
    print("an experiment may print")
    return from_replicas(np.stack([(m**2).mean(axis=1) for m in means], axis=1), axis=SIZES.astype(float))


def predicted(formula, measured):
    return formula.numpy(V=0.49, B=measured.axis)


CLAIM = Claim(
    statement=STATEMENT,
    checks=(Replicas(name="drawn", quick=drawn, predict=predicted, replicas=40, axis="batch", quantity="variance"),),
)
