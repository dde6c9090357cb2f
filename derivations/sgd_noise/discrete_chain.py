"""Stationary variance of a chain that keeps a part of itself: s^2/(1 - l^2), and not s^2/(2(1 - l)).

Premise: at every step a part l of the value is kept and noise of variance s^2 is added, as in descent in a bowl (l = 1
- epsilon h), in a running mean of gradients, and in any Langevin sampler with a finite step. What public code often has
instead is the variance of the process in continuous time with the same rate 1 - l, which is right for l near 1 only: it
is too small by the factor (1 + l)/2, and knows nothing of chains that overshoot, with l below 0.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise import n, s
from derivations.sgd_noise.stationary_covariance import STATEMENT as COVARIANCE
from derivations.sgd_noise.stationary_covariance import F_ij, h_i, h_j
from derivations.statement import Exact, Parameter, Printed, Source, Statement
from derivations.symbols import B, epsilon

l = sp.Symbol("l_1", real=True)  # l where the field writes it; l alone is a layer here
V_n, V_infty = sp.symbols("V_n V_infty", positive=True)
CONTINUOUS = s**2 / (2 * (1 - l))

STATEMENT = Statement(
    module=__name__,
    title="Variance of a discrete chain",
    formula=sp.Eq(
        sp.Tuple(V_n, V_infty), sp.Tuple(s**2 * (1 - l ** (2 * n)) / (1 - l**2), s**2 / (1 - l**2)), evaluate=False
    ),
    parameters=(
        Parameter(symbol=l, meaning="part that a step keeps", domain=sp.Interval.open(-1, 1), typical=(-0.8, 0.95)),
        sgd_noise.STIRRING,
        sgd_noise.STEPS,
    ),
    assumptions=(
        "V_n is the variance after n steps from a sharp start, V_infty the stationary one.",
        "The noise of different steps is uncorrelated and independent of the start; it need not be Gaussian.",
    ),
    regime=Exact(),
    sources=(Source(document="mandt2017stochastic", where="constant learning rates: stationary covariance"),),
    covers=("G7",),
    uses=(COVARIANCE.id,),
    printed=(
        Printed(
            erratum="U4",
            kind="in use",
            formula=sp.Eq(
                sp.Tuple(V_n, V_infty),
                sp.Tuple(CONTINUOUS * (1 - sp.exp(-2 * (1 - l) * n)), CONTINUOUS),
                evaluate=False,
            ),
            note="The variances of the process in continuous time that forgets at the rate 1 - l_1: too small by the "
            "factor (1 + l_1)/2 in the stationary state.",
            source=Source(document="public_code", where="autoregressive noise: the stationary variance"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """The recursion of the variance, its solution, and the process in continuous time."""
    claimed, settled = STATEMENT.right
    return (
        Step(
            claim="After one step the variance is s^2, and every step keeps l_1^2 of it and adds s^2.",
            because="The noise is independent of what was before; the claimed variance is put into the recursion.",
            obligation=(claimed.subs(n, 1) - s**2, l**2 * claimed + s**2 - claimed.subs(n, n + 1)),
            shows=sp.Eq(V_n, claimed, evaluate=False),
        ),
        Step(
            claim="The stationary variance is unchanged by a step, and the distance from it shrinks by l_1^2.",
            because="It is put into the recursion, and so is the difference.",
            obligation=(l**2 * settled + s**2 - settled, settled - claimed - l ** (2 * n) * settled),
            shows=sp.Eq(V_infty, settled, evaluate=False),
        ),
        Step(
            claim="It is the variance of descent in a bowl, with l_1 = 1 - epsilon h.",
            because="The stationary covariance at a finite learning rate is taken for one direction.",
            obligation=settled.subs({l: 1 - epsilon * h_i, s: epsilon * sp.sqrt(F_ij / B)})
            - COVARIANCE.right[0].subs(h_j, h_i),
        ),
        Step(
            claim="The process in continuous time has (1 + l_1)/2 of it.",
            because="The two are divided; only at l_1 = 1 is that one.",
            obligation=(CONTINUOUS / settled - (1 + l) / 2, ((1 + l) / 2).subs(l, 1) - 1),
            shows=sp.Eq(CONTINUOUS / V_infty, (1 + l) / 2, evaluate=False),
        ),
    )
