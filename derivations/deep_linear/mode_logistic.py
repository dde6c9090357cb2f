r"""A balanced mode of a three-layer linear network is learned along a logistic curve.

Premises: those of `balancedness` (slow gradient descent on half the squared error, whitened inputs, decoupled start)
and a balanced start, w_1 = w_2 = sqrt(a_0) in every mode, which the pages leave unsaid. The formula is correct as the
pages print it; in floating point it overflows at late times, hence the second form.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.calculus.linear_network import D1, D2, RT, UNIQUENESS, VT, W21, W32, R, U
from derivations.deep_linear.balancedness import STATEMENT as BALANCEDNESS
from derivations.deep_linear.balancedness import balanced_rate
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import a, a_0, c_0, s, t, tau, w_1, w_2

CURVE = sp.Function("a")
_GROWTH = sp.exp(2 * s * t / tau)

STATEMENT = Statement(
    module=__name__,
    title="Logistic learning curve of a mode",
    formula=sp.Eq(CURVE(t, s, a_0), s * _GROWTH / (_GROWTH - 1 + s / a_0), evaluate=False),
    stable=s / (1 + (s / a_0 - 1) * sp.exp(-2 * s * t / tau)),
    parameters=(
        gradient_flow.TIME,
        gradient_flow.SINGULAR_VALUE,
        gradient_flow.INITIAL_STRENGTH,
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *gradient_flow.FLOW,
        gradient_flow.BALANCED_PAIR,
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="Analytic learning trajectory"),
        Source(document="000", where="Analytic learning trajectory"),
        Source(document="saxe2014exact", where="the time course of learning"),
    ),
    covers=("A9",),
    uses=("deep_linear.balancedness",),
)


def curve() -> sp.Expr:
    """The learning curve a(t) as an expression in t, s, a_0 and tau."""
    return STATEMENT.right[0]


def derivation() -> tuple[Step, ...]:
    """From the balanced rate to the curve, its start, its stable form and the map of the whole network."""
    mode, rate = curve(), balanced_rate()
    start = {w_1: sp.sqrt(a_0), w_2: sp.sqrt(a_0)}
    imbalance = BALANCEDNESS.right[0].subs(c_0, (w_2**2 - w_1**2).subs(start))
    total = mp.word(W32, W21)
    network = mp.contract(total.subs([(W32, mp.word(U, D2, RT)), (W21, mp.word(R, D1, VT))]), mp.word(RT, R))
    modes = mp.letter(r"\sum_{\alpha} a(t, s_\alpha, a_0^\alpha)\, u^\alpha v^{\alpha T}")
    curves = [
        mode.subs({s: sp.Symbol(f"s_{k}", positive=True), a_0: sp.Symbol(f"a_0_{k}", positive=True)}) for k in (1, 2)
    ]
    left, right, strengths = mp.matrix("u", 3, 2), mp.matrix("v", 2, 2), sp.diag(*map(sp.sqrt, curves))
    moving, growth = CURVE(t), sp.Derivative(CURVE(t), t)
    return (
        Step(
            claim="A balanced mode stays balanced, and its strength obeys a closed equation.",
            because="The conserved imbalance is zero where both strengths are sqrt(a_0); the rate is taken there.",
            obligation=(imbalance, (w_1 * w_2).subs(start) - a_0),
            shows=sp.Eq(tau * growth, 2 * moving * (s - moving), evaluate=False),
            means={growth: rate, moving: a},
        ),
        Step(
            claim="The logistic curve satisfies that equation.",
            because="The curve is differentiated by time and inserted into the rate.",
            obligation=sp.diff(mode, t) - rate.subs(a, mode),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="It starts at the initial mode strength.",
            because="The curve is evaluated at time zero.",
            obligation=mode.subs(t, 0) - a_0,
            shows=sp.Eq(CURVE(0, s, a_0), a_0, evaluate=False),
        ),
        Step(
            claim="No other curve satisfies the equation with this start.",
            because="The rate is polynomial in the mode strength, hence locally Lipschitz.",
            assumption=UNIQUENESS,
        ),
        Step(
            claim="What is missing over what is learned decays exponentially: every mode is learned, at a rate that "
            "grows with s.",
            because="The curve is inserted into the ratio (s - a) / a.",
            shows=sp.Eq((s - moving) / moving, (s / a_0 - 1) * sp.exp(-2 * s * t / tau), evaluate=False),
            means={moving: mode},
        ),
        Step(
            claim="The form without growing exponentials is the same function.",
            because="Numerator and denominator are divided by the exponential.",
            obligation=STATEMENT.stable - mode,
            shows=sp.Eq(CURVE(t, s, a_0), STATEMENT.stable, evaluate=False),
        ),
        Step(
            claim="The input-output map of the network is the sum of its modes, each with its own curve.",
            because="The orthonormal hidden directions cancel; D_2 D_1 is diagonal with the mode strengths as entries.",
            shows=sp.Eq(total, modes, evaluate=False),
            means={
                total: mp.inserted(network, {U: left, D2: strengths, D1: strengths, VT: right.T}),
                modes: sum((c * left[:, k] * right[:, k].T for k, c in enumerate(curves)), sp.zeros(3, 2)),
            },
        ),
    )
