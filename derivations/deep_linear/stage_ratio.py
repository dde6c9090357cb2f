r"""How long the transition of a mode lasts against the ignorance before it.

Premises: those of `depth_n_mode`, for a mode that starts below the fraction delta of its singular value. Ignorance
lasts until the mode has that fraction, the transition from there to 1 - delta. The page says that their ratio can be
arbitrarily small. This is about the limit of small initial strengths only: the ratio vanishes there, like 1 / |ln a_0|
with two weight matrices and like a_0^(1 - 2/d) with d of them; at a_0 = s / 100 and delta = 1/20 it is 3.57 with two
matrices and still 1.45 with three.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.deep_linear.depth_n_mode import STATEMENT as DEPTH_N_MODE
from derivations.deep_linear.depth_n_mode import rate
from derivations.deep_linear.learning_time import learning_time
from derivations.proof import Step
from derivations.statement import Limit, Parameter, Source, Statement
from derivations.symbols import N_l, a, a_0, a_f, delta, ignorance, s, tau, transition

FRACTION = sp.Symbol("f", positive=True)  # mode strength over its singular value
SLOWNESS = FRACTION ** (2 / (N_l - 1) - 2) / (1 - FRACTION)
EXPONENT = 1 - 2 / (N_l - 1)
RATIO = sp.Function("rho")

STATEMENT = Statement(
    module=__name__,
    title="Transition and ignorance: how stage-like learning is",
    formula=sp.Eq(
        sp.Tuple(
            RATIO(N_l),
            RATIO(3),
            sp.Limit(sp.log(s / a_0) * RATIO(3), a_0, 0),
            sp.Limit((s / a_0) ** EXPONENT * RATIO(N_l), a_0, 0),
        ),
        sp.Tuple(
            transition / ignorance,
            2 * sp.log(1 / delta - 1) / sp.log((s / a_0 - 1) / (1 / delta - 1)),
            2 * sp.log(1 / delta - 1),
            EXPONENT * transition,
        ),
        evaluate=False,
    ),
    where=(
        sp.Eq(transition, sp.Integral(SLOWNESS, (FRACTION, delta, 1 - delta)), evaluate=False),
        sp.Eq(ignorance, sp.Integral(SLOWNESS, (FRACTION, a_0 / s, delta)), evaluate=False),
    ),
    parameters=(
        gradient_flow.LAYERS.narrowed(domain=sp.Range(3, sp.oo), typical=(4, 7)),
        gradient_flow.SINGULAR_VALUE.narrowed(typical=(1.15, 3.4)),
        gradient_flow.INITIAL_STRENGTH.narrowed(typical=(0.01, 0.06)),
        Parameter(
            symbol=delta,
            meaning="fraction of the singular value at which the transition begins and, from above, ends",
            domain=sp.Interval.open(0, sp.Rational(1, 2)),
            typical=(0.06, 0.35),
        ),
    ),
    assumptions=(
        *DEPTH_N_MODE.assumptions,
        "The mode starts below the fraction delta of its singular value, and delta is below one half.",
        "The ratio is small only where the initial strength is: with three layers of neurons it is below one exactly "
        "when s / a_0 - 1 exceeds (1 / delta - 1)^3.",
        "The two limits are taken at fixed delta; the ratios themselves hold at any initial strength.",
    ),
    regime=Limit(parameter=a_0, towards=sp.S.Zero, rate=1 / sp.log(s / a_0)),
    sources=(
        Source(document="000", where="Stage-like transitions"),
        Source(document="saxe2014exact", where="the time course of learning"),
    ),
    covers=("A12",),
    uses=("deep_linear.depth_n_mode", "deep_linear.learning_time"),
)


def derivation() -> tuple[Step, ...]:
    """From the rate at any depth through the two periods to their ratio, and to its limits."""
    return (*_periods(), *_two_matrices(), *_small_starts())


def _periods() -> tuple[Step, ...]:
    begin, end = sp.symbols("p q", positive=True)
    unit = tau / ((N_l - 1) * s ** (2 - 2 / (N_l - 1)))
    per_fraction = sp.powdenest(sp.expand_power_base(s / rate().subs(a, s * FRACTION)))  # dt / df
    slope, between = sp.Derivative(sp.Symbol("t"), FRACTION), sp.Symbol("t_{p q}")
    time = unit * sp.Integral(SLOWNESS, (FRACTION, begin, end))
    periods = [time.subs({begin: low, end: high}) for low, high in ((delta, 1 - delta), (a_0 / s, delta))]
    definitions = [(d.lhs, d.rhs) for d in STATEMENT.where]
    stated = STATEMENT.right[0].subs(definitions)
    return (
        Step(
            claim="Learning a further fraction takes a time that factors: the singular value sets the unit alone.",
            because="The reciprocal of the rate is taken at the strength f s.",
            shows=sp.Eq(slope, unit * SLOWNESS, evaluate=False),
            means={slope: per_fraction},
        ),
        Step(
            claim="From the fraction p to the fraction q a mode takes the integral of that time.",
            because="The time per fraction is integrated; what does not depend on it stands before the integral.",
            shows=sp.Eq(between, time, evaluate=False),
            means={between: sp.factor_terms(sp.Integral(per_fraction, (FRACTION, begin, end)))},
        ),
        Step(
            claim="The ratio of transition to ignorance is the one stated; the unit of time cancels.",
            because="The integral from delta to 1 - delta is divided by the one from a_0 / s to delta.",
            obligation=periods[0] / periods[1] - stated,
            shows=sp.Eq(RATIO(N_l), STATEMENT.right[0], evaluate=False),
        ),
    )


def _two_matrices() -> tuple[Step, ...]:
    ratio = STATEMENT.right[1]
    primitive = sp.log(FRACTION / (1 - FRACTION))
    (low, high), (start, stop) = (
        (sp.expand_log(primitive.subs(FRACTION, x), force=True) for x in limits)
        for limits in ((delta, 1 - delta), (a_0 / s, delta))
    )
    of_integrals = (high - low) / (stop - start)
    time = learning_time()
    waiting = time.subs(a_f, delta * s)
    turning = time.subs({a_0: delta * s, a_f: (1 - delta) * s}, simultaneous=True)
    quotient, level = turning / waiting, s / (1 + (1 / delta - 1) ** 3)
    return (
        Step(
            claim="With two matrices the time per fraction has an elementary integral.",
            because="The logarithm of f / (1 - f) is differentiated.",
            obligation=sp.diff(primitive, FRACTION) - SLOWNESS.subs(N_l, 3),
            shows=sp.Eq(sp.Derivative(primitive, FRACTION), SLOWNESS.subs(N_l, 3), evaluate=False),
        ),
        Step(
            claim="The ratio is then the quotient of logarithms that is stated.",
            because="The integral is taken at the ends of both periods; each logarithm is split where it is real.",
            obligation=_in_logs(of_integrals - ratio),
            shows=sp.Eq(RATIO(3), ratio, evaluate=False),
        ),
        Step(
            claim="The learning times of the logistic curve have the same ratio.",
            because="The learning time from delta s to (1 - delta) s is divided by the one from a_0 to delta s.",
            shows=sp.Eq(quotient, ratio, evaluate=False),
            means={quotient: _in_logs(quotient), ratio: _in_logs(ratio)},
        ),
        Step(
            claim="It equals one at an initial strength that is small already, and falls with smaller ones.",
            because="s / a_0 = 1 + (1 / delta - 1)^3 is inserted; the reciprocal is differentiated by s / a_0.",
            obligation=(
                _in_logs(ratio.subs(a_0, level) - 1),
                sp.diff((1 / ratio).subs(s, FRACTION * a_0), FRACTION)
                - 1 / (2 * sp.log(1 / delta - 1) * (FRACTION - 1)),
            ),
            shows=sp.Eq(s / a_0 - 1, (1 / delta - 1) ** 3, evaluate=False),
            means={a_0: level},
        ),
    )


def _small_starts() -> tuple[Step, ...]:
    slow, small, rest = sp.symbols("h eta R", positive=True)  # 1 / log(s / a_0); (a_0 / s)^gamma; a bounded integral
    gamma, top = sp.symbols("gamma q", positive=True)
    start = a_0 / s
    scaled, limit = sp.log(s / a_0) * RATIO(3), STATEMENT.left[2]
    near = STATEMENT.right[2] / (1 + slow * (sp.log(1 - start) - sp.log(1 / delta - 1)))
    at_start = near.subs(slow, 1 / sp.log(s / a_0))
    power = FRACTION ** (-1 - gamma)
    split = power + FRACTION**-gamma / (1 - FRACTION)
    known = (start**-gamma - delta**-gamma) / gamma
    primitive = -(FRACTION**-gamma) / gamma
    of_power = primitive.subs(FRACTION, delta) - primitive.subs(FRACTION, start)
    of_both = of_power + sp.Integral(split - power, (FRACTION, start, delta))
    bound = sp.diff(FRACTION ** (1 - gamma) / ((1 - gamma) * (1 - top)), FRACTION) - FRACTION**-gamma / (1 - FRACTION)
    regular = gamma * transition / (1 - small * delta**-gamma + gamma * small * rest)
    return (
        Step(
            claim="With two matrices the ratio times log(s / a_0) is regular in the reciprocal of that logarithm.",
            because="The logarithm in the ratio is split into log(s / a_0) and terms that stay finite.",
            shows=sp.Eq(scaled, at_start, evaluate=False),
            means={scaled: _in_logs(scaled.subs(RATIO(3), STATEMENT.right[1])), at_start: _in_logs(at_start)},
        ),
        Step(
            claim="Its limit is the one stated: the ratio vanishes, but only like one over a logarithm.",
            because="The regular form is evaluated where both 1 / log(s / a_0) and a_0 are zero.",
            shows=sp.Eq(limit, STATEMENT.right[2], evaluate=False),
            means={limit: near.subs({slow: 0, a_0: 0})},
        ),
        Step(
            claim="With more matrices one term of the time per fraction diverges at small fractions, with the power "
            "f^(-1 - gamma), gamma = 1 - 2 / (N_l - 1).",
            because="1 / (1 - f) is 1 + f / (1 - f); the primitive of the power is differentiated back and evaluated.",
            obligation=(
                sp.powsimp(SLOWNESS.subs(N_l, 1 + 2 / (1 - gamma)) / split, force=True) - 1,
                sp.diff(primitive, FRACTION) - power,
                of_power - known,
            ),
            shows=sp.Eq(SLOWNESS, split.subs(gamma, EXPONENT), evaluate=False),
        ),
        Step(
            claim="The other term has an integral that stays bounded as a_0 goes to 0.",
            because="Below f = q its integrand is less than that of q^(1 - gamma) / ((1 - gamma) (1 - q)); the "
            "difference has the sign of q - f.",
            obligation=bound - FRACTION**-gamma * (top - FRACTION) / ((1 - top) * (1 - FRACTION)),
            shows=sp.Eq(
                ignorance,
                (start**-EXPONENT - delta**-EXPONENT) / EXPONENT
                + sp.Integral(FRACTION**-EXPONENT / (1 - FRACTION), (FRACTION, start, delta)),
                evaluate=False,
            ),
            means={ignorance: of_both.subs(gamma, EXPONENT)},
        ),
        Step(
            claim="The ratio times (s / a_0)^gamma is regular in (a_0 / s)^gamma, and its limit is the one stated.",
            because="The split ignorance is inserted, its bounded integral as one letter; (a_0 / s)^gamma is set to 0.",
            obligation=(
                (transition / (known + rest) * start**-gamma / regular.subs(small, start**gamma) - 1),
                regular.subs({small: 0, gamma: EXPONENT}) - STATEMENT.right[3],
            ),
            shows=STATEMENT.formula,
        ),
    )


def _in_logs(expression: sp.Expr) -> sp.Expr:
    """The expression at delta = 1 / (1 + u) and a_0 = s / (1 + v), its logarithms of products split.

    Positive u and v are just the domain, delta < 1 and a_0 < s, and every logarithm is then one of positive numbers.
    """
    below, above = sp.symbols("u v", positive=True)
    inside = expression.subs({delta: 1 / (1 + below), a_0: s / (1 + above)}, simultaneous=True)
    return inside.replace(sp.log, lambda x: sp.expand_log(sp.log(sp.factor(x))))
