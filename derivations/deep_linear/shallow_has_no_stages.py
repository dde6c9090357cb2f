r"""One matrix learns all modes at one rate and without stages; two matrices have an inflection at half the strength.

Premises of the shallow curve: a linear network y = W x without a hidden layer, slow gradient descent with learning rate
lambda on 1/2 |y - W x|^2, example after example, and whitened inputs. Premises of the deep curve: those of
`mode_logistic`. Document 000 says in its conclusion that deep, but not shallow, networks learn in stages, and gives no
equation for the shallow one.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus.linear_network import S11, S31, UNIQUENESS, UT, VT, A, B, S, U, V, W, backpropagated
from derivations.deep_linear.learning_time import learning_time
from derivations.deep_linear.mode_logistic import CURVE, curve
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import a_0, a_f, s, t, tau

SHALLOW = sp.Function("b")(t)
INFLECTION = sp.Symbol("t_star", positive=True)  # time at which the deep curve turns from convex to concave

STATEMENT = Statement(
    module=__name__,
    title="A shallow network has no stages",
    formula=sp.Eq(
        sp.Tuple(SHALLOW, CURVE(INFLECTION)),
        sp.Tuple(s - (s - a_0) * sp.exp(-t / tau), s / 2),
        evaluate=False,
    ),
    parameters=(
        gradient_flow.TIME,
        gradient_flow.SINGULAR_VALUE,
        gradient_flow.INITIAL_STRENGTH.narrowed(typical=(0.01, 0.14)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *MODE_LOGISTIC.assumptions,
        "b(t) is the mode strength in a network of one matrix, whose start may be any matrix.",
        "The deep mode starts below half its singular value; t* is the time of its inflection.",
    ),
    regime=Exact(),
    sources=(
        Source(document="000", where="Conclusion"),
        Source(document="saxe2014exact", where="the time course of learning"),
    ),
    covers=("A11",),
    uses=("deep_linear.mode_logistic", "deep_linear.learning_time"),
)


def derivation() -> tuple[Step, ...]:
    """From the loss of one matrix to its curve without inflection, then the inflection of two matrices."""
    return (*_one_matrix(), *_shallow_curve(), *_deep_curve())


def _one_matrix() -> tuple[Step, ...]:
    one = backpropagated(S31, S11).subs({A: sp.S.One, B: sp.S.One})
    rotated = mp.letter(r"\overline{W}")
    rate, rotated_rate = mp.rate("W"), mp.rate(r"\overline{W}")
    flow = mp.word(UT, mp.word(U, S, VT) - mp.word(U, rotated, VT), V)
    return (
        linear_network.descent_of_a_factor(),
        Step(
            claim="One matrix flows towards the correlation of outputs with inputs, linearly in its entries.",
            because="Nothing stands above or below it.",
            shows=sp.Eq(tau * rate, S31 - mp.word(W, S11), evaluate=False),
            means={rate: one / tau},
        ),
        Step(
            claim="In singular coordinates every entry of the matrix closes on itself; no start has to be decoupled.",
            because="In the rotated flow U^T U and V^T V are unit matrices; whitened inputs make Sigma11 one as well.",
            shows=sp.Eq(tau * rotated_rate, S - rotated, evaluate=False),
            means={rotated_rate: mp.contract(flow, mp.word(UT, U), mp.word(VT, V)) / tau},
        ),
    )


def _shallow_curve() -> tuple[Step, ...]:
    shallow = STATEMENT.right[0]
    fraction = (shallow - a_0) / (s - a_0)
    return (
        Step(
            claim="The shallow curve satisfies the equation of a diagonal entry, and starts at the initial strength.",
            because="The curve is differentiated by time, inserted into tau db/dt = s - b, and evaluated at time zero.",
            obligation=(tau * sp.diff(shallow, t) - (s - shallow), shallow.subs(t, 0) - a_0),
            shows=sp.Eq(SHALLOW, shallow, evaluate=False),
        ),
        Step(
            claim="No other curve satisfies the equation with this start.",
            because="The equation is linear.",
            assumption=UNIQUENESS,
        ),
        Step(
            claim="It is concave from the start to the end: where the slope is positive, its change is negative.",
            because="The curve is differentiated twice; its slope (s - b) / tau stays positive below s.",
            obligation=sp.diff(shallow, t, 2) + sp.diff(shallow, t) / tau,
            shows=sp.Eq(sp.Derivative(SHALLOW, (t, 2)), -sp.Derivative(SHALLOW, t) / tau, evaluate=False),
        ),
        Step(
            claim="The learned fraction of what is to be learned is the same for all modes at all times.",
            because="The fraction is differentiated by the singular value and by the initial strength.",
            obligation=(sp.diff(fraction, s), sp.diff(fraction, a_0)),
            shows=sp.Eq((SHALLOW - a_0) / (s - a_0), 1 - sp.exp(-t / tau), evaluate=False),
        ),
    )


def _deep_curve() -> tuple[Step, ...]:
    mode, half = curve(), STATEMENT.right[1]
    bend = sp.diff(mode, t, 2)
    when = learning_time().subs(a_f, half)
    deep = CURVE(t)
    return (
        Step(
            claim="The curve of two matrices bends up below half the singular value and down above it.",
            because="The logistic curve is differentiated twice; of the three factors only the last changes its sign.",
            shows=sp.Eq(sp.Derivative(deep, (t, 2)), 4 * deep * (s - deep) * (s - 2 * deep) / tau**2, evaluate=False),
            means={deep: mode},
        ),
        Step(
            claim="At the time when it passes the strength stated, its second derivative vanishes.",
            because="The learning time to that strength is inserted into the second derivative.",
            obligation=bend.subs(t, when),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="That time is positive for a start below half the singular value: the inflection is on the curve.",
            because="The learning time is evaluated at the strength stated; s / a_0 - 1 exceeds one there.",
            shows=sp.Eq(INFLECTION, tau * sp.log(s / a_0 - 1) / (2 * s), evaluate=False),
            means={INFLECTION: when},
        ),
    )
