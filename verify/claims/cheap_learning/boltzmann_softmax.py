"""Bayes' theorem as a Boltzmann distribution and a softmax.

Urns of items with a category and a mark: the items that bear a mark are counted, category by category. The formula gets
the shares of the marks within each category and those of the categories, as self-informations.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from derivations.cheap_learning import boltzmann_softmax
from numerics.cheap_learning.urns import counted_urns
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

POINTS = ({"H_1": "0.7", "H_2": "1.9", "H_3": "0.45", "mu_1": "1.3", "mu_2": "0.8", "mu_3": "1.6"},)


def counted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Items of the first and second category with the mark, and all items with it, shape (3, urns)."""
    letters = {f"H_{j + 1}": -np.log(row) for j, row in enumerate(np.asarray(measured.given["within"]))}
    letters |= {f"mu_{j + 1}": -np.log(row) for j, row in enumerate(np.asarray(measured.given["prior"]))}
    first, second, partition = candidate.numpy(**letters)
    return np.stack([first * partition, second * partition, partition]) * np.asarray(measured.given["items"])


def odds_one_by_one(dps: int, point: Point) -> list[Any]:
    """Posteriors from the odds against each other category, and the mass of the mark, table entry by table entry."""
    entries = [mpmath.exp(-mpmath.mpf(point[f"H_{j}"])) * mpmath.exp(-mpmath.mpf(point[f"mu_{j}"])) for j in (1, 2, 3)]
    shares = [1 / mpmath.fsum(other / entry for other in entries) for entry in entries]
    return [shares[0], shares[1], mpmath.fsum(entries)]


CLAIM = Claim(
    statement=boltzmann_softmax.STATEMENT,
    checks=(
        Precision(
            name="odds, category by category",
            reference=odds_one_by_one,
            points=POINTS,
            against="the odds of the entries of the table",
        ),
        Enumeration(
            name="urns counted",
            predict=counted,
            quick=functools.partial(counted_urns, urns=12, largest=30),
            full=functools.partial(counted_urns, urns=60, largest=400),
            control=functools.partial(counted_urns, urns=12, largest=30, swapped=True),
            axis="number of the urn",
            quantity="number of items",
            series=("of the first category", "of the second category", "with the mark"),
            style="stem",
        ),
    ),
    quantities=("p_1(y)", "p_2(y)", "Z(y)"),
    convention="Natural logarithms; Z is the share of all items that bear the mark.",
    independence="Items are drawn from the urn and counted; no theorem of Bayes, no exponential.",
)
