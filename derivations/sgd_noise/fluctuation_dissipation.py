"""First fluctuation-dissipation relation of stochastic gradient descent: exact at any learning rate.

Premise: the weights are stationary, so the mean of |theta|^2 is the same before and after a step, which goes against
the gradient g_B of a minibatch. Nothing else is assumed: no small step, no Gaussian noise, no bowl. What is dissipated,
the mean of theta . grad L, is epsilon/2 times what fluctuates, the mean of |g_B|^2, noise and mean gradient together.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise.minibatch_covariance import STATEMENT as COVARIANCE
from derivations.sgd_noise.minibatch_covariance import average, minibatches
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import epsilon

W_theta = sp.Symbol("W_theta", real=True)
G_B = sp.Symbol("G_B", positive=True)

STATEMENT = Statement(
    module=__name__,
    title="First fluctuation-dissipation relation",
    formula=sp.Eq(W_theta, epsilon * G_B / 2, evaluate=False),
    parameters=(
        sgd_noise.LEARNING_RATE,
        Parameter(
            symbol=G_B,
            meaning="stationary mean of the squared length of a minibatch's gradient",
            domain=POSITIVE,
            typical=(0.3, 5),
        ),
    ),
    assumptions=(
        "W_theta, the virial, is the stationary mean of theta . grad L, with theta measured from any one place.",
        "The weights are stationary, and the mean of |theta|^2 exists.",
        sgd_noise.INDEPENDENT,
    ),
    regime=Exact(),
    sources=(
        Source(document="yaida2019fluctuation", where="fluctuation-dissipation relations"),
        Source(document="002", where="Training Dynamics: fluctuation dissipation theorem"),
    ),
    covers=("G12",),
    uses=(COVARIANCE.id,),
)


def derivation() -> tuple[Step, ...]:
    """What a step does to the square of the weights, on average over minibatches."""
    weights, pull = sp.symbols("theta_1 theta_2", real=True), sp.symbols("g_1 g_2", real=True)
    before = sum(w**2 for w in weights)
    after = sum((w - epsilon * p) ** 2 for w, p in zip(weights, pull, strict=True))
    work = sum(w * p for w, p in zip(weights, pull, strict=True))
    size = sum(p**2 for p in pull)
    examples = [sp.symbols(f"g_{s}1 g_{s}2", real=True) for s in range(1, 4)]
    means = []
    for replacement in (True, False):
        batches = minibatches(3, 2, replacement)
        for c in range(2):
            each = [average([examples[s][c] for s in batch]) for batch in batches]
            means.append(weights[c] * average(each) - weights[c] * average([row[c] for row in examples]))
    shift = sp.Symbol("a", real=True)
    return (
        Step(
            claim="A step changes |theta|^2 by -2 epsilon theta . g_B + epsilon^2 |g_B|^2.",
            because="The square of theta - epsilon g_B is expanded, for two weights.",
            obligation=sp.expand(after - before + 2 * epsilon * work - epsilon**2 * size),
        ),
        Step(
            claim="Given the weights, the mean of theta . g_B over minibatches is theta . grad L.",
            because="A minibatch's gradient has the full gradient for its mean, with and without replacement.",
            obligation=tuple(means),
        ),
        Step(
            claim="In the stationary state the means of both terms cancel.",
            because="The mean of |theta|^2 does not change: -2 epsilon W_theta + epsilon^2 G_B = 0.",
            obligation=-2 * epsilon * STATEMENT.right[0] + epsilon**2 * G_B,
            shows=STATEMENT.formula,
        ),
        Step(
            claim="The place from which theta is measured does not matter.",
            because="Another place a takes a times the mean gradient off, which vanishes, as the mean of theta "
            "stands still.",
            obligation=sp.expand((weights[0] - shift) * pull[0] - weights[0] * pull[0] + shift * pull[0]),
        ),
    )
