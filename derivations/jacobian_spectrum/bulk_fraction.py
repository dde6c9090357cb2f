r"""How many singular values of a deep critical network stay near 1: a law like 1 / L, with a logarithm in it.

Premises: as for the largest singular value, any critical network whose layers spread the squared singular values by a
fixed variance v_lambda. In the limit of large depth one curve, by an angle, is left of all laws. The page says that the
fraction of singular values in [1 - eps, 1 + eps] goes like 1 / D. It does, but with a factor theta / pi that comes
near 1 only like 1 - 1 / ln(v_lambda L): a power law fitted to tens or hundreds of layers finds the exponent eta, which
is not -1.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus import mean_field
from derivations.jacobian_spectrum import ABOVE, universal_edge
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Printed, Statement
from derivations.symbols import L, s, varphi

V = sp.Symbol("v_lambda", positive=True)  # variance of the squared singular values of one layer, whose mean is 1
DENSITY = sp.Symbol("n_s", positive=True)
EXPONENT = sp.Symbol("eta", real=True)
COTANGENT = sp.cos(varphi) / sp.sin(varphi)

SIDES = sp.Tuple(s, ABOVE, DENSITY, EXPONENT)
STRETCH = sp.sqrt(V * L * sp.sin(varphi) / varphi * sp.exp(varphi * COTANGENT))
FRACTION = (varphi - varphi**2 * COTANGENT) / (sp.pi * V * L)

STATEMENT = Statement(
    module=__name__,
    title="Fraction of the singular values near 1 in deep critical networks",
    formula=sp.Eq(
        SIDES,
        sp.Tuple(
            STRETCH,
            FRACTION,
            2 * varphi / (sp.pi * V * L),
            1 / (1 - 2 * varphi * COTANGENT + varphi**2 / sp.sin(varphi) ** 2) - 1,
        ),
        evaluate=False,
    ),
    parameters=(
        Parameter(
            symbol=V, meaning="variance of the squared singular values of a layer", domain=POSITIVE, typical=(0.2, 2)
        ),
        jacobian_spectrum.LAYERS,
        jacobian_spectrum.ANGLE.narrowed("from 0 at the largest one to pi", typical=(0.3, 2.8)),
    ),
    assumptions=(
        mean_field.WIDE,
        jacobian_spectrum.SLOPES,
        "Layers are alike and critical: the mean squared singular value of one is 1, and their variance v_lambda, "
        "which does not depend on the depth; their third moment is finite.",
        "F is the fraction of the singular values above s, n_s that per unit of ln s, and eta the exponent with which "
        "n_s "
        "changes with L at a fixed s. Of [1 - eps, 1 + eps] the fraction is ln((1 + eps) / (1 - eps)) n_1 for small "
        "eps.",
        jacobian_spectrum.RELATIVE,
    ),
    regime=Limit(parameter=L, towards=sp.oo, rate=1 / L),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J6", "J7"),
    printed=(
        Printed(
            erratum="E8b",
            kind="ambiguous",
            formula=sp.Eq(SIDES, sp.Tuple(STRETCH, FRACTION, 2 / (V * L), -sp.S.One), evaluate=False),
            note="A fraction 1 / D near 1 is right up to a factor that comes near 1 like 1 - 1 / ln D; between tens "
            "and hundreds of layers a power law has an exponent near -0.9.",
            source=jacobian_spectrum.SUMMARY,
        ),
    ),
    uses=("jacobian_spectrum.universal_edge",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the level in the limit of large depth to the curve on which it is real, its fraction, and the exponent."""
    stretch, fraction, density, exponent = STATEMENT.right
    square = stretch**2
    modulus = varphi / (V * sp.sin(varphi))  # of w
    logarithm = sp.log(V) + sp.log(sp.sin(varphi)) - sp.log(varphi) + varphi * COTANGENT  # of s^2 / L
    slope = sp.diff(logarithm, varphi)
    near = sp.Symbol("delta", positive=True)  # pi minus the angle
    turned = sp.log(sp.sin(near)) - sp.log(sp.pi - near) - (sp.pi - near) * sp.cos(near) / sp.sin(near)
    edge = universal_edge.STATEMENT.right[0].subs(universal_edge.SPREAD, V)
    return (
        *universal_edge.derivation()[-3:-1],
        Step(
            claim="On the curve w = r e^(i varphi) with v_lambda r sin(varphi) = varphi the level over L is real, "
            "and it is the square of the singular value stated.",
            because="The argument of e^(v_lambda w) / w is v_lambda r sin(varphi) - varphi; its modulus is "
            "e^(v_lambda r cos(varphi)) / r.",
            obligation=(
                V * modulus * sp.sin(varphi) - varphi,
                L * sp.exp(V * modulus * sp.cos(varphi)) / modulus - square,
            ),
            shows=sp.Eq(s, stretch, evaluate=False),
        ),
        Step(
            claim="Im M is varphi / (v_lambda L) there, so that the density per unit of ln s is the one stated.",
            because="M is w / L; Im M / pi is the density per unit of ln s^2, which is 2 ln s.",
            obligation=2 * (modulus * sp.sin(varphi) / L) / sp.pi - density,
            shows=sp.Eq(DENSITY, density, evaluate=False),
        ),
        Step(
            claim="The fraction stated belongs to that density, and is 0 at the edge.",
            because="The fraction is differentiated by the angle, and ln s too; the limit at angle 0 is taken.",
            obligation=sp.limit(fraction, varphi, 0, "+"),
            shows=sp.Eq(s * sp.Derivative(ABOVE, s), -density, evaluate=False),
            means={s: stretch, sp.Derivative(ABOVE, s): sp.diff(fraction, varphi) / sp.diff(stretch, varphi)},
        ),
        Step(
            claim="At angle 0 the singular value is the largest one.",
            because="The limit of the square over L is compared with e v_lambda.",
            shows=sp.Eq(sp.Limit(s, varphi, 0, "+"), edge, evaluate=False),
            means={s: stretch},
        ),
        Step(
            claim="At a fixed s the density falls with depth with the exponent stated.",
            because="ln L changes by minus the slope of ln(s^2 / L) by the angle; the density is varphi over L.",
            shows=sp.Eq(sp.Symbol(r"d \ln n_s / d \ln L"), exponent, evaluate=False),
            means={sp.Symbol(r"d \ln n_s / d \ln L"): (1 / varphi) / (-slope) - 1},
        ),
        Step(
            claim="The angle of s = 1 comes near pi like 1 / ln L: pi - varphi, times ln(v_lambda L) / pi, tends to 1. "
            "So the fraction is that of the page, 2 / (v_lambda L) for each unit of ln s, only up to logarithms.",
            because="With delta = pi - varphi, ln(s^2 / (v_lambda L)) is -pi / delta at leading order, and "
            "-ln(v_lambda L) where s is 1.",
            shows=sp.Eq(sp.Limit(near * sp.log(V * L), near, 0, "+"), sp.pi, evaluate=False),
            means={sp.log(V * L): -turned},
        ),
    )
