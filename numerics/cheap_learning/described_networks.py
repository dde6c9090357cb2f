"""Networks that are described by bits, in all settings at once: which functions of bits they compute.

A function of n bits is a number whose bit i is its value at input i.
"""

from __future__ import annotations

import functools

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

MOST_SETTINGS = 2**20


def polynomials_modulo_two(
    *, shapes: tuple[tuple[int, int], ...], stream: Stream, device: str, products: bool = True
) -> Measurement:
    """Functions of n bits that are sums, modulo two, of products of bits, for (n, free coefficients).

    Which coefficients are free is drawn; there are at most 2^n, and settings of further bits do nothing. Without
    `products` each free term is a single bit or the constant. Values, shape (1, shapes). `device` is unused. Given:
    `shapes`.
    """
    counts = []
    for number, (bits, free) in enumerate(shapes):
        if 2**free > MOST_SETTINGS:
            raise ValueError(f"{free} free bits are too many settings to try")
        rows = 2**bits
        generator = stream.child(number).generator()
        drawn = generator.permutation(rows)[: min(free, rows)] if products else generator.integers(0, bits + 1, free)
        sets = drawn if products else (1 << drawn) >> 1
        masks = [sum(1 << row for row in range(rows) if row & int(s) == s) for s in sets]
        found = np.zeros(1, dtype=np.uint32)
        for mask in masks:
            found = np.concatenate([found, found ^ np.uint32(mask)])
        counts.append(len(np.unique(found)))
    return Measurement(
        values=np.array([counts], dtype=float),
        axis=np.arange(1.0, len(shapes) + 1),
        given={"shapes": np.array(shapes, dtype=float)},
    )


@functools.cache
def threshold_functions(bits: int, hidden: int) -> tuple[int, int]:
    """(description in bits, different functions) of networks of threshold neurons with weights 1 and -1.

    `hidden` neurons read all bits, as 1 and -1, and a bias of one half or minus one half; the output neuron reads them
    with weights 1 and -1 and a bias. Every weight and bias is a bit of the description.
    """
    places = 2 * (np.arange(2**bits)[:, None] >> np.arange(bits) & 1) - 1
    settings = 2 * (np.arange(2 ** (bits + 1))[:, None] >> np.arange(bits + 1) & 1) - 1
    one = np.where(settings[:, :bits] @ places.T + settings[:, bits:] * 0.5 > 0, 1, -1)
    layer = np.arange(len(one) ** hidden)
    chosen = [one[layer // len(one) ** k % len(one)] for k in range(hidden)]
    readouts = 2 * (np.arange(2 ** (hidden + 1))[:, None] >> np.arange(hidden + 1) & 1) - 1
    powers = 1 << np.arange(2**bits)
    found = set()
    for readout in readouts:
        total = sum(w * part for w, part in zip(readout[:hidden], chosen, strict=True)) + 0.5 * readout[hidden]
        found |= set(np.unique((total > 0) @ powers).tolist())
    return hidden * (bits + 1) + hidden + 1, len(found)
