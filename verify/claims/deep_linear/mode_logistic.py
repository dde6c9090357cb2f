"""The learning curve of a mode: integrated, differentiated back, and trained.

One reference integrates both layers as numbers of their own; the property check puts the curve back into its equation
anywhere on the domain; training compares every entry of the input-output map, so that a mode that leaked into another
would show.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import mode_logistic
from numerics.deep_linear.learning_curves import input_output_map
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Property
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import CONVENTION, FULL_STEPS, ON_EXAMPLES, SINGULAR_VALUES, STEPS
from verify.compile import Candidate
from verify.references.balls import (
    arrival,
    mode,
    numbers,
)
from verify.references.layers_in_motion import columns, two_layers, while_it_moves

LATE = tuple({"t": time, "s": "3.3", "a_0": "1e-5", "tau": "1.1"} for time in ("20", "150", "1000", "3333"))

curves = partial(
    input_output_map,
    singular_values=SINGULAR_VALUES,
    initial=(0.013, 0.021, 0.034, 0.055),
    tau=1.7,
    times=tuple(np.arange(0, 6.01, 0.2)),
)


def flow_residual(formula: Candidate, point: Point, dps: int) -> list:
    """tau da/dt over 2 a (s - a), minus 1; and a at time 0 over a_0, minus 1."""
    t, s, tau, a_0 = (mpmath.mpf(point[k]) for k in ("t", "s", "tau", "a_0"))

    def curve(time):
        return formula.mpmath(mpmath.mp.dps, t=time, s=s, tau=tau, a_0=a_0)  # as many digits as `diff` works with

    with mpmath.workdps(2 * dps):  # late on the curve s - a and the slope are small differences
        a = curve(t)
        return [tau * mpmath.diff(curve, t) / (2 * a * (s - a)) - 1, curve(mpmath.mpf(0)) / a_0 - 1]


def predicted_input_output_map(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strengths of the modes, then entries of the input-output map they make up, over time."""
    given = measured.given
    s, start = columns(measured, "singular_values", "initial")
    modes = formula.numpy(t=measured.axis, s=s, a_0=start, tau=given["tau"])
    entries = np.einsum("ik,kt,jk->ijt", given["left"], modes, given["right"])
    return np.concatenate([modes, entries.reshape(-1, modes.shape[1])])


def certified_strength(bits: int, point: Point) -> Any:
    """The strength that is reached at the point's time: the root of the time that it takes from the start."""
    t, s, start, tau = numbers(point, "t", "s", "a_0", "tau")
    return arrival(mode(s, tau), start, t, point["near"])


def certified_curve(candidate: Candidate, bits: int, point: Point) -> Any:
    """The formula at the point."""
    return candidate.arb(bits, **{name: point[name] for name in ("t", "s", "a_0", "tau")})


CLAIM = Claim(
    statement=mode_logistic.STATEMENT,
    checks=(
        Certified(
            name="strength after a certified time",
            reference=certified_strength,
            evaluate=certified_curve,
            against="the root of the integral of one over the rate of two balanced layers",
            values=("a",),
            points=(
                {"t": "0.9", "s": "2.3", "a_0": "0.13", "tau": "1.3", "near": "1.39"},
                {"t": "0.41", "s": "0.83", "a_0": "1.9", "tau": "1.3", "near": "1.26"},
            ),
        ),
        Precision(
            name="two layers integrated",
            reference=two_layers,
            parameters=mode_logistic.STATEMENT.parameters,
            count=3,
            constraint=while_it_moves,
            points=({"t": "0.41", "s": "0.83", "a_0": "1.9", "tau": "1.3"},),
            against="the flow of both layer strengths integrated by Taylor series",
        ),
        Property(
            name="flow and start",
            sentence="tau da/dt = 2 a (s - a), and a starts at a_0",
            residual=flow_residual,
            parameters=mode_logistic.STATEMENT.parameters,
        ),
        Ladder(
            name="trained network",
            predict=predicted_input_output_map,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(curves, widths=(7, 9, 5), examples=24),
            full=partial(curves, widths=(60, 100, 40), examples=400),
            axis="training time t (tau = 1.7)",
            quantity="mode strength a",
            series=tuple(f"mode with s = {s}" for s in SINGULAR_VALUES),
        ),
        Precision(
            name="late times in floating point",
            digits=(20, 30),
            points=LATE,
            reference=lambda dps, point: point["s"],
            evaluate=lambda formula, dps, point: formula.numpy(**point).item(),
            against="the singular value, which the curve has reached",
        ),
    ),
    quantities=("a(t, s, a_0)",),
    convention=CONVENTION,
    independence=ON_EXAMPLES,
)
