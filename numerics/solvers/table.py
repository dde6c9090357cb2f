"""Averages on a geometric grid of lengths, and fixed points on it for many networks at once, to a few digits."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from numerics.solvers.nonlinearity import Nonlinearity
from numerics.solvers.octaves import octaves, series_at

PER_OCTAVE = 16  # lengths of the table of averages in a factor of two
ROWS = 256  # different sigma_w whose tables are inverted at a time
USUAL = (2.0**-20, 2.0**14)  # lengths that are looked at first on grids


@dataclass(frozen=True, kw_only=True)
class Table:
    """Averages at variances q, shape (K,) in ascending order: E phi^2, E phi'^2 and d/dq E phi^2."""

    q: np.ndarray
    square: np.ndarray
    gradient: np.ndarray
    slope: np.ndarray


@functools.lru_cache(maxsize=64)
def table(phi: Nonlinearity, whole: bool = True) -> Table:
    """Averages on a geometric grid, as far as they exist, or between the USUAL lengths alone.

    Raises ArithmeticError if they exist nowhere.
    """
    cells = octaves(phi)
    low, high = (cells.edges[0], cells.edges[-1]) if whole else USUAL
    low, high = max(low, cells.edges[0]), min(high, cells.edges[-1])
    count = int(np.ceil(PER_OCTAVE * np.log2(high / low)))
    q = np.geomspace(low, high, count + 1)
    place = np.clip(np.searchsorted(cells.edges, q, side="right") - 1, 0, len(cells.edges) - 2)
    ends = np.log(cells.edges)
    u = (2 * np.log(q) - ends[place] - ends[place + 1]) / (ends[place + 1] - ends[place])
    basis = series_at(u)

    def interpolated(values: np.ndarray) -> np.ndarray:
        return np.einsum("kn,kn->k", basis, values[place])

    at = cells.at
    return Table(
        q=q,
        square=q * interpolated(at.square / at.q),
        gradient=interpolated(at.gradient),
        slope=interpolated(at.slope),
    )


def rows(sigma_w: np.ndarray | float, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The different sigma_w^2 in ascending order, and which of them each network of a grid has."""
    values, place = np.unique(np.square(np.asarray(sigma_w, dtype=float)), return_inverse=True)
    return values, np.broadcast_to(place.reshape(np.shape(sigma_w)), shape).ravel()


def cells_of(grid: Table, values: np.ndarray, place: np.ndarray, b2: np.ndarray) -> np.ndarray:
    """The cell of the table in which q - w2 E phi^2 last rises through b2; -1 is below it, the last index nowhere.

    At given w2 the b2 that keeps a length q is explicit, so a row of equal w2 is the inversion of a tabulated function.
    """
    order = np.argsort(place, kind="stable")
    ends = np.cumsum(np.bincount(place, minlength=len(values)))
    sought, found = b2[order], np.empty(len(b2), dtype=np.int64)
    largest = np.maximum.reduceat(sought, np.concatenate([[0], ends[:-1]]))
    for start in range(0, len(values), ROWS):
        needed = grid.q - values[start : start + ROWS, None] * grid.square
        # beyond the largest root b2 is exceeded for good
        lowest = np.ascontiguousarray(np.minimum.accumulate(needed[:, ::-1], axis=1)[:, ::-1])
        for k, (row, smallest_from) in enumerate(zip(needed, lowest, strict=True), start):
            here = slice(ends[k - 1] if k else 0, ends[k])
            if row[-1] > largest[k]:
                found[here] = smallest_from.searchsorted(sought[here], side="right")
            else:  # the longest inputs grow for ever, but shorter ones may not
                above = row > sought[here, None]
                rises = above[:, 1:] & ~above[:, :-1]
                last = rises.shape[1] - 1 - np.argmax(rises[:, ::-1], axis=1)
                below = np.where(above[:, 0], -1, len(row) - 1)  # settles below the table, or nowhere
                found[here] = np.where(rises.any(axis=1), last, below) + 1
    cell = np.empty_like(found)
    cell[order] = found - 1
    return cell


def on_table(grid: Table, w2: np.ndarray, b2: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """The fixed points in their cells to a few digits, with Hermite's cubic in ln q for E phi^2."""
    width = np.log(grid.q[1] / grid.q[0])
    low, first, rise = grid.q[cell], grid.square[cell], grid.square[cell + 1] - grid.square[cell]
    tilt, end_tilt = (width * (grid.slope * grid.q)[i] for i in (cell, cell + 1))
    square_term, cube = 3 * rise - 2 * tilt - end_tilt, tilt + end_tilt - 2 * rise
    needed = low - w2 * first - b2
    t = needed / (needed - (grid.q[cell + 1] - w2 * (first + rise) - b2))
    for _ in range(2):
        with np.errstate(all="ignore"):
            length = low * np.exp(width * t)
            square = first + t * (tilt + t * (square_term + t * cube))
            slope = tilt + t * (2 * square_term + 3 * t * cube)
            t = t - (length - w2 * square - b2) / (width * length - w2 * slope)
        t = np.where(np.isfinite(t), np.clip(t, 0, 1), 0.5)
    return low * np.exp(width * t)
