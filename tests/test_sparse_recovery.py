"""Counts of measurements that coincide by chance are no sign of replicas that depend on one another."""

from __future__ import annotations

import numpy as np

from numerics.high_dimensional_statistics.sparse_recovery import is_found, measurements_needed, needed
from numerics.streams import Stream


def test_equal_counts_of_measurements_are_independent_all_the_same():
    found = measurements_needed(fractions=(0.2,), size=20, replicas=12, stream=Stream(3), device="cpu")
    counts = np.asarray(found.given["count"])
    assert len(np.unique(counts)) < len(counts)
    assert found.values[0] == counts.mean() / 20 and found.replicas == 12


def test_numbers_of_measurements_are_those_of_linear_programs():
    generator = np.random.default_rng(4)
    signals, rows = np.zeros((8, 30)), generator.standard_normal((8, 30, 30))
    for signal in signals:
        places = generator.permutation(30)[:6]
        signal[places] = generator.choice([-1, 1], 6) * generator.uniform(1, 3, 6)
    counts = needed(signals, rows)
    for signal, own, count in zip(signals, rows, counts, strict=True):
        assert is_found(signal, own[:count])
        assert not is_found(signal, own[: count - 1])
