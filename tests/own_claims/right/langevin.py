"""Langevin steps x' = x - eps h x + sqrt(2 eps T) z have the stationary variance T / (h (1 - eps h / 2))."""

import mpmath
import numpy as np
import sympy as sp

from rederive import POSITIVE, Claim, Exact, Parameter, Precision, Replicas, Statement, Step, from_replicas

T, h, eps, W = sp.symbols("T h eps W", positive=True)
STATEMENT = Statement(
    module=__name__,
    title="Stationary variance of Langevin steps",
    formula=sp.Eq(W, T / (h * (1 - eps * h / 2))),
    parameters=(
        Parameter(symbol=T, meaning="temperature", domain=POSITIVE, typical=(0.3, 3)),
        Parameter(symbol=h, meaning="curvature", domain=sp.Interval.open(0, 3), typical=(0.3, 2.5)),
        Parameter(symbol=eps, meaning="step", domain=sp.Interval.open(0, sp.Rational(2, 3)), typical=(0.05, 0.6)),
    ),
    assumptions=(),
    regime=Exact(),
)
STEPS = np.array([0.11, 0.31, 0.53])


def derivation():
    """The balance of a step."""
    v = STATEMENT.right[0]
    balance = (1 - eps * h) ** 2 * v + 2 * eps * T - v
    return (Step(claim="A step keeps it.", because="Variances add.", obligation=balance),)


def summed(dps, point):
    heat, bend, step = (mpmath.mpf(point[name]) for name in ("T", "h", "eps"))
    return 2 * step * heat * mpmath.nsum(lambda k: abs(1 - step * bend) ** (2 * k), [0, mpmath.inf])


def simulated(*, replicas, stream, device):
    noise = stream.generator()
    x = np.zeros((replicas, 150, len(STEPS)))
    for _ in range(80):
        x = x - STEPS * 1.3 * x + np.sqrt(2 * STEPS * 0.7) * noise.normal(size=x.shape)
    return from_replicas((x**2).mean(axis=1), axis=STEPS, given={"h": 1.3, "T": 0.7})


def predicted(formula, measured):
    return formula.numpy(T=measured.given["T"], h=measured.given["h"], eps=measured.axis)


CLAIM = Claim(
    statement=STATEMENT,
    checks=(
        Precision(name="summed", reference=summed, against="a sum", parameters=STATEMENT.parameters, count=3),
        Replicas(name="simulated", quick=simulated, predict=predicted, replicas=60, axis="step", quantity="variance"),
    ),
)
