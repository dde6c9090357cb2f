"""What explicit random networks leave of a small distance and of a small length, over their starts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.portions import CACHED, portions
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
SHAPE = (1.0, 1.25)  # relative widths of successive layers, repeated
VANISHING = 1e-6  # a start so small that layers only multiply it
SINGLE = np.float32  # 1e-7 of a neuron, where the distance of two inputs is 1e-3 or more


def remainders(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    correlated: tuple[Function, float, float, float],
    unbiased: tuple[Function, float],
    starts: tuple[float, float],
    layers: int,
    pairs: int,
) -> Measurement:
    """1 - c of two inputs, and the length per neuron of one, over their starts, in the limit of small starts.

    correlated   activation, sigma_w, sigma_b and squared length per neuron of the network of the two inputs
    unbiased     activation and sigma_w of the network without biases through which the one input passes
    starts       1 - c, and the length, at the start; and half of them in a second run through the same networks
    layers       layers of the first run; the second takes twice as many
    pairs        planes (directions) that pass through the same weights, each with biases of its own; results are
                 averages over them
    device       unused: NumPy runs on the processor

    What is left of a start is divided by what the same networks leave of one that vanishes: a network that stretches
    all distances by chance drops out. Values have shape (2, layers) along the layers of the first run: at equal
    products of layers and start the second run counts twice and the first is subtracted, which removes the first order
    of the start. Given: starts. Raises ValueError for an unusable size, or starts not between VANISHING and 1.
    """
    if width < 4 or layers < 1 or pairs < 1 or not VANISHING < min(starts) <= max(starts) < 1:
        raise ValueError(f"needs a width of 4, a layer, a pair, and starts between {VANISHING:g} and 1")
    three = np.array([[start, start / 2, VANISHING] for start in starts])
    samples = []
    for part, count in enumerate(portions(replicas, round(max(SHAPE) * width**2), CACHED)):
        runs = _run(width, count, stream.child(part).generator(), correlated, unbiased, three, 2 * layers, pairs)
        left = runs[..., :2] / runs[..., 2:]
        samples.append(2 * left[:, 1::2, :, 1] - left[:, :layers, :, 0])
    return from_replicas(
        np.swapaxes(np.concatenate(samples), 1, 2),
        axis=np.arange(1.0, layers + 1),
        given={"starts": np.array(starts)},
        resolution={"width": width},
    )


def _run(
    width: int,
    count: int,
    generator: np.random.Generator,
    correlated: tuple[Function, float, float, float],
    unbiased: tuple[Function, float],
    starts: np.ndarray,
    layers: int,
    pairs: int,
) -> np.ndarray:
    """(count, layers, 2, starts): 1 - c and length over their `starts`, (2, starts), averaged over the pairs."""
    phi, sigma_w, sigma_b, squared_length = correlated
    short_phi, gain = unbiased
    frames = np.linalg.qr(normal(generator, count, pairs, width, 2))[0] * np.sqrt(width)
    first, second = np.moveaxis(frames, (3, 2), (0, 2))  # (count, width, pairs) each
    turned = [(1 - e) * first + np.sqrt(e * (2 - e)) * second for e in starts[0]]
    pair = [np.sqrt(squared_length) * one for one in (first, *turned)]
    h = np.stack([*pair, *(np.sqrt(q) * first for q in starts[1])], axis=2).astype(SINGLE)
    biased, number = len(pair), h.shape[2]
    gains = np.array([sigma_w] * biased + [gain] * (number - biased), dtype=SINGLE)[:, None]
    rows = []
    for layer in range(layers):
        inputs, outputs = h.shape[1], round(width * SHAPE[(layer + 1) % len(SHAPE)])
        weights = normal(generator, count, outputs, inputs, scale=inputs**-0.5, dtype=SINGLE)
        signal = np.concatenate([phi(h[:, :, :biased]), short_phi(h[:, :, biased:])], axis=2)
        h = (weights @ signal.reshape(count, inputs, -1)).reshape(count, outputs, number, pairs)
        h *= gains
        h[:, :, :biased] += normal(generator, count, outputs, 1, pairs, scale=sigma_b, dtype=SINGLE)
        squares = np.einsum("rnkp,rnkp->rkp", h, h)
        along = h[:, :, :biased] / np.sqrt(squares[:, None, :biased])
        apart = along[:, :, 1:] - along[:, :, :1]
        far = np.einsum("rnkp,rnkp->rkp", apart, apart) / 2  # 1 - c, without a loss of digits
        both = np.stack([far, squares[:, biased:] / outputs], axis=1).mean(axis=3, dtype=float)
        rows.append(both / starts)
    return np.stack(rows, axis=1)
