"""Trainings written out for speed: the same numbers as by the plain way."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from numerics import digits
from numerics.chain_rule import descend
from numerics.deep_linear.initialization import CLASSES, _epochs, initial_weights, whitened_digits
from numerics.deep_linear.pretraining import _autoencoder
from numerics.deep_linear.weight_space import slopes
from numerics.signal_propagation.deep_training import gradients_of
from numerics.streams import Stream
from numerics.wide_training.tangent_kernels import _kernels


def test_epochs_are_those_of_each_network_alone() -> None:
    """Replicas leave with their fastest rate, and rates that explode: what is counted of the others stays the same."""
    targets, rates, level = whitened_digits(None, 12, 4, Stream(3)), np.array([0.05, 0.4, 40.0]), np.log(0.02)
    drawn = [initial_weights("orthogonal", (12, 14, 14, CLASSES), Stream(4).child(k)) for k in range(4)]
    weights = [np.stack(layer) for layer in zip(*drawn, strict=True)]
    together = _epochs(weights, targets, rates, 0.02, 60, "cpu")
    assert np.all(together[:, 2] == 60) and np.all(together.min(axis=1) < 60)
    for k, fastest in enumerate(np.argmin(together, axis=1)):
        layers, losses = [w[k] for w in weights], [np.inf]
        while losses[-1] > level:
            total, gradients = slopes(layers, targets[k])
            losses.append(np.log(np.sum((targets[k] - total) ** 2) / np.sum(targets[k] ** 2)))
            layers = [w - rates[fastest] * g for w, g in zip(layers, gradients, strict=True)]
        part = (losses[-2] - level) / (losses[-2] - losses[-1])
        assert np.isclose(together[k, fastest], len(losses) - 3 + part, rtol=1e-5)


def test_the_chain_rule_gives_the_gradients_of_automatic_differentiation() -> None:
    generator, widths = torch.Generator().manual_seed(2), (7, 5, 6, CLASSES)
    place = {"generator": generator, "dtype": torch.float64}
    weights = [torch.randn(3, a, b, **place).requires_grad_() for a, b in itertools.pairwise(widths)]
    biases = [torch.randn(3, 1, b, **place).requires_grad_() for b in widths[1:]]
    images, labels = torch.randn(3, 11, 7, **place), torch.randint(CLASSES, (3, 11), generator=generator)
    layer = images
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        layer = torch.tanh(layer @ weight + bias)
    output = layer @ weights[-1] + biases[-1]
    loss = torch.nn.functional.cross_entropy(output.reshape(-1, CLASSES), labels.reshape(-1), reduction="sum") / 11
    expected = torch.autograd.grad(loss, [*weights, *biases])
    plain = [[p.detach() for p in group] for group in (weights, biases)]
    found, gradients = gradients_of(*plain, images, labels)
    assert torch.allclose(found, output.detach(), rtol=1e-12)
    assert all(torch.allclose(a, b, rtol=1e-9, atol=1e-14) for a, b in zip(gradients, expected, strict=True))


@pytest.mark.parametrize("activation", ("tanh", "relu"))
@pytest.mark.parametrize("last_only", (True, False))
def test_an_update_is_that_of_automatic_differentiation(activation: str, last_only: bool) -> None:
    generator, widths = torch.Generator().manual_seed(3), (7, 5, 6, CLASSES)
    place = {"generator": generator, "dtype": torch.float64}
    weights = [torch.randn(3, a, b, **place).requires_grad_() for a, b in itertools.pairwise(widths)]
    images, labels = torch.randn(3, 11, 7, **place), torch.randint(CLASSES, (3, 11), generator=generator)
    rates, layer = torch.tensor([0.1, 0.3, 0.9], dtype=torch.float64)[:, None, None], images
    for weight in weights[:-1]:
        layer = getattr(torch, activation)(layer @ weight)
    output = (layer @ weights[-1]).mT
    losses = torch.nn.functional.cross_entropy(output, labels, reduction="none")
    gradients = torch.autograd.grad(losses.sum() / 11, weights)
    trained = [weight.detach().clone() for weight in weights]
    found = descend(trained, images, labels, -rates, activation=activation, last_only=last_only)
    assert torch.allclose(found, losses.detach(), rtol=1e-12)
    for number, (weight, after) in enumerate(zip(weights, trained, strict=True)):
        learned = not last_only or number == len(weights) - 1
        assert torch.allclose(after, (weight - learned * rates * gradients[number]).detach(), rtol=1e-12, atol=1e-14)


def test_an_autoencoder_descends_the_error_of_its_examples() -> None:
    generator = Stream(6).generator()
    weight, inputs = generator.standard_normal((3, 5)), generator.standard_normal((5, 20))
    (_, slope), (moved, _) = itertools.islice(_autoencoder(weight, inputs, 0.01), 2)
    free, data = torch.tensor(weight, requires_grad=True), torch.tensor(inputs)
    (gradient,) = torch.autograd.grad(((data - free.T @ (free @ data)) ** 2).sum() / 2, [free])
    assert np.isclose(slope, float(gradient.abs().max())) and np.allclose(moved, weight - 0.01 * gradient.numpy())


def test_bundled_digits_are_those_of_scikit_learn() -> None:
    images, labels = digits.load()
    expected = load_digits()
    assert np.array_equal(images * 16, expected.data) and np.array_equal(labels, expected.target)


@pytest.mark.parametrize("kind", ("ntk", "standard"))
def test_tangent_kernels_are_sums_over_all_parameters(kind: str) -> None:
    """Against products of the gradients that automatic differentiation finds, of two networks of two hidden layers."""
    generator, sizes, (sigma_w, sigma_b), width = np.random.default_rng(4), (5, 7, 6, 1), (1.3, 0.4), 7
    frame = np.linalg.qr(generator.standard_normal((5, 2)))[0]
    draws = [
        tuple(generator.standard_normal((2, b, n)).astype(np.float32) for n in (a, 1))
        for a, b in itertools.pairwise(sizes)
    ]
    found = _kernels((torch.tanh, sigma_w, sigma_b, (1.1, 0.8, 0.3), kind), frame, draws, width, "cpu")
    root = 1.1**0.5
    inputs = torch.as_tensor(5**0.5 * frame @ [[root, 0.3 / root], [0, (0.8 - 0.09 / 1.1) ** 0.5]]).float()
    scales = [(sigma_w / a**0.5, sigma_b) for a in sizes[:-1]]
    expected = np.zeros(3)
    for network in range(2):
        parts = [torch.as_tensor(part[network]) for pair in draws for part in pair]
        factors = [factor for pair in scales for factor in pair]
        if kind == "standard":
            parts, factors = [f * p for f, p in zip(factors, parts, strict=True)], [1.0] * len(parts)

        def output(*own: Any, factors: Sequence[float] = factors) -> Any:
            signal = inputs
            for k in range(3):
                field = factors[2 * k] * own[2 * k] @ signal + factors[2 * k + 1] * own[2 * k + 1]
                signal = torch.tanh(field)
            return field[0]

        slopes = torch.autograd.functional.jacobian(output, tuple(parts))
        gram = sum(s.reshape(2, -1) @ s.reshape(2, -1).T for s in slopes) / (width if kind == "standard" else 1)
        expected += np.array([gram[0, 1], gram[0, 0], gram[1, 1]]) / 2
    np.testing.assert_allclose(found[:, -1], expected, rtol=1e-5)
