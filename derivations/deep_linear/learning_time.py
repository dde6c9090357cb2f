r"""The time in which a three-layer linear network learns a mode.

Premises: those of `mode_logistic`, whose learning curve is solved for the time. The pages say that a mode is learned in
a time of order tau / s. The time is that, times half a logarithm of the initial and final strengths: for given
fractions of s the order is exact, for a given initial strength the product s t still drifts like log s.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.deep_linear.balancedness import balanced_rate
from derivations.deep_linear.mode_logistic import CURVE, curve
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import a, a_0, a_f, s, t, tau

TIME = sp.Function("t")(s, a_0, a_f)

STATEMENT = Statement(
    module=__name__,
    title="Learning time of a mode",
    formula=sp.Eq(TIME, tau * sp.log(a_f * (s - a_0) / (a_0 * (s - a_f))) / (2 * s), evaluate=False),
    parameters=(
        gradient_flow.SINGULAR_VALUE.narrowed(typical=(1.15, 3.4)),
        gradient_flow.INITIAL_STRENGTH.narrowed(typical=(0.01, 0.35)),
        gradient_flow.FINAL_STRENGTH.narrowed(typical=(0.4, 0.98)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *MODE_LOGISTIC.assumptions,
        "The final strength lies between the initial strength and the singular value.",
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="Analytic learning trajectory"),
        Source(document="000", where="Analytic learning trajectory"),
        Source(document="saxe2014exact", where="the time course of learning"),
    ),
    covers=("A10",),
    uses=("deep_linear.mode_logistic", "deep_linear.balancedness"),
)


def learning_time() -> sp.Expr:
    """The time from a_0 to a_f as an expression in s, a_0, a_f and tau."""
    return STATEMENT.right[0]


def derivation() -> tuple[Step, ...]:
    """From the learning curve to its inverse, its slope, and how it depends on the singular value."""
    time, mode = learning_time(), curve()
    drift = tau / (2 * (s - a_0))
    start, end = sp.symbols("p q", positive=True)  # initial and final fraction of the singular value
    return (
        Step(
            claim="After the time stated the learning curve is at the final strength.",
            because="The time is inserted into the logistic curve.",
            obligation=mode.subs(t, time) - a_f,
            shows=sp.Eq(CURVE(TIME, s, a_0), a_f, evaluate=False),
        ),
        Step(
            claim="The time starts at zero and lengthens by the reciprocal of the rate, which is positive below s: the "
            "strength is passed once.",
            because="The statement is evaluated at a_f = a_0 and differentiated by a_f; the rate is the balanced one.",
            obligation=(time.subs(a_f, a_0), sp.diff(time, a_f) - 1 / balanced_rate().subs(a, a_f)),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Between given fractions p and q of the singular value the time is inversely proportional to s.",
            because="a_0 = p s and a_f = q s are inserted; s drops out of the product s t.",
            shows=sp.Eq(s * TIME / tau, sp.log(end * (1 - start) / (start * (1 - end))) / 2, evaluate=False),
            means={TIME: time.subs({a_0: start * s, a_f: end * s}, simultaneous=True)},
        ),
        Step(
            claim="From a given initial strength the product s t drifts with s, as half the logarithm of s - a_0.",
            because="With a_f = q s the product s t is differentiated by s at fixed a_0.",
            obligation=sp.diff(tau * sp.log(s - a_0) / 2, s) - drift,
            shows=sp.Eq(sp.Derivative(s * TIME, s), drift, evaluate=False),
            means={TIME: time.subs(a_f, end * s)},
        ),
    )
