"""Functions of few affine pieces against the sawtooth: how often they are on the wrong side, and how far away."""

from __future__ import annotations

import functools
import itertools

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

FINE = 8  # places in half a tooth's side


def sawtooth(places: np.ndarray, depth: int) -> np.ndarray:
    """Tents, one behind the other, run forward."""
    for _ in range(depth):
        places = 2 * np.maximum(places, 0) - 4 * np.maximum(places - 0.5, 0)
    return places


def zigzags(crossings: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Continuous functions that cross 1/2 at given places, one row each, by as many affine pieces as crossings.

    Vertices stand half way between crossings, at heights 1/2 up and down by turns; the ends of the first and the last
    piece go on. Shape (rows, places).
    """
    rows, count = crossings.shape
    if count == 0:
        return np.full((rows, len(places)), 1.0)
    between = (crossings[:, 1:] + crossings[:, :-1]) / 2
    edges = np.concatenate([np.full((rows, 1), -1.0), between, np.full((rows, 1), 2.0)], axis=1)
    piece = np.sum(places[None, :, None] >= edges[:, None, 1:-1], axis=2)
    at = np.take_along_axis(crossings, piece, axis=1)
    towards = np.take_along_axis(np.maximum(edges[:, 1:] - crossings, crossings - edges[:, :-1]), piece, axis=1)
    return np.asarray(0.5 + np.where(piece % 2 == 0, 1, -1) * (places - at) / (2 * towards))


def fewest_wrong_sides(
    *, shapes: tuple[tuple[int, int], ...], stream: Stream, device: str, jumps: bool = False
) -> Measurement:
    """The fewest of the sawtooth's sides on which a function of some pieces is wrong throughout, for (layers, pieces).

    Crossings are placed in all ways in the middle of the sawtooth's sides and at their ends, for functions that begin
    above or below. With `jumps` pieces need not meet, so that every piece but the first brings two crossings. Values,
    shape (1, shapes). `stream` and `device` are unused. Given: `shapes`, and `distances` (shapes,), the smallest mean
    absolute distance from the sawtooth among these functions and constants.
    """
    fewest, distances = [], []
    for depth, pieces in shapes:
        teeth = 2**depth
        places = (np.arange(2 * teeth * FINE) + 0.5) / (2 * teeth * FINE)
        height = sawtooth(places, depth)
        side = np.floor(places * teeth + 0.5).astype(int)  # interval in which the sawtooth stays on one side of 1/2
        starts = np.flatnonzero(np.diff(side, prepend=-1))
        middles = np.arange(teeth + 1) / teeth
        middles[[0, -1]] = 1 / (8 * teeth), 1 - 1 / (8 * teeth)
        candidates = np.sort(np.concatenate([middles, (np.arange(teeth) + 0.5) / teeth]))
        crossings = min(2 * pieces - 1 if jumps and pieces else pieces, len(candidates))
        ways = list(itertools.combinations(candidates, crossings))
        chosen = np.array(ways).reshape(len(ways), crossings)
        best, nearest = teeth + 1, 0.25
        for block in np.array_split(chosen, max(1, len(chosen) // 500)):
            outputs = zigzags(block, places)
            for turned in (outputs, 1 - outputs):
                right = (turned > 0.5) == (height > 0.5)
                some = np.add.reduceat(right, starts, axis=1) > 0
                best = min(best, int(np.min(teeth + 1 - some.sum(axis=1))))
                nearest = min(nearest, float(np.min(np.mean(np.abs(turned - height), axis=1))))
        fewest.append(best)
        distances.append(nearest)
    return Measurement(
        values=np.array([fewest], dtype=float),
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float), "distances": np.array(distances)},
    )


@functools.cache
def fitted_distance(depth: int, pieces: int, seed: int) -> float:
    """Mean absolute distance from the sawtooth of a function with vertices at random places, fitted to it.

    Heights at the vertices are those of least squares, then of least absolute distance by reweighting.
    """
    generator = np.random.default_rng(seed)
    teeth = 2**depth
    places = (np.arange(2 * teeth * FINE) + 0.5) / (2 * teeth * FINE)
    height = sawtooth(places, depth)
    inner = np.sort(generator.uniform(0, 1, max(pieces - 1, 0)))
    vertices = np.concatenate([[0.0], inner, [1.0]])
    hats = np.stack([np.interp(places, vertices, row) for row in np.eye(len(vertices))], axis=1)
    weights = np.ones(len(places))
    for _ in range(12):
        root = np.sqrt(weights)
        fit = np.linalg.lstsq(hats * root[:, None], height * root, rcond=None)[0]
        weights = 1 / np.maximum(np.abs(hats @ fit - height), 1e-3)
    return float(np.mean(np.abs(hats @ fit - height)))
