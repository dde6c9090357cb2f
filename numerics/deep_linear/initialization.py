"""How many epochs deep linear networks need for handwritten digits, from several kinds of initial weights."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from numerics import digits
from numerics.backend import load_torch, resolve_device
from numerics.deep_linear.training import orthonormal
from numerics.deep_linear.weight_space import product, slopes
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

STARTS = ("orthogonal", "gaussian", "glorot", "decoupled", "pretrained")
CLASSES = 10
PRETRAINING_RATE, PRETRAINED_FROM = 0.25, 0.5  # of autoencoders; their first weights, over 1 / sqrt(fan-in)
VECTORS = 200  # whose images are measured
FEWER = 0.75  # of the networks in training are left when the others are dropped from the arrays


def whitened_digits(data: Path | None, inputs: int, replicas: int, stream: Stream) -> np.ndarray:
    """Correlations of class indicators with whitened digits, (replicas, 10, inputs), each over its largest singular
    value; every replica has a random half of the digits.

    Whitened are the `inputs` leading principal components of the centred images: sum of x x^T is the unit matrix.
    Pixels that never change leave no more components than that. Raises ValueError for more than there are.
    """
    images, labels = digits.load(data)
    correlations = []
    for k in range(replicas):
        drawn = stream.child(k).generator().permutation(len(labels))[: len(labels) // 2]
        centred = images[drawn] - images[drawn].mean(axis=0)
        variances, directions = np.linalg.eigh(centred.T @ centred)
        if not CLASSES <= inputs <= int(np.sum(variances > 1e-10 * variances[-1])):
            raise ValueError(f"the digits have no {inputs} components that vary, or fewer than classes are asked for")
        whitened = centred @ directions[:, -inputs:] / np.sqrt(variances[-inputs:])
        correlation = np.eye(CLASSES)[labels[drawn]].T @ whitened
        correlations.append(correlation / np.linalg.norm(correlation, 2))
    return np.stack(correlations)


def epochs_by_depth(
    *,
    start: str,
    depths: Sequence[int],
    inputs: int,
    hidden: int,
    rates: Sequence[float],
    slowest: float,
    tolerance: float,
    longest: int,
    replicas: int,
    stream: Stream,
    device: str,
    gain: float = 1.0,
    strength: float | None = None,
    power: float = 1.0,
    updates: int | None = None,
    beside: Sequence[tuple[str, Sequence[int]]] = (),
    data: Path | None = None,
) -> Measurement:
    """Train by gradient descent at several depths and fit the epochs by a power of the number of matrices.

    start      kind of initial weights, one of STARTS; each matrix is multiplied by `gain`
    depths     numbers of matrices; `inputs`, `hidden` the widths before the ten outputs
    rates      learning rates tried, times the number of matrices to the `power`; the fastest counts
    slowest    the exponent below which the epochs count as independent of depth
    tolerance  fraction of the squared error, above the least that any map has, at which the digits count as learned
    longest    epochs after which training is given up; the epochs count as that many
    strength   of every mode in the map of a "decoupled" start, equal in all matrices
    updates    of the autoencoder that a matrix of a "pretrained" start is
    beside     other starts and their depths, trained for comparison in the plot
    The digits are whitened, so that the correlation holds all that the examples contribute to the gradient. Values
    (1,): `slowest` minus the exponent. Given: depths, epochs, deviation (standard errors of the epochs), rate (mean of
    the fastest of `rates`), singular_values
    (replicas, 10); of all starts beside it, one after the other, beside_start (number in STARTS), beside_depths,
    beside_epochs, beside_deviation.
    """
    if start not in STARTS or (start == "decoupled") != (strength is not None):
        raise ValueError(f"start {start!r} with strength {strength} is none of {', '.join(STARTS)}")
    if ("pretrained" in (start, *(kind for kind, _ in beside))) != (updates is not None):
        raise ValueError(f"start {start!r} with {updates} updates: those of a pretrained one have to be given")
    targets = whitened_digits(data, inputs, replicas, stream.child("digits"))

    def all_epochs(kind: str, at: Sequence[int], stream: Stream) -> tuple[np.ndarray, np.ndarray]:
        columns = []
        for depth in at:
            widths = (inputs, *[hidden] * (depth - 1), CLASSES)
            weights = [
                initial_weights(
                    kind,
                    widths,
                    stream.child(depth).child(k),
                    target=targets[k],
                    strength=strength,
                    updates=updates,
                    end=stream.child("end").child(k),  # that of all depths, which then start at the same map
                )
                for k in range(replicas)
            ]
            stacked = [gain * np.stack(layer) for layer in zip(*weights, strict=True)]
            steps = np.asarray(rates, dtype=float) / depth**power
            columns.append(_epochs(stacked, targets, steps, tolerance, longest, device))
        epochs = np.stack(columns, axis=1)  # (replicas, depths, rates)
        fastest = np.asarray(rates)[np.argmin(epochs, axis=2)]
        return epochs.min(axis=2), fastest

    epochs, fastest = all_epochs(start, depths, stream.child(start))
    exponents = np.polyfit(np.log(depths), np.log(epochs).T, 1)[0]
    given: dict[str, np.ndarray | float] = {
        "depths": np.asarray(depths, dtype=float),
        "epochs": epochs.mean(axis=0),
        "deviation": _error(epochs),
        "rate": fastest.mean(axis=0),
        "singular_values": np.linalg.svd(targets, compute_uv=False),
        "tolerance": tolerance,
        "strength": strength or 0.0,
    }
    if beside:
        others = [all_epochs(kind, at, stream.child(kind))[0] for kind, at in beside]
        given |= {
            "beside_start": np.array([STARTS.index(kind) for kind, at in beside for _ in at]),
            "beside_depths": np.array([depth for _, at in beside for depth in at], dtype=float),
            "beside_epochs": np.concatenate([other.mean(axis=0) for other in others]),
            "beside_deviation": np.concatenate([_error(other) for other in others]),
        }
    return from_replicas(slowest - exponents[:, None], given=given)


def initial_weights(
    kind: str,
    widths: Sequence[int],
    stream: Stream,
    *,
    target: np.ndarray | None = None,
    strength: float | None = None,
    updates: int | None = None,
    end: Stream | None = None,
) -> list[np.ndarray]:
    """Weights of every layer, (out, in).

    "gaussian" has variance 1 / in, "glorot" 2 / (in + out); "orthogonal" has all singular values one; "decoupled" has
    the singular vectors of `target` at both ends, orthonormal directions between, and the same strengths everywhere.
    Orthogonal networks with equal `end`, inputs, hidden width and outputs have the same map at any depth, so that their
    epochs compare: the last matrix, uniformly random as the others, is drawn along what the others make of the inputs.
    "pretrained" are autoencoders of whitened inputs, one on top of the other, with that many updates from small
    Gaussian weights, and a last matrix as in an orthogonal network.
    """
    generator, pairs = stream.generator(), list(zip(widths[1:], widths[:-1], strict=True))
    if kind == "decoupled":
        assert target is not None and strength is not None
        left, _, right = np.linalg.svd(target, full_matrices=False)
        modes = left.shape[1]
        frames = [right.T, *(orthonormal(w, modes, generator) for w in widths[1:-1]), left]
        return [strength ** (1 / len(pairs)) * b @ a.T for a, b in itertools.pairwise(frames)]
    if kind in ("orthogonal", "pretrained"):
        weights = []
        if kind == "pretrained":
            assert updates is not None
            weights = autoencoders(pairs[:-1], updates, generator)
        weights += [
            orthonormal(out, into, generator) if out >= into else orthonormal(into, out, generator).T
            for out, into in pairs[len(weights) :]
        ]
        if end is not None and len(pairs) > 1 and widths[-1] <= widths[-2] and min(widths[1:-1]) >= widths[0]:
            reached = product(weights[:-1])  # orthonormal columns; the frame completes them
            frame, triangle = np.linalg.qr(np.hstack([reached, generator.standard_normal((widths[-2],) * 2)]))
            frame *= np.sign(np.diag(triangle))
            weights[-1] = orthonormal(widths[-2], widths[-1], end.generator()).T @ frame.T
        return weights
    scale = {"gaussian": lambda out, into: 1 / into, "glorot": lambda out, into: 2 / (into + out)}[kind]
    return [normal(generator, *pair, scale=np.sqrt(scale(*pair))) for pair in pairs]


def autoencoders(sizes: Sequence[tuple[int, int]], updates: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Matrices (out, in) trained one after the other on half the squared error |x - W^T W x|^2 of what is below.

    The first one sees whitened inputs, whose correlation is the unit matrix; examples enter by their correlation only.
    Single precision, as is usual for training.
    """
    correlation, weights = np.eye(sizes[0][1], dtype=np.float32) if sizes else None, []
    for out, into in sizes:
        weight = normal(generator, out, into, scale=PRETRAINED_FROM / np.sqrt(into), dtype=np.float32)
        for _ in range(updates):
            missing = correlation - (correlation @ weight.T) @ weight
            weight = weight + PRETRAINING_RATE * weight @ (missing + missing.T)
        weights.append(weight)
        correlation = weight @ correlation @ weight.T
    return weights


def norm_of_images(*, widths: Sequence[int], allowed: float, replicas: int, stream: Stream, device: str) -> Measurement:
    """Squared length of vectors after random matrices with Glorot's variance, over that before.

    Values (2,): `allowed` minus how far the mean over VECTORS vectors lies above one, and minus how far it lies below.
    The vectors are unit vectors of the axes: the weights prefer no direction, and orthogonal vectors fluctuate less.
    """
    samples = []
    for k in range(replicas):
        child = stream.child(k)
        image = np.eye(widths[0], min(VECTORS, widths[0]))
        for weight in initial_weights("glorot", widths, child):
            image = weight @ image
        samples.append(np.mean(np.sum(image**2, axis=0)) - 1)
    return from_replicas(allowed + np.outer(samples, [-1.0, 1.0]))


def _error(epochs: np.ndarray) -> np.ndarray:
    return epochs.std(axis=0, ddof=1) / np.sqrt(len(epochs))


def _epochs(
    weights: list[np.ndarray], targets: np.ndarray, rates: np.ndarray, tolerance: float, longest: int, device: str
) -> np.ndarray:
    """Epochs until the loss is `tolerance` of that of a map of zeros, (replicas, rates), interpolated between updates.

    Rates that are slower than the fastest of their replica count as `longest`: a replica leaves with its fastest, and a
    rate leaves when its loss is no finite number. Single precision, as is usual for training.
    """
    torch, replicas, count = load_torch(), len(weights[0]), len(rates)
    place = {"dtype": torch.float32, "device": resolve_device(device)}
    layers = [torch.as_tensor(np.repeat(w, count, axis=0), **place) for w in weights]
    goal = torch.as_tensor(np.repeat(targets, count, axis=0), **place)
    steps = torch.as_tensor(np.tile(rates, replicas)[:, None, None], **place)
    running, sizes = np.arange(replicas * count), np.repeat((targets**2).sum(axis=(1, 2)), count)
    epochs = np.full(replicas * count, float(longest))
    level, before = np.log(tolerance), np.zeros(replicas * count)
    for epoch in range(longest):
        total, gradients = slopes(layers, goal)
        losses: np.ndarray = ((goal - total) ** 2).sum(dim=(1, 2)).double().cpu().numpy()
        now = np.log(losses / sizes[running])
        reached = (now <= level) & (epochs[running] == longest)
        part = (before - level)[reached] / (before - now)[reached]
        epochs[running[reached]] = np.maximum(epoch - 1 + part, 1.0) if epoch else 1.0
        learned = epochs.reshape(replicas, count).min(axis=1) < longest
        left = np.isfinite(now) & ~learned[running // count]
        if not left.any():
            break
        for layer, gradient in zip(layers, gradients, strict=True):
            layer.addcmul_(steps, gradient, value=-1)
        before = now
        if np.count_nonzero(left) <= FEWER * len(left):
            kept = torch.as_tensor(np.flatnonzero(left), device=place["device"])
            layers, running, before = [layer[kept] for layer in layers], running[left], now[left]
            goal, steps = goal[kept], steps[kept]
    return epochs.reshape(replicas, count)
