"""Singular values near 1 in deep linear and rectified networks, counted and solved for at finite depths.

In the limit of large depth the equation of the moments is solved by Lambert's function, without an angle, and
integrated and differentiated numerically. At finite depths it is a polynomial equation, solved by Newton's method for
Gaussian weights; its fractions must approach the law like 1 / L. Deep linear networks are sampled; what their number of
layers adds is the law of so many matrices less that of 100,000, both from the spectrum solver. That a power law fitted
to 4 and 16 layers has an exponent far from -1 is measured in the same way, with the exponent -1 as what must be
refuted.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.jacobian_spectrum import bulk_fraction
from numerics.jacobian_spectrum.products import fitted_exponent, singular_value_fractions
from numerics.measurement import Measurement
from verify.checks import Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.densities import densities
from verify.references.finite_depth import above, linear_layers
from verify.references.quadrature import quadrature
from verify.references.wide_jacobians import linear_networks

LAYERS, WIDTH, FULL_WIDTH = 16, 200, 400
FAR = 100_000  # layers: what is not of leading order is a part of 3e-5 there
LEVELS = tuple(np.linspace(0.4, 3.2, 10))
DEPTHS, WINDOW = (4, 16), (0.6, 1.6)
GRID = np.linspace(0.02, 3.1, 3000)  # angles


def imaginary(v: Any, layers: Any, logarithm: Any) -> Any:
    """Im(v w) where e^(v w) / w is the level over L; `logarithm` is that of the level."""
    return mpmath.im(mpmath.lambertw(-v * layers * mpmath.exp(-logarithm), 0))


def by_lambert(dps: int, point: Point) -> list:
    """Singular value at which v w has a given imaginary part, the fraction above it, its density, and the exponent."""
    v, layers, angle = (mpmath.mpf(point[name]) for name in ("v_lambda", "L", "varphi"))
    edge = 1 + mpmath.log(v * layers)

    def of(logarithm: Any, depth: Any = layers) -> Any:
        return abs(imaginary(v, depth, logarithm))

    with mpmath.workdps(dps + 10):
        level = mpmath.findroot(lambda t: of(edge - t * t) - angle, (angle / 3, angle / 2), solver="secant") ** 2
        inside = quadrature(lambda t: of(edge - t * t) * 2 * t, [0, mpmath.sqrt(level)])
        slope = mpmath.diff(lambda h: mpmath.log(of(edge - level, layers * mpmath.exp(h))), 0)
        scale = mpmath.pi * v * layers
        return [mpmath.exp((edge - level) / 2), inside / scale, 2 * angle / scale, slope - 1]


def at_finite_depth(dps: int, point: Point) -> list:
    """L times the fraction above a level and its density, of linear (v = 1) or rectified (v = 2) Gaussian networks.

    The level is that of the limit at the given angle. (1 + M) (1 + c M)^L / M is the level, with c = v: for v = 1 that
    is a linear network.
    """
    v, layers, angle = (mpmath.mpf(point[name]) for name in ("v_lambda", "L", "varphi"))
    logarithm = mpmath.log(v * layers * mpmath.sin(angle) / angle) + angle * mpmath.cot(angle)
    start = angle / (v * layers * mpmath.sin(angle)) * mpmath.expj(angle)

    def equation(m: Any) -> Any:
        whole = mpmath.log(1 + m) - mpmath.log(m) + layers * mpmath.log(1 + v * m) - logarithm
        return whole

    m = mpmath.findroot(equation, start)
    primitive = layers * m - mpmath.log(1 + m) - layers / v * mpmath.log(1 + v * m)
    return [layers * abs(mpmath.im(primitive)) / mpmath.pi, layers * 2 * abs(mpmath.im(m)) / mpmath.pi]


def times_depth(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of both."""
    return [mpmath.mpf(point["L"]) * value for value in candidate.mpmath(dps, **point)[1:3]]


def fractions(candidate: Candidate, layers: float, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """The fraction above each level of a linear network, by the formula."""
    stretch, above_it = candidate.numpy(v_lambda=1.0, L=layers, varphi=GRID)[:2]
    return np.interp(levels, stretch[::-1], above_it[::-1])


def with_depth(candidate: Candidate, layers: int, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """The same, with what this number of layers in the place of a large one adds."""
    return fractions(candidate, layers, levels) + of_depth(layers, tuple(levels))


@functools.cache
def of_depth(layers: int, levels: tuple[float, ...]) -> np.ndarray:
    """The fraction above each level of a product of so many matrices, less that to leading order."""
    return above(linear_layers(layers), levels) - leading(layers, levels)


def leading(layers: float, levels: Sequence[float]) -> np.ndarray:
    """The fraction above each level to leading order: 1 / L times a function of the level over the root of L."""
    deeper = FAR / layers
    return above(linear_layers(FAR), np.sqrt(deeper) * np.asarray(levels)) * deeper


def wider(layers: float, measured: Measurement) -> float:
    """The depth at which infinite width has the second moment of width N, up to the second order in L / N."""
    return layers * (1 + layers / (2 * measured.resolution["width"]))


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Fraction above each level, (1, levels)."""
    layers = int(np.asarray(measured.given["layers"])[0])
    return with_depth(candidate, layers, LEVELS)[None]


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What the second moment at width N changes, (levels,)."""
    layers = int(np.asarray(measured.given["layers"])[0])
    return abs(leading(wider(layers, measured), LEVELS) - leading(layers, LEVELS))


def exponent(first: np.ndarray, last: np.ndarray) -> float:
    """That of the fraction between the two ends of the window, from the fractions above them at both depths."""
    inside = [float(ends[0] - ends[1]) for ends in (first, last)]
    return math.log(inside[1] / inside[0]) / math.log(DEPTHS[-1] / DEPTHS[0])


def predicted_exponent(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The exponent that a power law between the two depths has."""
    return np.array([exponent(*(with_depth(candidate, n, WINDOW) for n in DEPTHS))])


def bias_of_exponent(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What the second moment at width N changes of it."""
    infinite, changed = (
        exponent(*(leading(depth(n), WINDOW) for n in DEPTHS))
        for depth in (float, functools.partial(wider, measured=measured))
    )
    return np.array([abs(changed - infinite)])


CLAIM = Claim(
    statement=bulk_fraction.STATEMENT,
    checks=(
        Precision(
            name="Lambert's function",
            reference=by_lambert,
            against="Lambert's function, integrated and differentiated along the level",
            points=(
                {"v_lambda": "0.7", "L": 30, "varphi": "1.1"},
                {"v_lambda": "1.6", "L": 7, "varphi": "2.3"},
                {"v_lambda": "0.3", "L": 400, "varphi": "2.75"},
            ),
            digits=(20, 28),
            same_law=True,
        ),
        Rate(
            name="fractions at finite depth",
            exact=at_finite_depth,
            points=({"v_lambda": "1", "varphi": "1.2"}, {"v_lambda": "2", "varphi": "2.4"}),
            values=("40", "400", "4000", "40000"),
            digits=30,
            against="the polynomial equation of the moments at L layers",
            evaluate=times_depth,
        ),
        Replicas(
            name="deep linear networks",
            predict=predicted,
            quick=partial(singular_value_fractions, width=WIDTH, networks=linear_networks((LAYERS,)), levels=LEVELS),
            full=partial(
                singular_value_fractions, width=FULL_WIDTH, networks=linear_networks((LAYERS,)), levels=LEVELS
            ),
            replicas=70,
            full_replicas=150,
            bias=bias,
            bias_note="the second moment at width N",
            axis="singular value s",
            quantity="fraction F of singular values above s",
            series=(f"{LAYERS} layers",),
            picture=densities(
                (f"{LAYERS} layers",), lambda candidate, row, levels: with_depth(candidate, LAYERS, levels)
            ),
        ),
        Replicas(
            name="exponent between two depths",
            predict=predicted_exponent,
            quick=partial(fitted_exponent, width=WIDTH, networks=linear_networks(DEPTHS), window=WINDOW),
            full=partial(fitted_exponent, width=FULL_WIDTH, networks=linear_networks(DEPTHS), window=WINDOW),
            replicas=85,
            full_replicas=250,
            bias=bias_of_exponent,
            bias_note="the second moment at width N",
        ),
    ),
    quantities=("s", "F(s)", "n_s", "eta"),
    convention="F and n_s count singular values, not their squares; the mean squared singular value is 1.",
    independence="Products of sampled Gaussian matrices, whose singular values are counted; no law of spectra is used.",
)
