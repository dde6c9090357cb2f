"""Steps of stochastic gradient descent of a small network from one and the same point, over many minibatches."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.digits import load
from numerics.measurement import Measurement, from_replicas
from numerics.portions import portions
from numerics.streams import Stream

CHUNK = 1024  # minibatches whose gradients are taken at once


def step_covariance(
    *,
    inputs: int,
    hidden: int,
    labels: int,
    examples: int,
    batch: int,
    learning_rate: float,
    tracked: int,
    draws: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Covariance of the step of some weights, over minibatches drawn with and without replacement.

    A tanh network inputs-hidden-labels with softmax cross-entropy on random examples; the weights tracked are the first
    `tracked` ones of an output unit. Every replica draws `draws` minibatches each way, and each of them has a gradient
    of its own by automatic differentiation of its mean loss.

    Values have shape (2, pairs): with and without replacement, pairs of tracked weights in the order of
    np.triu_indices. Given: gradients (examples, tracked), those of the single examples; learning_rate; batch and
    examples, the sizes of a minibatch and of the training set.
    """
    if not 1 <= batch <= examples or not 1 <= tracked <= hidden or draws < 2 or learning_rate <= 0:
        raise ValueError("need 1 <= batch <= examples, 1 <= tracked <= hidden, two draws and a positive learning rate")
    torch, place = load_torch(), resolve_device(device)
    generator = stream.generator()

    def tensor(values: np.ndarray) -> Any:
        return torch.as_tensor(values, device=place)

    data = tensor(generator.standard_normal((examples, inputs)))
    target = tensor(generator.integers(0, labels, size=examples))
    first = tensor(generator.standard_normal((hidden, inputs)) / np.sqrt(inputs))
    second = tensor(generator.standard_normal((labels, hidden)) / np.sqrt(hidden))
    signals = torch.tanh(data @ first.T)

    def gradients(members: np.ndarray) -> np.ndarray:
        """Gradient of the mean loss of each minibatch, (minibatches, tracked), from members (minibatches, size)."""
        found = []
        for part in np.array_split(members, -(-len(members) // CHUNK)):
            chosen = tensor(part)
            copies = second.expand(len(part), labels, hidden).clone().requires_grad_()  # one network a minibatch
            logits = torch.einsum("mlh,mbh->mbl", copies, signals[chosen])
            loss = torch.nn.functional.cross_entropy(
                logits.reshape(-1, labels), target[chosen].reshape(-1), reduction="none"
            )
            loss.reshape(part.shape).mean(dim=1).sum().backward()
            found.append(copies.grad[:, 0, :tracked].clone().cpu().numpy())  # a view would keep all of the gradient
        return np.concatenate(found)

    left, right = np.triu_indices(tracked)

    def covariance(members: np.ndarray) -> np.ndarray:
        steps = -learning_rate * gradients(members).reshape(replicas, draws, tracked)
        steps -= steps.mean(axis=1, keepdims=True)
        return np.einsum("rdp,rdp->rp", steps[..., left], steps[..., right]) / (draws - 1)

    repeated = generator.integers(0, examples, size=(replicas * draws, batch))
    parts = portions(replicas * draws, examples)
    distinct = np.concatenate([generator.random((size, examples)).argsort(axis=1)[:, :batch] for size in parts])
    return from_replicas(
        np.stack([covariance(repeated), covariance(distinct)], axis=1),
        axis=np.arange(1.0, left.size + 1),
        given={
            "gradients": gradients(np.arange(examples)[:, None]),
            "learning_rate": learning_rate,
            "batch": batch,
            "examples": examples,
        },
        resolution={"draws": float(replicas * draws)},
    )


def gradient_lengths(
    *,
    examples: int,
    smaller: int,
    parts: int,
    scale: float,
    draws: int,
    replicas: int,
    stream: Stream,
    device: str = "cpu",
) -> Measurement:
    """Squared lengths of the gradients of minibatches of digits, of two sizes, and what is made of them.

    A linear softmax classifier of the bundled digits with random weights of root mean square `scale`, and so many
    examples. Each of `draws` minibatches consists of `parts` smaller ones, drawn with replacement; each smaller one has
    a gradient of its own by automatic differentiation, and their mean is the gradient of the whole.

    Values have shape (4,): mean squared length for the whole; with sizes b and B, the means of (B |g_B|^2 - b
    |g_b|^2)/(B - b) and of (|g_b|^2 - |g_B|^2)/(1/b - 1/B); and of the last over the first. Given: gradients (examples,
    weights), those of the single examples; sizes (2,), b and B.
    """
    if smaller < 1 or parts < 2 or draws < 2:
        raise ValueError("needs smaller minibatches of at least one example, two of them in a whole, and two draws")
    torch, place = load_torch(), resolve_device(device)
    generator = stream.generator()
    images, labels = load()
    chosen = generator.choice(len(images), size=examples, replace=False)
    data = torch.as_tensor(images[chosen], device=place)
    target = torch.as_tensor(labels[chosen], device=place)
    weights = torch.as_tensor(scale * generator.standard_normal((10, images.shape[1])), device=place)

    def gradients(members: np.ndarray) -> Any:
        """Gradient of the mean loss of each minibatch, (minibatches, weights)."""
        inside = torch.as_tensor(members, device=place)
        copies = weights.expand(len(members), *weights.shape).clone().requires_grad_()
        logits = torch.einsum("mlp,mbp->mbl", copies, data[inside])
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 10), target[inside].reshape(-1), reduction="none")
        loss.reshape(members.shape).mean(dim=1).sum().backward()
        return copies.grad.flatten(1)

    size, samples = smaller * parts, np.empty((replicas, 4))
    for replica in range(replicas):
        drawn = generator.integers(0, examples, size=(draws * parts, smaller))
        own = gradients(drawn).reshape(draws, parts, -1)
        small, whole = (own**2).sum(-1).mean().item(), (own.mean(1) ** 2).sum(-1).mean().item()
        pair = (size * whole - smaller * small) / (size - smaller), (small - whole) / (1 / smaller - 1 / size)
        samples[replica] = whole, *pair, pair[1] / whole
    return from_replicas(
        samples,
        given={
            "gradients": gradients(np.arange(examples)[:, None]).cpu().numpy(),
            "sizes": np.array([smaller, size]),
        },
        resolution={"draws": float(replicas * draws)},
    )
