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
    below, threshold = sp.Function("alpha")(w), sp.Symbol("u_th")
    slopes = [sp.diff(mass, w, k).subs(w, 0) for k in range(4)]
    ends = [definition.rhs for definition in law.where]
    return (
        Step(
            claim="The mass of the semicircle below w is 1/2 + w / pi, and the next term is of the third order.",
            because="The function is differentiated at w = 0: its second derivative vanishes there.",
            shows=sp.Eq(below, HALF + w / sp.pi + sp.O(w**3), evaluate=False),
            means={below: sum(slopes[k] * w**k / sp.factorial(k) for k in range(4))},
        ),
        Step(
            claim="With the end of the negative part in terms of the level that is the fraction stated.",
            because="w = u sqrt(C_2) / C_1 and w_p = u sqrt(p / (p - 1)) are inserted.",
            shows=STATEMENT.formula,
            means={fraction: slopes[0] + end * slopes[1] for fraction, end in zip(FRACTIONS, ends, strict=True)},
        ),
        Step(
            claim="The fraction vanishes at the levels -2 C_1 / sqrt(C_2) and -2 sqrt((p - 1) / p), below which "
            "critical points are minima.",
            because="There w and w_p are -2, the lower end of the semicircle.",
            obligation=(
                sp.simplify(ends[1].subs(u, -2 * sp.sqrt((p - 1) / p)) + 2),
                mass.subs(w, -2),
            ),
            shows=sp.Eq(threshold, -2 * C_1 / sp.sqrt(C_2), evaluate=False),
            means={threshold: -2 * u / ends[0]},
        ),
    )
