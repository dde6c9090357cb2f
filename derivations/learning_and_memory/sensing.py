r"""Power, precision and speed of a physical sensor: a particle that follows a dragged trap.

Premises: an overdamped particle in a trap of energy kappa |x|^(p_V) / p_V that is dragged slowly; the particle's place
tells where the trap is. Dragging costs power; a place tells with the scatter of the particle; the trap's force forgets
itself in a time tau. Power times scatter is at least T tau v^2, and a harmonic trap attains it: no sensor is cheap,
precise and fast. The paper has the bound; here all of its parts are worked out for traps of any power.
"""

from __future__ import annotations

import sympy as sp

from derivations.learning_and_memory import LISTED
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Source, Statement

POWER, SCATTER, TIME, COST = sp.symbols("P_drag V_x tau_F r_cost", positive=True)
p, kappa_0, zeta, T, v_0 = sp.symbols("p_V kappa_0 zeta T v_0", positive=True)
SIZE = p * T / kappa_0  # of |x|^(p_V), up to a factor


def mean_power(order: sp.Expr) -> sp.Expr:
    """Mean of |x|^order in the trap at rest."""
    return SIZE ** (order / p) * sp.gamma((order + 1) / p) / sp.gamma(1 / p)


STATEMENT = Statement(
    module=__name__,
    title="Power, precision and speed of sensing",
    formula=sp.Eq(
        sp.Tuple(POWER, SCATTER, TIME, COST),
        sp.Tuple(
            zeta * v_0**2,
            mean_power(sp.Integer(2)),
            zeta * T / (kappa_0**2 * mean_power(2 * p - 2)),
            p**2 * sp.gamma(3 / p) * sp.gamma(2 - 1 / p) / sp.gamma(1 / p) ** 2,
        ),
        evaluate=False,
    ),
    parameters=(
        Parameter(
            symbol=p,
            meaning="power of the distance in the trap's energy",
            domain=sp.Interval.open(1, sp.oo),
            typical=(1.5, 4.5),
        ),
        Parameter(symbol=kappa_0, meaning="stiffness of the trap", domain=POSITIVE, typical=(0.5, 2.5)),
        Parameter(symbol=zeta, meaning="friction of the particle", domain=POSITIVE, typical=(0.4, 2.1)),
        Parameter(symbol=T, meaning="temperature, in units of energy", domain=POSITIVE, typical=(0.3, 1.8)),
        Parameter(symbol=v_0, meaning="speed of the trap", domain=POSITIVE, typical=(0.05, 0.4)),
    ),
    assumptions=(
        "The particle is overdamped and in one dimension; the energy of the trap is kappa_0 |x|^(p_V) / p_V.",
        "P_drag is the mean work on the trap per unit of time; V_x the variance of the particle's place, measured from "
        "the trap, which is what a place leaves unknown; tau_F the correlation time of the trap's force, which is the "
        "integral of its correlation with itself over its mean square.",
        "r_cost is P_drag V_x over T tau_F v_0^2. It is 1 for a harmonic trap, p_V = 2, and above 1 for any other.",
        "For slow dragging; P_drag holds at any speed, and all of it for p_V = 2.",
    ),
    regime=Limit(parameter=v_0, towards=0, rate=v_0**2),
    sources=(LISTED, Source(document="lahiri2016universal", where="bound on power, precision and speed")),
    covers=("M3",),
)

x = sp.Symbol("x", positive=True)


def derivation() -> tuple[Step, ...]:
    """From the particle's law in the moving trap to power, scatter and memory, and to their product."""
    return (*_dragged(), *_moments(), *_memory(), *_bound())


def _dragged() -> tuple[Step, ...]:
    y = sp.Symbol("y", real=True)
    V = sp.Function("V", real=True)(y)
    law = sp.exp(-(V + zeta * v_0 * y) / T)
    return (
        Step(
            claim="In the frame of a dragged trap the particle has the Boltzmann law of the trap on a slope.",
            because="Drift by the force and against the motion, and diffusion, have no flux for this law.",
            shows=sp.Eq(T * sp.Derivative(law, y), -(sp.diff(V, y) + zeta * v_0) * law, evaluate=False),
            means={},
        ),
        Step(
            claim="So the trap pulls with the mean force zeta v_0, and dragging costs zeta v_0^2, whatever the trap.",
            because="V' times the law is minus zeta v_0 times it, and a derivative, which adds up to nothing.",
            obligation=(
                sp.diff(V, y) * law + zeta * v_0 * law + T * sp.diff(law, y),
                v_0 * (zeta * v_0) - STATEMENT.right[0],
            ),
            shows=sp.Eq(POWER, STATEMENT.right[0], evaluate=False),
        ),
    )


def _moments() -> tuple[Step, ...]:
    order, mean = sp.Symbol("m", positive=True), sp.Symbol("E[x V']")
    u = sp.Symbol("u", positive=True)
    weight = x**order * sp.exp(-(x**p) / SIZE)
    expected = SIZE ** ((order + 1) / p) / p * u ** ((order + 1) / p - 1) * sp.exp(-u)
    whole = SIZE ** ((order + 1) / p) / p * sp.gamma((order + 1) / p)
    return (
        Step(
            claim="In the trap at rest the weight of |x|^m is an integral of Euler's.",
            because="u = kappa_0 x^(p_V) / (p_V T) is inserted, with its derivative.",
            shows=sp.Eq(weight * sp.Derivative(x, u), expected, evaluate=False),
            means={x: (SIZE * u) ** (1 / p)},
        ),
        Step(
            claim="The mean of |x|^m is a ratio of two, and m = 2 gives the scatter.",
            because="The weight of |x|^m over that of 1.",
            obligation=(
                sp.expand_log(sp.log(whole) - sp.log(whole.subs(order, 0)) - sp.log(mean_power(order)), force=True),
                sp.expand_log(
                    sp.log(whole.subs(order, 2)) - sp.log(whole.subs(order, 0)) - sp.log(STATEMENT.right[1]), force=True
                ),
            ),
            shows=sp.Eq(SCATTER, STATEMENT.right[1], evaluate=False),
        ),
        Step(
            claim="Distance times force has the mean T.",
            because="kappa_0 |x|^(p_V) has the mean T: Gamma(1 + 1/p_V) is Gamma(1/p_V) / p_V.",
            shows=sp.Eq(mean, T, evaluate=False),
            means={mean: sp.gammasimp(kappa_0 * mean_power(p))},
        ),
    )


def _memory() -> tuple[Step, ...]:
    y = sp.Symbol("y", real=True)
    V = sp.Function("V", real=True)(y)

    def ahead(f: sp.Expr) -> sp.Expr:
        """Mean rate of a function of the particle's place."""
        return -sp.diff(V, y) / zeta * sp.diff(f, y) + T / zeta * sp.diff(f, y, 2)

    mean_force, mean_rate = sp.Symbol("E[F(t) | x]"), sp.Symbol("d E[x(t) | x] / dt")
    second = STATEMENT.right[2] * kappa_0**2 * mean_power(2 * p - 2)
    return (
        Step(
            claim="The force is the friction times the mean rate of the place, so that all later forces add up, in the "
            "mean, to minus the friction times the place.",
            because="The generator of the motion is applied to the place, which is zero in the mean at the end.",
            shows=sp.Eq(mean_force, zeta * mean_rate, evaluate=False),
            means={mean_force: -sp.diff(V, y), mean_rate: ahead(y)},
        ),
        Step(
            claim="So the force's products with all later ones add up to zeta T; over its mean square they are the "
            "time stated.",
            because="Minus force times place has the mean T, and V'^2 is kappa_0^2 |x|^(2 p_V - 2).",
            obligation=sp.simplify(second - zeta * T),
            shows=sp.Eq(TIME, STATEMENT.right[2], evaluate=False),
        ),
    )


def _bound() -> tuple[Step, ...]:
    power, scatter, time, cost = STATEMENT.right
    ratio = power * scatter / (T * time * v_0**2)
    first, second, product = sp.symbols("A C m", positive=True)
    beside = sp.Symbol("c", nonnegative=True)  # what C exceeds m^2 / A by
    return (
        Step(
            claim="Power times scatter over T tau_F v_0^2 is the ratio stated.",
            because="All three are inserted; sizes cancel.",
            obligation=ratio - cost,
            shows=sp.Eq(COST, cost, evaluate=False),
        ),
        Step(
            claim="It is at least 1, for any trap: scatter times mean squared force is at least T^2.",
            because="For two numbers of mean squares A and C, and mean product m, A C - m^2 is A times what the second "
            "has beside the first; place and force have the mean product T.",
            obligation=sp.expand(first * second - product**2 - first * (second - product**2 / first)),
            shows=sp.Ge(COST, 1, evaluate=False),
            means={COST: power * first / (T * (zeta * T / (T**2 / first + beside)) * v_0**2)},
        ),
        Step(
            claim="A harmonic trap attains it.",
            because="p_V = 2 is inserted.",
            obligation=(
                sp.simplify(scatter.subs(p, 2) - T / kappa_0),
                sp.simplify(time.subs(p, 2) - zeta / kappa_0),
            ),
            shows=sp.Eq(COST, 1, evaluate=False),
            means={COST: cost.subs(p, 2)},
        ),
    )
