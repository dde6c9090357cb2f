r"""At a critical point of a random landscape the error level fixes the fraction of negative curvatures.

Premises: a Gaussian error landscape of N weights, with a covariance N C(r^2 / 2N) that depends on the distance r alone
(Bray and Dean), or the spherical model of degree p, whose covariance is N times the p-th power of the overlap. The
Hessian is a random matrix of the Gaussian orthogonal ensemble and a shift t of all curvatures; how t and the error go
together follows from their covariance. So the fraction is the mass of a shifted semicircle below zero.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import error_landscape
from derivations.error_landscape import WIGNER
from derivations.proof import Step
from derivations.statement import Limit, Source, Statement
from derivations.symbols import C_1, C_2, N, p, u

FRACTIONS = sp.symbols("alpha alpha_p", positive=True)
MEANS = sp.symbols("lambdabar lambdabar_p", real=True)
W, W_P = sp.symbols("w w_p", real=True)  # ends of the negative part, in units in which the semicircle ends at -2 and 2


def below(w: sp.Expr) -> sp.Expr:
    """The mass of the semicircle of radius 2 below w."""
    return sp.Rational(1, 2) + w * sp.sqrt(4 - w**2) / (4 * sp.pi) + sp.asin(w / 2) / sp.pi


STATEMENT = Statement(
    module=__name__,
    title="Error level and index of critical points",
    formula=sp.Eq(
        sp.Tuple(FRACTIONS[0], MEANS[0], FRACTIONS[1], MEANS[1]),
        sp.Tuple(below(W), -u * C_2 / C_1, below(W_P), -p * u),
        evaluate=False,
    ),
    where=(
        sp.Eq(W, u * sp.sqrt(C_2) / C_1, evaluate=False),
        sp.Eq(W_P, u * sp.sqrt(p / (p - 1)), evaluate=False),
    ),
    parameters=(
        error_landscape.LEVEL,
        error_landscape.SLOPE_OF_COVARIANCE,
        error_landscape.BEND_OF_COVARIANCE,
        error_landscape.DEGREE,
    ),
    assumptions=(
        error_landscape.LANDSCAPE,
        error_landscape.SPHERE,
        "alpha is the fraction of negative curvatures, and lambdabar the mean of all of them, of either sign. |w| and "
        "|w_p| are at most 2: all curvatures are positive below that range of levels, and negative above it.",
        "Levels are the typical ones of critical points with a given fraction. Where C''(0) exceeds C'(0)^2 / C(0) "
        "levels and fractions are not locked: the shift fluctuates at a given level, and what is found depends on how "
        "critical points are sampled.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(
        error_landscape.GENERAL_PROPERTIES,
        error_landscape.HIGH_DIMENSIONAL,
        Source(document="bray2007statistics", where="critical points of Gaussian fields"),
        error_landscape.COMPLEXITY,
    ),
    covers=("F1",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From covariances of the landscape to its Hessian, to the typical level, and to the mass below zero."""
    c_0 = sp.Symbol("C_0", positive=True)
    x, y = (sp.symbols(f"{letter}_1:5", real=True) for letter in "xy")

    def covariance(kernel: sp.Expr, left: tuple[int, ...], right: tuple[int, ...]) -> sp.Expr:
        """Of a derivative by coordinates `left` with one by coordinates `right`, at one point."""
        places = [*(x[k] for k in left), *(y[k] for k in right)]
        found = kernel
        for letter in sorted((*x, *y), key=places.count):  # a letter that is done with is set to 0 at once
            for _ in range(places.count(letter)):
                found = found.diff(letter)
            found = found.subs(letter, 0)
        return found

    half = sum(((a - b) ** 2 for a, b in zip(x, y, strict=True)), sp.S.Zero) / (2 * N)
    field = N * (c_0 - C_1 * half + C_2 * half**2 / 2)
    lengths = [1 + sum(a**2 for a in letters[:2]) / N for letters in (x, y)]
    overlap = (1 + (x[0] * y[0] + x[1] * y[1]) / N) / sp.sqrt(lengths[0] * lengths[1])
    sphere = N * overlap**p
    elements, of_shift, unit, of_hessian, of_ensemble = map(
        sp.Symbol,
        (
            r"N \langle H_{ii} H_{jj} \rangle",
            r"\langle t^2 \rangle",
            r"\delta_{ij} \delta_{kl}",
            r"\langle H_{ij} H_{kl} \rangle",
            r"\langle G_{ij} G_{kl} \rangle",
        ),
    )
    pairs = ((0, 0, 0, 0), (0, 0, 1, 1), (0, 1, 0, 1), (0, 0, 0, 1), (0, 1, 0, 2), (0, 1, 2, 3))

    def deltas(i: int, j: int, k: int, l: int) -> int:
        return int(i == k and j == l) + int(i == l and j == k)

    eps, shift = sp.symbols("varepsilon t", real=True)
    matrix = sp.Matrix([[c_0, -C_1], [-C_1, C_2]])  # of the level and the shift, times N
    both = sp.Matrix([eps, shift])
    form = (both.T * matrix.adjugate() * both)[0] / (2 * matrix.det())
    typical = sp.Symbol("t_u", real=True)
    of_level = -u * C_2 / C_1
    v = sp.Symbol("v", real=True)
    below = sp.Function("alpha")(v)
    mass = STATEMENT.right[0].subs(W, v)
    semicircle = sp.sqrt(4 - v**2) / (2 * sp.pi)
    shifted = STATEMENT.right[1]
    spread = sp.sqrt(p * (p - 1))
    return (
        Step(
            claim="In a landscape of covariance N C(r^2 / 2N) the Hessian is independent of the gradient; its elements "
            "have the covariances (C_2 / N) (delta_ij delta_kl + delta_ik delta_jl + delta_il delta_jk), and -C_1 "
            "delta_ij with the error.",
            because="The covariance is differentiated at coinciding points; of C only the first two derivatives count "
            "there. All patterns of equal and different indices are tried.",
            obligation=(
                *(
                    covariance(field, (i, j), (k, l)) - C_2 / N * (int(i == j and k == l) + deltas(i, j, k, l))
                    for i, j, k, l in pairs
                ),
                covariance(field, (), (0, 0)) + C_1,
                covariance(field, (), (0, 1)),
                covariance(field, (0,), (0, 0)),
                covariance(field, (0,), (0, 1)),
                covariance(field, (0,), (1, 1)),
            ),
            shows=sp.Eq(elements, C_2, evaluate=False),
            means={elements: N * covariance(field, (0, 0), (1, 1))},
        ),
        Step(
            claim="So H is sqrt(C_2) times a matrix of the Gaussian orthogonal ensemble with elements of variance 1 / "
            "N off the diagonal, plus t times the unit matrix, with a Gaussian t of variance C_2 / N.",
            because="The covariances of the ensemble and of the shift are added.",
            shows=sp.Eq(of_hessian, C_2 * of_ensemble + of_shift * unit, evaluate=False),
            means=tuple(
                {
                    of_hessian: covariance(field, (i, j), (k, l)),
                    of_ensemble: sp.Rational(deltas(i, j, k, l)) / N,
                    of_shift: C_2 / N,
                    unit: int(i == j and k == l),
                }
                for i, j, k, l in pairs
            ),
        ),
        Step(
            claim="At a given shift, and so at a given fraction, the typical level has t = -u C_2 / C_1.",
            because="Level and shift have the exponent -N Q, with the inverse of their covariance matrix; the "
            "determinant, by which critical points are weighted, contains the shift only. Q is differentiated by the "
            "level.",
            shows=sp.Eq(typical, of_level, evaluate=False),
            means={typical: -u * sp.diff(form, eps, 2) / sp.diff(form, eps, shift)},
        ),
        Step(
            claim="On the sphere the Hessian of the model of degree p has elements of variance p (p - 1) / N off the "
            "diagonal, and its shift is -p times the level, without any fluctuation.",
            because="The p-th power of the overlap of two points is differentiated by coordinates of the tangent "
            "plane; the covariance of two diagonal elements is that of -p E / N with itself.",
            obligation=(
                covariance(sphere, (0, 1), (0, 1)) - p * (p - 1) / N,
                covariance(sphere, (0, 0), (1, 1)) - p**2 * covariance(sphere, (), ()) / N**2,
                covariance(sphere, (), (0, 0)) + p * covariance(sphere, (), ()) / N,
                covariance(sphere, (0, 0), (0, 0)) - 2 * p * (p - 1) / N - p**2 / N,
                covariance(sphere, (0,), (0, 0)),
                covariance(sphere, (0,), (1, 1)),
            ),
            shows=sp.Eq(MEANS[1], -p * u, evaluate=False),
        ),
        Step(
            claim="The eigenvalues of the ensemble follow the semicircle of radius 2, and their number below a level "
            "does not fluctuate to leading order.",
            because="This is Wigner's law.",
            assumption=WIGNER,
        ),
        Step(
            claim="The mass of the semicircle below w is the function stated.",
            because="It is differentiated back, and taken at both ends.",
            obligation=(
                mass.subs(v, -2),
                mass.subs(v, 2) - 1,
                STATEMENT.right[2].subs(W_P, v) - mass,
            ),
            shows=sp.Eq(sp.diff(below, v), semicircle, evaluate=False),
            means={below: mass},
        ),
        Step(
            claim="Curvatures are negative where the ensemble's eigenvalue lies below -t over its scale: at w in the "
            "landscape, at w_p on the sphere.",
            because="The shifts are divided by sqrt(C_2) and by sqrt(p (p - 1)).",
            obligation=(
                STATEMENT.where[0].rhs + shifted / sp.sqrt(C_2),
                of_level - shifted,
                sp.simplify(STATEMENT.where[1].rhs ** 2 - (STATEMENT.right[3] / spread) ** 2),
                sp.simplify(STATEMENT.where[1].rhs * spread / u - p).subs(p, 5),
                sp.simplify(STATEMENT.where[1].rhs * spread / u - p).subs(p, 3),
            ),
            shows=STATEMENT.where[0],
        ),
    )
