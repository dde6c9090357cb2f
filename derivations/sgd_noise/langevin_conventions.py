"""Three consistent ways to write the Langevin equation of minibatch descent, and the inconsistent printed one.

Premises: one weight in a bowl, n steps from a start. (A) mean loss, a step lasts epsilon, covariance 2 g F dt with g =
epsilon/(2B). (B) summed loss, a step lasts epsilon/N, 2 g F dt with g = epsilon N/(2B). (C) summed loss, a step lasts
epsilon/N, covariance g F dt without the 2, with g = epsilon (N/B - 1): minibatches without replacement, exact if F has
the divisor N - 1. The slides combine the mean loss of (A) with the clock and the noise scale of (B): the law of a step
has the right variance and a drift that is N times too small, and that of many steps is wrong altogether.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise import Gamma, h, n
from derivations.sgd_noise.minibatch_covariance import STATEMENT as COVARIANCE
from derivations.sgd_noise.minibatch_covariance import F_ab
from derivations.statement import Limit, Parameter, Printed, Source, Statement
from derivations.symbols import B, N, epsilon

mean, V_A, V_B, V_C = sp.symbols("m_n V_A V_B V_C", positive=True)
g_A, g_B, g_C, t_A, t_N = sp.symbols("g_A g_B g_C t_A t_N", positive=True)
theta_0, t = sp.Symbol("theta_0", real=True), sp.Symbol("t", nonnegative=True)
SLIDE = Source(document="002", where="SGD as Langevin Dynamics (Smith & Le, arXiv:1710.06451): dt, g and F")


def spread(drift: sp.Expr, noise: sp.Expr, time: sp.Expr) -> sp.Expr:
    """Variance after a time, of a weight that starts at a point: drift -drift theta, covariance noise dt."""
    return noise * (1 - sp.exp(-2 * drift * time)) / (2 * drift)


STATEMENT = Statement(
    module=__name__,
    title="Conventions of the Langevin equation",
    formula=sp.Eq(
        sp.Tuple(mean, V_A, V_B, V_C),
        sp.Tuple(
            theta_0 * sp.exp(-h * t_A),
            spread(h, 2 * g_A * Gamma, t_A),
            spread(N * h, 2 * g_B * Gamma, t_N),
            spread(N * h, g_C * Gamma * N / (N - 1), t_N),
        ),
        evaluate=False,
    ),
    where=(
        sp.Eq(t_A, n * epsilon),
        sp.Eq(t_N, n * epsilon / N, evaluate=False),
        sp.Eq(g_A, epsilon / (2 * B), evaluate=False),
        sp.Eq(g_B, epsilon * N / (2 * B), evaluate=False),
        sp.Eq(g_C, epsilon * (N / B - 1), evaluate=False),
    ),
    parameters=(
        sgd_noise.STEPS,
        Parameter(symbol=theta_0, meaning="weight at the start", domain=sp.S.Reals, typical=(-1.7, 1.9)),
        sgd_noise.LEARNING_RATE,
        sgd_noise.CURVATURE,
        sgd_noise.VARIANCE,
        sgd_noise.BATCH,
        sgd_noise.EXAMPLES.narrowed(domain=sp.Range(2, sp.oo), typical=(14, 40)),
    ),
    assumptions=(
        "m_n is the mean of the weight after n steps; V_A and V_B are its variance for draws with replacement, V_C for "
        "draws without, whose F has the divisor N - 1 and whose B is at most N.",
        sgd_noise.BOWL,
        sgd_noise.ADDITIVE,
        sgd_noise.INDEPENDENT,
        "The learning rate is small at a fixed n epsilon and a fixed product of learning rate and Gamma.",
    ),
    regime=Limit(parameter=epsilon, towards=sp.S.Zero, rate=epsilon),
    sources=(SLIDE, sgd_noise.SMITH_LE),
    covers=("G4", "G5"),
    uses=(COVARIANCE.id,),
    printed=(
        Printed(
            erratum="E7",
            kind="misprint",
            formula=sp.Eq(
                sp.Tuple(mean, V_A, V_B, V_C),
                sp.Tuple(
                    theta_0 * sp.exp(-h * n * epsilon / N),
                    *[spread(h, 2 * (epsilon * N / (2 * B)) * Gamma, n * epsilon / N)] * 3,
                ),
                evaluate=False,
            ),
            note="The mean loss with the clock and the noise scale of the summed loss: the weight drifts N times too "
            "slowly, and its stationary variance is N times too large.",
            source=SLIDE,
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """Means of steps in each convention, the law that follows from them, and the exact law of n steps."""
    drift, noise = sp.symbols("k D", positive=True)
    law, middle = spread(drift, noise, t), theta_0 * sp.exp(-drift * t)
    scales = {definition.lhs: definition.rhs for definition in STATEMENT.where}
    with_, without = (part.subs(F_ab, Gamma) for part in COVARIANCE.right)
    kept = 1 - epsilon * h
    exact = with_ * (1 - kept ** (2 * n)) / (1 - kept**2)
    small, time, product = sp.symbols("x t p", positive=True)  # learning rate, n epsilon, epsilon Gamma/B
    return (
        Step(
            claim="In each convention drift times dt is the mean of a step, and the noise its covariance.",
            because="The mean is -epsilon h theta; the covariance of a step comes from its own derivation.",
            obligation=(
                N * h * (epsilon / N) - epsilon * h,
                2 * scales[g_A] * Gamma * epsilon - with_,
                2 * scales[g_B] * Gamma * (epsilon / N) - with_,
                scales[g_C] * (Gamma * N / (N - 1)) * (epsilon / N) - without,
            ),
            shows=sp.Eq(2 * g_A * Gamma * epsilon, 2 * g_B * Gamma * epsilon / N, evaluate=False),
        ),
        Step(
            claim="As printed the noise is that of a step and the drift is not.",
            because="With the mean loss and dt = epsilon/N the drift of a step is epsilon h theta / N.",
            obligation=(2 * scales[g_B] * Gamma * (epsilon / N) - with_, h * (epsilon / N) - epsilon * h / N),
        ),
        Step(
            claim="Under a drift -k theta and noise of covariance D dt mean and variance are these.",
            because="Means of theta and theta^2 change at the rates -k m and -2 k V + D; both start at the start.",
            obligation=(
                middle.diff(t) + drift * middle,
                middle.subs(t, 0) - theta_0,
                law.diff(t) + 2 * drift * law - noise,
                law.subs(t, 0),
            ),
        ),
        Step(
            claim="So the three conventions give one law.",
            because="The mean is inserted with either time; the variances are compared: A with B, and B with C for the "
            "covariance without replacement.",
            obligation=(
                *(
                    middle.subs({drift: rate, t: scales[clock]}) - STATEMENT.right[0].subs(scales)
                    for rate, clock in ((h, t_A), (N * h, t_N))
                ),
                (STATEMENT.right[1] - STATEMENT.right[2]).subs(scales),
                (STATEMENT.right[3] / STATEMENT.right[2]).subs(scales) - (N - B) / (N - 1),
            ),
            shows=sp.Eq(V_A, STATEMENT.right[1], evaluate=False),
        ),
        Step(
            claim="It is the limit of the exact law of n steps: the mean is theta_0 (1 - epsilon h)^n and the variance "
            "obeys V' = (1 - epsilon h)^2 V + covariance of a step.",
            because="The exact variance is put into its recursion; powers of 1 - epsilon h become exponentials.",
            obligation=(
                exact.subs(n, n + 1) - kept**2 * exact - with_,
                exact.subs(n, 1) - with_,
                sp.limit(time * sp.log(1 - small * h) / small, small, 0) + h * time,
                sp.limit(product * small / (1 - (1 - small * h) ** 2), small, 0) - product / (2 * h),
            ),
        ),
    )
