r"""How fast a mode is learned in a linear network of any depth.

Premises: a linear network of N_l layers of neurons, hence d = N_l - 1 weight matrices of any shapes, slow gradient
descent on half the squared error, whitened inputs, and a start that is decoupled and balanced: each mode runs through
the layers along hidden directions of its own, with the same strength a^(1/d) in every matrix. The pages leave the
balanced start unsaid; with unequal factors the mode strength alone does not fix its rate.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.deep_linear.balancedness import LAYER_1, LAYER_2, MODE, balanced_rate
from derivations.deep_linear.mode_logistic import curve
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import N_l, a, s, t, tau

STATEMENT = Statement(
    module=__name__,
    title="Learning rate of a mode at any depth",
    formula=sp.Eq(sp.Derivative(MODE, t), (N_l - 1) * a ** (2 - 2 / (N_l - 1)) * (s - a) / tau),
    parameters=(
        gradient_flow.LAYERS,
        gradient_flow.STRENGTH,
        gradient_flow.SINGULAR_VALUE,
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *gradient_flow.FLOW,
        gradient_flow.BALANCED_CHAIN,
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="Deeper networks"),
        Source(document="000", where="Deeper networks"),
        Source(document="saxe2014exact", where="deeper multilayer dynamics"),
    ),
    covers=("A14",),
    uses=("deep_linear.balancedness", "deep_linear.mode_logistic"),
)


def rate() -> sp.Expr:
    """da/dt as a function of a, s, tau and N_l."""
    return STATEMENT.right[0]


def derivation() -> tuple[Step, ...]:
    """From the loss of a chain of matrices through its decoupled flow to one mode."""
    modes = sp.Eq(tau * mp.rate("w_{l}"), sp.Symbol(r"\prod_{k \neq l} w_k") * (s - MODE), evaluate=False)
    steps = linear_network.deep_flow(), (linear_network.closed_modes(modes), linear_network.one_solution())
    return (*steps[0], *steps[1], *_strengths())


def _strengths() -> tuple[Step, ...]:
    d = sp.Symbol("d", integer=True, positive=True)  # number of matrices
    i = sp.Symbol("i", integer=True, positive=True)
    one, two, others, rest = (sp.Symbol(k, positive=True) for k in ("w_l", "w_k", "r_l", "r_lk"))
    layer = sp.Function("w", positive=True)
    growth = -sp.diff((s - one * others) ** 2 / 2, one) / tau  # others: product of the strengths of all other layers
    change = (a / layer(i, t)) * (s - a) / tau
    of_two = growth.subs({one: two, others: rest * one}, simultaneous=True)
    squares = 2 * one * growth.subs(others, rest * two) - 2 * two * of_two
    logarithm = sp.diff(sp.Sum(sp.log(layer(i, t)), (i, 1, d)), t)
    # xreplace, because subs does not enter a sum whose index occurs in what is replaced
    summed = a * logarithm.xreplace({sp.Derivative(layer(i, t), t): change})
    equal = summed.xreplace({layer(i, t): a ** (1 / d)}).doit()
    three, logistic = rate().subs(N_l, 3), curve()
    return (
        Step(
            claim="The strength of a mode in one layer grows with the product of its strengths in the other layers.",
            because="Half the squared error of a mode is differentiated by one factor; the others make a / w_l.",
            obligation=growth.subs(others, a / one) - change.subs(layer(i, t), one),
            shows=sp.Eq(tau * sp.Derivative(layer(i, t), t), MODE / layer(i, t) * (s - MODE), evaluate=False),
        ),
        Step(
            claim="Factors that start equal stay equal.",
            because="The difference of the squares of any two factors is conserved.",
            obligation=squares,
            shows=sp.Eq(sp.Derivative(LAYER_2**2 - LAYER_1**2, t), 0, evaluate=False),
        ),
        Step(
            claim="The mode strength collects one term from every layer.",
            because="The logarithm of the product over a symbolic number of layers is differentiated by time.",
            obligation=summed - a * sp.Sum(a * (s - a) / (tau * layer(i, t) ** 2), (i, 1, d)),
            shows=sp.Eq(
                tau * sp.Derivative(MODE, t), sp.Sum((MODE / layer(i, t)) ** 2, (i, 1, d)) * (s - MODE), evaluate=False
            ),
        ),
        Step(
            claim="With d = N_l - 1 equal factors a^(1/d) the d terms of the sum add up to the rate stated.",
            because="The sum over the layers has d equal terms.",
            obligation=equal - rate().subs(N_l, d + 1),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="For three layers it is the rate of a balanced mode, and the logistic curve solves it.",
            because="The rate at N_l = 3 is compared with the earlier result, and the curve is inserted.",
            obligation=(three - balanced_rate(), sp.diff(logistic, t) - three.subs(a, logistic)),
            shows=sp.Eq(tau * sp.Derivative(MODE, t), 2 * MODE * (s - MODE), evaluate=False),
        ),
    )
