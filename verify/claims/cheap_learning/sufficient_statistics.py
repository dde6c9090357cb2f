"""Minimal sufficient statistics of a hierarchy.

Every datum is passed through the functions of the composition, in exact fractions, and different results are counted.
Noise that is the same for zeros and ones, where more data agree, is the control.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

from derivations.cheap_learning import sufficient_statistics
from derivations.statement import Source
from numerics.cheap_learning.hierarchies import told_apart
from numerics.measurement import Measurement
from verify.checks import Enumeration, Literature, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

SHAPES = ((1, 3), (2, 2), (2, 3), (3, 2), (3, 3), (4, 2))


def classes(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Classes of one group, of all groups, and for the hidden bit, by hierarchy."""
    size, groups = np.asarray(measured.given["shapes"]).T
    return candidate.numpy(n=size, n_g=groups)


def orders_of_numbers(dps: int, point: Point) -> list[int]:
    """Numbers of ones of a group, tuples of them, and tuples up to their order."""
    size, groups = int(point["n"]), int(point["n_g"])
    tuples = list(itertools.product(range(size + 1), repeat=groups))
    return [size + 1, len(tuples), len({tuple(sorted(some)) for some in tuples})]


def tetrahedral(candidate: Candidate) -> float:
    """Three numbers of ones of four bits each, without their order."""
    return float(candidate.numpy(n=4, n_g=3)[2])


CLAIM = Claim(
    statement=sufficient_statistics.STATEMENT,
    checks=(
        Enumeration(
            name="all data told apart",
            predict=classes,
            quick=functools.partial(told_apart, shapes=SHAPES),
            full=functools.partial(told_apart, shapes=(*SHAPES, (3, 4), (4, 3), (6, 2))),
            control=functools.partial(told_apart, shapes=SHAPES[2:], same_noise=True),
            axis="number of the hierarchy",
            quantity="number of classes",
            series=("of one group", "of all groups", "for the hidden bit"),
            style="stem",
        ),
        Precision(
            name="orders of numbers",
            reference=orders_of_numbers,
            points=({"n": 3, "n_g": 4}, {"n": 5, "n_g": 3}, {"n": 4, "n_g": 5}),
            against="tuples of numbers of ones, with and without their order",
        ),
        Literature(
            name="tetrahedral numbers",
            published="35",
            source=Source(document="oeis", where="A000292, entry 5"),
            evaluate=tetrahedral,
            uncertainty=1e-9,
            seen="in the data of the sequence",
        ),
    ),
    quantities=("t(n)", "T_1(n, n_g)", "T_0(n, n_g)"),
    convention="A class is a set of data with one posterior; f_i gives T_(i-1) from T_i, and f_0 the posterior.",
    independence="All data, with posteriors in exact fractions; no statistic is named.",
)
