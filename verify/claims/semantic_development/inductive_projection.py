"""Estimates of novel properties and for novel items, against new weights that learn.

At high precision new weights over two hidden neurons are integrated by Taylor series, alone or with the activity that
they meet. In simulation a network is trained on all items up to several ages and then taught one fact by gradient
descent; the prediction knows the data and the ages only.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.deep_linear import mode_logistic
from derivations.semantic_development import inductive_projection
from numerics.measurement import Measurement
from numerics.semantic_development import random_starts as small_weights
from numerics.semantic_development.exceptional_item import Taxonomy
from numerics.semantic_development.induction import new_weights, whole_network
from verify.checks import Certified, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.semantic_development import (
    FROM_RANDOM_WEIGHTS,
    FULL_LEARNING_STEPS,
    LEARNING_STEPS,
    TIME_CONVENTION,
    random_starts,
)
from verify.compile import Candidate, candidate
from verify.references.balls import arrival, numbers
from verify.references.taxonomies import convolved, fixed

TAUGHT = (
    {"t": "1.3", "tau": "1.7", "H_ii": "1.37", "H_ij": "0.63", "R_mm": "0.83", "R_mn": "-0.41"},
    {"t": "0.6", "tau": "0.9", "H_ii": "0.78", "H_ij": "-0.54", "R_mm": "1.9", "R_mn": "1.27"},
)

FEATURES = 1.5 * np.array(
    [
        [1, 1, 1, 1, 1],
        [1, 1, 1, 0, 0],
        [1, 0, 1, 0, 0],
        [0, 1, 0, 0, 0],
        [0, 0, 0, 1, 1],
        [0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1],
    ]
)
AGES, RELATIVES = (1.6, 2.4, 6.0), (1, 2, 4)  # sibling, cousin, item of the other category
SMALL = Taxonomy(branching=2, depth=3, flip=0.08, properties=13)
LARGE = Taxonomy(branching=2, depth=5, flip=0.06, properties=55)

new_weights_in_training = partial(
    new_weights,
    tree=SMALL,
    initial=1e-3,
    tau=1.7,
    ages=AGES,
    times=tuple(np.arange(0, 3.01, 0.1)),
    others=RELATIVES,
    hidden=11,
)

all_weights_in_training = partial(
    whole_network, tree=SMALL, initial=1e-3, tau=1.7, ages=AGES, until=24.0, others=RELATIVES, hidden=11
)


def taught_estimates(dps: int, point: Point) -> list:
    """A new row over two hidden neurons, a new column likewise, and a row with the activity it meets, integrated.

    The last until what is missing has decayed below 1e-13.
    """
    time = mpmath.mpf(point["t"]) / mpmath.mpf(point["tau"])
    first, other = _plane(point["H_ii"], point["H_ij"])
    known, asked = _plane(point["R_mm"], point["R_mn"])
    row = _teach(dps, [mpmath.mpf(0)] * 2, first, time, False)
    column = _teach(dps, [mpmath.mpf(0)] * 2, known, time, False)
    both = _teach(dps, [mpmath.mpf(0)] * 2, first, mpmath.mpf(16), True)
    return [mpmath.fdot(zip(a, b, strict=True)) for a, b in ((row, other), (column, asked), (both, other))]


def _plane(square: Any, product: Any) -> tuple[list, list]:
    """Two vectors in the plane, the first with that square, with that product."""
    norm, slope = mpmath.sqrt(mpmath.mpf(square)), mpmath.mpf(3) / 7
    unit = [mpmath.cos(slope), mpmath.sin(slope)]
    along = mpmath.mpf(product) / norm
    return [norm * u for u in unit], [along * unit[0] - slope * unit[1], along * unit[1] + slope * unit[0]]


def _teach(dps: int, row: list, activity: list, time: Any, whole: bool) -> list:
    """The row after `time` of descent on (1 - row . activity)^2 / 2; the activity learns as well if `whole`."""
    count = int(mpmath.ceil(2 * time * (1 + mpmath.fdot(zip(activity, activity, strict=True)))))
    places = mpmath.mp.prec + 60
    one, step = 1 << places, fixed(time / count, places)
    now, met = ([fixed(x, places) for x in values] for values in (row, activity))
    for _ in range(count):
        rows, acts, error = [[r] for r in now], [[a] for a in met], []
        for k in range(dps + 20):
            made = sum(convolved(r, a) if whole else r[k] * a[0] for r, a in zip(rows, acts, strict=True))
            error.append((one if k == 0 else 0) - (made >> places))
            turned = [
                (convolved(error, a) if whole else error[k] * a[0], convolved(error, r) if whole else 0)
                for r, a in zip(rows, acts, strict=True)
            ]
            for (up, along), r, a in zip(turned, rows, acts, strict=True):  # the step is in the coefficients
                r.append((up >> places) * step // (k + 1) >> places)
                a.append((along >> places) * step // (k + 1) >> places)
        now, met = [sum(r) for r in rows], [sum(a) for a in acts]
    return [mpmath.ldexp(mpmath.mpf(int(r)), -places) for r in now]


def _products(measured: Measurement) -> tuple[np.ndarray, np.ndarray]:
    """Products of the items' hidden activities, and of the weights to the properties, at each age, from the data alone.

    Singular vectors of the data, each mode with the strength that its learning curve has at that age.
    """
    g = measured.given
    left, values, right = np.linalg.svd(np.asarray(g["properties"]), full_matrices=False)
    grown = candidate(mode_logistic.STATEMENT).numpy(
        t=np.asarray(g["ages"])[:, None], s=values, a_0=g["initial"], tau=g["tau"]
    )
    return np.einsum("ak,ki,kj->aij", grown, right, right), np.einsum("mk,ak,nk->amn", left, grown, left)


def projections(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Estimates of a novel property for the items at each age, then of the properties of a novel item, over time."""
    items, features = _products(measured)
    asked = [0, *np.asarray(measured.given["others"])]
    h, r = items[:, 0, asked, None], features[:, 0, asked, None]
    found = formula.numpy(
        t=measured.axis,
        H_ii=items[:, :1, :1],
        H_ij=h,
        R_mm=features[:, :1, :1],
        R_mn=r,
        tau=measured.given["tau"],
    )
    shape = (*h.shape[:2], measured.values.shape[-1])
    return np.concatenate([np.broadcast_to(found[c], shape).reshape(-1, shape[-1]) for c in (0, 1)])


def projections_of_all(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Estimates of a novel property in the end if all weights learn, (ages, other items)."""
    items, _ = _products(measured)
    h = items[:, 0, np.asarray(measured.given["others"])]
    return formula.numpy(t=1.3, H_ii=items[:, :1, 0], H_ij=h, R_mm=1.4, R_mn=0.7, tau=1.7)[2]


def certified_projection(bits: int, point: Point) -> list[Any]:
    """What new weights have learned after a certified time, of an item and of a property."""
    time, tau, own, other, size, shared = numbers(point, "t", "tau", "H_ii", "H_ij", "R_mm", "R_mn")
    item = arrival(lambda y: (other - own * y) / tau, arb(0), time, point["near_item"])
    named = arrival(lambda y: (shared - size * y) / tau, arb(0), time, point["near_property"])
    return [item, named]


def of_new_weights(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The two curves of the formula; its third part is the end of a whole network's."""
    return candidate.arb(bits, **{k: v for k, v in point.items() if not k.startswith("near")})[:2]


CLAIM = Claim(
    statement=inductive_projection.STATEMENT,
    checks=(
        Certified(
            name="certified strengths of new weights",
            reference=certified_projection,
            evaluate=of_new_weights,
            against="integrals of one over the rates of new weights",
            values=("y_j", "y_n"),
            points=(
                {
                    "t": "1.3",
                    "tau": "1.7",
                    "H_ii": "1.37",
                    "H_ij": "0.63",
                    "R_mm": "0.83",
                    "R_mn": "-0.41",
                    "near_item": "0.2986",
                    "near_property": "-0.2321",
                },
            ),
        ),
        Precision(
            name="new weights in motion",
            reference=taught_estimates,
            points=TAUGHT,
            digits=(20, 30),
            against="the flow of the new weights over two hidden neurons, alone and with the activity that they "
            "meet, integrated by Taylor series",
        ),
        Ladder(
            name="new weights of a trained network",
            predict=projections,
            steps=LEARNING_STEPS,
            full_steps=FULL_LEARNING_STEPS,
            quick=new_weights_in_training,
            full=partial(new_weights_in_training, tree=LARGE, hidden=40),
            axis="time t of teaching (tau = 1.7)",
            quantity="estimate of the novel property",
            series=tuple(f"{item}, age {AGES[0]}" for item in ("taught item", "sibling", "cousin", "unrelated")),
        ),
        Ladder(
            name="all weights of a trained network",
            predict=projections_of_all,
            steps=(0.04, 0.02, 0.01, 0.005),
            full_steps=LEARNING_STEPS,
            quick=all_weights_in_training,
            full=partial(all_weights_in_training, tree=LARGE, hidden=40),
            axis="number of the item",
            quantity="estimate of the novel property in the end",
            series=tuple(f"age {age}" for age in AGES),
        ),
        random_starts(
            name="new weights after a random start",
            predict=projections,
            quick=partial(
                small_weights.new_weights,
                properties=FEATURES,
                initial=3e-4,
                tau=1.7,
                ages=(1.8, 2.05, 2.3),  # later scatter is less than what is left of a start that is not decoupled
                times=(0.5, 1.5, 4.0),
                others=(1, 2, 3),
            ),
            axis="time t of teaching (tau = 1.7)",
            quantity="estimate of the novel property",
            series=("taught item, age 1.8", "next item, age 1.8"),
        ),
    ),
    quantities=("y_j(t)", "y_n(t)", "y_j^whole"),
    convention=TIME_CONVENTION + " The novel property is taught as 1; time of teaching has the same unit.",
    independence="The network is trained on all items before, from a decoupled start; the prediction knows the data "
    "and the ages only." + FROM_RANDOM_WEIGHTS,
)
