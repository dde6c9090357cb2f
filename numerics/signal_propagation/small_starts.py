"""What explicit random networks leave of a small distance and of a small length, from ever smaller starts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
SHAPE = (1.0, 1.25)  # relative widths of successive layers, repeated


def remainders(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    activation: Function,
    correlated: tuple[float, float, float],
    unbiased: float,
    start: float,
    layers: int,
    pairs: int,
) -> Measurement:
    """1 - c of two inputs, and the length per neuron of one, over their starts, in the limit of small starts.

    correlated   sigma_w, sigma_b and squared length per neuron of the network through which the two inputs pass
    unbiased     sigma_w of the network without biases through which the one input passes
    start        1 - c, and the length, at the start; and half of it in a second run through the same networks
    layers       layers of the first run; the second takes twice as many
    pairs        planes (directions) that pass through the same weights, each with biases of its own; results are
                 averages over them
    device       unused: NumPy runs on the processor

    Values have shape (2, layers) along layers times start: at equal products the second run counts twice and the first
    is subtracted, which removes the first order of the start. Raises ValueError for an unusable size, or a start
    that is not between 0 and 1.
    """
    if width < 4 or layers < 1 or pairs < 1 or not 0 < start < 1:
        raise ValueError("needs a width of 4, a layer, a pair, and a start between 0 and 1")
    samples = []
    for k in range(replicas):
        generator = stream.child(k).generator()
        runs = _run(width, generator, activation, correlated, unbiased, np.array([start, start / 2]), 2 * layers, pairs)
        samples.append(2 * runs[1::2, :, 1].T - runs[:layers, :, 0].T)
    return from_replicas(
        np.array(samples), axis=start * np.arange(1.0, layers + 1), resolution={"width": width, "start": start}
    )


def _run(
    width: int,
    generator: np.random.Generator,
    activation: Function,
    correlated: tuple[float, float, float],
    unbiased: float,
    starts: np.ndarray,
    layers: int,
    pairs: int,
) -> np.ndarray:
    """(layers, 2, starts): 1 - c and length over their starts, averaged over the pairs."""
    sigma_w, sigma_b, squared_length = correlated
    frame = np.linalg.qr(generator.standard_normal((pairs, width, 2)))[0] * np.sqrt(width)
    first, second = np.moveaxis(frame, 2, 0).transpose(0, 2, 1)  # (width, pairs) each
    turned = [(1 - e) * first + np.sqrt(e * (2 - e)) * second for e in starts]
    pair = np.sqrt(squared_length) * np.stack([first, *turned])
    short = np.stack([np.sqrt(q) * first for q in starts])
    h = np.concatenate([pair, short]).transpose(1, 0, 2)  # (width, 5, pairs)
    biased = len(pair)
    gains = np.array([sigma_w] * biased + [unbiased] * len(short))[:, None]
    rows = []
    for layer in range(layers):
        inputs, outputs = len(h), round(width * SHAPE[(layer + 1) % len(SHAPE)])
        weights = generator.standard_normal((outputs, inputs))
        h = (weights @ activation(h).reshape(inputs, -1)).reshape(outputs, *h.shape[1:])
        h *= gains / np.sqrt(inputs)
        h[:, :biased] += sigma_b * generator.standard_normal((outputs, 1, pairs))
        squares = np.einsum("nkp,nkp->kp", h, h)
        products = np.einsum("np,nkp->kp", h[:, 0], h[:, 1:biased])
        cosines = products / np.sqrt(squares[0] * squares[1:biased])
        rows.append([np.mean(1 - cosines, axis=1) / starts, np.mean(squares[biased:], axis=1) / outputs / starts])
    return np.array(rows)
