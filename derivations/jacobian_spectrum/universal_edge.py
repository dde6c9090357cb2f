r"""The largest singular value of the Jacobian of a deep critical network grows like the root of its depth.

Premises: any activation, weights that are Gaussian or orthogonal, the critical point chi_1 = 1, widths that go to
infinity before the depth does. One layer spreads the squared singular values around their mean 1 by a variance v, and
only v is left of the layer when L is large: the largest squared singular value is e v L. The page says "maximum
singular value D"; what grows like the depth is its square.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus import free_probability, mean_field
from derivations.calculus.gaussian import GaussE
from derivations.jacobian_spectrum import LAMBDA, LARGEST, ONE_LAYER, ZETA
from derivations.proof import Step
from derivations.statement import Limit, Printed, Statement
from derivations.symbols import L, phi, q_star, x, z

GAUSSIAN, ORTHOGONAL = sp.symbols("s_max^G s_max^O", positive=True)
SPREAD = sp.Symbol("mu", positive=True)  # mean fourth power of the slope over the square of its mean square
SLOPE = phi(x).diff(x).subs(x, sp.sqrt(q_star) * z)
SIDES = sp.Tuple(GAUSSIAN, ORTHOGONAL)

STATEMENT = Statement(
    module=__name__,
    title="Largest singular value of deep critical networks",
    formula=sp.Eq(SIDES, sp.Tuple(sp.sqrt(sp.E * SPREAD * L), sp.sqrt(sp.E * (SPREAD - 1) * L)), evaluate=False),
    where=(sp.Eq(SPREAD, GaussE(SLOPE**4, z) / GaussE(SLOPE**2, z) ** 2, evaluate=False),),
    parameters=(mean_field.ACTIVATION, jacobian_spectrum.LENGTH, jacobian_spectrum.LAYERS),
    assumptions=(
        mean_field.WIDE,
        jacobian_spectrum.SLOPES,
        jacobian_spectrum.AT_LENGTH,
        "The network is critical: sigma_w^2 times the mean square of the slope is 1.",
        "Weights are Gaussian for s_max^G, and uniformly random orthogonal matrices times sigma_w for s_max^O, for "
        "which the slope must not be the same for all neurons.",
        "The slope is bounded: for one that is not, as that of x^3, there is no largest singular value.",
        jacobian_spectrum.RELATIVE,
    ),
    regime=Limit(parameter=L, towards=sp.oo, rate=1 / L),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J5", "J8"),
    printed=(
        Printed(
            erratum="E8b",
            kind="ambiguous",
            formula=sp.Eq(SIDES, sp.Tuple(sp.E * SPREAD * L, sp.E * (SPREAD - 1) * L), evaluate=False),
            note='"Maximum singular value D" and "tail extent O(D)" hold for the eigenvalues of J J^T; the singular '
            "values grow like the root of the depth.",
            source=jacobian_spectrum.SUMMARY,
        ),
    ),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the spread of one layer to the level in the limit of large depth, and to where it is stationary."""
    v, w, e, k = sp.symbols("v w e k", positive=True)
    slopes, of_weights = (free_probability.s_transform((1, 1 + spread)) for spread in (SPREAD - 1, 1))
    both = free_probability.product(slopes, of_weights)
    mean, fourth = sp.symbols("E2 E4", positive=True)
    logarithm = sp.log(1 + e * w) - sp.log(w) - sp.log(1 - v * e * w + k * (e * w) ** 2) / e  # of lambda / L, 1 / L = e
    limit = v * w - sp.log(w)
    edges = [right**2 for right in STATEMENT.right]
    return (
        *jacobian_spectrum.freeness(ONE_LAYER**L, (1, *sp.symbols("mu_2 mu_3", positive=True))),
        Step(
            claim="The S-transform of a law of mean 1 and variance v begins with 1 - v zeta; orthogonal weights leave "
            "that of the squared slopes, v = mu - 1, and Gaussian ones add 1 to v.",
            because="The series are reverted and multiplied; W W^T of a Gaussian matrix has mean 1 and variance 1.",
            shows=sp.Eq(ONE_LAYER, 1 - v * ZETA + sp.O(ZETA**2), evaluate=False),
            means=tuple(
                {ONE_LAYER: series[0] + series[1] * ZETA, v: spread}
                for series, spread in ((slopes, SPREAD - 1), (both, SPREAD))
            ),
        ),
        Step(
            claim="At the critical point sigma_w^2 phi'^2 has the mean 1 and the second moment mu.",
            because="sigma_w^2 is the inverse of the mean square of the slope; the ratio is that of the definition.",
            obligation=(
                (fourth / mean**2)
                - STATEMENT.where[0].rhs.subs({GaussE(SLOPE**4, z): fourth, GaussE(SLOPE**2, z): mean}),
            ),
            shows=STATEMENT.where[0],
        ),
        Step(
            claim="With M = w / L the level over L tends to e^(v w) / w, whatever the rest of the S-transform is.",
            because="The logarithm of (1 + M) / (M L) S_1(M)^(-L) is taken to the limit, with any coefficient k of the "
            "second order.",
            shows=sp.Eq(sp.Limit(LAMBDA / L, L, sp.oo, "-"), sp.exp(v * w) / w, evaluate=False),
            means={LAMBDA: L * sp.exp(logarithm.subs(e, 1 / L))},
        ),
        Step(
            claim="The spectrum ends where this is stationary, at w = 1 / v, at the level e v.",
            because="The logarithm is differentiated; its value there is 1 + ln v.",
            obligation=(
                sp.diff(limit, w).subs(w, 1 / v),
                sp.expand_log(limit.subs(w, 1 / v)) - 1 - sp.log(v),
            ),
            shows=sp.Eq(LARGEST, sp.E * v * L, evaluate=False),
            means=(
                {LARGEST: L * sp.exp(limit.subs(w, 1 / v))},
                {LARGEST: edges[0], v: SPREAD},
                {LARGEST: edges[1], v: SPREAD - 1},
            ),
        ),
        Step(
            claim="What is left out is of relative order 1 / L.",
            because="The logarithm is expanded in e = 1 / L.",
            shows=sp.Eq(sp.log(LAMBDA / L), v * w - sp.log(w) + sp.O(1 / L, (L, sp.oo)), evaluate=False),
            means={sp.log(LAMBDA / L): sp.series(logarithm, e, 0, 2).removeO().subs(e, 1 / L)},
        ),
    )
