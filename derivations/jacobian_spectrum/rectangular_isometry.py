r"""Rectangular matrices with orthonormal rows or columns make an isometry only if no width narrows before a widening.

Premises: a linear network N, r N, N, ..., r N, N of n bulges, whose widening matrices have orthonormal columns and
whose narrowing ones have orthonormal rows, all random. The page calls matrices with singular values 1 an isometry,
square or not. A widening followed by a narrowing is a corner of a random rotation: the mean squared singular value is
1 / r, and for r = 2 the squared singular values follow the arcsine law. Widths that only grow keep all singular values
at 1.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus import free_probability
from derivations.calculus.matrix_product import contract, letter, word
from derivations.jacobian_spectrum import MEAN, SECOND, ZETA
from derivations.proof import Step
from derivations.statement import Limit, Parameter, Printed, Statement
from derivations.symbols import N, n, s

RATIO = sp.Symbol("r_N", positive=True)
BULGES = n
FRACTION = sp.Function("F_2")(s)
SIDES = sp.Tuple(MEAN, SECOND, FRACTION)
SECOND_MOMENT = RATIO ** (-2 * BULGES) * (1 + BULGES * (1 - 1 / RATIO))

STATEMENT = Statement(
    module=__name__,
    title="Products of rectangular matrices with orthonormal rows or columns",
    formula=sp.Eq(SIDES, sp.Tuple(RATIO**-BULGES, SECOND_MOMENT, 2 * sp.acos(s) / sp.pi), evaluate=False),
    parameters=(
        Parameter(symbol=RATIO, meaning="width of the bulges over N", domain=sp.Interval(1, sp.oo), typical=(1.2, 4)),
        Parameter(symbol=BULGES, meaning="number of bulges", domain=sp.Range(1, sp.oo), typical=(3, 6)),
        Parameter(symbol=s, meaning="singular value", domain=sp.Interval(0, 1), typical=(0.1, 0.9)),
    ),
    assumptions=(
        "The network is linear; widths are N, r_N N, N and so on, and N goes to infinity.",
        "Matrices that widen have orthonormal columns, those that narrow orthonormal rows, and are uniformly random.",
        "m_k is the mean k-th power of the squared singular values, F_2 the fraction above s for one bulge of twice "
        "the width.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J17",),
    printed=(
        Printed(
            erratum="E38",
            kind="assumption",
            formula=sp.Eq(SIDES, sp.Tuple(sp.S.One, sp.S.One, sp.S.One), evaluate=False),
            note="Random rectangular matrices whose own singular values are all 1 make an isometry only where widths "
            "do not narrow before the last widening.",
            source=jacobian_spectrum.SUMMARY,
        ),
    ),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From a corner of a rotation to its moments and its law, and the isometry of growing widths."""
    p, a = sp.symbols("p a", positive=True)
    first, second, fraction = STATEMENT.right
    projection = jacobian_spectrum.of_switches(p)
    of_both = projection**2 * ZETA / (1 + ZETA)  # inverse of the moment series of P Q P, in the space of r N
    corner = of_both.subs(ZETA, p * ZETA) * (1 + ZETA) / ZETA  # on the image of P, whose moments are larger by 1 / p
    bulge = (RATIO + ZETA) / (1 + ZETA)
    series = free_probability.s_transform((first, second))
    taken = sp.series(bulge**BULGES, ZETA, 0, 2).removeO()
    M = jacobian_spectrum.M
    of_level = jacobian_spectrum.level(bulge.subs(RATIO, 2))
    on_curve = sp.I * sp.cos(a) / sp.sin(a)  # 1 + M
    narrow, narrow_t, wide, wide_t = map(letter, ("J", "J^{T}", "Q", "Q^{T}"))
    whole = word(narrow_t, wide_t, wide, narrow)
    return (
        jacobian_spectrum.switched(p),
        *free_probability.asymptotic_freeness(),
        *jacobian_spectrum.multiplication_law(),
        Step(
            claim="A widening followed by a narrowing has the S-transform (r_N + zeta) / (1 + zeta).",
            because="It is a corner of a random rotation of size r_N N: P Q P of two free projections of trace p = 1 / "
            "r_N, whose moments on the image of P are larger by 1 / p.",
            shows=sp.Eq(jacobian_spectrum.TRANSFORM(ZETA), bulge, evaluate=False),
            means={jacobian_spectrum.TRANSFORM(ZETA): corner.subs(p, 1 / RATIO)},
        ),
        Step(
            claim="n bulges have the mean and the second moment stated.",
            because="The S-transform of these two moments is compared with the n-th power of that of one bulge, to the "
            "first order.",
            obligation=tuple(taken.coeff(ZETA, j) - series[j] for j in (0, 1)),
            shows=sp.Eq(sp.Tuple(MEAN, SECOND), sp.Tuple(first, second), evaluate=False),
        ),
        Step(
            claim="For r_N = 2 the level is (1 + M)^2 / ((1 + M)^2 - 1), which is cos^2 a where 1 + M = i cot a.",
            because="r_N = 2 is inserted, and the curve.",
            obligation=of_level - (1 + M) ** 2 / ((1 + M) ** 2 - 1),
            shows=sp.Eq(jacobian_spectrum.LAMBDA, sp.cos(a) ** 2, evaluate=False),
            means={jacobian_spectrum.LAMBDA: of_level.subs(M, on_curve - 1)},
        ),
        Step(
            claim="Inside the spectrum the density is the imaginary part of M over pi lambda.",
            because="(1 + M) / lambda is the trace of the resolvent, whose jump across the spectrum is the density.",
            assumption=jacobian_spectrum.INVERSION,
        ),
        Step(
            claim="So the angle a is uniform between 0 and pi / 2: the arcsine law.",
            because="cot a / (pi cos^2 a) times the slope of cos^2 a is the slope of the fraction by a.",
            obligation=sp.cot(a) / (sp.pi * sp.cos(a) ** 2) * -sp.diff(sp.cos(a) ** 2, a)
            - sp.diff(fraction.subs(sp.acos(s), a), a),
            shows=sp.Eq(FRACTION, fraction, evaluate=False),
        ),
        Step(
            claim="A matrix with orthonormal columns behind any network leaves all its singular values alone.",
            because="Q^T Q is 1 in J^T Q^T Q J: widths that only grow make an isometry.",
            shows=sp.Eq(whole, word(narrow_t, narrow), evaluate=False),
            means={whole: contract(whole, word(wide_t, wide))},
        ),
    )
