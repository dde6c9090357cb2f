r"""Every distribution has a diffusion process, in the limit of small steps: what a Gaussian reverse chain misses.

Premises: data in two clusters, a chain of steps of one variance beta, and what each reverse step misses
(`reverse_kernel`). Per unit of the chain's duration that is beta^2 times a number that only the clusters set, so that a
chain of any duration misses nothing in the limit. The slide leaves out that the steps must be small: with large ones
the best Gaussian reverse chain does not reach the data, however flexible its means and variances are.
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.calculus.gaussian import GaussE
from derivations.diffusion.reverse_kernel import STATEMENT as REVERSE
from derivations.diffusion.reverse_kernel import y
from derivations.proof import Step
from derivations.statement import POSITIVE, LeadingOrder, Parameter, Source, Statement
from derivations.symbols import beta_t, z

half, width = sp.symbols("m_c v_c", positive=True)
duration = sp.Symbol("tau_n", positive=True)
missed = sp.Function("K_gap")(duration)
ratio = sp.Symbol("a_c", positive=True)
PLACE = ratio + sp.sqrt(ratio) * z

STATEMENT = Statement(
    module=__name__,
    title="What a Gaussian reverse chain misses",
    formula=sp.Eq(
        missed.diff(duration),
        beta_t**2 / 3 * (ratio / width) ** 3 * GaussE(sp.tanh(PLACE) / sp.cosh(PLACE) ** 4, z),
        evaluate=False,
    ),
    where=(sp.Eq(ratio, half**2 / width, evaluate=False),),
    parameters=(
        diffusion.STEP,
        Parameter(symbol=half, meaning="half of the distance of two clusters", domain=POSITIVE, typical=(0.7, 1.6)),
        Parameter(symbol=width, meaning="variance of a cluster", domain=POSITIVE, typical=(0.25, 0.8)),
    ),
    assumptions=(
        diffusion.CHAIN,
        "The data are two equal Gaussian clusters; m_c and v_c are theirs where the chain is: m_c shrinks by "
        "sqrt(1 - beta) in a step, and v_c approaches 1. All steps add the same variance.",
        "K_gap is the sum over the steps of the mean divergence of the reverse kernel from its best Gaussian, by which "
        "the bound on the likelihood stays below that of a perfect chain; tau is the sum of the variances added.",
    ),
    regime=LeadingOrder(parameter=beta_t, order=3),
    sources=(
        diffusion.TRACTABLE,
        Source(document="sohldickstein2015deep", where="the reverse trajectory for small steps"),
    ),
    covers=("F12",),
    uses=(REVERSE.id,),
)


def derivation() -> tuple[Step, ...]:
    """From one step to the chain."""
    variance, place = sp.symbols("V M", positive=True)
    argument = place * y / variance
    clusters = y**2 / (2 * variance) - sp.log(sp.cosh(argument))
    bent = 2 * (place / variance) ** 3 * sp.tanh(argument) / sp.cosh(argument) ** 2
    standard = place + sp.sqrt(variance) * z
    square = place**2 / variance
    claimed = STATEMENT.right[0]
    inside = claimed.atoms(GaussE).pop()
    u = sp.Symbol("u", real=True)
    steps = sp.Symbol("n", integer=True, positive=True)
    return (
        Step(
            claim="Two clusters have the energy y^2/(2 V) - log cosh(M y/V), with E''' = 2 (M/V)^3 tanh(M y/V) over "
            "the squared cosh.",
            because="The sum of two Gaussians is one Gaussian times a hyperbolic cosine; it is differentiated.",
            obligation=(
                sp.expand(
                    (-((y - place) ** 2) / (2 * variance) + (y + place) ** 2 / (2 * variance))
                    - 2 * place * y / variance
                ),
                (clusters.diff(y, 3) - bent).rewrite(sp.exp),
            ),
        ),
        Step(
            claim="The mean of its square is 4 (M/V)^6 times that of tanh over cosh to the fourth, over one cluster.",
            because="The density of the other cluster is e^(-2u) times that of this one, u = M y/V; so this one is "
            "1 + tanh(u) times the density of both, and an odd function has no mean over both.",
            obligation=(
                (2 / (1 + sp.exp(-2 * u)) - (1 + sp.tanh(u))).rewrite(sp.exp),
                sp.expand(sp.tanh(u) * (1 + sp.tanh(u)) - sp.tanh(u) - sp.tanh(u) ** 2),
                sp.expand(bent**2 - 4 * (place / variance) ** 6 * sp.tanh(argument) ** 2 / sp.cosh(argument) ** 4),
            ),
        ),
        Step(
            claim="At y = M + sqrt(V) z the argument is a + sqrt(a) z.",
            because="a is M^2/V, and its cube over V^3 is (M/V)^6.",
            obligation=(
                sp.expand(argument.subs(y, standard) - PLACE.subs(ratio, square)),
                (place / variance) ** 6 - (square / variance) ** 3,
                STATEMENT.where[0].rhs.subs({half: place, width: variance}) - square,
            ),
            shows=STATEMENT.where[0],
        ),
        Step(
            claim="A step misses beta^3/12 times the mean of this square, and a unit of duration has 1/beta steps.",
            because="The earlier result, with both of its integrals put to 1.",
            obligation=(
                _coefficient() - sp.Rational(1, 12),
                beta_t**3 * _coefficient() * 4 * (ratio / width) ** 3 * inside / beta_t - claimed,
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="A chain of n steps and duration tau = n beta misses the integral, of order tau^3/n^2.",
            because="beta is tau/n.",
            obligation=(beta_t**2 * duration).subs(beta_t, duration / steps) - duration**3 / steps**2,
        ),
    )


def _coefficient() -> sp.Expr:
    """What the formula of one step has before the mean square of E''' and the cube of beta."""
    integrals = sorted(REVERSE.right[0].atoms(sp.Integral), key=sp.count_ops)
    values = dict(zip(integrals, (sp.S.One, sp.S.One), strict=True))
    return REVERSE.right[0].subs(values) / beta_t**3
