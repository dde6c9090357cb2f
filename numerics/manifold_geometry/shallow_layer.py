"""Curves through one hidden layer of steep neurons: lengths of the polygons through many points of the image."""

from __future__ import annotations

import itertools

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

DIMENSION = 3
GRID = 400  # points along one neuron's step, and between two neurons


def steep_layers(
    *,
    widths: tuple[int, ...],
    turns: tuple[int, ...],
    ranges: tuple[float, ...],
    scales: tuple[float, ...],
    replicas: int,
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Lengths behind layers of arctangent neurons with steep weights, one layer for each (width, turns, range).

    widths, turns, ranges   neurons; reversals of an input that runs to and fro on a line (odd, so that it can close);
                            supremum minus infimum of the activation
    step       inverse steepness of the neurons; the error falls in proportion to it
    scales     weight scales at which random Gaussian tanh layers of the first width are measured as well, `replicas` of
               them each, on the same number of turns
    device     unused: the work is small

    Values have shape (2, layers): the length of an open curve of turns + 1 legs, and of a closed one that starts in the
    middle of a leg and has turns + 1 reversals, each behind a layer of its own. The line stands askew in three
    dimensions; the neurons' weights are random, and their biases put the steps at places that are random, one in each
    part of the line, so that neurons switch one after the other.
    Given: widths, turns, ranges (layers,); scales; gaussian (scales, replicas), the lengths behind the random layers.
    Raises ValueError for even turns, for settings that are not positive and for lists of unequal length.
    """
    if not len(widths) == len(turns) == len(ranges) or min(widths) < 1 or min(ranges) <= 0 or step <= 0:
        raise ValueError("every layer needs a width, a number of turns and a range, and the step must be positive")
    if any(count % 2 == 0 or count < 1 for count in turns):
        raise ValueError(f"turns {turns} must be odd, or the curve does not close")
    lengths = []
    for k, (width, count, size) in enumerate(zip(widths, turns, ranges, strict=True)):
        generator = stream.child(k).generator()
        image, back = (size * _leg(width, step, generator) for _ in range(2))
        open_curve = np.concatenate([image[:: (-1) ** n] for n in range(count + 1)])
        # The open legs from one end to the other, and half of a leg more at each: the start is where the end is.
        middle = len(back) // 2
        legs = [back[:: (-1) ** n] for n in range(count + 1)]
        closed_curve = np.concatenate([legs[0][middle:], *legs[1:], legs[0][: middle + 1]])
        lengths.append([_length(open_curve), _length(closed_curve)])
    gauss = [[_gaussian(widths[0], turns[0], s, stream.child(f"{s} {r}")) for r in range(replicas)] for s in scales]
    return Measurement(
        values=np.array(lengths).T,
        axis=np.arange(1.0, len(widths) + 1),
        given={
            "widths": np.asarray(widths),
            "turns": np.asarray(turns),
            "ranges": np.asarray(ranges),
            "scales": np.asarray(scales),
            "gaussian": np.asarray(gauss),
        },
        resolution={"step": step, "points": float(GRID)},
    )


def _leg(width: int, step: float, generator: np.random.Generator) -> np.ndarray:
    """Image of one leg behind a random layer of arctangent neurons of range one, (points, neurons)."""
    direction = generator.standard_normal(DIMENSION)
    direction /= np.linalg.norm(direction)
    weights = generator.standard_normal((width, DIMENSION))
    along = weights @ direction
    weights += ((np.sign(along) * (0.7 + np.abs(along))) - along)[:, None] * direction  # none is nearly blind
    thresholds = (np.arange(width) + generator.uniform(0.3, 0.7, width)) / width
    biases = -(weights @ direction) * generator.permutation(thresholds)
    field = (_places(np.sort(thresholds), step)[:, None] * direction) @ weights.T + biases
    return np.arctan(field / step) / np.pi


def _places(thresholds: np.ndarray, step: float) -> np.ndarray:
    """Places along one leg from -1/2 to 3/2, dense where a neuron switches and where the next one takes over."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, GRID + 2)[1:-1]
    edges = np.concatenate([[-0.5], thresholds, [1.5]])
    between = [np.linspace(a, b, GRID) for a, b in itertools.pairwise(edges)]
    places = np.concatenate([*between, *(t + step * np.tan(angle) for t in thresholds)])
    return np.unique(places[(places >= -0.5) & (places <= 1.5)])


def _length(points: np.ndarray) -> float:
    """Length of the polygon through points, shape (points, neurons)."""
    return float(np.sum(np.linalg.norm(np.diff(points, axis=0), axis=1)))


def _gaussian(width: int, turns: int, scale: float, stream: Stream) -> float:
    """Length behind a Gaussian layer of tanh neurons, of a line of unit length run to and fro."""
    generator = stream.generator()
    leg = np.linspace(0.0, 1.0, 4 * GRID)
    field = scale * (leg[:, None] * generator.standard_normal(width) + generator.standard_normal(width))
    return (turns + 1) * _length(np.tanh(field))
