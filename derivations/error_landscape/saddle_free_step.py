r"""The saddle-free step minimizes the linear part of a loss where its quadratic part can be trusted to be small.

Premises: the loss is replaced by its linear part, within a region in which the quadratic part changes it by no more
than delta_q. That region is unbounded at a saddle; |x^T H x| <= x^T |H| x makes an ellipsoid inside it, and the step to
its lowest point is the gradient over |H|, rescaled. The page calls that a trust region in which the linear and the
quadratic approximations agree.
"""

from __future__ import annotations

import sympy as sp

from derivations import error_landscape
from derivations.error_landscape import CURVED, rotation
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Statement
from derivations.symbols import delta_q, gamma_1, gamma_2, lambda_1, lambda_2

MOVES = sp.symbols("Delta_1 Delta_2", real=True)
FALL = sp.Symbol("Delta_L", negative=True)
SUM = sp.Symbol("S", positive=True)  # g^T |H|^-1 g
_SUM = gamma_1**2 / sp.Abs(lambda_1) + gamma_2**2 / sp.Abs(lambda_2)
_SCALE = sp.sqrt(2 * delta_q / SUM)

CURVATURES = tuple(
    Parameter(symbol=symbol, meaning=f"curvature {k} of the Hessian", domain=CURVED, typical=typical)
    for k, (symbol, typical) in enumerate(((lambda_1, (0.2, 1.9)), (lambda_2, (-0.8, -0.1))), 1)
)
SLOPES = tuple(
    Parameter(symbol=symbol, meaning=f"slope along direction {k}", domain=sp.S.Reals, typical=typical)
    for k, (symbol, typical) in enumerate(((gamma_1, (-1.8, -0.3)), (gamma_2, (0.4, 1.7))), 1)
)

STATEMENT = Statement(
    module=__name__,
    title="The saddle-free step from a trust region",
    formula=sp.Eq(
        sp.Tuple(*MOVES, FALL),
        sp.Tuple(
            -_SCALE * gamma_1 / sp.Abs(lambda_1),
            -_SCALE * gamma_2 / sp.Abs(lambda_2),
            -sp.sqrt(2 * delta_q * SUM),
        ),
        evaluate=False,
    ),
    where=(sp.Eq(SUM, _SUM, evaluate=False),),
    parameters=(
        *CURVATURES,
        *SLOPES,
        Parameter(
            symbol=delta_q,
            meaning="what the quadratic part of the loss may change in one step",
            domain=POSITIVE,
            typical=(0.05, 0.4),
        ),
    ),
    assumptions=(
        "Delta_1 and Delta_2 are the components of the step along the eigenvectors of two curvatures, and Delta_L is "
        "the change of the linear part of the loss. Of a multiple eigenvalue the direction of the gradient counts.",
        "The trust region is x^T |H| x / 2 <= delta_q, a part of |x^T H x| / 2 <= delta_q. The whole of the latter is "
        "unbounded where curvatures have both signs, and the linear part has no minimum there.",
        error_landscape.REGULAR.split(":")[0] + ", and the gradient is not zero.",
    ),
    regime=Exact(),
    sources=(
        error_landscape.DESCEND,
        error_landscape.IDENTIFYING,
    ),
    covers=("F5",),
)


def derivation() -> tuple[Step, ...]:
    """From the lemma to the ellipsoid, to the rest point on it, and to why it is the lowest."""
    angle, p, q = sp.symbols("vartheta p q", real=True)
    k, l = sp.symbols("kappa_1 kappa_2", positive=True)
    nu, tau = sp.symbols("nu tau", positive=True)
    frame = rotation(angle)
    place = sp.Matrix([p, q])
    along = frame.T * place
    both = sp.Matrix([gamma_1, gamma_2])
    absolute = (sp.Abs(lambda_1), sp.Abs(lambda_2))

    def form(first: sp.Expr, second: sp.Expr) -> sp.Expr:
        """x^T M x of the matrix with the eigenvectors of the frame and these eigenvalues."""
        return (place.T * frame * sp.diag(first, second) * frame.T * place)[0]

    stated = {SUM: STATEMENT.where[0].rhs}
    moves = [right.subs(stated) for right in STATEMENT.right[:2]]
    fall = STATEMENT.right[2].subs(stated)
    signs = [{lambda_1: s * k, lambda_2: z * l} for s in (1, -1) for z in (1, -1)]
    of_hessian, of_absolute = sp.Symbol("x^{T} H x"), sp.Symbol("x^{T}|H|x")
    weights = sp.symbols("a b", positive=True)
    first, second = sp.symbols("Delta_1 Delta_2", real=True)
    length = weights[0] * first**2 + weights[1] * second**2
    inverse = gamma_1**2 / weights[0] + gamma_2**2 / weights[1]
    null = (tau / sp.sqrt(k), tau / sp.sqrt(l))
    return (
        Step(
            claim="x^T |H| x exceeds x^T H x, and -x^T H x, by sums of squares: |x^T H x| is at most x^T |H| x.",
            because="In the frame of the eigenvectors the difference has the weights |lambda| - lambda, which are 0 or "
            "2 |lambda|, and |lambda| + lambda, which are 2 |lambda| or 0.",
            obligation=(
                *(
                    sp.expand(sp.expand_trig(form(*absolute) - sign * form(lambda_1, lambda_2)))
                    - sp.expand(
                        sum(
                            (a - sign * v) * c**2 for a, v, c in zip(absolute, (lambda_1, lambda_2), along, strict=True)
                        )
                    )
                    for sign in (1, -1)
                ),
            ),
            shows=sp.Le(sp.Abs(of_hessian), of_absolute, evaluate=False),
            means=tuple(
                {
                    sp.Abs(of_hessian): sum(sign * v * c**2 for v, c in zip(values, along, strict=True)),
                    of_absolute: sum(sp.Abs(v) * c**2 for v, c in zip(values, along, strict=True)),
                }
                for sign in (1, -1)
                for values in (curvatures.values() for curvatures in signs)
            ),
        ),
        Step(
            claim="The linear part has no slope along the ellipsoid where the gradient is minus |H| Delta over a "
            "multiplier, and the multiplier nu = sqrt(2 delta_q / S) puts that point on the ellipsoid.",
            because="The stationarity of g Delta + (Delta^T |H| Delta / 2 - delta_q) / nu is written out for the step "
            "stated, for all signs of the curvatures, and so is the constraint.",
            obligation=tuple(
                (sum(v * m**2 for v, m in zip(absolute, moves, strict=True)) / 2 - delta_q).subs(sign) for sign in signs
            ),
            shows=sp.Eq(nu, _SCALE, evaluate=False),
            means=tuple(
                {nu: -value * move / slope, SUM: _SUM} for slope, value, move in zip(both, absolute, moves, strict=True)
            ),
        ),
        Step(
            claim="There the linear part has the change stated.",
            because="The slopes are multiplied by the components of the step.",
            obligation=tuple((gamma_1 * moves[0] + gamma_2 * moves[1] - fall).subs(sign) for sign in signs),
            shows=sp.Eq(FALL, STATEMENT.right[2], evaluate=False),
        ),
        Step(
            claim="No point of the ellipsoid is lower.",
            because="The square of g Delta falls short of g^T |H|^-1 g times Delta^T |H| Delta by a square (Lagrange's "
            "identity), so that it is at most 2 delta_q S; a and b are the absolute curvatures.",
            obligation=tuple(
                (inverse - _SUM).subs(dict(zip(weights, (k, l), strict=True))).subs(sign) for sign in signs
            ),
            shows=sp.Le((gamma_1 * first + gamma_2 * second) ** 2, 2 * delta_q * SUM, evaluate=False),
            means={delta_q: length / 2, SUM: inverse},
        ),
        Step(
            claim="With H in the place of |H| there is no lowest point: along a direction of no curvature x^T H x "
            "stays zero while the linear part falls without bound.",
            because="For the curvatures kappa_1 and -kappa_2 the form is taken along tau (1 / sqrt(kappa_1), 1 / "
            "sqrt(kappa_2)), where the linear part is a multiple of tau.",
            obligation=(
                k * null[0] ** 2 - l * null[1] ** 2,
                sp.diff(gamma_1 * null[0] + gamma_2 * null[1], tau, 2),
                sp.diff(gamma_1 * null[0] + gamma_2 * null[1], tau) - gamma_1 / sp.sqrt(k) - gamma_2 / sp.sqrt(l),
            ),
            shows=sp.Eq(k * null[0] ** 2 - l * null[1] ** 2, sp.S.Zero, evaluate=False),
        ),
    )
