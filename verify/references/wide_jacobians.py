"""Networks whose Jacobians are sampled, and what the laws of their spectra say of what is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath
import numpy as np

from derivations.activations import LINEAR, RELU, Activation
from numerics.jacobian_spectrum.products import Network
from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate, numpy_function
from verify.references import matrix_moments
from verify.references.spectral_law import (
    TERMS,
    Law,
    edge_by_growth,
    fraction_above,
    mean_powers,
    moments_by_series,
)

ROOT_2 = 2**0.5
LADDER = ("32", "128", "512", "2048")  # widths at which the rate of an infinite limit is measured


def network(
    activation: Activation, sigma_w: float, q: float, layers: int, *, orthogonal: bool, **rest: float
) -> Network:
    """A network as the experiments take it, of an activation with its derivative."""
    return Network(
        phi=numpy_function(activation),
        derivative=numpy_function(activation, 1),
        sigma_w=sigma_w,
        squared_length=q,
        layers=layers,
        orthogonal=orthogonal,
        **rest,
    )


def linear_networks(depths: tuple[int, ...], *, orthogonal: bool = False) -> tuple[Network, ...]:
    """Deep linear networks with weights of scale 1."""
    return tuple(network(LINEAR, 1.0, 1.3, layers, orthogonal=orthogonal) for layers in depths)


def relu_networks(depths: tuple[int, ...], *, orthogonal: bool) -> tuple[Network, ...]:
    """Rectified networks at their critical point, sigma_w^2 = 2."""
    return tuple(network(RELU, ROOT_2, 1.3, layers, orthogonal=orthogonal) for layers in depths)


def switched_moments(share: Any, gain: Any, orders: int) -> list:
    """Means of (gain phi'^2)^n, n from 0, where phi' is 1 for that share of the neurons and 0 for the others."""
    return [mpmath.mpf(1), *(share * gain**n for n in range(1, orders + 1))]


def law_by_angle(candidate: Candidate, **values: Any) -> Law:
    """Singular value and fraction above it as functions of the angle: the first two quantities of a formula."""
    return lambda angles: candidate.numpy(varphi=angles, **values)[:2]


def along_the_angle(law: Law, end: float, orders: tuple[int, ...]) -> list[float]:
    """What lies above the continuous part, its fraction, and its means of s^(2 k) for each order."""
    return [float(law(np.array([1e-4 * end]))[1][0]), *mean_powers(law, end, (0, *orders))]


# ------------------------------------------------------------------------------- references for laws by an angle

Slopes = Callable[[Point], list]  # the means of (sigma_w phi')^(2 n), n from 0
ORDERS = (1, 2, 3)


def matrices(slopes: Slopes, *, orthogonal: bool) -> Callable[[int, Point], list]:
    """What random matrices and independent slopes say of the continuous part, at a width of 10^60.

    What lies above it, its fraction, its means of s^2, s^4, s^6; and the whole moments 2 and 3. Directions that no
    layer switches off lie above it, at the largest slope to the power L, if fewer than 1 / L of the slopes vanish.
    """

    def reference(dps: int, point: Point) -> list:
        layers, means = int(point["L"]), slopes(point)
        found = [matrix_moments.mean_power(k, layers, means, orthogonal=orthogonal, dps=dps) for k in ORDERS]
        gain = means[2] / means[1]
        share = means[1] / gain
        untouched = max(mpmath.mpf(0), 1 - layers * (1 - share)) if orthogonal else mpmath.mpf(0)
        rest = [m - untouched * gain ** (layers * k) for k, m in zip(ORDERS, found, strict=True)]
        return [untouched, share - untouched, *rest, *found[1:]]

    return reference


def along_the_law(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these, in float64."""
    values = {name: float(value) for name, value in point.items()}
    law = law_by_angle(candidate, **values)
    return [*along_the_angle(law, np.pi / values["L"], ORDERS), *candidate.numpy(varphi=0.1, **values)[3:]]


def series(logarithm: Callable[[Any, Point], Any]) -> Callable[[int, Point], list]:
    """Edge and moments 2 and 3 from the series that solves the functional equation; logarithm(z, point) is ln S."""

    def reference(dps: int, point: Point) -> list:
        found = moments_by_series(lambda z: logarithm(z, point), TERMS, 2400)
        return [edge_by_growth(found, dps), *(mpmath.mpf(str(m.str(dps + 10, radius=False))) for m in found[2:4])]

    return reference


def edge_and_moments(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these."""
    return list(candidate.mpmath(dps, varphi="0.1", **point)[2:])


def second_at_width(slopes: Slopes, *, orthogonal: bool) -> Callable[[int, Point], Any]:
    """The second moment at width N of random matrices and independent slopes."""

    def exact(dps: int, point: Point) -> Any:
        width = int(point["N"])
        return matrix_moments.mean_power(2, int(point["L"]), slopes(point), orthogonal=orthogonal, width=width, dps=dps)

    return exact


def limit_of_second(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of the second moment."""
    return candidate.mpmath(dps, varphi="0.1", **{k: v for k, v in point.items() if k in candidate.takes})[3]


def counted(points: Sequence[Mapping[str, float]], candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Fraction of the singular values above each level, (networks, levels); a network has the values of one point."""
    levels = np.asarray(measured.given["levels"])
    return np.stack(
        [
            fraction_above(law_by_angle(candidate, **point), np.pi / point["L"], row)
            for point, row in zip(points, levels, strict=True)
        ]
    )
