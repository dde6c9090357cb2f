"""Where a chain was at an earlier step, given the datum and a later step; and the betas of a chain that skips steps.

Premises: the forward chain, and Bayes' rule. A chain that visits only some of the steps is a chain of its own: its
betas are 1 - alphabar_t / alphabar_s, and every formula with a beta needs these. Public code that keeps the betas of
the long chain adds too little noise as soon as it skips a step.
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.diffusion.forward_kernel import STATEMENT as FORWARD
from derivations.diffusion.forward_kernel import kappa_3, kappa_4
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import alphabar_n, alphabar_s, alphabar_t, beta_t, mu_0, v_0, x_0

variance = sp.Symbol(r"\sigma_{st}^{2}", positive=True)
skipped = sp.Symbol(r"\beta_{st}", positive=True)
x_s, x_t = sp.symbols("x_s x_t", real=True)
SIDES = sp.Tuple(sp.Symbol("c_{x_0}", positive=True), sp.Symbol("c_{x_t}", positive=True), variance)


def posterior(noise: sp.Expr) -> sp.Tuple:
    """Coefficients of the datum and of the later step in the mean, and the variance, with a beta."""
    return sp.Tuple(
        sp.sqrt(alphabar_s) * noise / (1 - alphabar_t),
        sp.sqrt(alphabar_t / alphabar_s) * (1 - alphabar_s) / (1 - alphabar_t),
        noise * (1 - alphabar_s) / (1 - alphabar_t),
    )


STATEMENT = Statement(
    module=__name__,
    title="Posterior of an earlier step, with steps skipped",
    formula=sp.Eq(SIDES, posterior(skipped), evaluate=False),
    where=(sp.Eq(skipped, 1 - alphabar_t / alphabar_s, evaluate=False),),
    parameters=(diffusion.EARLIER, diffusion.LATER, diffusion.STEP),
    assumptions=(
        diffusion.CHAIN,
        diffusion.LATER_IS_LESS,
        "Given the datum x_0 and the later x_t the earlier x_s is Gaussian; its mean is the sum of both with these "
        "coefficients.",
    ),
    regime=Exact(),
    sources=(
        diffusion.REVERSING,
        Source(document="ho2020denoising", where="the forward process posterior given the datum"),
    ),
    covers=("F8",),
    uses=(FORWARD.id,),
    printed=(
        Printed(
            erratum="U21",
            kind="in use",
            formula=sp.Eq(SIDES, posterior(beta_t), evaluate=False),
            note="beta_t of the long chain is the beta from s to t only if no step is skipped; otherwise it must be "
            "derived anew from alphabar.",
            source=Source(document="public_code", where="samplers that skip steps: posterior mean and variance"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the forward kernels by Bayes' rule."""
    mean, spread = (part.subs({mu_0: x_0, v_0: 0, kappa_3: 0, kappa_4: 0}) for part in FORWARD.right[:2])
    earlier, later = (
        (mean.subs(alphabar_n, share), spread.subs(alphabar_n, share)) for share in (alphabar_s, alphabar_t)
    )
    noise = STATEMENT.where[0].rhs
    keep = sp.sqrt(alphabar_t / alphabar_s)
    coefficients = [part.subs(skipped, noise) for part in STATEMENT.right]
    exponent = (x_s - earlier[0]) ** 2 / earlier[1] + (x_t - keep * x_s) ** 2 / noise
    exponent -= (x_t - later[0]) ** 2 / later[1]
    claimed = (x_s - coefficients[0] * x_0 - coefficients[1] * x_t) ** 2 / coefficients[2]
    norms = earlier[1] * noise / later[1]
    u = sp.Symbol("u", positive=True)
    return (
        Step(
            claim="From s to t the chain is one step that adds 1 - alphabar_t / alphabar_s.",
            because="With this step the kernel to s becomes the kernel to t: means are scaled, variances scaled and "
            "added.",
            obligation=(keep * earlier[0] - later[0], keep**2 * earlier[1] + noise - later[1]),
            shows=STATEMENT.where[0],
        ),
        Step(
            claim="By Bayes' rule the earlier step is Gaussian with the coefficients and the variance of the formula.",
            because="The exponents of the two forward kernels less that of the kernel to t are compared as polynomials "
            "in x_s, x_t and x_0.",
            obligation=exponent - claimed,
            shows=STATEMENT.formula,
        ),
        Step(
            claim="The density that Bayes' rule gives is normalized with that variance.",
            because="The normalizations of the two kernels are multiplied, and divided by that of the kernel to t.",
            obligation=norms - coefficients[2],
        ),
        Step(
            claim="With one step the variance is beta_t (1 - alphabar_s) / (1 - alphabar_t).",
            because="alphabar_t is then (1 - beta_t) alphabar_s, and the variance that is added beta_t.",
            obligation=noise.subs(alphabar_t, (1 - beta_t) * alphabar_s) - beta_t,
        ),
        Step(
            claim="The beta of two steps is more than either: 1 - (1 - beta)(1 - beta').",
            because="The shares that two steps leave are multiplied.",
            obligation=noise.subs(alphabar_t, (1 - beta_t) * (1 - u) * alphabar_s) - (beta_t + u - beta_t * u),
        ),
    )
