"""Places of items and properties in a category, against power iteration and against layers read out of a network.

At high precision the singular vectors come from power iteration on a task given by angles, and the mode is
integrated. In a trained network places are read off the hidden layer and responses off the outputs; no decomposition
of the data enters the measurement.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.semantic_development import typicality
from numerics.measurement import Measurement
from numerics.semantic_development import random_starts as small_weights
from numerics.semantic_development.property_learning import membership
from verify.checks import Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.semantic_development import (
    FROM_RANDOM_WEIGHTS,
    FULL_LEARNING_STEPS,
    LEARNING_STEPS,
    TIME_CONVENTION,
    TRAINED_ON_ITEMS,
    random_starts,
)
from verify.compile import Candidate
from verify.references.taxonomies import fraction

TWO_BY_TWO = tuple(
    {"left": left, "right": right, "s": s, "t": time, "a_0": a_0, "tau": tau}
    for left, right, s, time, a_0, tau in (
        ("0.7", "0.4", "2.3", "0.9", "0.031", "1.3"),
        ("2.2", "-0.9", "1.4", "1.7", "0.12", "1.9"),
    )
)

FEATURES = np.array(  # of a canary, a salmon, a bat, an oak and a rose
    [
        [1, 1, 1, 1, 1],  # grows
        [1, 1, 1, 0, 0],  # moves
        [1, 0, 1, 0, 0],  # flies
        [0, 1, 0, 0, 0],  # swims
        [0, 0, 0, 1, 1],  # has roots
        [0, 0, 0, 1, 0],  # has bark
        [0, 0, 0, 0, 1],  # has petals
    ],
    dtype=float,
)

membership_in_training = partial(
    membership, singular_values=(3.1, 1.7, 0.9), initial=0.003, tau=1.7, times=tuple(np.arange(0, 5.01, 0.2))
)


def place_and_response(dps: int, point: Point) -> list:
    """Places of an item and of a property by power iteration, and the response of the integrated mode.

    The point gives the singular vectors up to their lengths; the task is made from them and a weaker second mode.
    """
    left, right, other_left, other_right, data = _two_modes(point)
    guess = mpmath.matrix([mpmath.mpf(3) / 5, mpmath.mpf(7) / 9])
    for _ in range(dps):
        guess = data.T * (data * guess)
        guess /= mpmath.norm(guess)
    guess *= mpmath.sign((guess.T * right)[0])
    image = data * guess
    image /= mpmath.norm(image)
    s, a_0, time = mpmath.mpf(point["s"]), mpmath.mpf(point["a_0"]), mpmath.mpf(point["t"]) / mpmath.mpf(point["tau"])
    weights = s * fraction(dps, s, a_0, time) * left * right.T + other_left * other_right.T / 3  # any second strength
    return [guess[0], image[1], (image.T * weights)[0]]


def of_two_by_two(formula: Candidate, dps: int, point: Point) -> Any:
    """The formula with a task of two properties and two items; item 1, property 2."""
    left, right, _, _, data = _two_modes(point)
    return formula.mpmath(
        dps,
        t=point["t"],
        s=point["s"],
        a_0=point["a_0"],
        tau=point["tau"],
        u_1=left[0],
        u_2=left[1],
        y_1=data[0, 0],
        y_2=data[1, 0],
        nu_1=right[0],
        nu_2=right[1],
        x_1=data[1, 0],
        x_2=data[1, 1],
    )


def _two_modes(point: Point) -> tuple[Any, ...]:
    """Singular vectors of two modes by their angles, and the task that they make; the second mode is weaker."""
    s, turns = mpmath.mpf(point["s"]), (mpmath.mpf(point["left"]), mpmath.mpf(point["right"]))
    left, right = (mpmath.matrix([mpmath.cos(a), mpmath.sin(a)]) for a in turns)
    others = [mpmath.matrix([-mpmath.sin(a), mpmath.cos(a)]) for a in turns]
    return left, right, *others, s * left * right.T + s * others[0] * others[1].T / 4


def places_and_responses(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Responses of the first category to the items over time, then the places of items and properties in it.

    Properties and items come in pairs, whose terms add; zeros fill up the tables.
    """
    g: Any = measured.given
    data, left, right = (np.asarray(g[name]) for name in ("outputs", "left", "right"))
    length = -(-max(data.shape) // 2) * 2
    known = {"t": measured.axis, "s": g["singular_values"][0], "a_0": g["initial"], "tau": g["tau"]}
    u, v, by_item, by_property = (
        np.concatenate([table, np.zeros((length - len(table), table.shape[1]))])[:, :, None]
        for table in (left[:, :1], right[:, :1], data, data.T)
    )
    places: Any = 0.0
    weights: Any = 0.0
    responses: Any = 0.0
    for k in range(0, length, 2):
        entries = {"u_1": u[k], "u_2": u[k + 1], "nu_1": v[k], "nu_2": v[k + 1]}
        of_items = formula.numpy(**known, **entries, y_1=by_item[k], y_2=by_item[k + 1], x_1=0.3, x_2=0.4)
        of_rest = formula.numpy(**known, **entries, y_1=0.3, y_2=0.4, x_1=by_property[k], x_2=by_property[k + 1])
        places, responses, weights = places + of_items[0], responses + of_items[2], weights + of_rest[1]
    parts = zip((responses, places, weights), (data.shape[1], data.shape[1], data.shape[0]), strict=True)
    return np.concatenate([np.broadcast_to(part, (rows, measured.values.shape[-1])) for part, rows in parts])


CLAIM = Claim(
    statement=typicality.STATEMENT,
    checks=(
        Precision(
            name="two properties of two items",
            reference=place_and_response,
            points=TWO_BY_TWO,
            evaluate=of_two_by_two,
            digits=(20, 30),
            against="singular vectors by power iteration, and the mode integrated by Taylor series",
        ),
        Ladder(
            name="places and responses in a trained network",
            predict=places_and_responses,
            steps=LEARNING_STEPS,
            full_steps=FULL_LEARNING_STEPS,
            quick=partial(membership_in_training, items=6, properties=11, hidden=9),
            full=partial(membership_in_training, items=40, properties=100, hidden=60),
            axis="training time t (tau = 1.7)",
            quantity="response of the category",
            series=tuple(f"item {number}" for number in (1, 2, 3, 4)),
        ),
        random_starts(
            name="places and responses after a random start",
            predict=places_and_responses,
            quick=partial(
                small_weights.membership, properties=FEATURES, initial=3e-4, tau=1.7, times=(2.6, 3.2, 4.0, 6.0)
            ),
            axis="training time t (tau = 1.7)",
            quantity="response of the category",
            series=tuple(f"item {number}" for number in (1, 2, 3, 4)),
        ),
    ),
    quantities=("v_i", "u_m", "c_i(t)"),
    convention=TIME_CONVENTION + " Places are entries of unit vectors; their common sign is a choice.",
    independence=TRAINED_ON_ITEMS
    + " Places are read off the hidden layer, responses off the outputs."
    + FROM_RANDOM_WEIGHTS,
)
