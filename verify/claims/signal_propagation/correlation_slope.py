"""Slope and curvature of the correlation map."""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.activations import TANH
from derivations.signal_propagation import correlation_slope
from numerics.measurement import Measurement
from numerics.signal_propagation.two_inputs import differences, separation
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.evidence import Path, Plane
from verify.references.mean_field import SHIFTED, Network, fixed_point, simulated

CHAOTIC: Network = (TANH, 2.5, 0.3)

_CHAOTIC: dict[str, Any] = {
    "network": simulated(CHAOTIC),
    "correlations": tuple(np.linspace(-0.6, 1.0, 6)),
}

NEARBY: tuple[Network, ...] = (CHAOTIC, (TANH, 0.9, 0.3))
_NEARBY = tuple(map(simulated, NEARBY))
NODES, WEIGHTS = np.polynomial.legendre.leggauss(3)


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


CLAIM = Claim(
    statement=correlation_slope.STATEMENT,
    checks=(
        Precision(
            name="closed kernel differentiated",
            reference=kernel_derivatives,
            against="the kernel of sin(x + 0.7) in closed form, differentiated numerically",
            points=({"phi": SHIFTED, "sigma_w": "1.3", "q_star": "0.7", "c_l": "-0.58"},),
            digits=(14, 20),
            evaluate=in_float64,
        ),
        Replicas(
            name="nearby inputs of ordered and chaotic tanh networks",
            predict=nearby,
            quick=partial(separation, width=120, networks=_NEARBY, siblings=16),
            full=partial(separation, width=1000, networks=_NEARBY, siblings=16),
            replicas=60,
            full_replicas=300,
        ),
        Replicas(
            name="finite differences of the map of chaotic tanh networks",
            predict=partial(by_differences, CHAOTIC),
            quick=partial(differences, width=150, siblings=16, **_CHAOTIC),
            full=partial(differences, width=1000, siblings=16, **_CHAOTIC),
            replicas=160,
            full_replicas=1000,
            axis="correlation of two inputs",
            quantity="map, slope, curvature",
            series=("slope", "curvature", "map"),
            picture=partial(map_plane, CHAOTIC),
        ),
    ),
    convention="F(c) is the mean product of the preactivations over q*; slope by the covariance is that by c, and the "
    "curvature by the covariance lacks the factor q*.",
    independence="Explicit networks of unequal widths with biases; differences of measured correlations with the same "
    "weights, no derivative and no Gaussian average.",
)
