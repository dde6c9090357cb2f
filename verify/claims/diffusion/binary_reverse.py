"""All states of two, three and four bits before and after a step, against the leading order of what is missed.

The experiment enumerates the reverse kernel and the product of its marginals; it expands nothing.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.diffusion import binary_reverse
from numerics.diffusion.flips import gap_of_independent_bits
from numerics.measurement import Measurement
from verify.checks import Ladder, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

NAMES = ("p_{++}", "p_{+-}", "p_{-+}", "p_{--}")


def two_bits(dps: int, point: Point) -> Any:
    """Mean divergence of the reverse kernel of two bits from independent ones, enumerated."""
    states = list(itertools.product((1, 0), repeat=2))
    p, flip = (
        {s: mpmath.mpf(point[name]) for s, name in zip(states, NAMES, strict=True)},
        mpmath.mpf(point["beta_t"]) / 2,
    )
    whole = mpmath.mpf(0)
    for end in states:
        joint = {
            s: p[s] * mpmath.fprod(flip if a != b else 1 - flip for a, b in zip(s, end, strict=True)) for s in states
        }
        total = mpmath.fsum(joint.values())
        first, second = (mpmath.fsum(v for s, v in joint.items() if s[k]) / total for k in (0, 1))
        for s, v in joint.items():
            alone = (first if s[0] else 1 - first) * (second if s[1] else 1 - second)
            whole += v * mpmath.log(v / total / alone)
    return whole


def over_the_square(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula over the square of the step for each set: pairs of bits, and the states of the others, added up."""
    beta, found = float(measured.given["beta"]), []
    for number in range(measured.values.size):
        table = np.asarray(measured.given[f"tables {number}"])
        total = 0.0
        for pair in itertools.combinations(range(table.ndim), 2):
            rows = np.moveaxis(table, pair, (0, 1))[::-1, ::-1].reshape(4, -1)
            total += float(np.sum(candidate.numpy(beta_t=beta, **dict(zip(NAMES, rows, strict=True)))))
        found.append(total / beta**2)
    return np.array(found)


CLAIM = Claim(
    statement=binary_reverse.STATEMENT,
    checks=(
        Rate(
            name="smaller and smaller steps",
            exact=two_bits,
            points=(
                {"p_{++}": "0.43", "p_{+-}": "0.08", "p_{-+}": "0.17", "p_{--}": "0.32"},
                {"p_{++}": "0.09", "p_{+-}": "0.41", "p_{-+}": "0.23", "p_{--}": "0.27"},
            ),
            values=("1e-2", "1e-3", "1e-4", "1e-5"),
            against="the enumerated reverse kernel of two bits",
        ),
        Ladder(
            name="two to five bits",
            predict=over_the_square,
            steps=(0.002, 0.001, 0.0005, 0.00025),  # below the rarest states, where the order shows
            full_steps=(0.0004, 0.0002, 0.0001, 0.00005),
            quick=partial(gap_of_independent_bits, bits=(2, 3, 4, 5)),
            full=partial(gap_of_independent_bits, bits=(2, 3, 4, 5, 6, 7)),
        ),
    ),
    quantities=("D_KL^pair",),
    convention="A step flips each bit with probability beta/2; nats.",
    independence="All states before and after a step are enumerated; no ratio of probabilities is expanded.",
)
