r"""Entropy can decrease for a short time: work on a dragged particle, and the chance that it is negative.

Premises: a particle in a harmonic trap that is dragged at constant speed, from equilibrium, in units of the trap's
stiffness, of the friction and of temperature. The work is the entropy that has been made once the trap has stopped and
the particle is in equilibrium again. It is Gaussian, its variance is twice its mean, and so it is negative with a
probability that is close to 1/2 for short times and vanishes for long ones: that is all that the slide's "violations of
the second law" can mean.
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import t

work, below = sp.symbols("W_mean P_minus", positive=True)
speed = sp.Symbol("u_0", positive=True)
WORK = speed**2 * (t - 1 + sp.exp(-t))

STATEMENT = Statement(
    module=__name__,
    title="Entropy decreases for a short time",
    formula=sp.Eq(sp.Tuple(work, below), sp.Tuple(WORK, sp.erfc(sp.sqrt(WORK) / 2) / 2), evaluate=False),
    parameters=(
        diffusion.TIME.narrowed("after the start", domain=POSITIVE),
        Parameter(symbol=speed, meaning="speed of the trap", domain=POSITIVE, typical=(0.4, 2.2)),
    ),
    assumptions=(
        "The particle obeys dx = -(x - u_0 t) dt + sqrt(2) dW and starts in equilibrium; the work is in units of "
        "temperature.",
        "The second line is the probability that the work is negative. The work is the entropy that has been made once "
        "the trap has stopped and the particle is in equilibrium again.",
    ),
    regime=Exact(),
    sources=(
        Source(document="000", where="Achieving Flexibility and Tractability"),
        Source(document="mazonka1999exactly", where="the dragged harmonic oscillator"),
    ),
    covers=("F10",),
)


def derivation() -> tuple[Step, ...]:
    """From the linear equation of motion to the Gaussian law of the work."""
    earlier, w = sp.Symbol("s", nonnegative=True), sp.Symbol("w", real=True)
    lag = speed * (1 - sp.exp(-t))  # mean of u_0 t - x
    mean, chance = STATEMENT.right
    density = sp.exp(-((w - mean) ** 2) / (2 * 2 * mean))
    memory = 1 - sp.exp(-t)  # integral of exp(-(t - s)) over s from 0 to t
    spread = 2 * speed**2 * (t - 1 + sp.exp(-t))
    return (
        Step(
            claim="The particle lags behind the trap by u_0 (1 - e^(-t)) in the mean.",
            because="The lag is driven by the speed and relaxes at rate 1; it starts at zero.",
            obligation=(lag.diff(t) - (speed - lag), lag.subs(t, 0)),
        ),
        Step(
            claim="The mean work is the speed times the lag, added up.",
            because="The power is the speed times the force of the trap.",
            obligation=(mean.diff(t) - speed * lag, mean.subs(t, 0)),
            shows=sp.Eq(work, mean, evaluate=False),
        ),
        Step(
            claim="The variance of the work is twice its mean.",
            because="Equilibrium fluctuations are correlated like e^(-|t - s|); twice their integral over the past is "
            "what the variance grows by.",
            obligation=(
                sp.diff(sp.exp(-(t - earlier)), earlier) - sp.exp(-(t - earlier)),
                sp.exp(-(t - earlier)).subs(earlier, t) - sp.exp(-(t - earlier)).subs(earlier, 0) - memory,
                spread.diff(t) - 2 * speed**2 * memory,
                spread.subs(t, 0),
                spread - 2 * mean,
            ),
        ),
        Step(
            claim="A Gaussian of that variance is negative with probability erfc(sqrt(W)/2)/2.",
            because="Its density is the derivative of a complementary error function, which is taken at zero.",
            obligation=(
                sp.diff(sp.erfc((mean - w) / sp.sqrt(2 * spread)) / 2, w) - density / sp.sqrt(2 * sp.pi * spread),
                sp.expand((mean / sp.sqrt(2 * spread)) ** 2 - (sp.sqrt(mean) / 2) ** 2),
            ),
            shows=sp.Eq(below, chance, evaluate=False),
        ),
        Step(
            claim="Work w is e^w times as likely as -w, and the mean of e^(-w) is 1.",
            because="The two densities are divided; the mean of an exponential of a Gaussian is that of mean and half "
            "the variance.",
            obligation=(
                sp.expand(-((w - mean) ** 2) / (4 * mean) + (w + mean) ** 2 / (4 * mean) - w),
                -mean + spread / 2,
            ),
        ),
        Step(
            claim="For short times half of the particles take entropy back.",
            because="The mean work vanishes with the square of the time, and the chance tends to 1/2.",
            obligation=(sp.limit(chance, t, 0) - sp.Rational(1, 2), mean.diff(t).subs(t, 0)),
        ),
    )
