"""Signs that are copied with errors: information from counts of samples, and terms of a Hamiltonian from its table."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from numerics.cheap_learning.tables import coefficients
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

NEGLIGIBLE = 1e-9  # relative: a coefficient below that is none


def information(table: np.ndarray) -> float:
    """Mutual information, in nats, of the rows and columns of a table of counts."""
    joint = table / table.sum()
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return float(np.sum(joint[seen] * np.log(joint[seen] / apart[seen])))


def _copied(original: np.ndarray, correlation: float, generator: np.random.Generator) -> np.ndarray:
    return np.asarray(original ^ (generator.random(len(original)) > (1 + correlation) / 2))


def sampled_information(
    *, correlation: float, steps: Sequence[int], samples: int, replicas: int, stream: Stream, device: str
) -> Measurement:
    """Information between a random sign and its copy so many `steps` on, estimated from counts of samples.

    Values, shape (steps,). Estimates are those of the counted table, which are too large by one over twice the samples,
    on average. `device` is unused. Given: correlation, and excess, that number.
    """
    found = []
    for replica in range(replicas):
        row = []
        for count in steps:
            generator = stream.child(replica).child(count).generator()
            sign = generator.integers(0, 2, samples).astype(bool)
            seen = sign
            for _ in range(count):
                seen = _copied(seen, correlation, generator)
            row.append(information(np.bincount(2 * sign + seen, minlength=4).reshape(2, 2)))
        found.append(row)
    return from_replicas(
        np.array(found),
        axis=np.array(steps, dtype=float),
        given={"correlation": correlation, "excess": 1 / (2 * samples)},
        resolution={"samples": float(samples)},
    )


def gain_of_more_bits(
    *, correlation: float, bits: int, samples: int, replicas: int, stream: Stream, device: str, repeated: bool = False
) -> Measurement:
    """Information about a sign in `bits` copies of one copy of it, less that in the first of them.

    With `repeated` the other bits are copies of the first one. Values, shape (1,), with errors; twice the excess of an
    estimate from counts, the free cells over twice the samples, is taken off. `device` is unused.
    """
    found = []
    for replica in range(replicas):
        generator = stream.child(replica).generator()
        sign = generator.integers(0, 2, samples).astype(bool)
        hidden = _copied(sign, correlation, generator)
        first = _copied(hidden, correlation, generator)
        others = [_copied(first if repeated else hidden, correlation, generator) for _ in range(bits - 1)]
        cell = sum((bit.astype(int) << k for k, bit in enumerate([first, *others])), sign.astype(int) << bits)
        whole = information(np.bincount(cell, minlength=2 ** (bits + 1)).reshape(2, -1))
        alone = information(np.bincount(2 * sign + first, minlength=4).reshape(2, 2))
        found.append([whole - alone - 2**bits / samples])
    return from_replicas(np.array(found))


def terms_of_difference(
    *, bits: tuple[int, ...], correlation: float, stream: Stream, device: str, caused: bool = True
) -> Measurement:
    """Terms of the difference of -log p between both signs, as a polynomial of the bits that were copied from it.

    Bits are copies of one copy of the sign, or of the sign itself if not `caused`. Values, shape (1, bits). `stream`
    and `device` are unused.
    """
    counts = []
    for count in bits:
        places = 2 * (np.arange(2**count)[:, None] >> np.arange(count) & 1) - 1
        given = [np.prod((1 + s * correlation * places) / 2, axis=1) for s in (1, -1)]
        share = (1 + correlation) / 2 if caused else 1.0
        mixed = [share * given[0] + (1 - share) * given[1], share * given[1] + (1 - share) * given[0]]
        table = np.array([math.log(a / b) for a, b in zip(*mixed, strict=True)])
        weights = coefficients(table, signs=True)
        counts.append(int(np.sum(np.abs(weights) > NEGLIGIBLE * np.max(np.abs(weights)))))
    return Measurement(values=np.array([counts], dtype=float), axis=np.array(bits, dtype=float))
