"""One neuron multiplies bits.

Neurons are run at all inputs, with weights that are logarithms of whole numbers, so that odds are whole and counted
exactly. A threshold of k ones is the control.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import mpmath
import numpy as np

from derivations.cheap_learning import bit_product
from numerics.cheap_learning.bit_networks import inputs, single_neurons
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

ODDS = (2, 3, 5)


def whole_odds(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """One over the worst error, and r times the odds against one at all inputs, by number of bits and by r."""
    rows = []
    for r in np.asarray(measured.given["odds"]):
        beta, totals = 2 * np.log(r), []
        for k in np.asarray(measured.axis, dtype=int):
            ones = inputs(k).sum(axis=1).astype(int)
            output = candidate.numpy(beta=beta, k=int(k), n_1=np.arange(k + 1))[0]
            totals.append(float(np.sum((r * (1 - output) / output)[ones])))
        worst = 1 / candidate.numpy(beta=beta, k=3, n_1=2)[1]
        rows += [np.full(len(totals), float(worst)), np.array(totals)]
    return np.stack(rows)


def neuron_on_bits(dps: int, point: Point) -> list[Any]:
    """The neuron on bits of which the first are one, and the worst of its errors over all bits."""
    beta, k = mpmath.mpf(point["beta"]), int(point["k"])

    def output(bits: tuple[int, ...]) -> Any:
        field = mpmath.fsum(beta * bit for bit in bits) - beta * (k - mpmath.mpf(1) / 2)
        return (1 + mpmath.tanh(field / 2)) / 2

    errors = [abs(output(bits) - min(bits)) for bits in itertools.product((0, 1), repeat=k)]
    return [output(tuple(int(j < int(point["n_1"])) for j in range(k))), max(errors)]


CLAIM = Claim(
    statement=bit_product.STATEMENT,
    checks=(
        Precision(
            name="neuron at all bits",
            reference=neuron_on_bits,
            points=(
                {"beta": "3.7", "k": 5, "n_1": 3},
                {"beta": "0.9", "k": 4, "n_1": 4},
                {"beta": "1.6", "k": 6, "n_1": 0},
            ),
            against="the neuron's output, written with tanh, at all inputs",
        ),
        Enumeration(
            name="neurons with whole odds",
            predict=whole_odds,
            quick=functools.partial(single_neurons, bits=(2, 3, 4, 5, 6, 7), odds=ODDS),
            full=functools.partial(single_neurons, bits=(2, 3, 4, 5, 6, 7, 8, 9), odds=(2, 3)),
            control=functools.partial(single_neurons, bits=(2, 3, 4, 5, 6), odds=ODDS, threshold=0.0),
            axis="number of bits k",
            quantity="number counted",
            series=tuple(
                f"r = {r}: {what}" for r in ODDS[:2] for what in ("1 over the worst error", "odds, all inputs")
            ),
        ),
    ),
    quantities=("pi(n_1)", "E(beta)"),
    convention="The odds against one are (1 - pi)/pi; weights 2 log r make r times the odds whole.",
    independence="Neurons that sum their bits, at all inputs; the largest error is looked for among all of them.",
)
