r"""What synaptic intelligence measures: from random starts a weight's importance is half its curvature, exactly.

Premises: a quadratic loss around its minimum, gradient descent from a start that is random and alike in all directions;
the importance of a weight is the part of the fall of the loss that its own path accounts for, minus the gradient times
the change, summed over training. The paper shows that importances follow the diagonal of the Hessian; the mean over
starts is half of it, whatever the other curvatures, and at finite learning rates a function of the whole Hessian.
"""

from __future__ import annotations

import sympy as sp

from derivations.learning_and_memory import LISTED
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import epsilon, t

FLOW, STEPS = sp.symbols("omega_flow omega_step", positive=True)
H_kk, h_1, h_2, sigma_0 = sp.symbols("H_kk h_a h_b sigma_0", positive=True)
share = sp.Symbol("c_k", nonnegative=True)


def gathered(curvature: sp.Expr) -> sp.Expr:
    """Importance of a direction of this curvature at a learning rate, from a start of variance 1."""
    return curvature / (2 - epsilon * curvature)


STATEMENT = Statement(
    module=__name__,
    title="Importance of a weight by synaptic intelligence",
    formula=sp.Eq(
        sp.Tuple(FLOW, STEPS),
        sp.Tuple(sigma_0**2 * H_kk / 2, sigma_0**2 * (share * gathered(h_1) + (1 - share) * gathered(h_2))),
        evaluate=False,
    ),
    parameters=(
        Parameter(
            symbol=sigma_0,
            meaning="standard deviation of a weight's start around the minimum",
            domain=POSITIVE,
            typical=(0.3, 1.9),
        ),
        Parameter(
            symbol=H_kk, meaning="curvature of the loss by the weight alone", domain=POSITIVE, typical=(0.3, 2.7)
        ),
        Parameter(
            symbol=share,
            meaning="share of the weight in the first direction",
            domain=sp.Interval(0, 1),
            typical=(0.1, 0.9),
        ),
        Parameter(
            symbol=h_1, meaning="curvature along the first principal direction", domain=POSITIVE, typical=(0.3, 2.7)
        ),
        Parameter(
            symbol=h_2, meaning="curvature along the second principal direction", domain=POSITIVE, typical=(0.3, 2.7)
        ),
        Parameter(
            symbol=epsilon,
            meaning="learning rate, less than 2 over both curvatures",
            domain=POSITIVE,
            typical=(0.05, 0.6),
        ),
    ),
    assumptions=(
        "The loss is quadratic around its minimum, and all examples are shown at every update.",
        "Starts have mean zero around the minimum and the same variance in all directions, independent of one another; "
        "importances are means over starts.",
        "Importance is the path integral of a weight, omega; the paper divides it by the squared change of the weight, "
        "whose mean is sigma_0^2 here, for the strength Omega with which the weight is kept.",
        "omega_flow is that of a slow descent, with any number of weights; omega_step that of steps of the learning "
        "rate, with two principal directions, of the gradient before a step times the change by it.",
    ),
    regime=Exact(),
    sources=(LISTED, Source(document="zenke2017continual", where="theoretical analysis of a quadratic loss")),
    covers=("M2",),
)


def derivation() -> tuple[Step, ...]:
    """From the path of a weight to its importance along principal directions, and to its own curvature."""
    x_1, x_2, y = sp.symbols("x_1 x_2 y", real=True)
    rows = sp.symbols("v_1 v_2", real=True)  # components of the weight in both directions
    hessian = sp.Matrix(2, 2, lambda i, j: sp.Symbol(f"H_{min(i, j)}{max(i, j)}", real=True))
    weights = sp.Matrix([sp.Function(f"theta_{k}", real=True)(t) for k in (1, 2)])
    gradient, mean_square = sp.symbols("g_k E[g_k^2]")
    over_time = sp.Integral(h_1**2 * sp.exp(-2 * h_1 * y), (y, 0, sp.oo))
    loss = (weights.T * hessian * weights)[0] / 2
    path = [x * sp.exp(-h * t) for x, h in ((x_1, h_1), (x_2, h_2))]
    slope = sum(v * h * z for v, h, z in zip(rows, (h_1, h_2), path, strict=True))
    second = {x_1**2: sigma_0**2, x_2**2: sigma_0**2}
    square = sp.expand(slope**2).subs(second).subs({x_1: 0, x_2: 0})
    stated = sum(sigma_0**2 * v**2 * h**2 * sp.exp(-2 * h * t) for v, h in zip(rows, (h_1, h_2), strict=True))
    primitive = -h_1 * sp.exp(-2 * h_1 * y) / 2
    steps = sp.Symbol("n", positive=True)
    turn = sp.Symbol("varphi", real=True)
    frame = sp.Matrix([[sp.cos(turn), -sp.sin(turn)], [sp.sin(turn), sp.cos(turn)]])
    own = (frame * sp.diag(h_1, h_2) * frame.T)[0, 0]
    kept = (1 - epsilon * h_1) ** 2
    one = epsilon * h_1**2 / (1 - kept)
    parts = STATEMENT.right[1].subs({share: sp.cos(turn) ** 2})
    return (
        Step(
            claim="Along slow descent a weight gathers the square of its gradient.",
            because="A weight moves against its gradient, so that minus gradient times rate is a square; all of them "
            "add up to the fall of the loss.",
            shows=sp.Eq(FLOW, sp.Integral(gradient**2, (t, 0, sp.oo)), evaluate=False),
            means=tuple(
                {
                    FLOW: sp.Integral(sp.expand(-sp.diff(loss, w) * rate), (t, 0, sp.oo)),
                    gradient**2: sp.expand(rate**2),
                }
                for w, rate in zip(weights, -hessian * weights, strict=True)
            ),
            instances="two weights",
        ),
        Step(
            claim="Along a principal direction the distance decays with its curvature.",
            because="The exponential is differentiated and inserted into the flow, and evaluated at the start; it is "
            "the limit of n steps in the time t.",
            obligation=(sp.diff(path[0], t) + h_1 * path[0], path[0].subs(t, 0) - x_1),
            shows=sp.Eq(sp.Function("x_1")(t), path[0], evaluate=False),
            means={sp.Function("x_1")(t): sp.limit(x_1 * (1 - h_1 * t / steps) ** steps, steps, sp.oo)},
        ),
        Step(
            claim="The mean square of the gradient has a term for each direction.",
            because="The gradient of the weight is multiplied out and averaged over starts without covariance.",
            shows=sp.Eq(mean_square, stated, evaluate=False),
            means={mean_square: square},
            instances="two directions",
        ),
        Step(
            claim="Over all time each term adds up to half a curvature.",
            because="The primitive is differentiated, and evaluated at both ends.",
            obligation=sp.diff(primitive, y) - over_time.function,
            shows=sp.Eq(over_time, h_1 / 2, evaluate=False),
            means={over_time: sp.limit(primitive, y, sp.oo) - primitive.subs(y, 0)},
        ),
        Step(
            claim="The sum over directions is half the weight's own curvature.",
            because="A diagonal entry of the Hessian is the sum of its curvatures times squared components.",
            obligation=(
                sp.expand(own - (h_1 * sp.cos(turn) ** 2 + h_2 * sp.sin(turn) ** 2)),
                sp.expand(
                    STATEMENT.right[0].subs(H_kk, own)
                    - sigma_0**2 * (sp.cos(turn) ** 2 * h_1 / 2 + sp.sin(turn) ** 2 * h_2 / 2)
                ),
                sp.limit(parts, epsilon, 0) - STATEMENT.right[0].subs(H_kk, own),
            ),
            shows=sp.Eq(FLOW, STATEMENT.right[0], evaluate=False),
            instances="two directions",
        ),
        Step(
            claim="In steps a direction keeps 1 - epsilon h of its distance, and gathers h / (2 - epsilon h).",
            because="The squares of the gradients are a geometric series.",
            obligation=(
                one - gathered(h_1),
                STATEMENT.right[1] / sigma_0**2 - share * one - (1 - share) * one.subs(h_1, h_2),
            ),
            shows=sp.Eq(STEPS, STATEMENT.right[1], evaluate=False),
        ),
    )
