"""Signals of synapses in a row, counted event by event, and random synapses below the envelope.

Synapses go through events of plasticity, once after potentiation and once after depression, until nothing is left of
the difference. At high precision the equations of all states are solved. Chains with transitions of any kind are drawn
and must stay below the envelope; states in a row come close to it.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.learning_and_memory import memory_frontier
from derivations.statement import Parameter
from numerics.learning_and_memory.synapses import memory_curve, random_chain, remembered
from numerics.measurement import Measurement
from verify.checks import Precision, Property, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.evidence import Path, Plane

CHAINS = ((4, 0.3), (6, 0.12), (8, 0.6))
DRAW = Parameter(symbol=sp.Symbol("r", integer=True), meaning="draw", domain=sp.Range(0, 10**6), typical=(0, 10**5))
STRONG = memory_frontier.STATEMENT.parameters[0]
TIMES = np.geomspace(0.1, 100, 25)
AT_ONCE = 20  # chains behind one draw
LONG = 400  # times the number of states: late enough for a row to come close


def all_states(dps: int, point: Point) -> list:
    """Signal and area from the equations of all states, and the envelope as the least bound by a line.

    The line over exp(-t / tau) with a given slope starts where the difference is largest; the bound is convex in the
    slope, and its least value is searched.
    """
    half, leave, t = int(point["K_s"]), mpmath.mpf(point["epsilon_0"]), mpmath.mpf(point["t_n"])
    count = 2 * half
    up, down = mpmath.zeros(count), mpmath.zeros(count)
    for state in range(count):
        for matrix, way in ((up, 1), (down, -1)):
            towards = state + way
            goes = mpmath.mpf(0 if not 0 <= towards < count else leave if state in (0, count - 1) else 1)
            matrix[state, state] += 1 - goes
            if goes:
                matrix[state, towards] += goes
    mixed = (up + down) / 2 - mpmath.eye(count)
    system = mixed.T.copy()
    system[count - 1, :] = mpmath.ones(1, count)
    rest = mpmath.lu_solve(system, mpmath.matrix([0] * (count - 1) + [1])).T
    start = rest * (up - down) / 2
    weights = mpmath.matrix([-1] * half + [1] * half)
    bordered = -mixed.copy()
    bordered[0, :] = mpmath.matrix([[1] + [0] * (count - 1)])
    right = weights.copy()
    right[0] = 0
    later = mpmath.lu_solve(bordered, right)
    return [(start * weights)[0], (start * later)[0], _least_bound(t, mpmath.mpf(count - 1))]


def _least_bound(t: Any, most: Any) -> Any:
    """Largest weight of exp(-t / tau) on the edge of what both bounds allow: one exponential, its time searched."""

    def signal(log_time: Any) -> Any:
        time = mpmath.exp(log_time)
        return mpmath.exp(-t / time) * min(mpmath.mpf(1), most / time)

    low, high = mpmath.log(most) - 6, mpmath.log(most + t) + 6
    golden = (mpmath.sqrt(5) - 1) / 2
    for _ in range(int(6 * mpmath.mp.dps)):
        inner, outer = high - golden * (high - low), low + golden * (high - low)
        low, high = (inner, high) if signal(inner) < signal(outer) else (low, outer)
    return signal((low + high) / 2)


def of_rows(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Signal at once and area, (2, chains)."""
    given: Any = measured.given
    known = {"K_s": (given["states"] / 2).astype(int), "epsilon_0": given["leave"]}
    return np.asarray(candidate.numpy(t_n=1.3, **known)[:2])


def above(candidate: Candidate, point: Point, dps: int) -> Any:
    """By how much random synapses exceed the envelope, or the bounds on signal and area."""
    half = int(point["K_s"])
    envelope = np.asarray(candidate.numpy(K_s=half, epsilon_0=0.3, t_n=TIMES)[2])
    curves, starts, areas = random_synapses(half, int(point["r"]))
    worst = max(float(np.max(curves / envelope)), np.max(starts), np.max(areas) / (2 * half - 1)) - 1
    return worst if worst > 1e-9 else 0.0


@functools.lru_cache(maxsize=64)
def random_synapses(half: int, number: int) -> tuple[np.ndarray, ...]:
    """Signals over TIMES, at once, and added up, of AT_ONCE random synapses."""
    generator = np.random.default_rng(number)
    found = [memory_curve(*random_chain(generator, 2 * half), TIMES) for _ in range(AT_ONCE)]
    return tuple(np.array(part) for part in zip(*found, strict=True))


def row(half: int, leave: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Transitions and weights of states in a row."""
    count = 2 * half
    up = np.eye(count, k=1)
    up[-1, -1], up[0, 1], up[0, 0] = 1, leave, 1 - leave
    return up, up[::-1, ::-1], np.where(np.arange(count) < half, -1.0, 1.0)


def short_of(candidate: Candidate, point: Point, dps: int) -> Any:
    """By how much more than 1 % a row whose ends are left in proportion to 1 / t falls short of the envelope."""
    half = int(point["K_s"])
    most = 2 * half - 1
    time = float(LONG * most)
    curve, _, _ = memory_curve(*row(half, most / time), np.array([time]))
    envelope = float(candidate.numpy(K_s=half, epsilon_0=0.3, t_n=time)[2])
    return max(0.0, 0.99 - float(curve[0]) / envelope)


def frontier(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """The envelope of ten states, twenty random synapses below it, and rows of ten that come near."""
    times, generator = np.geomspace(0.1, 1000, 60), np.random.default_rng(1)
    envelope = np.asarray(candidate.numpy(K_s=5, epsilon_0=0.3, t_n=times)[2])
    paths = [Path(label="envelope", theory=(tuple(times), tuple(envelope)))]
    curves = [("states in a row", row(5, leave)) for leave in (0.01, 0.1, 1.0)]
    curves += [("random synapses", random_chain(generator, 10)) for _ in range(20)]
    for group, (label, chain) in enumerate(curves, start=1):
        curve = memory_curve(*chain, times)[0]
        seen = curve > 1e-4
        paths.append(
            Path(
                label=label if group in (1, 4) else "",
                group=1 if group < 4 else 2,
                measured=(tuple(times[seen]), tuple(curve[seen])),
            )
        )
    return (
        Plane(
            title="Memory frontier of ten states",
            x_label="time t in events",
            y_label="signal over noise, over the root of the number of synapses",
            paths=tuple(paths),
            log_x=True,
            log_y=True,
        ),
    )


CLAIM = Claim(
    statement=memory_frontier.STATEMENT,
    checks=(
        Precision(
            name="equations of all states",
            reference=all_states,
            points=(
                {"K_s": 1, "epsilon_0": "0.7", "t_n": "0.4"},
                {"K_s": 2, "epsilon_0": "0.31", "t_n": "2.7"},
                {"K_s": 2, "epsilon_0": "0.83", "t_n": "3.07"},
                {"K_s": 3, "epsilon_0": "0.19", "t_n": "4.3"},
                {"K_s": 4, "epsilon_0": "0.07", "t_n": "3.1"},
                {"K_s": 5, "epsilon_0": "0.62", "t_n": "23.0"},
            ),
            digits=(15, 25),
            against="the balance of all states and what later weights add up to, solved; one exponential, searched",
        ),
        Property(
            name="random synapses stay below",
            sentence="no synapse of any transitions exceeds the envelope, or the bounds on signal and area",
            residual=above,
            parameters=(STRONG, DRAW),
            examples=20,
        ),
        Property(
            name="states in a row come close",
            sentence="late, states in a row come within 1 % of the envelope",
            residual=short_of,
            parameters=(STRONG,),
            examples=4,
        ),
        Replicas(
            name="synapses in a row",
            predict=of_rows,
            quick=partial(remembered, chains=CHAINS, synapses=1500, settling=150),
            replicas=40,
            full_replicas=400,
            axis="number of the chain",
            quantity="signal at once, and its area",
            style="stem",
            series=("signal at once", "area"),
            picture=frontier,
        ),
    ),
    quantities=("S_0", "A_S", "E_S"),
    convention="Time counts events; the signal is that of one synapse, whose noise is 1: over N it is over sqrt(N).",
    independence="Synapses go through random events one by one; chains of any transitions are drawn.",
)
