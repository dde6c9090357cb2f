r"""Newton's method is attracted by saddle points, and saddle-free Newton is repelled.

Premises: a loss of any number of weights, smooth at a critical point without zero curvatures, and the rules of four
methods. One step multiplies what separates the weights from the critical point along an eigenvector of its Hessian by
a factor that depends on this curvature alone. Newton's factor knows no curvature: it is that of a minimum everywhere.
"""

from __future__ import annotations

import sympy as sp

from derivations import error_landscape
from derivations.error_landscape import rotation
from derivations.proof import Step
from derivations.statement import LeadingOrder, Statement
from derivations.symbols import epsilon, lambda_1, lambda_2, lambda_i, mu, r

FACTORS = sp.symbols("m_GD m_N m_D m_SF", real=True)
OVER = (sp.S.One, lambda_i, lambda_i + mu, sp.Abs(lambda_i) + mu)  # what a rule divides the slope by

STATEMENT = Statement(
    module=__name__,
    title="Saddle points attract Newton's method",
    formula=sp.Eq(
        sp.Tuple(*FACTORS),
        sp.Tuple(
            1 - epsilon * lambda_i,
            1 - epsilon,
            1 - epsilon * lambda_i / (lambda_i + mu),
            1 - epsilon * lambda_i / (sp.Abs(lambda_i) + mu),
        ),
        evaluate=False,
    ),
    parameters=(error_landscape.LEARNING_RATE, error_landscape.CURVATURE, error_landscape.DAMPING),
    assumptions=(
        error_landscape.RULES,
        error_landscape.REGULAR + " Damped Newton needs curvatures other than -mu.",
        "The factors are those of one step, of what separates the weights from the critical point along the "
        "eigenvector, at a small distance r from the critical point: gradient descent (GD), Newton (N), damped Newton "
        "(D), saddle-free Newton (SF).",
        "Per unit of epsilon, for small epsilon and no damping, the exponents are -lambda, -1, -1 and minus the sign "
        "of lambda: where all curvatures are positive saddle-free Newton is Newton's method.",
    ),
    regime=LeadingOrder(parameter=r, order=1),
    sources=(error_landscape.DESCEND, error_landscape.IDENTIFYING),
    covers=("F4",),
)


def derivation() -> tuple[Step, ...]:
    """From rules in all weights to factors along eigenvectors, and to what they say at saddles and minima."""
    turn, x, y = sp.symbols("vartheta x y", real=True)
    frame = rotation(turn)
    place = sp.Matrix([x, y])
    hessian, absolute = (
        frame * sp.diag(*values) * frame.T for values in ((lambda_1, lambda_2), (sp.Abs(lambda_1), sp.Abs(lambda_2)))
    )
    unit = sp.eye(2)
    divided = (unit, hessian, hessian + mu * unit, absolute + mu * unit)

    def along(matrix: sp.Matrix, values: tuple[sp.Expr, ...]) -> sp.Matrix:
        """What is left if the matrix had these eigenvalues along the eigenvectors."""
        return (frame.T * matrix * frame - sp.diag(*values)).applyfunc(lambda e: sp.expand(sp.expand_trig(e)))

    curvatures = (lambda_1, lambda_2)
    factors = [tuple(right.subs(lambda_i, value) for value in curvatures) for right in STATEMENT.right]
    steps = [tuple(epsilon / over.subs(lambda_i, value) for value in curvatures) for over in OVER]
    h, slope = sp.Function("h"), sp.Function("g")
    w = sp.Symbol("w", real=True)
    stepped = w - epsilon * slope(w) / h(w)
    bend = sp.Symbol("g'", real=True)
    at_rest = sp.diff(stepped, w).subs(sp.diff(slope(w), w), bend).subs(slope(w), 0)
    loss = sp.Matrix([[lambda_1, 0], [0, lambda_2]])
    quadratic = (place.T * frame * loss * frame.T * place)[0] / 2
    gradient = sp.Matrix([sp.diff(quadratic, x), sp.diff(quadratic, y)])
    negative, positive = sp.Symbol("kappa", positive=True), sp.Symbol("lambda_+", positive=True)
    g, H, moved = sp.symbols("g H w", commutative=False)
    factor_of_rule, divisor = sp.symbols("m_h h_i")
    factor_newton, factor_damped, factor_free = STATEMENT.right[1:]
    return (
        Step(
            claim="Close to the critical point the gradient is H times what separates the weights from it.",
            because="The quadratic part of the loss is differentiated; H is given by its curvatures and by "
            "eigenvectors at any angle. The cubic part adds terms of the second order in the distance.",
            shows=sp.Eq(g, H * moved, evaluate=False),
            means={g: gradient, H: hessian, moved: place},
        ),
        Step(
            claim="A step changes by the slope alone: how what divides it varies with the weights does not count.",
            because="The step -epsilon g / h is differentiated where g = 0, for any smooth h of the weights.",
            shows=sp.Eq(factor_of_rule, 1 - epsilon * lambda_i / divisor, evaluate=False),
            means={factor_of_rule: at_rest, lambda_i: bend, divisor: h(w)},
        ),
        Step(
            claim="All four rules divide by matrices that have the eigenvectors of H, so that each eigenvector has a "
            "factor of its own, which is the one stated.",
            because="The matrices are turned into the frame of the eigenvectors, divided there, and multiplied by the "
            "curvatures.",
            obligation=(
                *(
                    along(matrix, tuple(over.subs(lambda_i, value) for value in curvatures))
                    for matrix, over in zip(divided, OVER, strict=True)
                ),
                *(
                    sp.together(factor - (1 - rate * value))
                    for row, rates in zip(factors, steps, strict=True)
                    for factor, rate, value in zip(row, rates, curvatures, strict=True)
                ),
            ),
            shows=sp.Eq(sp.Tuple(*FACTORS), sp.Tuple(*STATEMENT.right), evaluate=False),
        ),
        Step(
            claim="Newton's factor lies between 0 and 1 at every curvature for a learning rate up to 1: saddles and "
            "maxima attract it like minima.",
            because="It contains no curvature.",
            obligation=(sp.diff(factor_newton, lambda_i), factor_newton.subs(epsilon, 1)),
            shows=sp.Eq(FACTORS[1], 1 - epsilon, evaluate=False),
        ),
        Step(
            claim="At a negative curvature -kappa gradient descent and saddle-free Newton grow, the latter by a step "
            "that does not vanish with kappa once kappa exceeds mu; damped Newton's factor exceeds 1 only while mu "
            "exceeds kappa.",
            because="The excess of each factor over 1 is computed, and a positive multiple of it read off.",
            obligation=(
                STATEMENT.right[0].subs(lambda_i, -negative) - 1 - epsilon * negative,
                sp.together((factor_damped.subs(lambda_i, -negative) - 1) * (mu - negative) - epsilon * negative),
            ),
            shows=sp.Eq(FACTORS[3] - 1, epsilon * negative / (negative + mu), evaluate=False),
            means={FACTORS[3]: factor_free.subs(lambda_i, -negative)},
        ),
        Step(
            claim="Where mu is just below kappa damped Newton leaves the saddle all the same, by overshooting it: its "
            "factor is below -1 while kappa is less than 2 mu / (2 - epsilon). Newton's own is so for epsilon above 2.",
            because="The excess of minus the factor over 1 is computed; kappa - mu is positive there.",
            obligation=(-factor_newton - 1) - (epsilon - 2),
            shows=sp.Eq(-FACTORS[2] - 1, (2 * mu - (2 - epsilon) * negative) / (negative - mu), evaluate=False),
            means={FACTORS[2]: factor_damped.subs(lambda_i, -negative)},
        ),
        Step(
            claim="Where the curvature is positive damped and saddle-free Newton are one method.",
            because="The absolute value of a positive number is the number.",
            shows=sp.Eq(FACTORS[3] - FACTORS[2], sp.S.Zero, evaluate=False),
            means={
                FACTORS[2]: factor_damped.subs(lambda_i, positive),
                FACTORS[3]: factor_free.subs(lambda_i, positive),
            },
        ),
        Step(
            claim="Without damping the exponents per unit of the learning rate are -lambda, -1, -1 and minus the sign "
            "of lambda.",
            because="The factors are differentiated by the learning rate at 0, and mu is set to 0.",
            obligation=tuple(
                sp.diff(right, epsilon).subs(mu, 0).subs(lambda_i, value) + rate
                for value, sign in ((positive, 1), (-negative, -1))
                for right, rate in zip(STATEMENT.right, (value, 1, 1, sign), strict=True)
            ),
            shows=sp.Eq(sp.Derivative(FACTORS[3], epsilon), -sp.sign(lambda_i), evaluate=False),
            means=tuple(
                {FACTORS[3]: factor_free.subs(mu, 0).subs(lambda_i, value), lambda_i: value}
                for value in (positive, -negative)
            ),
        ),
    )
