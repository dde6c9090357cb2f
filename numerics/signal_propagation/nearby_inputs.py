"""Nearby inputs passed through explicit random networks: where they stop approaching each other and begin to part."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
SHAPE = (1.0, 1.25)  # relative widths of successive layers, repeated
APART = 1e-3  # distance of neighbours, relative to their length: its square counts for 1e-6
SINGLE = np.float32  # 1e-4 of the distance of neighbours, whose growth is known to 1e-2
NEIGHBOURS = 2  # inputs near the first, in independent directions


def neutral_weight_scales(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    lines: Sequence[tuple[Function, float, float, float]],
    places: int,
    settle: int,
    layers: int,
    networks: int,
    degree: int = 3,
) -> Measurement:
    """sigma_w at which the distance of two nearby inputs neither grows nor shrinks, for several activations and biases.

    lines     activation, sigma_b, lowest and highest sigma_w
    places    values of sigma_w on each line, evenly spaced
    settle    layers before the first that counts, in which lengths forget where they started
    layers    layers over which the growth is averaged: the ratio of squared distances in successive layers, minus 1
    networks  networks over which a replica averages the growth before its root is sought; they share their weights, and
              have inputs and biases of their own
    degree    of the polynomial in sigma_w through the measured growth
    device    unused: NumPy runs on the processor

    Values have shape (1, lines): in every replica the polynomial is fitted to the growth over sigma_w, and its root
    between the ends is taken. Networks on different lines and places share their standard normal draws.
    Given: sigma_b of the lines, the values of sigma_w and the mean growth there, both of shape (lines, places). Raises
    ValueError for fewer places than the fit needs, no layer or network, or a replica whose growth does not cross zero.
    """
    if places < degree + 2 or min(layers, settle, networks) < 1 or width < 4:
        raise ValueError(f"needs {degree + 2} places, a network, a layer to settle, one to measure, and a width of 4")
    sigma_w = np.array([np.linspace(low, high, places) for *_, low, high in lines])
    sigma_b = np.array([bias for _, bias, *_ in lines])
    growth = np.array(
        [_growth(width, stream.child(k), lines, sigma_w, sigma_b, settle, layers, networks) for k in range(replicas)]
    )
    roots = np.array([[root(*row, degree) for row in zip(sigma_w, found, strict=True)] for found in growth])
    return from_replicas(
        roots[:, None, :],
        axis=sigma_b,
        resolution={"width": width, "layers": layers},
        given={"sigma_b": sigma_b, "sigma_w": sigma_w, "growth": growth.mean(axis=0)},
    )


def _growth(
    width: int,
    stream: Stream,
    lines: Sequence[tuple[Function, float, float, float]],
    sigma_w: np.ndarray,
    sigma_b: np.ndarray,
    settle: int,
    layers: int,
    networks: int,
) -> np.ndarray:
    """Mean relative growth of the squared distance per layer, (lines, places), in one draw of all weights."""
    generator = stream.generator()
    many, places = sigma_w.shape
    sigma_w, sigma_b = sigma_w.astype(SINGLE), sigma_b.astype(SINGLE)
    first = generator.standard_normal((width, networks, 1))
    inputs = np.concatenate([first, first + APART * generator.standard_normal((width, networks, NEIGHBOURS))], axis=2)
    signal = np.empty((width, many, places, networks, 1 + NEIGHBOURS), dtype=SINGLE)
    signal[:] = inputs[:, None, None]
    distances = []
    for layer in range(settle + layers):
        outputs = round(width * SHAPE[(layer + 1) % len(SHAPE)])
        weights = normal(generator, outputs, len(signal), scale=len(signal) ** -0.5, dtype=SINGLE)
        biases = normal(generator, outputs, networks, 1, dtype=SINGLE)
        h = (weights @ signal.reshape(len(signal), -1)).reshape(outputs, *signal.shape[1:])
        h *= sigma_w[..., None, None]
        h += sigma_b[:, None, None, None] * biases[:, None, None]
        apart = h[..., 1:] - h[..., :1]
        distances.append(np.einsum("nabcd,nabcd->abcd", apart, apart) / np.float64(outputs))
        signal = h
        for k, (phi, *_) in enumerate(lines):
            signal[:, k] = phi(h[:, k])
    found = np.array(distances[settle - 1 :])
    return np.mean(found[1:] / found[:-1], axis=(0, 3, 4)) - 1


def root(sigma_w: np.ndarray, growth: np.ndarray, degree: int) -> float:
    """Where the polynomial through the growth crosses zero between the ends; raises ValueError where it does not."""
    middle = np.mean(sigma_w)
    roots = np.roots(np.polyfit(sigma_w - middle, growth, degree))
    real = roots.real[np.abs(roots.imag) < 1e-9] + middle
    inside = real[(real >= sigma_w[0]) & (real <= sigma_w[-1])]
    if len(inside) != 1:
        raise ValueError(f"the growth of the distance crosses zero {len(inside)} times between the ends")
    return float(inside[0])
