"""Deep convolutional networks: their gradients against automatic differentiation, and thousands of layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from numerics.jacobian_spectrum.convolutions import SHIFTS, Chain, cross_entropy, kernels, neighbours
from numerics.streams import Stream
from verify.claims.jacobian_spectrum import deep_convolutions

LAYERS, NETWORKS, CHANNELS, SIDE, BATCH = 3, 2, 5, 4, 3


def layered(signal: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """PyTorch's convolutions of one network: signal (batch, channels, side, side), weights (layers, in, out, 9)."""
    for kernel in weights:
        padded = torch.nn.functional.pad(signal, (1, 1, 1, 1), mode="circular")
        signal = torch.tanh(torch.nn.functional.conv2d(padded, kernel.swapaxes(0, 1).unflatten(2, (3, 3))))
    return signal


@pytest.mark.parametrize("orthogonal", (True, False))
def test_a_chain_of_convolutions_learns_as_by_automatic_differentiation(orthogonal):
    generator = np.random.default_rng(5)
    drawn = [kernels(NETWORKS, CHANNELS, 1.3, orthogonal=orthogonal, generator=generator) for _ in range(LAYERS)]
    weights = np.array(drawn) + 0.2 * generator.standard_normal((LAYERS, NETWORKS, CHANNELS, CHANNELS, len(SHIFTS)))
    signal, wanted = generator.standard_normal((2, NETWORKS, CHANNELS, SIDE**2, BATCH))
    trained, rate = weights.copy(), 0.3
    chain = Chain(trained, neighbours(SIDE, 1))
    found, back = chain.forward(signal), chain.learn(wanted, rate)
    for network in range(NETWORKS):
        start, kernel = (torch.tensor(a, requires_grad=True) for a in (signal[network], weights[:, network]))
        output = layered(start.unflatten(1, (SIDE, SIDE)).moveaxis(-1, 0), kernel)
        output = output.moveaxis(0, -1).flatten(1, 2)
        slopes = torch.autograd.grad((output * torch.tensor(wanted[network])).sum(), (start, kernel))
        assert np.allclose(found[network], output.detach(), rtol=0, atol=1e-12)
        assert np.allclose(back[network], slopes[0], rtol=0, atol=1e-12)
        assert np.allclose(trained[:, network], weights[:, network] - rate * slopes[1].numpy(), rtol=0, atol=1e-12)


def test_cross_entropy_is_that_of_pytorch():
    generator = np.random.default_rng(7)
    outputs, truth = 3 * generator.standard_normal((2, 10, 4)), generator.integers(10, size=(2, 4))
    given = torch.tensor(outputs, requires_grad=True)
    losses = torch.nn.functional.cross_entropy(given, torch.tensor(truth), reduction="none")
    (slopes,) = torch.autograd.grad(losses.sum() / 4, given)
    found = cross_entropy(outputs, truth)
    assert np.allclose(found[0], losses.detach(), rtol=1e-12) and np.allclose(found[1], slopes, atol=1e-14)


@pytest.mark.parametrize("orthogonal", (True, False))
def test_thousands_of_convolutions_are_trained(orthogonal):
    check = deep_convolutions.CLAIM.checks_in("full")[-1]
    run = check.quick if orthogonal else check.control
    settings = {**run.keywords, "updates": 9, "channels": 2, "batch": 2}
    assert settings["layers"] == 10_000 and settings["orthogonal"] == orthogonal
    found = run.func(replicas=2, stream=Stream(1, ("deep",)), device="cpu", data=None, **settings)
    assert found.given["layers"] == settings["layers"] and np.all(np.isfinite(found.values))
    assert not orthogonal or np.all(found.errors > 0)  # behind Gaussian layers there may be no signal left
