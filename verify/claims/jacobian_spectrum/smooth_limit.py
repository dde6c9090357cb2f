"""Deep networks of smooth odd activations, with orthogonal weights and a small q*, against the law of infinite depth.

Third moments of random orthogonal matrices and the slopes of tanh and of a sine (sums over pairs of pairings,
Weingarten), at up to 25,600 layers and the length at which L v is sigma_0^2, must approach that of the law like
L^(-1/2). The means of powers along both halves of the curve meet the power series that solves the functional equation.
Networks are sampled; what their number of layers adds is the law of so many layers less that of 100,000 whose slopes
take two values, both from the spectrum solver. At a fixed q*, as the page's table can be read, four times the depth is
another law.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.activations import ERF, SIN, TANH, Activation
from derivations.jacobian_spectrum import smooth_limit
from numerics.jacobian_spectrum.products import Network, singular_value_fractions
from numerics.measurement import Measurement
from verify.checks import Certified, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate
from verify.references import ball_spectra, matrix_moments
from verify.references.balls import (
    numbers,
)
from verify.references.densities import densities
from verify.references.finite_depth import above, orthogonal_layers, two_slopes
from verify.references.quadrature import quadrature
from verify.references.spectral_law import moments_by_series, places, powers_at_places
from verify.references.wide_jacobians import (
    critical_network,
    length_of_spread,
    slopes_over_mean,
    width_correction,
)

SPREAD, LAYERS, WIDTH = 0.8, 16, 64
SAMPLED: tuple[Activation, ...] = (ERF, SIN)
FAR = 100_000  # layers: with two slopes no fraction is further than 2e-6 from its limit there
LEVELS = tuple(np.linspace(0.6, 1.4, 9))
ANGLES = 600
TERMS = 12


def third_moment(dps: int, point: Point) -> Any:
    """Third moment at L layers, of infinite width."""
    layers = int(point["L"])
    q = length_of_spread(point["phi"], float(point["sigma_0"]), layers)
    return matrix_moments.mean_power(3, layers, slopes_over_mean(point["phi"], q, 3, dps), orthogonal=True, dps=dps)


def limit_of_third(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of it."""
    return float(candidate.numpy(sigma_0=point["sigma_0"], varphi=0.1)[6])


def by_series(dps: int, point: Point) -> list:
    """Moments 0 to 3, nothing above, all above the lower end, both ends, and the third moment again."""
    square = mpmath.mpf(point["sigma_0"]) ** 2
    text = mpmath.nstr(square, dps + 20)
    found = moments_by_series(lambda z: -flint.arb(text) * z, TERMS, 400)
    means = [mpmath.mpf(str(m.str(dps + 10, radius=False))) for m in found]

    def level(place: Any) -> Any:
        return (1 + place) / place * mpmath.exp(square * place)

    ends = [mpmath.findroot(lambda x: square * x * (1 + x) - 1, start) for start in (1, -2)]
    return [*means[:4], 0, 1, *map(level, ends), means[3]]


def at_an_angle(dps: int, point: Point) -> list:
    """Singular values where M has a given imaginary part and lambda is real, and the fractions above them.

    The argument of the level vanishes at two real parts, found by the secant method; the fraction is the integral of
    Im M over ln lambda from the nearer end, by parts.
    """
    square, angle = mpmath.mpf(point["sigma_0"]) ** 2, mpmath.mpf(point["varphi"])
    ends = [mpmath.findroot(lambda x: square * x * (1 + x) - 1, start) for start in (1, -2)]

    def logarithm(y: Any, end: Any) -> Any:
        def argument(x: Any) -> Any:
            m = mpmath.mpc(x, y)
            return mpmath.im(mpmath.log((1 + m) / m)) + square * y

        if y == 0:
            return mpmath.log((1 + end) / end) + square * end
        m = mpmath.mpc(mpmath.findroot(argument, (end, end * (1 - y / 100))), y)
        return mpmath.log(abs((1 + m) / m)) + square * mpmath.re(m)

    found = []
    for end, far in zip(ends, (0, 1), strict=True):
        whole = quadrature(functools.partial(logarithm, end=end), [0, angle / square])
        level = logarithm(angle / square, end)
        found += [mpmath.exp(level / 2), far + (whole - angle / square * level) / mpmath.pi]
    return found


def both_halves(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these."""
    return [float(value) for value in candidate.numpy(**point)[:4]]


def along_the_law(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these, in float64; the means are sums over both halves."""
    spread = float(point["sigma_0"])
    # in the square root of the distance from where both meet each half is smooth; the last angle is next to its end
    angles = meeting(spread) * np.append(1 - places() ** 2, 1e-5)
    values = candidate.numpy(sigma_0=spread, varphi=angles)
    parts = [powers_at_places(values[row, :-1], values[row + 1, :-1], (0, 1, 2, 3)) for row in (0, 2)]
    means = [lower - upper for upper, lower in zip(*parts, strict=True)]
    return [*means, *values[[1, 3, 4, 5, 6], -1].tolist()]


@functools.cache
def meeting(spread: float) -> float:
    """The angle at which both halves of the curve meet: where 1/4 - y^2 + y cot(varphi) vanishes."""
    from scipy import optimize

    return optimize.brentq(
        lambda a: 0.25 - (a / spread**2) ** 2 + a / spread**2 / math.tan(a), 1e-6, math.pi - 1e-9, xtol=1e-15
    )


def fractions(candidate: Candidate, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Fraction above each level by the formula."""
    angles = meeting(SPREAD) * (1 - np.linspace(0.998, 0.002, ANGLES) ** 2)
    upper, above, lower, rest = candidate.numpy(sigma_0=SPREAD, varphi=angles)[:4]
    stretch, whole = np.concatenate([upper, lower[::-1]]), np.concatenate([above, rest[::-1]])
    return np.interp(np.asarray(levels), stretch[::-1], whole[::-1])


def far_out(spread: float, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Fraction above each level at FAR layers."""
    return above(two_slopes(spread, FAR), levels)


def of_depth(activation: Activation, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """What LAYERS layers in the place of infinitely many add to the fraction above each level."""
    law = orthogonal_layers(activation, length_of_spread(activation, SPREAD, LAYERS), LAYERS)
    return above(law, levels) - far_out(SPREAD, levels)


@functools.cache
def added(activation: Activation) -> np.ndarray:
    """The same at the levels that are counted."""
    return of_depth(activation, LEVELS)


def with_depth(candidate: Candidate, row: int, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Fraction above each level in a sampled network, with what the number of layers adds."""
    return fractions(candidate, levels) + of_depth(SAMPLED[row], levels)


@functools.cache
def of_width(activation: Activation, width: int) -> np.ndarray:
    """What width N changes: its second moment is known exactly, and its law is taken to be that of its spread."""
    slopes = slopes_over_mean(activation, length_of_spread(activation, SPREAD, LAYERS), 2)
    wider = SPREAD * width_correction(slopes, LAYERS, width)
    return abs(far_out(wider, LEVELS) - far_out(SPREAD, LEVELS))


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Fraction above each level, (networks, levels), with what the number of layers adds."""
    stated = fractions(candidate, LEVELS)
    return np.stack([stated + added(activation) for activation in SAMPLED])


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What width N changes, (networks, levels)."""
    return np.stack([of_width(activation, int(measured.resolution["width"])) for activation in SAMPLED])


def networks(layers: int) -> tuple[Network, ...]:
    """Networks of so many layers, at the length that LAYERS layers need."""
    return tuple(critical_network(a, length_of_spread(a, SPREAD, LAYERS), layers, orthogonal=True) for a in SAMPLED)


counted = partial(singular_value_fractions, width=WIDTH, levels=LEVELS)
NAMES = ("error functions", "sine")


def certified_edges(bits: int, point: Point) -> list[Any]:
    """Both edges and the third moment, from the limit exp(-sigma_0^2 z) of the S-transform."""
    (spread,) = numbers(point, "sigma_0")

    def transform(z: Any) -> Any:
        return (-(spread**2) * z).exp()

    edges = [ball_spectra.edge(transform, point[side]) for side in ("above", "below")]
    return [*edges, ball_spectra.moments(transform, 3)[2]]


def edges_and_moment(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """What the formula says of these."""
    return candidate.arb(bits, sigma_0=point["sigma_0"], varphi="0.2")[4:]


CLAIM = Claim(
    statement=smooth_limit.STATEMENT,
    checks=(
        Certified(
            name="certified edges and moment",
            reference=certified_edges,
            evaluate=edges_and_moment,
            against="stationary points and the inverse power series of the moments' equation",
            values=("lambda_max", "lambda_min", "m_3"),
            points=(
                {"sigma_0": "0.7", "above": "1.01", "below": "-2.01"},
                {"sigma_0": "1.6", "above": "0.3", "below": "-1.3"},
            ),
        ),
        Precision(
            name="roots at an angle",
            reference=at_an_angle,
            against="the two roots of the argument of the level, and integrals over its logarithm",
            points=({"sigma_0": "0.7", "varphi": "0.3"}, {"sigma_0": "1.6", "varphi": "0.9"}),
            digits=(14, 16),
            evaluate=both_halves,
            same_law=True,
        ),
        Precision(
            name="series of the moments",
            reference=by_series,
            against="the power series that solves the functional equation, and its stationary points",
            points=({"sigma_0": "0.7"}, {"sigma_0": "1.6"}),
            digits=(14, 18),
            evaluate=along_the_law,
            same_law=True,
        ),
        Rate(
            name="third moment at finite depth",
            exact=third_moment,
            points=({"sigma_0": "0.7", "phi": TANH}, {"sigma_0": "1.3", "phi": SIN}),
            values=("25", "400", "6400", "102400"),
            digits=16,
            against="the third moment of L random orthogonal matrices and slopes of the activation",
            evaluate=limit_of_third,
        ),
        Replicas(
            name="singular values of networks close to isometry",
            predict=predicted,
            quick=partial(counted, networks=networks(LAYERS)),
            full=partial(counted, width=2 * WIDTH, networks=networks(LAYERS)),
            replicas=60,
            full_replicas=200,
            bias=bias,
            bias_note="the exact second moment at width N",
            axis="singular value s",
            quantity="fraction F of singular values above s",
            series=NAMES,
            picture=densities(NAMES, with_depth),
        ),
    ),
    quantities=("s_up", "F_up", "s_low", "F_low", "lambda_max", "lambda_min", "m_3"),
    convention="F_up and F_low count singular values; lambda and m_3 are those of their squares. Networks have "
    "finitely many layers; what these add is the law of so many layers less that of 100,000.",
    independence="Networks with sampled orthogonal weights and biases pass real signals; their Jacobians are "
    "multiplied out, and no law of spectra is used.",
    printed={
        "E17": Ordeal(
            fails=Replicas(
                name="four times the depth at the same length",
                predict=predicted,
                quick=partial(counted, networks=networks(4 * LAYERS)),
                replicas=16,
                bias=bias,
                bias_note="the exact second moment at width N",
            ),
            holds=Replicas(
                name="a length that shrinks with depth",
                predict=predicted,
                quick=partial(counted, networks=networks(LAYERS)),
                replicas=16,
                bias=bias,
                bias_note="the exact second moment at width N",
            ),
        )
    },
)
