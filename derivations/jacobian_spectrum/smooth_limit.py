r"""The limit of deep networks with smooth odd activations and orthogonal weights, close to isometry.

Premises: orthogonal weights, a critical point whose q* shrinks with the depth so that L v stays at sigma_0^2, where v
is the variance of the squared singular values of one layer; for tanh v is about 8 q*^2, so that q* goes like L^(-1/2).
Then only sigma_0^2 is left of the activation: the S-transform tends to exp(-sigma_0^2 zeta). The spectrum lies between
two positive ends: no singular value vanishes, and none grows with depth. The page's table gives tanh with orthogonal
weights both columns as O(1) without saying that q* has to shrink.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus import taylor
from derivations.jacobian_spectrum import ONE_LAYER, ZETA, M
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Printed, Statement
from derivations.symbols import L, varphi

SPREAD = sp.Symbol("sigma_0", positive=True)
HEIGHT = sp.Symbol("y_M", positive=True)  # imaginary part of M
RIGHT, LEFT = sp.symbols("x_up x_low", real=True)  # real parts of M on the two halves of the spectrum
UPPER, LOWER = sp.symbols("s_up s_low", positive=True)
ABOVE_UPPER, ABOVE_LOWER = sp.symbols("F_up F_low", positive=True)
LARGEST, SMALLEST = sp.symbols("lambda_max lambda_min", positive=True)
THIRD = jacobian_spectrum.THIRD
HALF = sp.Rational(1, 2)
REACH = sp.sqrt(sp.Rational(1, 4) + 1 / SPREAD**2)
ROOT = sp.sqrt(sp.Rational(1, 4) - HEIGHT**2 + HEIGHT * sp.cos(varphi) / sp.sin(varphi))


def stretch(place: sp.Symbol) -> sp.Expr:
    """The singular value where M = place + i y."""
    ratio = ((1 + place) ** 2 + HEIGHT**2) / (place**2 + HEIGHT**2)
    return ratio ** sp.Rational(1, 4) * sp.exp(SPREAD**2 * place / 2)


def fraction(place: sp.Symbol) -> sp.Expr:
    """The fraction of the singular values above that."""
    return (sp.pi / 2 - sp.atan((1 + place) / HEIGHT) - varphi * place) / sp.pi


SIDES = sp.Tuple(UPPER, ABOVE_UPPER, LOWER, ABOVE_LOWER, LARGEST, SMALLEST, THIRD)
FORMULA = sp.Eq(
    SIDES,
    sp.Tuple(
        stretch(RIGHT),
        fraction(RIGHT),
        stretch(LEFT),
        fraction(LEFT),
        (REACH + HALF) / (REACH - HALF) * sp.exp(SPREAD**2 * (REACH - HALF)),
        (REACH - HALF) / (REACH + HALF) * sp.exp(-(SPREAD**2) * (REACH + HALF)),
        1 + 3 * SPREAD**2 + 3 * SPREAD**4 / 2,
    ),
    evaluate=False,
)

STATEMENT = Statement(
    module=__name__,
    title="Limit of deep smooth networks close to isometry",
    formula=FORMULA,
    where=(
        sp.Eq(HEIGHT, varphi / SPREAD**2, evaluate=False),
        sp.Eq(RIGHT, ROOT - HALF, evaluate=False),
        sp.Eq(LEFT, -ROOT - HALF, evaluate=False),
    ),
    parameters=(
        Parameter(
            symbol=SPREAD,
            meaning="standard deviation of the squared singular values",
            domain=POSITIVE,
            typical=(0.4, 2),
        ),
        jacobian_spectrum.ANGLE.narrowed("from 0 at both ends of the spectrum to where both halves meet"),
    ),
    assumptions=(
        "Widths go to infinity first; L and q* change together, so that L v tends to sigma_0^2.",
        jacobian_spectrum.SLOPES,
        jacobian_spectrum.AT_LENGTH,
        "Weights are uniformly random orthogonal matrices times sigma_w, at the critical point of an activation whose "
        "slope at 0 is stationary.",
        "F_up and F_low are the fractions of all singular values above s_up and s_low, on the upper and the lower half "
        "of the spectrum; lambda_max and lambda_min are the ends of the squared ones, and m_3 is their third moment.",
    ),
    regime=Limit(parameter=L, towards=sp.oo, rate=1 / sp.sqrt(L)),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.UNIVERSALITY),
    covers=("J9",),
    printed=(
        Printed(
            erratum="E17",
            kind="assumption",
            formula=FORMULA,
            note="The table gives tanh with orthogonal weights the largest singular value and the fraction near 1 as "
            "O(1). At a fixed q* both go with depth as for relu; q* has to shrink like L^(-1/2).",
            source=jacobian_spectrum.SUMMARY,
        ),
    ),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the S-transform of one layer to its limit, the curve on which lambda is real, its fraction and its ends."""
    v, k, x_, y_ = sp.symbols("v k x y", positive=True)
    S = SPREAD
    limit = sp.exp(-(S**2) * ZETA)
    of_level = (1 + M) / M * sp.exp(S**2 * M)
    logarithm = sp.log(1 + M) - sp.log(M) + S**2 * M
    primitive = S**2 * M**2 / 2 - sp.log(1 + M)
    one_layer = 1 - v * ZETA + k * v ** sp.Rational(3, 2) * ZETA**2
    ends = [REACH - HALF, -REACH - HALF]
    turned = S**2 * STATEMENT.where[0].rhs  # sigma_0^2 y
    cotangent = sp.cos(varphi) / sp.sin(varphi)
    return (
        *jacobian_spectrum.freeness(ONE_LAYER**L, (1, *sp.symbols("mu_2 mu_3", positive=True))),
        Step(
            claim="The logarithm of the S-transform of L layers tends to -sigma_0^2 zeta: of one layer only v is "
            "left, where "
            "the second coefficient is of order v^(3/2), as for slopes that depend smoothly on a small preactivation.",
            because="The limit of the L-th power, v = sigma_0^2 / L, is taken for any coefficient k; its third moment "
            "is read off.",
            obligation=(
                taylor.coefficients(sp.exp(-3 * sp.log(limit)) * (1 + ZETA) ** 3 / 3, 3, ZETA)[2] - STATEMENT.right[6],
            ),
            shows=sp.Eq(sp.Limit(ONE_LAYER**L, L, sp.oo, "-"), limit, evaluate=False),
            means={ONE_LAYER: one_layer.subs(v, S**2 / L)},
        ),
        Step(
            claim="The argument of (1 + M) / M is that of x^2 + x + y_M^2 - i y_M, and that of the exponential "
            "sigma_0^2 y_M; the level is real where x^2 + x + y_M^2 = y_M cot(sigma_0^2 y_M).",
            because="(1 + M) times the conjugate of M is expanded at M = x + i y_M; both roots x solve the quadratic.",
            obligation=(
                sp.expand((1 + x_ + sp.I * y_) * (x_ - sp.I * y_) - (x_**2 + x_ + y_**2 - sp.I * y_)),
                *(
                    sp.expand(place**2 + place + HEIGHT**2 - HEIGHT * cotangent)
                    for place in (d.rhs for d in STATEMENT.where[1:])
                ),
                S**2 * STATEMENT.where[0].rhs - varphi,
            ),
            shows=sp.Eq(RIGHT, STATEMENT.where[1].rhs, evaluate=False),
        ),
        Step(
            claim="There the level is the square of the singular value stated.",
            because="The moduli of 1 + M, M and of the exponential are taken.",
            obligation=(
                STATEMENT.right[0] ** 4
                - ((1 + RIGHT) ** 2 + HEIGHT**2) / (RIGHT**2 + HEIGHT**2) * sp.exp(S**2 * RIGHT) ** 2,
                STATEMENT.right[2] ** 4
                - ((1 + LEFT) ** 2 + HEIGHT**2) / (LEFT**2 + HEIGHT**2) * sp.exp(S**2 * LEFT) ** 2,
            ),
            shows=sp.Eq(UPPER, stretch(RIGHT), evaluate=False),
        ),
        *jacobian_spectrum.distribution(of_level, primitive),
        Step(
            claim="Its imaginary part gives the fraction stated.",
            because="Im M^2 / 2 is x y_M, and sigma_0^2 y_M the angle; the argument of 1 + M has the cotangent "
            "(1 + x) / y_M.",
            obligation=(
                sp.im(sp.expand((x_ + sp.I * y_) ** 2)) / 2 - x_ * y_,
                *(
                    sp.expand(sp.pi * side - (sp.pi / 2 - sp.atan((1 + place) / HEIGHT)) + turned * place)
                    for side, place in ((STATEMENT.right[1], RIGHT), (STATEMENT.right[3], LEFT))
                ),
            ),
            shows=sp.Eq(ABOVE_UPPER, fraction(RIGHT), evaluate=False),
        ),
        Step(
            claim="The spectrum ends where sigma_0^2 M (1 + M) = 1, at the two levels stated.",
            because="The logarithm of the level is differentiated by M, and both roots inserted.",
            obligation=(
                sp.expand(sp.simplify(sp.diff(logarithm, M) * M * (1 + M)) - (S**2 * M * (1 + M) - 1)),
                *(sp.expand(S**2 * end * (1 + end) - 1) for end in ends),
                STATEMENT.right[4] - (1 + ends[0]) / ends[0] * sp.exp(S**2 * ends[0]),
                STATEMENT.right[5] - (1 + ends[1]) / ends[1] * sp.exp(S**2 * ends[1]),
            ),
            shows=sp.Eq(sp.Tuple(LARGEST, SMALLEST), sp.Tuple(*STATEMENT.right[4:6]), evaluate=False),
        ),
    )
