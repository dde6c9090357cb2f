"""Steps of the ladder of flipped bits lie below the rarest states of most data."""

from __future__ import annotations

import itertools

import numpy as np

from numerics.streams import Stream
from verify.claims.diffusion.binary_reverse import CLAIM

LADDER = CLAIM.checks[1]


def test_the_ladder_shows_its_order_for_every_draw_of_data():
    """With steps five times as large three of forty draws showed another one: some state was rarer than a step."""
    orders = []
    for seed in range(1, 31):
        found = [LADDER.quick(step=step, stream=Stream(seed, ("ladder",))).values for step in LADDER.steps]
        sizes = np.log2([np.linalg.norm(later - earlier) for earlier, later in itertools.pairwise(found)])
        orders.append(2 * (sizes[1] - sizes[2]) - (sizes[0] - sizes[1]))
    np.testing.assert_allclose(orders, LADDER.order, atol=0.1)
