r"""Just beyond the edge of chaos a tanh network with orthogonal weights is an isometry up to the second order.

Premises: tanh, orthogonal weights of gain sigma_w slightly above 1, no biases; the length settles at a small q*. In
powers of q* both the growth of the mean squared singular value and the decay of the typical one begin with the second
order. The page concludes that learning times do not depend on depth; at a fixed gain both still grow with depth, so
that the gain has to approach 1 like L^(-1/2).
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import LeadingOrder, Printed, Source, Statement
from derivations.symbols import chi_1, q_star, x, z

EXTENSIVE = Source(document="000", where="Extensive Criticality yields Dynamical Isometry in nonlinear nets")
SQUARE, DECAY = sp.Symbol("sigma_w^2", positive=True), sp.Symbol(r"\mathrm{E} \ln s^{-1}", positive=True)
SIDES = sp.Tuple(SQUARE, chi_1, DECAY)
GAIN = 1 + 2 * q_star - sp.Rational(5, 3) * q_star**2

STATEMENT = Statement(
    module=__name__,
    title="Just beyond the edge of chaos",
    formula=sp.Eq(
        SIDES,
        sp.Tuple(GAIN, 1 + sp.Rational(4, 3) * q_star**2, sp.Rational(4, 3) * q_star**2),
        evaluate=False,
    ),
    parameters=(jacobian_spectrum.LENGTH.narrowed("small", typical=(0.01, 0.2)),),
    assumptions=(
        "The activation is tanh, weights are orthogonal times sigma_w, and there are no biases; q* is the fixed "
        "length.",
        "chi_1 is the mean squared singular value of one layer, and E ln 1/s minus the mean logarithm of its singular "
        "values.",
        "Terms of the third order in q* are left out.",
    ),
    regime=LeadingOrder(parameter=q_star, order=3),
    sources=(EXTENSIVE,),
    covers=("J16",),
    printed=(
        Printed(
            erratum="E37",
            kind="assumption",
            formula=sp.Eq(SIDES, sp.Tuple(GAIN, sp.S.One, sp.S.Zero), evaluate=False),
            note="Depth-independent learning times need sigma_w - 1 to shrink like L^(-1/2): at a fixed 1.1 the mean "
            "squared singular value is 1.36 at 30 layers and 2.5e4 at 1000.",
            source=EXTENSIVE,
        ),
    ),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the series of tanh to Gaussian averages, to the gain that keeps a length, and to both means."""
    q = sp.Symbol("q", positive=True)
    gain, stretch, decay = (side.subs(q_star, q) for side in STATEMENT.right)
    series = sp.series(sp.tanh(x), x, 0, 7).removeO()
    slope = sp.diff(series, x)
    log_slope = sp.series(sp.log(sp.diff(sp.tanh(x), x)), x, 0, 6).removeO()
    field = sp.sqrt(q) * z

    def average(expression: sp.Expr, orders: int) -> sp.Expr:
        found = sp.expand(GaussE(sp.expand(expression.subs(x, field)), z).doit())
        return sum(found.coeff(q, k) * q**k for k in range(orders))

    square, squared_slope, mean_log = average(series**2, 4), average(slope**2, 3), average(log_slope, 3)

    printed = GaussE(sp.tanh(field) ** 2, z)

    def to_second(expression: sp.Expr) -> sp.Expr:
        return sp.series(expression, q, 0, 3).removeO()

    return (
        Step(
            claim="The averages of tanh^2, tanh'^2 and ln tanh' are series in q.",
            because="tanh is expanded to the fifth order in its argument, and Gaussian moments are inserted.",
            obligation=(
                sp.expand(squared_slope - (1 - 2 * q + 7 * q**2)),
                sp.expand(mean_log - (-q + q**2 / 2)),
            ),
            shows=sp.Eq(printed, q - 2 * q**2 + sp.Rational(17, 3) * q**3 + sp.O(q**4), evaluate=False),
            means={printed: square},
        ),
        Step(
            claim="The length q is kept where sigma_w^2 is q over the average of tanh^2.",
            because="The quotient is expanded to the second order.",
            shows=sp.Eq(SQUARE, gain, evaluate=False),
            means={SQUARE: to_second(sp.cancel(q / square))},
        ),
        Step(
            claim="The mean squared singular value of one layer is sigma_w^2 times the average of tanh'^2.",
            because="Their product is expanded to the second order; the first order cancels.",
            shows=sp.Eq(chi_1, stretch, evaluate=False),
            means={chi_1: to_second(sp.cancel(q / square) * squared_slope)},
        ),
        Step(
            claim="The mean logarithm is half that of sigma_w^2 plus the average of ln tanh'.",
            because="ln det of orthogonal weights times slopes is a sum; expanded to the second order, where the first "
            "cancels as well.",
            shows=sp.Eq(DECAY, decay, evaluate=False),
            means={DECAY: -to_second(sp.log(gain)) / 2 - mean_log},
        ),
    )
