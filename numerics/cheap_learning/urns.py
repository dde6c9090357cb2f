"""Urns of marked items: categories are inferred by counting, and by a softmax layer."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

CATEGORIES, MARKS = 3, 5


def counted_urns(*, urns: int, largest: int, stream: Stream, device: str, swapped: bool = False) -> Measurement:
    """Items of random urns, taken out one by one and sorted by their mark.

    Every urn has items of three categories with five marks, 1 to `largest` of each kind. One mark is asked for. Values,
    shape (3, urns): items of the first and of the second category with that mark, and all items with that mark.
    Given: within, the share of the mark in each category, and prior, the share of each category, (3, urns) each; items,
    (urns,), all of an urn.
    `swapped` gives the share of the third category as that of the first, and the reverse. `device` is unused.
    """
    generator = stream.generator()
    counts = generator.integers(1, largest + 1, (urns, CATEGORIES, MARKS))
    rows, shares, sizes = [], [], []
    for table in counts:
        kinds = np.repeat(np.arange(CATEGORIES * MARKS), table.ravel())
        generator.shuffle(kinds)
        category, mark = np.divmod(kinds, MARKS)
        asked = int(generator.integers(MARKS))
        found = category[mark == asked]
        rows.append([np.sum(found == 0), np.sum(found == 1), found.size])
        inside = [np.mean(mark[category == x] == asked) for x in range(CATEGORIES)]
        prior = [np.mean(category == x) for x in range(CATEGORIES)]
        shares.append([inside, prior[::-1] if swapped else prior])
        sizes.append(kinds.size)
    given = np.array(shares)
    return Measurement(
        values=np.array(rows, dtype=float).T,
        axis=np.arange(1.0, urns + 1),
        given={"within": given[:, 0].T, "prior": given[:, 1].T, "items": np.array(sizes, dtype=float)},
    )
