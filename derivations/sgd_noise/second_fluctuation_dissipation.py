"""Second fluctuation-dissipation relation of stochastic gradient descent: to leading order in the learning rate.

Premise: the weights are stationary, so the mean of the loss is the same before and after a step. The squared full
gradient is dissipated, the curvature along the gradients of minibatches fluctuates; the third derivative of the loss
makes the next order in the learning rate, so that the relation is exact in a bowl and shows elsewhere by how much the
loss is none.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise.fluctuation_dissipation import STATEMENT as FIRST
from derivations.statement import POSITIVE, LeadingOrder, Parameter, Statement
from derivations.symbols import epsilon, loss, theta

G_L = sp.Symbol("G_L", real=True)
G_H = sp.Symbol("G_H", positive=True)

STATEMENT = Statement(
    module=__name__,
    title="Second fluctuation-dissipation relation",
    formula=sp.Eq(G_L, epsilon * G_H / 2, evaluate=False),
    parameters=(
        sgd_noise.LEARNING_RATE,
        Parameter(
            symbol=G_H,
            meaning="stationary mean of g_B H g_B, with the Hessian H of the mean loss and a minibatch's gradient g_B",
            domain=POSITIVE,
            typical=(0.3, 5),
        ),
    ),
    assumptions=(
        "G_L is the stationary mean of |grad L|^2.",
        "The weights are stationary; the examples are the same at every learning rate.",
        sgd_noise.INDEPENDENT,
    ),
    regime=LeadingOrder(parameter=epsilon, order=2),
    sources=FIRST.sources,
    covers=("G12",),
    uses=(FIRST.id,),
)


def derivation() -> tuple[Step, ...]:
    """What a step does to the loss, order by order."""
    pull, first, second, third = sp.symbols("g_B L_1 L_2 L_3", real=True)
    change = loss(theta - epsilon * pull) - loss(theta)
    expected = -epsilon * pull * first + epsilon**2 * pull**2 * second / 2 - epsilon**3 * pull**3 * third / 6
    named = {loss(theta).diff((theta, order)): name for order, name in ((3, third), (2, second), (1, first))}
    series = sum(
        epsilon**order * change.diff(epsilon, order).doit().subs(epsilon, 0).doit().subs(named) / sp.factorial(order)
        for order in range(1, 4)
    )
    gained = sp.Symbol(r"\Delta L")
    mean_third = sp.Symbol("M_3", real=True)  # stationary mean of L''' g_B^3
    exact = epsilon * G_H / 2 - epsilon**2 * mean_third / 6
    return (
        Step(
            claim="A step changes the loss by -epsilon L' g_B + epsilon^2 L'' g_B^2/2 - epsilon^3 L''' g_B^3/6 + ...",
            because="Derivatives of L(theta - epsilon g_B) by epsilon, at the weight before the step.",
            shows=sp.Eq(gained, expected + sp.O(epsilon**4), evaluate=False),
            means={gained: series},
        ),
        Step(
            claim="In the stationary state the mean of |grad L|^2 is epsilon G_H/2 up to the second order.",
            because="The mean of the loss does not change, and given the weights the mean of L' g_B is L'^2; what is "
            "left over the learning rate, -epsilon^2 M_3/6, is of second order.",
            obligation=(
                -epsilon * exact + epsilon**2 * G_H / 2 - epsilon**3 * mean_third / 6,
                sp.limit((exact - STATEMENT.right[0]) / epsilon**2, epsilon, 0) + mean_third / 6,
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="In a bowl it is exact.",
            because="There the third derivative vanishes, and with it M_3.",
            obligation=exact.subs(mean_third, 0) - STATEMENT.right[0],
        ),
    )
