"""Linear students with fewer examples than inputs, trained to the end from starts of several gains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

MOMENTUM, RATE, AT_REST, MOST = 0.9, 0.7, 1e-6, 1_000_000  # one network in thousands takes 50,000 updates
LOOK = 60  # updates between two looks at what is missed of the labels; then they come to rest


def trained(
    *, widths: Sequence[int], examples: int, gain: float, replicas: int, stream: Stream
) -> dict[str, np.ndarray]:
    """Students of a teacher's noiseless labels, `replicas` of them with data and teachers of their own, at their end.

    Every entry of a matrix starts Gaussian, of variance gain^2 over the number of columns. All entries descend half the
    squared error, with momentum, until no label is missed by more than AT_REST.
    Returns inputs (R, N_1, P), teacher (R, N_3, N_1), start (R, N_2, N_1), first (R, N_2, N_1), last (R, N_3, N_2).
    Raises ArithmeticError if labels are still missed after MOST updates.
    """
    generator = stream.generator()
    n_in, hidden, n_out = widths
    inputs = generator.standard_normal((replicas, n_in, examples))
    teacher = generator.standard_normal((replicas, n_out, n_in)) / np.sqrt(n_in)
    start = generator.standard_normal((replicas, hidden, n_in)) * (gain / np.sqrt(n_in))
    last = generator.standard_normal((replicas, n_out, hidden)) * (gain / np.sqrt(hidden))
    found = {"inputs": inputs, "teacher": teacher, "start": start, "first": start.copy(), "last": last}
    lengths = [np.linalg.norm(matrix, 2, axis=(1, 2)) ** 2 for matrix in (inputs, start, last)]
    grown = 2 * np.linalg.norm(teacher, axis=(1, 2))  # by which squared weights may grow, which curve the loss more
    rates = RATE / (lengths[0] * (lengths[1] + lengths[2] + grown))
    left = np.arange(replicas)  # those that still miss labels
    for _ in range(MOST // LOOK):
        ended = _descend(found, left, rates)
        left = left[~ended]
        if len(left) == 0:
            return found
    raise ArithmeticError(f"{len(left)} of {replicas} networks miss labels after {MOST} updates")


def _descend(found: dict[str, np.ndarray], left: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """LOOK updates of some networks, in place; whether each misses no label by more than AT_REST."""
    inputs, first, last = (found[name][left] for name in ("inputs", "first", "last"))
    labels, turned, rate = found["teacher"][left] @ inputs, np.swapaxes(inputs, 1, 2), rates[left, None, None]
    shapes = first.shape, last.shape
    weights = np.concatenate([first.reshape(len(left), -1), last.reshape(len(left), -1)], axis=1)
    slopes, speeds = np.zeros_like(weights), np.zeros_like(weights)
    (first, last), (by_first, by_last) = _parts(weights, *shapes), _parts(slopes, *shapes)
    back = np.swapaxes(last, 1, 2)
    for _ in range(LOOK):
        activity = first @ inputs
        missed = rate * (labels - last @ activity)
        np.matmul(back @ missed, turned, out=by_first)
        np.matmul(missed, np.swapaxes(activity, 1, 2), out=by_last)
        speeds *= MOMENTUM
        speeds += slopes
        weights += speeds
    found["first"][left], found["last"][left] = first, last
    return np.max(np.abs(labels - last @ first @ inputs), axis=(1, 2)) < AT_REST


def _parts(both: np.ndarray, first: tuple[int, ...], last: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Both matrices of every network, as views of the rows (R, entries) that hold them."""
    cut = first[1] * first[2]
    return both[:, :cut].reshape(first), both[:, cut:].reshape(last)


def error_of(found: dict[str, np.ndarray]) -> np.ndarray:
    """Squared error on a new white input, in the mean over inputs, summed over outputs: one number a student."""
    return np.sum((found["last"] @ found["first"] - found["teacher"]) ** 2, axis=(1, 2))


def outside(inputs: np.ndarray) -> np.ndarray:
    """Projections onto the directions that no example has, (R, N_1, N_1)."""
    basis = np.linalg.qr(inputs)[0]
    return np.eye(inputs.shape[1]) - basis @ np.swapaxes(basis, 1, 2)


def errors_by_gain(
    *,
    students: Sequence[tuple[Sequence[int], int]],
    gains: Sequence[float],
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Test error of trained students, pairs of widths and examples, by gain: values (students, gains).

    Given: inputs, examples (students, 1); teacher, last (students, gains): mean squared norms of the teacher on
    directions that no example has, and of the last matrix at the end. Standard errors are those at given norms: what a
    linear fit to both leaves. `device` is unused.
    """
    errors = np.empty((replicas, len(students), len(gains)))
    means = np.empty((2, len(students), len(gains)))
    for row, (widths, examples) in enumerate(students):
        for column, gain in enumerate(gains):
            own = stream.child(row).child(column)
            found = trained(widths=widths, examples=examples, gain=gain, replicas=replicas, stream=own)
            error = error_of(found)
            parts = found["teacher"] @ outside(found["inputs"]), found["last"]
            norms = np.stack([np.sum(part**2, axis=(1, 2)) for part in parts], axis=1)
            means[:, row, column] = norms.mean(axis=0)
            centred = norms - norms.mean(axis=0)
            errors[:, row, column] = error - centred @ np.linalg.lstsq(centred, error, rcond=None)[0]
    given = {
        "inputs": np.array([[float(widths[0])] for widths, _ in students]),
        "examples": np.array([[float(examples)] for _, examples in students]),
        "teacher": means[0],
        "last": means[1],
    }
    return from_replicas(errors, axis=np.asarray(gains, dtype=float), given=given)


def cost_of_gain(
    *,
    widths: Sequence[int],
    examples: int,
    gains: tuple[float, float],
    allowed: float,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Test error from the larger gain less that from the smaller one and `allowed`: values (1,). `device` is unused."""
    small, large = (
        error_of(trained(widths=widths, examples=examples, gain=gain, replicas=replicas, stream=stream.child(number)))
        for number, gain in enumerate(gains)
    )
    return from_replicas((large - small - allowed)[:, None])
