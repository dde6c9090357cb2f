r"""The weights of a linear network flow under two correlations of the data, with time constant P / lambda.

Premises: a linear network y = W^{32} W^{21} x, gradient descent with learning rate lambda on half the squared error of
one example after the other, so slowly that the weights stand still during one pass over the P examples. The matrix
equations of the pages,

    tau dW^{21}/dt = W^{32 T} (Sigma^{31} - W^{32} W^{21} Sigma^{11}),
    tau dW^{32}/dt = (Sigma^{31} - W^{32} W^{21} Sigma^{11}) W^{21 T},

are derived for any widths. The statement writes out one weight of each layer in the network of two inputs,
two hidden neurons and one output; relabelling inputs and hidden neurons gives the others. The pages leave the unit of
time open: document 001 takes sums over the examples and tau = P / lambda, document 000 takes averages and calls 1 / tau
the learning rate. Both print the squared error without the factor 1/2; descent on that would double every rate.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus.linear_network import S11, S31
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import P, e_1, e_2, lambda_, m_1, m_2, r_1, r_2, t, tau, v_1, v_2, w_11, w_12, w_21, w_22
from derivations.symbols import Sigma_11 as S_11
from derivations.symbols import Sigma_12 as S_12
from derivations.symbols import Sigma_22 as S_22

RATES = tuple(sp.Derivative(sp.Function(name)(t), t) for name in ("w_11", "v_1"))
FLOW = sp.Tuple(lambda_ * v_1 * e_1 / P, lambda_ * (e_1 * w_11 + e_2 * w_12) / P)

STATEMENT = Statement(
    module=__name__,
    title="Averaged flow of the weights in two correlations",
    formula=sp.Eq(sp.Tuple(*RATES), FLOW, evaluate=False),
    where=(
        sp.Eq(m_1, v_1 * w_11 + v_2 * w_21, evaluate=False),
        sp.Eq(m_2, v_1 * w_12 + v_2 * w_22, evaluate=False),
        sp.Eq(e_1, r_1 - m_1 * S_11 - m_2 * S_12, evaluate=False),
        sp.Eq(e_2, r_2 - m_1 * S_12 - m_2 * S_22, evaluate=False),
    ),
    parameters=(
        *(
            Parameter(
                symbol=w, meaning=f"weight of input {k} in hidden neuron {j}", domain=sp.Reals, typical=(-1.5, 1.5)
            )
            for w, j, k in ((w_11, 1, 1), (w_12, 1, 2), (w_21, 2, 1), (w_22, 2, 2))
        ),
        *(
            Parameter(
                symbol=v, meaning=f"weight of hidden neuron {j} in the output", domain=sp.Reals, typical=(-1.5, 1.5)
            )
            for v, j in ((v_1, 1), (v_2, 2))
        ),
        *(
            Parameter(
                symbol=r, meaning=f"sum over examples of output times input {k}", domain=sp.Reals, typical=(-3, 3)
            )
            for r, k in ((r_1, 1), (r_2, 2))
        ),
        Parameter(symbol=S_11, meaning="sum of the squares of input 1", domain=POSITIVE, typical=(0.6, 2.5)),
        Parameter(symbol=S_12, meaning="sum of input 1 times input 2", domain=sp.Reals, typical=(-0.5, 0.5)),
        Parameter(symbol=S_22, meaning="sum of the squares of input 2", domain=POSITIVE, typical=(0.6, 2.5)),
        Parameter(symbol=P, meaning="number of examples", domain=sp.Range(1, sp.oo), typical=(3, 40)),
        gradient_flow.LEARNING_RATE,
    ),
    assumptions=(
        "The loss of an example is half its squared error; time counts presentations.",
        gradient_flow.SLOW,
        "Two inputs, two hidden neurons, one output; the derivation shows the matrix equations for other widths.",
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="Nonlinear learning dynamics in a 3 layer linear net"),
        Source(document="000", where="Learning dynamics"),
        Source(document="saxe2014exact", where="general learning dynamics of gradient descent"),
    ),
    covers=("A1", "A2", "A3"),
    printed=(
        Printed(
            erratum="E3",
            kind="convention",
            formula=sp.Eq(sp.Tuple(*RATES), sp.Tuple(*(2 * rate for rate in FLOW)), evaluate=False),
            note="The squared error is printed without the factor 1/2; descent on it would double the rates that are "
            "printed beside it.",
            source=Source(document="001", where="Nonlinear learning dynamics in a 3 layer linear net"),
        ),
    ),
)


def flow() -> sp.Matrix:
    """Rates of w_11 and v_1 with all definitions inserted."""
    definitions = [(d.lhs, d.rhs) for d in reversed(STATEMENT.where)]
    return sp.Matrix([sp.expand(right.subs(definitions)) for right in STATEMENT.right])


def descent(inputs: sp.Matrix, outputs: sp.Matrix) -> sp.Matrix:
    """Mean change per presentation of w_11 and v_1, for inputs (2, P) and outputs (1, P), from the loss."""
    first, second = sp.Matrix([[w_11, w_12], [w_21, w_22]]), sp.Matrix([[v_1, v_2]])
    loss = mp.squared_error((first, second), inputs, outputs)
    return -lambda_ / inputs.shape[1] * sp.Matrix([sp.diff(loss, w_11), sp.diff(loss, v_1)])


def derivation() -> tuple[Step, ...]:
    """From the loss to the matrix equations, to the network written out, to what the data contribute."""
    inputs, outputs = mp.matrix("x", 2, 1), mp.matrix("y", 1, 1)  # one example
    square, cross = inputs * inputs.T, outputs * inputs.T
    correlations = (r_1, r_2, S_11, S_12, S_22)
    one = dict(zip(correlations, (*cross, square[0, 0], square[0, 1], square[1, 1]), strict=True))
    others = {c: sp.Symbol(f"{c}^more", real=True) for c in correlations}
    both = flow().subs({c: c + others[c] for c in correlations}, simultaneous=True)
    forces = flow().subs({P: 1, lambda_: 1})  # of averages, if they stand for the sums
    rates = flow().subs({c: c * P for c in correlations}, simultaneous=True)
    examples = mp.matrix("x", 2, 3), mp.matrix("y", 1, 3)
    sum_of_products = mp.letter(r"\sum_{\mu} y^{\mu} x^{\mu T}")
    X, XT, Q, QT, Y = (mp.letter(name) for name in ("X", "X^{T}", "Q", "Q^{T}", "Y"))
    mixed = mp.word(X, Q, QT, XT)
    return (
        *linear_network.averaged_flow(),
        Step(
            claim="In the network of two inputs, two hidden neurons and one output one example changes the weights as "
            "stated, over its time 1.",
            because="The loss of one example is differentiated; its products are inserted into the statement.",
            obligation=flow().subs(one | {P: 1}, simultaneous=True) - descent(inputs, outputs),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="The changes by any number of examples add up to the change by the sums of their products.",
            because="The statement, times its time P, is additive in the correlations.",
            obligation=P * (both - flow() - flow().subs(others, simultaneous=True)),
            shows=sp.Eq(S31, sum_of_products, evaluate=False),
            means={
                S31: examples[1] * examples[0].T,
                sum_of_products: sum((examples[1][:, k] * examples[0][:, k].T for k in range(3)), sp.zeros(1, 2)),
            },
        ),
        Step(
            claim="Data that share the two correlations are learned alike, whatever the examples are: mixing the "
            "examples, for one, changes nothing.",
            because="With orthogonal Q, that is Q Q^T = 1, both correlations of X Q and Y Q are those of X and Y.",
            obligation=mp.contract(mixed.subs(X, Y), mp.word(Q, QT)) - mp.word(Y, XT),
            shows=sp.Eq(mixed, S11, evaluate=False),
            means={mixed: mp.contract(mixed, mp.word(Q, QT)), S11: mp.word(X, XT)},
        ),
        Step(
            claim="With averages for sums the time constant is 1 / lambda.",
            because="The rates are linear in the correlations: P times smaller ones need lambda for lambda / P.",
            shows=sp.Eq(tau, 1 / lambda_, evaluate=False),
            means=tuple({tau: force / rate} for force, rate in zip(forces, rates, strict=True)),
        ),
    )
