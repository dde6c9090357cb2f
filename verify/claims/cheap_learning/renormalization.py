"""Decimation of the Ising chain.

Chains whose equal neighbours have a whole weight are summed over all states, in whole numbers: over all spins but the
ends, which decimation leaves. Chains with a coupling to the spins two steps away are the control.
"""

from __future__ import annotations

import functools
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.cheap_learning import renormalization
from numerics.cheap_learning.spin_chains import correlated, decimated
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, Enumeration, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

WEIGHTS = (2, 3, 5)


def end_weights(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Sums with equal and unequal ends, by number of decimations, for each weight w = exp(2 K).

    All states together have exp(F) a bond; the coupling divides them. After one decimation the factor A does the same.
    """
    rows = []
    for weight in np.asarray(measured.given["weights"]):
        strength = float(np.log(weight) / 2)
        equal, unequal = [], []
        for times in np.asarray(measured.axis, dtype=int):
            coupling, factor, free, _ = (float(v) for v in candidate.numpy(K=strength, l=int(times)))
            bonds = 2**times
            whole = np.exp((free + strength) * bonds)
            shares = 1 / (1 + np.exp(-2 * coupling)), 1 / (1 + np.exp(2 * coupling))
            pair = [whole * share for share in shares]
            if times == 1:
                pair = [weight * factor * np.exp(sign * coupling) for sign in (1, -1)]
            equal.append(pair[0])
            unequal.append(pair[1])
        rows += [equal, unequal]
    return np.array(rows)


def sums_and_products(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Sums over all states, and of the product of the ends, by number of steps."""
    rows = []
    for weight in np.asarray(measured.given["weights"]):
        strength = float(np.log(weight) / 2)
        found = [candidate.numpy(K=strength, l=int(steps)) for steps in np.asarray(measured.axis)]
        total = [
            2 * np.exp((v[2] + strength) * steps) for v, steps in zip(found, np.asarray(measured.axis), strict=True)
        ]
        rows += [total, [t * v[3] for t, v in zip(total, found, strict=True)]]
    return np.array(rows)


def powers_of_the_matrix(dps: int, point: Point) -> list[Any]:
    """Coupling and correlation from powers of the transfer matrix, factor from its square, and its largest "
    "eigenvalue."""
    strength, steps = mpmath.mpf(point["K"]), int(point["l"])
    transfer = mpmath.matrix(
        [[mpmath.exp(strength), mpmath.exp(-strength)], [mpmath.exp(-strength), mpmath.exp(strength)]]
    )

    def power(count: int) -> Any:
        found = mpmath.eye(2)
        for _ in range(count):
            found = found * transfer
        return found

    far, square, near = power(2**steps), power(2), power(steps)
    ends = mpmath.eigsy(transfer, eigvals_only=True)
    return [
        mpmath.log(far[0, 0] / far[0, 1]) / 2,
        mpmath.sqrt(square[0, 0] * square[0, 1]),
        mpmath.log(max(ends)),
        (near[0, 0] - near[0, 1]) / (near[0, 0] + near[0, 1]),
    ]


def certified_transfer(bits: int, point: Point) -> list[Any]:
    """Coupling, factor, free energy and correlation from powers of the transfer matrix."""
    coupling, count = certify.ball(point["K"]), point["l"]
    matrix = flint.arb_mat([[coupling.exp(), (-coupling).exp()], [(-coupling).exp(), coupling.exp()]])

    def power(steps: int) -> Any:
        found = matrix
        for _ in range(steps - 1):
            found = found * matrix
        return found

    far, pair, ends = power(2**count), power(2), power(count)
    coupled = (far[0, 0] / far[0, 1]).log() / 2
    factor = (pair[0, 0] * pair[0, 1]).sqrt()
    largest = matrix[0, 0] + matrix[0, 1]  # the sum over a row, the same for both
    correlation = (ends[0, 0] - ends[0, 1]) / (ends[0, 0] + ends[0, 1])
    return [coupled, factor, largest.log(), correlation]


CLAIM = Claim(
    statement=renormalization.STATEMENT,
    checks=(
        Certified(
            name="certified powers of the transfer matrix",
            reference=certified_transfer,
            against="powers of the transfer matrix, multiplied out",
            values=("K(l)", "A", "F", "C(l)"),
            points=({"K": "0.7", "l": 3}, {"K": "1.3", "l": 2}),
        ),
        Precision(
            name="powers of the transfer matrix",
            reference=powers_of_the_matrix,
            points=({"K": "0.7", "l": 3}, {"K": "1.3", "l": 4}, {"K": "0.43", "l": 2}),
            against="powers of the transfer matrix, multiplied out",
        ),
        Enumeration(
            name="chains summed but for their ends",
            predict=end_weights,
            quick=functools.partial(decimated, weights=WEIGHTS, times=(1, 2, 3)),
            full=functools.partial(decimated, weights=(2, 3), times=(1, 2, 3, 4)),
            control=functools.partial(decimated, weights=WEIGHTS, times=(1, 2, 3), second=2),
            axis="number of decimations",
            quantity="weight",
            series=tuple(f"{ends} ends, w = {w}" for w in WEIGHTS[:2] for ends in ("equal", "unequal")),
        ),
        Enumeration(
            name="correlations of the ends",
            predict=sums_and_products,
            quick=functools.partial(correlated, weights=WEIGHTS, steps=(1, 2, 3, 4, 5, 7)),
            full=functools.partial(correlated, weights=WEIGHTS, steps=(1, 2, 3, 4, 5, 7, 11)),
            control=functools.partial(correlated, weights=WEIGHTS, steps=(3, 4), second=2),
            axis="number of steps l",
            quantity="weight",
            series=tuple(f"{what}, w = {w}" for w in WEIGHTS[:2] for what in ("all states", "product of the ends")),
        ),
    ),
    quantities=("K(l)", "A(K)", "F(K)", "C(l)"),
    convention="Equal neighbours weigh exp(2 K) = w times as much as unequal ones; temperature one.",
    independence="All states of chains are summed, in whole numbers; nothing is decimated.",
)
