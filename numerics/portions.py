"""Replicas that are worked on in portions, so that memory holds one of them at a time."""

from __future__ import annotations

NUMBERS = 2**20  # of one array of a portion: few enough for memory that is used again, enough for few portions
CACHED = 2**17  # of one array of a portion that stays in the cache of a core, for work on small matrices


def portions(replicas: int, numbers: int, most: int | None = None) -> list[int]:
    """Sizes of the portions of replicas that have so many numbers each: all equal but the last, at least one replica.

    most  numbers of a portion, NUMBERS by default

    >>> portions(700, 3000)
    [349, 349, 2]
    """
    size = max(1, (most or NUMBERS) // numbers)
    return [min(size, replicas - start) for start in range(0, replicas, size)]
