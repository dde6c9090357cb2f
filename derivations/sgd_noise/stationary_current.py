"""The probability current of stochastic gradient descent on two weights, where it does not vanish.

Premise: the Langevin limit with two weights, whose Fokker-Planck equation has the covariance F_ab of the examples'
gradients inside both derivatives. The mean loss and F look the same in every direction from the origin: F has a
component along the radius, one across it, and one that mixes both.

The slides print the stationary density of one weight. They leave out that with several weights the density is
stationary already if the divergence of the current vanishes: here it swirls around the origin, F_rt being what drives
it, and the density is not a function of loss and noise at one place with the meaning of an energy and a temperature.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise.langevin_limit import STATEMENT as LANGEVIN
from derivations.sgd_noise.langevin_limit import probability_current
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import B, epsilon, g, loss

varrho = sp.Symbol("varrho", positive=True)
F_rr, F_tt = (sp.Function(name, positive=True) for name in ("F_rr", "F_tt"))
F_rt = sp.Function("F_rt", real=True)
density, velocity, s_u = sp.Function("u_infty"), sp.Function("v_t"), sp.Function("s_u")
SLOPE = -(loss(varrho).diff(varrho) / g + F_rr(varrho).diff(varrho) + (F_rr(varrho) - F_tt(varrho)) / varrho) / F_rr(
    varrho
)
SLIDE = Source(document="002", where="SGD as Langevin Dynamics: Fokker-Planck equation and u_infinity")

STATEMENT = Statement(
    module=__name__,
    title="Stationary current of stochastic gradient descent on two weights",
    formula=sp.Eq(
        sp.Tuple(s_u(varrho), velocity(varrho)),
        sp.Tuple(SLOPE, -g * (F_rt(varrho).diff(varrho) + 2 * F_rt(varrho) / varrho + F_rt(varrho) * SLOPE)),
        evaluate=False,
    ),
    where=(sp.Eq(g, epsilon / (2 * B)),),
    parameters=(
        Parameter(
            symbol=varrho, meaning="distance of the two weights from the origin", domain=POSITIVE, typical=(0.3, 1.7)
        ),
        sgd_noise.LOSS.narrowed("as a function of that distance"),
        Parameter(symbol=F_rr, meaning="variance of the examples' gradients along the radius"),
        Parameter(symbol=F_tt, meaning="variance of the examples' gradients across the radius"),
        Parameter(symbol=F_rt, meaning="covariance of the two, anticlockwise"),
        sgd_noise.LEARNING_RATE,
        sgd_noise.BATCH,
    ),
    assumptions=(
        "s_u is the derivative of the logarithm of the stationary density by the distance; v_t, the probability "
        "current over the density, points anticlockwise across the radius. There is no current along it.",
        "Mean loss and covariance of the examples' gradients are the same in every direction from the origin, where "
        "the current is finite.",
        sgd_noise.WITH_REPLACEMENT,
        sgd_noise.SMALL_RATE,
        sgd_noise.CLOCK,
    ),
    regime=Limit(parameter=epsilon, towards=sp.S.Zero, rate=epsilon),
    sources=(SLIDE, Source(document="risken1996fokker", where="stationary solution, natural boundaries")),
    covers=("G13",),
    uses=(LANGEVIN.id,),
)

angle = sp.Symbol("phi", real=True)
OUTWARD, ACROSS = (sp.cos(angle), sp.sin(angle)), (-sp.sin(angle), sp.cos(angle))


def derivative(function: sp.Expr, weight: int) -> sp.Expr:
    """Derivative by the first or second weight of a function of radius and angle."""
    return OUTWARD[weight] * function.diff(varrho) + ACROSS[weight] * function.diff(angle) / varrho


def component(vector: tuple, direction: tuple) -> sp.Expr:
    """Component of a vector along a direction."""
    return sum((a * b for a, b in zip(vector, direction, strict=True)), sp.S.Zero)


def derivation() -> tuple[Step, ...]:
    """From the Fokker-Planck equation of two weights to its currents along and across the radius."""
    u, radial, swirl = sp.Function("u", positive=True)(varrho), sp.Function("J_r")(varrho), sp.Function("J_t")(varrho)
    pairs = (
        (F_rr(varrho), OUTWARD, OUTWARD),
        (F_tt(varrho), ACROSS, ACROSS),
        (F_rt(varrho), OUTWARD, ACROSS),
        (F_rt(varrho), ACROSS, OUTWARD),
    )
    noise = {(a, b): sum(size * x[a] * y[b] for size, x, y in pairs) for a in (0, 1) for b in (0, 1)}
    place = (varrho * sp.cos(angle), varrho * sp.sin(angle))
    current = probability_current((0, 1), loss(varrho), noise, u, derivative)
    along = -loss(varrho).diff(varrho) * u - g * (
        (F_rr(varrho) * u).diff(varrho) + (F_rr(varrho) - F_tt(varrho)) * u / varrho
    )
    across = -g * ((F_rt(varrho) * u).diff(varrho) + 2 * F_rt(varrho) * u / varrho)
    whole = tuple(radial * n + swirl * t for n, t in zip(OUTWARD, ACROSS, strict=True))
    divergence = derivative(whole[0], 0) + derivative(whole[1], 1)
    slope, drift = STATEMENT.right
    Gamma = sp.Symbol("Gamma", positive=True)
    even = {F_rr(varrho): Gamma, F_tt(varrho): Gamma, F_rt(varrho): sp.S.Zero}
    return (
        Step(
            claim="A derivative by a weight is one along the radius and one across it.",
            because="Chain rule; of the weights themselves, varrho cos phi and varrho sin phi, it gives 1 and 0.",
            obligation=tuple(derivative(place[b], a) - int(a == b) for a in (0, 1) for b in (0, 1)),
        ),
        Step(
            claim="The current of the Fokker-Planck equation has these components along and across the radius.",
            because="J_a = -d_a L u - g d_b (F_ab u), with F_ab from its components and u a function of the distance.",
            shows=sp.Eq(sp.Tuple(radial, swirl), sp.Tuple(along, across), evaluate=False),
            means={radial: component(current, OUTWARD), swirl: component(current, ACROSS)},
        ),
        Step(
            claim="The current across the radius has no divergence: it may be anything in the stationary state.",
            because="The divergence of J_r along and J_t across the radius is (varrho J_r)'/varrho.",
            obligation=divergence - (varrho * radial).diff(varrho) / varrho,
        ),
        Step(
            claim="There is no current along the radius.",
            because="The density is stationary, so varrho J_r is constant: 0, as at the origin, where J_r is finite.",
            obligation=(varrho * divergence) - (varrho * radial).diff(varrho),
            shows=sp.Eq(radial, 0, evaluate=False),
            means={radial: sp.limit(varrho * sp.Symbol("J_r", real=True), varrho, 0) / varrho},
        ),
        Step(
            claim="Hence the slope of the density's logarithm.",
            because="The component along the radius, with u' = s u.",
            obligation=along.doit().subs(u.diff(varrho), slope * u),
            shows=sp.Eq(s_u(varrho), slope, evaluate=False),
        ),
        Step(
            claim="The current across the radius, over the density, is the velocity with which the weights circle.",
            because="The component across the radius, with u' = s u.",
            obligation=(
                across.doit().subs(u.diff(varrho), slope * u) / u - drift,
                STATEMENT.where[0].rhs - LANGEVIN.where[0].rhs,
            ),
            shows=sp.Eq(velocity(varrho), drift, evaluate=False),
        ),
        Step(
            claim="Without F_rt nothing circles, and constant even noise leaves the Boltzmann distribution.",
            because="F_rr = F_tt = Gamma and F_rt = 0 in both formulas.",
            obligation=(drift.subs(even).doit(), slope.subs(even).doit() + loss(varrho).diff(varrho) / (g * Gamma)),
        ),
    )
