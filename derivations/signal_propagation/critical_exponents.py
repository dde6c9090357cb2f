r"""How correlations behave close to the phase boundary: two exponents, both 1, and amplitudes alike on both sides.

Premises: a wide random network whose length has settled at q*, with chi_1 = 1 + Delta_chi above the boundary and
1 - Delta_chi below it. The slide says that the boundary displays critical behavior and gives no exponent. The map of
the correlation has at c = 1 the slope chi_1 and the curvature chi_2 q*: below the boundary c = 1 is attractive, above
it a second fixed point leaves c = 1 in proportion to the distance, and the slope there is as far below 1 as chi_1 is
above.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.calculus import mean_field, taylor
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import correlation_depth, correlation_slope
from derivations.statement import POSITIVE, LeadingOrder, Parameter, Source, Statement
from derivations.symbols import Delta_chi, c, c_star, chi_2, q_star, sigma_w, x, z

APART = 1 - c_star
ABOVE, BELOW = sp.Symbol(r"1/\xi_c^{>}", positive=True), sp.Symbol(r"1/\xi_c^{<}", positive=True)

STATEMENT = Statement(
    module=__name__,
    title="Critical exponents of the correlation",
    formula=sp.Eq(
        sp.Tuple(APART, ABOVE, BELOW),
        sp.Tuple(2 * Delta_chi / (chi_2 * q_star), Delta_chi, Delta_chi),
        evaluate=False,
    ),
    parameters=(
        Parameter(symbol=Delta_chi, meaning="distance of chi_1 from 1", domain=POSITIVE, typical=(0.001, 0.1)),
        Parameter(
            symbol=chi_2,
            meaning="sigma_w^2 times the mean squared second derivative",
            domain=POSITIVE,
            typical=(0.3, 3.0),
        ),
        mean_field.FIXED_LENGTH,
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "c* is the attractive fixed point above the boundary, where chi_1 = 1 + Delta_chi; xi_c is the depth over "
        "which a wrong correlation is forgotten, above the boundary and below it, where chi_1 = 1 - Delta_chi and "
        "c* = 1.",
        "phi is three times differentiable, grows at most exponentially, and is not linear; a kink makes the curvature "
        "at c_l = 1 infinite, and the exponent another one.",
        "Terms of the second order in Delta_chi are left out.",
    ),
    regime=LeadingOrder(parameter=Delta_chi, order=2),
    sources=(
        Source(document="002", where="The Phase Diagram"),
        Source(document="poole2016exponential", where="correlation map and its slope chi_1"),
    ),
    covers=("D31",),
    uses=(correlation_slope.STATEMENT.id, correlation_depth.STATEMENT.id),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the expansion of the correlation map at c = 1 to its other fixed point and the slope there."""
    apart, third = sp.Symbol("y", positive=True), sp.Symbol("k", real=True)  # 1 - c; third coefficient of the map
    first, second = sp.symbols("y_1 y_2", real=True)  # coefficients of 1 - c* in powers of Delta_chi
    curvature = chi_2 * q_star
    at_one_known = (1, 1 + Delta_chi, curvature)  # the map and its derivatives by c
    mapped = sum((d * (-apart) ** n / sp.factorial(n) for n, d in enumerate(at_one_known)), third * apart**3)
    at_one = correlation_slope.renamed(correlation_slope.STATEMENT.right[1].subs(c, 1).doit())
    bend = correlation_slope.slope(2).subs(x, sp.sqrt(q_star) * z)
    order = sp.O(Delta_chi**2)
    F, beyond = sp.Function("F", real=True)(c), sp.Symbol("O((1-c)^3)")
    steepness, bent = sp.Function("F'", real=True)(c_star), sp.Function("F''", real=True)(1)
    distance = sp.expand((mapped - (1 - apart)) / apart)  # vanishes at every fixed point but c = 1
    guess = first * Delta_chi + second * Delta_chi**2
    left = sp.expand(distance.subs(apart, guess))
    first_order = left.coeff(Delta_chi, 1)  # linear in y_1
    root = -first_order.subs(first, 0) / first_order.coeff(first)
    slope = -sp.diff(mapped, apart)  # by c
    there = sp.expand(slope.subs(apart, root * Delta_chi + second * Delta_chi**2))
    depths = [taylor.polynomial(-sp.log(steep), 3, Delta_chi) for steep in (there, 1 - Delta_chi)]  # inverse
    return (
        Step(
            claim="At c_l = 1 the map has the curvature chi_2 q*, since both inputs are the same there.",
            because="c_l = 1 is inserted into the second derivative of the map at any correlation.",
            shows=sp.Eq(bent, curvature, evaluate=False),
            means={bent: at_one, chi_2: sigma_w**2 * GaussE(bend**2, z)},
        ),
        Step(
            claim="Close to the boundary the map is known to second order in 1 - c_l.",
            because="Taylor expansion at c_l = 1, where the map is 1 and its slope chi_1.",
            shows=sp.Eq(F, 1 - (1 + Delta_chi) * (1 - c) + curvature * (1 - c) ** 2 / 2 + beyond, evaluate=False),
            means={F: mapped.subs(apart, 1 - c), beyond: third * (1 - c) ** 3},
        ),
        Step(
            claim="Beside c_l = 1 there is a fixed point that leaves it in proportion to the distance.",
            because="The fixed points but c_l = 1 solve F(c_l) = c_l over 1 - c_l; a series in Delta_chi is inserted, "
            "and its first coefficient makes the first order vanish.",
            obligation=root * Delta_chi - STATEMENT.right[0],
            shows=sp.Eq(APART, STATEMENT.right[0] + order, evaluate=False),
            means={c_star: 1 - guess.subs(first, root)},
        ),
        Step(
            claim="There the map is as much less steep than 1 as it is steeper at c_l = 1: it is attractive.",
            because="The fixed point, with any second-order term, is inserted into the derivative of the map.",
            shows=sp.Eq(steepness, 1 - Delta_chi + order, evaluate=False),
            means={steepness: there},
        ),
        Step(
            claim="So the inverse depth is the distance from the boundary, on both sides.",
            because="The depth is -1 over the logarithm of the slope at the attractive fixed point, which is "
            "1 - Delta_chi below the boundary, and above it to first order; the logarithm is expanded.",
            obligation=tuple(
                depth.coeff(Delta_chi) * Delta_chi - side
                for depth, side in zip(depths, STATEMENT.right[1:], strict=True)
            ),
            shows=sp.Eq(sp.Tuple(ABOVE, BELOW), sp.Tuple(Delta_chi + order, Delta_chi + order), evaluate=False),
            means=dict(zip((ABOVE, BELOW), depths, strict=True)),
        ),
    )
