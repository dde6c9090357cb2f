"""Walkers on a Markov chain of two states, all of them followed: whole numbers on every path."""

from __future__ import annotations

import itertools

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream


def followed(*, chains: int, largest: int, stream: Stream, device: str, remembering: bool = False) -> Measurement:
    """Walkers on every path of two steps through two states, for random chains.

    Shares of each state at the start and of each move are whole numbers out of 20 to `largest`, so that with as many
    walkers as the product of these all paths have whole numbers of them. Values, shape (2, chains): walkers that end in
    state 1, and those of them that started there. With `remembering` the moves of the second step are exchanged for
    walkers that started in state 1. `device` is unused. Given: start (chains,), and up and down, shape (2, chains), the
    shares that go from 0 to 1 and from 1 to 0 in each step; walkers (chains,).
    """
    generator = stream.generator()
    rows, given = [], []
    for _ in range(chains):
        outof = [int(v) for v in generator.integers(20, largest + 1, 3)]
        start = int(generator.integers(1, outof[0]))
        up = [int(generator.integers(1, n)) for n in outof[1:]]
        down = [int(generator.integers(1, n)) for n in outof[1:]]
        end = started = 0
        for first, middle, last in itertools.product((0, 1), repeat=3):
            walkers = start if first else outof[0] - start
            for step, (here, there) in enumerate(((first, middle), (middle, last))):
                moves = (down if here else up)[step]
                if remembering and step == 1 and first:
                    moves = (up if here else down)[step]
                walkers *= moves if here != there else outof[step + 1] - moves
            end += walkers if last else 0
            started += walkers if last and first else 0
        rows.append([end, started])
        shares = [[moves / n for moves, n in zip(kind, outof[1:], strict=True)] for kind in (up, down)]
        given.append([start / outof[0], *shares[0], *shares[1], float(np.prod(outof))])
    told = np.array(given).T
    return Measurement(
        values=np.array(rows, dtype=float).T,
        axis=np.arange(1.0, chains + 1),
        given={"start": told[0], "up": told[1:3], "down": told[3:5], "walkers": told[5]},
    )
