"""Control variates keep the mean, narrow the spread, and leave few replicas alone; steps show their order."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.controls import controlled
from numerics.generalization.noisy_data import noise_controls, training_data
from numerics.stepping import require_order


def drawn(count, seed):
    generator = np.random.default_rng(seed)
    controls = generator.normal(size=(count, 3)) ** [1, 3, 1]
    own = 0.1 * generator.normal(size=(count, 2))
    return 1.7 + controls @ [[1.0, -2.0], [0.3, 0.0], [0.0, 1.0]] + 0.2 * (controls[:, :1] ** 2 - 1) + own, controls


def test_the_mean_stays_and_the_spread_falls():
    samples, controls = drawn(4000, seed=5)
    found = controlled(samples, controls)
    assert np.all(found.std(axis=0) < samples.std(axis=0) / 3)
    assert np.all(np.abs(found.mean(axis=0) - 1.7) < 4 * found.std(axis=0) / np.sqrt(4000))


def test_the_mean_of_few_replicas_is_not_biased():
    means = np.array([controlled(*drawn(20, seed)).mean(axis=0) for seed in range(2000)])
    assert np.all(np.abs(means.mean(axis=0) - 1.7) < 4 * means.std(axis=0) / np.sqrt(2000))


def test_few_replicas_are_left_alone():
    samples, controls = drawn(8, seed=1)
    assert controlled(samples, controls) is samples
    with pytest.raises(ValueError, match="9 replicas"):
        controlled(np.ones((9, 2)), controls)


@pytest.mark.parametrize("ratio", [0.5, 1.5])
def test_controls_of_the_noise_have_mean_zero(ratio):
    x, y, (u, v) = training_data(
        width=12,
        strength=2.0,
        ratio=ratio,
        replicas=20_000,
        examples_per_input=1.5,
        generator=np.random.default_rng(3),
        place="cpu",
    )
    found = noise_controls(y @ x.mT - 2.0 * u @ v.mT, u, v)
    assert np.all(np.abs(found.mean(axis=0)) < 4.5 * found.std(axis=0) / np.sqrt(20_000))


def euler(step):
    """e^-1 by steps of first order."""
    return np.array([(1 - step) ** round(1 / step)])


def test_steps_show_their_order():
    require_order(euler, 0.01, order=1, tolerance=0.01)
    with pytest.raises(ValueError, match=r"like its power 1\.0"):
        require_order(euler, 0.01, order=4, tolerance=0.01)
    with pytest.raises(ValueError, match=r"half of the step"):
        require_order(euler, 0.1, order=1, tolerance=0.01)
