"""Chains of spins with whole weights, summed over all states at once."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream


def chain_weights(bonds: int, weight: int, second: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """All states of an open chain of `bonds` bonds, and their weights: `weight` for each pair of equal neighbours.

    `second` is the weight of equal spins two steps apart. States are numbers whose bits are the spins.
    """
    states = np.arange(2 ** (bonds + 1), dtype=np.int64)
    weights = np.ones(len(states), dtype=np.int64)
    for k in range(bonds):
        weights = np.where((states >> k & 1) == (states >> (k + 1) & 1), weights * weight, weights)
    for k in range(bonds - 1):
        weights = np.where((states >> k & 1) == (states >> (k + 2) & 1), weights * second, weights)
    return states, weights


def decimated(
    *, weights: tuple[int, ...], times: tuple[int, ...], stream: Stream, device: str, second: int = 1
) -> Measurement:
    """Open chains of 2^times bonds, summed over all spins but the ends.

    For every weight of equal neighbours. Values, shape (2 weights, times): the sum with equal ends, and with unequal
    ones, both for one end fixed. `second` is the weight of equal spins two steps apart. `stream` and `device` are
    unused. Given: `weights`.
    """
    rows = []
    for weight in weights:
        sums = []
        for count in times:
            states, found = chain_weights(2**count, weight, second)
            equal = (states & 1) == (states >> 2**count & 1)
            sums.append([found[equal].sum() // 2, found[~equal].sum() // 2])
        rows += np.array(sums).T.tolist()
    return Measurement(
        values=np.array(rows, dtype=float), axis=np.array(times, dtype=float), given={"weights": np.array(weights)}
    )


def correlated(
    *, weights: tuple[int, ...], steps: tuple[int, ...], stream: Stream, device: str, second: int = 1
) -> Measurement:
    """Open chains of so many steps: the sum over all states, and that of the product of both end spins.

    Values, shape (2 weights, steps). `stream` and `device` are unused. Given: `weights`.
    """
    rows = []
    for weight in weights:
        sums = []
        for count in steps:
            states, found = chain_weights(count, weight, second)
            ends = np.where((states & 1) == (states >> count & 1), 1, -1)
            sums.append([found.sum(), (ends * found).sum()])
        rows += np.array(sums).T.tolist()
    return Measurement(
        values=np.array(rows, dtype=float), axis=np.array(steps, dtype=float), given={"weights": np.array(weights)}
    )
