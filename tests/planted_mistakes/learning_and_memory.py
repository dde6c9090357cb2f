"""Mistakes planted in the claims on synapses, important weights and sensors."""

from __future__ import annotations

from typing import Any

import sympy as sp

from derivations.learning_and_memory import events, memory_frontier, sensing, synaptic_importance
from derivations.statement import Limit
from derivations.symbols import epsilon
from tests.planted_mistakes import Mistake, with_experiment, with_shown, with_statement, with_step
from tests.planted_mistakes.high_dimensional_statistics import component

CHAPTER = "learning_and_memory"
ROWS, STATES = "synapses in a row", "equations of all states"
WEIGHTS, TWO = "weights of a regression", "two weights from Gaussian starts"
TRAPS, SPEED, SLOW = "particles in dragged traps", "finite speed", "laws of slow particles"
K, leave = memory_frontier.K, memory_frontier.leave


def mistake(claim: str, kind: str, what: str, plant: Any, *checks: str) -> Mistake:
    """A mistake by position, in a claim of this chapter."""
    return Mistake(claim=f"{CHAPTER}.{claim}", kind=kind, what=what, plant=plant, checks=checks)


MISTAKES = (
    mistake("memory_frontier", "formula", "all states alike", component(0, 1 / K), ROWS),
    mistake("memory_frontier", "formula", "the bound for the area", component(1, 2 * K - 1), ROWS),
    mistake(
        "memory_frontier", "formula", "an area that grows with all states", component(1, 2 * K / (1 + K * leave)), ROWS
    ),
    mistake(
        "memory_frontier",
        "formula",
        "an envelope without its late part",
        component(2, sp.exp(-events / (2 * K - 1))),
        STATES,
    ),
    mistake(
        "memory_frontier",
        "formula",
        "the envelope of half of the states",
        component(2, memory_frontier.STATEMENT.right[2].subs(K, (K + 1) / 2)),
        "random synapses stay below",
    ),
    mistake(
        "memory_frontier",
        "formula",
        "an envelope that no synapse comes close to",
        component(2, 2 * memory_frontier.STATEMENT.right[2]),
        "states in a row come close",
    ),
    mistake(
        "memory_frontier",
        "experiment",
        "synapses that have not settled",
        with_experiment(ROWS, settling=0),
        ROWS,
    ),
    mistake(
        "memory_frontier",
        "displayed step",
        "an area per event that is left",
        with_shown(3, lambda right: leave * right),
        STATES,
    ),
    mistake(
        "synaptic_importance",
        "formula",
        "the whole curvature",
        component(0, synaptic_importance.sigma_0**2 * synaptic_importance.H_kk),
        WEIGHTS,
    ),
    mistake(
        "synaptic_importance",
        "formula",
        "the square of the spread forgotten",
        component(0, synaptic_importance.sigma_0 * synaptic_importance.H_kk / 2),
        WEIGHTS,
    ),
    mistake(
        "synaptic_importance",
        "formula",
        "slow descent at any learning rate",
        component(1, synaptic_importance.STATEMENT.right[1].subs(epsilon, 0)),
        TWO,
    ),
    mistake(
        "synaptic_importance",
        "experiment",
        "starts that are spread unequally",
        with_experiment(TWO, unequal=1.5),
        TWO,
    ),
    mistake(
        "synaptic_importance",
        "displayed step",
        "a whole curvature shown",
        with_shown(3, lambda right: 2 * right),
        WEIGHTS,
    ),
    mistake("sensing", "formula", "twice the power", component(0, 2 * sensing.zeta * sensing.v_0**2), TRAPS),
    mistake("sensing", "formula", "the scatter of a harmonic trap", component(1, sensing.T / sensing.kappa_0), TRAPS),
    mistake("sensing", "formula", "the memory of a harmonic trap", component(2, sensing.zeta / sensing.kappa_0), TRAPS),
    mistake("sensing", "formula", "every trap attains the bound", component(3, sp.Integer(1)), SLOW),
    mistake(
        "sensing",
        "regime",
        "a limit that is reached like the speed",
        lambda claim: with_statement(claim, regime=Limit(parameter=sensing.v_0, towards=0, rate=sensing.v_0)),
        SPEED,
    ),
    mistake(
        "sensing",
        "step",
        "a bound with twice the mean product",
        with_step(8, obligation=sp.Symbol("A") * sp.Symbol("C") - 2 * sp.Symbol("m") ** 2),
        SLOW,
    ),
)
