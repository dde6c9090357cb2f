r"""Gaussians are the quadratic Hamiltonians, with a sign convention (document 003).

Premises: p = exp(-H) with a quadratic polynomial H of two variables, whose second derivatives are positive definite.
Completing the square gives means and covariances, and the constant from the normalization. The slide writes
p = exp(h + h y - y h y), the opposite sign for two of the three, and sums over all i and j in place of i <= j.
"""

from __future__ import annotations

import sympy as sp

from derivations.cheap_learning import LINEAR, MIXED, SQUARES
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import det_h, h_1, h_2, h_11, h_12, h_22, y_1, y_2

SLIDE = Source(document="003", where="Low order")
MEAN, VARIANCE, COVARIANCE = sp.Symbol("m_1"), sp.Symbol("C_11"), sp.Symbol("C_12")
CONSTANT = sp.Symbol("h")
DETERMINANT = sp.Eq(det_h, 4 * h_11 * h_22 - h_12**2, evaluate=False)
LEFT = sp.Tuple(MEAN, VARIANCE, COVARIANCE, CONSTANT)
EXPONENT = (h_22 * h_1**2 - h_12 * h_1 * h_2 + h_11 * h_2**2) / det_h
RIGHT = sp.Tuple(
    (h_12 * h_2 - 2 * h_22 * h_1) / det_h,
    2 * h_22 / det_h,
    -h_12 / det_h,
    sp.log(2 * sp.pi / sp.sqrt(det_h)) + EXPONENT,
)
AS_PRINTED = {h_1: -h_1, h_2: -h_2, h_12: 2 * h_12, det_h: 4 * (h_11 * h_22 - h_12**2)}

STATEMENT = Statement(
    module=__name__,
    title="Gaussians are quadratic Hamiltonians",
    formula=sp.Eq(LEFT, RIGHT, evaluate=False),
    where=(DETERMINANT,),
    parameters=(*LINEAR, *SQUARES, MIXED),
    assumptions=(
        "H = h + h_1 y_1 + h_2 y_2 + h_11 y_1^2 + h_12 y_1 y_2 + h_22 y_2^2 is minus log p, each pair once.",
        "D_h = 4 h_11 h_22 - h_12^2 is positive: otherwise exp(-H) cannot be normalized, and there is no Gaussian.",
        "m_1 is the mean of y_1, C_11 its variance, C_12 its covariance with y_2.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="lin2017cheap", where="Gaussians have quadratic Hamiltonians")),
    covers=("H9",),
    printed=(
        Printed(
            erratum="E29",
            kind="convention",
            formula=sp.Eq(
                LEFT,
                sp.Tuple(
                    *(RIGHT[j].subs(AS_PRINTED, simultaneous=True) for j in range(3)),
                    -RIGHT[3].subs(AS_PRINTED, simultaneous=True),
                ),
                evaluate=False,
            ),
            note="With plus h, plus h_i y_i and minus h_ij y_i y_j in the exponent, summed over all i and j, constant "
            "and linear terms have the opposite sign of those of a Hamiltonian minus log p, and h_12 stands twice; it "
            "needs the matrix h_ij positive definite.",
            source=SLIDE,
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From a completed square to the moments, and from the normalization to the constant."""
    mean, variance, covariance, constant = STATEMENT.right
    defined = [(d.lhs, d.rhs) for d in STATEMENT.where]
    curvature = sp.Matrix([[2 * h_11, h_12], [h_12, 2 * h_22]])
    linear, place = sp.Matrix([h_1, h_2]), sp.Matrix([y_1, y_2])
    other_mean = mean.subs({h_1: h_2, h_2: h_1, h_11: h_22, h_22: h_11}, simultaneous=True)
    other_variance = 2 * h_11 / det_h
    means = sp.Matrix([mean, other_mean])
    covariances = sp.Matrix([[variance, covariance], [covariance, other_variance]])
    energy = h_1 * y_1 + h_2 * y_2 + h_11 * y_1**2 + h_12 * y_1 * y_2 + h_22 * y_2**2
    centred = place - means
    bracket = (centred.T * curvature * centred)[0] / 2
    depth = -(linear.T * covariances * linear)[0] / 2
    z, width = sp.Symbol("z", real=True), sp.Symbol("a", positive=True)
    bell = sp.exp(-width * z**2)
    over_line, half = sp.Integral(bell, (z, -sp.oo, sp.oo)), sp.sqrt(2 * width)
    standard = bell.subs(z, z / half) / half / (sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi))  # over the normal density
    C, bend, unit = sp.symbols("C H'' 1", commutative=False)
    m_2, lowest = sp.symbols("m_2 H_min")
    conditional = h_22 * (y_2 + (h_12 * y_1 + h_2) / (2 * h_22)) ** 2
    left_over = sp.expand(energy - conditional)
    return (
        Step(
            claim="The covariances are the inverse of the second derivatives of H.",
            because="Their product is the unit matrix.",
            shows=sp.Eq(C * bend, unit, evaluate=False),
            means={C: covariances.subs(defined), bend: curvature, unit: sp.eye(2)},
        ),
        Step(
            claim="The mean is where H is stationary.",
            because="The gradient h + H'' m vanishes there.",
            obligation=(curvature * means + linear).subs(defined)[1],
            shows=sp.Eq(2 * h_11 * MEAN + h_12 * m_2 + h_1, 0, evaluate=False),
            means={MEAN: mean.subs(defined), m_2: other_mean.subs(defined)},
        ),
        Step(
            claim="So H is half a square around the mean, and a constant.",
            because="The square is expanded; the constant is -h C h / 2.",
            obligation=(energy - bracket - depth).subs(defined),
            shows=sp.Eq(lowest - CONSTANT, depth, evaluate=False),
            means={lowest: CONSTANT + energy.subs({y_1: mean, y_2: other_mean}).subs(defined), **dict(defined)},
        ),
        Step(
            claim="A Gaussian integral over y_2, and one over y_1, leave 2 pi over the root of the determinant D_h.",
            because="exp(-a z^2) integrates to root pi/a: with a = h_22 for y_2 around its conditional mean, and with "
            "a = D_h / (4 h_22) for what is left of y_1.",
            obligation=(
                left_over.coeff(y_1, 2) - DETERMINANT.rhs / (4 * h_22),
                sp.diff(left_over, y_2),
                sp.sqrt(sp.pi / h_22) * sp.sqrt(sp.pi / (det_h / (4 * h_22))) - 2 * sp.pi / sp.sqrt(det_h),
            ),
            shows=sp.Eq(over_line, sp.sqrt(sp.pi / width), evaluate=False),
            means={over_line: standard},
        ),
        Step(
            claim="The constant normalizes: h is the logarithm of that integral and of the exponential of h C h / 2.",
            because="exp(-H) integrates to exp(-h) exp(h C h / 2) 2 pi / root D_h.",
            obligation=sp.expand(sp.together((constant - sp.log(2 * sp.pi / sp.sqrt(det_h)) + depth).subs(defined))),
            shows=sp.Eq(CONSTANT, constant, evaluate=False),
        ),
        Step(
            claim="As printed, minus log p has -h_i for h_i, minus the constant, and 2 h_12 for h_12.",
            because="log p is expanded with both orders of i and j, and compared with -H.",
            obligation=sp.expand(
                (h_1 * y_1 + h_2 * y_2 - h_11 * y_1**2 - 2 * h_12 * y_1 * y_2 - h_22 * y_2**2)
                + energy.subs({h_1: -h_1, h_2: -h_2, h_12: 2 * h_12}, simultaneous=True)
            ),
            shows=sp.Eq(det_h, DETERMINANT.rhs.subs(h_12, 2 * h_12), evaluate=False),
            means={det_h: AS_PRINTED[det_h]},
        ),
    )
