"""One hidden layer of relu neurons that agrees with a function at equal steps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

Function = Callable[[Any], Any]


def weights(function: Function, neurons: int, one: Any) -> tuple[list[Any], list[Any], Any]:
    """Output weights, kinks and output bias of the network; `one` is the number 1 in the arithmetic to be used."""
    places = [one * k / neurons for k in range(neurons + 1)]
    heights = [function(place) for place in places]
    slopes = [(b - a) * neurons for a, b in itertools.pairwise(heights)]
    changes = [slopes[0], *(b - a for a, b in itertools.pairwise(slopes))]
    return changes, places[:-1], heights[0]


def _output(network: tuple[list[Any], list[Any], Any], place: Any) -> Any:
    changes, kinks, bias = network
    return bias + sum(w * max(place - kink, 0 * kink) for w, kink in zip(changes, kinks, strict=True))


def exact_errors(
    *, neurons: tuple[int, ...], curvatures: tuple[int, ...], stream: Stream, device: str, kink: bool = False
) -> Measurement:
    """One over the largest error of networks for random parabolas with the given second derivatives, in fractions.

    Networks are run at 12 places in each interval, ends and middle among them. Values, shape (curvatures, neurons),
    times the least common multiple that makes them whole: the second derivative over the error. `kink` takes the
    absolute value of the distance from the middle of the interval [0, 1], shifted, in place of the parabola. `device`
    is unused. Given: curvatures.
    """
    rows = []
    for curvature in curvatures:
        generator = stream.child(curvature).generator()
        slope, height = (Fraction(int(v), 7) for v in generator.integers(-20, 21, 2))

        def function(x: Fraction, c: int = curvature, a: Fraction = slope, b: Fraction = height) -> Fraction:
            return abs(x - Fraction(3, 7)) * c if kink else Fraction(c, 2) * x * x + a * x + b

        row = []
        for count in neurons:
            network = weights(function, count, Fraction(1))
            places = [Fraction(k, 12 * count) for k in range(12 * count + 1)]
            worst = max(abs(_output(network, place) - function(place)) for place in places)
            row.append(round(curvature / worst))
        rows.append(row)
    return Measurement(
        values=np.array(rows, dtype=float),
        axis=np.array(neurons, dtype=float),
        given={"curvatures": np.array(curvatures, dtype=float)},
    )


def scaled_errors(*, step: float, functions: Sequence[Function], stream: Stream, device: str) -> Measurement:
    """Largest error over step^2 of networks with 1/step neurons, one for each function of a float.

    Networks are run at 40 places in each interval. Values, shape (functions,). `stream` and `device` are unused.
    """
    neurons = round(1 / step)
    places = np.arange(40 * neurons + 1) / (40 * neurons)
    rows = []
    for function in functions:
        changes, kinks, bias = weights(function, neurons, 1.0)
        output = bias + np.maximum(places[:, None] - np.array(kinks), 0) @ np.array(changes)
        rows.append(np.max(np.abs(output - np.vectorize(function)(places))) / step**2)
    return Measurement(values=np.array(rows), resolution={"step": step})
