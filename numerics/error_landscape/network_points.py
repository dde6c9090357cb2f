"""Critical points of small networks on digits: all those of a linear one, and those that smaller networks make."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.digits import standardised
from numerics.error_landscape.networks import Net, principal_digits
from numerics.error_landscape.saddle_free import best_step, hessians
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

CLASSES = 10
ZERO = 1e-9  # of the largest curvature: what is below counts as none
AT_REST = 1e-9  # gradient at a critical point
DAMPINGS = (0.0, 0.01, 0.1, 1.0, 10.0)


def linear_network_indices(
    *, components: int, hidden: int, apart: float = 1.0, stream: Stream, device: str
) -> Measurement:
    """Negative curvatures of a linear network on digits where it holds any set of modes of the data.

    components  principal components of the digits that are shown, each with its own variance, with centred labels
    apart       factor of the second layer: 1 at the critical points, others for a control
    Both layers hold each set of at most `hidden` modes, mixed by a random matrix; other hidden neurons have no weights.
    Values (sets,): the number of negative eigenvalues of the Hessian by all weights. The axis counts the sets.
    Given: held, rank_sum (sets,), hidden, modes. Raises ValueError where a gradient is not zero (at apart = 1).
    """
    torch = load_torch()
    images, labels = standardised(None)
    directions = np.linalg.eigh(images.T @ images)[1][:, ::-1][:, :components]
    inputs = images @ directions
    targets = np.eye(CLASSES)[labels] - np.bincount(labels, minlength=CLASSES) / len(labels)
    inputs = inputs - inputs.mean(axis=0)
    small = np.linalg.qr(np.concatenate([inputs, targets], axis=1), mode="r")  # the same second moments in few rows
    small *= np.sqrt(len(small) / len(labels))
    x, y = small[:, :components], small[:, components:]
    regression = np.linalg.lstsq(x, y, rcond=None)[0]
    values, modes = np.linalg.svd(x @ regression, full_matrices=False)[1:]
    count = int(np.sum(values > ZERO * values[0]))
    modes = modes[:count]
    sets = [held for size in range(hidden + 1) for held in itertools.combinations(range(count), size)]
    net = Net(widths=(components, hidden, CLASSES), linear=True, biases=False, classify=False)
    weights, generator = [], stream.generator()
    for held in sets:
        own = modes[list(held)]  # (n, classes)
        mix = np.eye(len(held)) + 0.3 * generator.standard_normal((len(held), len(held)))
        first, last = np.zeros((components, hidden)), np.zeros((hidden, CLASSES))
        first[:, : len(held)] = regression @ own.T @ np.linalg.inv(mix)
        last[: len(held)] = apart * mix @ own
        weights.append(np.concatenate([first.ravel(), last.ravel()]))
    place: dict[str, Any] = {"dtype": torch.float64, "device": resolve_device(device)}
    points, data = (
        torch.as_tensor(np.array(weights), **place),
        [torch.as_tensor(part[None], **place) for part in (x, y)],
    )
    largest = float(net.gradients(points[:, None], *data).abs().max())
    if apart == 1.0 and not largest < AT_REST:
        raise ValueError(f"a gradient of {largest:.2g} at a critical point")
    bend = torch.linalg.eigvalsh(hessians(net, points, *data)).cpu().numpy()
    found = np.sum(bend < -ZERO * np.abs(bend).max(axis=1, keepdims=True), axis=1)
    given: dict[str, Any] = {
        "held": np.array([len(held) for held in sets], dtype=float),
        "rank_sum": np.array([sum(k + 1 for k in held) for held in sets], dtype=float),
        "hidden": float(hidden),
        "modes": float(count),
    }
    return Measurement(values=found.astype(float), axis=np.arange(1.0, len(sets) + 1), given=given)


def embedded_points(
    *,
    components: int,
    hidden: int,
    live: Sequence[int],
    examples: int,
    decay: float,
    steps: int,
    whole: bool,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
) -> Measurement:
    """Loss and index of critical points of a tanh network in which some hidden neurons have no weights.

    Networks with `live` hidden neurons, in increasing number, are trained to a minimum by saddle-free steps on all
    `examples`, and put into one of `hidden` neurons, whose others have no weights.
    whole  True: the Hessian is that of the large network; False: that of the small one in it
    Values (2, live - 1): by how much the loss, and by how much the number of negative curvatures, falls from each
    number of live neurons to the next, mean over `replicas` of start and examples. Given: loss, index, means for each
    number of live neurons; live. Raises ValueError where a gradient of the whole network is not zero.
    """
    torch = load_torch()
    place = resolve_device(device)
    pixels, labels = principal_digits(components, data)
    generator = stream.generator()
    rows = np.stack([generator.permutation(len(labels))[:examples] for _ in range(replicas)])
    batch = torch.as_tensor(pixels[rows], device=place), torch.as_tensor(labels[rows], device=place)
    losses, indices = np.empty((replicas, len(live))), np.empty((replicas, len(live)))
    large = Net(widths=(components, hidden, CLASSES), decay=decay)
    for column, neurons in enumerate(live):
        small = Net(widths=(components, neurons, CLASSES), decay=decay)
        weights = torch.as_tensor(small.start(1.0, replicas, generator), device=place)
        moving = torch.arange(replicas, device=place)
        for _ in range(steps):
            own = [part[moving] for part in batch]
            move = best_step(small, weights[moving], *own, rule="saddle-free", dampings=DAMPINGS)
            weights[moving] += move
            moving = moving[move.abs().amax(dim=1) >= AT_REST]
            if not len(moving):
                break
        net, points = (large, _embedded(weights, small, large)) if whole else (small, weights)
        found, slope = net.losses_and_gradients(points[:, None], *batch)
        if not float(slope.abs().max()) < AT_REST:
            raise ValueError(f"a gradient of {float(slope.abs().max()):.2g} after {steps} steps")
        bend = torch.linalg.eigvalsh(hessians(net, points, *batch))
        losses[:, column] = found[:, 0].cpu().numpy()
        indices[:, column] = (bend < -ZERO * bend.abs().amax(dim=1, keepdim=True)).sum(dim=1).cpu().numpy()
    samples = np.stack([-np.diff(losses), -np.diff(indices)], axis=1)
    given: dict[str, Any] = {
        "loss": losses.mean(axis=0),
        "index": indices.mean(axis=0),
        "live": np.asarray(live, dtype=float),
    }
    return from_replicas(samples, given=given, resolution={"examples": float(examples)})


def _embedded(weights: Any, small: Net, large: Net) -> Any:
    """Weights of the large network that holds the small one in its first hidden neurons, (R, size)."""
    torch = load_torch()
    inputs, neurons, outputs = small.widths
    hidden = large.widths[1]
    first, bias, last, end = torch.split(weights, (inputs * neurons, neurons, neurons * outputs, outputs), dim=1)
    count, more = len(weights), hidden - neurons
    wide = torch.nn.functional.pad(first.reshape(count, inputs, neurons), (0, more)).reshape(count, -1)
    deep = torch.nn.functional.pad(last.reshape(count, neurons, outputs), (0, 0, 0, more)).reshape(count, -1)
    return torch.cat([wide, torch.nn.functional.pad(bias, (0, more)), deep, end], dim=1)
