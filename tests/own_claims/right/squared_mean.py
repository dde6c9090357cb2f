"""The squared mean of B gradients of mean g and variance V is g^2 + V / B on average."""

import mpmath
import numpy as np
import sympy as sp

from rederive import POSITIVE, Claim, Exact, Parameter, Precision, Replicas, Statement, Step, from_replicas

g, V, G = sp.symbols("g V G", positive=True)
B = sp.Symbol("B", integer=True, positive=True)
STATEMENT = Statement(
    module=__name__,
    title="Bias of a squared minibatch gradient",
    formula=sp.Eq(G, g**2 + V / B),
    parameters=(
        Parameter(symbol=g, meaning="mean gradient", domain=POSITIVE, typical=(0.3, 3)),
        Parameter(symbol=V, meaning="variance over examples", domain=POSITIVE, typical=(0.3, 3)),
        Parameter(symbol=B, meaning="examples in a batch", domain=sp.Range(1, sp.oo), typical=(3, 40)),
    ),
    assumptions=(),
    regime=Exact(),
)
SIZES = np.array([3.0, 5.0, 9.0, 17.0])


def derivation():
    """Of the B^2 products of two gradients, B are squares."""
    products = B * (B - 1) * g**2 + B * (g**2 + V)
    because = "Different examples are independent, a square has the mean g^2 + V."
    return (Step(claim="Products add up.", because=because, obligation=products / B**2 - STATEMENT.right[0]),)


def integrated(dps, point):
    """A Gaussian mean, squared, by quadrature."""
    mean, spread = mpmath.mpf(point["g"]), mpmath.sqrt(mpmath.mpf(point["V"]) / point["B"])
    return mpmath.quad(lambda z: (mean + spread * z) ** 2 * mpmath.npdf(z), [-18, -6, 0, 6, 18])


def drawn(*, replicas, stream, device):
    generator = stream.generator()
    rows = [generator.exponential(0.7, size=(replicas, 300, int(size))).mean(axis=2) for size in SIZES]
    values = np.stack([(row**2).mean(axis=1) for row in rows], axis=1)
    return from_replicas(values, axis=SIZES, given={"g": 0.7, "V": 0.49})


def predicted(formula, measured):
    return formula.numpy(g=measured.given["g"], V=measured.given["V"], B=measured.axis)


CLAIM = Claim(
    statement=STATEMENT,
    checks=(
        Precision(
            name="integrated", reference=integrated, against="quadrature", parameters=STATEMENT.parameters, count=3
        ),
        Replicas(name="drawn", quick=drawn, predict=predicted, replicas=40, axis="batch", quantity="squared mean"),
    ),
)
