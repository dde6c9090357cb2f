"""The loss on small spheres around the origin, and the ranks that networks fit.

Directions are drawn and descended on the sphere; the distance shrinks. Networks of several depths fit maps of all
ranks, matrix by matrix; a network with a bypass beside its narrow layers is the control.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import not_convex
from numerics.deep_linear.origin import fitted_ranks, steepest
from numerics.measurement import Measurement
from verify.checks import Enumeration, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

NETWORKS = ((5, 4, 6), (4, 5, 3, 5), (4, 3, 5, 4, 6))
FULL_NETWORKS = ((15, 14, 16), (14, 15, 13, 15), (14, 13, 15, 14, 16), (7, 9, 6, 8, 5, 7))
NARROW = ((5, 3, 4), (4, 2, 5, 3), (3, 5, 4), (5, 1, 4), (6, 6, 3, 5), (6, 4, 6, 5), (7, 8, 6), (6, 8, 2), (4, 9, 7))
falling = partial(steepest, singular_values=(2.3, 1.4, 0.8), distance=1.1)
ANY: dict[str, Any] = {"N_1": 3, "N_h": 4, "N_3": 5}


def along_equal_changes(dps: int, point: Point) -> Any:
    """The D-th derivative along a unit direction of equal changes that carry the mode, numerically, from the loss."""
    depth, s = int(point["D"]), mpmath.mpf(point["s"])
    with mpmath.workdps(3 * dps):
        part = 1 / mpmath.sqrt(depth)
        return mpmath.diff(lambda e: (s - (e * part) ** depth) ** 2 / 2, 0, depth)


def lowest(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of it."""
    return candidate.mpmath(dps, **point, **ANY)[0]


def falls(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Lowest derivatives by number of matrices, (networks,)."""
    given: Any = measured.given
    return np.array([candidate.numpy(s=given["singular_value"], D=int(d), **ANY)[0] for d in given["matrices"]])


def ranks(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Largest ranks, (networks,)."""
    given: Any = measured.given
    known = {"N_1": given["inputs"], "N_h": given["hidden"], "N_3": given["outputs"]}
    return np.asarray(candidate.numpy(s=1.3, D=3, **known)[1])


CLAIM = Claim(
    statement=not_convex.STATEMENT,
    checks=(
        Precision(
            name="equal changes of one neuron a layer",
            reference=along_equal_changes,
            points=({"D": 2, "s": "1.7"}, {"D": 3, "s": "0.6"}, {"D": 5, "s": "2.3"}),
            digits=(20, 30),
            against="the loss along equal changes that carry the mode, differentiated numerically at the origin",
            evaluate=lowest,
        ),
        Ladder(
            name="descent on small spheres",
            predict=falls,
            steps=(0.4, 0.2, 0.1, 0.05),
            quick=partial(falling, networks=NETWORKS),
            full=partial(falling, networks=FULL_NETWORKS),
        ),
        Enumeration(
            name="ranks that are fitted",
            predict=ranks,
            quick=partial(fitted_ranks, networks=NARROW, sweeps=4),
            control=partial(fitted_ranks, networks=NARROW, sweeps=4, bypass=True),
            axis="number of the network",
            quantity="largest rank that is fitted",
            style="stem",
        ),
    ),
    quantities=("h_D", "r_max"),
    convention="Half the squared error summed over the examples; directions have unit length over all weights.",
    independence="Losses of whole networks of unequal widths on spheres of weights; maps fitted matrix by matrix.",
)
