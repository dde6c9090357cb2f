"""Nodes and weights for averages over a centred Gaussian of variance q, shared by all q in a factor of two.

Substituting x = reach sinh(tau) puts the nodes close to each other where an activation bends and far apart where it is
flat or linear: the trapezoid rule then needs about as many nodes at q = 100 as at q = 1, where Gauss-Hermite needs
thousands. The activation is evaluated once per node; another q costs one exponential per node. Where the activation
has kinks the line is cut there and Gauss-Legendre panels, doubling in length away from a cut, replace the lattice.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

SPAN = 10.0  # standard deviations that the nodes cover: exp(-SPAN^2 / 2) = 2e-22
POINTS = 20  # Gauss-Legendre nodes of a panel
WIDEST = 2.0  # panel length in the smallest standard deviation


def sinh_lattice(low: float, high: float, reach: float, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Positive nodes x and weights dx, shape (n,), for variances from `low` to `high`; the lattice is symmetric.

    `spacing` 1 resolves a singularity at distance `reach` to about 1e-14; smaller is finer.
    """
    # The strip of analyticity has half-width pi/2 in tau; at small variance the Gaussian itself sets the scale.
    step = spacing * min(0.27, 0.42 * np.sqrt(low) / reach)
    end = float(np.arcsinh(SPAN * np.sqrt(high) / reach))
    tau = (np.arange(int(np.ceil(end / step))) + 0.5) * step
    return reach * np.sinh(tau), step * reach * np.cosh(tau)


def panels(
    low: float, high: float, reach: float, cuts: tuple[float, ...], spacing: float
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes x and weights dx on the whole line, shape (n,), with no panel across a cut."""
    end, widest = SPAN * np.sqrt(high), spacing * WIDEST * np.sqrt(low)
    inside = [c for c in cuts if -end < c < end]
    edges = {-end, end, *inside}
    for centre in inside or [0.0]:
        length, place = min(0.5 * reach * spacing, widest), 0.0
        while place < 2 * end:
            place += length
            edges.update(e for e in (centre - place, centre + place) if -end < e < end)
            length = min(2 * length, widest)
    kept = [-end]
    for edge in sorted(edges):  # edges from two cuts may nearly coincide
        if edge in inside or edge == end or edge - kept[-1] > 1e-3 * min(widest, reach):
            kept.append(edge)
    nodes, weights = legendre(POINTS)
    middle = np.array([(a + b) / 2 for a, b in itertools.pairwise(kept)])
    half = np.array([(b - a) / 2 for a, b in itertools.pairwise(kept)])
    return (middle[:, None] + half[:, None] * nodes).ravel(), (half[:, None] * weights).ravel()


@functools.cache
def legendre(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of Gauss and Legendre on [-1, 1], each of shape (count,)."""
    return np.polynomial.legendre.leggauss(count)


def gaussian(x: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The density of a centred Gaussian of variance q at the nodes, shape (len(q), len(x))."""
    density = np.multiply.outer(-0.5 / q, x * x)
    np.exp(density, out=density)
    density /= np.sqrt(2 * np.pi * q)[:, None]
    return density


def averaged(x: np.ndarray, features: np.ndarray, q: np.ndarray) -> np.ndarray:
    """gaussian(x, q) @ features, shape (len(q), features), laid out so that the long axis, the variances, is last."""
    density = np.einsum("i,j->ij", x * x, -0.5 / q)
    np.exp(density, out=density)
    found = features.T @ density
    found /= np.sqrt(2 * np.pi * q)
    return found.T
