"""Dimensions of a circle's image, and layers until near points are far apart, in networks and by iterated maps.

Matrices of products are counted in networks of unequal widths; the reference averages arcsines on a grid of angles, and
iterates them from layer to layer for far and near points. Dimensions deep down are those of an activation that is
neither odd nor even, numbers of layers those of such a one as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from derivations.manifold_geometry import transient_chaos
from numerics.manifold_geometry.dimensions import layers_between, participation, shared_by_far_points
from numerics.measurement import Measurement
from numerics.solvers.fixed_correlation import fixed_correlation
from numerics.solvers.length import lengths
from numerics.streams import Stream
from verify.checks import Approach, FiniteSize, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.compile.nonlinearity import nonlinearity
from verify.evidence import Path, Plane
from verify.references.mean_field import ERROR_FUNCTION, SHIFTED, Network, simulated

ORDERED_ERRORS = (ERROR_FUNCTION[0], 0.8, 0.4)
ERRORS = (ERROR_FUNCTION, ORDERED_ERRORS)
CHAOTIC = ((SHIFTED, 2.1, 0.9), (SHIFTED, 2.2, 1.5))
STRETCHING = ((ERROR_FUNCTION[0], 2.3, 0.2), (SHIFTED, 2.1, 0.3))
LAYERS = 10  # of the picture
DIGITS, NEAR = 90, mpmath.mpf("1e-12")  # of fixed points; a distance at which 1 - c still grows by chi_1
APART, FAR = (1e-2, 1e-4), 0.05  # angles of two pairs, and the distance that they have to reach


@functools.cache
def known(network: Network) -> dict[str, float]:
    """Fixed length and correlation, stretch, weights and biases of a network, from the solvers."""
    activation, sigma_w, sigma_b = network
    phi = nonlinearity(activation)
    found = lengths(phi, np.array(sigma_w), np.array(sigma_b))
    correlation = fixed_correlation(phi, float(found.q), sigma_w).c
    return {
        "q_star": float(found.q),
        "sigma_w": sigma_w,
        "sigma_b": sigma_b,
        "c_star": correlation,
        "chi_1": max(float(found.chi1), 1.01),  # of the ordered networks it is not asked
    }


def error_functions(sigma_w: str, sigma_b: str, distances: tuple[str, str]) -> dict[str, str]:
    """A point of networks of error functions: length and correlation that they keep, and the stretch, to DIGITS."""
    with mpmath.workdps(DIGITS):
        weights, bias = mpmath.mpf(sigma_w) ** 2, mpmath.mpf(sigma_b) ** 2
        q = mpmath.findroot(lambda v: bias + weights * arc(2 * v / (1 + 2 * v)) - v, mpmath.mpf(1))
        reach = 2 * q / (1 + 2 * q)
        bracket = (mpmath.mpf(0), mpmath.mpf("0.9"))
        end = mpmath.findroot(lambda c: (bias + weights * arc(reach * c)) / q - c, bracket, solver="anderson")
        stretch = 4 * weights / mpmath.pi / mpmath.sqrt(1 + 4 * q)
        numbers = {"q_star": q, "c_star": end, "chi_1": stretch}
        known = {name: mpmath.nstr(value, DIGITS - 5) for name, value in numbers.items()}
    return {**known, "sigma_w": sigma_w, "sigma_b": sigma_b, "d_1": distances[0], "d_2": distances[1]}


def arc(share: Any) -> Any:
    """Mean product of error functions of two fields, of the share of their covariance in its largest value."""
    return 2 / mpmath.pi * mpmath.asin(share)


def averaged_and_iterated(dps: int, point: Point) -> list:
    """Arcsines averaged over a grid of angles; correlations, far and near, iterated layer by layer.

    Of the kept correlation and the stretch nothing is used: the map of correlations is iterated. Near points are
    followed until they are NEAR, at which the map is still linear to the digits that are asked for.
    """
    with mpmath.workdps(DIGITS):
        q, sigma_w, sigma_b, d_1, d_2 = (
            mpmath.mpf(point[name]) for name in ("q_star", "sigma_w", "sigma_b", "d_1", "d_2")
        )
        reach, nodes = 2 * q / (1 + 2 * q), 16 * dps

        def onward(c: Any) -> Any:
            return (sigma_b**2 + sigma_w**2 * arc(reach * c)) / q

        angles = [2 * mpmath.pi * j / nodes for j in range(nodes)]
        second = nodes / mpmath.fsum(onward(mpmath.cos(angle)) ** 2 for angle in angles)
        correlations = [mpmath.cos(2 * mpmath.pi * j / 7) for j in range(1, 7)]
        for _ in range(12 * dps):
            correlations = [onward(c) for c in correlations]
        end = len(correlations) / mpmath.fsum(c**2 for c in correlations)
        passed = [_layers_until_near(onward, distance) for distance in (d_1, d_2)]
        return [second, end, passed[1] - passed[0]]


def _layers_until_near(onward: Callable[[Any], Any], distance: Any) -> Any:
    """Layers until points at a small angle are NEAR, with the logarithm of the distance linear between layers."""
    c, number, before = mpmath.cos(distance), 0, mpmath.log(distance)
    while True:
        c = onward(c)
        here = mpmath.log(2 * (1 - c)) / 2
        if here > mpmath.log(NEAR):
            return number + (mpmath.log(NEAR) - before) / (here - before)
        number, before = number + 1, here


def in_layer_two(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Dimensions at layer 2, (networks,)."""
    return np.array([said(candidate, network)[0] for network in ERRORS])


def deep_down(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean squared correlation of far points deep down, the inverse of the dimensions that they fill, (networks,)."""
    return np.array([1 / said(candidate, network)[1] for network in CHAOTIC])


def said(candidate: Candidate, network: Network) -> np.ndarray:
    """What the formula says of a network."""
    return np.asarray(candidate.numpy(d_1=APART[0], d_2=APART[1], **known(network)))


def later(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Layers more, (networks,)."""
    wide, near = np.asarray(measured.given["apart"])
    return np.array([candidate.numpy(d_1=wide, d_2=near, **known(network))[2] for network in STRETCHING])


def filled(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Participation ratio layer by layer in a wide chaotic network, with what is stated of layer 2 and of the end."""
    layers, (second, end, _) = range(2, LAYERS + 1), said(candidate, ERRORS[0])
    stream, drawn = Stream(1, ("picture",)), (simulated(ERRORS[0]),)
    wide = functools.partial(participation, width=300, replicas=3, device="cpu", points=64, circles=4, networks=drawn)
    counted = [float(wide(stream=stream, layer=layer).values[0]) for layer in layers]
    paths = (
        Path(
            label="to layer 2",
            theory=((1.0, 2.0), (2.0, float(second))),
            measured=(tuple(map(float, layers)), tuple(counted)),
        ),
        Path(label="at the end", group=1, theory=((1.0, float(LAYERS)), (float(end), float(end)))),
    )
    title, y_label = "Dimensions that a circle fills", "participation ratio"
    return (Plane(title=title, x_label="layer l", y_label=y_label, paths=paths),)


CLAIM = Claim(
    statement=transient_chaos.STATEMENT,
    checks=(
        Precision(
            name="correlations layer by layer",
            reference=averaged_and_iterated,
            points=(
                error_functions("2.3", "0.3", ("3e-16", "2e-21")),
                error_functions("1.6", "0.2", ("4e-17", "1.3e-19")),
            ),
            digits=(12, 18),
            against="arcsines averaged over a grid of angles, and iterated from layer to layer for far and near points",
        ),
        FiniteSize(
            name="circles at layer 2",
            predict=in_layer_two,
            quick=functools.partial(participation, networks=tuple(map(simulated, ERRORS)), points=16, circles=8),
            picture=filled,
            sizes=((140, 50), (220, 30), (400, 24)),  # in narrower ones the second power of 1/N is a standard error
            full_sizes=((120, 180), (180, 80), (360, 60)),
        ),
        Approach(
            name="narrow networks",
            predict=in_layer_two,
            quick=functools.partial(participation, networks=tuple(map(simulated, ERRORS)), points=16, circles=8),
            sizes=((16, 120), (48, 120)),
        ),
        FiniteSize(
            name="far points deep down",
            predict=deep_down,
            quick=functools.partial(
                shared_by_far_points, networks=tuple(map(simulated, CHAOTIC)), points=4, circles=32, layer=9
            ),
            sizes=((48, 64), (96, 48), (192, 28)),
            full_sizes=((52, 300), (100, 150), (200, 80)),
        ),
        FiniteSize(
            name="layers until points are far apart",
            predict=later,
            quick=functools.partial(
                layers_between, networks=tuple(map(simulated, STRETCHING)), apart=APART, until=FAR, circles=8
            ),
            sizes=((132, 24), (220, 18), (352, 18)),  # as above
            full_sizes=((200, 80), (340, 50), (560, 36)),
        ),
    ),
    quantities=("n_2", "n_deep", "l_later"),
    convention="Dimensions count participation; distances are angles on the circle, and layers are not rounded.",
    independence="Explicit networks of unequal widths; products of all points, and distances layer by layer.",
)
