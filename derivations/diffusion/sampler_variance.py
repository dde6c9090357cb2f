"""The variance of what a deterministic or partly stochastic sampler makes in one step, with a perfect denoiser.

Premises: Gaussian data, the mean of the datum given x_t as the denoiser, and an update that adds noise of variance
sigma^2 and keeps the law of x_s given the datum: x_s = sqrt(alphabar_s) x_0 + sqrt(1 - alphabar_s - sigma^2) times the
noise in x_t, plus sigma z. eta is sigma over the standard deviation of the posterior, so eta^2 stands in the variance,
and what the new noise adds must be taken from the old. With the denoiser's mean in the place of the datum the variance
of the samples is off: no eta makes large steps exact.
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.diffusion.posterior_variance import STATEMENT as POSTERIOR
from derivations.diffusion.posterior_variance import skipped
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import alphabar_s, alphabar_t, eta, v_0, x_0, z

sampled = sp.Symbol("V_s", positive=True)
v_t = sp.Symbol("v_t", positive=True)
new_noise = sp.Symbol("sigma_eta", nonnegative=True)
gain = sp.Symbol("g_t", positive=True)
POSTERIOR_VARIANCE = POSTERIOR.right[2].subs(skipped, POSTERIOR.where[0].rhs)


def variance(old_noise: sp.Expr, new: sp.Expr) -> sp.Expr:
    """Variance of an update with the amplitudes of the noise that is kept and of the noise that is added."""
    slope = sp.sqrt(alphabar_s) * gain + old_noise * (1 - sp.sqrt(alphabar_t) * gain) / sp.sqrt(1 - alphabar_t)
    return slope**2 * v_t + new**2


KEPT = sp.sqrt(1 - alphabar_s - new_noise**2)
TOO_MUCH = eta * POSTERIOR_VARIANCE  # with eta for its square

STATEMENT = Statement(
    module=__name__,
    title="Variance of deterministic and partly stochastic samplers",
    formula=sp.Eq(sampled, variance(KEPT, new_noise), evaluate=False),
    where=(
        sp.Eq(new_noise, eta * sp.sqrt(POSTERIOR_VARIANCE), evaluate=False),
        sp.Eq(v_t, 1 - alphabar_t * (1 - v_0), evaluate=False),
        sp.Eq(gain, sp.sqrt(alphabar_t) * v_0 / v_t, evaluate=False),
    ),
    parameters=(diffusion.EARLIER, diffusion.LATER, diffusion.VARIANCE, diffusion.NOISE),
    assumptions=(
        diffusion.CHAIN,
        diffusion.GAUSSIAN_DATA,
        diffusion.LATER_IS_LESS,
        "The denoiser is perfect: the mean of the datum given x_t. Before the update x_t has the law of the forward "
        "chain.",
    ),
    regime=Exact(),
    sources=(
        diffusion.REVERSING,
        Source(document="song2021denoising", where="the generative process and the parameter eta"),
    ),
    covers=("F8",),
    uses=(POSTERIOR.id,),
    printed=(
        Printed(
            erratum="U22",
            kind="in use",
            formula=sp.Eq(sampled, variance(sp.sqrt(1 - alphabar_s - TOO_MUCH), sp.sqrt(TOO_MUCH)), evaluate=False),
            note="eta multiplies the standard deviation of the new noise and not its variance: with eta times the "
            "variance the noise between 0 and 1 is too large.",
            source=Source(document="public_code", where="samplers with eta: the variance of the new noise"),
        ),
        Printed(
            erratum="U23",
            kind="in use",
            formula=sp.Eq(sampled, variance(sp.sqrt(1 - alphabar_s), new_noise), evaluate=False),
            note="What the new noise adds must be taken from the old one; without it the variance is too large by that "
            "of the new noise, unless eta is 0.",
            source=Source(document="public_code", where="samplers with eta: the direction to x_t"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the law that an update must keep, to the variance of what it makes."""
    noise, given, mean = (sp.Symbol(name, real=True) for name in ("epsilon", "x_t", "m"))
    signal = sp.sqrt(alphabar_t) * x_0 + sp.sqrt(1 - alphabar_t) * noise
    update = sp.sqrt(alphabar_s) * x_0 + KEPT * noise + new_noise * z
    coefficients = [part.subs(skipped, POSTERIOR.where[0].rhs) for part in POSTERIOR.right]
    at_one = update.subs({noise: (given - sp.sqrt(alphabar_t) * x_0) / sp.sqrt(1 - alphabar_t), z: 0})
    expanded = sp.expand(at_one)
    where = {definition.lhs: definition.rhs for definition in STATEMENT.where}
    reverse = where[new_noise].subs(eta, 1) ** 2
    spread = where[v_t]
    covariance = sp.sqrt(alphabar_t) * v_0
    denoised = mean + gain * (given - sp.sqrt(alphabar_t) * mean)
    made = (
        sp.sqrt(alphabar_s) * denoised
        + KEPT * (given - sp.sqrt(alphabar_t) * denoised) / sp.sqrt(1 - alphabar_t)
        + new_noise * z
    )
    return (
        Step(
            claim="For any new noise the update keeps the law of the earlier step given the datum.",
            because="Its mean is sqrt(alphabar_s) x_0 and the two noises are independent, so that their variances add.",
            obligation=(
                update.subs({noise: 0, z: 0}) - sp.sqrt(alphabar_s) * x_0,
                update.coeff(noise) ** 2 + update.coeff(z) ** 2 - (1 - alphabar_s),
                signal.coeff(noise) ** 2 - (1 - alphabar_t),
            ),
        ),
        Step(
            claim="With eta = 1 it is the reverse chain: mean and variance are those of the posterior.",
            because="The square of the coefficient of x_t is that of the posterior's mean, and the coefficient of x_0 "
            "makes up for it.",
            obligation=(
                reverse - coefficients[2],
                sp.together(expanded.coeff(given) ** 2).subs(new_noise**2, reverse) - coefficients[1] ** 2,
                sp.sqrt(alphabar_s) - sp.sqrt(alphabar_t) * coefficients[1] - coefficients[0],
            ),
        ),
        Step(
            claim="The perfect denoiser of Gaussian data is a straight line of slope g_t.",
            because="The covariance of x_0 and x_t over the variance of x_t leaves a rest that does not correlate with "
            "x_t.",
            obligation=(
                covariance - where[gain].subs(v_t, spread) * spread,
                spread - (alphabar_t * v_0 + 1 - alphabar_t),
            ),
            shows=STATEMENT.where[2],
        ),
        Step(
            claim="The variance of what is made is its squared slope in x_t times v_t, and that of the new noise.",
            because="The denoiser's mean is put in the place of the datum, in the signal and in the noise.",
            obligation=sp.diff(made, given) ** 2 * v_t + sp.diff(made, z) ** 2 - STATEMENT.right[0],
            shows=STATEMENT.formula,
        ),
        Step(
            claim="An update from t to t without new noise changes nothing.",
            because="The slope is 1 where alphabar_s is alphabar_t.",
            obligation=STATEMENT.right[0].subs({new_noise: 0, alphabar_s: alphabar_t}) - v_t,
        ),
    )
