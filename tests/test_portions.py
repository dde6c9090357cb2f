"""Experiments that hold a portion of their replicas in memory measure what they measure in one piece."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from numerics import portions as module
from numerics.generalization.noisy_labels import correlation_statistics
from numerics.generalization.noisy_students import bulk_moments
from numerics.learning_and_memory.dragged_traps import FORGOTTEN, _correlated
from numerics.portions import portions
from numerics.streams import Stream
from verify.evidence import TARGETS

SAMPLED = (
    partial(correlation_statistics, inputs=3, outputs=4, examples=(5, 9), strength=2.0, noise=0.5, draws=5),
    partial(
        bulk_moments, width=6, teachers=((2.0, 0.5), (3.0, 2.0)), cross_powers=(1, 3), powers=(2,), examples_per_input=1
    ),
)


@pytest.mark.parametrize(("replicas", "numbers"), ((1, 1), (700, 3000), (5, 2**21), (2**20 + 1, 1)))
def test_portions_are_all_replicas_in_pieces_that_fit(replicas, numbers):
    found = portions(replicas, numbers)
    assert sum(found) == replicas and min(found) >= 1
    assert max(found) == 1 or max(found) * numbers <= module.NUMBERS


@pytest.mark.parametrize("experiment", SAMPLED, ids=lambda run: run.func.__name__)
def test_samples_in_portions_have_the_means_and_errors_of_those_in_one(experiment, monkeypatch):
    run = partial(experiment, replicas=3000, stream=Stream(3, ("portions",)), device="cpu")
    whole = run()
    monkeypatch.setattr(module, "NUMBERS", 20_000)
    parts = run()
    assert parts.replicas == whole.replicas and not np.array_equal(parts.values, whole.values)
    assert np.all(np.abs(parts.values - whole.values) < 6 * np.hypot(parts.errors, whole.errors))
    assert np.allclose(parts.errors, whole.errors, rtol=0.5)


def test_forces_stay_correlated_as_long_as_their_products_say():
    generator, lags = Stream(4).generator(), 7
    forces = generator.standard_normal((60, 3, 5)).cumsum(axis=0)
    products = [np.mean(forces[: 60 - lag] * forces[lag:], axis=(0, 2)) for lag in range(lags)]
    assert np.allclose(_correlated(forces, lags), np.sum(products, axis=0) / products[0] - 0.5, rtol=1e-10)


def test_what_is_cut_of_the_memory_of_a_force_is_far_below_what_is_resolved():
    """A harmonic trap forgets by a factor 1 - 1 / width in a step."""
    width = 32
    kept = np.sum((1 - 1 / width) ** np.arange(int(FORGOTTEN * width)))
    assert 1 - kept / width < 0.01 * min(TARGETS["full"])
