"""Descent that has settled, in a well and on digits: means of what a step dissipates and of what fluctuates."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.digits import load
from numerics.measurement import Measurement, from_replicas
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
    second: bool,
    chains: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
    width: int = 1,
    relaxations: float = 3.0,
) -> Measurement:
    """Two ratios of means over stationary stochastic gradient descent, at several learning rates.

    A linear softmax classifier of the first three of the bundled digits, from whitened principal components; every
    example's loss has the ridge, half the squared length of the weights times `ridge`. Chains start at the bottom of
    the mean loss, to which the weights are measured.

    second        whether the means are those of the squared full gradient and of g H g, with g the gradient of a
                  minibatch and H the Hessian of the mean loss, by automatic differentiation; else those of the weights
                  times the full gradient and of the squared length of g
    relaxations   times 1/(learning rate x ridge) to settle, and again during which means are taken

    Values have shape (learning rates,): the ratio of the two means over the learning rate. At width n learning rates
    are n times smaller. Given: learning_rates (n,), as they were run.
    """
    if batch < 1 or chains < 1 or width < 1 or ridge <= 0 or min(learning_rates) <= 0:
        raise ValueError("batch, chains, width, ridge and learning rates must be positive")
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

    slope = torch.func.grad(loss)
    bottom = torch.zeros((1, LABELS, components), dtype=torch.float64, device=place)
    every = torch.arange(examples, device=place)[None]
    for _ in range(100):
        bottom -= 1.5 * slope(bottom, every)
    count, rates = replicas * chains, np.asarray(learning_rates, dtype=float) / width
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
                if second:
                    full, along = torch.func.jvp(lambda w: slope(w, everything), (weights,), (pull,))
                    pair = (full**2).sum((1, 2)), (pull * along).sum((1, 2))
                else:
                    full = slope(weights, everything)
                    pair = ((weights - bottom) * full).sum((1, 2)), (pull**2).sum((1, 2))
                sums += np.stack([part.reshape(replicas, chains).mean(1).cpu().numpy() for part in pair])
            weights -= rate * pull
        samples[:, column] = sums[0] / sums[1] / rate
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
    """The second of the ratios of `settled_means`, for one weight in a well that is no bowl.

    slope    coefficients of the slope of the mean loss, constant first; each example adds a number of its own
    spread   root mean square of these numbers

    Values, axis and width as in `settled_means`: the mean squared slope of the mean loss over that of its second
    derivative times the squared slope of a minibatch, over the learning rate. Given: learning_rates (n,), as they were
    run. It runs on the CPU whatever the device. Raises ValueError if descent diverges.
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
        samples[:, column] = sums[0] / sums[1] / rate
    return from_replicas(
        samples,
        axis=np.asarray(learning_rates, dtype=float),
        given={"learning_rates": rates},
        resolution={"learning_rate": float(rates.max()), "chains": float(replicas * chains)},
    )
