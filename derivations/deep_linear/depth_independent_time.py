r"""The number of updates that a very deep linear network needs to learn a mode does not grow with its depth.

Premises: those of `depth_n_mode` and of `stable_learning_rate`. The learning rate is the reciprocal of the curvature h
at the minimum, half of what is stable there. The slides give the learning rate as O(1 / N_l) and the learning time as
O(1), without coefficients; the time counts updates, and the discreteness of the updates is neglected.
"""

from __future__ import annotations

import sympy as sp

from derivations.deep_linear.depth_n_mode import rate
from derivations.deep_linear.infinite_depth_time import FIXED_RATE
from derivations.deep_linear.infinite_depth_time import STATEMENT as INFINITE_DEPTH_TIME
from derivations.deep_linear.stable_learning_rate import curvature
from derivations.proof import Step
from derivations.statement import Limit, Source, Statement
from derivations.symbols import N_l, a, a_0, a_f, s, tau

UPDATES = sp.Function("n")(N_l)

STATEMENT = Statement(
    module=__name__,
    title="Updates needed to learn a mode at infinite depth",
    formula=sp.Eq(
        sp.Limit(UPDATES, N_l, sp.oo),
        sp.log(a_f * (a_0 - s) / (a_0 * (a_f - s))) + s / a_0 - s / a_f,
        evaluate=False,
    ),
    parameters=INFINITE_DEPTH_TIME.parameters,
    assumptions=(
        *(sentence for sentence in INFINITE_DEPTH_TIME.assumptions if sentence != FIXED_RATE),
        "The learning rate is the reciprocal of the curvature at the balanced minimum, half of what is stable there.",
        "The mode is the one with the largest singular value; mode k needs (s / s_k)^2 times its own expression.",
        "Updates are so many that their discreteness does not matter.",
    ),
    regime=Limit(parameter=N_l, towards=sp.oo, rate=1 / N_l),
    sources=(
        Source(document="000", where="Deep linear learning speed"),
        Source(document="001", where="Theoretical prediction verified: Depth independent training times"),
        Source(document="saxe2014exact", where="deeper multilayer dynamics"),
    ),
    covers=("A18",),
    uses=("deep_linear.depth_n_mode", "deep_linear.infinite_depth_time", "deep_linear.stable_learning_rate"),
)


def derivation() -> tuple[Step, ...]:
    """From rate and curvature at any depth to the updates needed at infinite depth."""
    updates = STATEMENT.right[0]
    per_strength = curvature() / (tau * rate())  # dn / da = (dt / da) / (tau lambda) with lambda = 1 / h
    slope = sp.Derivative(UPDATES, a)
    delta, scale = (sp.Symbol(k, positive=True) for k in ("delta", "c"))  # 1 / (N_l - 1), a factor
    regular = (s / a) ** (2 - 2 / (N_l - 1)) / (s - a)
    integrand = regular.subs(N_l, 1 + 1 / delta).subs(delta, 0)
    pace = sp.simplify(curvature().subs(N_l, 1 + 1 / delta) / (1 + 1 / delta)).subs(delta, 0)
    scaled = updates.subs({s: scale * s, a_0: scale * a_0, a_f: scale * a_f}, simultaneous=True)
    return (
        Step(
            claim="In updates per change of the mode strength the number of matrices cancels.",
            because="An update takes P presentations, so n updates last n lambda in units of tau. The reciprocal of "
            "the rate is multiplied by the curvature 1 / lambda.",
            shows=sp.Eq(slope, regular, evaluate=False),
            means={slope: per_strength},
        ),
        Step(
            claim="The curvature, divided by N_l, tends to s^2.",
            because="It is evaluated at 1 / (N_l - 1) = 0.",
            obligation=pace - s**2,
            shows=sp.Eq(sp.Limit(curvature() / N_l, N_l, sp.oo), s**2, evaluate=False),
            means={},
        ),
        Step(
            claim="The updates needed are the learning time N_l t / tau at infinite depth, multiplied by s^2.",
            because="The limit of a product of two convergent sequences is the product of their limits.",
            obligation=sp.expand(pace * INFINITE_DEPTH_TIME.right[0]) - updates,
            shows=STATEMENT.formula,
        ),
        Step(
            claim="They grow with the final strength as the updates per change of strength do at infinite depth.",
            because="The statement is differentiated by a_f and compared with the first step at 1 / (N_l - 1) = 0.",
            obligation=sp.diff(updates, a_f) - integrand.subs(a, a_f),
            shows=sp.Eq(sp.Derivative(updates, a_f), integrand.subs(a, a_f), evaluate=False),
        ),
        Step(
            claim="Only the fractions of the singular value learned at the beginning and at the end matter.",
            because="All strengths are multiplied by a common factor.",
            obligation=scaled - updates,
            shows=sp.Eq(scaled, updates, evaluate=False),
        ),
    )
