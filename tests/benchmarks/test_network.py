"""A model read against theory, in units of one pass forward and back over the same inputs."""

from __future__ import annotations

import time

import torch

import rederive
from tests import network_models as models


def test_fifty_layers(ratio):
    """50 layers of width 1024: `rederive.network` against three passes forward and back of 16 inputs."""
    model = models.deep_tanh(lambda i, o: i**-0.5, depth=50, width=1024)
    x = torch.randn(16, 1024, requires_grad=True)

    def once() -> None:
        for parameter in model.parameters():
            parameter.grad = None
        model(x).square().sum().backward()

    ratio(lambda: rederive.network(model, 1024), once, clock=time.process_time, times=3, count=5, goal=1)


def test_a_small_gpt(ratio):
    """Twelve layers of GPT-2's small size, 64 tokens: against three passes forward and back of 4 inputs."""
    model = models.gpt(width=768, heads=12, layers=12, words=50_257, tokens=64)
    numbers = torch.randint(50_257, (4, 64))

    def once() -> None:
        for parameter in model.parameters():
            parameter.grad = None
        model(numbers).square().sum().backward()

    ratio(lambda: rederive.network(model, 64), once, clock=time.process_time, times=3, count=2, goal=1)
