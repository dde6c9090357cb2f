"""One hidden layer approximates smooth functions.

Networks for parabolas, which attain the bound, are run in fractions; a kink is the control. Networks for other
functions are run with ever more neurons, and their error over the square of the step is extrapolated.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.expressivity import universality
from derivations.statement import Parameter
from numerics.expressivity.interpolation import exact_errors, scaled_errors, weights
from numerics.measurement import Measurement
from verify.checks import Enumeration, Ladder, Precision, Property
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

# Functions whose second derivative is largest at an end, and what it is there.
SMOOTH = ((math.exp, math.e), (lambda x: 1 / (1 + x), 2.0), (lambda x: math.sin(1.3 * x), 1.69 * math.sin(1.3)))
WAVE = Parameter(symbol=sp.Symbol("w"), meaning="frequency", domain=sp.Interval(0.5, 9), typical=(0.7, 8))


def reciprocal_errors(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Second derivative over the error, by second derivative and by neurons."""
    curvatures = np.asarray(measured.given["curvatures"])[:, None]
    return curvatures / candidate.numpy(f_2=curvatures, n=np.asarray(measured.axis))


def errors_over_squared_steps(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The error times n^2, for each function."""
    neurons = round(1 / measured.resolution["step"])
    return np.array([float(candidate.numpy(f_2=c, n=neurons)) * neurons**2 for _, c in SMOOTH])


def parabola_against_chord(dps: int, point: Point) -> Any:
    """The largest distance of a parabola from its chords, place by place."""
    n, curvature = int(point["n"]), mpmath.mpf(point["f_2"])

    def distance(k: int, j: int) -> Any:
        low, high, place = (mpmath.mpf(v) / n for v in (k, k + 1, k + mpmath.mpf(j) / 8))
        chord = low**2 + (low + high) * (place - low)
        return abs(chord - place**2) * curvature / 2

    return max(distance(k, j) for k in range(n) for j in range(9))


def excess_of_waves(candidate: Candidate, point: Point, dps: int) -> list[Any]:
    """By how much networks for a wave break the bound, and for a parabola of as large a second derivative."""
    neurons, wave = int(point["n"]), mpmath.mpf(point["w"])
    steepest = wave**2 * (1 if wave > mpmath.pi / 2 else mpmath.sin(wave))
    stated = candidate.mpmath(dps, n=neurons, f_2=steepest)
    worst = (
        _largest_error(function, neurons)
        for function in (lambda x: mpmath.sin(wave * x), lambda x: steepest * x * x / 2)
    )
    return [candidate.broken(error, stated, mpmath.mpf(10) ** (-dps // 2)) for error in worst]


def _largest_error(function: Any, neurons: int) -> Any:
    """Of a network, at 8 places in each interval."""
    changes, kinks, bias = weights(function, neurons, mpmath.mpf(1))
    places = [mpmath.mpf(k) / (8 * neurons) for k in range(8 * neurons + 1)]
    outputs = [bias + mpmath.fsum(c * max(x - t, 0) for c, t in zip(changes, kinks, strict=True)) for x in places]
    return max(abs(output - function(x)) for output, x in zip(outputs, places, strict=True))


CLAIM = Claim(
    statement=universality.STATEMENT,
    checks=(
        Precision(
            name="parabolas and their chords",
            reference=parabola_against_chord,
            points=({"n": 3, "f_2": "1.7"}, {"n": 7, "f_2": "4.3"}),
            against="the distance of a parabola from its chords",
        ),
        Enumeration(
            name="networks for parabolas",
            predict=reciprocal_errors,
            quick=functools.partial(exact_errors, neurons=(1, 2, 3, 5, 8, 13), curvatures=(1, 3, 4)),
            full=functools.partial(exact_errors, neurons=(1, 2, 3, 5, 8, 13, 34), curvatures=(1, 3, 4, 7, 9)),
            control=functools.partial(exact_errors, neurons=(3, 5, 8), curvatures=(1, 3), kink=True),
            axis="number of neurons n",
            quantity="second derivative f_2 over the largest error",
            series=("f_2 = 1", "f_2 = 3", "f_2 = 4"),
        ),
        Property(
            name="networks for waves stay below",
            sentence="no network for a sine has a larger error than the bound, and those for parabolas just that",
            residual=excess_of_waves,
            parameters=(universality.STATEMENT.parameters[0], WAVE),
            examples=15,
        ),
        Ladder(
            name="networks for smooth functions",
            predict=errors_over_squared_steps,
            quick=functools.partial(scaled_errors, functions=[f for f, _ in SMOOTH]),
            order=1,
            steps=(1 / 16, 1 / 32, 1 / 64, 1 / 128),
            full_steps=(1 / 64, 1 / 128, 1 / 256, 1 / 512),
        ),
    ),
    quantities=("E",),
    convention="The interval is [0, 1]; the first neuron's kink is at 0.",
    independence="Networks of relu neurons, run in fractions and floats; distances are looked for place by place.",
)
