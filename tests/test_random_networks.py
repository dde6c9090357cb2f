"""Random matrices and very deep networks that experiments start from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from numerics.jacobian_spectrum import convolutions
from numerics.jacobian_spectrum.products import (
    Network,
    rotation,
    rotations,
    singular_values,
    steadied,
    turned,
    with_controls,
)

COUNT, SIZE = 4000, 3


def far_from_uniform(matrices):
    """The largest deviation of means that uniformly random orthogonal matrices have, in standard errors."""
    trace = np.trace(matrices, axis1=1, axis2=2)
    twice = np.trace(matrices @ matrices, axis1=1, axis2=2)
    samples = np.stack([trace, trace**2 - 1, twice - 1, *matrices.reshape(COUNT, -1).T])
    return np.max(np.abs(samples.mean(axis=1)) / (samples.std(axis=1) / np.sqrt(COUNT)))


def one_by_one(count, size, generator):
    return np.array([rotation(size, generator) for _ in range(count)])


@pytest.mark.parametrize("drawn", (rotations, one_by_one))
def test_rotations_are_uniform_and_q_alone_is_not(drawn):
    matrices = drawn(COUNT, SIZE, np.random.default_rng(1))
    np.testing.assert_allclose(
        matrices @ matrices.transpose(0, 2, 1), np.broadcast_to(np.eye(SIZE), matrices.shape), atol=1e-12
    )
    assert far_from_uniform(matrices) < 5
    assert far_from_uniform(np.linalg.qr(np.random.default_rng(1).standard_normal((COUNT, SIZE, SIZE)))[0]) > 20


def test_columns_are_turned_as_by_the_matrix():
    columns = np.random.default_rng(3).standard_normal((9, 4))
    matrix, kept = rotation(9, np.random.default_rng(4)), columns.copy()
    np.testing.assert_allclose(turned(columns, np.random.default_rng(4)), matrix @ columns, atol=1e-13)
    assert np.array_equal(columns, kept)


def test_single_precision_changes_rounding_only():
    columns = np.random.default_rng(3).standard_normal((90, 4))
    single = turned(columns.astype(np.float32), np.random.default_rng(4))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, turned(columns, np.random.default_rng(4)), atol=1e-5)


def test_singular_values_are_those_of_the_decomposition():
    matrices = np.random.default_rng(3).standard_normal((5, 20, 20)) * np.logspace(0, -3, 20)
    expected = np.linalg.svd(matrices, compute_uv=False)
    np.testing.assert_allclose(singular_values(matrices), expected, atol=1e-7 * expected.max())
    matrices[0] = 0
    matrices[1:3, ::3] = 0  # neurons that are off
    expected = np.linalg.svd(matrices, compute_uv=False)
    np.testing.assert_allclose(singular_values(matrices), expected, atol=1e-7 * expected.max())


def test_a_network_that_is_drawn_beside_others_has_its_own_weights():
    """The columns of each Jacobian are its own; together they have the mean square of the law."""
    network = Network(**BIASED, squared_length=1.1, layers=2, orthogonal=False)
    products = with_controls(network, 30, 40, np.random.default_rng(2))[0]
    apart = np.corrcoef(products.reshape(40, -1)) - np.eye(40)
    assert products.dtype == np.float32 and np.max(np.abs(apart)) < 6 / 30


BIASED = {"phi": np.tanh, "derivative": lambda h: 1 / np.cosh(h) ** 2, "sigma_w": 1.4, "sigma_b": 0.4}


@pytest.mark.parametrize(("orthogonal", "left"), ((True, 0.7), (False, 1.0)))
def test_controls_have_mean_zero_and_lower_the_error(orthogonal, left):
    network = Network(**BIASED, squared_length=1.1, layers=3, orthogonal=orthogonal)
    products, numbers = with_controls(network, 6, 2000, np.random.default_rng(1), dtype=np.float64)
    samples = np.array([[[np.sum(p**2), np.sum((p @ p.T) ** 2)]] for p in products])
    steady = steadied(samples, numbers[:, None])
    assert np.all(np.abs(numbers.mean(axis=0)) <= 5 * numbers.std(axis=0) / np.sqrt(len(numbers)))
    assert np.all(numbers[:, :3].std(axis=0) > 0)
    assert np.all(steady.std(axis=0) < left * samples.std(axis=0))
    changed = steady - samples
    assert np.all(np.abs(changed.mean(axis=0)) < 5 * changed.std(axis=0) / np.sqrt(len(changed)))


@pytest.mark.parametrize("orthogonal", (True, False))
def test_negatives_of_the_fields_tell_how_many_neurons_are_on(orthogonal):
    """Their first number is twice the share of live neurons less one, added up over layers, and nothing else."""
    relu = {"phi": lambda h: np.maximum(h, 0), "derivative": lambda h: h > 0}
    network = Network(**relu, sigma_w=1.4, squared_length=1.1, layers=1, orthogonal=orthogonal)
    products, numbers = with_controls(network, 9, 30, np.random.default_rng(1))
    live = np.mean(np.any(products, axis=2), axis=1)
    np.testing.assert_allclose(numbers[:, 3], 2 * live - 1, atol=1e-6)
    tanh = Network(**BIASED, squared_length=1.1, layers=2, orthogonal=orthogonal)
    assert np.all(with_controls(tanh, 9, 30, np.random.default_rng(1))[1][:, 3:] == 0)


def test_a_control_that_is_not_centred_moves_the_mean():
    """The rule that the experiments rest on: what is taken off has no mean of its own."""
    generator = np.random.default_rng(5)
    noise = generator.standard_normal((400, 1, 1))
    assert abs(np.mean(steadied(3 + noise, noise)) - 3) < 1e-12 < 1 < abs(np.mean(steadied(3 + noise, noise + 2)) - 3)


@pytest.mark.parametrize("stride", (1, 2))
def test_places_of_a_layer_are_those_of_a_circular_convolution(stride):
    image = torch.arange(36.0).reshape(1, 1, 6, 6)
    weight = torch.as_tensor(np.random.default_rng(2).standard_normal(9), dtype=torch.float32)
    around = torch.nn.functional.pad(image, (1, 1, 1, 1), mode="circular")
    expected = torch.nn.functional.conv2d(around, weight.reshape(1, 1, 3, 3), stride=stride)
    seen = image.reshape(-1)[torch.as_tensor(convolutions.neighbours(6, stride))].reshape(9, -1)
    torch.testing.assert_close(weight @ seen, expected.reshape(-1))
