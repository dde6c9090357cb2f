"""Chains of stochastic gradient descent, against a bare loop of torch operations of the same arithmetic.

Figures are pairs of medians within one run, ours and the loop in turn, in processor time on one thread. Chains x steps
per second is the benchmark's `chain_steps_per_second`.
"""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import pytest

from numerics.sgd_noise.bowls import DRAWINGS, deviations, mean_gradients
from numerics.sgd_noise.minibatch_descent import descend, polynomial_losses

CHAINS, STEPS, BATCH, EXAMPLES = 20_000, 60, 4, 40
seeds = itertools.count(1)  # every run has arguments of its own


@pytest.fixture
def torch():
    """torch on one thread."""
    module = pytest.importorskip("torch")
    threads = module.get_num_threads()
    module.set_num_threads(1)
    yield module
    module.set_num_threads(threads)


def test_descent_on_polynomial_losses(ratio, benchmark, torch):
    """A bare loop of torch operations, of which it takes at most 1.5; examples differ in slope and curvature."""
    losses = polynomial_losses((0.0, 0.1, -0.45, 0.0, 0.18), 12.7, 12.7, EXAMPLES)
    slopes = losses[:, 1:] * np.arange(1, losses.shape[1])

    def ours() -> np.ndarray:
        generator = np.random.Generator(np.random.SFC64(next(seeds)))
        weights = generator.uniform(-2, 2, size=CHAINS)
        descend(weights, losses, learning_rate=0.01, batch=BATCH, steps=STEPS, generator=generator)
        return weights

    def bare() -> Any:
        generator = torch.Generator().manual_seed(next(seeds))
        weights = torch.rand(CHAINS, generator=generator, dtype=torch.float64) * 4 - 2
        first, second = (torch.as_tensor(slopes[:, k].copy()) for k in (0, 1))
        third, fourth = float(slopes[0, 2]), float(slopes[0, 3])
        for _ in range(STEPS):
            drawn = torch.randint(0, EXAMPLES, (BATCH, CHAINS), generator=generator)
            gradient = (fourth * weights + third) * weights + second[drawn].mean(dim=0)
            weights -= 0.01 * (gradient * weights + first[drawn].mean(dim=0))
        return weights

    assert np.isfinite(ours()).all() and bool(torch.isfinite(bare()).all())
    ratio(ours, bare, clock=time.process_time, goal=1 / 1.5)
    finish(benchmark)


def test_descent_in_a_bowl(ratio, benchmark, torch):
    """A bare loop of torch operations, of which it takes at most 1.5; minibatches that are few stand in a table."""
    examples, batch = 9, 3
    linear = deviations(examples, 2.0)

    def ours() -> np.ndarray:
        generator = np.random.Generator(np.random.SFC64(next(seeds)))
        weights, noise = np.zeros(CHAINS), mean_gradients(generator, linear, batch, CHAINS, DRAWINGS[0])
        for _ in range(STEPS):
            weights -= 0.1 * (1.3 * weights + next(noise))
        return weights

    def bare() -> Any:
        generator = torch.Generator().manual_seed(next(seeds))
        weights, terms = torch.zeros(CHAINS, dtype=torch.float64), torch.as_tensor(linear)
        for _ in range(STEPS):
            drawn = torch.randint(0, examples, (batch, CHAINS), generator=generator)
            weights -= 0.1 * (1.3 * weights + terms[drawn].mean(dim=0))
        return weights

    assert np.isclose(ours().std(), float(bare().std()), rtol=0.05)
    ratio(ours, bare, clock=time.process_time, goal=1 / 1.5)
    finish(benchmark)


def finish(benchmark: Any) -> None:
    """The goal, and chains x steps per second."""
    assert benchmark.extra_info["reference_over_ours"][1] >= 1 / 1.5
    benchmark.extra_info["chain_steps_per_second"] = round(CHAINS * STEPS / benchmark.stats["median"])
    print(f"{benchmark.extra_info['chain_steps_per_second']:.3g} chains x steps per second")
