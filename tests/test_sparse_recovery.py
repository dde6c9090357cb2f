"""Counts of measurements that coincide by chance are no sign of replicas that depend on one another."""

from __future__ import annotations

import numpy as np

from numerics.high_dimensional_statistics.sparse_recovery import measurements_needed
from numerics.streams import Stream


def test_equal_counts_of_measurements_are_independent_all_the_same():
    found = measurements_needed(fractions=(0.2,), size=20, replicas=12, stream=Stream(3), device="cpu")
    counts = np.asarray(found.given["count"])
    assert len(np.unique(counts)) < len(counts)
    assert found.values[0] == counts.mean() / 20 and found.replicas == 12
