"""Stochastic gradient Langevin dynamics: what it samples at a finite step, with minibatches.

Premises: one weight in a bowl, the mean loss of N examples. The posterior is exp(-N L): in units of the mean loss its
temperature is T = 1/N. A step goes epsilon down the gradient of a minibatch's mean loss and adds Gaussian noise of
variance 2 epsilon T. What public code often has instead: noise of variance epsilon T, which belongs to steps of
epsilon/2; noise of variance 2 epsilon with the mean loss, which samples exp(-L); and no word on the step and on the
minibatch, whose noise stays as long as the learning rate does not vanish.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise import Gamma, h
from derivations.sgd_noise.minibatch_covariance import STATEMENT as COVARIANCE
from derivations.sgd_noise.minibatch_covariance import F_ab
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import B, N, epsilon

T, V_S = sp.symbols("T V_S", positive=True)


def sampled(noise: sp.Expr) -> sp.Expr:
    """Stationary variance, where a step adds Gaussian noise of variance epsilon times `noise`."""
    return (noise + epsilon * Gamma / B) / (h * (2 - epsilon * h))


def in_use(erratum: str, wrong: sp.Expr, source: Source, note: str) -> Printed:
    """A variance that public code takes for the true one."""
    return Printed(erratum=erratum, kind="in use", formula=sp.Eq(V_S, wrong, evaluate=False), note=note, source=source)


STATEMENT = Statement(
    module=__name__,
    title="Variance sampled by stochastic gradient Langevin dynamics",
    formula=sp.Eq(V_S, sampled(2 * T), evaluate=False),
    where=(sp.Eq(T, 1 / N, evaluate=False),),
    parameters=(
        sgd_noise.LEARNING_RATE.narrowed(typical=(0.02, 0.9)),
        sgd_noise.CURVATURE,
        sgd_noise.VARIANCE,
        sgd_noise.BATCH,
        sgd_noise.EXAMPLES.narrowed("whose posterior is sampled", typical=(12, 60)),
    ),
    assumptions=(
        "V_S is the stationary variance of the weight, which for the posterior is 1/(N h).",
        "A step is -epsilon times the gradient of the minibatch's mean loss plus Gaussian noise of variance "
        "2 epsilon T.",
        sgd_noise.BOWL,
        sgd_noise.ADDITIVE,
        sgd_noise.STABLE,
        sgd_noise.WITH_REPLACEMENT,
    ),
    regime=Exact(),
    sources=(
        Source(document="welling2011bayesian", where="the update rule"),
        Source(document="002", where="SGD as Langevin Dynamics: T"),
    ),
    covers=("G7", "G8"),
    uses=(COVARIANCE.id,),
    printed=(
        in_use(
            "U1",
            sampled(1 / N),
            Source(document="public_code", where="stochastic gradient Langevin dynamics: the factor 2 in the noise"),
            "Noise of variance epsilon T with steps of epsilon samples half the temperature; it belongs to steps of "
            "epsilon/2.",
        ),
        in_use(
            "U2",
            sampled(sp.Integer(2)),
            Source(
                document="public_code",
                where="stochastic gradient Langevin dynamics: where the number of examples enters",
            ),
            "Noise of variance 2 epsilon with the gradient of the mean loss samples exp(-L), whose variance is N times "
            "that of the posterior.",
        ),
        in_use(
            "U3",
            1 / (N * h),
            Source(
                document="public_code",
                where="stochastic gradient Langevin dynamics: the stationary variance at a finite step",
            ),
            "The variance of the posterior, which is sampled at a vanishing learning rate only; the noise of "
            "minibatches exceeds that which is added beyond epsilon = 2B/(N Gamma).",
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From one step to the variance that it leaves unchanged, and what the mistakes sample."""
    claimed = STATEMENT.right[0]
    temperature = STATEMENT.where[0].rhs
    minibatch = COVARIANCE.right[0].subs(F_ab, Gamma)
    kept, factor = 1 - epsilon * h, sp.Symbol("N", positive=True)
    weight, bottom = sp.Symbol("theta", real=True), sp.Symbol("L", real=True)
    return (
        Step(
            claim="The posterior of N examples has the temperature 1/N in units of the mean loss.",
            because="Minus the logarithm of the likelihood is the summed loss, N times the mean one.",
            obligation=sp.exp(-bottom / temperature) - sp.exp(-N * bottom),
            shows=sp.Eq(T, temperature, evaluate=False),
        ),
        Step(
            claim="In the bowl its variance is T/h.",
            because="The Gaussian of that variance has the logarithmic derivative -h theta/T.",
            obligation=sp.diff(-(weight**2) / (2 * (T / h)), weight) + h * weight / T,
        ),
        Step(
            claim="The claimed variance is unchanged by a step.",
            because="A step keeps (1 - epsilon h)^2 of it and adds that of the minibatch's step and 2 epsilon T.",
            obligation=kept**2 * claimed + minibatch + 2 * epsilon * T - claimed,
            shows=STATEMENT.formula,
        ),
        Step(
            claim="At a vanishing learning rate it is that of the posterior.",
            because="The learning rate goes to zero with everything else fixed.",
            obligation=claimed.subs(epsilon, 0) - T / h,
        ),
        Step(
            claim="The noise of minibatches is that which is added at epsilon = 2B/(N Gamma).",
            because="The covariance of the minibatch's step is compared with 2 epsilon T.",
            shows=sp.Eq(epsilon, 2 * B / (N * Gamma), evaluate=False),
            means={epsilon: 2 * temperature / (minibatch / epsilon**2)},
        ),
        Step(
            claim="Noise of variance epsilon T belongs to steps of epsilon/2.",
            because="With the learning rate epsilon/2 noise of variance 2 (epsilon/2) T is wanted.",
            obligation=(
                2 * (epsilon / 2) * T - epsilon * T,
                sampled(T).subs(Gamma, 0).subs(epsilon, 0) - (T / 2) / h,
                sampled(sp.Integer(2)).subs(Gamma, 0).subs(epsilon, 0) / (1 / (factor * h)) - factor,
            ),
        ),
    )
