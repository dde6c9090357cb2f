r"""Inpainting: the exact conditional law, and what is sampled when the known part is replaced at every step.

Premises: two Gaussian halves of correlation rho, one of them known, and the perfect reverse chain. Tilting every
reverse kernel by the probability of what is known gives the conditional law. Putting the noised known half into every
step does not, in the limit of small steps: the unknown half then follows a drift that has the right place only at the
end. The result is biased towards the mean and too wide for any number of steps.
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.proof import Step
from derivations.statement import Limit, Parameter, Printed, Source, Statement
from derivations.symbols import n, rho

tilted_mean, tilted, replaced_mean, replaced = sp.symbols("m_tilt V_tilt m_rep V_rep", real=True)
known = sp.Symbol("y_0", real=True)
SIDES = sp.Tuple(tilted_mean, tilted, replaced_mean, replaced)
REPLACED_MEAN = known * (1 - sp.sqrt(1 - rho**2)) / rho
REPLACED = (1 - rho**2) * sp.atanh(rho) / rho

STATEMENT = Statement(
    module=__name__,
    title="Inpainting by conditioning and by replacement",
    formula=sp.Eq(SIDES, sp.Tuple(rho * known, 1 - rho**2, REPLACED_MEAN, REPLACED), evaluate=False),
    parameters=(
        Parameter(
            symbol=rho,
            meaning="correlation of the known and the unknown half",
            domain=sp.Interval.open(0, 1),
            typical=(0.3, 0.9),
        ),
        Parameter(symbol=known, meaning="value of the known half", domain=sp.S.Reals, typical=(-1.7, 2.3)),
        diffusion.STEPS.narrowed(typical=(50, 400)),
    ),
    assumptions=(
        "Both halves have mean 0 and variance 1. The reverse chain is perfect and long.",
        "Replacement puts the known half with fresh noise of the step's variance into every step; the chain has many "
        "small steps. The tilt is exact for any number of steps.",
    ),
    regime=Limit(parameter=n, towards=sp.oo, rate=1 / n),
    sources=(
        Source(document="000", where="Diffusion Probabilistic Model Inpainting"),
        Source(document="sohldickstein2015deep", where="multiplying distributions, and computing posteriors"),
        Source(document="song2021score", where="conditional generation and imputation"),
    ),
    covers=("F13",),
    printed=(
        Printed(
            erratum="U29",
            kind="in use",
            formula=sp.Eq(SIDES, sp.Tuple(rho * known, 1 - rho**2, rho * known, 1 - rho**2), evaluate=False),
            note="Replacing the known part at every step does not sample the conditional law, however many steps there "
            "are.",
            source=Source(document="public_code", where="inpainting by replacement of the known part"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the drift of the unknown half to its law at the end of the chain."""
    x, w, share = sp.symbols("x w alphabar", real=True)
    a = sp.Symbol("a", positive=True)  # alphabar, which grows from 0 to 1 as the chain runs back
    correlation = rho * share
    exponent = -(x**2 - 2 * correlation * x * w + w**2) / (2 * (1 - correlation**2))
    score = exponent.diff(x)
    inverse = 1 / (1 - rho**2 * a**2)
    grown = (1 - rho**2 * a**2) * sp.atanh(rho * a) / (rho * a)
    moved = known / rho * sp.sqrt((1 - rho**2 * a**2) / a) * (1 / sp.sqrt(1 - rho**2 * a**2) - 1)
    kernel, tilt = sp.symbols("p c", cls=sp.Function)
    first, second = sp.symbols("x_1 x_2", real=True)
    chain = kernel(0, first) * kernel(first, second)
    tilted_chain = kernel(0, first) * tilt(first) / tilt(0) * kernel(first, second) * tilt(second) / tilt(first)
    joint = -(x**2 - 2 * rho * x * known + known**2) / (2 * (1 - rho**2))
    return (
        Step(
            claim="Kernels tilted by the probability of what is known give the law of the chain, tilted at its end.",
            because="The tilts of neighbouring steps cancel in the product.",
            obligation=tilted_chain - chain * tilt(second) / tilt(0),
            instances="two steps",
        ),
        Step(
            claim="At the end that is the conditional Gaussian of mean rho y and variance 1 - rho^2.",
            because="The exponent of both halves is a square in the unknown one.",
            obligation=sp.expand(joint.diff(x) + (x - STATEMENT.right[0]) / STATEMENT.right[1]),
            shows=sp.Eq(sp.Tuple(tilted_mean, tilted), sp.Tuple(*STATEMENT.right[:2]), evaluate=False),
        ),
        Step(
            claim="The unknown half drifts by x/2 + (rho alphabar w - x)/(1 - rho^2 alphabar^2); w is the known half.",
            because="The chain leaves a correlation rho alphabar, and the score is the slope of the exponent.",
            obligation=sp.cancel(score - (correlation * w - x) / (1 - correlation**2)),
        ),
        Step(
            claim="Fresh noise in w is averaged over many small steps; the variance obeys "
            "a V' = V - 2 V/(1 - rho^2 a^2) + 1, and this is its solution from 1 on.",
            because="The solution is differentiated, and its value at a = 0 is taken.",
            obligation=(
                a * grown.diff(a) - grown + 2 * grown * inverse - 1,
                sp.limit(grown, a, 0) - 1,
            ),
        ),
        Step(
            claim="The mean obeys a m' = m/2 + (rho a sqrt(a) y - m)/(1 - rho^2 a^2), and this is its solution from 0.",
            because="The solution is differentiated, and its value at a = 0 is taken.",
            obligation=(
                a * moved.diff(a) - moved / 2 - (rho * a ** sp.Rational(3, 2) * known - moved) * inverse,
                sp.limit(moved, a, 0),
            ),
        ),
        Step(
            claim="At the end of the chain they are the formula.",
            because="alphabar is 1 there.",
            obligation=(
                grown.subs(a, 1) - STATEMENT.right[3],
                sp.expand(moved.subs(a, 1) - STATEMENT.right[2]),
            ),
            shows=STATEMENT.formula,
        ),
    )
