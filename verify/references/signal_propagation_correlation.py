"""Independent evaluations and predictions for the correlation of two inputs: slope, curvature and phases."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import TANH, Activation
from derivations.symbols import x
from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate, numpy_function
from verify.evidence import Path, Plane
from verify.references.manifold_geometry import fixed_point

Network = tuple[Activation, float, float]  # activation, sigma_w, sigma_b
CHAOTIC: Network = (TANH, 2.5, 0.3)
NEARBY: tuple[Network, ...] = (CHAOTIC, (TANH, 0.9, 0.3))
SHIFT = sp.Rational(7, 10)
SHIFTED = Activation(name="shifted_sin", expression=sp.sin(x + SHIFT))  # neither odd nor even, with a closed kernel
NODES, WEIGHTS = np.polynomial.legendre.leggauss(3)


def simulated(network: Network) -> tuple:
    """A network as the experiments take it: a function for the activation, and its fixed length."""
    activation, sigma_w, sigma_b = network
    return numpy_function(activation), sigma_w, sigma_b, fixed_point(*network)


def kernel_derivatives(dps: int, point: Point) -> list:
    """Slope, curvature and slope at c = 1 of the map of SHIFTED, whose kernel is a difference of exponentials."""
    with mpmath.workdps(2 * dps + 10):
        sigma_w, q, c = (mpmath.mpf(point[name]) for name in ("sigma_w", "q_star", "c_l"))

        def after(v: Any) -> Any:
            mirrored = mpmath.cos(2 * mpmath.mpf(7) / 10) * mpmath.exp(-q * (1 + v))
            return sigma_w**2 / q * (mpmath.exp(-q * (1 - v)) - mirrored) / 2

        return [mpmath.diff(after, c), mpmath.diff(after, c, 2), mpmath.diff(after, 1)]


def in_float64(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula in float64: averages in one another take too long at high precision."""
    return [float(v) for v in candidate.numpy(**point)]


def slopes(candidate: Candidate, network: Network, correlations: Any) -> np.ndarray:
    """Slope, curvature and slope at c = 1 at an array of correlations, (3, ...)."""
    activation, sigma_w, _ = network
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), c_l=correlations)


def by_differences(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What `differences` measures: the formula averaged over the intervals of each difference, by Gauss and Legendre.

    The map itself follows from its slope and F(1) = 1, at the last correlation.
    """
    grid = np.asarray(measured.given["correlations"])
    gap = grid[1] - grid[0]
    places = grid[:-1, None] + gap * (1 + NODES) / 2
    first, second, _ = slopes(candidate, network, places)
    means = first @ WEIGHTS / 2  # of the slope over each interval
    rising, falling = (second @ (WEIGHTS * share) / 4 for share in (1 + NODES, 1 - NODES))
    after = 1 - gap * np.cumsum(means[::-1])[::-1]
    return np.array([(means[1:] + means[:-1]) / 2, rising[:-1] + falling[1:], after[1:]])


def nearby(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Slope at c = 1 of the networks NEARBY, whose activation is tanh."""
    weights, lengths = (np.array(row) for row in zip(*((w, fixed_point(a, w, b)) for a, w, b in NEARBY), strict=True))
    return candidate.numpy(phi=TANH, sigma_w=weights, q_star=lengths, c_l=1.0)[2]


def map_plane(network: Network, candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """The correlation map: integrated from the slope as a line, the networks as points, and the diagonal."""
    grid = np.asarray(measured.given["correlations"])
    inner, edges = grid[1:-1], np.linspace(grid[0], 1.0, 25)
    places = edges[:-1, None] + (edges[1] - edges[0]) * (1 + NODES) / 2
    rise = (edges[1] - edges[0]) * (slopes(candidate, network, places)[0] @ WEIGHTS / 2)
    line = np.append(1 - np.cumsum(rise[::-1])[::-1], 1.0)
    points = (tuple(map(float, inner)), tuple(map(float, measured.values[2])))
    return (
        Plane(
            title="Correlation map",
            x_label="correlation of two inputs",
            y_label="correlation one layer later",
            paths=(
                Path(label="map", group=0, theory=(tuple(map(float, edges)), tuple(map(float, line))), measured=points),
                Path(label="diagonal", group=1, theory=((float(edges[0]), 1.0), (float(edges[0]), 1.0))),
            ),
        ),
    )
