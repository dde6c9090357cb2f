r"""The prior of a variance-exploding process, and the part of the bound that it costs.

Premises: x_T = x_0 + sigma_max epsilon, nothing of the datum shrinks. The reverse chain starts from pure noise of that
variance. The bound then loses the divergence of x_T given the datum from this noise, which is small if sigma_max is
large against the data; with the standard Gaussian, the prior of the variance-preserving process, it loses more the more
noise there is.
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import mu_0, v_0, z

given, whole = sp.symbols("D_given D_end", positive=True)
largest = sp.Symbol("sigma_max", positive=True)
SIDES = sp.Tuple(given, whole)


def divergence(square: sp.Expr, variance: sp.Expr, prior: sp.Expr) -> sp.Expr:
    """Of a Gaussian of a variance, off by a mean square, from a centred Gaussian."""
    return ((variance + square) / prior - 1 - sp.log(variance / prior)) / 2


SQUARE = mu_0**2 + v_0

STATEMENT = Statement(
    module=__name__,
    title="Prior of the variance-exploding process",
    formula=sp.Eq(
        SIDES,
        sp.Tuple(
            SQUARE / (2 * largest**2),
            (SQUARE / largest**2 - sp.log(1 + v_0 / largest**2)) / 2,
        ),
        evaluate=False,
    ),
    parameters=(
        diffusion.MEAN,
        diffusion.VARIANCE,
        Parameter(
            symbol=largest,
            meaning="standard deviation of the noise at the end of a variance-exploding process",
            domain=POSITIVE,
            typical=(1.3, 5.0),
        ),
    ),
    assumptions=(
        diffusion.GAUSSIAN_DATA,
        "The process adds noise and keeps the datum as it is; the prior is centred noise of the variance at its end.",
        "D_given is the mean divergence from the prior given the datum, which the bound loses term by term; D_end is "
        "that of all data together. In nats.",
    ),
    regime=Exact(),
    sources=(Source(document="song2021score", where="variance-exploding and variance-preserving processes"),),
    covers=("F13",),
    printed=(
        Printed(
            erratum="U31",
            kind="in use",
            formula=sp.Eq(
                SIDES,
                sp.Tuple(divergence(SQUARE, largest**2, sp.S.One), divergence(mu_0**2, v_0 + largest**2, sp.S.One)),
                evaluate=False,
            ),
            note="The standard Gaussian is the prior of the variance-preserving process; here it is right only if the "
            "noise ends with the variance 1.",
            source=Source(document="public_code", where="log probability of the prior of a variance-exploding process"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the divergence of two Gaussians to both terms."""
    mean, variance, prior = sp.Symbol("m", real=True), sp.Symbol("V", positive=True), sp.Symbol("P", positive=True)
    place = mean + sp.sqrt(variance) * z
    logarithm = -(z**2) / 2 - sp.log(variance / prior) / 2 + place**2 / (2 * prior)
    datum = mu_0 + sp.sqrt(v_0) * z
    return (
        Step(
            claim="A Gaussian of mean m and variance V has the divergence ((V + m^2)/P - 1 - log(V/P))/2 from a "
            "centred one of variance P.",
            because="The logarithm of the ratio of the densities is averaged over the first.",
            obligation=GaussE(sp.expand(logarithm), z).doit() - divergence(mean**2, variance, prior),
        ),
        Step(
            claim="Given the datum the variances are equal, and the divergence is x_0^2 / (2 sigma_max^2), in the mean "
            "that of its mean square.",
            because="m is the datum, and V and P are sigma_max^2; the mean square is that of the data.",
            obligation=(
                divergence(mean**2, largest**2, largest**2) - mean**2 / (2 * largest**2),
                GaussE(sp.expand(datum**2), z).doit() - SQUARE,
                divergence(SQUARE, largest**2, largest**2) - STATEMENT.right[0],
            ),
        ),
        Step(
            claim="All data together end as a Gaussian of variance v_0 + sigma_max^2.",
            because="Independent variances add up; the divergence is evaluated.",
            obligation=sp.expand_log(
                sp.expand(divergence(mu_0**2, v_0 + largest**2, largest**2) - STATEMENT.right[1]), force=True
            ).subs(sp.log(v_0 + largest**2), sp.log(1 + v_0 / largest**2) + 2 * sp.log(largest)),
            shows=STATEMENT.formula,
        ),
    )
