r"""Around the mean error nearly half of the curvatures are negative: critical points there are saddles.

Premises: those of the law of error level and index. In expansion around level zero the fraction of negative curvatures
is 1/2 and a term linear in the level. The page says that saddle points proliferate where local minima are rare.
"""

from __future__ import annotations

import sympy as sp

from derivations import error_landscape
from derivations.error_landscape import energy_index_law
from derivations.proof import Step
from derivations.statement import LeadingOrder, Statement
from derivations.symbols import C_1, C_2, p, u

FRACTIONS = energy_index_law.FRACTIONS
HALF = sp.Rational(1, 2)

STATEMENT = Statement(
    module=__name__,
    title="Saddle points proliferate at high error",
    formula=sp.Eq(
        sp.Tuple(*FRACTIONS),
        sp.Tuple(HALF + u * sp.sqrt(C_2) / (sp.pi * C_1), HALF + u * sp.sqrt(p / (p - 1)) / sp.pi),
        evaluate=False,
    ),
    parameters=(
        error_landscape.LEVEL.narrowed("small", typical=(-0.3, 0.3)),
        error_landscape.SLOPE_OF_COVARIANCE,
        error_landscape.BEND_OF_COVARIANCE,
        error_landscape.DEGREE,
    ),
    assumptions=(
        error_landscape.LANDSCAPE,
        error_landscape.SPHERE,
        "N is large. Minima, of fraction zero, are typical only below the levels -2 C_1 / sqrt(C_2) and -2 sqrt((p - "
        "1) / p). At level zero they are as rare as random matrices without negative eigenvalues where the level fixes "
        "the shift, as on the sphere, and exponentially rare where the shift fluctuates.",
    ),
    regime=LeadingOrder(parameter=u, order=3),
    sources=(error_landscape.HIGH_DIMENSIONAL, error_landscape.GENERAL_PROPERTIES),
    covers=("F3",),
    uses=("error_landscape.energy_index_law",),
)


def derivation() -> tuple[Step, ...]:
    """From the law of the index to its expansion at level zero, and to the levels where it ends."""
    law = energy_index_law.STATEMENT
    w = sp.Symbol("w", real=True)
    mass = energy_index_law.below(w)
    ends = {law.where[0].lhs: law.where[0].rhs, law.where[1].lhs: law.where[1].rhs}
    thresholds = (-2 * C_1 / sp.sqrt(C_2), -2 * sp.sqrt((p - 1) / p))
    return (
        Step(
            claim="The mass of the semicircle below w is 1/2 + w / pi, and the next term is of the third order.",
            because="The function is differentiated at w = 0: its second derivative vanishes there.",
            obligation=(
                mass.subs(w, 0) - HALF,
                sp.diff(mass, w).subs(w, 0) - 1 / sp.pi,
                sp.diff(mass, w, 2).subs(w, 0),
            ),
            shows=sp.Eq(sp.diff(sp.Function("alpha")(w), w), 1 / sp.pi, evaluate=False),
        ),
        Step(
            claim="With the end of the negative part in terms of the level that is the fraction stated.",
            because="w = u sqrt(C_2) / C_1 and w_p = u sqrt(p / (p - 1)) are inserted.",
            obligation=tuple(
                (mass.subs(w, 0) + end * sp.diff(mass, w).subs(w, 0)) - right
                for end, right in zip(ends.values(), STATEMENT.right, strict=True)
            ),
            shows=sp.Eq(FRACTIONS[0], STATEMENT.right[0], evaluate=False),
        ),
        Step(
            claim="The fraction vanishes at the levels -2 C_1 / sqrt(C_2) and -2 sqrt((p - 1) / p), below which "
            "critical points are minima.",
            because="There w and w_p are -2, the lower end of the semicircle.",
            obligation=(
                *(sp.simplify(end.subs(u, level) + 2) for end, level in zip(ends.values(), thresholds, strict=True)),
                mass.subs(w, -2),
            ),
            shows=sp.Eq(sp.Symbol("u_th"), thresholds[0], evaluate=False),
        ),
    )
