"""Entropy of a reverse step, between two bounds: that given the datum, and that of the forward step.

Premises: Gaussian data and the chain rule of entropies. The lower bound, with the posterior's variance, is that of a
single datum and always holds. The upper one, with beta, holds only while the chain gains entropy, that is for data of
variance at most 1: the bound of the published derivation leaves this out. Public code fixes the reverse variance at one
of the two; either is exact for one variance of the data only.
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.diffusion.posterior_variance import STATEMENT as POSTERIOR
from derivations.diffusion.posterior_variance import skipped
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import alphabar_s, alphabar_t, beta_t, v_0

lower, reverse, upper = sp.symbols("H_low H_step H_up", real=True)
v_s, v_t = sp.symbols("v_s v_t", positive=True)
SIDES = sp.Tuple(lower, reverse, upper)
AFTER = (1 - beta_t) * alphabar_s  # alphabar_t after one step


def entropy(variance: sp.Expr) -> sp.Expr:
    """Entropy of a Gaussian, in nats."""
    return sp.log(2 * sp.pi * sp.E * variance) / 2


LOWER = beta_t * (1 - alphabar_s) / (1 - AFTER)

STATEMENT = Statement(
    module=__name__,
    title="Entropy of a reverse step and its bounds",
    formula=sp.Eq(SIDES, sp.Tuple(entropy(LOWER), entropy(beta_t * v_s / v_t), entropy(beta_t)), evaluate=False),
    where=(
        sp.Eq(v_s, 1 - alphabar_s * (1 - v_0), evaluate=False),
        sp.Eq(v_t, 1 - AFTER * (1 - v_0), evaluate=False),
    ),
    parameters=(diffusion.EARLIER, diffusion.STEP, diffusion.VARIANCE),
    assumptions=(
        diffusion.CHAIN,
        diffusion.GAUSSIAN_DATA,
        "H_low is the entropy of x_s given x_t and the datum, H_step that given x_t alone, H_up that of x_t given x_s; "
        "t is the step after s.",
    ),
    regime=Exact(),
    sources=(
        diffusion.TRACTABLE,
        Source(document="sohldickstein2015deep", where="bounds on the entropy of each reverse step"),
    ),
    covers=("F11",),
    uses=(POSTERIOR.id,),
    printed=(
        Printed(
            erratum="U27",
            kind="in use",
            formula=sp.Eq(SIDES, sp.Tuple(entropy(LOWER), entropy(beta_t), entropy(beta_t)), evaluate=False),
            note="A reverse variance fixed at beta is that of data of variance 1: too large for narrower data and too "
            "small for wider ones.",
            source=Source(document="public_code", where="fixed variances of the reverse step: the large one"),
        ),
        Printed(
            erratum="U28",
            kind="in use",
            formula=sp.Eq(SIDES, sp.Tuple(entropy(LOWER), entropy(LOWER), entropy(beta_t)), evaluate=False),
            note="A reverse variance fixed at that of the posterior is that of a single datum, and too small for any "
            "data that vary.",
            source=Source(document="public_code", where="fixed variances of the reverse step: the small one"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the chain rule to the entropy between its bounds, and to where these hold."""
    posterior = POSTERIOR.right[2].subs(skipped, POSTERIOR.where[0].rhs).subs(alphabar_t, AFTER)
    earlier, later = (definition.rhs for definition in STATEMENT.where)
    joint = entropy(v_s) + entropy(beta_t) - entropy(v_t)
    low, middle, up = STATEMENT.right
    return (
        Step(
            claim="The variance grows from v_s to v_t = (1 - beta) v_s + beta.",
            because="One step is applied to the variance after s steps.",
            obligation=(1 - beta_t) * earlier + beta_t - later,
            shows=STATEMENT.where[1],
        ),
        Step(
            claim="The entropy of a reverse step is that of the forward step, and what the chain loses in entropy.",
            because="The entropy of both together is taken in two orders; the forward step has the variance beta.",
            obligation=(sp.expand_log(joint - middle, force=True), sp.exp(2 * up) / (2 * sp.pi * sp.E) - beta_t),
        ),
        Step(
            claim="Given the datum it is that of the posterior's variance.",
            because="The earlier result, for one step.",
            obligation=sp.cancel(posterior - sp.exp(2 * low) / (2 * sp.pi * sp.E)),
            shows=sp.Eq(lower, entropy(LOWER), evaluate=False),
        ),
        Step(
            claim="It is never below the lower bound: the ratio of variances exceeds 1 by "
            "v_0 beta alphabar_s / (v_t (1 - alphabar_s)).",
            because="The ratio of the variances of the reverse step and of the posterior is computed.",
            obligation=earlier * (1 - AFTER) / (later * (1 - alphabar_s))
            - 1
            - v_0 * beta_t * alphabar_s / (later * (1 - alphabar_s)),
        ),
        Step(
            claim="It is not above the upper bound if the data have at most the variance 1, and is above it otherwise.",
            because="The variance grows by beta alphabar_s (1 - v_0) in a step.",
            obligation=sp.expand(later - earlier - beta_t * alphabar_s * (1 - v_0)),
            shows=sp.Eq(v_t - v_s, beta_t * alphabar_s * (1 - v_0), evaluate=False),
        ),
    )
