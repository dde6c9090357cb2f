"""Random networks against the products of matrices that they cannot do without."""

from __future__ import annotations

import itertools
import time
from collections import deque

import numpy as np
import torch

from numerics.signal_propagation.two_inputs import INPUTS, SHAPE, fields

WIDTH, LAYERS, SIBLINGS = 1600, 4, 100
NETWORK = (np.tanh, 1.5, 0.1, 1.0)
APART = np.linspace(0.0, 0.9, 10)  # of ten inputs to each sibling


def test_random_layers(ratio):
    """Layers 1600 and 2000 wide with all their random numbers, against the bare products of 1000 inputs: 0.85."""
    widths = [INPUTS, *(round(WIDTH * SHAPE[layer % len(SHAPE)]) for layer in range(LAYERS))]
    pairs = [
        (torch.rand(m, n, dtype=torch.float64), torch.rand(n, SIBLINGS * len(APART), dtype=torch.float64))
        for n, m in itertools.pairwise(widths)
    ]

    def ours(u: float) -> None:
        generator = np.random.Generator(np.random.SFC64(int(u * 1e6)))
        deque(fields(NETWORK, WIDTH, 1, APART, LAYERS, SIBLINGS, generator, dtype=np.float64), maxlen=0)

    ratio(ours, lambda: [a @ b for a, b in pairs], clock=time.process_time, goal=0.85)
