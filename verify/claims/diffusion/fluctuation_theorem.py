"""Work of sudden and slow stiffening of a trap, forwards and in reverse, against what the ends alone say.

The reference carries the distribution of the particle through every jump and rest as a Gaussian with a weight.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.diffusion import fluctuation_theorem
from numerics.diffusion.traps import work_of_stiffening
from numerics.measurement import Measurement
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import numbers, spread

PROTOCOLS = ((1.0, 1.7), (0.8, 1.1, 1.5, 1.9), (2.4, 1.9, 1.5))
RESTS = ((0.4,), (0.3, 0.9, 0.2), (0.5, 0.7))
EXPONENTS = (0.35, 0.6)


def weighted(dps: int, stiffness: list, rests: list, a: mpmath.mpf) -> mpmath.mpf:
    """Mean of exp(-a W): exp(-b x^2/2) times a factor is carried through jumps and rests, from the last on."""
    b, factor = mpmath.mpf(0), mpmath.mpf(1)
    for k in range(len(stiffness) - 1, 0, -1):
        b += a * (stiffness[k] - stiffness[k - 1])
        keep, here = mpmath.exp(-stiffness[k - 1] * rests[k - 1]), stiffness[k - 1]
        spread = (1 - keep**2) / here
        factor /= mpmath.sqrt(1 + b * spread)  # mean over where a rest ends, from where it begins
        b = b * keep**2 / (1 + b * spread)
    return factor / mpmath.sqrt(1 + b / stiffness[0])


def by_carrying(dps: int, point: Point) -> list:
    """Both means for a protocol of three jumps between the stiffnesses, with rests before the second and the third."""
    with mpmath.workdps(dps + 10):
        first, last = mpmath.mpf(point["k_0"]), mpmath.mpf(point["k_n"])
        stiffness = [first, first + (last - first) / 3, first + (last - first) * 3 / 5, last]
        rests, a = [mpmath.mpf(0), mpmath.mpf("0.3"), mpmath.mpf("0.7")], mpmath.mpf("0.4")
        reverse = [mpmath.mpf(0), *rests[:0:-1]]
        ratio = weighted(dps, stiffness, rests, a) / weighted(dps, stiffness[::-1], reverse, 1 - a)
        return [weighted(dps, stiffness, rests, mpmath.mpf(1)), ratio]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Both relations for each protocol, (1 + exponents, protocols)."""
    protocols = [np.asarray(measured.given[f"protocols {k}"]) for k in range(measured.values.shape[1])]
    mean, ratio = candidate.numpy(k_0=np.array([p[0] for p in protocols]), k_n=np.array([p[-1] for p in protocols]))
    return np.stack([mean, *[ratio] * (len(measured.values) - 1)])


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """A ratio of means over n particles is off by a part of n."""
    return 2 * np.abs(measured.values) / measured.resolution["particles"]


stiffening = partial(work_of_stiffening, protocols=PROTOCOLS, rests=RESTS, exponents=EXPONENTS)


def certified_free_energies(bits: int, point: Point) -> list[Any]:
    """The ratio of the integrals of exp(-k x^2 / 2) behind and before: what both means of exponentials must be."""

    def total(stiffness: Any) -> Any:
        def weight(x: Any) -> Any:
            return (-stiffness * x * x / 2).exp()

        return spread(weight, lambda end: weight(end) / (stiffness * abs(end)), [arb(k) for k in (-30, -4, 4, 30)])

    after, before = (total(stiffness) for stiffness in numbers(point, "k_n", "k_0"))
    return [after / before] * 2


CLAIM = Claim(
    statement=fluctuation_theorem.STATEMENT,
    checks=(
        Certified(
            name="certified sums over states",
            reference=certified_free_energies,
            against="integrals over the states of both traps",
            values=("J_W", "Q_a"),
            points=({"k_0": "0.7", "k_n": "2.6"}, {"k_0": "3.1", "k_n": "0.9"}),
        ),
        Precision(
            name="Gaussian weights carried through a protocol",
            reference=by_carrying,
            points=({"k_0": "0.7", "k_n": "2.6"}, {"k_0": "2.3", "k_n": "1.4"}),
            against="means of exponentials of the work, carried through every jump and rest",
        ),
        Replicas(
            name="particles in a trap that stiffens",
            predict=predicted,
            replicas=24,
            full_replicas=64,
            quick=partial(stiffening, particles=6000),
            full=partial(stiffening, particles=40_000),
            bias=bias,
            bias_note="ratios of means over the particles of a replica",
        ),
    ),
    quantities=("J_W", "Q_a"),
    convention="dx = -k x dt + sqrt(2) dW: units of friction and temperature.",
    independence="Work is added up along sampled paths in both directions, with rests of any length, behind which "
    "particles are drawn from the exact law of a trap at rest.",
)
