"""Deep hard-tanh networks with orthogonal weights and few saturated neurons, against the law of infinitely many layers.

Third moments of random orthogonal matrices and random switches (sums over pairs of pairings, Weingarten) at up to
10,000 layers must approach that of the law like 1 / L. The means of powers along the angle meet the power series that
solves the functional equation. Networks of twenty layers are sampled; what these add is the law of twenty layers less
that of a million, both from the spectrum solver.
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

from derivations.jacobian_spectrum import bernoulli_limit
from numerics.jacobian_spectrum.products import Network, singular_value_fractions
from numerics.measurement import Measurement
from verify.checks import Certified, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references import ball_spectra, matrix_moments
from verify.references.balls import (
    numbers,
)
from verify.references.densities import densities
from verify.references.finite_depth import above, switched_layers
from verify.references.spectral_law import moments_by_series
from verify.references.wide_jacobians import (
    along_the_angle,
    hard_tanh_network,
    law_by_angle,
    switched_moments,
    width_correction,
)

SPREAD, LAYERS, WIDTH = math.sqrt(1.5), 20, 64
FAR = 1_000_000  # layers: no fraction is further than 2e-7 from its limit there
LEVELS = tuple(np.linspace(0.35, 1.55, 11))
GRID = np.linspace(0.01, 3.13, 3000)  # angles
TERMS = 12


def share(spread: Any, layers: Any) -> Any:
    """The share p of neurons that are not saturated where L (1 - p) / p is the square of the spread."""
    return 1 / (1 + spread**2 / layers)


def slopes(spread: Any, layers: Any, orders: int) -> list:
    """Means of (sigma_w phi')^(2 n) there."""
    on = share(mpmath.mpf(spread), mpmath.mpf(layers))
    return switched_moments(on, 1 / on, orders)


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


def fractions(candidate: Candidate, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Fraction above each level by the formula."""
    stretch, above_it = candidate.numpy(sigma_0=SPREAD, varphi=GRID)[:2]
    return np.interp(np.asarray(levels), stretch[::-1], above_it[::-1])


def at_depth(spread: float, layers: int, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Fraction above each level for so many layers, by the spectrum solver."""
    return above(switched_layers(share(spread, layers), layers), levels)


def of_depth(levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """What LAYERS layers in the place of infinitely many add to the fraction above each level."""
    return at_depth(SPREAD, LAYERS, levels) - at_depth(SPREAD, FAR, levels)


def with_depth(candidate: Candidate, row: int, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Fraction above each level, with what the number of layers adds."""
    return fractions(candidate, levels) + of_depth(levels)


@functools.cache
def of_width(width: int) -> np.ndarray:
    """What width N changes: its second moment is known exactly, and its law is taken to be that of its spread."""
    wider = SPREAD * width_correction(slopes(SPREAD, LAYERS, 2), LAYERS, width)
    return abs(at_depth(wider, FAR, LEVELS) - at_depth(SPREAD, FAR, LEVELS))


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Fraction above each level, (1, levels), with what the number of layers adds."""
    return with_depth(candidate, 0, LEVELS)[None]


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What width N changes, (levels,)."""
    return of_width(int(measured.resolution["width"]))


def sampled() -> Network:
    """The hard-tanh network whose L (1 - p) / p is the square of the spread."""
    return hard_tanh_network(share(SPREAD, LAYERS), LAYERS)


def certified_edge(bits: int, point: Point) -> list[Any]:
    """Edge and third moment, from the limit exp(-sigma_0^2 z / (1 + z)) of the S-transform."""
    (spread,) = numbers(point, "sigma_0")

    def transform(z: Any) -> Any:
        return (-(spread**2) * z / (1 + z)).exp()

    return [ball_spectra.edge(transform, point["near"]), ball_spectra.moments(transform, 3)[2]]


def edge_and_moment(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """What the formula says of these."""
    return candidate.arb(bits, sigma_0=point["sigma_0"], varphi="0.2")[2:]


CLAIM = Claim(
    statement=bernoulli_limit.STATEMENT,
    checks=(
        Certified(
            name="certified edge and moment",
            reference=certified_edge,
            evaluate=edge_and_moment,
            against="the stationary point and the inverse power series of the moments' equation",
            values=("lambda_max", "m_3"),
            points=({"sigma_0": "1.4", "near": "1.04"}, {"sigma_0": "2.3", "near": "0.23"}),
        ),
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
            full=partial(singular_value_fractions, width=2 * WIDTH, networks=(sampled(),), levels=LEVELS),
            replicas=80,
            full_replicas=200,
            bias=bias,
            bias_note="the exact second moment at width N",
            axis="singular value s",
            quantity="fraction F of singular values above s",
            series=(f"{LAYERS} layers",),
            picture=densities((f"{LAYERS} layers",), with_depth),
        ),
    ),
    quantities=("s", "F(s)", "lambda_max", "m_3"),
    convention="F counts singular values; lambda_max and m_3 are those of their squares. Networks have finitely many "
    "layers; what these add is the law of so many layers less that of a million.",
    independence="Networks with sampled orthogonal weights and biases pass real signals, which saturate some of the "
    "neurons; their Jacobians are multiplied out, and no law of spectra is used.",
)
