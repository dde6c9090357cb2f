"""Gradients of random deep linear networks by automatic differentiation, matrix by matrix."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

BATCH = 4000  # networks that are drawn at once


def gradient_norms(
    *, networks: Sequence[tuple[Sequence[int], float]], replicas: int, stream: Stream, device: str
) -> Measurement:
    """Norm of the loss's gradient by every matrix of fresh Gaussian networks, for one input and one error.

    networks  pairs (widths, gain): widths begin with the inputs, weights have the standard deviation gain over the
              root of the number of their inputs. All networks have the same number of matrices.
    The loss is minus the given error times the outputs; input and error have norm 1 and are the same in all replicas.
    Values    (networks, 2, matrices): means of the logarithm of the gradient's norm, and of the norm's square. The axis
              is the number of the matrix.
    Given     inputs and outputs of the matrices, (networks, matrices); gains (networks,).
    Raises ValueError where the numbers of matrices differ, or a gain is not positive.
    """
    if len({len(widths) for widths, _ in networks}) != 1 or min(gain for _, gain in networks) <= 0:
        raise ValueError("networks need equally many matrices, and a positive gain each")
    samples = []
    for number, (widths, gain) in enumerate(networks):
        generator = stream.child(number).generator()
        squared = np.concatenate(
            [
                _squared_norms(widths, gain, min(BATCH, replicas - start), generator, device)
                for start in range(0, replicas, BATCH)
            ]
        )
        samples.append(np.stack([np.log(squared) / 2, squared], axis=1))
    given = {
        "inputs": np.array([widths[:-1] for widths, _ in networks], dtype=float),
        "outputs": np.array([widths[1:] for widths, _ in networks], dtype=float),
        "gains": np.array([gain for _, gain in networks]),
    }
    axis = np.arange(1.0, len(networks[0][0]))
    return from_replicas(np.stack(samples, axis=1), axis=axis, given=given)


def _squared_norms(
    widths: Sequence[int], gain: float, count: int, generator: np.random.Generator, device: str
) -> np.ndarray:
    """Squared norm of the gradient by each matrix of `count` networks, (count, matrices)."""
    torch, place = load_torch(), resolve_device(device)
    weights = [
        torch.as_tensor(
            normal(generator, count, outputs, inputs, scale=gain / np.sqrt(inputs)), device=place
        ).requires_grad_()
        for inputs, outputs in itertools.pairwise(widths)
    ]
    ends = [np.arange(1.0, size + 1) for size in (widths[0], widths[-1])]
    signal, error = (torch.as_tensor(end / np.linalg.norm(end), device=place) for end in ends)
    passed = signal.expand(count, -1)[..., None]
    for weight in weights:
        passed = weight @ passed
    loss = -(error @ passed).sum()  # a sum over networks, which know nothing of each other
    slopes = torch.autograd.grad(loss, weights)
    return np.stack([slope.square().sum(dim=(1, 2)).cpu().numpy() for slope in slopes], axis=1)
