r"""What a diffusion model costs to evaluate: the bound on its likelihood, the likelihood itself, and what lies between.

Premises: Gaussian data, a chain, and a perfect reverse chain that is started from a standard Gaussian. The slide says
that the probability is cheap to compute, a sequence of Gaussians: along one chain that is an unbiased estimate of the
probability (`fluctuation_theorem`), whose logarithm has in the mean the bound K. The mean log likelihood itself is L.
They agree where the forward chain ends in the Gaussian from which the reverse one starts. Path by path the model's
density over that of data and forward chain has the mean 1: nothing is lost but by the logarithm.
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import Exact, Printed, Statement
from derivations.symbols import alphabar_t, mu_0, v_0, z

bound, likelihood = sp.symbols("K_bound L_model", real=True)
ratio = sp.Symbol("R_path", positive=True)
v_t, gain, made = sp.symbols("v_t g_t v_made", positive=True)
SIDES = sp.Tuple(bound, likelihood, ratio)
BOUND = -sp.log(2 * sp.pi * sp.E * v_0) / 2 - (v_t + alphabar_t * mu_0**2 - 1 - sp.log(v_t)) / 2
EXACT = -sp.log(2 * sp.pi * made) / 2 - (v_0 + alphabar_t * (gain * mu_0) ** 2) / (2 * made)

STATEMENT = Statement(
    module=__name__,
    title="Likelihood of a diffusion model and its bound",
    formula=sp.Eq(SIDES, sp.Tuple(BOUND, EXACT, sp.S.One), evaluate=False),
    where=(
        sp.Eq(v_t, 1 - alphabar_t * (1 - v_0), evaluate=False),
        sp.Eq(gain, sp.sqrt(alphabar_t) * v_0 / v_t, evaluate=False),
        sp.Eq(made, v_0 * (1 - alphabar_t) / v_t + gain**2, evaluate=False),
    ),
    parameters=(diffusion.LATER, diffusion.MEAN, diffusion.VARIANCE),
    assumptions=(
        diffusion.CHAIN,
        diffusion.GAUSSIAN_DATA,
        "The reverse chain is perfect, and is started from a standard Gaussian after t steps. Means over the data, in "
        "nats.",
        "R_path is the mean, over data and forward chains, of the density of datum and chain in the reverse chain over "
        "that in the data and the forward chain.",
    ),
    regime=Exact(),
    sources=(diffusion.TRACTABLE, diffusion.NONEQUILIBRIUM),
    covers=("F11",),
    printed=(
        Printed(
            erratum="E22",
            kind="assumption",
            formula=sp.Eq(SIDES, sp.Tuple(BOUND, BOUND, sp.S.One), evaluate=False),
            note="The logarithm of a sequence of Gaussians, averaged, is a bound on the likelihood: it is the "
            "likelihood only if the forward chain ends in the Gaussian from which the reverse one starts.",
            source=diffusion.TRACTABLE,
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the forward chain's end to the bound, and from the reverse chain's end to the likelihood."""
    x, end = sp.symbols("x y", real=True)
    spread, slope, variance = (definition.rhs for definition in STATEMENT.where)
    kernel = -((end - sp.sqrt(alphabar_t) * x) ** 2) / (2 * (1 - alphabar_t)) - (x - mu_0) ** 2 / (2 * v_0)
    kernel += (end - sp.sqrt(alphabar_t) * mu_0) ** 2 / (2 * spread)
    gained = slope.subs(v_t, spread)
    center = mu_0 + gained * (end - sp.sqrt(alphabar_t) * mu_0)
    left = v_0 * (1 - alphabar_t) / spread
    start, slant, rest = sp.symbols("c g s", positive=True)  # centre at end 0, slope and variance of the reverse kernel
    joint = -(end**2) / 2 - (x - start - slant * end) ** 2 / (2 * rest)  # of a standard Gaussian end and that kernel
    total = rest + slant**2
    squares = (x - start) ** 2 / (2 * total) + (end - slant * (x - start) / total) ** 2 * total / (2 * rest)
    place = sp.sqrt(alphabar_t) * mu_0 + sp.sqrt(v_t) * z
    ends = -(place**2) / 2 + sp.log(v_t) / 2 + z**2 / 2  # log of standard Gaussian over the density of the end
    entropy = GaussE(sp.expand(z**2 / 2), z).doit() + sp.log(2 * sp.pi * v_0) / 2
    offset = sp.sqrt(v_0) * z + gain * sp.sqrt(alphabar_t) * mu_0  # datum less the mean of what is made
    long = {alphabar_t: 0}
    return (
        Step(
            claim="Given the end of the chain the datum is Gaussian, of slope g_t in it.",
            because="Bayes' rule: the exponents of data and kernel less that of the end are a square.",
            obligation=kernel + (x - center) ** 2 / (2 * left),
            shows=STATEMENT.where[1],
        ),
        Step(
            claim="With a perfect reverse chain the bound is minus the entropy of the data, less the divergence of the "
            "end of the forward chain from the standard Gaussian.",
            because="All kernels cancel but the two ends; both logarithms are averaged over Gaussians.",
            obligation=sp.expand_log(GaussE(sp.expand(ends), z).doit() - entropy - STATEMENT.right[0], force=True),
            shows=sp.Eq(bound, BOUND, evaluate=False),
        ),
        Step(
            claim="Path by path the density in the model, over that of data and forward chain, has the mean 1.",
            because="All kernels cancel but the two ends; what is left turns the law of the end into the standard "
            "Gaussian from which the model starts, whose mass is 1.",
            obligation=(
                sp.expand(ends - z**2 / 2 + place**2 / 2) - sp.log(v_t) / 2,
                sp.log(place.diff(z)) - sp.log(v_t) / 2,
                GaussE(sp.S.One, z).doit() - STATEMENT.right[2],
            ),
            shows=sp.Eq(ratio, STATEMENT.right[2], evaluate=False),
        ),
        Step(
            claim="From a standard Gaussian the reverse chain makes a Gaussian of the variance v_made.",
            because="The end is standard Gaussian: its variance passes with the square of the slope, and the rest is "
            "what is left of the datum given the end.",
            obligation=(left.subs(spread, v_t) + gain**2 - variance.subs(spread, v_t), sp.diff(center, end) - gained),
            shows=STATEMENT.where[2],
        ),
        Step(
            claim="Given a datum, the mean of the ratio over forward chains from it is the density that the model "
            "gives to it.",
            because="The law of the end given the datum cancels. Standard Gaussian ends and the reverse kernel are "
            "left, whose exponents are two squares: integrated over the end, a Gaussian of the variance v_made. By "
            "Jensen's inequality the mean logarithm, K, is a bound.",
            obligation=(
                joint + squares,
                sp.expand(center - center.subs(end, 0) - gained * end),
            ),
        ),
        Step(
            claim="The mean of its log density over the data is L.",
            because="The data are off the mean of what is made by g_t sqrt(alphabar) mu_0.",
            obligation=(
                GaussE(sp.expand(-(offset**2) / (2 * made)), z).doit()
                - sp.log(2 * sp.pi * made) / 2
                - STATEMENT.right[1],
                mu_0 - center.subs(end, 0) - gained * sp.sqrt(alphabar_t) * mu_0,
            ),
            shows=sp.Eq(likelihood, EXACT, evaluate=False),
        ),
        Step(
            claim="At the end of a long chain both are the negative entropy of the data.",
            because="alphabar goes to zero: the end is standard Gaussian, and what is made has the law of the data.",
            obligation=tuple(
                sp.expand_log(
                    part.subs(made, variance).subs(gain, slope).subs(v_t, spread).subs(long)
                    + sp.log(2 * sp.pi * sp.E * v_0) / 2,
                    force=True,
                )
                for part in STATEMENT.right[:2]
            ),
        ),
    )
