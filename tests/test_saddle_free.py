"""The optimizers near saddle points: steps against their definition, Krylov against exact, and the sum of functions."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
import torch

from numerics.error_landscape import sum_of_functions
from numerics.error_landscape.networks import Net, minibatches, principal_digits
from numerics.error_landscape.saddle_free import (
    best_step,
    curvature_of,
    exact,
    hessians,
    krylov,
    step,
)
from numerics.error_landscape.sum_of_functions import SumOfFunctions
from numerics.error_landscape.trust_regions import lowest_points
from numerics.streams import Stream

REPLICAS, SIZE = 3, 7


@pytest.fixture(scope="module")
def matrices():
    """Indefinite symmetric matrices (3, 7, 7) and vectors (3, 7)."""
    generator = np.random.default_rng(5)
    drawn = generator.standard_normal((REPLICAS, SIZE, SIZE))
    return torch.as_tensor(drawn + drawn.transpose(0, 2, 1)), torch.as_tensor(
        generator.standard_normal((REPLICAS, SIZE))
    )


@pytest.fixture(scope="module")
def network():
    """A tanh network with weights and batches of its own for each of three replicas."""
    generator = np.random.default_rng(6)
    net = Net(widths=(4, 3, 5))
    weights = torch.as_tensor(net.start(1.0, REPLICAS, generator))
    inputs = torch.as_tensor(generator.standard_normal((REPLICAS, 20, 4)))
    labels = torch.as_tensor(generator.integers(0, 5, size=(REPLICAS, 20)))
    return net, weights, inputs, labels


def by_torch(net, weights, inputs, targets):
    """The loss of one network in the words of PyTorch, which differentiates it itself."""
    signal, layers = inputs, list(itertools.pairwise(net.widths))
    parts = torch.split(weights, [n for a, b in layers for n in (a * b, b)[: 1 + net.biases]])
    for layer, (a, b) in enumerate(layers):
        signal = signal @ parts[layer * (1 + net.biases)].reshape(a, b)
        signal = signal + parts[2 * layer + 1] if net.biases else signal
        signal = torch.tanh(signal) if layer + 1 < len(layers) and not net.linear else signal
    if net.classify:
        loss = torch.nn.functional.cross_entropy(signal, targets)
    else:
        loss = 0.5 * ((signal - targets) ** 2).sum(dim=1).mean()
    return loss + net.decay * weights @ weights / 2


class Differentiated:
    """A loss of one weight vector, without batches, and what automatic differentiation makes of it."""

    def __init__(self, loss):
        self.loss = torch.func.vmap(loss)
        self.slope = torch.func.vmap(torch.func.grad(loss))
        self.bend = torch.func.vmap(torch.func.jacrev(torch.func.grad(loss)))

    def losses(self, weights):
        return torch.func.vmap(self.loss)(weights)

    def gradient_and_product(self, weights):
        hessian = self.bend(weights)
        return self.slope(weights), lambda vectors: vectors @ hessian


def absolute(matrix):
    """|H| as the root of H H, by another algorithm."""
    from scipy.linalg import sqrtm

    return np.real(sqrtm(matrix @ matrix))


@pytest.mark.parametrize("damping", [0.0, 0.7])
def test_steps_are_those_of_their_definition(matrices, damping):
    hessian, gradient = matrices
    curvature = exact(hessian, gradient)
    for k in range(REPLICAS):
        h, g = hessian[k].numpy(), gradient[k].numpy()
        over = {"newton": h, "damped": h + damping * np.eye(SIZE), "saddle-free": absolute(h) + damping * np.eye(SIZE)}
        for rule, matrix in over.items():
            found = curvature.step(rule, damping)[k].numpy()
            np.testing.assert_allclose(found, -np.linalg.solve(matrix, g), rtol=1e-8, atol=1e-10)


def test_an_unknown_rule_is_refused(matrices):
    with pytest.raises(ValueError, match="no rule 'steepest'"):
        exact(*matrices).step("steepest", 0.0)


def test_a_whole_krylov_space_is_exact(matrices):
    hessian, gradient = matrices
    curvature = krylov(lambda v: (hessian @ v[..., None])[..., 0], gradient, SIZE)
    for rule in ("newton", "damped", "saddle-free"):
        expected = exact(hessian, gradient).step(rule, 0.3)
        torch.testing.assert_close(curvature.step(rule, 0.3), expected, rtol=1e-8, atol=1e-9)


def test_a_krylov_space_ends_where_it_is_complete():
    """A gradient with two eigenvalues: an order of five finds them, and nothing else that carries the gradient."""
    hessian = torch.diag(torch.tensor([2.0, 2.0, -0.5, -0.5, -0.5, 7.0], dtype=torch.float64))[None]
    gradient = torch.tensor([[1.0, 2.0, 3.0, 0.0, 1.0, 0.0]], dtype=torch.float64)
    curvature = krylov(lambda v: (hessian @ v[..., None])[..., 0], gradient, 5)
    torch.testing.assert_close(curvature.step("saddle-free", 0.1), exact(hessian, gradient).step("saddle-free", 0.1))


@pytest.mark.parametrize("decades", [0.5, 3, 8, 15])
def test_directions_of_a_krylov_space_are_orthonormal(decades):
    """Also where directions converge early and rounding grows fast: then products are taken again, once each."""
    generator = np.random.default_rng(3)
    turn, _ = np.linalg.qr(generator.standard_normal((2, 60, 60)))
    values = np.logspace(0, -decades, 60) * generator.choice([-1, 1], size=(2, 60))
    hessian = torch.as_tensor(turn * values[:, None, :] @ turn.transpose(0, 2, 1))
    taken = []

    def product(vectors):
        taken.append(len(vectors))
        return (hessian @ vectors[..., None])[..., 0]

    curvature = krylov(product, torch.as_tensor(generator.standard_normal((2, 60))), 40)
    there = curvature.directions.mT @ hessian @ curvature.directions
    torch.testing.assert_close(there, torch.diag_embed(curvature.values), rtol=0, atol=4e-10)
    kept = torch.linalg.vector_norm(curvature.directions, dim=-2)
    torch.testing.assert_close(kept, torch.ones_like(kept), rtol=0, atol=4e-10)
    assert len(taken) <= 79
    taken.clear()
    krylov(product, torch.as_tensor(generator.standard_normal((2, 60))), 6)
    assert len(taken) == 6


@pytest.mark.parametrize("order", [0, SIZE + 1])
def test_orders_that_do_not_fit_are_refused(matrices, order):
    with pytest.raises(ValueError, match=f"order {order} in {SIZE} dimensions"):
        krylov(lambda v: v, matrices[1], order)


def test_replicas_do_not_mix(network):
    """Each replica makes the steps that it makes alone."""
    net, weights, inputs, labels = network
    for order in (None, 6):
        together = step(net, weights, inputs, labels, rule="saddle-free", damping=0.1, order=order)
        for k in range(REPLICAS):
            one = slice(k, k + 1)
            alone = step(net, weights[one], inputs[one], labels[one], rule="saddle-free", damping=0.1, order=order)
            torch.testing.assert_close(together[one], alone, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("widths", [(4, 5), (4, 3, 5), (4, 3, 2, 5)])
@pytest.mark.parametrize("shape", [{}, {"linear": True}, {"biases": False}, {"classify": False}, {"decay": 0.3}])
@pytest.mark.parametrize("shared", [False, True])
def test_derivatives_are_those_of_automatic_differentiation(widths, shape, shared):
    """Of networks with and without hidden layers; each replica with a batch of its own, or one for all."""
    generator, net, batches = np.random.default_rng(8), Net(widths=widths, **shape), 1 if shared else REPLICAS
    weights = torch.as_tensor(generator.standard_normal((REPLICAS, 2, net.size)))
    inputs = torch.as_tensor(generator.standard_normal((batches, 20, 4)))
    labels = torch.as_tensor(generator.integers(0, 5, size=(batches, 20)))
    targets = labels if net.classify else torch.as_tensor(generator.standard_normal((batches, 20, 5)))
    func, each = torch.func, (inputs.expand(REPLICAS, -1, -1), targets.expand(REPLICAS, *targets.shape[1:]))
    loss = functools.partial(by_torch, net)

    def wanted(what, at):
        return func.vmap(what)(at, *each)

    losses, gradients = net.losses_and_gradients(weights, inputs, targets)
    for k in range(2):
        at = weights[:, k].contiguous()
        torch.testing.assert_close(losses[:, k], wanted(loss, at))
        torch.testing.assert_close(gradients[:, k], wanted(func.grad(loss), at))
        torch.testing.assert_close(net.gradient_and_product(at, inputs, targets)[0], gradients[:, k])
        torch.testing.assert_close(hessians(net, at, inputs, targets), wanted(func.jacrev(func.grad(loss)), at))
    torch.testing.assert_close(net.losses(weights, inputs, targets), losses)
    torch.testing.assert_close(net.gradients(weights, inputs, targets), gradients)


def test_products_are_those_of_the_hessian(network):
    net, weights, inputs, labels = network
    curvature = curvature_of(net, weights, inputs, labels)
    vectors = torch.ones_like(weights)
    found = net.gradient_and_product(weights, inputs, labels)[1](vectors[:, None])[:, 0]
    frame, values = curvature.directions, curvature.values
    expected = (frame @ (values * (vectors[:, None] @ frame)[:, 0])[..., None])[..., 0]
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11)


def test_the_hessian_is_that_of_differences(network):
    net, weights, inputs, labels = network
    direction, size = torch.linspace(-1, 1, net.size, dtype=torch.float64), 1e-5
    near = torch.stack([weights[0] + sign * size * direction for sign in (1, -1)])
    slopes = net.gradients(near[None], inputs[:1], labels[:1])[0]
    found = net.gradient_and_product(weights[:1], inputs[:1], labels[:1])[1](direction[None, None])[0, 0]
    torch.testing.assert_close(found, (slopes[0] - slopes[1]) / (2 * size), rtol=1e-5, atol=1e-8)


def test_the_best_damping_is_chosen_for_each_replica(network):
    net, weights, inputs, labels = network
    dampings = (0.01, 0.3, 10.0)
    chosen = best_step(net, weights, inputs, labels, rule="saddle-free", dampings=dampings)
    curvature = curvature_of(net, weights, inputs, labels)
    for k in range(REPLICAS):
        steps = [curvature.step("saddle-free", damping)[k] for damping in dampings]
        losses = [float(by_torch(net, weights[k] + one, inputs[k], labels[k])) for one in steps]
        torch.testing.assert_close(chosen[k], steps[int(np.argmin(losses))])


def test_a_saddle_is_left_and_newton_goes_there():
    def loss(w):
        return (w[0] ** 2 - 0.25 * w[1] ** 2) / 2 + w[1] ** 4 / 4

    start = torch.tensor([[0.3, 0.01]], dtype=torch.float64)
    ends = {}
    for rule in ("newton", "saddle-free"):
        weights = start
        for _ in range(30):
            weights = weights + step(Differentiated(loss), weights, rule=rule)
        ends[rule] = weights[0]
    torch.testing.assert_close(ends["newton"], torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-12)
    torch.testing.assert_close(ends["saddle-free"], torch.tensor([0.0, 0.5], dtype=torch.float64), rtol=0, atol=1e-9)


def test_principal_digits_are_white():
    pixels, labels = principal_digits(6, None)
    np.testing.assert_allclose(pixels.T @ pixels / len(labels), np.eye(6), atol=1e-10)
    with pytest.raises(ValueError, match="no 65 principal components"):
        principal_digits(65, None)


def test_minibatches_go_through_all_examples():
    batches = minibatches(12, 4, 2, np.random.default_rng(3))
    assert sorted(np.concatenate(batches[:3])) == sorted(np.concatenate(batches[3:])) == list(range(12))


def quadratic(count, size, generator):
    """Subfunctions, and the minimum of their sum."""
    frames = generator.standard_normal((count, size, size))
    bowls = frames @ frames.transpose(0, 2, 1) / size + 0.1 * np.eye(size)
    pulls = generator.standard_normal((count, size))

    def evaluate(w, k):
        return float(w @ bowls[k] @ w / 2 - pulls[k] @ w), bowls[k] @ w - pulls[k]

    return evaluate, np.linalg.solve(bowls.sum(axis=0), pulls.sum(axis=0))


@pytest.mark.parametrize(("count", "size"), [(6, 12), (3, 40)])
def test_the_sum_of_functions_optimizer_finds_the_minimum(count, size):
    """In the whole space, and in one of fewer dimensions that moves along."""
    generator = np.random.default_rng(11)
    evaluate, minimum = quadratic(count, size, generator)
    optimizer = SumOfFunctions(evaluate, 0.1 * np.ones(size), count, generator)
    assert (optimizer.basis.shape[1] == size) == (count == 6)
    for _ in range(60 * count):
        optimizer.step()
    assert 60 * count <= optimizer.evaluations < 80 * count  # some steps are taken back
    np.testing.assert_allclose(optimizer.weights, minimum, atol=1e-5)


def test_steps_to_where_the_loss_is_no_number_are_taken_back():
    """A loss with a barrier, to whose other side the first models point."""
    seen = []

    def evaluate(w, k):
        left = 2 - w[0]
        value = float(np.sum(w**2) / 2 - 3 * w[0] - 0.1 * np.log(left)) if left > 0 else np.inf
        seen.append(value)
        return value, np.array([w[0] - 3 + 0.1 / left, *w[1:]])

    optimizer = SumOfFunctions(evaluate, 0.1 * np.ones(4), 3, np.random.default_rng(2))
    for _ in range(120):
        optimizer.step()
    assert not np.all(np.isfinite(seen))
    root = (5 - np.sqrt(1 + 4 * 0.1)) / 2  # of w - 3 + 0.1 / (2 - w)
    np.testing.assert_allclose(optimizer.weights, [root, 0, 0, 0], atol=1e-6)


def test_steps_grow_by_no_more_than_a_factor_after_the_first_pass(monkeypatch):
    """On a loss that is flat far out, where quadratic models point far beyond the minimum."""

    def longest(ratio):
        monkeypatch.setattr(sum_of_functions, "LONGEST", ratio)
        centres = np.random.default_rng(7).standard_normal((3, 4))

        def evaluate(w, k):
            gap = w - centres[k]
            return float(np.log(1 + gap @ gap)), 2 * gap / (1 + gap @ gap)

        optimizer, growth = SumOfFunctions(evaluate, 6 * np.ones(4), 3, np.random.default_rng(2)), []
        for _ in range(40):
            optimizer.step()
            if optimizer.evaluations > 3:
                mean = optimizer.travelled / optimizer.evaluations
                growth.append(np.linalg.norm(optimizer.weights - optimizer.accepted) / mean)
        return max(growth)

    assert longest(3.0) <= 3 * (1 + 1e-9)
    assert longest(np.inf) > 3


def bent(evaluate, start, seen=4):
    """An optimizer with one subfunction in the whole space, which has made some steps."""
    optimizer = SumOfFunctions(evaluate, start, 1, np.random.default_rng(2))
    for _ in range(seen):
        optimizer.step()
    return optimizer


def test_negative_curvatures_become_the_median_one():
    """Not the smallest one, along which a step would be the longest."""
    optimizer = bent(lambda w, k: (float(w @ w), 2 * w), np.ones(4))
    model = optimizer.models[0]
    model.moves = list(np.eye(4))
    model.bends = list(np.diag([7.0, 3.0, -2.0, 0.5]))
    optimizer._learn(model)
    np.testing.assert_allclose(model.hessian(), np.diag([7.0, 3.0, 3.0, 0.5]), atol=1e-9)
    model.bends = list(np.diag([-7.0, -3.0, -2.0, -0.5]))
    optimizer._learn(model)
    np.testing.assert_allclose(model.hessian(), 7 * np.eye(4), atol=1e-9)


def wall(w, k):
    """A bowl with a steep wall beyond w = 1."""
    beyond = np.maximum(w - 1, 0)
    return float((w - 3) @ (w - 3) / 2 + 1e4 * np.sum(beyond**4)), w - 3 + 4e4 * beyond**3


def test_after_a_step_that_is_taken_back_the_model_is_that_of_the_place_before():
    """Or of a better one on the way there. The far place is one of the pairs of changes, and does not count as way."""
    optimizer = SumOfFunctions(wall, np.full(4, 0.2), 1, np.random.default_rng(2))
    returned = 0
    for _ in range(30):
        before, asked, travelled, scale = (
            optimizer.accepted,
            optimizer.evaluations,
            optimizer.travelled,
            optimizer.scale,
        )
        optimizer.step()
        if optimizer.evaluations == asked + 1:
            continue
        model, here = optimizer.models[0], optimizer.accepted
        returned += np.array_equal(here, before)
        np.testing.assert_array_equal(model.place, here)
        assert model.value == wall(here, 0)[0] <= wall(before, 0)[0]
        assert len(model.moves) >= 2
        assert optimizer.travelled == pytest.approx(travelled + np.linalg.norm(here - before))
        assert optimizer.scale == scale / 2
    assert returned >= 1


def test_a_subfunction_that_explodes_is_looked_at_nearer_by():
    """Its change of the gradient there would say nothing of the curvature here."""
    seen = []

    def evaluate(w, k):
        seen.append(float(wall(w, k)[0]))
        return wall(w, k)

    optimizer = bent(evaluate, np.full(4, 0.2))
    optimizer.weights = np.full(4, 500.0)
    asked = len(seen)
    optimizer.step()
    far, _, *nearer = seen[asked:]
    assert far > 1e10 and nearer and all(value < far * 1e-6 for value in nearer)
    assert np.linalg.norm(optimizer.models[0].moves[-1]) < 0.02 * np.linalg.norm(np.full(4, 500.0))


def test_a_new_subfunction_far_above_the_others_takes_the_step_back():
    def evaluate(w, k):
        gap = w - 0.3 * k
        return float(gap @ gap / 2) + (50.0 if k == late else 0.0), gap

    generator = np.random.default_rng(4)
    late = int(np.random.default_rng(4).permutation(4)[0])  # joins last
    optimizer = SumOfFunctions(evaluate, np.full(3, 2.0), 4, generator)
    for _ in range(40):
        if late in optimizer.models and not optimizer.models[late].seen:
            asked, scale = optimizer.evaluations, optimizer.scale
            optimizer.step()
            assert optimizer.evaluations == asked + 2 and optimizer.scale == scale / 2
            return
        optimizer.step()
    pytest.fail("the last subfunction never joined")


@pytest.mark.parametrize("seed", range(3))
def test_the_central_path_is_followed_where_the_region_is_long_and_the_barrier_weak(seed):
    """From the centre alone, two thousand steps of the search were not enough in most draws of the full profile."""
    found = lowest_points(
        curvatures=(1.4, -0.03),
        multiplicities=(20, 30),
        radius=0.23,
        draws=6,
        step=0.0005,
        stream=Stream(seed),
        device="cpu",
    )
    slopes, strengths = np.array(found.given["slopes"]), np.abs(found.given["curvatures"])
    lowest = -slopes / strengths * np.sqrt(2 * 0.23 / np.sum(slopes**2 / strengths, axis=0))
    np.testing.assert_allclose(found.values[:2], lowest, rtol=2e-3)  # the barrier keeps it away from the boundary
