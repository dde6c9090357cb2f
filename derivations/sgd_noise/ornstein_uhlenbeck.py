"""Transition variance and correlations of the Ornstein-Uhlenbeck process.

Premise: dx = -gamma x dt + s dW, the Langevin limit of descent in a bowl with gamma = h and s^2 = 2 g Gamma. Over a
time t the mean decays by exp(-gamma t) and noise of variance s^2 (1 - exp(-2 gamma t))/(2 gamma) is added. What public
code often adds is s^2 t, the noise of a small step, together with the decay of the whole step: the chain then settles
in a variance that grows with the step.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise import Gamma, h, s
from derivations.sgd_noise.langevin_limit import STATEMENT as LANGEVIN
from derivations.sgd_noise.langevin_limit import f
from derivations.statement import NONNEGATIVE, POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import g, gradient_noise, loss, theta

gamma = sp.Symbol("gamma", positive=True)
t = sp.Symbol("t", nonnegative=True)
V_t, C_t = sp.symbols("V_t C_t", positive=True)

STATEMENT = Statement(
    module=__name__,
    title="Ornstein-Uhlenbeck process",
    formula=sp.Eq(
        sp.Tuple(V_t, C_t),
        sp.Tuple(s**2 * (1 - sp.exp(-2 * gamma * t)) / (2 * gamma), s**2 * sp.exp(-gamma * t) / (2 * gamma)),
        evaluate=False,
    ),
    parameters=(
        Parameter(symbol=gamma, meaning="rate at which the mean decays", domain=POSITIVE, typical=(0.4, 2.5)),
        sgd_noise.STIRRING.narrowed("in a unit of time"),
        Parameter(symbol=t, meaning="time from the start", domain=NONNEGATIVE, typical=(0.2, 3)),
    ),
    assumptions=(
        "V_t is the variance after a time t from a sharp start; C_t is the covariance of two values at a distance t in "
        "the stationary state, whose variance is C_0.",
        "The stochastic differential equation is read as Ito does, though with additive noise all readings agree.",
    ),
    regime=Exact(),
    sources=(
        Source(document="uhlenbeck1930theory", where="mean and mean square of the velocity"),
        Source(document="risken1996fokker", where="Ornstein-Uhlenbeck process"),
    ),
    covers=("G4", "G7"),
    uses=(LANGEVIN.id,),
    printed=(
        Printed(
            erratum="U5",
            kind="in use",
            formula=sp.Eq(
                sp.Tuple(V_t, C_t),
                sp.Tuple(s**2 * t, s**2 * t * sp.exp(-gamma * t) / (1 - sp.exp(-2 * gamma * t))),
                evaluate=False,
            ),
            note="Noise of variance s^2 t with the decay exp(-gamma t): the noise of a small step with the decay of a "
            "whole one; the chain settles in a variance that grows with its step.",
            source=Source(document="public_code", where="Ornstein-Uhlenbeck process: noise of an exact step"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the generator to mean, variance and covariance."""
    variance, covariance = STATEMENT.right
    start, later = sp.Symbol("x_0", real=True), sp.Symbol("t_1", nonnegative=True)
    numbers = {loss(theta).diff(theta): gamma * theta, gradient_noise(theta): s**2 / (2 * g)}
    rates = [LANGEVIN.right[0].replace(f, test).doit().subs(numbers) for test in (lambda x: x, lambda x: x**2)]
    mean = start * sp.exp(-gamma * t)
    square = variance + mean**2
    return (
        Step(
            claim="Means of x and x^2 change at the rates -gamma x and -2 gamma x^2 + s^2.",
            because="The generator of the Langevin limit acts on both, with L' = gamma x and 2 g F = s^2.",
            obligation=(rates[0] + gamma * theta, rates[1] + 2 * gamma * theta**2 - s**2),
        ),
        Step(
            claim="From a sharp start the mean decays, and the variance is the claimed one.",
            because="Both are put into these rates, and into the start.",
            obligation=(
                mean.diff(t) + gamma * mean,
                square.diff(t) + 2 * gamma * square - s**2,
                mean.subs(t, 0) - start,
                variance.subs(t, 0),
            ),
            shows=sp.Eq(V_t, variance, evaluate=False),
        ),
        Step(
            claim="No other mean and variance do.",
            because="The rates are linear in them.",
            assumption=Source(document="risken1996fokker", where="Ornstein-Uhlenbeck process"),
        ),
        Step(
            claim="In the stationary state the variance is s^2/(2 gamma), and the covariance decays like the mean.",
            because="The variance no longer changes; given a value, the mean a time t later is exp(-gamma t) times it.",
            obligation=(
                -2 * gamma * covariance.subs(t, 0) + s**2,
                covariance - sp.exp(-gamma * t) * covariance.subs(t, 0),
                sp.limit(variance, t, sp.oo) - covariance.subs(t, 0),
            ),
            shows=sp.Eq(C_t, covariance, evaluate=False),
        ),
        Step(
            claim="Two steps of t and t_1 make one of t + t_1, which noise of variance s^2 t does not.",
            because="What the first adds decays during the second. With s^2 t the factor exp(-2 gamma t_1) is missing.",
            obligation=(
                variance * sp.exp(-2 * gamma * later) + variance.subs(t, later) - variance.subs(t, t + later),
                s**2 * t * sp.exp(-2 * gamma * later)
                + s**2 * later
                - s**2 * (t + later)
                + s**2 * t * (1 - sp.exp(-2 * gamma * later)),
            ),
        ),
        Step(
            claim="Descent in a bowl has gamma = h and s^2 = 2 g Gamma.",
            because="The stationary variance is then that of the Langevin limit, g Gamma/h.",
            obligation=covariance.subs({t: 0, gamma: h, s: sp.sqrt(2 * g * Gamma)}) - g * Gamma / h,
        ),
    )
