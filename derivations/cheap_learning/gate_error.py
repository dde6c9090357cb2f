r"""How the errors of gates add up in a product of many factors (document 003).

Premises: the gate of four neurons with its first error; products built from gates as a tree. To leading order the
relative errors of all gates add up, and each is 2 sigma_4/sigma_2 lambda^2 times the sum of the squares of what the
gate multiplies. The slides build polynomials by repeated multiplication and say nothing of the error.
"""

from __future__ import annotations

import sympy as sp

from derivations.cheap_learning import ACTIVATION, BIAS, DEGREE, SCALE, multiplication_gate
from derivations.proof import Step
from derivations.statement import LeadingOrder, Parameter, Source, Statement
from derivations.symbols import d, lamda, sigma_2, sigma_4, u, v, y_1, y_2, y_3, y_4

REPEATED = Source(document="003", where="to efficiently approximate a polynomial in a neural network")
PRODUCT, UNIT_ERROR = sp.Function("m_4"), sp.Function("e")
RATIO = 2 * sigma_4 / sigma_2
FACTORS = (y_1, y_2, y_3, y_4)
SQUARES = y_1**2 + y_2**2 + y_3**2 + y_4**2 + (y_1 * y_2) ** 2 + (y_3 * y_4) ** 2

STATEMENT = Statement(
    module=__name__,
    title="Error of a product that gates compute",
    formula=sp.Eq(
        sp.Tuple(PRODUCT(lamda), UNIT_ERROR(lamda, d)),
        sp.Tuple(y_1 * y_2 * y_3 * y_4 * (1 + RATIO * lamda**2 * SQUARES), 2 * (d - 1) * RATIO * lamda**2),
        evaluate=False,
    ),
    where=(multiplication_gate.TAYLOR_2, multiplication_gate.TAYLOR_4),
    parameters=(
        ACTIVATION,
        BIAS,
        SCALE,
        DEGREE.narrowed("at least two", domain=sp.Range(2, sp.oo)),
        *(
            Parameter(symbol=y, meaning=f"factor number {j}", domain=sp.Reals, typical=(-1.1, 1.2))
            for j, y in enumerate(FACTORS, start=1)
        ),
    ),
    assumptions=(
        "m_4 is the output of three gates: one multiplies the outputs of the other two, which multiply y_1 by y_2 and "
        "y_3 by y_4. All gates have the same activation, bias and scale, and sigma_2 is not zero.",
        "e is the relative error of a product of d factors that are 1, by any tree of d - 1 gates; for factors between "
        "-1 and 1 the relative error is no larger to this order, so that the bound is attained.",
        "The factors are fixed while lambda goes to 0.",
    ),
    regime=LeadingOrder(parameter=lamda, order=4),
    sources=(REPEATED, Source(document="lin2017cheap", where="polynomials by repeated multiplication")),
    covers=("H26",),
    uses=(multiplication_gate.STATEMENT.id,),
)


def derivation() -> tuple[Step, ...]:
    """From one gate to a tree of three, and from the sum of errors to any tree."""
    product, unit = STATEMENT.right
    small = sp.Symbol("e", nonnegative=True)  # lambda^2
    gate = multiplication_gate.STATEMENT.right[0].subs(lamda, sp.sqrt(small))

    def multiplied(first: sp.Expr, second: sp.Expr) -> sp.Expr:
        return gate.subs({u: first, v: second}, simultaneous=True)

    tree = multiplied(multiplied(y_1, y_2), multiplied(y_3, y_4))
    stated = product.subs(lamda, sp.sqrt(small))
    left, right, part = sp.symbols("d_1 d_2 eta", positive=True)
    first, second = sp.symbols("r_1 r_2", real=True)

    def first_order(expression: sp.Expr) -> sp.Expr:
        return expression.diff(small).subs(small, 0)

    def one(degree: sp.Expr) -> sp.Expr:
        return unit.subs(lamda, sp.sqrt(small)).subs(d, degree)

    together = (1 + one(left)) * (1 + one(right)) * (1 + 2 * RATIO * small)
    output = {PRODUCT(lamda): sp.collect(sp.expand(tree), small).subs(small, lamda**2)}
    p, q = sp.symbols("p q", nonnegative=True)  # any factor above -1 and up to 1 is (1 - p)/(1 + p)
    return (
        Step(
            claim="For a vanishing scale three gates give the product of four factors.",
            because="One gate gives the product of two.",
            shows=sp.Eq(sp.Limit(PRODUCT(lamda), lamda, 0), y_1 * y_2 * y_3 * y_4, evaluate=False),
            means=output,
        ),
        Step(
            claim="To first order in lambda^2 each gate adds its own relative error: six squares for four factors.",
            because="The composed gates, differentiated by lambda^2 at 0; the last gate multiplies y_1 y_2 "
            "and y_3 y_4.",
            obligation=sp.expand(first_order(tree) - first_order(stated)),
            shows=sp.Eq(
                sp.Derivative(PRODUCT(sp.sqrt(small)), small), y_1 * y_2 * y_3 * y_4 * RATIO * SQUARES, evaluate=False
            ),
        ),
        Step(
            claim="What is left out is of order lambda^4.",
            because="The composition is a polynomial in lambda^2 whose first two coefficients are those stated; what a "
            "gate itself leaves out is of that order, too.",
            shows=sp.Eq(PRODUCT(lamda), product + sp.O(lamda**4), evaluate=False),
            means=output,
        ),
        Step(
            claim="A product of d_1 factors that are 1, times one of d_2, has the error of d_1 + d_2 factors.",
            because="The parts' errors and that of the gate that joins them, 2 sigma_4/sigma_2 lambda^2 (1 + 1), are "
            "multiplied out to first order. So it does not matter which tree is used.",
            obligation=(
                sp.expand(first_order(together) - first_order(one(left + right))),
                unit.subs(d, 1),
            ),
            shows=sp.Eq(
                UNIT_ERROR(lamda, left + right),
                UNIT_ERROR(lamda, left) + UNIT_ERROR(lamda, right) + UNIT_ERROR(lamda, 2),
                evaluate=False,
            ),
        ),
        Step(
            claim="For factors between -1 and 1 no gate has a larger error to this order, and factors of 1 attain it.",
            because="The squares of what a gate multiplies are at most 1 each: 2 less their sum is what is left of the "
            "bound, 1 - r_1^2 + 1 - r_2^2.",
            obligation=2 - (first**2 + second**2) - ((1 - first**2) + (1 - second**2)),
            shows=sp.Le(first**2 + second**2, 2, evaluate=False),
            means={first: (1 - p) / (1 + p), second: (1 - q) / (1 + q)},
        ),
        Step(
            claim="Without an expansion: if no gate is off by more than the fraction eta, a product of d factors is "
            "off by (1 + eta)^(d - 1) - 1 at most.",
            because="Products of parts with d_1 and d_2 factors have the factors (1 + eta)^(d_1 - 1) and "
            "(1 + eta)^(d_2 - 1), and the gate that joins them one more.",
            obligation=sp.powsimp((1 + part) ** (left - 1) * (1 + part) ** (right - 1) * (1 + part))
            - (1 + part) ** (left + right - 1),
            shows=sp.Le(sp.Abs(UNIT_ERROR(lamda, d)), (1 + part) ** (d - 1) - 1, evaluate=False),
            means=tuple(
                {UNIT_ERROR(lamda, d): sp.expand(sp.prod([1 + part] * gates)) - 1, d: gates + 1} for gates in (1, 2, 4)
            ),
        ),
    )
