r"""Learning runs through the singular values of the training data as a front, larger ones first.

Premises: those of `mode_logistic`, with every mode of the training data at the same initial strength a_0 (the page
calls it epsilon, and calls the mode strength s). The time t(a, shat) at which a mode of the data has the strength a
inverts the learning curve and is exact, as printed. The front shat_half(t) is the singular value whose mode has half
its final strength at time t; it is the root above a_0 e of an equation that the function W_{-1} solves once shat / a_0
is large, and the modes above it are learned. The page prints the front as t / tau, which has the inverse unit: it must
fall with time, and the logarithm of shat / a_0 cannot be left out.
"""

from __future__ import annotations

import sympy as sp

from derivations import generalization
from derivations.calculus import gradient_flow
from derivations.deep_linear.mode_logistic import CURVE, curve
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Printed, Source, Statement
from derivations.symbols import a, a_0, s, shat, t, tau

SLIDE = Source(document="001", where="Learning as a singular mode detection wave")
PASSAGE = tau / (2 * shat) * sp.log((shat / a_0 - 1) / (shat / a - 1))
TIME, FRONT = sp.Function("t")(a, shat), sp.Function("shat_half")(t)

STATEMENT = Statement(
    module=__name__,
    title="Singular mode detection wave",
    formula=sp.Eq(
        sp.Tuple(TIME, FRONT), sp.Tuple(PASSAGE, -tau / (2 * t) * sp.LambertW(-2 * a_0 * t / tau, -1)), evaluate=False
    ),
    parameters=(
        gradient_flow.STRENGTH.narrowed(typical=(0.05, 0.95)),
        generalization.DATA,
        gradient_flow.INITIAL_STRENGTH.narrowed(typical=(0.001, 0.02)),
        gradient_flow.TIME.narrowed(domain=POSITIVE, typical=(0.6, 3.0)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *MODE_LOGISTIC.assumptions,
        "All modes of the data start with the same strength a_0, and a lies between a_0 and shat.",
        "A mode is called learned when it has more than half its final strength shat.",
        "The time t(a, shat) is exact; the front shat_half(t) is the limit of a_0 small against shat.",
        "The time is short enough for a front: 2 e a_0 t < tau.",
    ),
    regime=Limit(parameter=a_0, towards=sp.S.Zero, rate=a_0),
    sources=(SLIDE, Source(document="saxe2014exact", where="the time course of learning")),
    covers=("C1",),
    printed=(
        Printed(
            erratum="E1",
            kind="misprint",
            formula=sp.Eq(sp.Tuple(TIME, FRONT), sp.Tuple(PASSAGE, t / tau), evaluate=False),
            note="The front is printed as t / tau; it falls with time, as tau / t up to a logarithm of shat / a_0.",
            source=SLIDE,
        ),
    ),
    uses=("deep_linear.mode_logistic",),
)


def derivation() -> tuple[Step, ...]:
    """From the learning curve through its inverse to the singular value that is half learned at a time."""
    time, front = STATEMENT.right
    mode = curve().subs(s, shat)
    growth = sp.exp(2 * shat * t / tau)
    half = time.subs(a, shat / 2)
    x = sp.Symbol("x", positive=True)  # shat / a_0
    slower = sp.log(x - 1) - x / (x - 1)
    w = sp.Symbol("w", negative=True)  # W_{-1}; the time is then the one that makes w e^w its argument
    (argument,) = {function.args[0] for function in front.atoms(sp.LambertW)}
    at_w = {t: w * sp.exp(w) / sp.diff(argument, t)}
    found = front.replace(sp.LambertW, lambda *_: w).subs(at_w)
    held = mode.subs(shat, found).subs(at_w)
    more, faint = sp.symbols("p q", positive=True)  # a mode beyond half of shat, from a start below shat
    beyond = {a_0: shat / (1 + faint), a: shat * (1 + more) / (2 + more)}
    return (
        Step(
            claim="At the time stated the mode has the strength a, and a mode of strength a_0 is at time zero.",
            because="The time is inserted into the learning curve, and the strength a_0 into the time.",
            obligation=(mode.subs(t, time) - a, time.subs(a, a_0)),
            shows=sp.Eq(CURVE(TIME, shat, a_0), a, evaluate=False),
        ),
        Step(
            claim="It is the only such time: the curve and the time are inverse functions with inverse slopes.",
            because="The time is differentiated by the strength, and the curve by time; the curve grows strictly.",
            obligation=sp.diff(time, a) * sp.diff(mode, t).subs(t, time) - 1,
            shows=sp.Eq(TIME, time, evaluate=False),
        ),
        Step(
            claim="A mode has more than half its final strength exactly when its growth exceeds shat / a_0 - 1.",
            because="Half the singular value is subtracted from the curve; what divides is positive.",
            obligation=(mode - shat / 2) * 2 * (growth - 1 + shat / a_0) / shat - (growth - (shat / a_0 - 1)),
            shows=sp.Gt(growth, shat / a_0 - 1, evaluate=False),
            means={t: time.subs(beyond), a_0: beyond[a_0]},
        ),
        Step(
            claim="Hence it is half learned exactly at this time.",
            because="The growth is evaluated at the time of passage through half the singular value.",
            obligation=growth.subs(t, half) - (shat / a_0 - 1),
            shows=sp.Eq(TIME.subs(a, shat / 2), half, evaluate=False),
        ),
        Step(
            claim="Larger singular values come first: the time falls with shat where shat is above 4.6 a_0.",
            because="The time is differentiated by shat; log(x - 1) - x / (x - 1) with x = shat / a_0 grows for x > 1.",
            obligation=(
                sp.diff(half, shat).subs(shat, x * a_0) + tau / (2 * (x * a_0) ** 2) * slower,
                sp.diff(slower, x) - x / (x - 1) ** 2,
            ),
            shows=sp.Eq(sp.Derivative(TIME.subs(a, shat / 2), shat), sp.diff(half, shat), evaluate=False),
        ),
        Step(
            claim="At the front stated the growth is exactly shat / a_0.",
            because="With w = W(-2 a_0 t / tau), hence w e^w = -2 a_0 t / tau, both sides are e^(-w); the branch "
            "below -1 is the one with shat above e a_0, and so with all modes that are learned in the order of their "
            "singular values.",
            shows=sp.Eq(sp.exp(2 * FRONT * t / tau), FRONT / a_0, evaluate=False),
            means={FRONT: found, t: at_w[t]},
        ),
        Step(
            claim="The mode at the front is half learned up to a relative error near a_0 / (2 shat).",
            because="The front is inserted into the learning curve.",
            shows=sp.Eq(CURVE(t, FRONT, a_0), FRONT / (2 - a_0 / FRONT), evaluate=False),
            means={CURVE(t, FRONT, a_0): held, FRONT: found},
        ),
        Step(
            claim="The front stated moves down as time goes on.",
            because="It is -(tau / 2t) w = a_0 e^(-w), and the time grows with w on this branch, where 1 + w < 0.",
            obligation=(found - a_0 * sp.exp(-w), sp.diff(at_w[t], w) + tau * (1 + w) * sp.exp(w) / (2 * a_0)),
            shows=sp.Eq(FRONT, front, evaluate=False),
        ),
    )
