"""Sparse signals found by linear programming, and Gaussian vectors projected onto the cone that decides about it."""

from __future__ import annotations

import dataclasses

import numpy as np

from numerics.high_dimensional_statistics.least_deviations import next_to_solution
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

FOUND = 1e-5  # largest error of an entry of a signal that counts as found; entries that are not zero are about 1
LOST = 1e-2  # error from which on a signal counts as lost without a closer look
AT_ONCE = 50  # signals worked on together
PLAIN = {"presolve": False}  # costs more than it saves for dense rows


def is_found(signal: np.ndarray, rows: np.ndarray) -> bool:
    """Whether the signal of smallest l1 norm with the same products with all rows is the signal itself.

    Raises ArithmeticError if the linear program does not end well.
    """
    from scipy.optimize import linprog  # takes a second to import

    both = np.hstack([rows, -rows])
    found = linprog(np.ones(both.shape[1]), A_eq=both, b_eq=rows @ signal, method="highs-ds", options=PLAIN)
    if found.status != 0:
        raise ArithmeticError(f"linear program: {found.message}")
    positive, negative = np.split(found.x, 2)
    return bool(np.max(np.abs(positive - negative - signal)) < FOUND)


def are_found(signals: np.ndarray, rows: np.ndarray, frames: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Whether each signal (R, N) is found from its first rows, as many as `counts` (R,) says.

    frames   (R, N, N), orthonormal columns, of which the first M span the first M rows
    Signals with the same products differ by columns of the frame beyond these: the least l1 norm is a regression by
    absolute deviations on them, and the signal is found where it takes nothing of it. What that leaves in doubt is
    settled by the linear program itself.
    """
    least = int(counts.min())
    free = frames[:, :, least:] * (np.arange(least, signals.shape[1]) >= counts[:, None])[:, None, :]
    taken = next_to_solution(free, signals)
    apart = np.max(np.abs((free @ taken[..., None])[..., 0]), axis=1)
    found = apart < FOUND
    for number in np.flatnonzero((apart >= FOUND) & (apart < LOST)):
        found[number] = is_found(signals[number], rows[number, : counts[number]])
    return np.asarray(found)


def needed(signals: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The least number of rows, taken in order, with which each signal is found: (R, N) and (R, N, N) to (R,).

    More rows never lose a signal that fewer have found, so that the numbers are halved, all of them together.
    """
    frames = np.linalg.qr(np.swapaxes(rows, 1, 2))[0]
    low, high = np.zeros(len(signals), dtype=int), np.full(len(signals), signals.shape[1])
    while np.any(high - low > 1):
        middle = np.maximum((low + high) // 2, 1)
        found = are_found(signals, rows, frames, middle)
        open_ = high - low > 1
        high = np.where(open_ & found, middle, high)
        low = np.where(open_ & ~found, middle, low)
    return high


def measurements_needed(
    *, fractions: tuple[float, ...], size: int, replicas: int, stream: Stream, device: str
) -> Measurement:
    """Gaussian measurements of sparse signals that l1 minimization needs, per entry, shape (fractions,).

    Of `size` entries a share, a whole number of entries, is not zero: random signs, sizes between 1 and 3. Given: size;
    and count, shape (replicas, fractions), the numbers of measurements. `device` is unused.
    """
    counts = np.empty((replicas, len(fractions)))
    for column, share in enumerate(fractions):
        signals, rows = np.zeros((replicas, size)), np.empty((replicas, size, size))
        for row in range(replicas):
            generator = stream.child(column).child(row).generator()
            places = generator.permutation(size)[: round(share * size)]
            signals[row, places] = generator.choice([-1.0, 1.0], len(places)) * generator.uniform(1, 3, len(places))
            rows[row] = generator.standard_normal((size, size))
        parts = np.array_split(np.arange(replicas), -(-replicas // AT_ONCE))
        counts[:, column] = np.concatenate([needed(signals[part], rows[part]) for part in parts])
    given = {"size": float(size), "count": counts}
    whole = from_replicas(counts, axis=np.array(fractions), given=given, resolution={"size": size})
    assert whole.errors is not None
    return dataclasses.replace(whole, values=whole.values / size, errors=whole.errors / size)


def projected_vectors(
    *,
    fractions: tuple[float, ...],
    width: int,
    samples: int,
    replicas: int,
    stream: Stream,
    device: str,
    one_sided: bool = False,
) -> Measurement:
    """Gaussian vectors of `width` entries, projected onto the cone of directions in which the l1 norm does not grow.

    Values, shape (2, fractions), per entry: mean squared length of the projection, and variance of the dimension of the
    face of the cone in which it lies, over `samples` vectors for each replica. `one_sided` is the cone of signals that
    are known not to be negative. `device` is unused. Given: `width`.
    """
    values = np.empty((replicas, 2, len(fractions)))
    for column, share in enumerate(fractions):
        kept = round(share * width)
        generator = stream.child(column).generator()
        for row in range(replicas):
            vectors = generator.standard_normal((samples, width))
            signs, others = vectors[:, :kept], vectors[:, kept:]
            sizes = np.maximum(others, 0) if one_sided else np.abs(others)
            lengths, dimensions = _projections(signs, sizes)
            values[row, 0, column] = np.mean(lengths) / width
            values[row, 1, column] = np.var(dimensions, ddof=1) / width
    return from_replicas(
        values, axis=np.array(fractions), given={"width": float(width)}, resolution={"width": width, "samples": samples}
    )


def _projections(signs: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared lengths of the projections and dimensions of their faces.

    What the projection takes away is the nearest vector with entries t on the support and at most t elsewhere, for some
    t not below 0: the largest mean of the support with any number of the largest other entries.
    """
    kept = signs.shape[1]
    largest = -np.sort(-sizes, axis=1)
    sums = np.sum(signs, axis=1)[:, None] + np.cumsum(np.pad(largest, ((0, 0), (1, 0))), axis=1)
    level = np.maximum(np.max(sums / (kept + np.arange(sums.shape[1])), axis=1), 0)[:, None]
    beyond = np.maximum(sizes - level, 0)
    lengths = np.sum((signs - level) ** 2, axis=1) + np.sum(beyond**2, axis=1)
    free = kept + np.sum(beyond > 0, axis=1)
    return lengths, np.where(level[:, 0] > 0, free - 1, free)
