"""The saddle-free step against the least that it needs: one eigendecomposition, or products with the Hessian."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
import torch

from numerics.error_landscape.networks import Net
from numerics.error_landscape.saddle_free import exact, krylov

NET = Net(widths=(64, 40, 10))
EXAMPLES = 256


def fresh(make, count=24):
    """Arguments that no call has seen, in turn."""
    return itertools.cycle([make(np.random.default_rng(k)) for k in range(count)])


@pytest.mark.parametrize("size", [300, 800])
def test_exact_step(ratio, size):
    """A saddle-free step against an eigendecomposition of the same Hessian, in processor time: at most 1.2."""

    def drawn(generator):
        matrix = generator.standard_normal((size, size))
        return torch.as_tensor(matrix + matrix.T)[None], torch.as_tensor(generator.standard_normal((1, size)))

    ours, theirs = fresh(drawn), fresh(drawn)
    ratio(
        lambda: exact(*next(ours)).step("saddle-free", 0.1),
        lambda: torch.linalg.eigh(next(theirs)[0]),
        clock=time.process_time,
        goal=1 / 1.2,
    )


@pytest.mark.parametrize("order", [10, 30])
def test_krylov_step(ratio, order):
    """A Krylov step against as many products with the Hessian as its order: at most 1.3 of them for each."""

    def drawn(generator):
        weights = torch.as_tensor(NET.start(1.0, 1, generator))
        inputs = torch.as_tensor(generator.standard_normal((1, EXAMPLES, 64)))
        labels = torch.as_tensor(generator.integers(0, 10, size=(1, EXAMPLES)))
        _, product = NET.gradient_and_product(weights, inputs, labels)
        return lambda vectors: product(vectors[:, None])[:, 0], torch.as_tensor(
            generator.standard_normal((1, NET.size))
        )

    ours, theirs = fresh(drawn), fresh(drawn)

    def products():
        product, vector = next(theirs)
        for _ in range(order):
            image = product(vector)
        return image

    ratio(
        lambda: krylov(*next(ours), order).step("saddle-free", 0.1),
        products,
        clock=time.process_time,
        goal=1 / 1.3,
    )
