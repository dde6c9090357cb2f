"""The mean of a minibatch of B examples, drawn with replacement from N of variance V, has the variance V / B."""

import mpmath
import numpy as np
import sympy as sp

from rederive import POSITIVE, Claim, Exact, Parameter, Precision, Replicas, Source, Statement, Step, from_replicas

V = sp.Symbol("V", positive=True)
B = sp.Symbol("B", integer=True, positive=True)
C = sp.Symbol("C", positive=True)

STATEMENT = Statement(
    module=__name__,
    title="Variance of a minibatch gradient",
    formula=sp.Eq(C, V / B),
    parameters=(
        Parameter(symbol=V, meaning="variance over examples", domain=POSITIVE, typical=(0.3, 3)),
        Parameter(symbol=B, meaning="examples in a batch", domain=sp.Range(1, sp.oo), typical=(3, 40)),
    ),
    assumptions=("Examples are drawn with replacement.",),
    regime=Exact(),
    sources=(Source(citation="A public bug report", where="B V or V / B^2 in place of V / B"),),
)
EXAMPLES = np.array([-1.3, 0.2, 0.7, 2.9, -0.4])
SIZES = (3, 5, 9, 17)


def derivation():
    """Variances of independent terms add up."""
    k = sp.Symbol("k", integer=True)
    total = sp.Sum(V / B**2, (k, 1, B)).doit()
    because = "Each of B independent terms has the variance V / B^2."
    return (
        Step(claim="Variances of the terms add up to that.", because=because, obligation=total - STATEMENT.right[0]),
    )


def counted(dps, point):
    """Two examples at a distance of 2 sqrt(V): the number of the first in a batch is binomial."""
    size, spread = int(point["B"]), mpmath.sqrt(mpmath.mpf(point["V"]))
    means = [
        (spread * (2 * k - size) / size, mpmath.binomial(size, k) / mpmath.mpf(2) ** size) for k in range(size + 1)
    ]
    return mpmath.fsum(mean**2 * chance for mean, chance in means)


def drawn(*, replicas, stream, device):
    generator = stream.generator()
    rows = [generator.choice(EXAMPLES, size=(replicas, 400, size)).mean(axis=2) for size in SIZES]
    values = np.stack([((row - EXAMPLES.mean()) ** 2).mean(axis=1) for row in rows], axis=1)
    return from_replicas(values, axis=np.array(SIZES, dtype=float), given={"V": EXAMPLES.var()})


def predicted(formula, measured):
    return formula.numpy(V=measured.given["V"], B=measured.axis)


CLAIM = Claim(
    statement=STATEMENT,
    checks=(
        Precision(
            name="counted", reference=counted, against="binomial counts", parameters=STATEMENT.parameters, count=3
        ),
        Replicas(name="drawn batches", quick=drawn, predict=predicted, replicas=40, axis="batch", quantity="variance"),
    ),
    independence="Batches are drawn from five numbers.",
)
