"""Histograms of largest entropy with a given moment, found by climbing."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

ITERATIONS = 200


def climbed(edges: np.ndarray, targets: dict[int, float]) -> np.ndarray:
    """Probabilities of the bins with the largest entropy whose moments are `targets` (power -> expectation).

    Newton's method on the probabilities themselves, from the even distribution, with the constraints linearized.
    Raises RuntimeError if it does not converge.
    """
    width = np.diff(edges)
    rows = [np.ones(len(width))]
    rows += [np.diff(edges ** (power + 1)) / ((power + 1) * width) for power in targets]
    constraints, wanted = np.array(rows), np.array([1.0, *targets.values()])
    p = width / width.sum()
    for _ in range(ITERATIONS):
        slope = np.log(p / width) + 1  # of minus the entropy; its curvature is 1/p
        scaled = constraints * p
        multipliers = np.linalg.solve(scaled @ constraints.T, scaled @ slope - constraints @ p + wanted)
        move = p * (constraints.T @ multipliers - slope)
        shrink = np.min(np.where(move < 0, -0.9 * p / np.where(move < 0, move, -1.0), 1.0))
        p = p + min(1.0, float(shrink)) * move
        if shrink >= 1 and np.max(np.abs(move)) < 1e-13:
            return p
    raise RuntimeError("the entropy did not reach its maximum")


def entropy(p: np.ndarray, edges: np.ndarray) -> float:
    """Entropy of a histogram as a density, in nats."""
    return float(-np.sum(p * np.log(p / np.diff(edges))))


def with_one_moment(
    *, step: float, moments: tuple[tuple[int, float], ...], stream: Stream, device: str, surprise: float = 36.0
) -> Measurement:
    """Histograms of one variable, for each (power, expectation of that power).

    Bins have the width `step`, in units of the power's root of its expectation, and reach as far as power times
    `surprise`, under the power's root. Values, shape (2, moments): the rise of -log p from 0 to 1 in those units, and
    the entropy. `stream` and `device` are unused. Given: `moments`, and `places`, shape (2, moments), the two places.
    """
    rows, places = [], []
    for power, target in moments:
        unit = target ** (1 / power)
        count = round((power * surprise) ** (1 / power) / step)
        edges = unit * step * (np.arange(-count, count + 2) - 0.5)
        p = climbed(edges, {power: target})
        middle = np.array([count, count + round(1 / step)])
        density = p / np.diff(edges)
        rows.append([float(np.log(density[middle[0]] / density[middle[1]])), entropy(p, edges)])
        places.append((edges[middle] + edges[middle + 1]) / 2)
    return Measurement(
        values=np.array(rows).T,
        given={"moments": np.array(moments, dtype=float), "places": np.array(places).T},
        resolution={"step": step},
    )


def growing_box(*, power: int, targets: tuple[float, float], replicas: int, stream: Stream, device: str) -> Measurement:
    """What boxes of growing size add to the largest entropy, with variance 1 and one more moment given.

    targets   between which the expectation of the power is drawn, for each replica
    Histograms of 300 bins on (-4, 4) and (-7, 7), both times a number between 0.9 and 1.1, with random places of the
    edges: a replica is one problem. Values, shape (1,): the entropy in the larger box less that in the smaller one,
    less 0.002. `device` is unused.
    """
    found = []
    for replica in range(replicas):
        generator = stream.child(replica).generator()
        target, scale, jitter = (
            generator.uniform(*targets),
            generator.uniform(0.9, 1.1),
            generator.uniform(-0.3, 0.3, 299),
        )
        entropies = []
        for size in (4.0 * scale, 7.0 * scale):
            inner = np.arange(1, 300) + jitter
            edges = size * (2 * np.concatenate([[0.0], inner, [300.0]]) / 300 - 1)
            entropies.append(entropy(climbed(edges, {1: 0.0, 2: 1.0, power: target}), edges))
        found.append([entropies[1] - entropies[0] - 0.002])
    return from_replicas(np.array(found))
