"""One pass of stochastic gradient descent through deep linear networks: how much every matrix changes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement
from numerics.streams import Stream


def chain_pass(
    *, networks: Sequence[Sequence[int]], examples: int, step: float, stream: Stream, device: str
) -> Measurement:
    """Present every example once, in order, to linear networks with random weights of norm 1.2 in every layer.

    networks  widths of each network, first inputs, last outputs
    examples  number of examples of each network; inputs are uniform (not Gaussian), correlated and not centred
    step      learning rate; the loss of an example is half its squared error
    Values    (weights of all networks,): change over the learning rate, network by network, matrix by matrix and row by
              row.
    Given     of each network n "widths n"; "weights n", all weights before, in the same order; "cross n" and
              "square n", the sums over examples of y x^T and x x^T, row by row.
    Raises ValueError for a step that is not positive, no example, or a network without a matrix.
    """
    if step <= 0 or examples < 1 or min(map(len, networks)) < 2:
        raise ValueError(f"no pass over {examples} examples through {tuple(networks)} at step {step}")
    torch = load_torch()
    place = {"dtype": torch.float64, "device": resolve_device(device)}
    changes: list[np.ndarray] = []
    given: dict[str, np.ndarray | float] = {}
    for number, widths in enumerate(networks):
        generator = stream.child(number).generator()
        x = generator.uniform(-0.4, 0.9, (examples, widths[0])) @ generator.uniform(-1, 1, (widths[0], widths[0]))
        y = generator.uniform(-1.0, 1.5, (examples, widths[-1]))
        before = [_bounded(generator.standard_normal((rows, columns))) for columns, rows in itertools.pairwise(widths)]
        weights = [torch.tensor(w, **place).requires_grad_() for w in before]
        for x_mu, y_mu in zip(torch.tensor(x, **place), torch.tensor(y, **place), strict=True):
            output = x_mu
            for weight in weights:
                output = weight @ output
            gradients = torch.autograd.grad(((y_mu - output) ** 2).sum() / 2, weights)
            with torch.no_grad():
                torch._foreach_add_(weights, gradients, alpha=-step)
        after = [w.detach().cpu().numpy() for w in weights]
        changes += [((a - b) / step).ravel() for a, b in zip(after, before, strict=True)]
        given |= {
            f"widths {number}": np.array(widths),
            f"weights {number}": np.concatenate([b.ravel() for b in before]),
            f"cross {number}": (y.T @ x).ravel(),
            f"square {number}": (x.T @ x).ravel(),
        }
    return Measurement(values=np.concatenate(changes), given=given, resolution={"step": step})


def _bounded(matrix: np.ndarray) -> np.ndarray:
    """The matrix with largest singular value 1.2: long products of unbounded ones curve the loss a thousandfold."""
    return 1.2 * matrix / np.linalg.norm(matrix, 2)
