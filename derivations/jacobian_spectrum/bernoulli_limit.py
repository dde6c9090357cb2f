r"""The limit of deep networks whose slopes are 1 or 0, with orthogonal weights, close to isometry.

Premises: orthogonal weights and an activation that is linear with saturation, such as hard tanh, at a critical point
whose fraction 1 - p of saturated neurons shrinks with the depth so that L (1 - p) / p stays at sigma_0^2. The
S-transform tends to exp(-sigma_0^2 zeta / (1 + zeta)): another law than that of smooth activations of the same
sigma_0. Here singular values reach down to 0, and below sigma_0 = 1 a fraction 1 - sigma_0^2 of them sits in one point
above all others.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus import taylor
from derivations.jacobian_spectrum import ZETA, M, smooth_limit
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Statement
from derivations.symbols import L, s, varphi

SPREAD = smooth_limit.SPREAD
COTANGENT = sp.cos(varphi) / sp.sin(varphi)
MODULUS = varphi / (SPREAD**2 * sp.sin(varphi))  # of u = M / (1 + M)
TURN = sp.pi / 2 - sp.atan((1 - MODULUS * sp.cos(varphi)) * SPREAD**2 / varphi)  # minus the argument of 1 - u

STATEMENT = Statement(
    module=__name__,
    title="Limit of deep networks with saturating linear activations close to isometry",
    formula=sp.Eq(
        sp.Tuple(s, jacobian_spectrum.ABOVE, jacobian_spectrum.LARGEST, jacobian_spectrum.THIRD),
        sp.Tuple(
            sp.sqrt(SPREAD**2 * sp.sin(varphi) / varphi * sp.exp(varphi * COTANGENT)),
            (varphi + (1 - SPREAD**2) * TURN) / sp.pi,
            sp.E * SPREAD**2,
            1 + 3 * SPREAD**2 + 3 * SPREAD**4 / 2 - SPREAD**2,
        ),
        evaluate=False,
    ),
    parameters=(
        Parameter(
            symbol=SPREAD,
            meaning="standard deviation of the squared singular values",
            domain=POSITIVE,
            typical=(0.4, 2),
        ),
        jacobian_spectrum.ANGLE.narrowed("from 0 to pi", typical=(0.3, 2.8)),
    ),
    assumptions=(
        "Widths go to infinity first; L and q* change together, so that L (1 - p) / p tends to sigma_0^2, where p is "
        "the fraction of the neurons whose slope is 1; the others have slope 0.",
        jacobian_spectrum.SLOPES,
        jacobian_spectrum.AT_LENGTH,
        "Weights are uniformly random orthogonal matrices times sigma_w, at the critical point.",
        "F is the fraction of all singular values above s. What F is at the angle 0 sits at exp(sigma_0^2 / 2), above "
        "the continuous part, the end of whose squares lambda_max is; m_3 is the third moment of the squares.",
    ),
    regime=Limit(parameter=L, towards=sp.oo, rate=1 / L),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.UNIVERSALITY),
    covers=("J9",),
    uses=("jacobian_spectrum.smooth_limit",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the S-transform of one layer to its limit, and to the curve on which lambda is real, its fraction and
    end."""
    S = SPREAD
    e, p, u, alpha = sp.symbols("e p u alpha", positive=True)
    stretch, fraction, edge, third = STATEMENT.right
    share = 1 / (1 + S**2 * e)  # p, where (1 - p) / p = sigma_0^2 / L and e = 1 / L
    one_layer = (sp.log(1 + ZETA) - sp.log(1 + ZETA / share)) / e
    limit = -(S**2) * ZETA / (1 + ZETA)
    of_level = sp.exp(S**2 * u) / u
    turned = -(S**2) * u - (S**2 - 1) * sp.log(1 - u)  # primitive
    logarithm = S**2 * u - sp.log(u)
    value = 1 - MODULUS * sp.exp(sp.I * varphi)
    return (
        jacobian_spectrum.switched(p),
        *jacobian_spectrum.freeness(((1 + ZETA) / (1 + ZETA / p)) ** L, [p ** (1 - k) for k in (1, 2, 3)]),
        Step(
            claim="The logarithm of the S-transform of L critical layers tends to -sigma_0^2 zeta / (1 + zeta), which "
            "is not the limit of smooth activations.",
            because="p is 1 / (1 + sigma_0^2 / L); the limit of large L is taken, and the series in zeta compared.",
            obligation=(
                taylor.coefficients(sp.exp(-3 * limit) * (1 + ZETA) ** 3 / 3, 3, ZETA)[2] - third,
                sp.expand(smooth_limit.STATEMENT.right[6] - third - S**2),
            ),
            shows=sp.Eq(sp.log(jacobian_spectrum.TRANSFORM(ZETA)), limit, evaluate=False),
            means={sp.log(jacobian_spectrum.TRANSFORM(ZETA)): sp.limit(one_layer, e, 0)},
        ),
        Step(
            claim="With u = M / (1 + M) the level is e^(sigma_0^2 u) / u; on u = r e^(i varphi) with sigma_0^2 r "
            "sin(varphi) = varphi it is real, and the square of the singular value stated.",
            because="The argument of the level is sigma_0^2 r sin(varphi) - varphi; its modulus is "
            "e^(sigma_0^2 r cos(varphi)) / r.",
            obligation=(
                S**2 * MODULUS * sp.sin(varphi) - varphi,
                sp.exp(S**2 * MODULUS * sp.cos(varphi)) / MODULUS - stretch**2,
            ),
            shows=sp.Eq(jacobian_spectrum.LAMBDA, of_level, evaluate=False),
            means={jacobian_spectrum.LAMBDA: jacobian_spectrum.level(sp.exp(limit)), u: M / (1 + M)},
        ),
        Step(
            claim="Inside the spectrum lambda is real while M is complex, and the density of the squared singular "
            "values is the imaginary part of M over pi lambda.",
            because="(1 + M) / lambda is the trace of the resolvent, whose jump across the spectrum is the density.",
            assumption=jacobian_spectrum.INVERSION,
        ),
        Step(
            claim="The fraction above a level, the integral of Im M over pi ln lambda, is elementary in u.",
            because="The primitive is differentiated by u and compared with M times the slope of ln lambda.",
            shows=sp.Eq(
                u / (1 - u) * sp.Derivative(sp.log(jacobian_spectrum.LAMBDA), u),
                sp.Derivative(turned, u),
                evaluate=False,
            ),
            means={jacobian_spectrum.LAMBDA: of_level},
        ),
        Step(
            claim="On the curve it is the fraction stated, with minus the argument of 1 - u.",
            because="sigma_0^2 u has the imaginary part varphi; the cotangent of the argument is that of 1 - u.",
            obligation=(
                sp.tan(sp.pi / 2 - TURN)
                + sp.re(sp.expand(value, complex=True)) / sp.im(sp.expand(value, complex=True)),
                sp.expand(varphi + (S**2 - 1) * -alpha - (sp.pi * fraction).subs(TURN, alpha)),
            ),
            shows=sp.Eq(jacobian_spectrum.ABOVE, fraction, evaluate=False),
        ),
        Step(
            claim="The continuous part ends at u = 1 / sigma_0^2, and with 1 - u < 0 there, so for sigma_0 < 1, the "
            "fraction at angle 0 is 1 - sigma_0^2; u = 1, where M is infinite, is at e^(sigma_0^2).",
            because="The logarithm of the level is differentiated; its values are inserted, and the argument pi.",
            obligation=(
                sp.diff(logarithm, u).subs(u, 1 / S**2),
                sp.expand((sp.pi * fraction).subs(TURN, sp.pi).subs(varphi, 0) - sp.pi * (1 - S**2)),
                of_level.subs(u, 1) - sp.exp(S**2),
            ),
            shows=sp.Eq(jacobian_spectrum.LARGEST, edge, evaluate=False),
            means={jacobian_spectrum.LARGEST: of_level.subs(u, 1 / S**2)},
        ),
    )
