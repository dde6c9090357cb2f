"""Few pieces cannot approximate the sawtooth.

Continuous functions with crossings in all places are run against networks of tents, and intervals counted in which they
are on the wrong side. Functions whose pieces need not meet are the control. Fits with vertices at random places are
held against the distance that follows.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.expressivity import sawtooth_approximation
from derivations.statement import Parameter
from numerics.expressivity.crossings import fewest_wrong_sides, fitted_distance
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision, Property
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.evidence import Path, Plane

SHAPES = ((2, 0), (2, 1), (2, 2), (2, 3), (2, 4), (3, 1), (3, 2), (3, 3), (3, 4), (4, 2), (4, 3))
DEPTH, PIECES = sawtooth_approximation.STATEMENT.parameters
DRAW = Parameter(symbol=sp.Symbol("r", integer=True), meaning="draw", domain=sp.Range(0, 10**6), typical=(0, 10**5))


def wrong_sides(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Intervals on the wrong side, by layers and pieces."""
    depth, pieces = np.asarray(measured.given["shapes"]).T
    return candidate.numpy(L=depth, n_p=pieces)[None]


def crossings_searched(dps: int, point: Point) -> int:
    """The fewest intervals wholly on the wrong side, by dynamic programming over the number of crossings in each."""
    sides, most = 2 ** int(point["L"]) + 1, int(point["n_p"])
    best = {(0, 0): 0, (1, 0): 0}
    for number in range(sides):
        found: dict[tuple[int, int], int] = {}
        for (side, used), wrong in best.items():
            for crossings in range(min(2, most - used) + 1):
                key = ((side + crossings) % 2, used + crossings)
                total = wrong + (crossings == 0 and side != number % 2)
                found[key] = min(total, found.get(key, sides))
        best = found
    return min(best.values())


def shortfall_of_fits(candidate: Candidate, point: Point, dps: int) -> Any:
    """By how much a fit comes nearer to the sawtooth than the intervals on the wrong side allow."""
    depth, pieces = int(point["L"]), int(point["n_p"])
    allowed = (candidate.mpmath(dps, L=depth, n_p=pieces) - 1) / mpmath.mpf(2) ** (depth + 2)
    return max(mpmath.mpf(0), allowed - fitted_distance(depth, pieces, int(point["r"])))


def distances(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Mean absolute distance over the number of pieces, below it what must be left."""
    shapes, found = np.asarray(measured.given["shapes"]), np.asarray(measured.given["distances"])
    paths = []
    for group, depth in enumerate((2, 3, 4)):
        rows = shapes[:, 0] == depth
        pieces = shapes[rows, 1]
        bound = np.maximum(candidate.numpy(L=depth, n_p=pieces) - 1, 0) / 2.0 ** (depth + 2)
        paths.append(
            Path(
                label=f"{depth} layers of tents",
                group=group,
                theory=(tuple(pieces.tolist()), tuple(bound.tolist())),
                measured=(tuple(pieces.tolist()), tuple(found[rows].tolist())),
            )
        )
    return (
        Plane(
            title="Distance from the sawtooth: bound as a line, best function tried as points",
            x_label="number of affine pieces n_p",
            y_label="mean absolute distance",
            paths=tuple(paths),
        ),
    )


CLAIM = Claim(
    statement=sawtooth_approximation.STATEMENT,
    checks=(
        Precision(
            name="crossings searched",
            reference=crossings_searched,
            points=({"L": 3, "n_p": 3}, {"L": 4, "n_p": 7}, {"L": 5, "n_p": 10}, {"L": 5, "n_p": 23}),
            against="a search over the number of crossings in every interval",
        ),
        Enumeration(
            name="functions with crossings in all places",
            predict=wrong_sides,
            quick=functools.partial(fewest_wrong_sides, shapes=SHAPES),
            full=functools.partial(fewest_wrong_sides, shapes=(*SHAPES, (3, 5), (4, 4))),
            control=functools.partial(fewest_wrong_sides, shapes=SHAPES[2:9], jumps=True),
            axis="number of the case (layers L, pieces n_p)",
            quantity="number of intervals on the wrong side",
            style="stem",
            picture=distances,
        ),
        Property(
            name="fits stay away",
            sentence="no fit comes nearer to the sawtooth than the intervals on the wrong side allow",
            residual=shortfall_of_fits,
            parameters=(DEPTH.narrowed(typical=(3, 5)), PIECES, DRAW),
            examples=20,
        ),
    ),
    quantities=("W",),
    convention="Sides of 1/2, those at both ends of [0, 1] among them; a function of no pieces is a constant.",
    independence="Networks of tents run forward; crossings are tried in all places.",
)
