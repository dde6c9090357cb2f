"""Information lost and simplicity gained.

Signs are copied with errors, and information estimated from counts; the terms of a Hamiltonian are counted in its
polynomial, which is worked out from its table. Bits without a common cause are the control. Three bits with a common
cause hold more than one of them; not so if two are copies of the first.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb

from derivations.cheap_learning import information_distillation
from numerics.cheap_learning.copies import gain_of_more_bits, sampled_information, terms_of_difference
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, Enumeration, Precision, Replicas, Trend
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

CORRELATION = 0.72


def informations(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Information after so many copies."""
    rho, steps = measured.given["correlation"], np.asarray(measured.axis)
    return candidate.numpy(rho=rho, l=steps, n=1)[0]


def excess_of_counts(candidate: Candidate, measured: Measurement) -> Any:
    """What counts of few samples add to an information, on average: to first order, and a half of that again."""
    return 1.5 * np.asarray(measured.given["excess"])


def terms(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Terms, by number of bits."""
    return np.array([[float(candidate.numpy(rho=CORRELATION, l=1, n=int(n))[1]) for n in np.asarray(measured.axis)]])


def whole_tables(dps: int, point: Point) -> list[Any]:
    """Information of the table of all signs along a chain of copies; odd sets of bits."""
    rho, steps, n = mpmath.mpf(point["rho"]), int(point["l"]), int(point["n"])

    def step(a: int, b: int) -> Any:
        return (1 + rho) / 2 if a == b else (1 - rho) / 2

    def nats(table: dict[tuple[Any, Any], Any]) -> Any:
        rows: dict[Any, Any] = {}
        columns: dict[Any, Any] = {}
        for (x, y), p in table.items():
            rows[x], columns[y] = rows.get(x, 0) + p, columns.get(y, 0) + p
        return mpmath.fsum(p * mpmath.log(p / (rows[x] * columns[y])) for (x, y), p in table.items())

    chain: dict[tuple[Any, Any], Any] = {}
    for path in itertools.product((1, -1), repeat=steps + 1):
        weight = mpmath.mpf(1) / 2
        for a, b in itertools.pairwise(path):
            weight *= step(a, b)
        chain[path[0], path[-1]] = chain.get((path[0], path[-1]), 0) + weight
    odd = sum(1 for chosen in range(2**n) if chosen.bit_count() % 2)
    return [nats(chain), odd]


_SAMPLED = functools.partial(sampled_information, correlation=CORRELATION, steps=(1, 2, 3, 4))
_GAIN = functools.partial(gain_of_more_bits, correlation=CORRELATION, bits=3, samples=20_000)


def certified_information(bits: int, point: Point) -> list[Any]:
    """Information in the table of both ends of a chain of copies, and sets of an odd number of bits."""
    keep = certify.ball(point["rho"])
    step = flint.arb_mat([[(1 + keep) / 2, (1 - keep) / 2], [(1 - keep) / 2, (1 + keep) / 2]])
    table = step
    for _ in range(point["l"] - 1):
        table = table * step
    shared = sum((table[i, j] / 2 * (2 * table[i, j]).log() for i in range(2) for j in range(2)), arb(0))
    return [shared, arb(sum(bin(subset).count("1") % 2 for subset in range(2 ** point["n"])))]


CLAIM = Claim(
    statement=information_distillation.STATEMENT,
    checks=(
        Certified(
            name="certified table of both ends",
            reference=certified_information,
            against="powers of the table of one copy, and odd sets counted",
            values=("I", "T"),
            points=({"rho": "0.63", "l": 3, "n": 4}, {"rho": "0.87", "l": 6, "n": 5}),
        ),
        Precision(
            name="whole tables",
            reference=whole_tables,
            points=({"rho": "0.63", "l": 3, "n": 4}, {"rho": "0.81", "l": 4, "n": 3}),
            against="the table of all paths of copies, and odd sets of bits",
        ),
        Enumeration(
            name="terms of a Hamiltonian",
            predict=terms,
            quick=functools.partial(terms_of_difference, bits=(2, 3, 4, 5, 6), correlation=CORRELATION),
            full=functools.partial(terms_of_difference, bits=(2, 3, 4, 5, 6, 7, 8), correlation=CORRELATION),
            control=functools.partial(terms_of_difference, bits=(3, 4, 5), correlation=CORRELATION, caused=False),
            axis="number of bits n",
            quantity="number of terms",
        ),
        Replicas(
            name="copies counted",
            predict=informations,
            quick=functools.partial(_SAMPLED, samples=10_000),
            full=functools.partial(_SAMPLED, samples=100_000),
            replicas=30,
            full_replicas=40,
            bias=excess_of_counts,
            bias_note="of information that is estimated from counts",
            axis="number of copies l",
            quantity="information (nats)",
        ),
        Trend(
            name="more bits, more information",
            quick=_GAIN,
            control=functools.partial(_GAIN, repeated=True),
            replicas=12,
        ),
    ),
    quantities=("I(l)", "T(n)"),
    convention="Information in nats; signs 1 and -1 are even.",
    independence="Copies are drawn and counted; terms are those of a polynomial solved from its table.",
)
