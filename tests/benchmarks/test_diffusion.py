"""Chains of Gaussian noise in NumPy against a bare loop of torch operations of the same arithmetic."""

from __future__ import annotations

import time

import numpy as np
import pytest

from numerics.backend import load_torch
from numerics.diffusion.forward import diffused
from numerics.streams import Stream

STEPS = 40
BETAS = tuple(0.01 + 0.004 * k for k in range(STEPS))


@pytest.mark.parametrize("chains", [20_000, 200_000])
def test_forward_chains(ratio, chains, benchmark):
    """Steps of the forward chain against a loop of torch operations, in processor time: at most 1.5 of it.

    Both sides draw their noise in float64, from a start that is new in every run.
    """
    torch, generator = load_torch(), Stream(1, ("benchmark",)).generator()
    source = torch.Generator().manual_seed(1)

    def ours() -> float:
        start = generator.standard_normal(chains)
        for x in diffused(start, BETAS, generator):
            last = x
        return float(last[0])

    def bare() -> float:
        x = torch.randn(chains, generator=source, dtype=torch.float64)
        noise = torch.empty_like(x)
        for beta in BETAS:
            noise.normal_(generator=source)
            x.mul_((1 - beta) ** 0.5).add_(noise, alpha=beta**0.5)
        return float(x[0])

    ratio(ours, bare, clock=time.process_time, goal=1 / 1.5)
    start = time.process_time()
    ours()
    benchmark.extra_info["chain_steps_per_second"] = round(chains * STEPS / (time.process_time() - start))
    assert np.isfinite(ours())
