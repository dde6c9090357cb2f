"""One hidden layer and the length of curves: exact polygons behind hard tanh layers, and what the bounds say."""

from __future__ import annotations

import functools
import itertools
import random
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.statement import Parameter
from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate
from verify.evidence import Path, Plane

LAYER_NUMBER = Parameter(
    symbol=sp.Symbol("k", integer=True, positive=True),
    meaning="number of a random layer",
    domain=sp.Range(1, sp.oo),
    typical=(3, 10**6),
)
Vector = list[Fraction]


def hard(field: Fraction) -> Fraction:
    """Hard tanh of range 1."""
    return min(max(field, Fraction(-1)), Fraction(1)) / 2


def image_length(weights: list[Vector], biases: Vector, corners: list[Vector]) -> Any:
    """Length behind a layer of hard tanh neurons of range 1, of the polygon through `corners`, as an mpf.

    The image is a polygon: each side of the input is cut where a neuron reaches one of its two breakpoints, by exact
    arithmetic; only the square roots are rounded.
    """
    squares = []
    for here, there in itertools.pairwise(corners):
        start, end = (
            [sum((w * c for w, c in zip(row, p, strict=True)), b) for row, b in zip(weights, biases, strict=True)]
            for p in (here, there)
        )
        cuts = {Fraction(0), Fraction(1)}
        for a, z in zip(start, end, strict=True):
            cuts |= {(edge - a) / (z - a) for edge in (-1, 1) if a != z and 0 < (edge - a) / (z - a) < 1}
        places = sorted(cuts)
        image = [[hard(a + t * (z - a)) for a, z in zip(start, end, strict=True)] for t in places]
        squares += [sum((q - p) ** 2 for p, q in zip(u, v, strict=True)) for u, v in itertools.pairwise(image)]
    return mpmath.fsum(mpmath.sqrt(mpmath.mpf(s.numerator) / s.denominator) for s in squares)


@functools.cache
def staircase(width: int, legs: int) -> Any:
    """Length of a curve of that many legs on a slanted line, behind neurons that climb or fall one after the other."""
    direction = [Fraction(2, 7), Fraction(-3, 5)]
    size = sum(d * d for d in direction)
    signs = [(-1) ** (i % 3) for i in range(width)]
    weights = [[sign * d / size for d in direction] for sign in signs]
    biases = [Fraction(-sign * (3 * i + 2)) for i, sign in enumerate(signs)]
    ends = [[end * d for d in direction] for end in (Fraction(0), Fraction(3 * width + 1))]
    with mpmath.workdps(60):
        return image_length(weights, biases, [ends[k % 2] for k in range(legs + 1)])


@functools.cache
def random_layer(number: int, width: int, turns: int, closed: bool) -> Any:
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


def attained(candidate: Candidate, point: Point, dps: int) -> list:
    """How far the staircases are from both bounds, relative to their lengths."""
    width, turns, size = int(point["N_1"]), int(point["s_theta"]), mpmath.mpf(point["R"])
    legs = turns + turns % 2  # a closed curve reverses an even number of times
    bound, _ = candidate.mpmath(dps, N_1=width, s_theta=turns, R=point["R"])
    _, closed = candidate.mpmath(dps, N_1=width, s_theta=legs, R=point["R"])
    lengths = size * staircase(width, turns + 1), size * staircase(width, legs)
    return [b / length - 1 for b, length in zip((bound, closed), lengths, strict=True)]


def excess(candidate: Candidate, point: Point, dps: int) -> list:
    """By how much the images of an open and a closed random curve exceed the bounds, relative to their lengths."""
    width, turns, size = int(point["N_1"]), int(point["s_theta"]), mpmath.mpf(point["R"])
    bounds = candidate.mpmath(dps, N_1=width, s_theta=turns, R=point["R"])
    lengths = [size * random_layer(int(point["k"]), width, turns, closed) for closed in (False, True)]
    return [max(mpmath.mpf(0), 1 - b / length) for b, length in zip(bounds, lengths, strict=True)]


def wave_excess(candidate: Candidate, point: Point, dps: int) -> Any:
    """By how much one neuron of range R with the activation (R / 2) sin(10 h), 0 < h < 1, exceeds the open bound."""
    size = mpmath.mpf(point["R"])
    peaks = [mpmath.mpf(0), *(mpmath.pi * (2 * k + 1) / 20 for k in range(3)), mpmath.mpf(1)]
    heights = [mpmath.sin(10 * h) * size / 2 for h in peaks]
    length = mpmath.fsum(abs(b - a) for a, b in itertools.pairwise(heights))
    bound, _ = candidate.mpmath(dps, N_1=1, s_theta=0, R=point["R"])
    return max(mpmath.mpf(0), 1 - bound / length)


def steep(candidate: Candidate, measured: Measurement) -> np.ndarray:
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
