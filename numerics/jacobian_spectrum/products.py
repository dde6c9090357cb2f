"""Jacobians of explicit random networks, multiplied out layer by layer, and their singular values."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, lapack

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.portions import CACHED, portions
from numerics.streams import Stream

Function = Callable[[np.ndarray], np.ndarray]
OTHERS = 8  # fields that a layer might have had as well
SHOWN = 3000  # singular values that are kept for pictures
ZERO = 1e-12  # of a singular value: smaller ones have no logarithm
BLOCKED = 64  # numbers of work space that LAPACK has for each column
SINGLE = np.float32  # 1e-7 of the largest singular value, where fractions and moments are known to 1e-2


@dataclass(frozen=True, kw_only=True)
class Network:
    """A random network of equal widths.

    derivative      of the activation phi
    squared_length  per neuron of the first preactivations; the direction of the input is random
    orthogonal      weights are sigma_w times a uniformly random orthogonal matrix; if not, they are Gaussian
    """

    phi: Function
    derivative: Function
    sigma_w: float
    sigma_b: float = 0.0
    squared_length: float
    layers: int
    orthogonal: bool

    def __post_init__(self) -> None:
        if self.layers < 1 or self.sigma_w <= 0 or self.squared_length <= self.sigma_b**2:
            raise ValueError("a network needs a layer, sigma_w > 0, and a first length beyond that of the biases")


def turned(columns: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A uniformly random orthogonal matrix times the columns, (size, columns); the matrix itself is never formed.

    It is a product of reflections along independent Gaussian directions in spaces of falling dimension, as QR of a
    Gaussian matrix would find them, with the signs of R's diagonal (Stewart 1980).
    """
    size, dtype = len(columns), columns.dtype.type
    rows, places = np.zeros((size, size), dtype=dtype), triangle(size)
    rows.reshape(-1)[places] = normal(generator, len(places), dtype=dtype)
    lengths = np.copysign(np.sqrt(np.einsum("ij,ij->i", rows, rows)), rows.diagonal())
    leading = rows.diagonal() + lengths
    rows /= leading[:, None]
    signed = columns.T * -np.sign(lengths)
    scale, work = leading / lengths, BLOCKED * len(signed)
    multiply = lapack.sormqr if dtype is SINGLE else lapack.dormqr
    found: np.ndarray = multiply("L", "N", rows.T, scale, signed.T, work, overwrite_c=1)[0]
    return found


@functools.lru_cache(maxsize=32)
def triangle(size: int) -> np.ndarray:
    """The places on and above the diagonal, of those of the whole square one row after another."""
    return np.flatnonzero(np.triu(np.ones((size, size))))


def rotation(size: int, generator: np.random.Generator) -> np.ndarray:
    """A uniformly random orthogonal matrix."""
    return turned(np.eye(size), generator)


def rotations(count: int, size: int, generator: np.random.Generator) -> np.ndarray:
    """Many small ones, (count, size, size); without the signs of R's diagonal Q is not uniform."""
    q, r = np.linalg.qr(generator.standard_normal((count, size, size)))
    return q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]


def on_spheres(radii: np.ndarray, width: int, generator: np.random.Generator) -> np.ndarray:
    """Columns (..., width, n) of these lengths (..., n), in uniformly random directions."""
    found = normal(generator, *radii.shape[:-1], width, radii.shape[-1])
    found *= (radii / np.linalg.norm(found, axis=-2))[..., None, :]
    return found


def jacobian(network: Network, width: int, generator: np.random.Generator) -> np.ndarray:
    """The derivative of x^L by x^0 at a random input, with fresh weights and biases."""
    found: np.ndarray = with_controls(network, width, 1, generator, others=0, dtype=np.float64)[0][0]
    return found


def with_controls(
    network: Network,
    width: int,
    count: int,
    generator: np.random.Generator,
    others: int = OTHERS,
    dtype: type[np.floating] = SINGLE,
) -> tuple[np.ndarray, np.ndarray]:
    """Jacobians of networks, (count, width, width), and numbers of mean zero for each, (count, 6).

    They say by how much its slopes and signals are larger than usual. Behind each layer the fields are as likely as
    their negatives, and as those that `others` fresh weights and biases make of the same signal. Means over neurons of
    phi'^2, phi'^4 and phi^2 less those of the negatives, and less those of the others, added up over layers, are the
    numbers. The negatives leave no noise where neurons are on or off, and say nothing where phi'^2 is even.
    """
    inner = (network.squared_length - network.sigma_b**2) / network.sigma_w**2
    signal = on_spheres(np.full((count, 1), np.sqrt(width * inner)), width, generator).astype(dtype)
    product, controls = np.broadcast_to(np.eye(width, dtype=dtype), (count, width, width)), np.zeros((count, 6))
    for layer in range(network.layers):
        sizes = np.linalg.norm(signal, axis=1, keepdims=True)
        fields = np.empty((count, width, 1 + others), dtype=dtype)
        if network.orthogonal:
            fields[..., 1:] = on_spheres(np.broadcast_to(sizes, (count, 1, others))[:, 0], width, generator)
            both = np.concatenate([product, signal], axis=2)
            both = np.stack([turned(one, generator) for one in both])
            product, fields[..., 0] = both[..., :-1], both[..., -1]
        else:
            fields[..., 1:] = sizes / np.sqrt(width) * normal(generator, count, width, others)
            weights = normal(generator, count, width, width, scale=width**-0.5, dtype=dtype)
            product, fields[..., :1] = weights @ product if layer else weights, weights @ signal
        fields *= network.sigma_w
        if network.sigma_b:
            fields += network.sigma_b * normal(generator, *fields.shape, dtype=dtype)
        if others:
            fields = np.append(fields, -fields[..., :1], axis=2)
        signals = network.phi(fields)
        slopes = np.broadcast_to(network.derivative(fields), fields.shape).astype(dtype, copy=False)
        signal, product = signals[..., :1], (network.sigma_w * slopes[..., :1]) * product
        if others:
            squares = slopes**2
            means = np.stack([v.mean(axis=1) for v in (squares, squares**2, signals**2)], axis=1)
            controls[:, :3] += means[..., 0] - means[..., 1:-1].mean(axis=2)
            controls[:, 3:] += means[..., 0] - means[..., -1]
    return product, controls


def singular_values(matrices: np.ndarray) -> np.ndarray:
    """In descending order, by the eigenvalues of Gram matrices: to 1e-7 of the largest one, faster than by SVD.

    matrices  (count, rows, columns); rows of zeros, which neurons that are off leave behind, are left out first
    """
    found, live = np.zeros(matrices.shape[:2]), np.any(matrices, axis=2)
    for values, matrix, rows in zip(found, matrices, live, strict=True):
        kept = matrix if rows.all() else matrix[rows]
        squares = np.linalg.eigvalsh((kept @ kept.T).astype(float))
        values[: len(kept)] = np.sqrt(np.maximum(squares, 0))[::-1]
    return found


def steadied(samples: np.ndarray, controls: np.ndarray) -> np.ndarray:
    """Samples of each network, (replicas, networks, values), less what its controls explain of them.

    controls  (replicas, networks, numbers), of mean zero; their coefficients are fitted to the other half of the
              replicas, so that the means of the samples stay what they are
    """
    found, half = samples.copy(), np.arange(len(samples)) % 2 == 0
    for network in range(samples.shape[1]):
        for own, other in ((half, ~half), (~half, half)):
            away, apart = (v[other, network] - v[other, network].mean(axis=0) for v in (controls, samples))
            found[own, network] -= controls[own, network] @ np.linalg.lstsq(away, apart, rcond=1e-9)[0]
    return found


def _of_networks(
    networks: Sequence[Network],
    width: int,
    replicas: int,
    stream: Stream,
    measure: Callable[[int, np.ndarray], np.ndarray],
) -> np.ndarray:
    """Values of Jacobians less what their controls explain, (replicas, networks, values).

    measure  values (count, values) of Jacobians (count, width, width) of the network of a number
    """
    samples, controls = [], []
    for part, count in enumerate(portions(replicas, width**2, CACHED)):
        generator = stream.child(part).generator()
        found = [with_controls(network, width, count, generator) for network in networks]
        samples.append(np.stack([measure(row, products) for row, (products, _) in enumerate(found)], axis=1))
        controls.append(np.stack([numbers for _, numbers in found], axis=1))
    return steadied(np.concatenate(samples), np.concatenate(controls))


def singular_value_fractions(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    networks: Sequence[Network],
    levels: Sequence[Sequence[float]] | Sequence[float],
) -> Measurement:
    """Fraction of the singular values of each network's Jacobian that lie above each level.

    Of the singular value at the level itself half is counted, and between two of them the fraction is interpolated:
    whole counts of few would be the same in many replicas.
    levels  one sequence for all networks, or one for each, of equal lengths
    device  unused: NumPy runs on the processor
    Values  (networks, levels); the axis is the level, or its number where networks have their own.
    Given   levels, (networks, levels); layers, (networks,); "kept", singular values of the first replicas, at least
            SHOWN of each network where there are as many.
    """
    limits = np.broadcast_to(np.asarray(levels, dtype=float), (len(networks), np.shape(levels)[-1]))
    above, kept = 1 - (np.arange(width) + 0.5) / width, [np.empty((0, width)) for _ in networks]

    def fractions(row: int, products: np.ndarray) -> np.ndarray:
        values = singular_values(products)
        kept[row] = np.concatenate([kept[row], values])[: -(-SHOWN // width)]
        return np.array([np.interp(limits[row], own[::-1], above) for own in values])

    samples = _of_networks(networks, width, replicas, stream, fractions)
    axis = np.asarray(levels, dtype=float) if np.ndim(levels) == 1 else np.arange(1.0, limits.shape[1] + 1)
    given = {
        "levels": limits,
        "layers": np.array([float(n.layers) for n in networks]),
        "kept": np.array([found.ravel() for found in kept]),
    }
    return from_replicas(samples, axis=axis, given=given, resolution={"width": width})


def spectral_moments(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    width: int,
    networks: Sequence[Network],
    orders: int,
    shown: Sequence[Network] = (),
) -> Measurement:
    """Mean k-th powers of the squared singular values of each network's Jacobian, k from 1 to `orders`.

    device  unused: NumPy runs on the processor
    shown   networks whose singular values are kept for pictures
    Values  (networks, orders). Given: layers, (networks,); "kept", SHOWN / 2 singular values or more of each shown.
    """

    def moments(_: int, products: np.ndarray) -> np.ndarray:
        gram = products.swapaxes(1, 2) @ products
        power, found = gram, [np.trace(gram, axis1=1, axis2=2)]
        for order in range(2, orders + 1):
            found.append(np.einsum("kab,kab->k", gram, power))
            power = gram @ power if order < orders else power
        return np.stack(found, axis=1) / width

    samples = _of_networks(networks, width, replicas, stream, moments)
    given = {"layers": np.array([float(n.layers) for n in networks])}
    if shown:
        generator, count = stream.child("shown").generator(), -(-SHOWN // (2 * width))
        drawn = [with_controls(one, width, count, generator, others=0)[0] for one in shown]
        given["kept"] = np.array([singular_values(products).ravel() for products in drawn])
    return from_replicas(samples, given=given, resolution={"width": width})


def largest_singular_values(
    *, replicas: int, stream: Stream, device: str, width: int, networks: Sequence[Network]
) -> Measurement:
    """Largest singular value of each network's Jacobian.

    device  unused: NumPy runs on the processor
    Values  (networks,). Given: layers, (networks,).
    """

    def largest(_: int, products: np.ndarray) -> np.ndarray:
        grams = (products.swapaxes(1, 2) @ products).astype(float)
        squares = [eigh(gram, eigvals_only=True, subset_by_index=[width - 1, width - 1]) for gram in grams]
        return np.sqrt(squares)

    samples = _of_networks(networks, width, replicas, stream, largest)
    given = {"layers": np.array([float(n.layers) for n in networks])}
    return from_replicas(samples[..., 0], given=given, resolution={"width": width})


def fitted_exponent(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    width: int,
    networks: Sequence[Network],
    window: tuple[float, float],
) -> Measurement:
    """Exponent with which the fraction of the singular values inside a window changes with depth.

    networks  at least two, of different depths and otherwise alike
    window    its two ends; they are blurred by a tenth of it on a logarithmic scale, as whole counts of few singular
              values would be the same in many replicas
    device    unused: NumPy runs on the processor
    Values    (1,): slope of the line through the logarithms of depth and fraction, of each replica.
    """
    depths = np.log([float(n.layers) for n in networks])
    share = np.log(window[1] / window[0])
    samples = []
    for part, count in enumerate(portions(replicas, width**2, CACHED)):
        generator = stream.child(part).generator()
        inside = []
        for network in networks:
            values = np.maximum(singular_values(with_controls(network, width, count, generator, others=0)[0]), ZERO)
            soft = [np.clip(10 * np.log(values / end) / share + 0.5, 0, 1) for end in window]
            inside.append(np.mean(soft[0] - soft[1], axis=1))
        samples.append(np.polyfit(depths, np.log(inside), 1)[0])
    return from_replicas(np.concatenate(samples)[:, None], resolution={"width": width})
