"""How many terms and threshold units parity takes in two layers.

Shortest normal forms are found by tabulation and search over prime implicants, threshold networks by running them at
all inputs, and for up to three inputs by trying every threshold unit that there is. Majority is the control.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

from derivations.expressivity import parity
from numerics.expressivity.boolean import conjunctions, least_units, two_layers
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate


def terms_and_units(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Terms and threshold units by number of inputs, shape (2, inputs)."""
    return candidate.numpy(n=measured.axis)


def units_alone(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Threshold units by number of inputs."""
    return candidate.numpy(n=measured.axis)[1]


def units_read_as_gates(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The number of units, read as that of the AND gates of a circuit of depth two, by number of inputs."""
    return candidate.numpy(n=measured.axis)[1]


def ones_and_changes_of_table(dps: int, point: Point) -> list[int]:
    """Ones of the whole truth table, and changes of value while one input after the other is switched on."""
    table = [bin(k).count("1") % 2 for k in range(2 ** int(point["n"]))]
    along = [table[2**ones - 1] for ones in range(int(point["n"]) + 1)]
    return [sum(table), sum(a != b for a, b in itertools.pairwise(along))]


_TWO_LAYERS = Enumeration(
    name="shortest normal forms and threshold networks",
    predict=terms_and_units,
    quick=functools.partial(two_layers, inputs=(1, 2, 3, 4, 5, 6), function="parity"),
    full=functools.partial(two_layers, inputs=(1, 2, 3, 4, 5, 6, 7, 8), function="parity"),
    control=functools.partial(two_layers, inputs=(3, 4, 5, 6), function="majority"),
    axis="number of inputs n",
    quantity="number counted",
    series=("terms of the shortest normal form", "threshold units"),
)

CLAIM = Claim(
    statement=parity.STATEMENT,
    checks=(
        Precision(
            name="truth table",
            reference=ones_and_changes_of_table,
            against="ones of the truth table, and changes of value while ones are added",
            points=({"n": 3}, {"n": 5}, {"n": 11}),
        ),
        _TWO_LAYERS,
        Enumeration(
            name="least number of threshold units, of all that there are",
            predict=units_alone,
            quick=functools.partial(least_units, inputs=(1, 2, 3), function="parity"),
            control=functools.partial(least_units, inputs=(1, 2, 3), function="majority"),
        ),
    ),
    quantities=("D(n)", "T(n)"),
    convention="A threshold unit is 1 where the weighted sum of its inputs reaches a bound; the readout has a bias.",
    independence="Truth tables minimised by tabulation and search; threshold networks run at all inputs.",
    printed={
        "E28": Ordeal(
            fails=_TWO_LAYERS,
            holds=Enumeration(
                name="units that are AND gates",
                predict=units_read_as_gates,
                quick=functools.partial(conjunctions, inputs=(1, 2, 3, 4, 5, 6), function="parity"),
                control=functools.partial(conjunctions, inputs=(3, 4, 5, 6), function="majority"),
            ),
        )
    },
)
