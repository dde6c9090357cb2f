r"""tanh networks with orthogonal weights and strong weights are far from isometry, though they are critical.

Premises: tanh, orthogonal weights, the critical line. Along it sigma_w and q* grow together. For a large q* nearly all
neurons are saturated, and averages of powers of the slope are integrals over the few that are not. The page's panels
show spectra at growing sigma_w; here is how the variance v of the squared singular values of one layer grows.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.proof import Step
from derivations.statement import Limit, Source, Statement
from derivations.symbols import q_star, x

SPREAD, SQUARE = sp.symbols("v sigma_w^2", positive=True)
DOMINATED = Source(document="rudin1976principles", where="Lebesgue's theorem on dominated convergence")

STATEMENT = Statement(
    module=__name__,
    title="Spread of critical tanh networks with strong weights",
    formula=sp.Eq(
        sp.Tuple(SQUARE, SPREAD),
        sp.Tuple(
            sp.Rational(3, 4) * sp.sqrt(2 * sp.pi * q_star),
            sp.Rational(18, 35) * sp.sqrt(2 * sp.pi * q_star) - 1,
        ),
        evaluate=False,
    ),
    parameters=(jacobian_spectrum.LENGTH.narrowed(typical=(10, 400)),),
    assumptions=(
        "The activation is tanh, weights are orthogonal times sigma_w, and the network is critical at the length q*.",
        jacobian_spectrum.OF_ONE_LAYER,
    ),
    regime=Limit(parameter=q_star, towards=sp.oo, rate=1 / sp.sqrt(q_star)),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J19",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the Gaussian average of a narrow function to two integrals over powers of sech."""
    u = sp.Symbol("u", real=True)
    tanh = sp.tanh(x)
    density = sp.exp(-(x**2) / (2 * q_star)) / sp.sqrt(2 * sp.pi * q_star)
    fourth, eighth = tanh - tanh**3 / 3, tanh - tanh**3 + 3 * tanh**5 / 5 - tanh**7 / 7
    slope = sp.diff(tanh, x)  # sech^2
    ends = [2 * f.subs(tanh, u).subs(u, 1) for f in (fourth, eighth)]
    over_line = sp.Integral(sp.sech(x) ** 8, (x, -sp.oo, sp.oo))
    scale = sp.sqrt(2 * sp.pi * q_star)
    square, spread = STATEMENT.right
    return (
        Step(
            claim="The density of the preactivation, times sqrt(2 pi q*), tends to 1 at any place; it is never larger.",
            because="The limit of e^(-x^2 / (2 q*)) is taken; its exponent is not positive.",
            shows=sp.Eq(sp.Limit(scale * density, q_star, sp.oo, "-"), 1, evaluate=False),
            means={},
        ),
        Step(
            claim="So averages of integrable functions of the preactivation, times sqrt(2 pi q*), tend to integrals.",
            because="The integrands are bounded by the functions themselves.",
            assumption=DOMINATED,
        ),
        Step(
            claim="The integrals of the second and fourth power of tanh' are 4/3 and 32/35.",
            because="Their primitives are polynomials in tanh, differentiated here, and taken at 1 and -1.",
            obligation=(
                sp.expand(sp.diff(fourth, x) - slope**2),
                sp.expand(sp.diff(eighth, x) - slope**4),
                ends[0] - sp.Rational(4, 3),
            ),
            shows=sp.Eq(over_line, sp.Rational(32, 35), evaluate=False),
            means={over_line: ends[1]},
        ),
        Step(
            claim="sigma_w^2 is the inverse of the mean squared slope, and v + 1 the mean fourth power over its "
            "square.",
            because="The limits of both averages are inserted.",
            obligation=(
                square * ends[0] / scale - 1,
                sp.simplify((ends[1] / scale) / (ends[0] / scale) ** 2 - (spread + 1)),
            ),
            shows=STATEMENT.formula,
        ),
    )
