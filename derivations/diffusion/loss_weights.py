"""Weights of the squared errors of noise and velocity against that of the data; truncated weights.

Premises: z = a x + sigma epsilon, a prediction of x, and those of noise and velocity v = a epsilon - sigma x that it
implies. Public discussions ask whether a velocity loss weighs the squared error of the data by sigma^2 (SNR + 1)^2 or
by SNR + 1. The first always holds; the second is the same where a^2 + sigma^2 = 1, as in the variance-preserving
process, and only there.
"""

from __future__ import annotations

import sympy as sp

from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import SNR, a, gamma, sigma

of_noise, of_velocity, larger, truncated = sp.symbols("W_epsilon W_v W_max w_v", positive=True)
SIDES = sp.Tuple(of_noise, of_velocity, larger, truncated)
VELOCITY = sigma**2 * (SNR + 1) ** 2

PROGRESSIVE = Source(
    document="salimans2022progressive", where="parameterizations of the denoiser and weights of the loss"
)


def weights(velocity: sp.Expr, divisor: sp.Expr) -> sp.Tuple:
    """The four weights, with that of the velocity and what the truncated one is divided by."""
    return sp.Tuple(SNR, velocity, sp.Max(SNR, 1), sp.Min(SNR, gamma) / divisor)


STATEMENT = Statement(
    module=__name__,
    title="Weights of losses of noise, data and velocity",
    formula=sp.Eq(SIDES, weights(VELOCITY, VELOCITY), evaluate=False),
    where=(sp.Eq(SNR, a**2 / sigma**2, evaluate=False),),
    parameters=(
        Parameter(symbol=a, meaning="amplitude of the signal", domain=POSITIVE, typical=(0.3, 1.8)),
        Parameter(symbol=sigma, meaning="amplitude of the noise", domain=POSITIVE, typical=(0.2, 1.7)),
        Parameter(
            symbol=gamma,
            meaning="signal-to-noise ratio at which a weight is truncated",
            domain=POSITIVE,
            typical=(0.4, 6.0),
        ),
    ),
    assumptions=(
        "The squared error of noise is W_epsilon times that of the data, of velocity W_v times; W_max belongs to the "
        "larger of the errors of data and noise.",
        "w_v is the weight of a velocity loss by which the error of the data counts as the smaller of SNR and gamma.",
        "SNR is the ratio of squared amplitudes; with data of another variance it is not the ratio of variances.",
    ),
    regime=Exact(),
    sources=(
        PROGRESSIVE,
        Source(document="kingma2021variational", where="the loss as a weighted squared error of the data"),
    ),
    covers=("F11",),
    printed=(
        Printed(
            erratum="U25",
            kind="in use",
            formula=sp.Eq(SIDES, weights(SNR + 1, SNR + 1), evaluate=False),
            note="SNR + 1 is the weight of the velocity where a^2 + sigma^2 = 1; for other processes it is "
            "sigma^2 (SNR + 1)^2.",
            source=Source(document="public_code", where="weights of the velocity loss: SNR + 1"),
        ),
        Printed(
            erratum="U26",
            kind="in use",
            formula=sp.Eq(SIDES, weights(VELOCITY, SNR), evaluate=False),
            note="The truncated weight is divided by SNR where the network predicts noise; with a velocity this "
            "divisor weighs little noise too much.",
            source=Source(document="public_code", where="truncated weights with a network that predicts velocity"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the two equations that tie the three predictions together."""
    x, noise, guess = sp.symbols("x epsilon xhat", real=True)
    signal = a * x + sigma * noise
    guessed_noise = (signal - a * guess) / sigma
    error = guess - x
    noise_error = guessed_noise - noise
    velocity_error = (a * guessed_noise - sigma * guess) - (a * noise - sigma * x)
    ratio = STATEMENT.where[0].rhs
    claimed = [part.subs(SNR, ratio) for part in STATEMENT.right]
    r = sp.Symbol("r", positive=True)
    return (
        Step(
            claim="The error of the noise is -a/sigma times that of the data: its square counts SNR times.",
            because="The noise that a prediction implies follows from z = a x + sigma epsilon.",
            obligation=(noise_error + a / sigma * error, noise_error**2 - claimed[0] * error**2),
            shows=STATEMENT.where[0],
        ),
        Step(
            claim="The error of the velocity is -(a^2 + sigma^2)/sigma times it: its square counts "
            "sigma^2 (SNR + 1)^2 times.",
            because="Both predictions are inserted in v = a epsilon - sigma x.",
            obligation=(
                velocity_error + (a**2 + sigma**2) / sigma * error,
                velocity_error**2 - claimed[1] * error**2,
            ),
            shows=sp.Eq(of_velocity, (a**2 + sigma**2) ** 2 / sigma**2, evaluate=False),
        ),
        Step(
            claim="sigma^2 (SNR + 1)^2 is (a^2 + sigma^2) (SNR + 1): exactly SNR + 1 where a^2 + sigma^2 = 1.",
            because="One factor SNR + 1 is written as (a^2 + sigma^2)/sigma^2.",
            obligation=(claimed[1] - (a**2 + sigma**2) * (ratio + 1)),
        ),
        Step(
            claim="The larger of the squared errors of data and noise counts max(SNR, 1) times.",
            because="They are 1 and SNR times the same square: the two cases are compared.",
            obligation=(
                sp.Max(SNR, 1).subs(SNR, 1 + r) - (1 + r),
                sp.Max(SNR, 1).subs(SNR, 1 / (1 + r)) - 1,
                STATEMENT.right[2] - sp.Max(SNR, 1),
            ),
        ),
        Step(
            claim="A velocity loss with the weight w_v counts the error of the data min(SNR, gamma) times.",
            because="The weight is multiplied by what the velocity's error counts.",
            obligation=sp.simplify(claimed[3] * claimed[1] - sp.Min(SNR, gamma).subs(SNR, ratio)),
            shows=STATEMENT.formula,
        ),
    )
