"""Hierarchies of noisy bits, with every datum: which data say the same, in exact fractions."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

OUT_OF = (97, 89)  # chances are drawn out of these primes, so that products of them do not agree by chance


def told_apart(
    *, shapes: tuple[tuple[int, int], ...], stream: Stream, device: str, same_noise: bool = False
) -> Measurement:
    """Classes of data of a hidden bit, that gives `groups` bits, each of which gives `size` bits, for (size, groups).

    All data are passed through three functions that know the chances: the first finds what one group says of its bit,
    the second what all groups say of theirs, the third what these say of the hidden bit. Values, shape (3, shapes):
    different results of one group, of all groups, and of the last function, by exact posteriors from an even prior.
    With `same_noise` a zero is wrong as often as a one. `device` is unused. Given: `shapes`.
    """
    rows = []
    for number, (size, groups) in enumerate(shapes):
        generator = stream.child(number).generator()
        top = _chances(generator, OUT_OF[0], same_noise)
        leaf = _chances(generator, OUT_OF[1], same_noise)
        one_group = {bits: _posterior([_likelihood(bits, chance) for chance in leaf]) for bits in _bits(size)}
        middle = {
            data: tuple(one_group[bits] for bits in data) for data in itertools.product(_bits(size), repeat=groups)
        }
        hidden = {}
        for posteriors in set(middle.values()):
            both = [
                math.prod(((1 - chance) * (1 - p) + chance * p for p in posteriors), start=Fraction(1))
                for chance in top
            ]  # likelihoods of a group, up to a factor, are its posteriors
            hidden[posteriors] = _posterior(both)
        rows.append([len(set(one_group.values())), len(hidden), len(set(hidden.values()))])
    return Measurement(
        values=np.array(rows, dtype=float).T,
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


def _bits(count: int) -> list[tuple[int, ...]]:
    return list(itertools.product((0, 1), repeat=count))


def _chances(generator: np.random.Generator, outof: int, same_noise: bool) -> tuple[Fraction, Fraction]:
    """Chance of a one, if the bit above is zero, and if it is one."""
    low, high = int(generator.integers(5, outof // 3)), int(generator.integers(outof // 2, outof - 5))
    low = outof - high if same_noise else low + (low + high == outof)
    return Fraction(low, outof), Fraction(high, outof)


def _likelihood(bits: tuple[int, ...], chance: Fraction) -> Fraction:
    return chance ** sum(bits) * (1 - chance) ** (len(bits) - sum(bits))


def _posterior(likelihoods: list[Fraction]) -> Fraction:
    """Of a one, from an even prior."""
    return likelihoods[1] / (likelihoods[0] + likelihoods[1])
