"""The longest image that one hidden layer of monotone neurons can make of a curve.

A bound is tested from both sides: staircases built to attain it, by exact arithmetic, and random layers that must stay
below. Layers of ever steeper neurons on random lines approach it as their steepness grows. All of them measure lengths
of polygons; none adds up the variations of single neurons, which is how the bound is derived.
"""

from __future__ import annotations

import functools
import itertools
import random
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.manifold_geometry import shallow_length_bound
from derivations.statement import Parameter
from numerics.manifold_geometry.shallow_layer import steep_layers
from numerics.measurement import Measurement
from verify.checks import Ladder, Property
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate
from verify.evidence import Path, Plane
from verify.references.mean_field import image_length, staircase

LAYER_NUMBER = Parameter(
    symbol=sp.Symbol("k", integer=True, positive=True),
    meaning="number of a random layer",
    domain=sp.Range(1, sp.oo),
    typical=(3, 10**6),
)


@functools.cache
def length_behind_random_layer(number: int, width: int, turns: int, closed: bool) -> Any:
    """Length behind a random layer, of a polygon in three dimensions of `turns` + 1 sides, or a closed one of `turns`.

    Weights are steep enough that many neurons saturate on a side; the sides point to and fro, roughly.
    """
    source = random.Random(number)

    def drawn(low: int, high: int) -> Fraction:
        return Fraction(source.randint(low, high), 97)

    corners = [
        [Fraction((-1) ** k) + drawn(-30, 30), drawn(-60, 60), drawn(-60, 60)] for k in range(turns + (not closed) + 1)
    ]
    if closed:
        corners[-1] = corners[0]
    steepness = source.choice([2, 8, 40, 200])
    weights = [[steepness * drawn(-97, 97) for _ in range(3)] for _ in range(width)]
    biases = [steepness * drawn(-60, 60) for _ in range(width)]
    with mpmath.workdps(60):
        return image_length(weights, biases, corners)


def shortfall_of_staircases(candidate: Candidate, point: Point, dps: int) -> list:
    """How far the staircases are from both bounds, relative to their lengths; they may touch the bounds."""
    width, turns, size = int(point["N_1"]), int(point["s_theta"]), mpmath.mpf(point["R"])
    legs = turns + turns % 2  # a closed curve reverses an even number of times
    bound, _ = candidate.mpmath(dps, N_1=width, s_theta=turns, R=point["R"])
    _, closed = candidate.mpmath(dps, N_1=width, s_theta=legs, R=point["R"])
    lengths = size * staircase(width, turns + 1), size * staircase(width, legs)
    pairs = list(zip(lengths, (bound, closed), strict=True))
    apart = [b / length - 1 for length, b in pairs]
    return apart + [candidate.broken(length, b, mpmath.mpf(10) ** (-dps // 2)) for length, b in pairs]


def excess_of_random_layers(candidate: Candidate, point: Point, dps: int) -> list:
    """By how much the images of an open and a closed random curve break the bounds, relative to these."""
    width, turns, size = int(point["N_1"]), int(point["s_theta"]), mpmath.mpf(point["R"])
    bounds = candidate.mpmath(dps, N_1=width, s_theta=turns, R=point["R"])
    lengths = [size * length_behind_random_layer(int(point["k"]), width, turns, closed) for closed in (False, True)]
    slack = mpmath.mpf(10) ** (-dps // 2)
    return [candidate.broken(length, b, slack) for length, b in zip(lengths, bounds, strict=True)]


def excess_of_a_sine(candidate: Candidate, point: Point, dps: int) -> Any:
    """By how much one neuron of range R with the activation (R / 2) sin(10 h), 0 < h < 1, exceeds the open bound."""
    size = mpmath.mpf(point["R"])
    peaks = [mpmath.mpf(0), *(mpmath.pi * (2 * k + 1) / 20 for k in range(3)), mpmath.mpf(1)]
    heights = [mpmath.sin(10 * h) * size / 2 for h in peaks]
    length = mpmath.fsum(abs(b - a) for a, b in itertools.pairwise(heights))
    bound, _ = candidate.mpmath(dps, N_1=1, s_theta=0, R=point["R"])
    return candidate.broken(length, bound, mpmath.mpf(10) ** (-dps // 2))


def bounds_of_steep_layers(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Both bounds for the layers of the experiment; the closed curve reverses once more, at its start."""
    widths, turns, ranges = (measured.given[name] for name in ("widths", "turns", "ranges"))
    bounds, closed = (candidate.numpy(N_1=widths, s_theta=s, R=ranges) for s in (turns, turns + 1))
    return np.stack([bounds[0], closed[1]])


def gaussian_lengths(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Lengths behind random Gaussian layers over the scale of their weights, below the bound as a line."""
    width, turns = (int(np.asarray(measured.given[name])[0]) for name in ("widths", "turns"))
    scales, lengths = np.asarray(measured.given["scales"]), np.asarray(measured.given["gaussian"])
    bound = float(candidate.numpy(N_1=width, s_theta=turns, R=2.0)[0])
    place, span = [float(np.log10(s)) for s in scales], tuple(float(np.log10(s)) for s in (scales[0], scales[-1]))
    return (
        Plane(
            title="Random Gaussian layers lie below the bound",
            x_label="weight scale, decimal logarithm",
            y_label="length behind the layer",
            paths=(
                Path(label="bound", group=0, theory=(span, (bound, bound))),
                *(
                    Path(
                        label="random layers of tanh neurons", group=1, measured=(tuple(place), tuple(map(float, row)))
                    )
                    for row in lengths.T
                ),
            ),
        ),
    )


_RANDOM_LAYERS = Property(
    name="random monotone layers stay below",
    sentence="no random hard tanh layer makes a random polygon longer than the bounds allow",
    residual=excess_of_random_layers,
    parameters=(*shallow_length_bound.STATEMENT.parameters, LAYER_NUMBER),
    examples=12,
)

CLAIM = Claim(
    statement=shallow_length_bound.STATEMENT,
    checks=(
        Property(
            name="staircases attain the bounds",
            sentence="staircases of hard tanh neurons are exactly as long as the bounds allow",
            residual=shortfall_of_staircases,
            parameters=shallow_length_bound.STATEMENT.parameters,
            examples=12,
        ),
        _RANDOM_LAYERS,
        Ladder(
            name="layers of ever steeper neurons",
            predict=bounds_of_steep_layers,
            quick=functools.partial(
                steep_layers,
                widths=(5, 3, 8),
                turns=(3, 5, 7),
                ranges=(2.3, 0.7, 1.4),
                replicas=6,
                scales=(0.1, 0.3, 1, 3, 10, 30, 100, 300),
            ),
            full=functools.partial(
                steep_layers,
                widths=(5, 17, 29, 40),
                turns=(3, 5, 7, 5),
                ranges=(2.3, 0.7, 1.4, 3.1),
                replicas=20,
                scales=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000),
            ),
            steps=(8e-4, 4e-4, 2e-4, 1e-4),
            full_steps=(8e-5, 4e-5, 2e-5, 1e-5),
            order=1,
            axis="number of the layer",
            quantity="length behind the layer",
            series=("open curve", "closed curve"),
            style="stem",
            picture=gaussian_lengths,
        ),
    ),
    quantities=("L^E", "L_closed^E"),
    convention="The activation's range includes its scale; changes of direction of a closed curve count once around.",
    independence="Lengths of polygons through points of the image, of neurons with random weights that switch one "
    "after the other; no total variation.",
    printed={
        "E11": Ordeal(
            fails=Property(
                name="an activation that is not monotone",
                sentence="one neuron with a sine for its activation stays below the bound",
                residual=excess_of_a_sine,
                parameters=shallow_length_bound.STATEMENT.parameters[2:],
                examples=5,
            ),
            holds=_RANDOM_LAYERS,
        )
    },
)
