r"""In the singular coordinates of the data the weights of a linear network flow under one diagonal matrix.

Premises: a linear network y = W^{32} W^{21} x with N_1, N_2, N_3 neurons under slow gradient descent on half the
squared error (the averaged flow), and the singular value decomposition Sigma^{31} = U S V^T of the input-output
correlation. The pages rotate W^{21} = Wbar^{21} V^T and print W^{32} = U^{11} Wbar^{32}; the sizes ask for the N_3 by
N_3 matrix U^{33} of output modes. A matrix with as many columns as there are inputs has room for N_1 output modes only,
and that is how the printed form is put to the test here, at N_1 < N_3. Document 001 does not say that the rotated
equations hold for whitened inputs only: otherwise the correlation of the inputs, rotated into V^T Sigma^{11} V, couples
the input modes. It is kept here as a parameter. The statement writes out one entry of each equation for two inputs,
three outputs and any number of hidden neurons; relabelling modes and neurons gives the others.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus.linear_network import BAR21, BAR21T, BAR32, BAR32T, S11, UT, VT, W21, W32, S, U, V
from derivations.calculus.matrix_product import contract, letter, word
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import (
    Sigmabar_11,
    Sigmabar_12,
    Sigmabar_22,
    U_k_1,
    U_k_2,
    U_k_3,
    V_j_1,
    V_j_2,
    Wbar_11,
    Wbar_12,
    Wbar_21,
    Wbar_22,
    Wbar_31,
    Wbar_32,
    a_i_1,
    a_i_2,
    b_i_1,
    b_i_2,
    b_i_3,
    e_11,
    e_12,
    e_21,
    e_31,
    s,
    t,
    tau,
)

SLIDE = Source(document="001", where="Input statistics guide change of synaptic coordinates")
WEIGHTS = sp.Symbol(r"W^{21}_{ij}"), sp.Symbol(r"W^{32}_{ki}")
RATES = tuple(sp.Derivative(sp.Function(str(w))(t), t) for w in (a_i_1, b_i_1))
MAP = sp.Matrix([[Wbar_11, Wbar_12], [Wbar_21, Wbar_22], [Wbar_31, Wbar_32]])
INPUTS = sp.Matrix([[Sigmabar_11, Sigmabar_12], [Sigmabar_12, Sigmabar_22]])
LEFT = sp.Tuple(*WEIGHTS, *RATES)
RIGHT = (
    a_i_1 * V_j_1 + a_i_2 * V_j_2,
    U_k_1 * b_i_1 + U_k_2 * b_i_2 + U_k_3 * b_i_3,
    (b_i_1 * e_11 + b_i_2 * e_21 + b_i_3 * e_31) / tau,
    (e_11 * a_i_1 + e_12 * a_i_2) / tau,
)
WHITENED = (
    (b_i_1 * (s - Wbar_11) - b_i_2 * Wbar_21 - b_i_3 * Wbar_31) / tau,
    ((s - Wbar_11) * a_i_1 - Wbar_12 * a_i_2) / tau,
)


def _number(symbol: sp.Symbol, meaning: str) -> Parameter:
    return Parameter(symbol=symbol, meaning=meaning, domain=sp.Reals, typical=(-1.5, 1.5))


STATEMENT = Statement(
    module=__name__,
    title="Flow of the weights in singular coordinates",
    formula=sp.Eq(LEFT, sp.Tuple(*RIGHT), evaluate=False),
    where=(
        sp.Eq(e_11, s - Wbar_11 * Sigmabar_11 - Wbar_12 * Sigmabar_12, evaluate=False),
        sp.Eq(e_21, -Wbar_21 * Sigmabar_11 - Wbar_22 * Sigmabar_12, evaluate=False),
        sp.Eq(e_31, -Wbar_31 * Sigmabar_11 - Wbar_32 * Sigmabar_12, evaluate=False),
        sp.Eq(e_12, -Wbar_11 * Sigmabar_12 - Wbar_12 * Sigmabar_22, evaluate=False),
    ),
    parameters=(
        *(_number(x, f"weight of input mode {k} in hidden neuron i") for k, x in enumerate((a_i_1, a_i_2), 1)),
        *(_number(x, f"weight of hidden neuron i in output mode {k}") for k, x in enumerate((b_i_1, b_i_2, b_i_3), 1)),
        *(_number(x, f"entry of input neuron j in right singular vector {k}") for k, x in enumerate((V_j_1, V_j_2), 1)),
        *(
            _number(x, f"entry of output neuron k in left singular vector {k}")
            for k, x in enumerate((U_k_1, U_k_2, U_k_3), 1)
        ),
        *(
            _number(MAP[j, k], f"input-output map from input mode {k + 1} to output mode {j + 1}")
            for j in range(3)
            for k in range(2)
        ),
        *(
            Parameter(symbol=x, meaning=f"sum of the squares of input mode {k}", domain=POSITIVE, typical=(0.6, 2.5))
            for k, x in enumerate((Sigmabar_11, Sigmabar_22), 1)
        ),
        Parameter(
            symbol=Sigmabar_12, meaning="sum of input mode 1 times input mode 2", domain=sp.Reals, typical=(-0.5, 0.5)
        ),
        gradient_flow.SINGULAR_VALUE.narrowed("of mode 1; an output mode without partner has none"),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        gradient_flow.SQUARED_ERROR,
        gradient_flow.SLOW,
        "Two inputs and three outputs; the derivation shows the matrix equations for all widths.",
        "The inputs need not be whitened; the page's equations are the case in which the sums over examples of "
        "products of input modes form the unit matrix.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="saxe2014exact", where="learning dynamics in the basis of input and output modes")),
    covers=("A4",),
    printed=(
        Printed(
            erratum="E4",
            kind="misprint",
            formula=sp.Eq(LEFT, sp.Tuple(RIGHT[0], U_k_1 * b_i_1 + U_k_2 * b_i_2, *RIGHT[2:]), evaluate=False),
            note="The matrix U of output modes is printed with the size of the inputs, U^{11}; it then holds N_1 of "
            "the N_3 output modes.",
            source=SLIDE,
        ),
        Printed(
            erratum="E4b",
            kind="assumption",
            formula=sp.Eq(LEFT, sp.Tuple(*RIGHT[:2], *WHITENED), evaluate=False),
            note="The rotated equations are printed without the correlation of the inputs; they hold where that is the "
            "unit matrix.",
            source=SLIDE,
        ),
    ),
)


def rotated_flow(weights: tuple[Any, Any], transposed: tuple[Any, Any], singular: Any, square: Any) -> tuple[Any, Any]:
    """tau times the rates of Wbar21 and Wbar32, for matrices or for letters.

    weights     (Wbar21, Wbar32) and their transposes
    singular    S;  square  V^T Sigma11 V, the correlation of the inputs in singular coordinates
    """
    left = singular - weights[1] * weights[0] * square
    return transposed[1] * left, left * transposed[0]


def derivation() -> tuple[Step, ...]:
    """From the loss to the averaged flow, to its rotation, to one entry of each equation."""
    return (*linear_network.averaged_flow(), *_rotation(), *_entries())


def _rotation() -> tuple[Step, ...]:
    square = letter(r"\overline{\Sigma}^{11}")  # V^T Sigma11 V
    unit = (word(UT, U), word(VT, V), word(U, UT), word(V, VT))
    first, first_t, second, second_t = word(BAR21, VT), word(V, BAR21T), word(U, BAR32), word(BAR32T, UT)
    error = word(U, S, VT) - word(second, first, S11)
    flow = word(second_t, error), word(error, first_t)
    rotated = contract(word(flow[0], V), *unit), contract(word(UT, flow[1]), *unit)
    expected = rotated_flow((BAR21, BAR32), (BAR21T, BAR32T), S, square)
    rates = mp.rate(r"\overline{W}^{21}"), mp.rate(r"\overline{W}^{32}")
    # word(VT, S11, V) inside a longer word: whitened inputs contract it to 1
    whitened = [contract(sp.expand(r).subs(S11, sp.S.One), *unit) for r in rotated]
    page = rotated_flow((BAR21, BAR32), (BAR21T, BAR32T), S, sp.S.One)
    turned = word(U, BAR32)
    return (
        Step(
            claim="Weights and rotated weights determine each other.",
            because="U and V are orthogonal, of the sizes of outputs and inputs: U U^T and V V^T are unit matrices.",
            obligation=contract(word(W21, V, VT), *unit) - W21,
            shows=sp.Eq(W32, turned, evaluate=False),
            means={turned: contract(turned.subs(BAR32, word(UT, W32)), *unit)},
        ),
        Step(
            claim="The rotated first layer moves along the rotated error, in which the data appear as S and as the "
            "correlation of the inputs between input modes.",
            because="W21 = Wbar21 V^T and W32 = U Wbar32 are inserted into the averaged flow; U^T U and V^T V cancel.",
            shows=sp.Eq(tau * rates[0], expected[0], evaluate=False),
            means={rates[0]: rotated[0] / tau, square: word(VT, S11, V)},
        ),
        Step(
            claim="The rotated second layer moves along the same error.",
            because="The averaged flow of W32 is multiplied by U^T from the left; V stands inside the error.",
            shows=sp.Eq(tau * rates[1], expected[1], evaluate=False),
            means={rates[1]: rotated[1] / tau, square: word(VT, S11, V)},
        ),
        Step(
            claim="Whitened inputs leave the diagonal matrix S alone, as the page prints it.",
            because="With the unit matrix for Sigma11 its rotation V^T V is the unit matrix.",
            obligation=whitened[1] - page[1],
            shows=sp.Eq(tau * rates[0], page[0], evaluate=False),
            means={rates[0]: whitened[0] / tau},
        ),
    )


def _entries() -> tuple[Step, ...]:
    definitions = [(d.lhs, d.rhs) for d in STATEMENT.where]
    first, second = mp.matrix("a", 2, 2), mp.matrix("b", 3, 2)
    singular = sp.Matrix(3, 2, lambda j, k: (s, sp.Symbol("s_2", positive=True))[j] if j == k else 0)
    left, right = mp.matrix("U", 3, 3), mp.matrix("V", 2, 2)
    own = {a_i_1: first[0, 0], a_i_2: first[0, 1]} | dict(zip((b_i_1, b_i_2, b_i_3), second[:, 0], strict=True))
    total = second * first
    own |= dict(zip(MAP, total, strict=True))
    rows = dict(zip((V_j_1, V_j_2, U_k_1, U_k_2, U_k_3), (*right[1, :], *left[1, :]), strict=True))

    def stated(number: int) -> sp.Expr:
        return STATEMENT.right[number].subs(definitions).subs(own | rows, simultaneous=True)

    flow = rotated_flow((first, second), (first.T, second.T), singular, INPUTS)
    weights = first * right.T, left * second
    printed, mode, carried = letter("U^{11}"), letter("u^{3}"), letter("(b^{3})^{T}")
    return (
        Step(
            claim="The rates stated are entries of the rotated flow.",
            because="The matrix products of a network with 2, 2 and 3 neurons are computed entry by entry.",
            obligation=(flow[0][0, 0] / tau - stated(2), flow[1][0, 0] / tau - stated(3)),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="The weights stated are entries of Wbar21 V^T and U Wbar32.",
            because="Both products are computed for 2 inputs and 3 outputs; the sum over output modes has N_3 terms.",
            obligation=(weights[0][0, 1] - stated(0), weights[1][1, 0] - stated(1)),
            shows=sp.Eq(WEIGHTS[1], RIGHT[1], evaluate=False),
        ),
        Step(
            claim="With room for the first N_1 output modes only, the others are missing from the weights.",
            because="The product with the first two columns of U is subtracted from the product with all three.",
            shows=sp.Eq(word(U, BAR32) - word(printed, BAR32), word(mode, carried), evaluate=False),
            means={
                U: left,
                BAR32: second,
                printed: sp.Matrix(3, 3, lambda j, k: left[j, k] if k < 2 else 0),
                mode: left[:, 2],
                carried: second[2, :],
            },
        ),
    )
