"""Descent that has settled, in a well and on digits: means of what a step dissipates and of what fluctuates."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.digits import load
from numerics.measurement import Measurement, from_replicas, ratio_of_means
from numerics.sgd_noise.bowls import DRAWINGS, deviations, mean_gradients
from numerics.streams import Stream

LABELS = 3


def settled_means(
    *,
    examples: int,
    components: int,
    ridge: float,
    batch: int,
    learning_rates: tuple[float, ...],
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
    relaxations: float = 3.0,
) -> Measurement:
    """Ratio of two means over stationary stochastic gradient descent, at several learning rates.

    A linear softmax classifier of the first three of the bundled digits, from whitened principal components; every
    example's loss has the ridge, half the squared length of the weights times `ridge`. Chains start at the bottom of
    the mean loss, to which the weights are measured.

    relaxations   times 1/(learning rate x ridge) to settle, and again during which means are taken

    Values have shape (learning rates,): the mean of the weights times the full gradient, over that of the squared
    gradient of a minibatch and over the learning rate. Given: learning_rates (n,). Gradients are those of automatic
    differentiation.
    """
    if batch < 1 or chains < 1 or ridge <= 0 or min(learning_rates) <= 0:
        raise ValueError("batch, chains, ridge and learning rates must be positive")
    torch, place = load_torch(), resolve_device(device)
    generator = stream.generator()
    images, labels = load()
    chosen = generator.choice(np.flatnonzero(labels < LABELS), size=examples, replace=False)
    centred = images[chosen] - images[chosen].mean(axis=0)
    left = np.linalg.svd(centred, full_matrices=False)[0][:, :components] * np.sqrt(examples)
    data, target = torch.as_tensor(left, device=place), torch.as_tensor(labels[chosen], device=place)

    def loss(weights: Any, members: Any) -> Any:
        """Sum over chains of the mean loss of their examples; weights (chains, labels, components)."""
        logits = torch.einsum("clp,c...p->c...l", weights, data[members])
        each = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), target[members].flatten(), reduction="none"
        ).reshape(members.shape)
        return each.mean(dim=1).sum() + ridge / 2 * (weights**2).sum()

    def slope(weights: Any, members: Any) -> Any:
        """Gradients of all chains; not by torch.func, which would import the compiler."""
        place = weights.detach().requires_grad_()
        return torch.autograd.grad(loss(place, members), place)[0]

    bottom = torch.zeros((1, LABELS, components), dtype=torch.float64, device=place)
    every = torch.arange(examples, device=place)[None]
    for _ in range(100):
        bottom -= 1.5 * slope(bottom, every)
    count, rates = replicas * chains, np.asarray(learning_rates, dtype=float)
    everything = every.expand(count, examples)
    samples = np.empty((replicas, rates.size))
    for column, rate in enumerate(rates):
        weights = bottom.expand(count, LABELS, components).clone()
        settle, sums = round(relaxations / (rate * ridge)), np.zeros((2, replicas))
        every_so = max(1, settle // 20)
        for step in range(2 * settle):
            members = torch.as_tensor(generator.integers(0, examples, size=(count, batch)), device=place)
            pull = slope(weights, members)
            if step >= settle and step % every_so == 0:
                work = (weights - bottom) * slope(weights, everything)
                pair = work.sum((1, 2)), (pull**2).sum((1, 2))
                sums += np.stack([part.reshape(replicas, chains).mean(1).cpu().numpy() for part in pair])
            weights -= rate * pull
        samples[:, column] = ratio_of_means(*sums) / rate
    return from_replicas(
        samples,
        axis=np.asarray(learning_rates, dtype=float),
        given={"learning_rates": rates},
        resolution={"learning_rate": float(rates.max()), "chains": float(count)},
    )


def settled_in_a_well(
    *,
    slope: tuple[float, ...],
    spread: float,
    examples: int,
    batch: int,
    learning_rates: tuple[float, ...],
    chains: int,
    width: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Ratio of two means over stationary descent of one weight in a well that is no bowl, at several learning rates.

    slope    coefficients of the slope of the mean loss, constant first; each example adds a number of its own
    spread   root mean square of these numbers

    Values have shape (learning rates,): the mean squared slope of the mean loss over the mean of its second derivative
    times the squared slope of a minibatch, and over the learning rate. At width n learning rates are n times smaller.
    Given: learning_rates (n,), as they were run. It runs on the CPU whatever the device. Raises ValueError if descent
    diverges.
    """
    steep, linear = np.polynomial.Polynomial(slope), deviations(examples, spread)
    bent, generator = steep.deriv(), stream.generator()
    rates = np.asarray(learning_rates, dtype=float) / width
    samples = np.empty((replicas, rates.size))
    for column, rate in enumerate(rates):
        weights, sums = np.zeros(replicas * chains), np.zeros((2, replicas))
        noise, settle = mean_gradients(generator, linear, batch, weights.size, DRAWINGS[0]), round(3 / rate)
        for step in range(4 * settle):
            mean = steep(weights)
            pull = mean + next(noise)
            if step >= settle and step % max(1, settle // 3) == 0:
                pair = mean**2, bent(weights) * pull**2
                sums += [part.reshape(replicas, chains).mean(axis=1) for part in pair]
            weights -= rate * pull
        if not np.all(np.isfinite(weights)):
            raise ValueError(f"descent at the learning rate {rate:g} diverges")
        samples[:, column] = ratio_of_means(*sums) / rate
    return from_replicas(
        samples,
        axis=np.asarray(learning_rates, dtype=float),
        given={"learning_rates": rates},
        resolution={"learning_rate": float(rates.max()), "chains": float(replicas * chains)},
    )
