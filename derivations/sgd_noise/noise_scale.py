"""Only the ratio of learning rate and batch counts, and where that breaks down.

Premise: the exact stationary covariance in a bowl. At a fixed noise scale g = epsilon/(2B) the variance depends on the
learning rate through epsilon h alone: not at all in the Langevin limit, and without bound as epsilon h comes near 2.
The slides say that performance depends on g only "in the small learning rate regime", and that a larger learning rate
needs fewer steps; how small and how many fewer follows from the factor 1 - epsilon h by which a step shrinks the start.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise import Gamma, h
from derivations.sgd_noise.stationary_covariance import STATEMENT as COVARIANCE
from derivations.sgd_noise.stationary_covariance import F_ij, h_i, h_j
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import B, epsilon, g

variance, updates = sp.symbols("V_infty n_e", positive=True)

STATEMENT = Statement(
    module=__name__,
    title="Invariance under the noise scale, and its breakdown",
    formula=sp.Eq(
        sp.Tuple(variance, updates),
        sp.Tuple(2 * g * Gamma / (h * (2 - epsilon * h)), -1 / sp.log(sp.Abs(1 - epsilon * h))),
        evaluate=False,
    ),
    parameters=(
        Parameter(symbol=g, meaning="noise scale, epsilon/(2B)", domain=POSITIVE, typical=(0.003, 0.1)),
        sgd_noise.LEARNING_RATE.narrowed(typical=(0.05, 0.5)),
        sgd_noise.CURVATURE,
        sgd_noise.VARIANCE,
    ),
    assumptions=(
        "V_infty is the stationary variance of the weight; n_e is how many updates leave 1/e of the start, on average.",
        sgd_noise.BOWL,
        sgd_noise.ADDITIVE,
        sgd_noise.STABLE,
        "epsilon h is not 1, at which one update forgets the start.",
        sgd_noise.WITH_REPLACEMENT,
    ),
    regime=Exact(),
    sources=(
        Source(document="002", where="A Consequence: late-time performance depends on g; SGD as Langevin Dynamics: g"),
        Source(document="002", where="A Consequence: larger learning rate, fewer training steps"),
        sgd_noise.SMITH_LE,
    ),
    covers=("G9", "G7"),
    uses=(COVARIANCE.id,),
)


def derivation() -> tuple[Step, ...]:
    """From the covariance at a finite learning rate, at a fixed noise scale."""
    claimed, count = STATEMENT.right
    one = COVARIANCE.right[0].subs({F_ij: Gamma, h_i: h, h_j: h})
    start, n, k = sp.Symbol("theta_0", real=True), sp.Symbol("n", integer=True, nonnegative=True), sp.Symbol("k")
    share = sp.Symbol("r", positive=True)
    small = sp.Symbol("x", positive=True)  # epsilon h
    return (
        Step(
            claim="With g = epsilon/(2B) the stationary variance is the claimed one.",
            because="The covariance at a finite learning rate, for one direction.",
            obligation=one.subs(B, epsilon / (2 * g)) - claimed,
            shows=sp.Eq(variance, claimed, evaluate=False),
        ),
        Step(
            claim="In the Langevin limit it depends on learning rate and batch through g alone.",
            because="The learning rate goes to zero at a fixed g.",
            shows=sp.Eq(sp.Limit(variance, epsilon, 0, "+"), g * Gamma / h, evaluate=False),
            means={variance: claimed},
        ),
        Step(
            claim="Learning rate and batch k times as large leave it as it is, but for the factor (2 - epsilon h)/(2 - "
            "k epsilon h), which has no bound.",
            because="The two variances are divided; g is the same.",
            obligation=(
                claimed.subs(epsilon, k * epsilon) / claimed - (2 - epsilon * h) / (2 - k * epsilon * h),
                (1 / claimed).subs(epsilon, 2 / h),
            ),
        ),
        Step(
            claim="It is larger than in the limit by the share r where epsilon h = 2r/(1 + r).",
            because="2/(2 - epsilon h) is set to 1 + r.",
            obligation=claimed.subs(epsilon, 2 * share / (1 + share) / h) / (g * Gamma / h) - 1 - share,
        ),
        Step(
            claim="The mean of the weight after n updates is (1 - epsilon h)^n times that at the start.",
            because="The mean gradient is h times the weight, so each update multiplies the mean by 1 - epsilon h.",
            obligation=(1 - epsilon * h) * start * (1 - epsilon * h) ** n - start * (1 - epsilon * h) ** (n + 1),
        ),
        Step(
            claim="1/e of it is left after n_e updates, which for small learning rates are 1/(epsilon h).",
            because="n_e times the logarithm of |1 - epsilon h| is -1; n_e epsilon h goes to 1.",
            obligation=(
                count * sp.log(sp.Abs(1 - epsilon * h)) + 1,
                sp.limit(-small / sp.log(1 - small), small, 0) - 1,
            ),
            shows=sp.Eq(updates, count, evaluate=False),
        ),
    )
