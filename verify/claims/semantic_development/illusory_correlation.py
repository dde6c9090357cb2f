"""The estimate for an exceptional item over time, against integrated modes of the items and trained networks.

The formula sums over the levels of a tree; the reference diagonalises the items' products and integrates each
eigenvector's mode, so that levels, their weights and their eigenvalues are all found, not assumed. Networks of two
matrices and of one learn properties of every item, the exceptional property among them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.semantic_development import illusory_correlation
from numerics.measurement import Measurement
from numerics.semantic_development import random_starts as small_weights
from numerics.semantic_development.exceptional_item import Taxonomy, estimates
from verify.checks import Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.semantic_development import (
    FROM_RANDOM_WEIGHTS,
    FULL_LEARNING_STEPS,
    LEARNING_STEPS,
    TIME_CONVENTION,
    sampled_learning,
)
from verify.compile import Candidate
from verify.references.taxonomies import fraction, number, projections

EXCEPTIONS = tuple(
    {"t": time, "B": B, "D": D, "eps": eps, "N_3": N, "a_0": "0.013", "tau": "1.3"}
    for time, B, D, eps, N in (
        ("0.9", 3, 2, "0.083", 13),
        ("1.9", 2, 3, "0.051", 11),
        ("0.7", 2, 3, "0.31", 17),  # flips so frequent that (1 - 2 eps)^2 B is below one
        ("1.3", 4, 1, "0.93", 9),
    )
)

TREES = (
    Taxonomy(branching=2, depth=3, flip=0.06, properties=19),
    Taxonomy(branching=2, depth=4, flip=0.06, properties=23),
    Taxonomy(branching=4, depth=2, flip=0.08, properties=21),
)

FULL_TREES = (
    Taxonomy(branching=2, depth=5, flip=0.05, properties=60),
    Taxonomy(branching=3, depth=3, flip=0.06, properties=50),
    Taxonomy(branching=6, depth=2, flip=0.08, properties=50),
)

estimates_in_training = partial(estimates, initial=1e-4, tau=1.7, times=tuple(np.arange(0, 9.01, 0.2)))


def _described(networks: str, trees: tuple[Taxonomy, ...]) -> tuple[str, ...]:
    return tuple(f"{networks}, {tree.branching} branches, {tree.depth} levels" for tree in trees)


def relaxed_weight(dps: int, goal: Any, time: Any) -> Any:
    """One weight that descends (goal - w)^2 / 2 from zero, after `time` (over tau)."""
    weight, count = mpmath.mpf(0), int(mpmath.ceil(4 * time))
    for _ in range(count):
        series = [weight]
        for k in range(dps + 5):
            series.append(((goal if k == 0 else 0) - series[k]) / (k + 1))
        weight = mpmath.polyval(series[::-1], time / count)
    return weight


def integrated_estimates(dps: int, point: Point) -> list:
    """Estimates of a deep and a shallow network, mode by mode: every eigenvalue of the items' products, integrated."""
    count, size = point["B"] ** point["D"], point["B"] ** (point["D"] - 1)
    time, a_0 = mpmath.mpf(point["t"]) / mpmath.mpf(point["tau"]), mpmath.mpf(point["a_0"])
    stated = [1 if 0 < k < size else -1 for k in range(count)]
    total: Any = mpmath.mpf(0)
    for value, (first, *_) in projections(point["B"], point["D"], point["eps"], stated):
        total += fraction(dps, mpmath.sqrt(point["N_3"] * number(value)), a_0, time) * number(first)
    return [total, relaxed_weight(dps, stated[0], time)]


def exceptional_estimates(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Estimates for the exceptional item over time: deep network of each tree, then shallow network of each tree."""
    g = measured.given
    trees = zip(*(np.atleast_1d(g[name]) for name in ("branching", "depth", "flip", "properties")), strict=True)
    found = [
        formula.numpy(
            t=measured.axis,
            B=int(branching),
            D=int(depth),
            eps=float(flip),
            N_3=int(properties),
            a_0=g["initial"],
            tau=g["tau"],
        )
        for branching, depth, flip, properties in trees
    ]
    rows = [f[0] for f in found] + [f[1] for f in found]
    return np.array([np.broadcast_to(row, measured.values.shape[-1:]) for row in rows])


def deep_estimates(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Estimates of a deep network alone, (1, T)."""
    return exceptional_estimates(formula, measured)[:1]


CLAIM = Claim(
    statement=illusory_correlation.STATEMENT,
    checks=(
        Precision(
            name="modes of the items in motion",
            reference=integrated_estimates,
            points=EXCEPTIONS,
            against="the flow of every eigenvector of the items' products, integrated by Taylor series",
        ),
        Ladder(
            name="trained networks",
            predict=exceptional_estimates,
            steps=LEARNING_STEPS,
            full_steps=FULL_LEARNING_STEPS,
            quick=partial(estimates_in_training, trees=TREES, hidden=17),
            full=partial(estimates_in_training, trees=FULL_TREES, hidden=41),
            axis="training time t (tau = 1.7)",
            quantity="estimate for the exceptional item",
            series=(*_described("deep network", TREES), *_described("shallow network", TREES)),
        ),
        sampled_learning(
            name="sampled properties after a random start",
            predict=deep_estimates,
            quick=partial(
                small_weights.estimates,
                tree=Taxonomy(branching=2, depth=3, flip=0.08, properties=19),
                per_neuron=12.5,
                initial=3e-5,
                times=(2.0, 4.0, 6.0, 8.0, 10.0, 12.0),
            ),
            axis="training time t (properties over the root of their number)",
            quantity="estimate for the exceptional item",
        ),
    ),
    quantities=("yhat(t)", "yhat^shallow(t)"),
    convention=TIME_CONVENTION + " The exceptional property is +1 or -1; the exceptional item lacks it, -1.",
    independence="All entries of all matrices are free and follow the gradient of the error, from a decoupled start. "
    "The exceptional property is explicit; the others are numbers, drawn so that products of items are the tree's, or "
    "sampled link by link." + FROM_RANDOM_WEIGHTS,
)
