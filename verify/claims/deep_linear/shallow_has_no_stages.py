"""One matrix trained from mixed random weights, and the bend of two matrices' learning curves.

The exponential is compared with a network of one matrix whose modes are mixed at the start; the bend is found from
second differences of training, and in the reference from where the second derivative of two layers vanishes.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import shallow_has_no_stages
from numerics.deep_linear.stages import inflection_strengths, one_matrix_curves
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import CONVENTION, FULL_STEPS, SINGULAR_VALUES, STEPS, TRAINED
from verify.compile import Candidate
from verify.references.balls import (
    arrival,
    mode,
    numbers,
    stationary,
)
from verify.references.layers_in_motion import columns, until

shallow = partial(
    one_matrix_curves,
    singular_values=SINGULAR_VALUES,
    initial=(0.21, 0.13, 0.34, 0.25),
    spread=0.3,
    tau=1.7,
    times=tuple(np.arange(0, 6.01, 0.2)),
)

bending = partial(inflection_strengths, singular_values=SINGULAR_VALUES, initial=(0.21, 0.13, 0.17, 0.11), until=0.8)


def one_and_two_layers(dps: int, point: Point) -> list:
    """One weight that descends (s - w)^2 / 2, after time t; and the product of two weights where it bends."""
    t, s, a_0, tau = (mpmath.mpf(point[k]) for k in ("t", "s", "a_0", "tau"))
    weight, count = a_0, int(mpmath.ceil(4 * t / tau))
    for _ in range(count):
        series = [weight]
        for k in range(dps + 5):
            series.append(((s if k == 0 else 0) - series[k]) / (k + 1))
        weight = mpmath.polyval(series[::-1], t / tau / count)

    def rate(w_1: Any, w_2: Any) -> Any:
        return (w_1**2 + w_2**2) * (s - w_1 * w_2)

    def slowing(w_1: Any, w_2: Any) -> Any:
        down = w_2 * (s - w_1 * w_2), w_1 * (s - w_1 * w_2)
        return -mpmath.diff(lambda e: rate(w_1 + e * down[0], w_2 + e * down[1]), 0)

    _, (w_1, w_2) = until(dps, (mpmath.sqrt(a_0), mpmath.sqrt(a_0)), s, slowing)
    return [weight, w_1 * w_2]


def shallow_curves(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Mode strengths of one matrix, (modes, times)."""
    s, start = columns(measured, "singular_values", "initial")
    curves = formula.numpy(t=measured.axis, s=s, a_0=start, tau=measured.given["tau"])[0]
    return np.broadcast_to(curves, measured.values.shape)


def inflections(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strength of each mode where its learning curve bends, (modes,)."""
    s, start = (np.asarray(measured.given[name]) for name in ("singular_values", "initial"))
    return np.broadcast_to(formula.numpy(t=1.3, s=s, a_0=start, tau=1.7)[1], measured.values.shape)


def certified_bend(bits: int, point: Point) -> list[Any]:
    """The strength of one matrix after a certified time, and where the rate of two matrices is stationary."""
    t, s, start, tau = numbers(point, "t", "s", "a_0", "tau")
    reached = arrival(lambda b: (s - b) / tau, start, t, point["near"])
    bend = stationary(mode(s, tau), point["bend"])
    return [reached, bend]


def certified_curve(candidate: Candidate, bits: int, point: Point) -> Any:
    """The formula at the point."""
    return candidate.arb(bits, **{name: point[name] for name in ("t", "s", "a_0", "tau")})


CLAIM = Claim(
    statement=shallow_has_no_stages.STATEMENT,
    checks=(
        Certified(
            name="certified strength and bend",
            reference=certified_bend,
            evaluate=certified_curve,
            against="the root of the integral of one over the rate, and the strength at which the rate is stationary",
            values=("b", "a at the bend"),
            points=({"t": "0.9", "s": "2.3", "a_0": "0.13", "tau": "1.3", "near": "1.21", "bend": "1.1"},),
        ),
        Precision(
            name="one and two layers in motion",
            reference=one_and_two_layers,
            parameters=shallow_has_no_stages.STATEMENT.parameters,
            count=2,
            against="one weight integrated by Taylor series, and two until the second derivative vanishes",
        ),
        Ladder(
            name="one matrix trained",
            predict=shallow_curves,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(shallow, widths=(7, 5), examples=24),
            full=partial(shallow, widths=(60, 40), examples=400),
            axis="training time t (tau = 1.7)",
            quantity="mode strength a",
            series=tuple(f"mode with s = {s}" for s in SINGULAR_VALUES),
        ),
        Ladder(
            name="bend of two matrices trained",
            predict=inflections,
            steps=STEPS,
            quick=partial(bending, widths=(7, 9, 5), examples=24),
            full=partial(bending, widths=(60, 100, 40), examples=400),
        ),
    ),
    quantities=("b(t)", "a(t_star)"),
    convention=CONVENTION,
    independence=TRAINED + " The network of one matrix starts at random, with its modes mixed.",
)
