"""What is missing of a property, and the time that its slow part needs, against integrated modes and trained networks.

At high precision two modes are integrated by Taylor series and the time is found by bisection. In training all
weights are free; the error is that of the network's outputs, for properties that mix several analyzers in given
proportions, and the time is that at which a property along a single analyzer comes within its tolerance.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.semantic_development import distinctive_property
from numerics.measurement import Measurement
from numerics.semantic_development import random_starts as small_weights
from numerics.semantic_development.property_learning import property_errors, tolerance_times
from verify.checks import Certified, Ladder, Precision
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
from verify.references.balls import arrival, mode, numbers, travel
from verify.references.taxonomies import fraction

TWO_COMPONENTS = tuple(
    dict(zip(("t", "s_1", "s_2", "p_1", "p_2", "delta", "a_0", "tau"), numbers, strict=True))
    for numbers in (
        ("0.8", "2.7", "1.4", "1.6", "0.9", "0.13", "0.031", "1.3"),
        ("1.9", "1.1", "2.3", "0.7", "1.8", "0.22", "0.053", "0.8"),
    )
)

ANALYZERS = (4.1, 2.7, 1.8, 1.1)  # singular values
PROBES = np.array([[1.9, 0.3, 0.2, 0.13], [1.2, 0.4, 0.6, 0.5], [0.23, 0.2, 0.3, 0.7]])  # fast, mixed, slow properties

errors_in_training = partial(
    property_errors,
    singular_values=ANALYZERS,
    probes=PROBES,
    initial=0.003,
    tau=1.7,
    times=tuple(np.arange(0, 7.01, 0.2)),
)

tolerance_times_in_training = partial(
    tolerance_times,
    singular_values=ANALYZERS,
    sizes=(2.3, 1.4, 1.2, 0.7),
    tolerances=tuple(np.arange(0.1, 0.61, 0.1)),
    initial=0.003,
    tau=1.7,
    until=9.0,
)


def two_components(dps: int, point: Point) -> list:
    """Squared error of a property whose two modes are integrated, and the time when the second is tolerated."""
    g = {name: mpmath.mpf(value) for name, value in point.items()}
    time = g["t"] / g["tau"]
    total = sum((g[f"p_{n}"] * (1 - fraction(dps, g[f"s_{n}"], g["a_0"], time))) ** 2 for n in (1, 2))

    def left_over(end: Any) -> Any:
        return g["p_2"] * (1 - fraction(dps, g["s_2"], g["a_0"], end)) - g["delta"]

    late = mpmath.mpf(1)
    while left_over(late) > 0:
        late *= 2
    return [total, g["tau"] * mpmath.findroot(left_over, (late / 2, late), solver="anderson")]


def predicted_property_errors(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Squared errors of properties over time, (properties, T); analyzers come in pairs, whose squares add."""
    g = measured.given
    values, probes = (np.asarray(g[name]) for name in ("singular_values", "probes"))
    total = np.zeros(measured.values.shape)
    for k in range(0, len(values), 2):
        parts = np.abs(probes[:, k : k + 2, None])
        total = (
            total
            + formula.numpy(
                t=measured.axis,
                s_1=values[k],
                s_2=values[k + 1],
                p_1=parts[:, 0],
                p_2=parts[:, 1],
                delta=parts[:, 1] / 7,
                a_0=g["initial"],
                tau=g["tau"],
            )[0]
        )
    return total


def predicted_tolerance_times(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times after which properties along single analyzers are known up to each tolerance, (properties, tolerances)."""
    g = measured.given
    values, sizes = (np.asarray(g[name])[:, None] for name in ("singular_values", "sizes"))
    found = formula.numpy(
        t=1.3, s_1=1.9, s_2=values, p_1=0.7, p_2=sizes, delta=measured.axis, a_0=g["initial"], tau=g["tau"]
    )
    return np.broadcast_to(found[1], measured.values.shape)


def certified_property(bits: int, point: Point) -> list[Any]:
    """Error of a property after a certified time, and the time at which the second mode has done its part."""
    time, start, tau, first, second = numbers(point, "t", "a_0", "tau", "p_1", "p_2")
    one, other, delta = numbers(point, "s_1", "s_2", "delta")
    reached = [arrival(mode(s, tau), start, time, point[near]) for s, near in ((one, "near_1"), (other, "near_2"))]
    error = (first * (1 - reached[0] / one)) ** 2 + (second * (1 - reached[1] / other)) ** 2
    return [error, travel(mode(other, tau), start, other * (1 - delta / second))]


def without_guesses(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: value for name, value in point.items() if not name.startswith("near")})


CLAIM = Claim(
    statement=distinctive_property.STATEMENT,
    checks=(
        Certified(
            name="certified strengths of two modes",
            reference=certified_property,
            evaluate=without_guesses,
            against="integrals of one over the rate of two balanced layers",
            values=("E_m", "t_m"),
            points=(
                {
                    "t": "0.8",
                    "s_1": "2.7",
                    "s_2": "1.4",
                    "p_1": "1.6",
                    "p_2": "0.9",
                    "delta": "0.13",
                    "a_0": "0.031",
                    "tau": "1.3",
                    "near_1": "0.658",
                    "near_2": "0.1576",
                },
            ),
        ),
        Precision(
            name="two components in motion",
            reference=two_components,
            points=TWO_COMPONENTS,
            digits=(20, 30),
            against="two modes integrated by Taylor series, and bisection for the time",
        ),
        Ladder(
            name="properties of a trained network",
            predict=predicted_property_errors,
            steps=LEARNING_STEPS,
            full_steps=FULL_LEARNING_STEPS,
            quick=partial(errors_in_training, items=6, properties=11, hidden=9),
            full=partial(errors_in_training, items=40, properties=100, hidden=60),
            axis="training time t (tau = 1.7)",
            quantity="squared error of the property",
            series=("mostly along the fast analyzer", "mixed", "mostly along the slow analyzer"),
        ),
        random_starts(
            name="properties after a random start",
            predict=predicted_property_errors,
            quick=partial(
                small_weights.property_errors,
                singular_values=ANALYZERS,
                probes=PROBES,
                items=6,
                properties=11,
                initial=3e-4,
                tau=1.7,
                times=(1.4, 1.8, 2.4, 3.2, 4.2),  # earlier the slow modes have not outgrown their start
            ),
            axis="training time t (tau = 1.7)",
            quantity="squared error of the property",
            series=("mostly along the fast analyzer", "mixed", "mostly along the slow analyzer"),
        ),
        Ladder(
            name="properties along single analyzers",
            predict=predicted_tolerance_times,
            steps=LEARNING_STEPS,
            full_steps=FULL_LEARNING_STEPS,
            quick=partial(tolerance_times_in_training, items=6, properties=11, hidden=9),
            full=partial(tolerance_times_in_training, items=40, properties=100, hidden=60),
            axis="tolerated error delta",
            quantity="training time t (tau = 1.7)",
            series=tuple(f"s = {value}" for value in ANALYZERS),
        ),
    ),
    quantities=("E_m(t)", "t_m^min"),
    convention=TIME_CONVENTION,
    independence=TRAINED_ON_ITEMS + " The error is that of the network's outputs." + FROM_RANDOM_WEIGHTS,
)
