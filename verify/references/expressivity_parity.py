"""Parity in two layers: what the formulas say of searched forms, and both numbers by recursion."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate


def two_layers(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Terms and threshold units by number of inputs, shape (2, inputs)."""
    return candidate.numpy(n=measured.axis)


def least_units(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Threshold units by number of inputs."""
    return candidate.numpy(n=measured.axis)[1]


def gates(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The number of units, read as that of the AND gates of a circuit of depth two, by number of inputs."""
    return candidate.numpy(n=measured.axis)[1]


def table(dps: int, point: Point) -> list[int]:
    """Ones of the truth table, and changes of value while ones are added, by one bit after the other."""
    ones, zeros, value, changes = 0, 1, 0, 0
    for _ in range(int(point["n"])):
        ones, zeros = ones + zeros, zeros + ones
        value, before = (value + 1) % 2, value
        changes += value != before
    return [ones, changes]
