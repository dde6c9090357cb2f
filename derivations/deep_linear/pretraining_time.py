r"""The time that pretraining saves: modes that start strong skip the plateau, and a pretrained matrix leaves none.

Premises: a linear network with one hidden layer and whitened inputs, slow gradient descent. What is saved by a
stronger balanced start is the time of the learning curve in between. Pretraining leaves the first matrix orthonormal
and the last one at zero (`greedy_pretraining`): all modes then start at strength zero and move at once. The slide shows
the curves of both starts and says "faster convergence from pretrained initial conditions", without a formula.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.calculus.linear_network import UNIQUENESS
from derivations.deep_linear.balancedness import STATEMENT as BALANCEDNESS
from derivations.deep_linear.greedy_pretraining import STATEMENT as PRETRAINING
from derivations.deep_linear.learning_time import learning_time
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import Lambda, a, a_0, a_f, c_0, s, tau

SAVED, TIME = sp.Symbol("T_saved", real=True), sp.Symbol("T_pre", nonnegative=True)
a_1 = sp.Symbol("a_1", positive=True)
ROOT = sp.sqrt(1 + 4 * s**2)


def antiderivative(strength: sp.Expr) -> sp.Expr:
    """Of 1 / ((s - a) sqrt(1 + 4 a^2)), times sqrt(1 + 4 s^2)."""
    return sp.asinh((1 + 4 * s * strength) / (2 * (s - strength)))


STATEMENT = Statement(
    module=__name__,
    title="Time that pretraining saves",
    formula=sp.Eq(
        sp.Tuple(SAVED, TIME),
        sp.Tuple(
            tau * sp.log(a_1 * (s - a_0) / (a_0 * (s - a_1))) / (2 * s),
            tau * (antiderivative(a_f) - antiderivative(sp.S.Zero)) / ROOT,
        ),
        evaluate=False,
    ),
    parameters=(
        gradient_flow.SINGULAR_VALUE.narrowed(typical=(1.15, 3.4)),
        gradient_flow.INITIAL_STRENGTH.narrowed(typical=(0.01, 0.2)),
        Parameter(
            symbol=a_1, meaning="mode strength at a stronger start, below s", domain=POSITIVE, typical=(0.25, 0.8)
        ),
        gradient_flow.FINAL_STRENGTH.narrowed("below s", typical=(0.4, 0.98)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        gradient_flow.SQUARED_ERROR,
        gradient_flow.SLOW,
        gradient_flow.WHITENED,
        "T_saved is what a balanced decoupled start with strength a_1 needs less than one with a_0, up to any later "
        "strength.",
        "T_pre is the time up to a_f where the first matrix starts with orthonormal columns, which need not know the "
        "modes, and the last one at zero.",
        gradient_flow.WIDE_ENOUGH,
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="Nontrivial learning dynamics"),
        Source(document="saxe2014exact", where="greedy unsupervised pretraining"),
    ),
    covers=("A26",),
    uses=("deep_linear.learning_time", "deep_linear.balancedness", "deep_linear.greedy_pretraining"),
)


def derivation() -> tuple[Step, ...]:
    """From the times of both starts to their difference, from the rate without a plateau to its time."""
    return (*_saved(), *_after_pretraining())


def _saved() -> tuple[Step, ...]:
    from_weak, from_strong = learning_time(), learning_time().subs(a_0, a_1)
    saved = STATEMENT.right[0]
    return (
        Step(
            claim="Up to any later strength the weak start takes longer by the time stated.",
            because="Learning times from both starts are subtracted; the later strength drops out.",
            obligation=(
                sp.expand_log(from_weak - from_strong - saved, force=True),
                sp.diff(from_weak - from_strong, a_f),
            ),
            shows=sp.Eq(SAVED, saved, evaluate=False),
        ),
        Step(
            claim="It is the time in which the weak start learns to where the strong one begins.",
            because="The learning time is evaluated at that strength.",
            obligation=sp.expand_log(from_weak.subs(a_f, a_1) - saved, force=True),
            shows=sp.Eq(sp.Function("t")(s, a_0, a_1), saved, evaluate=False),
        ),
        Step(
            claim="It grows without bound, like tau / (2 s) times the logarithm, as the weak start gets weaker.",
            because="The derivative by -ln a_0 is tau / (2 s) over 1 - a_0 / s.",
            obligation=-a_0 * sp.diff(saved, a_0) - tau / (2 * s) / (1 - a_0 / s),
            shows=sp.Eq(-a_0 * sp.Derivative(SAVED, a_0), tau / (2 * (s - a_0)), evaluate=False),
        ),
    )


def _after_pretraining() -> tuple[Step, ...]:
    rate = PRETRAINING.right[1].subs(Lambda, 1)
    stated = STATEMENT.right[1]
    inner = (1 + 4 * s * a) / (2 * (s - a))
    small = sp.sqrt(1 + 4 * a**2) * (s - a) / tau
    time, u = sp.symbols("t u")
    growth = sp.Derivative(sp.Function("a")(time), time)
    return (
        Step(
            claim="Behind the pretrained matrix a mode moves at the rate sqrt(1 + 4 a^2) (s - a) / tau.",
            because="The rate after greedy pretraining at Lambda = 1, which is that of a mode of imbalance -1.",
            shows=sp.Eq(growth, small, evaluate=False),
            means=tuple({growth: found} for found in (rate, BALANCEDNESS.right[1].subs(c_0, -1))),
        ),
        Step(
            claim="1 + u^2 and the slope of u = (1 + 4 s a) / (2 (s - a)) factor.",
            because="Both are multiplied out.",
            obligation=sp.diff(inner, a) - (1 + 4 * s**2) / (2 * (s - a) ** 2),
            shows=sp.Eq(1 + u**2, (1 + 4 * s**2) * (1 + 4 * a**2) / (4 * (s - a) ** 2), evaluate=False),
            means={u: inner},
        ),
        Step(
            claim="So the time stated starts at zero and lengthens by the reciprocal of that rate.",
            because="asinh has the slope 1 / sqrt(1 + u^2), with s - a positive; squares are compared, both positive.",
            obligation=(
                stated.subs(a_f, 0),
                (sp.diff(inner, a) ** 2 / (1 + inner**2) / (1 + 4 * s**2)) - 1 / ((1 + 4 * a**2) * (s - a) ** 2),
                sp.diff(stated, a_f)
                - tau * sp.diff(inner, a).subs(a, a_f) / sp.sqrt(1 + inner.subs(a, a_f) ** 2) / ROOT,
            ),
            shows=sp.Eq(TIME, stated, evaluate=False),
        ),
        Step(
            claim="No other time fits: a strength is passed once.",
            because="The rate is Lipschitz, and positive below s.",
            assumption=UNIQUENESS,
        ),
        Step(
            claim="No plateau is left: early the strength a is reached after tau a / s.",
            because="The slope of the time at strength zero.",
            obligation=sp.simplify(sp.diff(stated, a_f).subs(a_f, 0) - tau / s),
            shows=sp.Eq(sp.Derivative(TIME, a_f).subs(a_f, 0), tau / s, evaluate=False),
        ),
    )
