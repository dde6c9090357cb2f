"""Hard-tanh networks with orthogonal weights at critical points: their Jacobians are multiplied out and counted.

One network has its whole continuous spectrum, the other is so shallow and so little saturated that half of its singular
values are those of directions that no layer touches. The means of powers of the law, taken along the angle, meet those
of random orthogonal matrices and random switches, which sums over pairs of pairings (Weingarten) give at any width.
Networks start at q*, with the biases that keep it.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
from flint import acb

from derivations.jacobian_spectrum import hard_tanh_orthogonal
from numerics.jacobian_spectrum.products import singular_value_fractions
from verify.checks import Certified, FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references import ball_spectra
from verify.references.balls import (
    average,
    numbers,
)
from verify.references.densities import densities
from verify.references.wide_jacobians import (
    LADDER,
    along_the_law,
    counted,
    edge_and_moments,
    fraction_of,
    hard_tanh_network,
    limit_of_second,
    matrices,
    second_at_width,
    series,
    switched_moments,
)

SATURATED, CLOSE = {"L": 3.0, "q_star": 1.2}, {"L": 3.0, "q_star": 0.5}
LEVELS = (tuple(np.linspace(0.15, 1.7, 12)), tuple(np.linspace(0.3, 1.25, 12)))  # that of untouched directions is 1.29


def share(point: Point) -> mpmath.mpf:
    """The fraction of neurons between -1 and 1, by quadrature over their Gaussian preactivations."""
    return _share(str(point["q_star"]), mpmath.mp.dps)


@functools.cache
def _share(q_star: str, dps: int) -> mpmath.mpf:
    deviation = mpmath.sqrt(mpmath.mpf(q_star))
    return 2 * mpmath.quad(mpmath.npdf, [0, 1 / deviation / 2, 1 / deviation])


def slopes(point: Point) -> list:
    """Means of (sigma_w phi')^(2 n) at the critical point."""
    with mpmath.workdps(60):
        return switched_moments(share(point), 1 / share(point), 4)


def logarithm(z: Any, point: Point) -> Any:
    """ln S without its constant, as a series in z."""
    with mpmath.workdps(60):
        gain = mpmath.nstr(1 / share(point), 55)
    return int(point["L"]) * ((1 + z).log() - (1 + z * flint.arb(gain)).log())


NETWORKS = tuple(hard_tanh_network(float(share(point)), int(point["L"])) for point in (SATURATED, CLOSE))
NAMES = ("three layers, q* = 1.2", "three layers, q* = 0.5")


def certified_spectrum(bits: int, point: Point) -> list[Any]:
    """Edge and moments, with the share of neurons inside the linear range as an integral."""
    layers, (length,) = point["L"], numbers(point, "q_star")
    reach = 1 / length.sqrt()
    share = 1 - 2 * average(lambda z: acb(1), beyond=reach)

    def transform(z: Any) -> Any:
        return ((1 + z) * share / (share + z)) ** layers

    return [ball_spectra.edge(transform, point["near"]), *ball_spectra.moments(transform, 3)[1:]]


def stated_edge_and_moments(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """What the formula says of these."""
    return candidate.arb(bits, L=point["L"], q_star=point["q_star"], varphi="0.2")[2:]


CLAIM = Claim(
    statement=hard_tanh_orthogonal.STATEMENT,
    checks=(
        Certified(
            name="certified edge and moments",
            reference=certified_spectrum,
            evaluate=stated_edge_and_moments,
            against="the stationary point and the inverse power series of the moments' equation, the share integrated",
            values=("lambda_max", "m_2", "m_3"),
            points=({"L": 4, "q_star": "1.3", "near": "1.2"}, {"L": 7, "q_star": "0.9", "near": "0.62"}),
        ),
        Precision(
            name="random orthogonal matrices and switches",
            reference=matrices(slopes, orthogonal=True),
            against="mean traces of powers by sums over pairs of pairings, at a width of 10^60",
            points=({"L": 3, "q_star": "1.3"}, {"L": 6, "q_star": "2.7"}, {"L": 3, "q_star": "0.4"}),
            digits=(14, 16),
            evaluate=along_the_law,
        ),
        Precision(
            name="growth of the moments",
            reference=series(logarithm),
            against="160 moments from the power series that solves the functional equation, and their growth",
            points=({"L": 4, "q_star": "1.3"}, {"L": 7, "q_star": "2.2"}),
            digits=(20, 24),
            evaluate=edge_and_moments,
            same_law=True,
        ),
        Rate(
            name="second moment at finite width",
            exact=second_at_width(slopes, orthogonal=True),
            points=({"L": 3, "q_star": "1.3"}, {"L": 6, "q_star": "0.6"}),
            values=LADDER,
            against="the second moment of random orthogonal matrices and switches at width N",
            evaluate=limit_of_second,
        ),
        FiniteSize(
            name="singular values of hard-tanh networks",
            predict=partial(counted, (SATURATED, CLOSE)),
            quick=partial(singular_value_fractions, networks=NETWORKS, levels=LEVELS),
            sizes=((56, 120), (90, 80), (144, 60)),  # narrower ones bend at the level next to the edge
            full_sizes=((80, 1200), (130, 700), (210, 400)),
            axis="number of the level",
            quantity="fraction F of singular values above the level",
            series=NAMES,
            picture=densities(NAMES, fraction_of((SATURATED, CLOSE))),
        ),
    ),
    quantities=("s", "F(s)", "lambda_max", "m_2", "m_3"),
    convention="F counts singular values, also those that are 0; lambda_max and the moments are those of their "
    "squares, lambda_max of the continuous part.",
    independence="Networks with sampled orthogonal weights and biases pass real signals, which saturate some of the "
    "neurons; their Jacobians are multiplied out, and no law of spectra is used.",
)
