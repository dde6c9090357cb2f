"""Correlations of wide random networks close to the phase boundary.

Exact values come from closed kernels of the error function and of a shifted sine: weights at a given distance from the
boundary, the fixed point below 1 by bracketing, and the slope of the map there. Explicit networks near the boundary
show where correlations settle and how fast; what the distance adds to the formula is the exact value less what a far
smaller distance makes of it, and the width is extrapolated.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any, NamedTuple

import mpmath
import numpy as np

from derivations.activations import ERF, Activation
from derivations.signal_propagation import critical_exponents
from numerics.measurement import Measurement
from numerics.signal_propagation.two_starts import differences_by_layer, settled_distance
from verify.checks import FiniteSize, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, numpy_function
from verify.references.mean_field import SHIFTED

DISTANCE, BIAS = "0.25", "0.4"  # of the sampled networks
CLOSE = "1e-6"  # a distance at which what is not of leading order is a part of 1e-6
TURN = mpmath.mpf(7) / 5  # twice the shift of the sine
SIZES, FULL_SIZES = ((52, 460), (100, 190), (200, 95)), ((100, 1000), (200, 480), (400, 290))


class Maps(NamedTuple):
    """Averages over Gaussian preactivations of variance q, with a covariance; closed forms."""

    product: Any  # E phi phi', of two inputs
    slope: Any  # of that, by the covariance
    bend: Any  # E phi''^2


def maps(activation: Activation) -> Maps:
    """Closed averages of an activation. Raises ValueError where none are known here."""
    if activation is ERF:  # with y = 1 + 2 q: E phi'(u) phi'(v) is 4 / (pi sqrt(y^2 - 4 v^2))
        return Maps(
            product=lambda q, v: 2 / mpmath.pi * mpmath.asin(2 * v / (1 + 2 * q)),
            slope=lambda q, v: 4 / mpmath.pi / mpmath.sqrt((1 + 2 * q) ** 2 - 4 * v**2),
            bend=lambda q: 16 * q / mpmath.pi / mpmath.sqrt(1 + 4 * q) ** 3,
        )
    if activation is SHIFTED:  # half of cos(u - v) minus or plus cos(u + v + 7/5), averaged
        return Maps(
            product=lambda q, v: (mpmath.exp(v - q) - mpmath.cos(TURN) * mpmath.exp(-v - q)) / 2,
            slope=lambda q, v: (mpmath.exp(v - q) + mpmath.cos(TURN) * mpmath.exp(-v - q)) / 2,
            bend=lambda q: (1 - mpmath.cos(TURN) * mpmath.exp(-2 * q)) / 2,
        )
    raise ValueError(f"no closed averages for {activation.name}")


class Near(NamedTuple):
    """A network close to the boundary."""

    sigma_w: Any
    q: Any
    chi_2: Any
    c: Any  # where correlations settle
    slope: Any  # of the map there


@functools.cache
def near(dps: int, activation: Activation, sigma_b: str, distance: str, above: bool) -> Near:
    """The network whose chi_1 is 1 plus or minus the distance."""
    with mpmath.workdps(dps):
        law, chi_1 = maps(activation), 1 + (1 if above else -1) * mpmath.mpf(distance)
        bias = mpmath.mpf(sigma_b) ** 2

        def square(q: Any) -> Any:
            return chi_1 / law.slope(q, q)

        q = mpmath.findroot(lambda v: bias + square(v) * law.product(v, v) - v, (0.05, 6), solver="anderson")
        weight = square(q)

        def missing(c: Any) -> Any:
            return ((bias + weight * law.product(q, q * c)) / q - c) / (1 - c)

        end = 1 - mpmath.mpf(10) ** (-dps // 3)
        c = mpmath.findroot(missing, (0, end), solver="anderson", verify=False) if above else mpmath.mpf(1)
        return Near(mpmath.sqrt(weight), q, weight * law.bend(q), c, weight * law.slope(q, q * c))


def settled(dps: int, point: Point) -> list:
    """1 - c* above the boundary, and the inverse depths above and below it."""
    here = [near(dps, point["phi"], point["sigma_b"], point["Delta_chi"], above) for above in (True, False)]
    return [1 - here[0].c, *(-mpmath.log(network.slope) for network in here)]


def leading(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula for the network above the boundary."""
    here = near(dps, point["phi"], point["sigma_b"], point["Delta_chi"], True)
    found = candidate.mpmath(dps, Delta_chi=mpmath.mpf(point["Delta_chi"]), chi_2=here.chi_2, q_star=here.q)
    return list(found)


SAMPLED: Point = {"phi": SHIFTED, "sigma_b": BIAS, "Delta_chi": DISTANCE}


@functools.cache
def of_distance() -> np.ndarray:
    """What the distance of the sampled networks adds to the three quantities, (3,).

    To leading order they grow like the distance, and 1 - c* like one over chi_2 q* besides.
    """
    exact, closer = (settled(30, {**SAMPLED, "Delta_chi": distance}) for distance in (DISTANCE, CLOSE))
    here, there = (near(30, SHIFTED, BIAS, distance, True) for distance in (DISTANCE, CLOSE))
    nearer = mpmath.mpf(DISTANCE) / mpmath.mpf(CLOSE)
    shares = (nearer * there.chi_2 * there.q / (here.chi_2 * here.q), nearer, nearer)
    return np.array([float(e - share * c) for e, c, share in zip(exact, closer, shares, strict=True)])


def at_distance(candidate: Candidate) -> np.ndarray:
    """The three quantities at the distance of the sampled networks, with what the distance adds."""
    return np.array([float(value) for value in leading(candidate, 30, SAMPLED)]) + of_distance()


def end(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """1 - c behind many layers."""
    return at_distance(candidate)[:1]


def decay(above: bool, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What is left of a difference of correlations, (1, layers)."""
    assert measured.axis is not None
    return np.exp(-at_distance(candidate)[1 if above else 2] * measured.axis)[None]


def settings(above: bool) -> dict[str, Any]:
    """What the experiments take of a network."""
    network = near(30, SHIFTED, BIAS, DISTANCE, above)
    return {
        "activation": numpy_function(SHIFTED),
        "sigma_w": float(network.sigma_w),
        "sigma_b": float(BIAS),
        "squared_length": float(network.q),
    }


def forgetting(above: bool) -> FiniteSize:
    """Networks on one side, whose correlations start around the one at which they settle."""
    c = float(near(30, SHIFTED, BIAS, DISTANCE, above).c)
    return FiniteSize(
        name=f"how fast correlations settle {'above' if above else 'below'} the boundary",
        predict=partial(decay, above),
        quick=partial(
            differences_by_layer,
            layers=4,
            pairs=24,
            correlations=(c - 0.008, c + 0.008) if above else (1 - 1e-6, 1.0),
            **settings(above),
        ),
        sizes=SIZES,
        full_sizes=FULL_SIZES,
        axis="layer l",
        quantity="what is left of a difference of correlations",
    )


CLAIM = Claim(
    statement=critical_exponents.STATEMENT,
    checks=(
        Rate(
            name="closed kernels close to the boundary",
            exact=settled,
            points=({"phi": SHIFTED, "sigma_b": "0.4"}, {"phi": ERF, "sigma_b": "0.3"}),
            values=("0.1", "0.01", "0.001", "0.0001"),
            against="fixed points and slopes of closed kernels at a distance from the boundary",
            evaluate=leading,
        ),
        FiniteSize(
            name="where correlations settle",
            predict=end,
            quick=partial(settled_distance, correlation=0.6, layers=20, pairs=16, **settings(True)),
            sizes=SIZES,
            full_sizes=FULL_SIZES,
            axis="",
            quantity="1 - c_l",
        ),
        forgetting(True),
        forgetting(False),
    ),
    quantities=("1 - c_star", r"1/\xi_c^{>}", r"1/\xi_c^{<}"),
    convention="Depths count layers. Networks are at the distance 0.25, for which what the map has there beyond the "
    "leading order is added.",
    independence="Explicit networks of unequal widths with biases pass two inputs. What their distance from the "
    "boundary adds is the exact map's value less the same map's leading order, seen at a distance of one millionth.",
)
