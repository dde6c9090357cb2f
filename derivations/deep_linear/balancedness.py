r"""A mode of a three-layer linear network keeps its imbalance, which sets how fast it learns.

Premises: a linear network y = W^{32} W^{21} x with N_1, N_2, N_3 neurons, gradient descent with learning rate lambda on
1/2 |y - W^{32} W^{21} x|^2, example after example, so slowly that the weights stand still during one pass over the P
examples; whitened inputs, Sigma^{11} = 1; a decoupled start: in the singular coordinates of Sigma^{31} every mode has a
hidden direction of its own. The pages do not say that the loss has the factor 1/2 (without it tau is halved), nor that
the "special class of initial conditions" behind the learning curve is balanced as well; they print U^{11} where the
sizes ask for U^{33}.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus.linear_network import ABOVE, BELOW, OWN
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import a, c_0, s, t, tau, w_1, w_2

MODE, LAYER_1, LAYER_2 = (sp.Function(name)(t) for name in ("a", "w_1", "w_2"))

STATEMENT = Statement(
    module=__name__,
    title="Imbalance of a mode is conserved and speeds up its learning",
    formula=sp.Eq(
        sp.Tuple(LAYER_2**2 - LAYER_1**2, sp.Derivative(MODE, t)),
        sp.Tuple(c_0, sp.sqrt(c_0**2 + 4 * a**2) * (s - a) / tau),
        evaluate=False,
    ),
    parameters=(
        gradient_flow.STRENGTH,
        gradient_flow.SINGULAR_VALUE,
        Parameter(symbol=c_0, meaning="initial imbalance w_2^2 - w_1^2", domain=sp.Reals, typical=(-1.5, 1.5)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=gradient_flow.FLOW,
    regime=Exact(),
    sources=(
        Source(document="001", where="Dynamics of synaptic modes; Analytic learning trajectory"),
        Source(document="000", where="Analytic learning trajectory"),
        Source(document="saxe2014exact", where="the time course of learning"),
    ),
    covers=("A8",),
)


def balanced_rate() -> sp.Expr:
    """da/dt of a mode whose two layers are equally strong, as a function of a, s and tau."""
    return STATEMENT.right[1].subs(c_0, 0)


def derivation() -> tuple[Step, ...]:
    """From the loss through the averaged flow to one mode, its conserved imbalance and its rate."""
    rate = sp.Derivative(LAYER_1, t)
    return (
        *linear_network.averaged_flow(),
        *linear_network.singular_coordinates(),
        linear_network.closed_modes(
            sp.Eq(tau * rate, LAYER_2 * (s - LAYER_1 * LAYER_2), evaluate=False),
            rate,
            {LAYER_1: OWN, LAYER_2: ABOVE * BELOW},
        ),
        linear_network.one_solution(),
        linear_network.conserved_gram("21", "32"),
        *_one_mode(),
    )


def _one_mode() -> tuple[Step, ...]:
    strength, imbalance = w_1 * w_2, w_2**2 - w_1**2
    flow = {w_1: w_2 * (s - strength) / tau, w_2: w_1 * (s - strength) / tau}

    def along(expression: sp.Expr) -> sp.Expr:
        return sum(sp.diff(expression, layer) * flow[layer] for layer in flow)

    start = sp.symbols("w_1(0) w_2(0)", real=True)
    layers = {LAYER_1: w_1, LAYER_2: w_2}
    difference = LAYER_2**2 - LAYER_1**2
    growth = sp.Derivative(MODE, t)
    stated = STATEMENT.right[1].subs({c_0: imbalance, a: strength}, simultaneous=True)
    return (
        Step(
            claim="The imbalance of a mode keeps its initial value, which is the first part of the statement.",
            because="The chain rule along the flow of one mode; at the start both are the same.",
            obligation=(STATEMENT.right[0].subs(c_0, imbalance) - imbalance).subs({w_1: start[0], w_2: start[1]}),
            shows=sp.Eq(sp.Derivative(difference, t), 0, evaluate=False),
            means={sp.Derivative(difference, t): along(difference.subs(layers))},
        ),
        Step(
            claim="The mode strength grows with the sum of the squared strengths of its layers.",
            because="The product rule along the flow of one mode.",
            shows=sp.Eq(tau * growth, (LAYER_1**2 + LAYER_2**2) * (s - MODE), evaluate=False),
            means={growth: along(strength), MODE: strength, **layers},
        ),
        Step(
            claim="Imbalance and mode strength fix that sum.",
            because="Squares of a sum and a difference differ by four times the product; the sum is not negative.",
            shows=sp.Eq(LAYER_1**2 + LAYER_2**2, sp.sqrt(c_0**2 + 4 * MODE**2), evaluate=False),
            means={c_0: imbalance, MODE: strength, **layers},
        ),
        Step(
            claim="The rate stated is the rate along the flow.",
            because="Imbalance and strength are inserted; the radicand is the square of the sum just found.",
            obligation=stated - along(strength),
            shows=STATEMENT.formula,
        ),
    )
