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
from derivations.calculus.linear_network import ABOVE, BELOW, OWN
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
    rate, others = mp.rate("w_{l}"), sp.Symbol(r"\prod_{k \neq l} w_k")
    return (
        *linear_network.deep_flow(),
        linear_network.closed_modes(
            sp.Eq(tau * rate, others * (s - MODE), evaluate=False),
            rate,
            {others: ABOVE * BELOW, MODE: ABOVE * OWN * BELOW},
        ),
        linear_network.one_solution(),
        *_strengths(),
    )


def _strengths() -> tuple[Step, ...]:
    d = sp.Symbol("d", integer=True, positive=True)  # number of matrices
    i = sp.Symbol("i", integer=True, positive=True)
    one, two, others, rest = (sp.Symbol(k, positive=True) for k in ("w_l", "w_k", "r_l", "r_lk"))
    layer = sp.Function("w", positive=True)
    moving, grown = sp.Derivative(layer(i, t), t), sp.Derivative(MODE, t)
    growth = -sp.diff((s - one * others) ** 2 / 2, one) / tau  # others: product of the strengths of all other layers
    alone = growth.subs(others, a / one)
    of_two = growth.subs({one: two, others: rest * one}, simultaneous=True)
    of_one = growth.subs(others, rest * two)
    difference = LAYER_2**2 - LAYER_1**2
    at = {LAYER_1: one, LAYER_2: two}
    changing = sum(sp.diff(difference, k) * rate for k, rate in ((LAYER_1, of_one), (LAYER_2, of_two))).subs(at)
    logarithm = sp.diff(sp.Sum(sp.log(layer(i, t)), (i, 1, d)), t)
    # xreplace, because subs does not enter a sum whose index occurs in what is replaced
    summed = a * logarithm.xreplace({moving: alone.subs(one, layer(i, t))})
    equal = summed.xreplace({layer(i, t): a ** (1 / d)}).doit()
    three, logistic = rate().subs(N_l, 3), curve()
    return (
        Step(
            claim="The strength of a mode in one layer grows with the product of its strengths in the other layers.",
            because="Half the squared error of a mode is differentiated by one factor; the others make a / w_l.",
            shows=sp.Eq(tau * moving, MODE / layer(i, t) * (s - MODE), evaluate=False),
            means={moving: alone, layer(i, t): one, MODE: a},
        ),
        Step(
            claim="Factors that start equal stay equal.",
            because="The difference of the squares of any two factors is conserved.",
            shows=sp.Eq(sp.Derivative(difference, t), 0, evaluate=False),
            means={sp.Derivative(difference, t): changing},
        ),
        Step(
            claim="The mode strength collects one term from every layer.",
            because="The logarithm of the product over a symbolic number of layers is differentiated by time.",
            shows=sp.Eq(tau * grown, sp.Sum((MODE / layer(i, t)) ** 2, (i, 1, d)) * (s - MODE), evaluate=False),
            means={grown: sp.factor_terms(summed), MODE: a},
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
            shows=sp.Eq(tau * grown, 2 * MODE * (s - MODE), evaluate=False),
            means={grown: three, MODE: a},
        ),
    )
