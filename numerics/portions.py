"""Replicas that are worked on in portions, so that memory holds one of them at a time."""

from __future__ import annotations

NUMBERS = 2**20  # of one array of a portion: few enough for memory that is used again, enough for few portions


def portions(replicas: int, numbers: int) -> list[int]:
    """Sizes of the portions of replicas that have so many numbers each: all equal but the last, at least one replica.

    >>> portions(700, 3000)
    [349, 349, 2]
    """
    most = max(1, NUMBERS // numbers)
    return [min(most, replicas - start) for start in range(0, replicas, most)]
