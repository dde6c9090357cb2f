"""Maximum entropy gives polynomial Hamiltonians.

Histograms climb to the largest entropy with a given moment, at a ladder of bin widths: probabilities move, and no
exponential is assumed. With a third moment the entropy goes on growing with the box that holds the variable; with a
fourth moment, the control, the box does not matter.
"""

from __future__ import annotations

import functools
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb

from derivations.cheap_learning import maximum_entropy
from numerics.cheap_learning.histograms import growing_box, with_one_moment
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, Ladder, Precision, Trend
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import numbers, spread

MOMENTS = ((2, 1.7), (4, 0.6), (6, 2.3))


def rise_and_entropy(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Rise of the Hamiltonian between the two places, and the entropy, for each moment."""
    powers, targets = np.asarray(measured.given["moments"]).T
    near, far = np.asarray(measured.given["places"])
    force, entropy = candidate.numpy(d=powers, M=targets)
    return np.stack([force * (np.abs(far) ** powers - np.abs(near) ** powers), entropy])


def by_sums(dps: int, point: Point) -> list[Any]:
    """The coefficient that gives the moment, found by a secant on sums over a lattice, and the entropy."""
    d, target = int(point["d"]), mpmath.mpf(point["M"])
    unit = target ** (mpmath.mpf(1) / d)

    def integral(weight: Any) -> Any:  # the sum over a lattice: its error is far below the digits asked for
        return unit / 16 * mpmath.fsum(weight(unit * k / 16) for k in range(-80, 81))

    def expectation(force: Any) -> Any:
        weighted = integral(lambda y: y**d * mpmath.exp(-force * y**d))
        return weighted / integral(lambda y: mpmath.exp(-force * y**d))

    force = mpmath.findroot(lambda f: expectation(f) - target, (0.2 / target, 0.4 / target))
    total = integral(lambda y: mpmath.exp(-force * y**d))
    return [force, integral(lambda y: (force * y**d + mpmath.log(total)) * mpmath.exp(-force * y**d)) / total]


def certified_maximum(bits: int, point: Point) -> list[Any]:
    """The coefficient h at which exp(-h y^d) has the moment, and its entropy ln Z + h M, from integrals."""
    power, (moment,) = point["d"], numbers(point, "M")
    end = arb(point["end"])

    def total(order: int, h: Any) -> Any:
        return spread(
            lambda y: y**order * (-h * y**power).exp(),
            lambda at: abs(at) ** (order + 1) * (-h * at**power).exp(),
            [-end, -end / 4, arb(0), end / 4, end],
        )

    def excess(h: Any) -> Any:
        return total(power, h) / total(0, h) - moment

    def falls(h: Any) -> Any:
        return -total(2 * power, h) / total(0, h) + (total(power, h) / total(0, h)) ** 2

    found = certify.root(excess, falls, point["near"], flint.ctx.prec)
    return [found, total(0, found).log() + found * moment]


def without_guess(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, d=point["d"], M=point["M"])


CLAIM = Claim(
    statement=maximum_entropy.STATEMENT,
    checks=(
        Certified(
            name="certified moments and entropies",
            reference=certified_maximum,
            evaluate=without_guess,
            against="the root of the moment of exp(-h y^d), and its integral",
            bits=90,
            digits=15,
            values=("h_d", "S"),
            points=({"d": 4, "M": "0.8", "near": "0.3125", "end": 5},),
        ),
        Precision(
            name="moments summed over a lattice",
            reference=by_sums,
            points=({"d": 4, "M": "0.8"}, {"d": 6, "M": "1.7"}),
            digits=(20, 30),
            against="sums over a lattice of the density exp(-h y^d), with the coefficient that gives the moment",
        ),
        Ladder(
            name="histograms that climb",
            predict=rise_and_entropy,
            quick=functools.partial(with_one_moment, moments=MOMENTS),
            full=functools.partial(with_one_moment, moments=(*MOMENTS, (8, 0.9), (10, 1.3))),
            order=2,
            steps=(0.1, 0.05, 0.025),
            full_steps=(0.05, 0.025, 0.0125),
        ),
        Trend(
            name="an odd moment, in growing boxes",
            quick=functools.partial(growing_box, power=3, targets=(0.9, 1.1)),
            control=functools.partial(growing_box, power=4, targets=(2.4, 2.7)),
            replicas=12,
        ),
    ),
    quantities=("h_d", "S"),
    convention="Entropy of a density, in nats; the Hamiltonian is -log p.",
    independence="Probabilities of bins climb to the largest entropy; no exponential and no polynomial is assumed.",
)
