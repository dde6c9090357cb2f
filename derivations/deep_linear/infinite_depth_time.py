r"""The time that a very deep linear network needs to learn a mode.

Premises: those of `depth_n_mode`, for a mode whose strength goes from a_0 to a_f on one side of its singular value. At
fixed learning rate the time falls like 1 / N_l with a finite coefficient: depth does not slow learning down. The
coefficient is stated as a limit; at finite depth it is off by a term of order 1 / N_l.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.deep_linear.depth_n_mode import STATEMENT as DEPTH_N_MODE
from derivations.deep_linear.depth_n_mode import rate
from derivations.proof import Step
from derivations.statement import Limit, Source, Statement
from derivations.symbols import N_l, a, a_0, a_f, s, tau

TIME = sp.Function("t")(N_l)
FIXED_RATE = "The learning rate, and with it tau, is held fixed while the depth grows."

STATEMENT = Statement(
    module=__name__,
    title="Learning time of a mode at infinite depth",
    formula=sp.Eq(
        sp.Limit(N_l * TIME / tau, N_l, sp.oo),
        sp.log(a_f * (a_0 - s) / (a_0 * (a_f - s))) / s**2 + 1 / (s * a_0) - 1 / (s * a_f),
        evaluate=False,
    ),
    parameters=(
        gradient_flow.SINGULAR_VALUE.narrowed(typical=(1.15, 3.4)),
        gradient_flow.INITIAL_STRENGTH.narrowed(typical=(0.04, 0.35)),
        gradient_flow.FINAL_STRENGTH,
    ),
    assumptions=(
        *DEPTH_N_MODE.assumptions,
        "Initial and final strength lie on the same side of the singular value.",
        FIXED_RATE,
    ),
    regime=Limit(parameter=N_l, towards=sp.oo, rate=1 / N_l),
    sources=(
        Source(document="saxe2014exact", where="deeper multilayer dynamics"),
        Source(document="001", where="Deeper networks"),
        Source(document="000", where="Deep linear learning speed"),
    ),
    covers=("A15",),
    uses=("deep_linear.depth_n_mode",),
)


def derivation() -> tuple[Step, ...]:
    """From the rate at any depth through the integrand to the time at infinite depth."""
    time = STATEMENT.right[0]
    slowness = 1 / rate()  # dt / da
    delta = sp.Symbol("delta", positive=True)  # 1 / N_l
    in_units = TIME * N_l / tau
    per_strength, scaled = sp.Derivative(in_units, a), in_units.subs(TIME, slowness).subs(N_l, 1 / delta)
    regular = a ** (2 * delta / (1 - delta)) / (1 - delta) / (a**2 * (s - a))
    integrand = regular.subs(delta, 0)
    correction = sp.diff(regular, delta).subs(delta, 0)
    return (
        Step(
            claim="Time per change of mode strength, in units of tau / N_l, is regular in delta = 1 / N_l down to 0.",
            because="The reciprocal of the rate is brought to a form smooth in delta and a, for 0 < a < s or a > s.",
            shows=sp.Eq(per_strength, regular, evaluate=False),
            means={per_strength: regular * sp.powsimp(sp.together(scaled) / regular)},
        ),
        Step(
            claim="At infinite depth it is 1 / (a^2 (s - a)), approached at the rate 1 / N_l.",
            because="The regular form and its derivative by delta are evaluated at delta = 0.",
            obligation=(integrand - 1 / (a**2 * (s - a)), correction - (1 + 2 * sp.log(a)) * integrand),
            shows=sp.Eq(sp.Limit(regular, delta, 0), integrand, evaluate=False),
            means={},
        ),
        Step(
            claim="The learning time is the integral of the limit from a_0 to a_f.",
            because="The regular form is continuous on a closed rectangle of delta and a, hence converges uniformly.",
            assumption=Source(document="rudin1976principles", where="uniform convergence and integration"),
            shows=sp.Eq(STATEMENT.left[0], sp.Integral(integrand, (a, a_0, a_f)), evaluate=False),
        ),
        Step(
            claim="The time stated grows with the final strength as the integrand demands.",
            because="The statement is differentiated by a_f.",
            obligation=sp.diff(time, a_f) - integrand.subs(a, a_f),
            shows=sp.Eq(sp.Derivative(time, a_f), integrand.subs(a, a_f), evaluate=False),
        ),
        Step(
            claim="It vanishes where the final strength is the initial one.",
            because="The statement is evaluated at a_f = a_0; together with the derivative this makes it the integral.",
            obligation=time.subs(a_f, a_0),
            shows=STATEMENT.formula,
        ),
    )
