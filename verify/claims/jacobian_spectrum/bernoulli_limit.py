"""Deep hard-tanh networks with orthogonal weights and few saturated neurons, against the law of infinitely many layers.

Third moments of random orthogonal matrices and random switches (sums over pairs of pairings, Weingarten) at up to
10,000 layers must approach that of the law like 1 / L. The means of powers along the angle meet the power series that
solves the functional equation. Networks of twenty layers are sampled; what the next order in 1 / L changes is derived.
"""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.jacobian_spectrum import bernoulli_limit
from numerics.jacobian_spectrum.products import Network, singular_value_fractions
from numerics.measurement import Measurement
from verify.checks import Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.compile import candidate as callable_of
from verify.references import matrix_moments
from verify.references.spectral_law import moments_by_series
from verify.references.wide_jacobians import (
    along_the_angle,
    hard_tanh_network,
    law_by_angle,
    switched_moments,
    width_correction,
)

SPREAD, LAYERS, WIDTH = math.sqrt(1.5), 20, 90
LEVELS = tuple(np.linspace(0.35, 1.55, 11))
GRID = np.linspace(0.01, 3.13, 3000)  # angles
TERMS = 12


def slopes(spread: Any, layers: Any, orders: int) -> list:
    """Means of (sigma_w phi')^(2 n) where L (1 - p) / p is the square of the spread."""
    share = 1 / (1 + mpmath.mpf(spread) ** 2 / mpmath.mpf(layers))
    return switched_moments(share, 1 / share, orders)


def third_moment(dps: int, point: Point) -> Any:
    """Third moment at L layers, of infinite width."""
    with mpmath.workdps(dps + 20):
        means = slopes(point["sigma_0"], point["L"], 3)
    return matrix_moments.mean_power(3, int(point["L"]), means, orthogonal=True, dps=dps)


def limit_of_third(candidate: Candidate, dps: int, point: Point) -> Any:
    """What the formula says of it."""
    return candidate.mpmath(dps, sigma_0=point["sigma_0"], varphi="0.7")[3]


def by_series(dps: int, point: Point) -> list:
    """What sits above, the rest, its moments 1 to 3, the end of the continuous part, and the whole third moment."""
    square = mpmath.mpf(point["sigma_0"]) ** 2
    text = mpmath.nstr(square, dps + 20)
    found = moments_by_series(lambda z: -flint.arb(text) * (z / (1 + z)), TERMS, 400)
    means = [mpmath.mpf(str(m.str(dps + 10, radius=False))) for m in found]
    above = max(mpmath.mpf(0), 1 - square)
    rest = [means[k] - above * mpmath.exp(k * square) for k in (1, 2, 3)]
    stationary = mpmath.findroot(lambda u: square - 1 / u, 1 / square * mpmath.mpf("1.1"))
    return [above, 1 - above, *rest, mpmath.exp(square * stationary) / stationary, means[3]]


def along_the_law(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of these, in float64."""
    spread = float(point["sigma_0"])
    law = law_by_angle(candidate, sigma_0=spread)
    return [*along_the_angle(law, np.pi, (1, 2, 3)), *candidate.numpy(sigma_0=spread, varphi=0.7)[2:]]


def fractions(candidate: Candidate, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Fraction above each level by the formula, and its next order in 1 / L.

    ln S is -sigma_0^2 u + sigma_0^4 u^2 / (2 L) and more, with u = M / (1 + M); the fraction gains Im of the integral
    over M of what ln lambda gains, over pi.
    """
    stretch, above = candidate.numpy(sigma_0=spread, varphi=GRID)[:2]
    levels = np.array(LEVELS)
    return tuple(np.interp(levels, stretch[::-1], values[::-1]) for values in (above, next_along(spread)))


@functools.cache
def next_along(spread: float) -> np.ndarray:
    """The next order along the angle; no formula enters."""
    u = GRID / (spread**2 * np.sin(GRID)) * np.exp(1j * GRID)
    order = -(spread**4) / (2 * LAYERS) * np.imag(u + 2 * np.log(1 - u) + 1 / (1 - u)) / np.pi
    return order + spread**4 / LAYERS * (spread < 1)  # the logarithm begins at pi there


@functools.cache
def correction(width: int) -> float:
    """By which factor width N changes the spread of the network."""
    return width_correction(slopes(SPREAD, LAYERS, 2), LAYERS, width)


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Fraction above each level, (1, levels), with the next order in 1 / L."""
    above, order = fractions(candidate, SPREAD)
    return (above + order)[None]


QUANTITIES = ("s", "F(s)", "lambda_max", "m_3")
# What is allowed is fixed by the statement: by the formula that is judged it would grow with that formula's error.
STATED = callable_of(bernoulli_limit.STATEMENT, quantities=QUANTITIES)


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The square of the next order, as a share, and what width N changes of the spread."""
    stated, order = fractions(STATED, SPREAD)
    wider = correction(int(measured.resolution["width"]))
    return order**2 / stated + abs(fractions(STATED, SPREAD * wider)[0] - stated)


def sampled() -> Network:
    """The hard-tanh network whose L (1 - p) / p is the square of the spread."""
    return hard_tanh_network(1 / (1 + SPREAD**2 / LAYERS), LAYERS)


CLAIM = Claim(
    statement=bernoulli_limit.STATEMENT,
    checks=(
        Precision(
            name="series of the moments",
            reference=by_series,
            against="the power series that solves the functional equation, and its stationary point",
            points=({"sigma_0": "1.4"}, {"sigma_0": "0.7"}),
            digits=(14, 18),
            evaluate=along_the_law,
            same_law=True,
        ),
        Rate(
            name="third moment at finite depth",
            exact=third_moment,
            points=({"sigma_0": "1.3"}, {"sigma_0": "0.6"}),
            values=("10", "100", "1000", "10000"),
            digits=30,
            against="the third moment of L random orthogonal matrices and switches",
            evaluate=limit_of_third,
        ),
        Replicas(
            name="singular values of hard-tanh networks",
            predict=predicted,
            quick=partial(singular_value_fractions, width=WIDTH, networks=(sampled(),), levels=LEVELS),
            full=partial(singular_value_fractions, width=4 * WIDTH, networks=(sampled(),), levels=LEVELS),
            replicas=110,
            full_replicas=60,
            bias=bias,
            bias_note="the square of the next order in 1 / L, and the exact second moment at width N",
            axis="singular value s",
            quantity="fraction F of singular values above s",
            series=(f"{LAYERS} layers",),
        ),
    ),
    quantities=QUANTITIES,
    convention="F counts singular values; lambda_max and m_3 are those of their squares. Networks have finitely many "
    "layers, for which the next order in 1 / L is added.",
    independence="Networks with sampled orthogonal weights and biases pass real signals, which saturate some of the "
    "neurons; their Jacobians are multiplied out, and no law of spectra is used.",
)
