"""Novel properties taught at several ages, against the tree's singular values.

A network is trained on all items up to several ages and then taught one fact until it is right; the prediction knows
the tree and the ages only. At high precision the two weights of every mode are integrated, and the activities of all
items multiplied.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.semantic_development import projection_over_development
from numerics.measurement import Measurement
from numerics.semantic_development import random_starts as small_weights
from numerics.semantic_development.exceptional_item import Taxonomy
from numerics.semantic_development.induction import projections
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
from verify.references.layers_in_motion import two_layers_by_taylor

AGES = (0.4, 0.8, 1.2, 1.6, 2.0, 2.4, 2.8, 3.2, 4.0)
teaching = partial(projections, initial=1e-3, tau=1.7, ages=AGES)
SMALL = partial(teaching, tree=Taxonomy(branching=2, depth=3, flip=0.08, properties=13), hidden=11, others=(1, 2, 4))
LARGE = partial(teaching, tree=Taxonomy(branching=3, depth=3, flip=0.1, properties=41), hidden=34, others=(1, 3, 9))


def over_items(dps: int, point: Point) -> list:
    """Estimates for three items: activities from contrasts of the tree's nodes, every mode's two weights integrated."""
    branches = int(point["B"])
    tau, start = mpmath.mpf(point["tau"]), mpmath.sqrt(mpmath.mpf(point["a_0"]))
    roots = []
    for level in range(4):
        weights = two_layers_by_taylor(
            dps, (start, start), mpmath.mpf(point[f"Z_{level}"]), mpmath.mpf(point["t"]) / tau
        )
        roots.append(weights[0])
    items = [(i, j, k) for i in range(branches) for j in range(branches) for k in range(branches)]
    taught, asked = items[0], [items[1], items[branches], items[branches**2]]

    def activity(item: tuple[int, ...]) -> list:
        """Product with an orthonormal set of contrasts: of one branch with those before it, under every node."""
        found = [roots[0] / mpmath.sqrt(len(items))]
        for level in range(1, 4):
            below = branches ** (3 - level)
            for node in sorted({one[: level - 1] for one in items}):
                for branch in range(1, branches):
                    inside = item[: level - 1] == node
                    size = 0 if not inside else 1 if item[level - 1] < branch else -branch * (item[level - 1] == branch)
                    found.append(roots[level] * size / mpmath.sqrt(below * branch * (branch + 1)))
        return found

    own = activity(taught)
    return [mpmath.fdot(own, activity(item)) / mpmath.fdot(own, own) for item in asked]


def by_age(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Estimates for three items by age, (items, ages)."""
    given: Any = measured.given
    values = {f"Z_{k}": value for k, value in enumerate(given["singular_values"])}
    return candidate.numpy(B=int(given["branching"]), t=measured.axis, a_0=given["initial"], tau=given["tau"], **values)


CLAIM = Claim(
    statement=projection_over_development.STATEMENT,
    checks=(
        Precision(
            name="activities of all items",
            reference=over_items,
            points=(
                {
                    "B": 2,
                    "Z_0": "2.3",
                    "Z_1": "1.7",
                    "Z_2": "1.1",
                    "Z_3": "0.7",
                    "a_0": "0.013",
                    "t": "2.2",
                    "tau": "1.3",
                },
                {
                    "B": 3,
                    "Z_0": "2.7",
                    "Z_1": "1.4",
                    "Z_2": "1.2",
                    "Z_3": "0.6",
                    "a_0": "0.041",
                    "t": "0.7",
                    "tau": "0.8",
                },
            ),
            digits=(15, 25),
            against="both weights of every mode integrated, and products with contrasts of all nodes",
        ),
        Ladder(
            name="taught at several ages",
            predict=by_age,
            steps=LEARNING_STEPS,
            full_steps=FULL_LEARNING_STEPS,
            quick=SMALL,
            full=LARGE,
            axis="age t at which a property is taught (tau = 1.7)",
            quantity="estimate of it for another item",
            series=("sibling", "cousin", "stranger"),
        ),
        Ladder(
            name="three branches",
            predict=by_age,
            steps=LEARNING_STEPS,
            full_steps=FULL_LEARNING_STEPS,
            quick=LARGE,
            axis="age t at which a property is taught (tau = 1.7)",
            quantity="estimate of it for another item",
            series=("sibling", "cousin", "stranger"),
        ),
        sampled_learning(
            name="sampled properties after a random start",
            predict=by_age,
            quick=partial(
                small_weights.projections,
                tree=Taxonomy(branching=2, depth=3, flip=0.1, properties=19),
                per_neuron=40,
                initial=3e-5,
                ages=(3.0, 4.5, 6.0, 8.0),
                others=(1, 2, 4),
            ),
            axis="age t at which a property is taught (properties over the root of their number)",
            quantity="estimate of it for another item",
            series=("sibling", "cousin", "stranger"),
        ),
    ),
    quantities=("y_sibling", "y_cousin", "y_stranger"),
    convention=TIME_CONVENTION,
    independence="All weights are trained on the items from a decoupled start, and a new row is taught by descent, "
    "without levels." + FROM_RANDOM_WEIGHTS,
)
