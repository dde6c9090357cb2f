"""The chance that two rectified neurons are on together, stated as 1 - t / pi; it is half of that."""

import numpy as np
import sympy as sp

from rederive import Claim, Exact, Parameter, Replicas, Source, Statement, from_replicas

t, K = sp.symbols("t K", positive=True)
STATEMENT = Statement(
    module=__name__,
    title="Arc-cosine kernel of order 0, twice too large",
    formula=sp.Eq(K, 1 - t / sp.pi),
    parameters=(Parameter(symbol=t, meaning="angle of the inputs", domain=sp.Interval(0, sp.pi), typical=(0.1, 3)),),
    assumptions=(),
    regime=Exact(),
    sources=(Source(citation="A public bug report", where="not sure how to test"),),
)
ANGLES = np.array([0.3, 0.9, 1.7, 2.3])


def drawn(*, replicas, stream, device):
    u, w = stream.generator().normal(size=(2, replicas, 1000, 1))
    v = np.cos(ANGLES) * u + np.sin(ANGLES) * w
    return from_replicas(((u > 0) & (v > 0)).mean(axis=1), axis=ANGLES)


def predicted(formula, measured):
    return formula.numpy(t=measured.axis)


CLAIM = Claim(
    statement=STATEMENT,
    checks=(Replicas(name="drawn", quick=drawn, predict=predicted, replicas=40, axis="angle", quantity="chance"),),
)
