"""Slope and curvature of the correlation map.

Inputs of equally spaced correlations pass through the same explicit networks, and differences of the correlations one
layer later are taken: no derivative and no Gaussian average. The formula is averaged over each difference's interval,
so that the spacing leaves no error. The activation is neither odd nor even, and its biases are large, so that a wrong
one shows in the map. Nearby inputs, in tanh networks too, give the slope at correlation 1.

For the shifted sine the map itself is a difference of two exponentials, for the error function an arcsine, and both are
differentiated numerically at high precision. Over two layers the former is known at any width, and its derivatives
approach those of the formula like 1 / N.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.activations import ERF, TANH
from derivations.signal_propagation import correlation_slope
from numerics.measurement import Measurement
from numerics.signal_propagation.two_inputs import distance_growth, map_differences
from verify.checks import Certified, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.evidence import Path, Plane
from verify.references import finite_width
from verify.references.balls import numbers, slope
from verify.references.mean_field import (
    SHIFTED,
    Network,
    fixed_point,
    output_kernel,
    published_critical_point,
    simulated,
)

CHAOTIC: Network = (SHIFTED, 1.8, 0.8)  # biases that make up a third of the length
CORRELATIONS = tuple(np.linspace(-0.35, 1.0, 6))
NEARBY: tuple[Network, ...] = (CHAOTIC, (TANH, 0.9, 0.3), (TANH, 2.5, 0.3))
FINITE, PLACE = (1.5, 0.6), 0.3  # sigma_w and sigma_b of the networks of finite width, and a correlation
NODES, WEIGHTS = np.polynomial.legendre.leggauss(3)


def kernel_derivatives(dps: int, point: Point) -> list:
    """Slope, curvature and slope at c = 1 of a map with a closed kernel, a difference of exponentials or an arcsine."""
    with mpmath.workdps(2 * dps + 10):
        sigma_w, q, c = (mpmath.mpf(point[name]) for name in ("sigma_w", "q_star", "c_l"))

        def after(v: Any) -> Any:
            if point["phi"] is ERF:
                return sigma_w**2 / q * 2 / mpmath.pi * mpmath.asin(2 * q * v / (1 + 2 * q))
            mirrored = mpmath.cos(2 * mpmath.mpf(7) / 10) * mpmath.exp(-q * (1 + v))
            return sigma_w**2 / q * (mpmath.exp(-q * (1 - v)) - mirrored) / 2

        return [mpmath.diff(after, c), mpmath.diff(after, c, 2), mpmath.diff(after, 1)]


def in_float64(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula in float64: averages in one another take too long at high precision."""
    return [float(v) for v in candidate.numpy(**point)]


def exact_derivatives(dps: int, point: Point) -> list[float]:
    """Both derivatives at PLACE, and the first at 1, of the covariance over two layers behind N neurons."""
    q = finite_width.fixed_length(FINITE)

    def over_two_layers(correlation: Any) -> Any:
        return finite_width.third_layer(float(point["N"]), FINITE, q, correlation) / q

    return [
        *finite_width.derivatives(over_two_layers, PLACE),
        finite_width.derivatives(over_two_layers, 1.0)[0],
    ]


def chained(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The derivatives of the map applied twice, from those of the formula by the chain rule."""
    q = finite_width.fixed_length(FINITE)
    between = (FINITE[1] ** 2 + FINITE[0] ** 2 * finite_width.kernel(q, PLACE)) / q
    (first, here, at_one), (second, there, _) = (
        candidate.numpy(phi=SHIFTED, sigma_w=FINITE[0], q_star=q, c_l=c) for c in (PLACE, between)
    )
    return [float(v) for v in (second * first, there * first**2 + second * here, at_one**2)]


def slopes(candidate: Candidate, network: Network, correlations: Any) -> np.ndarray:
    """Slope, curvature and slope at c = 1 at an array of correlations, (3, ...)."""
    activation, sigma_w, _ = network
    return candidate.numpy(phi=activation, sigma_w=sigma_w, q_star=fixed_point(*network), c_l=correlations)


def by_differences(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What `map_differences` measures: the formula averaged over each difference's interval, by Gauss and Legendre.

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
    """Slope at c = 1 of the networks NEARBY."""
    return np.array([slopes(candidate, network, 1.0)[2] for network in NEARBY])


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
            x_label="correlation c_l of two inputs",
            y_label="correlation c_l one layer later",
            paths=(
                Path(label="map", group=0, theory=(tuple(map(float, edges)), tuple(map(float, line))), measured=points),
                Path(label="diagonal", group=1, theory=((float(edges[0]), 1.0), (float(edges[0]), 1.0))),
            ),
        ),
    )


def certified_slopes(bits: int, point: Point) -> list[Any]:
    """Slopes of the map of correlations from its closed kernel as a power series, once at the point and once at 1."""
    gain, q, overlap = numbers(point, "sigma_w", "q_star", "c_l")

    def mapped(c: Any) -> Any:
        return output_kernel(point["phi"], q * c, q) * (gain**2 / q)

    return [slope(mapped, overlap), slope(mapped, overlap, 2), slope(mapped, arb(1))]


def at_one(candidate: Candidate, sigma_w: float, length: float) -> float:
    """Slope of the map of correlations at 1."""
    return float(candidate.numpy(phi=TANH, sigma_w=sigma_w, q_star=length, c_l=0.4)[2])


CLAIM = Claim(
    statement=correlation_slope.STATEMENT,
    checks=(
        published_critical_point("critical point of tanh networks", at_one),
        Certified(
            name="certified power series of closed kernels",
            reference=certified_slopes,
            against="closed kernels of the shifted sine as power series",
            bits=64,
            digits=12,
            values=("F'", "F''", "F'(1)"),
            points=({"phi": SHIFTED, "sigma_w": "1.3", "q_star": "0.8", "c_l": "0.43"},),
        ),
        Precision(
            name="closed kernel differentiated",
            reference=kernel_derivatives,
            against="the kernels of sin(x + 0.7) and of erf in closed form, differentiated numerically",
            points=(
                {"phi": SHIFTED, "sigma_w": "1.3", "q_star": "0.7", "c_l": "-0.58"},
                {"phi": ERF, "sigma_w": "1.7", "q_star": "0.9", "c_l": "0.43"},
            ),
            digits=(14, 20),
            evaluate=in_float64,
        ),
        Replicas(
            name="nearby inputs of ordered and chaotic networks",
            predict=nearby,
            quick=partial(distance_growth, width=120, networks=tuple(map(simulated, NEARBY)), siblings=32),
            full=partial(distance_growth, width=1000, networks=tuple(map(simulated, NEARBY)), siblings=32),
            replicas=34,
            full_replicas=34,
        ),
        Replicas(
            name="finite differences of the map of chaotic networks",
            predict=partial(by_differences, CHAOTIC),
            quick=partial(
                map_differences, width=150, siblings=32, network=simulated(CHAOTIC), correlations=CORRELATIONS
            ),
            full=partial(
                map_differences, width=1000, siblings=48, network=simulated(CHAOTIC), correlations=CORRELATIONS
            ),
            replicas=260,
            full_replicas=200,
            axis="correlation c_l of two inputs",
            quantity="map, slope, curvature",
            series=("slope", "curvature", "map"),
            picture=partial(map_plane, CHAOTIC),
        ),
        Rate(
            name="two layers of finite width",
            exact=exact_derivatives,
            against="the exact covariance over two layers of the shifted sine behind N neurons",
            points=({},),
            values=finite_width.LADDER,
            digits=finite_width.DIGITS,
            evaluate=chained,
        ),
    ),
    quantities=("Derivative(F(c_l), c_l)", "Derivative(F(c_l), (c_l, 2))", "F'(1)"),
    convention="F(c_l) is the mean product of the preactivations over q*; slope by the covariance is that by c_l, and "
    "the curvature by the covariance lacks the factor q*.",
    independence="Explicit networks of unequal widths with biases; differences of measured correlations with the same "
    "weights, no derivative and no Gaussian average.",
)
