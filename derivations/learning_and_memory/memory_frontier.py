r"""The memory frontier of complex synapses: what a synapse of many states can remember, and which one comes close.

Premises: a synapse of 2 K_s states, half of which are strong; events of plasticity come at unit rate and potentiate or
depress with equal chance. The signal is half the difference that one event made to the mean weight; over the noise of N
synapses it is the signal-to-noise ratio over sqrt(N). States in a row, whose ends are left rarely, trade the signal at
once against the area below its curve. No synapse has a signal above 1 or an area above 2 K_s - 1; mixtures of decaying
exponentials that keep both bounds stay below an envelope.
"""

from __future__ import annotations

import sympy as sp

from derivations.learning_and_memory import LISTED, events
from derivations.proof import Step
from derivations.statement import NONNEGATIVE, Exact, Parameter, Source, Statement

START, AREA, ENVELOPE = sp.symbols("S_0 A_S E_S", positive=True)
K = sp.Symbol("K_s", integer=True, positive=True)
leave = sp.Symbol("epsilon_0", positive=True)
FRONTIER = Source(document="lahiri2013memory", where="bounds on the initial signal and the area; the memory envelope")
MOST = 2 * K - 1

STATEMENT = Statement(
    module=__name__,
    title="Memory frontier of complex synapses",
    formula=sp.Eq(
        sp.Tuple(START, AREA, ENVELOPE),
        sp.Tuple(
            leave / (1 + (K - 1) * leave),
            (MOST + leave * (K - 1) ** 2) / (1 + (K - 1) * leave),
            sp.Piecewise((sp.exp(-events / MOST), events <= MOST), (MOST / (sp.E * events), True)),
        ),
        evaluate=False,
    ),
    parameters=(
        Parameter(symbol=K, meaning="strong states, half of all", domain=sp.Range(1, sp.oo), typical=(2, 5)),
        Parameter(
            symbol=leave,
            meaning="probability with which an end state is left by an event towards the others",
            domain=sp.Interval.Lopen(0, 1),
            typical=(0.05, 0.9),
        ),
        Parameter(symbol=events, meaning="time, in events", domain=NONNEGATIVE, typical=(0.5, 40)),
    ),
    assumptions=(
        "Events come at unit rate, and each potentiates or depresses with probability 1/2; weights are -1 and 1.",
        "S_0 and A_S are the signal at once and its area over time for states in a row: an event moves to the next "
        "state up or down, and the end states stay unless left.",
        "E_S is the largest signal at a time of mixtures of decaying exponentials with weights that are not negative, "
        "whose signal at once is at most 1 and whose area at most 2 K_s - 1.",
        "For a synapse of any transitions the signal at once and the area keep both bounds; with weights of both signs "
        "the envelope is not proved, and none was found above it.",
    ),
    regime=Exact(),
    sources=(LISTED, FRONTIER),
    covers=("M1",),
)

i = sp.Symbol("i", integer=True, positive=True)
END = 1 / (2 * (1 + (K - 1) * leave))  # share of synapses in an end state
INNER = leave * END  # and in any other
STEP = 2 / leave + 2 * (i - 1)  # of later signals from state i to i + 1, in the lower half


def derivation() -> tuple[Step, ...]:
    """From the shares of the states in a row to signal and area, and from both bounds to the envelope."""
    return (*_row(), *_area(), *_bounds(), *_envelope())


def _row() -> tuple[Step, ...]:
    half = sp.Rational(1, 2)
    flow = END * leave * half - INNER * half
    jump = half * (INNER * 2 + INNER * 2) / 2  # half a difference; from either side of the middle
    one = sp.Rational(1, 2) * leave  # two states: each of two ends is left by the event that changes it
    inner, end = sp.symbols("p_inner p_end")
    to_neighbour = (half * leave, half, half, half * leave)  # chances in an event, with four states
    moves = sp.Matrix(4, 4, lambda i, j: to_neighbour[j] if abs(i - j) == 1 else 0)  # from state j to i
    (shares,) = (moves - sp.diag(*(sp.ones(1, 4) * moves))).nullspace()
    return (
        Step(
            claim="Between neighbouring states as many move up as down: all inner states have the same share, leave "
            "times that of an end.",
            because="An end is left with probability epsilon_0 / 2 in an event, an inner state with 1/2 in each "
            "direction; the shares add up to 1.",
            obligation=(flow, 2 * END + (2 * K - 2) * INNER - 1),
            shows=sp.Eq(inner, leave * end, evaluate=False),
            means={end: shares[0], inner: shares[1]},
        ),
        Step(
            claim="An event changes weights only between both middle states: the signal at once is twice their share.",
            because="Half of the difference of two mean weights; potentiation lifts the lower middle state by 2, "
            "depression lowers the upper one. With two states these are the ends.",
            obligation=(
                2 * jump - STATEMENT.right[0],
                2 * one - STATEMENT.right[0].subs(K, 1),
            ),
            shows=sp.Eq(START, STATEMENT.right[0], evaluate=False),
        ),
    )


def _area() -> tuple[Step, ...]:
    j = sp.Symbol("j", integer=True, positive=True)
    below = sp.summation(STEP.subs(i, j), (j, 1, K - 1))
    whole = 2 * below + STEP.subs(i, K)
    rise = sp.Symbol("u_{i+1} - u_i")
    return (
        Step(
            claim="What later signals add up to rises from a state to the next by 2 / epsilon_0 at the lower end, and "
            "by 2 more with each state up to the middle; beyond it the steps fall alike.",
            because="The sum u of all later mean weights loses the present weight in an event: in a weak state the "
            "mean u of both neighbours is larger than its own by 1, and at the end epsilon_0 / 2 times the step is 1.",
            shows=sp.Eq(rise, STEP, evaluate=False),
            means=({rise: 1 / (leave / 2), i: 1}, {rise: STEP + 2, i: i + 1}),
        ),
        Step(
            claim="The area is the share of an inner state times the sum of all steps.",
            because="Half the difference that an event makes moves an inner state by half a step up and half a step "
            "down, and an end by epsilon_0 times half of one: each step counts once in all.",
            obligation=(
                INNER / 2 + INNER / 2 - INNER,
                END * leave / 2 + INNER / 2 - INNER,
                INNER * sp.expand(whole) - STATEMENT.right[1],
            ),
            shows=sp.Eq(AREA, STATEMENT.right[1], evaluate=False),
        ),
    )


def _bounds() -> tuple[Step, ...]:
    area = STATEMENT.right[1]
    short = MOST - area
    return (
        Step(
            claim="No synapse has a signal at once above 1, or an area above the number of its states less 1.",
            because="A weight changes by 2 at most, from half of the synapses each way. For the area, transitions are "
            "moved until the states stand in a row without a loss.",
            assumption=FRONTIER,
        ),
        Step(
            claim="States in a row come to the bound on the area as their ends are left less and less.",
            because="What is missing is K_s (K_s - 1) epsilon_0 over 1 + (K_s - 1) epsilon_0, not negative; two states "
            "that are always left have both bounds.",
            obligation=(
                short - leave * K * (K - 1) / (1 + (K - 1) * leave),
                sp.limit(area, leave, 0) - MOST,
                STATEMENT.right[0].subs({K: 1, leave: 1}) - 1,
                area.subs({K: 1, leave: 1}) - 1,
            ),
            shows=sp.Eq(MOST - AREA, leave * K * (K - 1) / (1 + (K - 1) * leave), evaluate=False),
        ),
    )


def _envelope() -> tuple[Step, ...]:
    t, tau = sp.symbols("t tau", positive=True)
    a, b, w = sp.symbols("a b w", nonnegative=True)
    at_once, later = sp.symbols(
        "s_0 s_A", nonnegative=True
    )  # what the signal at once and the area are below 1 and MOST
    curve = sp.exp(-t / tau)
    slope = sp.diff(curve, tau)
    level = curve - tau * slope
    early, late = STATEMENT.right[2].args[0][0], STATEMENT.right[2].args[1][0]
    ray = curve / tau
    return (
        Step(
            claim="Any line a + b tau above exp(-t / tau), with a and b not negative, bounds the signal by "
            "a + b (2 K_s - 1).",
            because="Weights times the line add up to a times the signal at once and b times the area.",
            obligation=sp.expand(w * (a + b * tau) - a * w - b * w * tau),
            shows=sp.Le(ENVELOPE, a + b * MOST, evaluate=False),
            means={ENVELOPE: a * (1 - at_once) + b * (MOST - later)},
        ),
        Step(
            claim="The tangent at tau above t is such a line: the curve is concave beyond t / 2, and below t / 2 it "
            "lies under its chord from the origin.",
            because="The second derivative has the sign of t - 2 tau; the tangent starts at (1 - t / tau) times the "
            "curve, and both ends of the chord are below it.",
            obligation=sp.diff(curve, tau, 2) - curve * t * (t - 2 * tau) / tau**4,
            shows=sp.Eq(a, sp.exp(-t / tau) * (1 - t / tau), evaluate=False),
            means={a: level},
        ),
        Step(
            claim="Up to t = 2 K_s - 1 the tangent at 2 K_s - 1 gives the envelope, which the single exponential of "
            "that time attains.",
            because="The tangent is evaluated where it touches.",
            shows=sp.Eq(ENVELOPE, early, evaluate=False),
            means=tuple({ENVELOPE: height.subs({tau: MOST, t: events})} for height in (level + slope * tau, curve)),
        ),
        Step(
            claim="Later it is the steepest line through the origin, attained by an exponential of the time t that has "
            "all of the area.",
            because="exp(-t / tau) / tau is largest at tau = t, where it is 1 / (e t); the parts meet at 2 K_s - 1.",
            obligation=(
                sp.simplify(sp.diff(ray, tau).subs(tau, t)),
                sp.diff(sp.log(ray), tau) - (t - tau) / tau**2,
                sp.simplify((early - late).subs(events, MOST)),
            ),
            shows=sp.Eq(ENVELOPE, late, evaluate=False),
            means={ENVELOPE: MOST * ray.subs(tau, t).subs(t, events)},
        ),
    )
