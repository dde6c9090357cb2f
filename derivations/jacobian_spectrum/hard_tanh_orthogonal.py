r"""Singular values of the Jacobian of a deep hard-tanh network with orthogonal weights at a critical point.

Premises: phi(x) is x between -1 and 1 and constant beyond; orthogonal weights of scale sigma_w, Gaussian biases, and
sigma_w^2 p = 1, where p is the fraction of neurons that are not saturated at the fixed length q*. The page puts tanh
with orthogonal weights apart from relu. For hard tanh the law is that of relu with another p; what is different is
that p can be close to 1. While L (1 - p) < 1, directions that no layer touches are left: a fraction 1 - L (1 - p) of
all singular values sits at sigma_w^L, outside the continuous part.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.proof import Step
from derivations.statement import Limit, Statement
from derivations.symbols import L, N, q_star, s, varphi, x

P = sp.Symbol("p_1", positive=True)  # fraction of the neurons whose slope is 1
SHARE = sp.erf(1 / sp.sqrt(2 * q_star))

STATEMENT = Statement(
    module=__name__,
    title="Spectrum of hard-tanh networks with orthogonal weights",
    formula=sp.Eq(
        sp.Tuple(
            s,
            jacobian_spectrum.ABOVE,
            jacobian_spectrum.LARGEST,
            jacobian_spectrum.SECOND,
            jacobian_spectrum.THIRD,
        ),
        sp.Tuple(*jacobian_spectrum.switched_law(P)),
        evaluate=False,
    ),
    where=(sp.Eq(P, SHARE, evaluate=False),),
    parameters=(
        jacobian_spectrum.LAYERS.narrowed("at least two", domain=sp.Range(2, sp.oo)),
        jacobian_spectrum.LENGTH,
        jacobian_spectrum.ANGLE.narrowed("from 0 to pi / L"),
    ),
    assumptions=(
        jacobian_spectrum.SQUARE,
        jacobian_spectrum.SLOPES,
        jacobian_spectrum.AT_LENGTH,
        "Weights are uniformly random orthogonal matrices times sigma_w, with sigma_w^2 p_1 = 1, where p_1 is the "
        "fraction of neurons whose slope is 1; biases are Gaussian, with the variance that makes q* a fixed point.",
        jacobian_spectrum.COUNTED,
        "What F is at the angle 0 sits at sigma_w^L, above the continuous part, whose end lambda_max is.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.UNIVERSALITY),
    covers=("J5",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the fraction of neurons that are not saturated to the law, and to the directions that no layer touches."""
    fraction = STATEMENT.right[1]
    inside = sp.erf(x / sp.sqrt(2 * q_star))
    density = sp.exp(-(x**2) / (2 * q_star)) / sp.sqrt(2 * sp.pi * q_star)
    dimension, left = sp.Symbol(r"\dim", real=True), N * (1 - L * (1 - P))
    return (
        Step(
            claim="Of neurons with Gaussian preactivations of variance q* the fraction erf(1 / sqrt(2 q*)) lies "
            "between -1 and 1, where the slope is 1.",
            because="The derivative of erf(x / sqrt(2 q*)) is twice the density, and it vanishes at x = 0.",
            obligation=(
                sp.diff(inside, x) - 2 * density,
                inside.subs(x, 0),
                inside.subs(x, 1) - STATEMENT.where[0].rhs,
            ),
            shows=STATEMENT.where[0],
        ),
        *jacobian_spectrum.switched_orthogonal(P, tuple(STATEMENT.right)),
        Step(
            claim="Where alpha begins at pi, which it does if L (1 - p_1) < 1, the fraction at angle 0 is "
            "1 - L (1 - p_1).",
            because="At angle 0, u is p_1 / ((1 - p_1) (L - 1)), which exceeds 1 exactly if L (1 - p_1) < 1.",
            obligation=(P / ((1 - P) * (L - 1)) - 1) * (1 - P) * (L - 1) - (1 - L * (1 - P)),
            shows=sp.Eq(jacobian_spectrum.ABOVE, 1 - L * (1 - P), evaluate=False),
            means={jacobian_spectrum.ABOVE: fraction.subs(jacobian_spectrum.law_turn(P), sp.pi).subs(varphi, 0)},
        ),
        Step(
            claim="So many directions are stretched by sigma_w in every layer: one layer more loses at most 1 - p_1 of "
            "them.",
            because="Without a layer that is all of them. The directions that L layers leave alone and those that the "
            "next one leaves alone, of dimensions (1 - L (1 - p_1)) N and p_1 N, intersect in at least the sum less N.",
            shows=sp.Ge(dimension, left, evaluate=False),
            means=({dimension: N, L: 0}, {dimension: left + P * N - N, L: L + 1}),
        ),
    )
