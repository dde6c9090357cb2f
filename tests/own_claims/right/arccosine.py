"""Two unit Gaussians at an angle t: E relu(u) relu(v) = (sin t + (pi - t) cos t) / (2 pi)."""

import mpmath
import numpy as np
import sympy as sp

from rederive import Claim, Exact, Literature, Parameter, Precision, Replicas, Source, Statement, Step, from_replicas

t = sp.Symbol("t", positive=True)
K = sp.Symbol("K", positive=True)
SOURCE = Source(citation="Cho and Saul, Kernel methods for deep learning (2009)", where="order 1")
STATEMENT = Statement(
    module=__name__,
    title="Arc-cosine kernel of order 1",
    formula=sp.Eq(K, (sp.sin(t) + (sp.pi - t) * sp.cos(t)) / (2 * sp.pi)),
    parameters=(Parameter(symbol=t, meaning="angle of the inputs", domain=sp.Interval(0, sp.pi), typical=(0.1, 3)),),
    assumptions=(),
    regime=Exact(),
    sources=(SOURCE,),
)
ANGLES = np.array([0.3, 0.9, 1.7, 2.3])


def derivation():
    """Both lengths are 2 on average in the plane of the inputs, and both are on within an angle of pi - t."""
    u = sp.Symbol("u", real=True)
    primitive = u * sp.cos(t) / 2 + sp.sin(2 * u - t) / 4
    product = primitive.diff(u) - sp.cos(u) * sp.cos(u - t)
    turned = primitive.subs(u, sp.pi / 2) - primitive.subs(u, t - sp.pi / 2)
    return (
        Step(claim="A primitive of cos u cos(u - t).", because="Differentiate.", obligation=sp.expand_trig(product)),
        Step(
            claim="Averaged over directions it is the kernel.",
            because="The squared length of a plane Gaussian is 2 on average.",
            obligation=sp.expand_trig(2 * turned / (2 * sp.pi) - STATEMENT.right[0]),
        ),
    )


def averaged(dps, point):
    """One Gaussian exactly, the other by quadrature."""
    angle = mpmath.mpf(point["t"])
    c, r = mpmath.cos(angle), mpmath.sin(angle)

    def inner(u):
        return c * u * mpmath.ncdf(c * u / r) + r * mpmath.npdf(c * u / r)

    return mpmath.quad(lambda u: u * mpmath.npdf(u) * inner(u), [0, 1, 3, 8, 20])


def drawn(*, replicas, stream, device):
    u, w = stream.generator().normal(size=(2, replicas, 2000, 1))
    v = np.cos(ANGLES) * u + np.sin(ANGLES) * w
    return from_replicas((np.maximum(u, 0) * np.maximum(v, 0)).mean(axis=1), axis=ANGLES)


def predicted(formula, measured):
    return formula.numpy(t=measured.axis)


CLAIM = Claim(
    statement=STATEMENT,
    checks=(
        Precision(name="averaged", reference=averaged, against="quadrature", parameters=STATEMENT.parameters, count=2),
        Literature(
            name="orthogonal inputs",
            published="0.1592",
            source=SOURCE,
            evaluate=lambda formula: float(formula.mpmath(20, t=mpmath.mpf("1.5707963267948966"))),
        ),
        Replicas(name="drawn pairs", quick=drawn, predict=predicted, replicas=40, axis="angle", quantity="kernel"),
    ),
)
