"""Gradients of linear networks from the correlations of the examples are those of the examples."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.backend import load_torch
from numerics.deep_linear import weight_space
from numerics.deep_linear.training import Descent, Network, Task
from numerics.streams import Stream

WIDTHS = ((6, 4), (5, 7, 3), (3, 5, 8), (7, 4, 6, 5), (4, 9, 3, 6, 8), (8, 2, 7, 3, 5))


def descents(widths: tuple[int, ...]) -> list[Descent]:
    """One network of random weights on correlated inputs and noisy outputs, trained both ways."""
    source = np.random.default_rng(len(widths) + widths[0])
    inputs = source.uniform(-0.6, 1.0, (widths[0], widths[0])) @ source.standard_normal((widths[0], 41))
    outputs = source.standard_normal((widths[-1], 41))
    modes = np.eye(max(widths))[:, : min(widths[0], widths[-1])]
    task = Task(
        inputs=inputs,
        outputs=outputs,
        left=modes[: widths[-1]],
        right=modes[: widths[0]],
        singular_values=np.ones(modes.shape[1]),
    )
    weights = [0.5 * source.standard_normal(pair) for pair in zip(widths[1:], widths[:-1], strict=True)]
    return [Descent(task=task, weights=weights, device="cpu", on_examples=on) for on in (False, True)]


def apart(ours, reference) -> float:
    ours, reference = ours.detach(), reference.detach()
    return float((ours - reference).abs().max() / reference.abs().max())


@pytest.mark.parametrize("widths", WIDTHS)
def test_gradients_are_those_of_the_examples(widths):
    ours, reference = descents(widths)
    for _ in range(4):
        (total, slopes), (same_total, same_slopes) = ours.gradients(), reference.gradients()
        assert apart(total, same_total) < 1e-12
        assert all(apart(a, b) < 1e-12 for a, b in zip(slopes, same_slopes, strict=True))
        for descent, moved in ((ours, slopes), (reference, same_slopes)):
            descent.shift(moved, -0.001)


@pytest.mark.parametrize("widths", WIDTHS)
def test_loss_and_curvature_are_those_of_the_examples(widths):
    descent, _ = descents(widths)
    torch, task = load_torch(), descent.task
    total = weight_space.product(descent.weights)
    loss = ((torch.as_tensor(task.outputs) - total @ torch.as_tensor(task.inputs)) ** 2).sum() / 2
    assert apart(descent.loss(), loss) < 1e-12
    directions = [torch.ones_like(w) / (1 + k) for k, w in enumerate(descent.weights)]
    slopes = torch.autograd.grad(loss, descent.weights, create_graph=True)
    expected = torch.autograd.grad(slopes, descent.weights, grad_outputs=directions)
    assert all(apart(a, b) < 1e-12 for a, b in zip(descent.curvature()(directions), expected, strict=True))


def test_networks_of_a_batch_know_nothing_of_each_other():
    torch, source = load_torch(), np.random.default_rng(5)
    weights = [torch.as_tensor(source.standard_normal((3, *shape))) for shape in ((4, 6), (7, 4), (5, 7))]
    cross = torch.as_tensor(source.standard_normal((3, 5, 6)))
    total, slopes = weight_space.slopes(weights, cross)
    for k in range(3):
        alone, own = weight_space.slopes([w[k] for w in weights], cross[k], torch.eye(6, dtype=cross.dtype))
        assert apart(total[k], alone) < 1e-14
        assert all(apart(a[k], b) < 1e-14 for a, b in zip(slopes, own, strict=True))


def test_a_whole_descent_from_a_decoupled_start_is_the_same():
    strengths = np.array([[0.3, 0.2], [0.1, 0.4], [0.2, 0.3]])
    network = Network(widths=(5, 4, 6, 3), singular_values=(2.0, 1.3), strengths=strengths, examples=20)
    paths = []
    for on_examples in (False, True):
        descent = network.descent(stream=Stream(3, ("descent",)), device="cpu", on_examples=on_examples)
        run = descent.run(0.05)
        paths.append([next(run).detach().clone() for _ in range(60)])
    assert all(apart(a, b) < 1e-12 for a, b in zip(*paths, strict=True))
