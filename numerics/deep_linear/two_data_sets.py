"""Two data sets with the same two correlations and other distributions: how far apart networks learn them."""

from __future__ import annotations

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

HIDDEN = ("linear", "tanh")


def loss_curve_difference(
    *,
    widths: tuple[int, int, int],
    hidden: str,
    examples: int,
    updates: int,
    learning_rate: float,
    allowed: float,
    replicas: int,
    stream: Stream,
    device: str,
) -> Measurement:
    """Train one network on inputs that were binary and on Gaussian ones, both turned to the same sum of x x^T.

    Outputs are the same linear function of either, so that the sums of y x^T and of y y^T agree too; the start is one.
    hidden         what the hidden neurons do, one of HIDDEN
    updates        of gradient descent on half the squared error, summed over the examples
    Values (1,): `allowed` minus the largest difference of the losses of both networks on the way, over the loss at the
    start. Raises ValueError for another kind of hidden neurons, or too few examples.
    """
    if hidden not in HIDDEN or examples <= widths[0]:
        raise ValueError(f"hidden neurons {hidden!r} are none of {', '.join(HIDDEN)}, or {examples} examples too few")
    torch = load_torch()
    place = {"dtype": torch.float64, "device": resolve_device(device)}
    samples = []
    for replica in range(replicas):
        generator = stream.child(replica).generator()
        shape, spread = (widths[0], examples), generator.standard_normal((widths[0], widths[0]))
        root = np.linalg.cholesky(np.eye(widths[0]) + 0.3 * spread @ spread.T)
        root /= np.linalg.norm(root, 2)  # the largest eigenvalue of the sum of x x^T is 1
        target = generator.standard_normal((widths[2], widths[0]))
        begin = [0.5 * generator.standard_normal(pair) for pair in ((widths[1], widths[0]), (widths[2], widths[1]))]
        curves = []
        for binary in (True, False):
            raw = np.zeros(shape)
            while np.linalg.svd(raw, compute_uv=False)[-1] < 0.5:  # few binary examples may not span the inputs
                raw = generator.choice([-1.0, 1.0], shape) if binary else generator.standard_normal(shape)
            x = root @ np.linalg.solve(np.linalg.cholesky(raw @ raw.T), raw)
            inputs, outputs = torch.tensor(x, **place), torch.tensor(target @ x, **place)
            weights = [torch.tensor(w, **place).requires_grad_() for w in begin]
            losses = []
            for _ in range(updates):
                below = weights[0] @ inputs
                reached = weights[1] @ (torch.tanh(below) if hidden == "tanh" else below)
                loss = ((outputs - reached) ** 2).sum() / 2
                losses.append(loss.item())
                with torch.no_grad():
                    for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
                        weight -= learning_rate * slope
            curves.append(np.array(losses))
        samples.append(np.max(np.abs(curves[0] - curves[1])) / curves[0][0])
    return from_replicas(allowed - np.array(samples)[:, None])
